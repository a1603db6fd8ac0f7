/* SPDX-License-Identifier: MIT */
/* The walk that nothing cached serves: what the tables say now. */
#include "model/oracle/oracle_state.h"

/*
 * SDM vol. 3, 5.6.1 "Determination of Access Rights"; APM vol. 2, 5.6 "Page-Protection Checks". An
 * access by CPL 0 comes with RFLAGS.AC clear. Cached or not, permissions count as the registers
 * are now.
 */
bool denied(struct access access, uint8_t perms, const struct registers *regs)
{
	bool user_page = !(perms & PERM_S);

	if (access.user && !user_page)
		return true;
	if (access.op == OP_FETCH)
		return (perms & PERM_NX) || (!access.user && user_page && regs->smep);
	if (!access.user && user_page && regs->smap)
		return true;
	return access.op == OP_STORE && (perms & PERM_RO) && (access.user || regs->wp);
}

bool nested_denied(struct access access, uint8_t perms)
{
	return (access.op == OP_LOAD && (perms & PERM_NR)) ||
	       (access.op == OP_STORE && (perms & PERM_RO)) ||
	       (access.op == OP_FETCH && (perms & PERM_NX));
}

struct half {
	struct mem_entry *leaf; /* NULL: an entry was not present */
	uint8_t perms;
};

/* Walks one set of tables. nxe: NX is no reserved bit there. */
static struct half walk_half(struct oracle *o, struct walk *walk, uint8_t root, unsigned window,
			     bool nxe)
{
	unsigned table = root_table(root);
	struct half half = {0};

	for (unsigned level = top_level(o, root);; level--) {
		struct mem_entry *entry = memory_entry(o, table, window, level);

		if (entry->kind == VALUE_NONE || is_reserved(entry, nxe))
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

struct walk walk_now(struct oracle *o, const struct view *view, unsigned window,
		     struct access access)
{
	struct walk walk = {0};
	struct half half = walk_half(o, &walk, view->regs.root, window, view->regs.nxe);

	walk.nr_linear = walk.nr;
	walk.leaf[0] = half.leaf;
	walk.result = RESULT_PF;
	if (!half.leaf || denied(access, half.perms, &view->regs))
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
	half = walk_half(o, &walk, view->regs.nroot, half.leaf->nr, view->regs.nested_nxe);
	walk.leaf[1] = half.leaf;
	if (half.leaf && !nested_denied(access, half.perms))
		walk.result = RESULT_FRAME(half.leaf->nr);
	return walk;
}
