/* SPDX-License-Identifier: MIT */
/*
 * Nested tables in PAE format (catalogue: A21).
 *
 * The rule. The nested tables have the format of the paging mode that L1 is in when it executes
 * VMRUN: of an L1 in PAE mode they are three levels, of which the top one has four entries (APM
 * vol. 2, 15.25.3 "Enabling Nested Paging", 15.25.5 "Nested Table Walk"). A new ASID or a
 * TLB_CONTROL must make every rewritten entry count.
 *
 * How a host breaks it. KVM makes the role of its shadow of the nested tables from L1's CR4 and
 * EFER at VMRUN; it shadows three levels by a root of another kind, and reads the top entries at
 * each walk (nested_svm_get_tdp_pdptr()), but what hangs below a root that it has shadowed it must
 * sync.
 *
 * What is seen. As in svm_flush.c, with L1 in PAE mode for each entry. `nmode pae` says so.
 */
#include "scenarios/scenario.h"

/* Programs are broken at their steps, not where a line is full. */
/* clang-format off */

#define MODE	     "nmode pae; l2mode pae; nroot n0; "
#define SEED	     "set g0.w0.pte p0; set n0.p0.pte A; set n1.p0.pte B; enter; look w0; exit; "
#define LOOK	     "; enter; look w0 fresh; exit"
#define TURN(entry, table) MODE SEED "set n0.p0." entry " n1.p0." table "; !tag 2" LOOK

SCENARIO_LOOKS("svm.npt-pae.leaf", "a new ASID after a nested leaf was rewritten, L1 in PAE mode",
	       MODE SEED "set n0.p0.pte B; !tag 2" LOOK);
SCENARIO_LOOKS("svm.npt-pae.tlbctl-1", "TLB_CONTROL 1 after a nested leaf was rewritten, L1 in PAE mode",
	       MODE SEED "set n0.p0.pte B; !tlbctl 1" LOOK);
SCENARIO_LOOKS("svm.npt-pae.pde", "a nested PDE turns to another table, L1 in PAE mode", TURN("pde", "pt"));
SCENARIO_LOOKS("svm.npt-pae.pdpte", "a nested PDPTE turns to another table, L1 in PAE mode", TURN("pdpte", "pd"));
SCENARIO_LOOKS("svm.npt-pae.unmap-pdpte", "a nested PDPTE goes away, L1 in PAE mode",
	       MODE SEED "set n0.p0.pdpte none; !tag 2" LOOK);
SCENARIO_LOOKS("svm.npt-pae.root", "another nested root, L1 in PAE mode",
	       MODE SEED "nroot n1; !tag 2" LOOK);
SCENARIO_LOOKS("svm.npt-pae.leaf-32", "a nested leaf of an L2 in 32-bit paging, L1 in PAE mode",
	       "nmode pae; l2mode 32; nroot n0; " SEED "set n0.p0.pte B; !tag 2" LOOK);
SCENARIO_LOOKS("svm.npt-pae.leaf-unpaged", "a nested leaf of an unpaged L2, L1 in PAE mode",
	       "nmode pae; l2mode unpaged; nroot n0; set n0.p0.pte A; enter; look w0; exit; set n0.p0.pte B; !tag 2" LOOK);
