/* SPDX-License-Identifier: MIT */
/* What goes out on the serial line: KTAP, the failure block, the summary, the retention table. */
#ifndef PLAN_REPORT_H
#define PLAN_REPORT_H

#include "kernel/power.h"
#include "plan/finding.h"

void report_plan(unsigned cases);
void report_case(unsigned nr, const char *name);
/* text: the reason or details; "" for none. Counts the verdict. */
void report_result(unsigned nr, const char *name, enum verdict verdict, const char *text);

/* The failure block of an illegal look. which: "program" or "control". */
void report_finding(const struct program *program, const struct finding *f, const char *which);
/* The block of a crash or an error. */
void report_program(const struct program *program, const char *which);

/* Retention table, summary; returns the status of all that was counted. */
enum power_status report_end(void);

#endif
