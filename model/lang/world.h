/* SPDX-License-Identifier: MIT */
/*
 * The tables of the world, as numbers. The model keeps what each entry holds, the executor knows
 * where each table page lies; both use the numbering below, so that an entry is the same thing for
 * both.
 *
 * A table page has one slot for each window that can pass through it. The layout of a space's
 * tables says at which level the windows meet: above it they share one entry of each table, at it
 * each has an entry of its own, below it tables of its own.
 *
 * Linear windows meet in the root, but with five levels in the PML4 below it. A guest-physical
 * address can be as short as 40 bits (QEMU TCG), where the nested PML4 has two entries: so nested
 * windows meet in the PDPT.
 */
#ifndef MODEL_LANG_WORLD_H
#define MODEL_LANG_WORLD_H

#include "model/lang/program.h"

enum {
	/* the root; then PDPT, PD, PT of w0, of w1, …; then the PML4 below a PML5 */
	TABLES_PER_ROOT = 1 + 3 * NR_WINDOWS + 1,
	TABLES_PER_SPACE = NR_ROOTS * TABLES_PER_ROOT,
	NR_TABLES = NR_SPACES * NR_ROOTS * TABLES_PER_ROOT,
};

struct layout {
	uint8_t top;	 /* level of the entries in the root */
	uint8_t meet;	 /* level at which each window has an entry of its own */
	uint8_t windows; /* that there are: w0 … or p0 … */
	/*
	 * A PT has two places for windows: in 32-bit paging the same one of either half, for hosts
	 * that take one half for the other; else one beside the other, for hosts that fill in what
	 * lies beside an entry together with it. Windows, a bit each, that have the second one. The
	 * place that a window has not holds frame G in its PT.
	 */
	uint8_t second_place;
};

/* The layout of each space's tables: filled in, NR_SPACES of them. */
void world_layouts(struct header header, struct layout layouts[NR_SPACES]);

/* The number of the root's top table: 0 … NR_TABLES-1. */
static inline unsigned world_root_table(struct root root)
{
	return ((unsigned)root.space * NR_ROOTS + root.nr) * TABLES_PER_ROOT;
}

/*
 * The number of the table that holds an entry when all tables are linked as at the start. layouts:
 * of each space.
 */
static inline unsigned world_table(const struct layout *layouts, struct entry_ref e)
{
	const struct layout *l = &layouts[e.root.space];
	unsigned window = e.level >= l->meet ? 0 : e.window;

	if (e.level == l->top)
		return world_root_table(e.root);
	if (e.level == LEVEL_PML4E)
		return world_root_table(e.root) + TABLES_PER_ROOT - 1;
	return world_root_table(e.root) + 1 + 3 * window + (LEVEL_PDPTE - e.level);
}

/* Which slot of a table at `level` a window passes through: 0 … NR_WINDOWS-1. */
static inline unsigned world_slot(const struct layout *l, unsigned window, unsigned level)
{
	if (level == l->meet)
		return window;
	return level == LEVEL_PTE && l->second_place >> window & 1;
}

#endif
