/* SPDX-License-Identifier: MIT */
/* What looks must see of what the host does below the VM: one row per event. */
#ifndef MODEL_ORACLE_HOST_RULES_H
#define MODEL_ORACLE_HOST_RULES_H

#include "model/lang/host_events.h"

/* What a host event does to what looks see, on every CPU and at every level, at once. */
enum host_effect {
	HOST_NOTHING,
	HOST_ZEROS,	/* the frame holds zeros until somebody writes */
	HOST_EXCHANGED, /* each of two frames shows what the other did */
	HOST_GONE,	/* the frame is page M */
	HOST_THERE,	/* the frame is memory again, with what was in it */
	HOST_READ_ONLY, /* stores to the frame go nowhere */
	HOST_ELSEWHERE, /* the frame is page M, and page M the frame */
	HOST_IN_SMM,	/* page M is the frame for who runs in SMM */
	HOST_LOG_BEGUN, /* every store from here on is in the log */
	HOST_LOG_CLEARED,
	HOST_LOG_ENDED,
};

struct host_rule {
	enum host_effect effect;
	const char *source; /* the host's own word */
};

extern const struct host_rule host_rules[NR_HOST_EVENTS];

#endif
