/* SPDX-License-Identifier: MIT */
/*
 * VMCB clean bits (catalogue: A19).
 *
 * The rule. A clean bit that L1 sets lets the CPU use its cached copy of a group of VMCB fields;
 * the bit of a group that L1 has changed must be clear, and then the new value counts.
 * TLB_CONTROL, RIP and RFLAGS are in no group (APM vol. 2, 15.15 "VMCB State Caching").
 *
 * How a host breaks it. L0 runs L2 on a VMCB of its own and keeps clean bits there: it must take
 * over what L1 changed, and it may skip what L1 declares unchanged. A group forgotten on the way
 * runs L2 with the ASID, CR3 or nested root of the entry before.
 *
 * What is seen. The same as without clean bits; L1 declares everything clean that it left alone.
 */
#include "scenarios/scenario.h"

/* Programs are broken at their steps, not where a line is full. */
/* clang-format off */

SCENARIO_LOOKS("svm.clean.asid", "a new ASID, all else declared clean",
	       "nroot n0; set g0.w0.pte p0; set n0.p0.pte A; enter; look w0; exit; set n0.p0.pte B; "
	       "!tag 2; clean; enter; look w0 fresh; exit");
SCENARIO_LOOKS("svm.clean.tlbctl-1", "TLB_CONTROL 1, everything declared clean",
	       "nroot n0; set g0.w0.pte p0; set n0.p0.pte A; enter; look w0; exit; set n0.p0.pte B; "
	       "!tlbctl 1; clean; enter; look w0 fresh; exit");
SCENARIO_LOOKS("svm.clean.ncr3", "another nested root, a flush, all else declared clean",
	       "nroot n0; set g0.w0.pte p0; set n0.p0.pte A; set n1.p0.pte B; enter; look w0; exit; "
	       "nroot n1; !tlbctl 1; clean; enter; look w0 fresh; exit");
SCENARIO_LOOKS("svm.clean.cr3", "another root of L2, a flush, all else declared clean",
	       "set g0.w0.pte A; set g2.w0.pte B; enter; look w0; exit; l2cr3 g2; !tlbctl 1; clean; "
	       "enter; look w0 fresh; exit");
