/* SPDX-License-Identifier: MIT */
/* Goes through a program with the oracle, and compares what it allows with what the run saw. */
#ifndef PLAN_FINDING_H
#define PLAN_FINDING_H

#include "exec/exec.h"
#include "model/lang/position.h"
#include "model/oracle/oracle.h"
#include "plan/verdict.h"

struct finding {
	enum verdict verdict; /* PASS, SKIP, ERROR or worse */
	char text[300];	      /* one line: what was seen, or why; of several things all */
	bool wrong;	      /* the first look with an illegal result, described below */
	const struct step *step;
	unsigned step_nr;	  /* 1-based, in the program's text */
	struct position position; /* before that step */
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

/*
 * What follows from one run of a program. without_flushes: judge as if it had no steps marked '!'
 * (its control). A run that stopped early is judged as far as it went, so that a crash hides
 * nothing that was seen before it; any other has as many looks as the program, or the fault is
 * ours.
 */
void judge(const struct program *program, bool without_flushes, const struct run *run,
	   struct finding *finding);

/* Would what was seen be legal if these events (1 << enum event) had dropped nothing? */
bool finding_explained(const struct program *program, const struct finding *f, uint64_t events);

/* "saw A, legal: B". At most size-1 characters and a NUL are written. */
void finding_text(const struct finding *f, char *text, size_t size);

#endif
