/* SPDX-License-Identifier: MIT */
/*
 * Intel: SDM vol. 3, chapter 5 "Paging" and chapter 31 "VMX Support for Address Translation".
 *
 * Caches are tagged with VPID, PCID and EP4TA. A context's kind of mapping is told apart by .nroot:
 * linear ones have none, combined ones have the EP4TA, and guest-physical ones have nothing else.
 */
#include "tests/unit/toy/toy.h"

#include <string.h>

/* 31.4.2 "Creating and Using Cached Translation Information" */
static bool serves(const struct toy *t, const struct toy_entry *e)
{
	const struct toy_regs *r = toy_regs(t);

	if (e->nroot != toy_nroot(r))
		return false;
	if (e->kind == TOY_NESTED_LEAF || e->kind == TOY_NESTED_POINTER)
		return true;
	return e->tag == toy_tag(t) && (e->pcid == toy_pcid(r) || e->global);
}

/* 5.4.1 "PDPTE Registers" */
static bool has_pdptes(const struct toy *t)
{
	return t->cpu->in_l2 && t->header.l2 == MODE_PAE;
}

static void load_pdptes(struct toy *t)
{
	if (has_pdptes(t))
		toy_read_pdptes(t, toy_regs(t), toy_regs(t)->pdpte);
}

/* 31.4.3.1: "for the current VPID (but, for combined mappings, all EP4TAs)" */
static struct toy_drop of_tag(unsigned tag)
{
	return (struct toy_drop){
		.tag = (uint8_t)tag, .nroot = TOY_ANY, .pcid = TOY_ANY, .window = TOY_ANY};
}

static void drop_tag(struct toy *t, unsigned tag)
{
	struct toy_drop d = of_tag(tag);

	d.leaves = d.globals = true;
	d.pointers = POINTERS_ALL;
	toy_drop(t->cpu, t, d);
}

/* All that is "for" a PCID; a global entry is no PCID's (5.10.2.4 "Global Pages"). */
static void drop_pcid(struct toy *t, unsigned pcid)
{
	struct toy_drop d = of_tag(toy_tag(t));

	d.pcid = (uint8_t)pcid;
	d.leaves = true;
	d.pointers = POINTERS_ALL;
	toy_drop(t->cpu, t, d);
}

/* ---- 5.10.4.1 "Operations that Invalidate TLBs and Paging-Structure Caches" ---- */

/* "… and all entries in all paging-structure caches associated with the current PCID" */
static void invlpg(struct toy *t, const struct step *step)
{
	struct toy_drop d = of_tag(toy_tag(t));

	d.pcid = toy_pcid(toy_regs(t));
	d.window = step->window;
	d.leaves = d.globals = true;
	d.pointers = POINTERS_ALL;
	toy_drop(t->cpu, t, d);
}

static void invpcid(struct toy *t, const struct step *step)
{
	struct toy_drop d = of_tag(toy_tag(t));

	d.leaves = true;
	d.pointers = POINTERS_ALL;
	switch (step->type) {
	case 0: /* "that would be used to translate the linear address", but global translations */
		d.pcid = step->pcid;
		d.window = step->window;
		d.pointers = POINTERS_OF_WINDOW;
		break;
	case 1: d.pcid = step->pcid; break;
	case 2: d.globals = true; break;
	case 3: break;
	}
	toy_drop(t->cpu, t, d);
}

/* MOV to CR4, MOV to CR0. `changed`: the bit. */
static void control_bit(struct toy *t, const struct step *step, bool changed)
{
	switch (step->op) {
	case OP_PGE:
		if (changed)
			drop_tag(t, toy_tag(t));
		break;
	case OP_PCIDE:
		if (changed && !step->arg)
			drop_tag(t, toy_tag(t));
		break;
	case OP_SMEP:
		if (changed && step->arg)
			drop_pcid(t, toy_pcid(toy_regs(t)));
		break;
	case OP_PG_CYCLE: drop_tag(t, toy_tag(t)); break; /* 1 → 0 */
	case OP_PAE_CYCLE: drop_pcid(t, toy_pcid(toy_regs(t))); break;
	}
	/* 5.4.1: "modifying any of CR0.CD, CR0.NW, CR0.PG, CR4.PAE, CR4.PGE, CR4.PSE, CR4.SMEP" */
	if (step->op == OP_PG_CYCLE || step->op == OP_PAE_CYCLE ||
	    (changed && (step->op == OP_PGE || step->op == OP_SMEP)))
		load_pdptes(t);
}

/* ---- 31.4.3.1 "Operations that Invalidate Cached Mappings" ---- */

static void invvpid(struct toy *t, const struct step *step)
{
	struct toy_drop d = of_tag(step->tag);

	d.leaves = d.globals = true;
	d.pointers = POINTERS_ALL;
	switch (step->type) {
	case 0:
		d.window = step->window;
		d.pointers = POINTERS_OF_WINDOW;
		break;
	case 1: break;
	case 2: /* "all VPIDs except VPID 0000H" */
		for (unsigned tag = 1; tag < NR_TAGS; tag++)
			drop_tag(t, tag);
		return;
	case 3: /* "not required to invalidate information that was used for global translations" */
		d.globals = false;
		d.pointers = POINTERS_NOT_FOR_GLOBAL;
		break;
	}
	toy_drop(t->cpu, t, d);
}

/* Combined mappings of one EP4TA, or of all. */
static void drop_combined(struct toy *t, unsigned tag, unsigned first, unsigned last)
{
	for (unsigned nroot = first; nroot <= last; nroot++) {
		struct toy_drop d = of_tag(tag);

		d.nroot = (uint8_t)nroot;
		d.leaves = d.globals = true;
		d.pointers = POINTERS_ALL;
		toy_drop(t->cpu, t, d);
	}
}

static void invept(struct toy *t, const struct step *step)
{
	if (step->type == 1) {
		toy_drop_nested(t->cpu, t, TOY_ANY, step->root.nr, TOY_ANY);
		drop_combined(t, TOY_ANY, step->root.nr, step->root.nr);
	} else {
		toy_drop_nested(t->cpu, t, TOY_ANY, TOY_ANY, TOY_ANY);
		drop_combined(t, TOY_ANY, 0, NR_ROOTS - 1);
	}
}

/*
 * KVM's own: the linear mappings of that vCPU's L1. An L2 that runs with VPID off has none of them
 * left, and loses its own when it exits.
 */
static void pv_flush(struct toy *t, const struct step *step)
{
	struct toy_cpu *cpu = &t->cpus[step->arg];
	struct toy_drop d = of_tag(0);

	d.nroot = TOY_NONE;
	d.leaves = d.globals = true;
	d.pointers = POINTERS_ALL;
	if (!cpu->in_l2 || cpu->vm[cpu->current_vm].tag)
		toy_drop(cpu, t, d);
}

static void invalidate(struct toy *t, const struct step *step, bool changed)
{
	struct toy_vm *vm = toy_vm(t);

	switch (step->op) {
	case OP_CR3: /* without PCIDs it is PCID 0 */
		if (!step->arg)
			drop_pcid(t, step->pcid);
		load_pdptes(t);
		break;
	case OP_INVLPG: invlpg(t, step); break;
	case OP_INVPCID: invpcid(t, step); break;
	case OP_INVVPID: invvpid(t, step); break;
	case OP_INVEPT: invept(t, step); break;
	case OP_PV_FLUSH: pv_flush(t, step); break;
	case OP_INIT:
		memset(t->cpus[step->arg].cache, 0, sizeof(t->cpu->cache));
		break;	/* as a hardware reset */
	case OP_VMFUNC: /* 28.5.6.3 "EPTP Switching": with VPID off, all combined ones of VPID 0 */
		if (!vm->tag)
			drop_combined(t, 0, 0, NR_ROOTS - 1);
		break;
	/* "What L1 gives the current VM at the next enter" (program.h), the PDPTEs with it. */
	case OP_L2CR3:
	case OP_NROOT: vm->gives_pdptes = true; break;
	default: control_bit(t, step, changed); break;
	}
}

/* 31.4.3.1: with VPID off, entries and exits drop VPID 0's linear and combined mappings. */
static void transition(struct toy *t)
{
	if (!toy_vm(t)->tag || t->header.bare)
		drop_tag(t, 0);
}

/* `bare`: L1 turns paging off and on, 5.10.4.1 again. */
static void enter(struct toy *t)
{
	struct toy_vm *vm = toy_vm(t);

	transition(t);
	if (vm->gives_pdptes)
		toy_read_pdptes(t, &vm->regs, vm->pdpte_fields);
	vm->gives_pdptes = false;
	/* 28.3.2.4 "Loading Page-Directory-Pointer-Table Entries": with EPT, from the VMCS */
	if (toy_nroot(&vm->regs) == TOY_NONE)
		load_pdptes(t);
	else
		for (unsigned i = 0; i < NR_WINDOWS; i++)
			vm->regs.pdpte[i] = vm->pdpte_fields[i];
}

/* 29.3.1 "Saving Control Registers, Debug Registers, and MSRs": with EPT the PDPTEs, too */
static void leave(struct toy *t)
{
	struct toy_vm *vm = toy_vm(t);

	transition(t);
	for (unsigned i = 0; i < NR_WINDOWS; i++)
		vm->pdpte_fields[i] = vm->regs.pdpte[i];
}

/* 5.10.4.1 on page faults, 31.4.3.1 on EPT violations. */
static void fault(struct toy *t, uint32_t seen, unsigned window, unsigned via)
{
	struct toy_drop d = of_tag(toy_tag(t));

	d.pcid = toy_pcid(toy_regs(t));
	d.window = (uint8_t)window;
	d.leaves = true;
	d.pointers = POINTERS_OF_WINDOW;
	if (seen == RESULT_NPF) {
		d.nroot = (uint8_t)toy_nroot(toy_regs(t));
		toy_drop_nested(t->cpu, t, TOY_ANY, d.nroot, via);
	}
	toy_drop(t->cpu, t, d);
}

const struct toy_vendor toy_intel = {
	.serves = serves,
	.faults_from_cache = true,
	.has_pdptes = has_pdptes,
	.invalidate = invalidate,
	.enter = enter,
	.leave = leave,
	.fault = fault,
};
