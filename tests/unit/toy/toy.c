/* SPDX-License-Identifier: MIT */
/* What a step does to registers and memory, and that processors walk for addresses nobody uses. */
#include "tests/unit/toy/toy_walk.h"

#include <string.h>

unsigned toy_random(struct toy *t, unsigned n)
{
	t->seed = t->seed * 1664525u + 1013904223u;
	return (t->seed >> 8) % n;
}

static struct value *entry_at(struct toy *t, const struct entry_ref *ref)
{
	return &t->mem[world_table(t->layout, *ref)]
		      [world_slot(&t->layout[ref->root.space], ref->window, ref->level)];
}

void toy_read_pdptes(const struct toy *t, const struct toy_regs *r, struct value *pdptes)
{
	if (t->header.l2 == MODE_PAE && r->root.space == SPACE_G)
		memcpy(pdptes, t->mem[world_root_table(r->root)], sizeof(r->pdpte));
}

/* ---- walks that nobody asked for ---- */

static void speculate_here(struct toy *t)
{
	const struct layout *l = &t->layout[t->cpu->in_l2 ? SPACE_G : SPACE_H];

	for (unsigned i = 0; i < 3; i++)
		if (toy_random(t, 8) < t->habits.speculates)
			walk_access(t, toy_random(t, l->windows),
				    (struct access){.op = OP_LOAD, .speculative = true});
}

/* All vCPUs run, whatever this one does. */
static void speculate(struct toy *t)
{
	struct toy_cpu *current = t->cpu;

	for (unsigned nr = 0; nr < t->nr_cpus; nr++) {
		t->cpu = &t->cpus[nr];
		speculate_here(t);
	}
	t->cpu = current;
}

/* ---- who runs ---- */

static void enter(struct toy *t)
{
	speculate_here(t);
	t->cpu->in_l2 = true;
	t->vendor->enter(t);
	speculate_here(t);
}

static void leave(struct toy *t)
{
	speculate_here(t);
	t->vendor->leave(t);
	t->cpu->in_l2 = false;
	speculate_here(t);
}

/* ---- looks ---- */

static uint32_t look_at_bits(struct toy *t, const struct step *step)
{
	const struct value *v = entry_at(t, &step->entry);

	if (v->kind == VALUE_NONE)
		return RESULT_BITS_OF(0, 0);
	return RESULT_BITS_OF(!(v->flags & VF_NA), !(v->flags & VF_ND));
}

static uint32_t look(struct toy *t, const struct step *step)
{
	struct access a = {.op = step->op, .user = step->way == WAY_USER};
	struct result r;

	if (step->op == OP_BITS)
		return look_at_bits(t, step);
	if (step->op == OP_RDMSR) {
		if (!toy_vm(t)->msr_exits)
			return RESULT_DIRECT;
		leave(t);
		enter(t);
		return RESULT_EXIT;
	}
	r = walk_access(t, step->window, a);
	if (r.seen & (RESULT_PF | RESULT_NPF))
		t->vendor->fault(t, r.seen, step->window, r.via);
	if (r.seen == RESULT_NPF) {
		leave(t);
		enter(t);
	}
	return r.seen;
}

/* ---- the others ---- */

static bool *switch_of(struct toy *t, enum op op)
{
	struct toy_regs *r = toy_regs(t);

	switch (op) {
	case OP_PGE: return &r->pge;
	case OP_PCIDE: return &r->pcide;
	case OP_WP: return &r->wp;
	case OP_SMEP: return &r->smep;
	case OP_SMAP: return &r->smap;
	case OP_NXE: return &r->nxe;
	default: return NULL;
	}
}

/* What the step writes to registers. Returns whether a bit has another value than before. */
static bool write_registers(struct toy *t, const struct step *step)
{
	struct toy_vm *vm = toy_vm(t);
	bool *bit = switch_of(t, step->op), before = bit && *bit;

	if (bit)
		*bit = step->arg;
	switch (step->op) {
	case OP_CR3:
		toy_regs(t)->root = step->root;
		toy_regs(t)->pcid = step->pcid;
		break;
	case OP_L2CR3:
		vm->regs.root = step->root;
		vm->regs.pcid = step->pcid;
		break;
	case OP_NROOT:
	case OP_VMFUNC:
		vm->regs.nroot = step->root;
		vm->regs.ad = step->arg || t->vendor->always_ad;
		break;
	case OP_TAG: vm->tag = step->tag; break;
	case OP_TLBCTL: vm->tlb_control = step->type; break;
	case OP_MSR_EXIT: vm->msr_exits = step->arg; break;
	case OP_CPU: t->cpu = &t->cpus[step->arg]; break;
	case OP_INIT:
		t->cpus[step->arg].l1 = (struct toy_regs){
			.root = {SPACE_H, 0}, .nroot = ROOT_NONE, .wp = true, .nxe = true};
		break;
	case OP_VM: t->cpu->current_vm = (uint8_t)step->arg; break;
	}
	return bit && *bit != before;
}

static void carry_out(struct toy *t, const struct step *step)
{
	static const struct step pg_cycle = {.op = OP_PG_CYCLE};
	bool changed;

	switch (step->op) {
	case OP_SET: *entry_at(t, &step->entry) = step->value; return;
	case OP_ENTER: enter(t); return;
	case OP_EXIT: leave(t); return;
	case OP_ENTER_PENDING:
	case OP_ENTER_HALTED:
		enter(t);
		leave(t);
		return;
	}
	if (step->way == WAY_UNPAGED)
		t->vendor->invalidate(t, &pg_cycle, false);
	changed = write_registers(t, step);
	t->vendor->invalidate(t, step, changed);
	if (step->way == WAY_UNPAGED)
		t->vendor->invalidate(t, &pg_cycle, false);
	if (step->irq)
		leave(t);
}

uint32_t toy_step(struct toy *t, const struct step *step)
{
	uint32_t seen = 0;

	if (op_is_look(step->op))
		seen = look(t, step);
	else
		carry_out(t, step);
	speculate(t);
	return seen;
}

/* ---- the start ---- */

/* The tables of one window, linked; frame G in its PT's other place. */
static void link_window(struct toy *t, struct root root, uint8_t window)
{
	const struct layout *l = &t->layout[root.space];
	struct entry_ref e = {root, window, l->top};
	unsigned own = world_slot(l, window, LEVEL_PTE);

	for (; e.level > LEVEL_PTE; e.level--) {
		struct value table = {.kind = VALUE_TABLE, .table = e};

		table.table.level--;
		*entry_at(t, &e) = table;
	}
	if (l->second_place)
		t->mem[world_table(t->layout, e)][!own] =
			(struct value){.kind = VALUE_FRAME, .nr = FRAME_DECOY};
}

static void link_tables(struct toy *t)
{
	for (uint8_t space = 0; space < NR_SPACES; space++)
		for (uint8_t nr = 0; nr < NR_ROOTS; nr++)
			for (uint8_t w = 0; w < t->layout[space].windows; w++)
				if (space != SPACE_G || t->header.l2 != MODE_UNPAGED)
					link_window(t, (struct root){space, nr}, w);
}

static void start_cpu(struct toy *t, struct toy_cpu *cpu)
{
	static const struct toy_regs regs = {.nroot = {0xff, 0xff}, .pge = 1, .wp = 1, .nxe = 1};

	cpu->l1 = regs;
	cpu->l1.root = (struct root){SPACE_H, 0};
	for (uint8_t nr = 0; nr < NR_VMS; nr++) {
		struct toy_vm *vm = &cpu->vm[nr];

		vm->tag = nr + 1;
		vm->regs = regs;
		vm->regs.root = (struct root){SPACE_G, nr};
		toy_read_pdptes(t, &vm->regs, vm->pdpte_fields);
	}
}

void toy_start(struct toy *t, enum vendor vendor, const struct program *program, uint32_t seed)
{
	static const uint8_t often[] = {8, 8, 8, 7, 4, 0}, rare[] = {0, 1, 4, 8};

	memset(t, 0, sizeof(*t));
	t->vendor = vendor == VENDOR_AMD ? &toy_amd : &toy_intel;
	t->seed = seed;
	t->header = program_header(program);
	t->nr_cpus = program_cpus(program);
	t->cpu = &t->cpus[0];
	world_layouts(t->header, t->layout);
	for (unsigned kind = 0; kind < NR_TOY_KINDS; kind++)
		t->habits.keeps[kind] = often[toy_random(t, 6)];
	t->habits.uses = often[toy_random(t, 5)];
	t->habits.faults = rare[toy_random(t, 4)];
	t->habits.speculates = rare[toy_random(t, 4)];
	t->habits.locks_pdptes = toy_random(t, 2);
	link_tables(t);
	for (unsigned nr = 0; nr < NR_CPUS; nr++)
		start_cpu(t, &t->cpus[nr]);
}
