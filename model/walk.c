/* SPDX-License-Identifier: MIT */
/* The walk that nothing cached serves: what the tables say now. */
#include "oracle_state.h"

struct half {
	struct mem_entry *leaf; /* NULL: an entry was not present */
	uint8_t perms;
};

/* Walks one set of tables. */
static struct half walk_half(struct oracle *o, struct walk *walk, uint8_t root, unsigned window)
{
	enum space space = root / NR_ROOTS;
	unsigned table = root_table(root);
	struct half half = {0};

	for (unsigned level = LEVEL_PML4E;; level--) {
		struct mem_entry *entry = memory_entry(o, table, space, window, level);

		if (entry->kind == VALUE_NONE)
			return half;
		walk->entry[walk->nr++] = entry;
		half.perms |= entry->flags & PERMS;
		if (entry->kind != VALUE_TABLE) {
			half.leaf = entry;
			return half;
		}
		table = entry->table;
	}
}

struct walk walk_now(struct oracle *o, const struct view *view, unsigned window, enum op look)
{
	struct walk walk = {0};
	struct half half = walk_half(o, &walk, view->regs.root, window);

	walk.nr_linear = walk.nr;
	walk.leaf[0] = half.leaf;
	walk.result = RESULT_PF;
	if (!half.leaf || denied(look, half.perms))
		return walk;
	if (half.leaf->kind == VALUE_FRAME) {
		/* Frames have the same address at every level: the nested tables map them as they
		 * are. */
		walk.result = RESULT_FRAME(half.leaf->nr);
		return walk;
	}
	walk.result = RESULT_NPF;
	if (view->regs.nroot == NO_ROOT)
		return walk; /* no meaning: look_at() refuses it */
	half = walk_half(o, &walk, view->regs.nroot, half.leaf->nr);
	walk.leaf[1] = half.leaf;
	if (half.leaf && !denied(look, half.perms))
		walk.result = RESULT_FRAME(half.leaf->nr);
	return walk;
}
