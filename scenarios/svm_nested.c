/* SPDX-License-Identifier: MIT */
/*
 * L1 rewrites the nested tables (catalogue: A3, A5, A6).
 *
 * The rule. After a flush of the ASID L2 must run on the nested tables as they are now: frame,
 * permissions, accessed and dirty bits, leaf sizes, every level, every root (APM vol. 2, 15.25
 * "Nested Paging", 15.16 "TLB Control"). An entry that is not present is never cached, and a
 * permission that was widened takes effect without a flush, as the CPU walks again before it
 * faults.
 *
 * How a host breaks it. KVM shadows the nested tables. Its shadow of a leaf table goes out of sync
 * at L1's first store and is brought up entry by entry at a flush: frame, permission and accessed
 * bits are three things to get right there. Upper entries are write-protected and zapped at each
 * store; roots are cached by their address.
 *
 * What is seen. A nested page fault is a result like a frame: where a permission was taken away,
 * L2 must exit; where it was given, it must not.
 */
#include "scenarios/scenario.h"

/* Programs are broken at their steps, not where a line is full. */
/* clang-format off */

#define NESTED "nroot n0; set g0.w0.pte p0; "

/* Retention of nested leaves with no event but the transitions: the control of what needs no flush. */
#define KEEPS NESTED "set n0.p0.pte A; enter; load w0; exit; set n0.p0.pte B; enter; load w0 either; exit"

/* A3: with a flush. */
SCENARIO("svm.npt-edit.write-protect", "a nested leaf loses its write permission",
	 NESTED "set n0.p0.pte A; enter; store w0; exit; set n0.p0.pte A/ro; !tlbctl 1; enter; "
		"store w0 fresh; exit");
SCENARIO("svm.npt-edit.no-execute", "a nested leaf loses its execute permission",
	 NESTED "set n0.p0.pte A; enter; fetch w0; exit; set n0.p0.pte A/nx; !tlbctl 1; enter; "
		"fetch w0 fresh; exit");
SCENARIO_LOOKS("svm.npt-edit.unmap", "a nested leaf goes away",
	       NESTED "set n0.p0.pte A; enter; look w0; exit; set n0.p0.pte none; !tlbctl 1; enter; "
		      "look w0 fresh; exit");
SCENARIO_LOOKS("svm.npt-edit.write-protect-and-move", "a nested leaf turns to another frame, read-only",
	       NESTED "set n0.p0.pte A; enter; look w0; exit; set n0.p0.pte B/ro; !tlbctl 1; enter; "
		      "look w0 fresh; exit");
SCENARIO("svm.npt-edit.accessed", "a cleared accessed bit is set again by the next access",
	 NESTED "set n0.p0.pte A; enter; load w0; exit; set n0.p0.pte A/na; !tlbctl 1; enter; load w0; exit; "
		"bits n0.p0.pte fresh");
SCENARIO("svm.npt-edit.dirty", "a cleared dirty bit is set again by the next store",
	 NESTED "set n0.p0.pte A; enter; store w0; exit; set n0.p0.pte A/nd; !tlbctl 1; enter; store w0; "
		"exit; bits n0.p0.pte fresh");

/* A3: no flush needed. */
SCENARIO_LOOKS_WITH("svm.npt-edit.map", "a nested leaf that was not present needs no flush",
		    NESTED "enter; look w0; exit; set n0.p0.pte A; enter; look w0 fresh; exit", KEEPS);
SCENARIO_WITH("svm.npt-edit.allow-write", "a nested leaf that gains write permission needs no flush",
	      NESTED "set n0.p0.pte A/ro; enter; load w0; store w0; exit; set n0.p0.pte A; enter; "
		     "store w0 fresh; exit",
	      KEEPS);
SCENARIO_WITH("svm.npt-edit.allow-execute", "a nested leaf that gains execute permission needs no flush",
	      NESTED "set n0.p0.pte A/nx; enter; load w0; fetch w0; exit; set n0.p0.pte A; enter; "
		     "fetch w0 fresh; exit",
	      KEEPS);

/* A5. */
SCENARIO_LOOKS("svm.ncr3-change", "another nested root, with a flush",
	       NESTED "set n0.p0.pte A; set n1.p0.pte B; enter; look w0; exit; nroot n1; !tlbctl 1; enter; "
		      "look w0 fresh; exit");
SCENARIO_LOOKS("svm.ncr3-change.back", "another nested root and back, the first one rewritten meanwhile",
	       NESTED "set n0.p0.pte A; set n1.p0.pte C; enter; look w0; exit; nroot n1; !tlbctl 1; enter; "
		      "look w0 fresh; exit; set n0.p0.pte B; nroot n0; !tlbctl 1; enter; look w0 fresh; exit");
SCENARIO_LOOKS("svm.ncr3-change.round", "around six nested roots, more than KVM keeps, the first rewritten",
	       NESTED "set n0.p0.pte A; set n1.p0.pte C; set n2.p0.pte D; set n3.p0.pte E; set n4.p0.pte F; "
		      "set n5.p0.pte G; enter; look w0; exit; "
		      "nroot n1; !tlbctl 1; enter; look w0 fresh; exit; "
		      "nroot n2; !tlbctl 1; enter; look w0 fresh; exit; "
		      "nroot n3; !tlbctl 1; enter; look w0 fresh; exit; "
		      "nroot n4; !tlbctl 1; enter; look w0 fresh; exit; "
		      "nroot n5; !tlbctl 1; enter; look w0 fresh; exit; "
		      "set n0.p0.pte B; nroot n0; !tlbctl 1; enter; look w0 fresh; exit");

/* A6. */
#define UPPER(level, table)                                                                             \
	SCENARIO_LOOKS("svm.npt-levels." level, "a nested " level " turns to another table",             \
		       NESTED "set n0.p0.pte A; set n1.p0.pte B; enter; look w0; exit; "                 \
			      "set n0.p0." level " n1.p0." table "; !tlbctl 1; enter; look w0 fresh; exit")
UPPER("pde", "pt");
UPPER("pdpte", "pd");
UPPER("pml4e", "pdpt");
SCENARIO_LOOKS("svm.npt-levels.split-2m", "a 2 MiB nested leaf is split into a table",
	       NESTED "set n0.p0.pte B; set n0.p0.pde A; enter; look w0; exit; set n0.p0.pde n0.p0.pt; "
		      "!tlbctl 1; enter; look w0 fresh; exit");
SCENARIO_LOOKS("svm.npt-levels.merge-2m", "a nested table is merged into a 2 MiB leaf",
	       NESTED "set n0.p0.pte A; enter; look w0; exit; set n0.p0.pde B; !tlbctl 1; enter; "
		      "look w0 fresh; exit");
SCENARIO_LOOKS("svm.npt-levels.split-1g", "a 1 GiB nested leaf is split into a table",
	       NESTED "set n0.p0.pde B; set n0.p0.pdpte A; enter; look w0; exit; set n0.p0.pdpte n0.p0.pd; "
		      "!tlbctl 1; enter; look w0 fresh; exit");
SCENARIO_LOOKS("svm.npt-levels.merge-1g", "a nested table is merged into a 1 GiB leaf",
	       NESTED "set n0.p0.pte B; enter; look w0; exit; set n0.p0.pdpte A; !tlbctl 1; enter; "
		      "look w0 fresh; exit");

/* C7 in the nested tables: a table that was rewritten while unlinked needs no flush when it is linked anew. */
#define LINK(name, entry, table)                                                                 \
	SCENARIO_LOOKS_WITH("svm.npt-link." name, "a nested " table " rewritten while unlinked, then linked elsewhere", \
			    NESTED "set g0.w1.pte p1; set n0.p1." entry " none; set n0.p0.pte A; enter; look w0; exit; " \
				   "set n0.p0." entry " none; tlbctl 1; enter; exit; set n0.p0.pte B; " \
				   "set n0.p1." entry " n0.p0." table "; enter; look w1 fresh; exit",  \
			    KEEPS)
LINK("pt", "pde", "pt");
LINK("pd", "pdpte", "pd");
