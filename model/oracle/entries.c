/* SPDX-License-Identifier: MIT */
/* The tables in memory, and what a rewrite does to what is cached. */
#include "model/oracle/oracle_state.h"

#include <stddef.h>

void *memcpy(void *to, const void *from, size_t n);

static struct mem_entry *entry_of(struct oracle *o, struct entry_ref ref)
{
	return memory_entry(o, world_table(o->layout, ref), ref.window, ref.level);
}

static const struct mem_entry not_present = {
	.kind = VALUE_NONE,
	.flags = VF_NA | VF_ND,
	.accessed = MAY_BE_0,
	.dirty = MAY_BE_0,
};

static uint8_t flags_from(const struct value *value)
{
	return value->flags & VF_XO ? value->flags | PERM_NR | PERM_RO : value->flags;
}

static struct mem_entry entry_from(const struct oracle *o, const struct value *value)
{
	if (value->kind == VALUE_NONE)
		return not_present;
	return (struct mem_entry){
		.kind = value->kind,
		.flags = flags_from(value),
		.nr = value->nr,
		.accessed = value->flags & VF_NA ? MAY_BE_0 : MAY_BE_1,
		.dirty = value->flags & VF_ND ? MAY_BE_0 : MAY_BE_1,
		.table = value->kind == VALUE_TABLE ? (uint8_t)world_table(o->layout, value->table)
						    : 0,
	};
}

/* What lies in the other place of a window's PT: see world.h. */
static void put_decoy(struct oracle *o, struct entry_ref ref)
{
	const struct value decoy = {.kind = VALUE_FRAME, .nr = FRAME_DECOY};

	o->mem[world_table(o->layout, ref)][!world_slot(&o->layout[ref.root.space], ref.window,
							LEVEL_PTE)] = entry_from(o, &decoy);
	o->targets |= RESULT_FRAME(FRAME_DECOY);
}

/* Links one window's tables below a root; its leaf is not present. */
static void link_window(struct oracle *o, struct root root, uint8_t window)
{
	struct entry_ref ref = {.root = root, .window = window, .level = LEVEL_PTE};
	struct value table = {.kind = VALUE_TABLE};

	*entry_of(o, ref) = not_present;
	if (o->layout[root.space].second_place)
		put_decoy(o, ref);
	while (ref.level < o->layout[root.space].top) {
		table.table = ref;
		ref.level++;
		*entry_of(o, ref) = entry_from(o, &table);
	}
}

/* With paging off each address leads to its like, and nothing can change that. */
static void link_unpaged(struct oracle *o, uint8_t nr)
{
	for (uint8_t window = 0; window < NR_WINDOWS; window++) {
		struct entry_ref ref = {{SPACE_G, nr}, window, LEVEL_PTE};
		struct value same = {.kind = VALUE_WINDOW, .nr = window};

		*entry_of(o, ref) = entry_from(o, &same);
	}
}

static void link_all(struct oracle *o)
{
	for (uint8_t space = 0; space < NR_SPACES; space++) {
		for (uint8_t nr = 0; nr < NR_ROOTS; nr++) {
			for (uint8_t window = 0; window < NR_WINDOWS; window++)
				link_window(o, (struct root){space, nr}, window);
		}
	}
	for (uint8_t nr = 0; o->header.l2 == MODE_UNPAGED && nr < NR_ROOTS; nr++)
		link_unpaged(o, nr);
}

void memory_start(struct oracle *o)
{
	/* what programs without a header begin with: most have none, and all begin so */
	static struct mem_entry usual[NR_TABLES][NR_WINDOWS];
	static uint32_t usual_targets;
	const struct header h = o->header;

	world_layouts(h, o->layout);
	if (h.l2 != MODE_LONG || h.bare || h.nested_pae) {
		link_all(o);
	} else if (usual_targets) {
		memcpy(o->mem, usual, sizeof(usual));
		o->targets |= usual_targets;
	} else {
		link_all(o);
		memcpy(usual, o->mem, sizeof(usual));
		usual_targets = o->targets;
	}
}

/* Does the entry hold another table than its own at the start? Then windows meet below it. */
static bool is_foreign(const struct oracle *o, const struct step *step)
{
	struct entry_ref own = step->entry;

	own.level--;
	return step->value.kind == VALUE_TABLE &&
	       world_table(o->layout, step->value.table) != world_table(o->layout, own);
}

/* Which windows' walks can read the entry. */
static uint8_t windows_of(const struct oracle *o, const struct entry_ref *entry)
{
	if (o->foreign || entry->level > o->layout[entry->root.space].meet)
		return ALL_WINDOWS;
	return (uint8_t)(1u << entry->window);
}

void memory_set(struct oracle *o, const struct step *step)
{
	const struct entry_ref *ref = &step->entry;
	bool nested = ref->root.space == SPACE_N;
	struct context_list *list = nested ? &o->nested : &o->linear;
	uint8_t root = root_number(ref->root);
	uint8_t windows;

	*entry_of(o, *ref) = entry_from(o, &step->value);
	if (step->value.kind == VALUE_FRAME)
		o->targets |= RESULT_FRAME(step->value.nr);
	o->foreign |= is_foreign(o, step);
	o->set_space = ref->root.space;
	o->events = 0;

	windows = windows_of(o, ref);
	for (unsigned i = 0; i < list->nr; i++) {
		struct context *c = &list->context[i];

		c->refill |= windows;
		/* What a context holds from roots it ran on before is old already. */
		if (c->last.root == root || o->foreign)
			context_age(c, windows, ref->level);
	}
	for (unsigned i = 0; nested && i < o->linear.nr; i++) {
		struct context *c = &o->linear.context[i];

		c->refill = ALL_WINDOWS;
		/* Combined translations copy nested entries, combined pointers do not. */
		if (c->key.nroot == root || (c->key.nroot != NO_ROOT && o->foreign))
			context_age(c, ALL_WINDOWS, 0);
	}
}
