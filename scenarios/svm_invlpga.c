/* SPDX-License-Identifier: MIT */
/*
 * INVLPGA (catalogue: A13, A14).
 *
 * The rule. INVLPGA drops the translation of one linear address for one ASID; ASID 0 is L1's own
 * (APM vol. 2, 15.16.2 "Invalidate Page, Alternate ASID"; vol. 3, "INVLPGA"). It is given L2's
 * linear address, so a rewritten nested entry is not its business.
 *
 * How a host breaks it. KVM emulates the instruction for L1: it must find the right MMU (L1's for
 * ASID 0, L2's shadow for the others, also when L2 ran last under another ASID or another CR3) and
 * drop the page there and in the hardware.
 *
 * What is seen. L1 rewrites a leaf of its own or of L2's tables, invalidates the one page, and
 * looks, or lets L2 look under the same ASID.
 */
#include "scenarios/scenario.h"

/* Programs are broken at their steps, not where a line is full. */
/* clang-format off */

/* A13. */
SCENARIO_LOOKS("svm.invlpga-0", "INVLPGA with ASID 0 drops L1's page",
	       "set h0.w0.pte A; look w0; set h0.w0.pte B; !invlpga w0 0; look w0 fresh");
SCENARIO_LOOKS("svm.invlpga-0-2m", "INVLPGA with ASID 0 drops L1's 2 MiB page",
	       "set h0.w0.pde A; invlpg w0; look w0; set h0.w0.pde B; !invlpga w0 0; look w0 fresh");
SCENARIO_LOOKS("svm.invlpga-0-after-l2", "INVLPGA with ASID 0 after a stay in L2",
	       "set h0.w0.pte A; look w0; enter; exit; set h0.w0.pte B; !invlpga w0 0; look w0 fresh");

/* A14. */
SCENARIO_LOOKS("svm.invlpga-asid", "INVLPGA drops L2's page",
	       "set g0.w0.pte A; enter; look w0; exit; set g0.w0.pte B; !invlpga w0 1; enter; "
	       "look w0 fresh; exit");
SCENARIO_LOOKS("svm.invlpga-asid-2m", "INVLPGA drops L2's 2 MiB page",
	       "set g0.w0.pde A; enter; look w0; exit; set g0.w0.pde B; !invlpga w0 1; enter; "
	       "look w0 fresh; exit");
SCENARIO_LOOKS("svm.invlpga-asid-nested", "INVLPGA drops a page of L2 under nested paging",
	       "nroot n0; set g0.w0.pte A; enter; look w0; exit; set g0.w0.pte B; !invlpga w0 1; enter; "
	       "look w0 fresh; exit");
SCENARIO_LOOKS("svm.invlpga-asid-not-last", "INVLPGA of an ASID that was not the last to run",
	       "set g0.w0.pte A; set g1.w0.pte C; enter; look w0; exit; vm 1; enter; look w0; exit; "
	       "set g0.w0.pte B; !invlpga w0 1; vm 0; enter; look w0 fresh; exit");
/* The manual does not promise that INVLPGA drops paging-structure caches: the roots share the leaf table. */
SCENARIO_LOOKS("svm.invlpga-asid-two-roots", "INVLPGA where one ASID ran two roots with one leaf table",
	       "set g2.w0.pml4e g0.w0.pdpt; set g0.w0.pte A; enter; look w0; exit; l2cr3 g2; enter; look w0; "
	       "exit; set g0.w0.pte B; !invlpga w0 1; enter; look w0 fresh; exit; l2cr3 g0; enter; "
	       "look w0 fresh; exit");
