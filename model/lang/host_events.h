/* SPDX-License-Identifier: MIT */
/* What the host does below the VM: `host EVENT [FRAME [FRAME]]`, one row per event. */
#ifndef MODEL_LANG_HOST_EVENTS_H
#define MODEL_LANG_HOST_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

enum host_event {
	HOST_DROP,	  /* gives the frame's page back */
	HOST_SWAP,	  /* exchanges the pages of two frames */
	HOST_MOVE,	  /* another page, with the same in it */
	HOST_SLOT_REMOVE, /* the frame's memory slot goes */
	HOST_SLOT_ADD,	  /* … is there again, writable */
	HOST_SLOT_RO,	  /* … is read-only */
	HOST_SLOT_MOVE,	  /* … is at page M, and no longer here */
	HOST_SLOT_SMM,	  /* page M is the frame, too, but in SMM only */
	HOST_COLLAPSE,	  /* its pages become a large one */
	HOST_SPLIT,	  /* … are small ones again */
	HOST_NX_SPLIT,	  /* large pages are cut where code is fetched, and not executable else */
	HOST_NX_RECOVER,  /* … those that were cut are large again */
	/* all frames' dirty pages are logged */
	HOST_LOG_ON,	  /* … in a bitmap, which is cleared by reading it */
	HOST_LOG_MANUAL,  /* … by a call of its own */
	HOST_LOG_ALL_SET, /* … and where all pages are to begin with */
	HOST_LOG_RING,	  /* … in a ring for each vCPU; the VM goes on as another that has some */
	HOST_LOG_CLEAR,	  /* what was logged is forgotten */
	HOST_LOG_OFF,
	HOST_AGE,      /* accessed bits are harvested */
	HOST_PRESSURE, /* too few shadow pages, for a moment */
	HOST_SMI,      /* an SMI of this vCPU; its handler does nothing */
	HOST_SAVE,     /* the VM is saved, and goes on as another */
	NR_HOST_EVENTS
};

struct host_verb {
	const char *name;
	const char *what;  /* a second word, or NULL */
	uint8_t nr_frames; /* how many frames stand behind it */
	bool takes_code;   /* a frame may hold no code behind it: nothing can be fetched */
	bool renews;	   /* the VM may go on as another */
};

extern const struct host_verb host_verbs[NR_HOST_EVENTS];

#endif
