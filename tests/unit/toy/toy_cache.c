/* SPDX-License-Identifier: MIT */
/* What a toy processor has cached. */
#include "tests/unit/toy/toy_walk.h"

#include <string.h>

static bool is_nested(const struct toy_entry *e)
{
	return e->kind == TOY_NESTED_LEAF || e->kind == TOY_NESTED_POINTER;
}

/*
 * An entry of a paging-structure cache is known by the upper bits of an address, those down to its
 * level's index (SDM vol. 3, 5.10.3.1 "Caches for Paging Structures"). Above the level at which
 * windows meet these are the same for all.
 */
static bool is_for(const struct toy *t, const struct toy_entry *e, unsigned window)
{
	const struct layout *l = &t->layout[is_nested(e)    ? SPACE_N
					    : t->cpu->in_l2 ? SPACE_G
							    : SPACE_H];
	bool pointer = e->kind == TOY_POINTER || e->kind == TOY_NESTED_POINTER;

	return window == TOY_ANY || e->window == window || (pointer && e->level > l->meet);
}

struct toy_entry *cache_find(struct toy *t, enum toy_kind kind, unsigned window)
{
	unsigned start = toy_random(t, TOY_ENTRIES);

	if (toy_random(t, 8) >= t->habits.uses)
		return NULL;
	for (unsigned i = 0; i < TOY_ENTRIES; i++) {
		struct toy_entry *e = &t->cpu->cache[(start + i) % TOY_ENTRIES];

		if (e->kind == kind && is_for(t, e, window) && t->vendor->serves(t, e))
			return e;
	}
	return NULL;
}

struct toy_entry *cache_insert(struct toy *t, const struct toy_entry *e)
{
	struct toy_cpu *cpu = t->cpu;
	struct toy_entry *place;

	if (toy_random(t, 8) >= t->habits.keeps[e->kind])
		return NULL;
	for (unsigned i = 0; i < TOY_ENTRIES; i++)
		if (!memcmp(&cpu->cache[i], e, sizeof(*e)))
			return &cpu->cache[i];
	place = &cpu->cache[cpu->next++ % TOY_ENTRIES];
	*place = *e;
	return place;
}

static bool meets(unsigned value, unsigned wanted)
{
	return wanted == TOY_ANY || value == wanted;
}

void toy_drop(struct toy_cpu *cpu, const struct toy *t, struct toy_drop d)
{
	for (unsigned i = 0; i < TOY_ENTRIES; i++) {
		struct toy_entry *e = &cpu->cache[i];
		bool gone;

		if (is_nested(e) || !meets(e->tag, d.tag) || !meets(e->nroot, d.nroot))
			continue;
		if (e->kind == TOY_LEAF || e->kind == TOY_GUEST_LEAF)
			gone = meets(e->window, d.window) &&
			       (e->global ? d.globals : d.leaves && meets(e->pcid, d.pcid));
		else
			gone = meets(e->pcid, d.pcid) &&
			       (d.pointers == POINTERS_ALL ||
				(d.pointers == POINTERS_OF_WINDOW && is_for(t, e, d.window)) ||
				(d.pointers == POINTERS_NOT_FOR_GLOBAL && !e->for_global));
		if (gone)
			memset(e, 0, sizeof(*e));
	}
}

void toy_drop_nested(struct toy_cpu *cpu, const struct toy *t, unsigned tag, unsigned nroot,
		     unsigned window)
{
	for (unsigned i = 0; i < TOY_ENTRIES; i++) {
		struct toy_entry *e = &cpu->cache[i];

		if (is_nested(e) && meets(e->tag, tag) && meets(e->nroot, nroot) &&
		    is_for(t, e, window))
			memset(e, 0, sizeof(*e));
	}
}
