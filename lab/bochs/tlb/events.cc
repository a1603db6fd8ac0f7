/* SPDX-License-Identifier: MIT */
#include "events.h"

#define SDM_TLB	   "SDM vol. 3, 5.10.4.1 Operations that Invalidate TLBs and Paging-Structure Caches"
#define SDM_RESET  "SDM vol. 3, 10.1.1 Processor State After Reset"
#define SDM_SMM	   "SDM vol. 3, 33.14.1 Default Treatment of SMI Delivery"
#define APM_TLB	   "APM vol. 2, 5.5.3 TLB Management"
#define APM_RESET  "APM vol. 2, 14.1.3 Processor Initialization State"
#define APM_SMM	   "APM vol. 2, 10.3.3 SMM Operating Environment"

#define EVERYTHING (LIN_ALL | GLOBALS | UPPERS | NEST_ALL)

namespace tlb
{

/* In the order of enum more_events: C++ knows no designators for arrays. */
static const struct rule more_rules[] = {
	{"task-switch", {LIN_PCID | UPPERS, LIN_PCID | UPPERS}, {APM_TLB, SDM_TLB}},
	/* Intel promises less; a machine without a BIOS, as ours is, has no SMIs. */
	{"smm", {EVERYTHING, EVERYTHING}, {APM_SMM, SDM_SMM}},
	{"reset", {EVERYTHING, EVERYTHING}, {APM_RESET, SDM_RESET}},
};
static_assert(sizeof(more_rules) / sizeof(more_rules[0]) == NR_ALL_EVENTS - NR_EVENTS,
	      "a row for each event");

const struct rule &rule_of(unsigned event)
{
	return event < NR_EVENTS ? rules[event] : more_rules[event - NR_EVENTS];
}

} // namespace tlb
