/* SPDX-License-Identifier: MIT */
/* Shared by the VMX families: the same program in an L2 without EPT ("flat") and under it ("ept").
 */
#ifndef SCENARIOS_VMX_H
#define SCENARIOS_VMX_H

#include "scenarios/scenario.h"

/* One look each, a load; or all three. */
#define FLAT_AND_EPT(name, title, program)      \
	SCENARIO(name ".flat", title, program); \
	SCENARIO(name ".ept", title ", under EPT", "nroot n0; " program)
#define FLAT_AND_EPT_LOOKS(name, title, program)      \
	SCENARIO_LOOKS(name ".flat", title, program); \
	SCENARIO_LOOKS(name ".ept", title ", under EPT", "nroot n0; " program)

#endif
