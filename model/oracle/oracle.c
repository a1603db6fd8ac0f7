/* SPDX-License-Identifier: MIT */
/* Steps: what each does to registers, memory and caches. */
#include "model/oracle/oracle_state.h"

/* freestanding: the image and the host both have them */
void *memset(void *s, int c, size_t n);
void *memcpy(void *to, const void *from, size_t n);

size_t oracle_size(void)
{
	return sizeof(struct oracle);
}

static void copy_list(struct context_list *to, const struct context_list *from)
{
	to->nr = from->nr;
	for (unsigned i = 0; i < from->nr; i++) {
		struct context *c = &to->context[i];

		memcpy(c, &from->context[i], offsetof(struct context, set));
		for (unsigned w = 0; w < NR_WINDOWS; w++) {
			const struct item_set *set = &from->context[i].set[w];

			c->set[w].nr = set->nr;
			memcpy(c->set[w].item, set->item, set->nr * sizeof(set->item[0]));
		}
	}
}

void oracle_copy(struct oracle *to, const struct oracle *from)
{
	memcpy(to, from, offsetof(struct oracle, linear));
	copy_list(&to->linear, &from->linear);
	copy_list(&to->nested, &from->nested);
}

bool oracle_is_full(const struct oracle *o)
{
	return o->full;
}

void oracle_skip(struct oracle *o, uint64_t events)
{
	o->skipped = events;
}

void oracle_start(struct oracle *o, enum vendor vendor, unsigned cpus)
{
	memset(o, 0, offsetof(struct oracle, linear));
	o->linear.nr = o->nested.nr = 0;
	o->rules = rules;
	o->vendor = &vendor_rules[vendor];
	o->vendor_nr = (uint8_t)vendor;
	o->nr_cpus = (uint8_t)cpus;
	for (unsigned cpu = 0; cpu < NR_CPUS; cpu++) {
		const struct registers regs = {.pge = true, .wp = true, .nxe = true};

		o->cpus[cpu].l1 = regs;
		for (unsigned vm = 0; vm < NR_VMS; vm++) {
			o->cpus[cpu].vms[vm].regs = regs;
			o->cpus[cpu].vms[vm].regs.nested_bits = !o->vendor->nested_bits_optional;
		}
	}
	position_start(&o->at, o->header);
	frames_start(o);
	memory_start(o);
	fill(o);
}

static struct vm_state *current_vm(struct oracle *o)
{
	return &o->cpus[o->at.cpu].vms[position_here(&o->at)->vm];
}

/* An event that the running level causes in its own tag. */
static void own_event(struct oracle *o, enum event ev, uint8_t window)
{
	struct view view = view_of(o, o->at.cpu);

	event(o, ev, &view,
	      (struct operand){.tag = view.tag,
			       .pcid = view.linear.pcid,
			       .nroot = view.nested.nroot,
			       .window = window});
}

static enum event tlbctl_event(uint8_t type)
{
	return type == 1 ? EV_TLBCTL_1 : type == 3 ? EV_TLBCTL_3 : EV_TLBCTL_7;
}

/* L1 turns paging off and on again in its other mode (bare). */
static void switch_l1(struct oracle *o, bool enter)
{
	fill(o);
	o->at.cpus[o->at.cpu].in_l2 = true;
	own_event(o, EV_PG_TOGGLE, 0);
	o->at.cpus[o->at.cpu].in_l2 = enter;
}

static void keep_context(struct oracle *o)
{
	struct vm_state *vm = current_vm(o);

	vm->ran = true;
	vm->last = view_of(o, o->at.cpu).linear;
}

/*
 * PDPTE registers are the VM's, whatever tags what else is cached: those that it had in the context
 * where it ran last may be the ones of the context where it runs now.
 */
static void carry_pdptes(struct oracle *o)
{
	struct vm_state *vm = current_vm(o);
	struct view view = view_of(o, o->at.cpu);
	struct context *from, *to;

	if (!vm->ran || !view.regs.pdptes)
		return;
	from = context_get(o, &o->linear, vm->last);
	to = context_get(o, &o->linear, view.linear);
	if (!from || !to || from == to)
		return;
	to->last.pdptes = true;
	for (unsigned w = 0; w < NR_WINDOWS; w++) {
		for (unsigned i = 0; i < from->set[w].nr; i++) {
			if (is_pdpte(&from->set[w].item[i]))
				item_add(o, &to->set[w], from->set[w].item[i]);
		}
	}
}

void enter_l2(struct oracle *o)
{
	struct vm_state *vm = current_vm(o);
	const struct vm_position *at = position_vm(&o->at);

	if (o->header.bare) {
		switch_l1(o, true);
		return;
	}
	if (!at->tag && !o->vendor->untagged_l2) {
		o->why = "tag 0 is L1's own: L2 cannot run with it";
		return;
	}
	fill(o); /* L1 was running up to here */
	o->at.cpus[o->at.cpu].in_l2 = true;
	own_event(o, at->tag ? EV_ENTER : EV_ENTER_UNTAGGED, 0);
	if (vm->tlbctl)
		own_event(o, tlbctl_event(vm->tlbctl), 0);
	vm->tlbctl = 0;
	/* Without EPT the entry itself reads them in memory. */
	if (view_of(o, o->at.cpu).regs.pdptes && at->nested_root.space == SPACE_N) {
		if (vm->pdptes)
			own_event(o, EV_PDPTE_FIELDS, 0);
		else
			carry_pdptes(o);
	}
	vm->pdptes = false;
}

void leave_l2(struct oracle *o)
{
	if (o->header.bare) {
		switch_l1(o, false);
		return;
	}
	fill(o); /* L2 was running up to here */
	keep_context(o);
	own_event(o, position_vm(&o->at)->tag ? EV_EXIT : EV_EXIT_UNTAGGED, 0);
	o->at.cpus[o->at.cpu].in_l2 = false;
}

/* The registers of the level that runs. */
static struct registers *own_registers(struct oracle *o)
{
	return position_in_l2(&o->at) ? &current_vm(o)->regs : &o->cpus[o->at.cpu].l1;
}

static void set_pge(struct oracle *o, bool on)
{
	struct registers *regs = own_registers(o);

	if (regs->pge == on)
		return; /* only a change invalidates */
	regs->pge = on;
	own_event(o, EV_PGE_TOGGLE, 0);
}

/* INVLPGA, INVVPID, INVEPT: about a tag or nested root that need not be in use. */
static void invalidate(struct oracle *o, const struct step *step)
{
	struct view view = view_of(o, o->at.cpu);
	struct operand operand = {
		.tag = step->tag,
		.nroot = step->op == OP_INVEPT ? root_number(step->root) : NO_ROOT,
		.window = step->window,
	};

	switch (step->op) {
	case OP_INVLPGA: event(o, EV_INVLPGA, &view, operand); break;
	case OP_INVVPID: event(o, EV_INVVPID_0 + step->type, &view, operand); break;
	case OP_INVEPT: event(o, EV_INVEPT_1 + step->type - 1, &view, operand); break;
	}
}

static void set_nested_root(struct oracle *o, const struct step *step)
{
	position_take(&o->at, step);
	current_vm(o)->regs.nested_bits =
		(step->arg & NROOT_AD) || !o->vendor->nested_bits_optional;
}

static void vmfunc(struct oracle *o, const struct step *step)
{
	const struct vm_position *vm = position_vm(&o->at);

	if (vm->nested_root.space != SPACE_N) {
		o->why = "VMFUNC switches nested roots, and this VM has none";
		return;
	}
	fill(o);
	keep_context(o);
	set_nested_root(o, step);
	carry_pdptes(o);
	own_event(o, vm->tag ? EV_VMFUNC : EV_VMFUNC_UNTAGGED, 0);
}

static void set_pcide(struct oracle *o, bool on)
{
	struct registers *regs = own_registers(o);

	if (regs->pcide == on)
		return;
	own_event(o, on ? EV_PCIDE_SET : EV_PCIDE_CLEAR, 0);
	regs->pcide = on;
}

static void set_smep(struct oracle *o, bool on)
{
	struct registers *regs = own_registers(o);

	if (regs->smep == on)
		return;
	own_event(o, on ? EV_SMEP_SET : EV_SMEP_CLEAR, 0);
	regs->smep = on;
}

static void mov_cr3(struct oracle *o, const struct step *step)
{
	struct registers *regs = own_registers(o);

	position_take(&o->at, step);
	regs->pcid = step->pcid;
	own_event(o, step->arg ? EV_MOV_CR3_NOFLUSH : EV_MOV_CR3, 0);
}

static void invpcid(struct oracle *o, const struct step *step)
{
	struct view view = view_of(o, o->at.cpu);

	event(o, EV_INVPCID_0 + step->type, &view,
	      (struct operand){.tag = view.tag,
			       .pcid = step->pcid,
			       .nroot = view.nested.nroot,
			       .window = step->window});
}

/* What a level does to its own translations and control registers. */
static void linear_flush(struct oracle *o, const struct step *step)
{
	const bool unpaged = step->way == WAY_UNPAGED;

	if (unpaged)
		own_event(o, EV_PG_TOGGLE, 0);
	switch (step->op) {
	case OP_CR3: mov_cr3(o, step); break;
	case OP_INVLPG: own_event(o, EV_INVLPG, step->window); break;
	case OP_INVPCID: invpcid(o, step); break;
	case OP_PGE: set_pge(o, step->arg); break;
	case OP_PG_CYCLE: own_event(o, EV_PG_TOGGLE, 0); break;
	case OP_PAE_CYCLE: own_event(o, EV_PAE_TOGGLE, 0); break;
	case OP_PCIDE: set_pcide(o, step->arg); break;
	case OP_WP: own_registers(o)->wp = step->arg; break;
	case OP_SMEP: set_smep(o, step->arg); break;
	case OP_SMAP: own_registers(o)->smap = step->arg; break;
	case OP_NXE: own_registers(o)->nxe = step->arg; break;
	}
	if (unpaged)
		own_event(o, EV_PG_TOGGLE, 0);
	if (step->irq)
		leave_l2(o);
}

/* The header: nothing has been cached yet but of L1's tables, which stay as they are. */
static void set_header(struct oracle *o, const struct step *step)
{
	o->header.nested_pae |= step->op == OP_NMODE;
	if (step->op != OP_NMODE)
		o->header.l2 = (uint8_t)step->arg;
	o->header.bare |= step->op == OP_BARE;
	memory_start(o);
	position_start(&o->at, o->header);
}

/*
 * Of another vCPU, which has yet to run. An L2 with tag 0 has L1's tag, and the entry into it has
 * left nothing of L1's there: what is there is L2's.
 */
static void pv_flush(struct oracle *o, unsigned cpu)
{
	struct view view = view_of(o, cpu);

	if (!o->at.cpus[cpu].in_l2 || view.tag)
		event(o, EV_PV_FLUSH, &view, (struct operand){.nroot = NO_ROOT});
}

/*
 * Need not have flushed anything. TLB_CONTROL stays as it was, for the next entry. One that a real
 * AMD processor does not refuse has run for a moment.
 */
static void fail_to_enter(struct oracle *o, const struct step *step)
{
	bool *in_l2 = &o->at.cpus[o->at.cpu].in_l2;

	if (!failing_may_enter(step->type) || o->vendor->untagged_l2 || !position_vm(&o->at)->tag)
		return;
	fill(o);
	*in_l2 = true;
	fill(o);
	*in_l2 = false;
}

/* Of another vCPU, in L1. */
static void init(struct oracle *o, const struct step *step)
{
	const struct registers regs = {.wp = true, .nxe = true};
	struct view view = view_of(o, step->arg);

	event(o, EV_INIT, &view, (struct operand){.nroot = NO_ROOT});
	position_take(&o->at, step);
	o->cpus[step->arg].l1 = regs;
	o->cpus[step->arg].steals = 0;
}

static void control(struct oracle *o, const struct step *step)
{
	switch (step->op) {
	case OP_ENTER: enter_l2(o); break;
	case OP_ENTER_PENDING:
	case OP_ENTER_HALTED:
		enter_l2(o);
		if (!o->why)
			leave_l2(o);
		break;
	case OP_ENTER_FAILING: fail_to_enter(o, step); break;
	case OP_EXIT: leave_l2(o); break;
	case OP_PREEMPTED: break;
	case OP_PV_FLUSH: pv_flush(o, step->arg); break;
	case OP_STEAL: o->cpus[o->at.cpu].steals = (uint8_t)(step->frame[0] + 1); break;
	case OP_INIT: init(o, step); break;
	case OP_CPU:
	case OP_VM: position_take(&o->at, step); break;
	case OP_SMI:
	case OP_RSM: /* need not have flushed anything */
		fill(o);
		position_follow(&o->at, step);
		break;
	case OP_PCPU: /* nobody but the host may notice */
		if (step->irq)
			leave_l2(o);
		break;
	case OP_HOST: frames_event(o, step); break;
	case OP_L2MODE:
	case OP_NMODE:
	case OP_BARE: set_header(o, step); break;
	}
}

static void give(struct oracle *o, const struct step *step)
{
	struct vm_state *vm = current_vm(o);

	switch (step->op) {
	case OP_TAG: position_take(&o->at, step); break;
	case OP_L2CR3:
		position_take(&o->at, step);
		vm->regs.pcid = step->pcid;
		vm->pdptes = true;
		break;
	case OP_NROOT:
		set_nested_root(o, step);
		vm->pdptes = true;
		break;
	case OP_TLBCTL: vm->tlbctl = step->type; break;
	case OP_MSR_EXIT: vm->msr_exit = step->arg; break;
	case OP_PF_EXIT: vm->pf_exit = (uint8_t)step->arg; break;
	case OP_CLEAN: break; /* about the VMCB, not about what is cached */
	case OP_INVLPGA:
	case OP_INVVPID:
	case OP_INVEPT: invalidate(o, step); break;
	case OP_VMX_CYCLE: own_event(o, EV_VMX_CYCLE, 0); break;
	case OP_HV: break; /* drops nothing: SDM vol. 3, 31.4.3.2; APM vol. 2, 15.4 is silent */
	case OP_VMFUNC: vmfunc(o, step); break;
	}
}

bool oracle_step(struct oracle *o, const struct step *step, struct look *look, const char **why)
{
	if (op_is_look(step->op))
		look_at(o, step, look);
	else if (step->op == OP_SET)
		memory_set(o, step);
	else if (step->op <= OP_NXE)
		linear_flush(o, step);
	else if (step->op <= OP_VMFUNC)
		give(o, step);
	else
		control(o, step);
	fill(o);
	*why = o->why;
	return !o->why;
}
