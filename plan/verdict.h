/* SPDX-License-Identifier: MIT */
/* Verdicts: what can become of a case. To add one: a line here, a row in verdict.c. */
#ifndef PLAN_VERDICT_H
#define PLAN_VERDICT_H

#include <stdbool.h>

#include "kernel/power.h"

/* The most severe last: of several that one run gives, the most severe is its verdict. */
enum verdict {
	VERDICT_PASS,	 /* only legal results, and the control showed that the host retains */
	VERDICT_VACUOUS, /* only legal results, but the host retained nothing */
	VERDICT_SKIP,	 /* a missing feature */
	VERDICT_KNOWN,	 /* wrong, in a way that is known of such hosts */
	VERDICT_ERROR,	 /* our own fault */
	VERDICT_CRASH,	 /* an exit or exception nobody expected */
	VERDICT_WILD,	 /* a value that no mapping ever produced */
	VERDICT_LEAK,	 /* a value of another tag or level */
	VERDICT_STALE,	 /* a value came back that a required flush had killed */
	NR_VERDICTS
};

/* Its name, in capitals. */
const char *verdict_name(enum verdict verdict);

/* How KTAP has it: "ok" or "not ok"; and what stands before its text, such as " # SKIP VACUOUS: ".
 */
bool verdict_is_ok(enum verdict verdict);
const char *verdict_directive(enum verdict verdict);

/* The status of a run with so many of each. */
enum power_status verdict_status(const unsigned counts[NR_VERDICTS]);

#endif
