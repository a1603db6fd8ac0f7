/* SPDX-License-Identifier: MIT */
/* Rewrites and looks. */
#include "tests/unit/toy/maker_state.h"

/* ---- rewrites ---- */

unsigned maker_window(struct maker *m)
{
	return maker_die(m, 12) ? maker_die(m, m->pool) : maker_die(m, m->windows);
}

unsigned maker_nested_window(struct maker *m)
{
	return maker_die(m, 12) ? maker_die(m, m->pool) : maker_die(m, m->nested_windows);
}

static void put_flags(struct maker *m, char space, bool leaf)
{
	if (maker_now(m, DENIED, 3))
		maker_put(m, "/ro");
	if (maker_now(m, DENIED, 3) && !(space == 'g' && m->mode == MODE_32))
		maker_put(m, "/nx");
	if (leaf && space != 'n' && maker_now(m, GLOBAL, 2))
		maker_put(m, "/g");
	if (space != 'n' && maker_now(m, USERS, 3))
		maker_put(m, "/s");
	if (maker_now(m, BITS, 3))
		maker_put(m, "/na");
	if (leaf && maker_now(m, BITS, 3))
		maker_put(m, "/nd");
}

/* The levels of upper entries that hold tables: pde up to the root's. */
static unsigned top_of(const struct maker *m, char space)
{
	if (space == 'h')
		return LEVEL_PML4E;
	if (space == 'n')
		return m->nested_pae ? LEVEL_PDPTE : LEVEL_PML4E;
	switch (m->mode) {
	case MODE_PAE: return LEVEL_PDPTE;
	case MODE_32: return LEVEL_PDE;
	case MODE_LA57: return LEVEL_PML5E;
	default: return LEVEL_PML4E;
	}
}

/* All windows pass through the entry, and L2's own code: it holds a table and no flags. */
static bool is_shared(char space, unsigned level)
{
	return level == LEVEL_PML5E || (space == 'n' && level == LEVEL_PML4E);
}

static bool is_pae_pdpte(const struct maker *m, char space, unsigned level)
{
	return level == LEVEL_PDPTE && top_of(m, space) == LEVEL_PDPTE;
}

void maker_set_table(struct maker *m, char space, char kind, unsigned root, unsigned win)
{
	static const char *const entries[] = {"", "pte", "pde", "pdpte", "pml4e", "pml5e"};
	static const char *const tables[] = {"", "pt", "pd", "pdpt", "pml4"};
	unsigned top = top_of(m, space);
	unsigned level = top == LEVEL_PDE || maker_die(m, 2)	   ? LEVEL_PDE
			 : maker_has(m, IN_PAE) && maker_die(m, 4) ? LEVEL_PDPTE
								   : 2 + maker_die(m, top - 1);
	unsigned other = maker_die(m, 6) ? win
			 : space == 'n'	 ? maker_nested_window(m)
					 : maker_window(m);

	if (!is_shared(space, level) && maker_now(m, ABSENT, 6)) {
		maker_step(m, "set %c%u.%c%u.%s none", space, root, kind, win, entries[level]);
		return;
	}
	maker_step(m, "set %c%u.%c%u.%s %c%u.%c%u.%s", space, root, kind, win, entries[level],
		   space, maker_die(m, m->roots), kind, other, tables[level - 1]);
	if (!is_pae_pdpte(m, space, level) && !is_shared(space, level))
		put_flags(m, space, false);
}

void maker_set_leaf(struct maker *m, char space, char kind, unsigned root, unsigned win)
{
	bool window_value =
		space == 'g' && maker_has(m, NESTED) && !maker_has(m, TOGGLED) && maker_die(m, 5);
	const char *level = "pte";

	if (maker_now(m, LARGE, 3))
		level = "pde";
	if (maker_now(m, LARGE, 9) && top_of(m, space) > LEVEL_PDPTE)
		level = "pdpte";
	/* What a large page of guest-physical memory shows is defined for some windows only. */
	if (window_value && (win == 3 || (m->mode == MODE_32 && win % 2)))
		level = "pte";
	maker_step(m, "set %c%u.%c%u.%s ", space, root, kind, win, level);
	if (maker_now(m, ABSENT, 5))
		maker_put(m, "none");
	else {
		if (window_value)
			maker_put(m, "p%u", maker_nested_window(m));
		else
			maker_put(m, "%c", level[2] == 'p' ? 'A' : 'A' + maker_die(m, 4));
		put_flags(m, space, true);
	}
}

void maker_set(struct maker *m)
{
	char space = m->mode == MODE_UNPAGED ? "hn"[maker_die(m, 2)] : "hgn"[maker_die(m, 3)];
	unsigned root;

	if (space == 'h' && !maker_has(m, L1_LOOKS))
		space = m->mode == MODE_UNPAGED ? 'n' : 'g';
	if (space == 'n' && !maker_has(m, NESTED))
		space = m->mode == MODE_UNPAGED ? 'h' : 'g';
	root = maker_root_of(m, space);
	if (space == 'n')
		(maker_now(m, UPPER, 3) ? maker_set_table : maker_set_leaf)(m, 'n', 'p', root,
									    maker_nested_window(m));
	else
		(maker_now(m, UPPER, 3) ? maker_set_table : maker_set_leaf)(m, space, 'w', root,
									    maker_window(m));
}

/* ---- looks ---- */

void maker_look_at(struct maker *m, unsigned win)
{
	bool wide = !maker_in_l2(m) || m->mode == MODE_LONG || m->mode == MODE_LA57;
	const char *verb = PICK(m, "load", "load", "store", "fetch");

	maker_step(m, "%s w%u", verb, win);
	if (wide && maker_now(m, USERS, 2))
		maker_put(m, " by user");
	else if (!maker_die(m, 30) && verb[0] != 'f')
		maker_put(m, " by %s", PICK(m, "io", "fep"));
}

void maker_look(struct maker *m)
{
	if (maker_now(m, MSRS, 6) && maker_in_l2(m) && !m->bare) {
		maker_step(m, "rdmsr");
		return;
	}
	if (maker_now(m, BITS, 3)) {
		char space = maker_has(m, NESTED) && maker_die(m, 2) ? 'n'
			     : m->mode == MODE_UNPAGED		     ? 'h'
								     : "gh"[maker_die(m, 2)];

		maker_step(m, "bits %c%u.%c%u.%s", space, maker_root_of(m, space),
			   space == 'n' ? 'p' : 'w',
			   space == 'n' ? maker_nested_window(m) : maker_window(m),
			   PICK(m, "pte", "pte", "pde"));
		return;
	}
	maker_look_at(m, maker_window(m));
}
