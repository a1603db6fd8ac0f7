/* SPDX-License-Identifier: MIT */
/*
 * The map of intercepted MSRs, rewritten in place (catalogue: A27, B22).
 *
 * The rule. The CPU looks into the map in memory at each access of L2's to an MSR; no VMCB or VMCS
 * field changes, no clean bit is set (APM vol. 2, 15.11 "MSR Intercepts"; SDM vol. 3, "MSR-Bitmap
 * Address").
 *
 * How a host breaks it. It merges L1's map with its own for the VMCB or VMCS that L2 really runs
 * on, and may skip that where it believes that L1's is what it was.
 *
 * What is seen. Whether RDMSR leaves L2.
 */
#include "scenarios/scenario.h"

/* Programs are broken at their steps, not where a line is full. */
/* clang-format off */

#define TOGGLE                                                                                   \
	"enter; rdmsr fresh; exit; msr-exit on; enter; rdmsr fresh; rdmsr fresh; exit; "         \
	"msr-exit off; enter; rdmsr fresh; exit; msr-exit on; enter; rdmsr fresh; exit"
SCENARIO_WITH("msr-map.in-place", "the map of MSRs is rewritten in place", TOGGLE, ENTERED(RETAINS("g")));
SCENARIO_WITH("msr-map.in-place-nested", "the map of MSRs is rewritten in place, nested paging",
	      "nroot n0; " TOGGLE, ENTERED_NESTED(RETAINS("g")));
SCENARIO_WITH("msr-map.two-vms", "each VM has a map of its own",
	      "msr-exit on; enter; rdmsr fresh; exit; vm 1; enter; rdmsr fresh; exit; vm 0; enter; rdmsr fresh; exit; "
	      "msr-exit off; vm 1; msr-exit on; enter; rdmsr fresh; exit; vm 0; enter; rdmsr fresh; exit",
	      ENTERED(RETAINS("g")));
