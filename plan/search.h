/* SPDX-License-Identifier: MIT */
/* Random programs, run and judged as cases of a hundred each; what is red is cut down. */
#ifndef PLAN_SEARCH_H
#define PLAN_SEARCH_H

#include "model/lang/caps.h"
#include "model/oracle/rules.h"

struct search {
	unsigned programs; /* how many in all */
	unsigned from;	   /* the first case to run, from 1 */
	uint64_t seed;
	bool everything; /* also what is known to fail on such hosts */
	bool trace;	 /* say each program before it runs: one may be the last */
};

enum { SEARCH_BATCH = 100 }; /* programs of a case: random.SEED.NUMBER */

/* Runs them, and reports each case. After judge_init(). */
void search_run(const struct search *search, enum vendor vendor, const struct caps *caps);

#endif
