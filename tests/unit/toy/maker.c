/* SPDX-License-Identifier: MIT */
#include "tests/unit/toy/maker_state.h"

#include <stdio.h>
#include <stdlib.h>

#define F(feature) (1u << (feature))

/* What needs several rare ones together is a theme of its own. */
static const uint32_t themes[] = {
	0,
	F(UPPER),
	F(UPPER) | F(GLOBAL) | F(L1_LOOKS),
	F(UPPER) | F(NESTED),
	F(PCIDS) | F(GLOBAL),
	F(PCIDS) | F(L1_LOOKS),
	F(PCIDS) | F(UPPER),
	F(TAGS) | F(NESTED) | F(VMS),
	F(TAGS) | F(GLOBAL),
	F(TAGS) | F(GLOBAL) | F(UPPER),
	F(TAGS) | F(UNTAGGED) | F(NESTED),
	F(TAGS) | F(UNTAGGED) | F(NESTED) | F(IN_PAE) | F(UPPER),
	F(IN_PAE) | F(UPPER),
	F(IN_PAE) | F(UPPER) | F(NESTED),
	F(IN_PAE) | F(UPPER) | F(RIGHTS),
	F(RIGHTS) | F(UPPER),
	F(RIGHTS) | F(PCIDS),
	F(RIGHTS) | F(L1_LOOKS),
	F(PARAVIRTUAL) | F(CPUS) | F(L1_LOOKS),
	F(PARAVIRTUAL) | F(CPUS) | F(NESTED),
};

/* Rewrites an entry on the way of the window, as the level that runs sees it. */
static void rewrite(struct maker *m, unsigned win)
{
	bool nested = m->mode == MODE_UNPAGED || (maker_has(m, NESTED) && maker_die(m, 2));
	void (*set)(struct maker *, char, char, unsigned, unsigned) =
		maker_now(m, UPPER, 2) ? maker_set_table : maker_set_leaf;

	if (!maker_in_l2(m))
		set(m, 'h', 'w', m->l1[m->cpu].root, win);
	else if (nested)
		set(m, 'n', 'p', maker_l2_of(m)->nroot, maker_nested_window(m));
	else
		set(m, 'g', 'w', maker_l2_of(m)->root, win);
}

/* Look, rewrite what was seen, do something that may flush it, look. */
static void motif(struct maker *m)
{
	unsigned win = maker_window(m);

	maker_look_at(m, win);
	rewrite(m, win);
	switch (maker_die(m, 5)) {
	case 0: break;
	case 1: maker_go(m); break;
	case 2:
		if (maker_in_l2(m))
			maker_leave(m);
		maker_give(m);
		if (!maker_in_l2(m))
			maker_enter(m);
		break;
	default: maker_own_flush(m); break;
	}
	if (maker_in_l2(m) || maker_has(m, L1_LOOKS))
		maker_look_at(m, win);
}

static void any_step(struct maker *m)
{
	unsigned what = maker_die(m, 20);

	if (maker_in_l2(m) || maker_has(m, L1_LOOKS)) {
		if (what < 3)
			motif(m);
		else if (what < 8)
			maker_look(m);
		else if (what < 12)
			maker_set(m);
		else if (what < 15)
			maker_own_flush(m);
		else if (what < 18 && !maker_in_l2(m))
			maker_give(m);
		else
			maker_go(m);
	} else if (what < 5)
		maker_set(m);
	else if (what < 12)
		maker_give(m);
	else if (what < 16)
		maker_enter(m);
	else
		maker_go(m);
}

static void header(struct maker *m)
{
	unsigned what = maker_has(m, IN_PAE) ? 12 : maker_die(m, 20);
	bool narrow;

	m->mode = what < 10   ? MODE_LONG
		  : what < 14 ? MODE_PAE
		  : what < 16 ? MODE_32
		  : what < 17 ? MODE_UNPAGED
		  : what < 18 ? MODE_LA57
			      : (enum mode)(MODE_PAE + maker_die(m, 2));
	m->bare = what >= 18;
	m->nested_pae =
		m->vendor == VENDOR_AMD && !m->bare && what >= 10 && what < 17 && !maker_die(m, 3);
	if (m->mode == MODE_UNPAGED || m->nested_pae)
		m->features |= F(NESTED);
	if (m->mode == MODE_UNPAGED)
		m->features &= ~F(TOGGLED);
	if (m->bare)
		m->features &= ~(F(NESTED) | F(PARAVIRTUAL));
	narrow = m->mode == MODE_32 || m->mode == MODE_UNPAGED || m->nested_pae;
	m->nested_windows = narrow ? 3 : NR_WINDOWS;
	m->windows = m->mode == MODE_PAE || m->mode == MODE_UNPAGED ? 3 : NR_WINDOWS;
	/* A nested window in one PT half, or large: one or the other, see check_halves(). */
	if (maker_has(m, NESTED) && maker_has(m, LARGE) && m->windows == NR_WINDOWS &&
	    m->mode != MODE_32)
		m->windows = 3;
	if (m->mode != MODE_LONG)
		maker_step(m, "%s %s", m->bare ? "bare" : "l2mode",
			   (const char *const[]){"long", "pae", "32", "unpaged", "la57"}[m->mode]);
	if (m->nested_pae)
		maker_step(m, "nmode pae");
}

/* Something to see from the start: a leaf for each of the pools' windows. */
static void prologue(struct maker *m)
{
	for (unsigned root = 0; root < m->roots && root < 2; root++)
		for (unsigned win = 0; win < 2; win++) {
			if (maker_has(m, L1_LOOKS) && !root)
				maker_set_leaf(m, 'h', 'w', root, win);
			if (m->mode != MODE_UNPAGED)
				maker_set_leaf(m, 'g', 'w', root, win);
			if (maker_has(m, NESTED))
				maker_set_leaf(m, 'n', 'p', root, win);
		}
}

static void draw(struct maker *m)
{
	m->features = themes[maker_die(m, sizeof(themes) / sizeof(*themes))];
	for (unsigned f = 0; f < NR_FEATURES; f++)
		m->features |= (uint32_t)(maker_die(m, 10) < 3) << f;
	if (!maker_die(m, 3))
		m->features |= F(L1_LOOKS);
	m->roots = 1 + maker_die(m, 3);
	for (unsigned cpu = 0; cpu < NR_CPUS; cpu++)
		m->l2[cpu][1].root = 1;
	m->tags = 1 + maker_die(m, 3);
	m->pool = 1 + maker_die(m, 2);
}

static void write_program(struct maker *m)
{
	unsigned length;

	draw(m);
	m->text[0] = 0;
	header(m);
	prologue(m);
	length = 20 + maker_die(m, 31);
	while (m->steps < length)
		any_step(m);
	for (m->cpu = 0; m->cpu < NR_CPUS; m->cpu++) {
		if (!maker_in_l2(m))
			continue;
		maker_step(m, "cpu %u", m->cpu);
		maker_step(m, "exit");
	}
}

struct program maker_program(enum vendor vendor, uint32_t seed, char *text)
{
	static struct step steps[MAKER_KEPT][MAKER_STEPS];
	static unsigned next;
	struct maker m = {.seed = seed * 2654435761u, .vendor = vendor, .text = text};
	struct program program = {.room = MAKER_STEPS, .step = steps[next++ % MAKER_KEPT]};
	struct program_error error;

	write_program(&m);
	if (!program_parse(text, OP_LOAD, &program, &error)) {
		fprintf(stderr, "a random program is not valid: seed %u: %u: %s\n%s\n", seed,
			error.column, error.text, text);
		abort();
	}
	return program;
}
