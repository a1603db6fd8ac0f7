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
	EV_CR0_PG = NR_EVENTS, /* CR0.PG changes; Intel: is cleared */
	EV_CR4_FORMAT,	       /* CR4.PAE changes; AMD: PSE, too */
	EV_TASK_SWITCH,	       /* that loads CR3 */
	EV_SMM,		       /* SMI and RSM */
	EV_RESET,	       /* RESET and INIT */
	NR_ALL_EVENTS
};

const struct rule &rule_of(unsigned event);

} // namespace tlb

#endif
