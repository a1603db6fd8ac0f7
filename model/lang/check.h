/* SPDX-License-Identifier: MIT */
/* What can be known of a program without running it, step by step. Private to model/. */
#ifndef MODEL_LANG_CHECK_H
#define MODEL_LANG_CHECK_H

#include "model/lang/parse.h"
#include "model/lang/position.h"

/* What decides which writes to control registers a level may make. */
struct modes {
	bool pcide;
	uint8_t pcid;
	bool pf_exit; /* L1 intercepts its page faults */
};

/* Who runs, and in which modes. */
struct state {
	struct position at;
	bool no_nxe[NR_CPUS];
	bool no_hv[NR_CPUS]; /* EFER.SVME is clear, or VMXOFF was executed */
	struct modes l1[NR_CPUS];
	struct modes l2[NR_CPUS][NR_VMS];
};

/* A check under way: a copy of it goes on by itself. */
struct check {
	struct state now;
	struct state loop;		 /* `now` at the last `repeat` */
	const struct step *repeat;	 /* the loop that is open, or NULL */
	bool in_header;			 /* only steps of the header so far */
	bool no_code, acts;		 /* a frame holds no code; the host acts on one */
	const struct step *fetch, *twin; /* the last of each kind, or NULL */
	struct mode_check mode;
	struct program_error *error;
};

/* header: program_header() of all of it. */
void check_start(struct check *check, struct header header, struct program_error *error);

/* Behind the steps so far; a step that is refused is the last one. */
bool check_step(struct check *check, const struct step *step);

/* Can a program end so? last: what is blamed. */
bool check_end(struct check *check, const struct step *last);

#endif
