/* SPDX-License-Identifier: MIT */
/*
 * What obliges the retaining CPU to drop translations. The rows are the oracle's own, of
 * model/oracle/rules.c; here are only those that its programs have no step for.
 */
#ifndef TLB_EVENTS_H
#define TLB_EVENTS_H

extern "C" {
#include "rules.h" /* model/oracle/ */
}

namespace tlb
{

enum more_events {
	EV_TASK_SWITCH = NR_EVENTS, /* that loads CR3 */
	EV_SMM,			    /* SMI and RSM */
	EV_RESET,		    /* RESET and INIT */
	NR_ALL_EVENTS
};

const struct rule &rule_of(unsigned event);

} // namespace tlb

#endif
