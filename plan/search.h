/* SPDX-License-Identifier: MIT */
/* Random programs, run and judged as cases of a hundred each; what is red is cut down. */
#ifndef PLAN_SEARCH_H
#define PLAN_SEARCH_H

#include "model/lang/caps.h"
#include "model/oracle/rules.h"

struct search {
	unsigned programs; /* how many in all, SEARCH_BATCH in a case; or 0 */
	unsigned seconds;  /* else: how long, a second for each case */
	unsigned pace;	   /* seconds of this machine's clock that are one of a clock on the wall */
	unsigned from;	   /* the first case to run, from 1 */
	uint64_t seed;
	bool everything; /* also what is known to fail on such hosts */
	bool keep;	 /* says those that bring new keys, for a corpus */
	bool first;	 /* the first red program ends it, as it is */
	unsigned trace;	 /* the case that says each program before it runs: one may be the
			    last */
};

/* A case, random.SEED.NUMBER, has so many programs; or takes a second, and so many numbers. */
enum { SEARCH_BATCH = 100, SEARCH_SPAN = 10000 };

/* Runs them, and reports each case. After judge_init(). */
void search_run(const struct search *search, enum vendor vendor, const struct caps *caps);

#endif
