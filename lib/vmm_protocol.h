/* SPDX-License-Identifier: MIT */
/*
 * What the image and this VMM say to each other: port and requests.
 *
 * A guest finds the VMM by a 4-byte IN from VMM_PORT, which gives VMM_MAGIC; where nobody is at
 * that port, all bits are set. It asks by a 4-byte OUT of the physical address of a request in its
 * memory, and when the OUT is over the answer is there: one exit for a line of text or an event,
 * whichever level it comes from (L1 intercepts no ports of L2's).
 *
 * A request that makes no sense is answered by VMM_NONSENSE and changes nothing. One that does not
 * lie in memory cannot be answered: it stays VMM_PENDING, and the VMM says so on its standard
 * error.
 */
#ifndef LIB_VMM_PROTOCOL_H
#define LIB_VMM_PROTOCOL_H

#include <stdint.h>

#define VMM_PORT  0x5256
#define VMM_MAGIC 0x314d4d56 /* "VMM1" */

/* Requests, and what their arguments are. Frames: their numbers. */
enum vmm_op {
	VMM_FEATURES = 1, /* result: a set of enum vmm_feature */
	VMM_WRITE,	  /* text's address, bytes: to the console */
	/*
	 * Address, bytes of each (2 MiB), number: the memory from there on is that many frames.
	 * What the host does to a frame it does to all of these bytes. The last one is no frame,
	 * but what the VMM puts where it has taken a page away, so that it is seen who still reads
	 * there.
	 */
	VMM_FRAMES,
	VMM_RESET, /* all frames are as they were, but for what was written to them */
	/* events: to the guest nothing has happened */
	VMM_DROP,	 /* frame: its pages are given back */
	VMM_SWAP,	 /* frame, frame: exchanges their pages */
	VMM_MOVE,	 /* frame: other pages, with the same in them */
	VMM_SLOT_REMOVE, /* frame: its memory slot goes */
	VMM_SLOT_ADD,	 /* frame: … is where it was */
	VMM_SLOT_RO,	 /* frame: … is read-only */
	VMM_SLOT_MOVE,	 /* frame, address: … is there, a multiple of 4 KiB */
	VMM_SLOT_SMM,	 /* frame, address: … is there, too, in SMM alone */
	VMM_COLLAPSE,	 /* frame: its pages become one of 2 MiB */
	VMM_SPLIT,	 /* frame: … is cut into pages of 4 KiB again */
	VMM_NX_SPLIT,	 /* large pages are not executable, but cut where code is fetched */
	VMM_NX_RECOVER,	 /* … and whole again, those that were cut */
	/* the frames' dirty pages are logged: */
	VMM_LOG_ON,	 /* in a bitmap, which is cleared by reading it */
	VMM_LOG_MANUAL,	 /* … by a call of its own */
	VMM_LOG_ALL_SET, /* … and in which all pages are to begin with */
	VMM_LOG_RING,	 /* in a ring for each vCPU: the VM goes on as another that has some */
	VMM_LOG_CLEAR,	 /* what was logged so far is forgotten */
	VMM_LOG_OFF,
	VMM_LOGGED,   /* frame. result: 1 if some page of it was logged since, else 0 */
	VMM_AGE,      /* the accessed bits of all frames' pages are harvested */
	VMM_PRESSURE, /* the VM's limit of shadow pages, down to the least and up again */
	/* Of this vCPU. 0: its handler does nothing; else the address, a multiple of 4 KiB below
	 * 1 MiB, at which it begins, in real mode with IP 0: what is there ends by RSM. */
	VMM_SMI,
	VMM_SAVE, /* vCPUs and devices are saved, and go on in a new VM */
	/*
	 * Linear address: the same, by what VMMs of old had (KVM_GET_SREGS); then, before a vCPU
	 * runs, the VMM itself looks through this vCPU's tables. result: the 4 bytes there; or
	 * VMM_UNMAPPED, if KVM finds none.
	 */
	VMM_SAVE_LOAD,
	NR_VMM_OPS
};

enum vmm_feature {
	VMM_MOVES = 1 << 0,  /* it moves vCPUs to other physical CPUs: guests/pcpu.h */
	VMM_EVENTS = 1 << 1, /* it knows VMM_FRAMES and what follows */
};

enum vmm_status {
	VMM_PENDING, /* what the guest writes there */
	VMM_DONE,
	VMM_NONSENSE, /* no such request, or no such argument */
	VMM_CANNOT,   /* a true request, but this host or VM has not what it needs */
};

#define VMM_UNMAPPED UINT64_MAX

enum {
	VMM_ARGUMENTS = 3,
	VMM_TEXT_MAX = 4096,	  /* bytes of one VMM_WRITE */
	VMM_FRAME_SIZE = 2 << 20, /* bytes of a frame, and what its address is a multiple of */
	VMM_FRAMES_MAX = 16,
};

/* At a multiple of 8. The same in 32-bit and 64-bit code. */
struct vmm_request {
	uint32_t op;
	uint32_t status; /* the VMM's */
	uint64_t argument[VMM_ARGUMENTS];
	uint64_t result; /* the VMM's */
};

_Static_assert(sizeof(struct vmm_request) == 40, "in both modes");

#endif
