/* SPDX-License-Identifier: MIT */
/* Sets of what hardware may hold. */
#include "model/oracle/oracle_state.h"

struct context *context_get(struct oracle *o, struct context_list *list, struct context_key key)
{
	struct context *c;

	for (unsigned i = 0; i < list->nr; i++) {
		if (context_is(&list->context[i], key))
			return &list->context[i];
	}
	if (list->nr == MAX_CONTEXTS) {
		o->full = true;
		o->why = "too complex: more tags and nested roots than the oracle can follow";
		return NULL;
	}
	c = &list->context[list->nr++];
	c->key = key;
	c->last = (struct registers){.root = NO_ROOT, .nroot = NO_ROOT};
	c->refill = ALL_WINDOWS;
	c->had_global = false;
	for (unsigned w = 0; w < NR_WINDOWS; w++)
		c->set[w].nr = 0;
	return c;
}

unsigned item_add(struct oracle *o, struct item_set *set, struct item item)
{
	for (unsigned i = 0; i < set->nr; i++) {
		struct item *have = &set->item[i];

		if (have->target == item.target && have->kind == item.kind &&
		    have->level == item.level && have->perms == item.perms &&
		    have->guest == item.guest &&
		    !((have->flags ^ item.flags) & (ITEM_GLOBAL | ITEM_REGISTER))) {
			have->flags |= item.flags;
			return i;
		}
	}
	if (set->nr == MAX_ITEMS) {
		o->full = true;
		o->why = "too complex: more cached entries of a window than the oracle can follow";
		return 0;
	}
	set->item[set->nr] = item;
	return set->nr++;
}

void context_age(struct context *c, uint8_t windows, unsigned level)
{
	for (unsigned w = 0; w < NR_WINDOWS; w++) {
		struct item_set *set = &c->set[w];

		if (!(windows & (1 << w)))
			continue;
		for (unsigned i = 0; i < set->nr; i++) {
			/* A pointer from further up leads to the entry: it will be read. */
			if (set->item[i].kind != ITEM_POINTER || set->item[i].level <= level)
				set->item[i].flags |= ITEM_OLD;
		}
	}
}
