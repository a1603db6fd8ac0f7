/* SPDX-License-Identifier: MIT */
#include "exec/step_action.h"

#include "exec/real_world.h"
#include "lib/cr.h"
#include "lib/msr.h"

unsigned step_function_number(unsigned root, bool accessed_dirty)
{
	return accessed_dirty * NR_ROOTS + root;
}

static bool switch_bits(struct action *a, enum action_kind kind, uint64_t bits, bool on)
{
	a->kind = (uint8_t)kind;
	a->address = bits;
	a->operand = on;
	return true;
}

bool step_action(const struct step *step, bool in_l2, struct action *a)
{
	static uint64_t stores; /* token and slot of each are its own */
	uint64_t linear = world_linear(in_l2 ? SPACE_G : SPACE_H, step->window);

	a->interrupted = step->irq;
	a->way = step->way;
	a->pcid = step->pcid;
	switch (step->op) {
	case OP_LOAD:
		a->kind = step->way == WAY_SAVE ? ACTION_VMM : ACTION_LOAD;
		a->address = linear + FRAME_LOAD;
		return true;
	case OP_STORE:
		a->kind = ACTION_STORE;
		a->operand = ++stores;
		a->address =
			linear + FRAME_STORES + a->operand % FRAME_STORE_SLOTS * sizeof(uint64_t);
		return true;
	case OP_FETCH:
		a->kind = ACTION_FETCH;
		a->address = linear + FRAME_CODE;
		return true;
	case OP_BITS:
		a->kind = ACTION_LOAD;
		a->address = world_entry(step->entry);
		return true;
	case OP_SET:
		a->kind = world_entry_size(step->entry) == 4 ? ACTION_WRITE4 : ACTION_WRITE;
		a->address = world_entry(step->entry);
		a->operand = world_encode(step->entry, &step->value);
		return true;
	case OP_CR3:
		a->kind = ACTION_CR3;
		a->operand = world_root(step->root) | step->pcid | (step->arg ? CR3_NOFLUSH : 0);
		return true;
	case OP_INVLPG:
		a->kind = ACTION_INVLPG;
		a->address = linear;
		return true;
	case OP_INVPCID:
		a->kind = ACTION_INVPCID;
		a->operand = step->type;
		a->address = linear;
		return true;
	case OP_STOLEN: a->kind = ACTION_STOLEN; return true; /* address: the caller's */
	case OP_RDMSR: a->kind = ACTION_RDMSR; return true;
	case OP_VMFUNC:
		a->kind = ACTION_VMFUNC;
		a->operand = step_function_number(step->root.nr, step->arg);
		return true;
	case OP_RSM: a->kind = ACTION_RSM; return true;
	case OP_SMI:
	case OP_HOST:
	case OP_LOGGED: a->kind = ACTION_VMM; return true; /* the same */
	case OP_PCPU: a->kind = ACTION_PCPU; return true;  /* operand: the caller's */
	case OP_PG_CYCLE: a->kind = ACTION_PG; return true;
	case OP_PAE_CYCLE: a->kind = ACTION_PAE; return true;
	case OP_PGE: return switch_bits(a, ACTION_CR4, CR4_PGE, step->arg);
	case OP_PCIDE: return switch_bits(a, ACTION_CR4, CR4_PCIDE, step->arg);
	case OP_SMEP: return switch_bits(a, ACTION_CR4, CR4_SMEP, step->arg);
	case OP_SMAP: return switch_bits(a, ACTION_CR4, CR4_SMAP, step->arg);
	case OP_WP: return switch_bits(a, ACTION_CR0, CR0_WP, step->arg);
	case OP_NXE: return switch_bits(a, ACTION_EFER, EFER_NXE, step->arg);
	}
	return false;
}
