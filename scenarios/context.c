/* SPDX-License-Identifier: MIT */
/*
 * Contexts kept apart: L1 and L2 on the same linear address (catalogue: A17, A18).
 *
 * The rule. A translation serves only the tag that cached it: L1's ASID is 0, each VM has one of
 * its own (APM vol. 2, 15.16 "TLB Control"), L1 with VPID 0 on the other
 * vendor (SDM vol. 3, "Virtual-Processor Identifiers (VPIDs)"). A global page is global within its
 * tag.
 *
 * How a host breaks it. KVM may run L1 and L2 under one hardware ASID and must flush between them;
 * its shadow pages of one page table, used as L1's and as L2's, differ only by a bit of their
 * role.
 *
 * What is seen. The same window in L1 and L2: on different tables no value may ever cross over; on
 * the same table each level's flush makes that level's look fresh.
 */
#include "scenarios/scenario.h"

/* Programs are broken at their steps, not where a line is full. */
/* clang-format off */

/* A rewrite that only the transitions could have flushed: shows whether L2 keeps anything at all. */
#define KEEPS "set g0.w0.pte A; enter; load w0; exit; set g0.w0.pte B; enter; load w0 either; exit"

/* A17. */
SCENARIO_LOOKS("context.same-cr3", "L1 and L2 on one root: each level's flush is its own",
	       "l2cr3 h0; set h0.w0.pte A; look w0; enter; look w0; exit; set h0.w0.pte B; !tag 2; enter; "
	       "look w0 fresh; exit; !invlpg w0; look w0 fresh");
SCENARIO_LOOKS("context.same-cr3.l2-edits", "L1 and L2 on one root, which L2 rewrites",
	       "l2cr3 h0; set h0.w0.pte A; look w0; enter; look w0; set h0.w0.pte B; !invlpg w0; "
	       "look w0 fresh; exit; !invlpg w0; look w0 fresh");
SCENARIO_LOOKS_WITH("context.global-leak", "L2's global page never serves L1, nor L1's L2",
		    "set h0.w0.pte A/g; set g0.w0.pte B/g; repeat 20; look w0 fresh; enter; look w0 fresh; "
		    "exit; end; look w0 fresh",
		    KEEPS);

/* A18. */
SCENARIO_LOOKS_WITH("context.leak", "L1 and L2 in turns, two frames, one linear address",
		    "set h0.w0.pte A; set g0.w0.pte B; repeat 100; look w0 fresh; enter; look w0 fresh; "
		    "exit; end",
		    KEEPS);
SCENARIO_LOOKS_WITH("context.leak-nested", "L1 and L2 in turns, L2 under nested paging",
		    "nroot n0; set h0.w0.pte A; set g0.w0.pte p0; set n0.p0.pte B; repeat 100; look w0 fresh; "
		    "enter; look w0 fresh; exit; end",
		    KEEPS);
SCENARIO_LOOKS_WITH("context.leak-two-vms", "L1 and two L2s in turns, three frames, one linear address",
		    "set h0.w0.pte A; set g0.w0.pte B; set g1.w0.pte C; repeat 60; look w0 fresh; enter; "
		    "look w0 fresh; exit; vm 1; enter; look w0 fresh; exit; vm 0; end",
		    KEEPS);
