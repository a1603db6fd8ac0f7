/* SPDX-License-Identifier: MIT */
/* What fits the paging modes that a program's header fixes. */
#include "model/lang/parse.h"
#include "model/lang/verbs.h"

static bool fail(const struct mode_check *m, const struct step *step, const char *what)
{
	return parse_fail(m->error, step->column, what, NULL);
}

static bool is_leaf(const struct value *value)
{
	return value->kind == VALUE_FRAME || value->kind == VALUE_WINDOW;
}

static bool takes_window(enum op op)
{
	return verbs[op].shape == SHAPE_WINDOW || verbs[op].shape == SHAPE_WINDOW_TAG ||
	       verbs[op].shape == SHAPE_INVPCID;
}

/* Is there such an entry, and such a table or window? */
static bool check_entry(const struct mode_check *m, const struct step *step)
{
	const struct entry_ref *entry = &step->entry;
	const struct layout *layout = &m->layout[entry->root.space];

	if (entry->root.space == SPACE_G && m->header.l2 == MODE_UNPAGED)
		return fail(m, step, "an unpaged L2 has no tables of its own (g)");
	if (entry->level > layout->top)
		return fail(m, step, "the tables have no such level in this mode: see the header");
	if (step->op == OP_SET && entry->level > layout->meet &&
	    (step->value.kind != VALUE_TABLE || step->value.flags))
		return fail(m, step, "L2's own code lies below that entry, too: a table, no flags");
	if (entry->window >= layout->windows ||
	    (step->value.kind == VALUE_TABLE && step->value.table.window >= layout->windows) ||
	    (step->value.kind == VALUE_WINDOW && step->value.nr >= m->layout[SPACE_N].windows))
		return fail(m, step, "this mode has no window 3: 0 to 2 fit below 4 GiB");
	return true;
}

static enum mode nested_mode(const struct mode_check *m)
{
	return m->header.nested_pae ? MODE_PAE : MODE_LONG;
}

static enum mode mode_of(const struct mode_check *m, const struct entry_ref *entry)
{
	return entry->root.space == SPACE_G   ? m->header.l2
	       : entry->root.space == SPACE_N ? nested_mode(m)
					      : MODE_LONG;
}

static bool is_pae_pdpte(const struct mode_check *m, const struct entry_ref *entry)
{
	return mode_of(m, entry) == MODE_PAE && entry->level == LEVEL_PDPTE;
}

static bool check_bits(const struct mode_check *m, const struct step *step)
{
	return !is_pae_pdpte(m, &step->entry) ||
	       fail(m, step, "a pdpte of PAE mode has no accessed bit and no dirty bit");
}

/* What can the mode's entries say? */
static bool check_value(const struct mode_check *m, const struct step *step)
{
	const struct value *value = &step->value;
	enum mode mode = mode_of(m, &step->entry);

	if (is_pae_pdpte(m, &step->entry)) {
		if (is_leaf(value))
			return fail(m, step, "a pdpte of PAE mode holds a table, not a page");
		if (value->flags)
			return fail(m, step, "a pdpte of PAE mode has none of these bits");
	}
	if (mode != MODE_32)
		return true;
	if (value->flags & VF_NX)
		return fail(m, step, "entries of 4 bytes have no bit nx");
	if (step->way)
		return fail(m, step, "entries of 4 bytes are rewritten by one MOV only");
	if (value->kind == VALUE_WINDOW && step->entry.level == LEVEL_PDE && step->entry.window % 2)
		return fail(m, step, "4 MiB of guest-physical memory show in w0 and w2 only");
	return true;
}

/* Roots that L2 can run on: those of its own mode. */
static bool check_root(const struct mode_check *m, const struct step *step)
{
	if (m->header.l2 == MODE_LONG)
		return true;
	if (m->header.l2 == MODE_UNPAGED)
		return fail(m, step, "an unpaged L2 has no root");
	return step->root.space == SPACE_G ||
	       fail(m, step, "L2 does not run on L1's roots (h) in another mode than L1's");
}

/* Can L1 carry the step out alone? What `enter` does not switch cannot be changed. */
static bool is_bare(const struct step *step)
{
	switch (step->op) {
	case OP_L2CR3:
	case OP_ENTER:
	case OP_EXIT:
	case OP_CPU:
	case OP_HOST:
	case OP_REPEAT:
	case OP_END: return true;
	case OP_WP:
	case OP_NXE:
	case OP_PCIDE: return false;
	case OP_SET:
	case OP_BITS: return step->entry.root.space != SPACE_N;
	default: return step->op <= OP_NXE && !step->irq;
	}
}

/* What the 32-bit agent cannot do. */
static bool check_agent(const struct mode_check *m, const struct step *step)
{
	if (step->op == OP_PCIDE)
		return fail(m, step, "CR4.PCIDE is for 64-bit modes");
	if (step->way != WAY_PLAIN && step->way != WAY_IO && step->way != WAY_FEP &&
	    step->way != WAY_UNPAGED && step->way != WAY_SAVE)
		return fail(m, step, "an L2 in a 32-bit mode does nothing by that way");
	return true;
}

/*
 * A large page of guest-physical memory shows a window with the second place of its PT what no
 * nested window shows: so it is one or the other.
 */
static bool check_places(struct mode_check *m, const struct step *step, bool in_l2)
{
	const struct layout *layout = &m->layout[SPACE_G];

	m->large_window |= step->op == OP_SET && step->value.kind == VALUE_WINDOW &&
			   step->entry.level > LEVEL_PTE;
	m->second_place |= in_l2 && op_is_look(step->op) && takes_window(step->op) &&
			   layout->second_place >> step->window & 1;
	return m->header.l2 == MODE_32 || !m->large_window || !m->second_place ||
	       fail(m, step, "L2 looks through w3 only where a pN is mapped by a pte");
}

/* Guest-physical windows of 32 bits lie where page M does. */
static bool check_hole(struct mode_check *m, const struct step *step)
{
	m->hole |= step->op == OP_SET && step->entry.root.space == SPACE_G &&
		   step->value.kind == VALUE_FRAME && step->value.nr == FRAME_M;
	m->nested |= step->op == OP_NROOT && step->root.space == SPACE_N;
	return mode_is_64bit(m->header.l2) || !m->hole || !m->nested ||
	       fail(m, step, "in 32-bit modes L2 has page M without nested paging only");
}

bool check_in_mode(struct mode_check *m, const struct step *step, bool in_l2)
{
	if (m->header.bare && !is_bare(step))
		return fail(m, step, "L1 cannot do this alone, and 'bare' has no L2");
	if (in_l2 && !mode_is_64bit(m->header.l2) && !check_agent(m, step))
		return false;
	if (takes_window(step->op) && in_l2 && step->window >= m->layout[SPACE_G].windows)
		return fail(m, step, "this mode has no window 3: 0 to 2 fit below 4 GiB");
	if (!check_places(m, step, in_l2) || !check_hole(m, step))
		return false;
	if (step->op == OP_PAE_CYCLE && m->header.l2 != MODE_PAE)
		return fail(m, step, "CR4.PAE can be switched in PAE mode only: l2mode pae");
	if ((step->op == OP_PG_CYCLE || step->way == WAY_UNPAGED) &&
	    (!in_l2 || (m->header.l2 != MODE_PAE && m->header.l2 != MODE_32)))
		return fail(m, step, "CR0.PG can be switched in 32-bit modes only");
	if (step->way == WAY_UNPAGED && step->irq)
		return fail(m, step, "no interrupt while paging is off: no 'irq' by unpaged");
	switch (step->op) {
	case OP_CR3: return !in_l2 || check_root(m, step);
	case OP_L2CR3: return check_root(m, step);
	case OP_SET: return check_entry(m, step) && check_value(m, step);
	case OP_BITS: return check_entry(m, step) && check_bits(m, step);
	default: return true;
	}
}
