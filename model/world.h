/* SPDX-License-Identifier: MIT */
/*
 * The tables of the world, as numbers. The model keeps what each entry holds, the executor knows
 * where each table page lies; both use the numbering below, so that an entry is the same thing for
 * both.
 *
 * A table page has one slot for each window that can pass through it. Linear windows meet in the
 * PML4 only: there each has a slot of its own; PDPT, PD and PT are private and have one slot. A
 * guest-physical address can be as short as 40 bits (QEMU TCG), where the nested PML4 has two
 * entries: so all nested windows share one PML4E (slot 0) and the PDPT under it, where each has its
 * own slot.
 */
#ifndef MODEL_WORLD_H
#define MODEL_WORLD_H

#include "program.h"

enum {
	TABLES_PER_ROOT = 1 + 3 * NR_WINDOWS, /* PML4; then PDPT, PD, PT of w0, of w1, … */
	NR_TABLES = NR_SPACES * NR_ROOTS * TABLES_PER_ROOT,
	NO_TABLE = 0xffff,
};

/* The number of the root's PML4: 0 … NR_TABLES-1. */
static inline unsigned world_root_table(struct root root)
{
	return ((unsigned)root.space * NR_ROOTS + root.nr) * TABLES_PER_ROOT;
}

/* The number of the table that holds an entry when all tables are linked as at the start. */
static inline unsigned world_table(struct entry_ref e)
{
	unsigned window = e.window;

	if (e.level == LEVEL_PML4E)
		return world_root_table(e.root);
	if (e.root.space == SPACE_N && e.level == LEVEL_PDPTE)
		window = 0;
	return world_root_table(e.root) + 1 + 3 * window + (LEVEL_PDPTE - e.level);
}

/* Which slot of a table at `level` a window passes through: 0 … NR_WINDOWS-1. */
static inline unsigned world_slot(enum space space, unsigned window, unsigned level)
{
	if (space == SPACE_N)
		return level == LEVEL_PDPTE ? window : 0;
	return level == LEVEL_PML4E ? window : 0;
}

#endif
