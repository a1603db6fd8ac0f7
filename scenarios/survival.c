/* SPDX-License-Identifier: MIT */
/*
 * What may survive.
 *
 * The rule. A transition, or a flush of something else, obliges nobody to drop a translation:
 * VMRUN and #VMEXIT flush nothing, INVLPGA concerns one ASID, MOV CR3 leaves global pages alone,
 * TLB_CONTROL 3 and 7 leave L1 alone, and so on (docs/oracle-rules.md has each with its source).
 *
 * No host can break it: the old value and the new one are both legal. These programs only ask
 * whether the host keeps translations there, and fill the rows of the retention table: PASS, it
 * was seen to keep one; VACUOUS, it never did, so it flushes more than it must, and what depends
 * on that cannot be tested on it. A value of another context is wrong here, too.
 */
#include "scenarios/scenario.h"

/* Programs are broken at their steps, not where a line is full. */
/* clang-format off */

#define FLAT   "set g0.w0.pte A; enter; load w0; exit; set g0.w0.pte B; "
#define NESTED "nroot n0; set g0.w0.pte p0; set n0.p0.pte A; enter; load w0; exit; set n0.p0.pte B; "
#define LOOK   "enter; load w0 either; exit"

SCENARIO("survival.transition.l1", "L1's page across a stay in L2",
	 "set h0.w0.pte A; load w0; set h0.w0.pte B; enter; exit; load w0 either");
SCENARIO("survival.transition.flat", "L2's page across an exit and an entry", FLAT LOOK);
SCENARIO("survival.transition.same-stay", "L2's page within one stay, no transition",
	 "enter; set g0.w0.pte A; load w0; set g0.w0.pte B; load w0 either; exit");
SCENARIO("survival.global-across-cr3.l1", "L1's global page across MOV CR3",
	 "set h0.w0.pte A/g; load w0; set h0.w0.pte B/g; cr3 h0; load w0 either");
SCENARIO("survival.global-across-cr3.l2", "L2's global page across MOV CR3",
	 "enter; set g0.w0.pte A/g; load w0; set g0.w0.pte B/g; cr3 g0; load w0 either; exit");
SCENARIO("survival.other-window.l1", "a page across INVLPG of another page",
	 "set h0.w0.pte A; load w0; set h0.w0.pte B; invlpg w1; load w0 either");
SCENARIO("survival.other-window.l2", "L2's page across its INVLPG of another page",
	 "enter; set g0.w0.pte A; load w0; set g0.w0.pte B; invlpg w1; load w0 either; exit");

SCENARIO("svm.survival.transition.nested", "a nested page across an exit and an entry", NESTED LOOK);
SCENARIO("svm.survival.other-asid.flat", "L2's page while another ASID runs",
	 FLAT "tag 2; enter; exit; tag 1; " LOOK);
SCENARIO("svm.survival.other-asid.nested", "a nested page while another ASID runs",
	 NESTED "tag 2; enter; exit; tag 1; " LOOK);
SCENARIO("svm.survival.other-ncr3", "a nested page across another nested root under the same ASID",
	 NESTED "nroot n1; enter; exit; nroot n0; " LOOK);
SCENARIO("svm.survival.tlbctl-3.l1", "L1's page across TLB_CONTROL 3",
	 "set h0.w0.pte A; load w0; set h0.w0.pte B; tlbctl 3; enter; exit; load w0 either");
SCENARIO("svm.survival.tlbctl-7-global", "L2's global page across TLB_CONTROL 7",
	 "set g0.w0.pte A/g; enter; load w0; exit; set g0.w0.pte B/g; tlbctl 7; " LOOK);
SCENARIO("svm.survival.tlbctl-7-nested", "a nested page across TLB_CONTROL 7, of which the manual is silent",
	 NESTED "tlbctl 7; " LOOK);
SCENARIO("svm.survival.invlpga-other-asid", "L2's page across INVLPGA of another ASID",
	 FLAT "invlpga w0 2; " LOOK);
SCENARIO("svm.survival.invlpga-other-window", "L1's page across INVLPGA of another page",
	 "set h0.w0.pte A; load w0; set h0.w0.pte B; invlpga w1 0; load w0 either");
SCENARIO("svm.survival.invlpga-nested", "a nested page across INVLPGA of the linear address that uses it",
	 NESTED "invlpga w0 1; " LOOK);
