/* SPDX-License-Identifier: MIT */
/* Goes through a program with the oracle, and compares what it allows with what the run saw. */
#ifndef PLAN_FINDING_H
#define PLAN_FINDING_H

#include "exec/exec.h"
#include "model/oracle/oracle.h"

/* Where a step runs, for the report. */
struct place {
	uint8_t cpu, vm, tag;
	bool in_l2;
	struct root root, nested_root; /* of the level that runs; ROOT_NONE in L1 */
};

struct finding {
	bool error; /* the program has no defined meaning: `why` */
	const char *why;
	bool wrong;		  /* the first look with an illegal result, described below */
	enum judgement judgement; /* STALE, LEAK or WILD */
	const struct step *step;
	unsigned step_nr; /* 1-based, in the program's text */
	struct place place;
	struct look look;
	struct seen seen;
	bool retained; /* some look saw a legal value that is not the current one */
};

/* How often translations survived what they were allowed to survive. */
struct retention {
	uint32_t hits, tries;
};
enum { RETENTION_ROWS = NR_EVENTS + 1 }; /* the last: no event at all since the rewrite */
extern struct retention retention[RETENTION_ROWS][NR_SPACES];

void judge_init(enum vendor vendor);

/* without_flushes: judge as if the program had no steps marked '!' (its control). */
void judge(const struct program *program, bool without_flushes, const struct run *run,
	   struct finding *finding);

#endif
