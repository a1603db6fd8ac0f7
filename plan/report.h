/* SPDX-License-Identifier: MIT */
/* What goes out on the serial line: KTAP, the failure block, the summary, the retention table. */
#ifndef PLAN_REPORT_H
#define PLAN_REPORT_H

#include "kernel/power.h"
#include "plan/finding.h"

enum verdict {
	VERDICT_PASS,	 /* only legal results, and the control showed that the host retains */
	VERDICT_VACUOUS, /* only legal results, but the host retained nothing */
	VERDICT_STALE,	 /* a value came back that a required flush had killed */
	VERDICT_LEAK,	 /* a value of another tag or level */
	VERDICT_WILD,	 /* a value that no mapping ever produced */
	VERDICT_CRASH,	 /* an exit or exception nobody expected */
	VERDICT_SKIP,	 /* a missing feature */
	VERDICT_ERROR,	 /* our own fault */
	NR_VERDICTS
};

void report_plan(unsigned cases);
void report_case(unsigned nr, const char *name);
/* text: the reason or details; "" for none. Counts the verdict. */
void report_result(unsigned nr, const char *name, enum verdict verdict, const char *text);

/* The failure block of an illegal look. which: "program" or "control". */
void report_finding(const struct program *program, const struct finding *f, const char *which);
/* The block of a crash or an error. */
void report_program(const struct program *program, const char *which);

enum verdict verdict_of(enum judgement judgement);
/* One line: "saw A, legal only B". */
void finding_text(const struct finding *f, char *text, size_t size);

/* Retention table, summary; returns the status of all that was counted. */
enum power_status report_end(void);

#endif
