/* SPDX-License-Identifier: MIT */
#include "model/lang/world.h"

static const struct layout linear[NR_MODES] = {
	[MODE_LONG] = {LEVEL_PML4E, LEVEL_PML4E, NR_WINDOWS, 1 << 3},
	/* The first of the four PDPTEs maps what the agent itself needs. */
	[MODE_PAE] = {LEVEL_PDPTE, LEVEL_PDPTE, 3, 0},
	[MODE_32] = {LEVEL_PDE, LEVEL_PDE, NR_WINDOWS, 1 << 1 | 1 << 3},
	/* As if there were one table, of leaves that map each window to its like: see memory.c. */
	[MODE_UNPAGED] = {LEVEL_PTE, LEVEL_PTE, 3, 0},
	[MODE_LA57] = {LEVEL_PML5E, LEVEL_PML4E, NR_WINDOWS, 1 << 3},
};

void world_layouts(struct header header, struct layout layouts[NR_SPACES])
{
	/* Guest-physical windows beyond the reach of 32 bits are of no use there, and below them
	 * the first GiB is memory. */
	bool narrow = header.l2 == MODE_32 || header.l2 == MODE_UNPAGED || header.nested_pae;

	layouts[SPACE_H] = linear[MODE_LONG];
	layouts[SPACE_G] = linear[header.l2];
	layouts[SPACE_N] = (struct layout){header.nested_pae ? LEVEL_PDPTE : LEVEL_PML4E,
					   LEVEL_PDPTE, narrow ? 3 : NR_WINDOWS, 0};
}
