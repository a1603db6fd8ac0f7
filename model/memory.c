/* SPDX-License-Identifier: MIT */
/* The tables in memory, and what a rewrite does to what is cached. */
#include "oracle_state.h"

static struct mem_entry *entry_of(struct oracle *o, struct entry_ref ref)
{
	return memory_entry(o, world_table(ref), ref.root.space, ref.window, ref.level);
}

void memory_start(struct oracle *o)
{
	for (uint8_t space = 0; space < NR_SPACES; space++) {
		for (uint8_t nr = 0; nr < NR_ROOTS; nr++) {
			for (uint8_t i = 0; i < NR_WINDOWS * (LEVEL_PML4E - LEVEL_PTE); i++) {
				struct entry_ref ref = {
					.root = {space, nr},
					.window = i % NR_WINDOWS,
					.level = (uint8_t)(LEVEL_PDE + i / NR_WINDOWS)};
				struct mem_entry *entry = entry_of(o, ref);

				ref.level--;
				*entry = (struct mem_entry){.kind = VALUE_TABLE,
							    .table = (uint16_t)world_table(ref),
							    .accessed = MAY_BE_1,
							    .dirty = MAY_BE_1};
			}
		}
	}
}

static struct mem_entry entry_from(const struct value *value)
{
	if (value->kind == VALUE_NONE)
		return (struct mem_entry){.accessed = MAY_BE_0, .dirty = MAY_BE_0};
	return (struct mem_entry){
		.kind = value->kind,
		.flags = value->flags,
		.nr = value->nr,
		.accessed = value->flags & VF_NA ? MAY_BE_0 : MAY_BE_1,
		.dirty = value->flags & VF_ND ? MAY_BE_0 : MAY_BE_1,
		.table = value->kind == VALUE_TABLE ? (uint16_t)world_table(value->table) : 0,
	};
}

/* Does the entry hold another table than its own at the start? Then windows meet below it. */
static bool is_foreign(const struct step *step)
{
	struct entry_ref own = step->entry;

	own.level--;
	return step->value.kind == VALUE_TABLE &&
	       world_table(step->value.table) != world_table(own);
}

/* Which windows' walks can read the entry. */
static uint8_t windows_of(const struct oracle *o, const struct entry_ref *entry)
{
	if (o->foreign || (entry->root.space == SPACE_N && entry->level == LEVEL_PML4E))
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

	*entry_of(o, *ref) = entry_from(&step->value);
	if (step->value.kind == VALUE_FRAME)
		o->targets |= RESULT_FRAME(step->value.nr);
	o->foreign |= is_foreign(step);
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
