/* SPDX-License-Identifier: MIT */
/* What can be known of a program without running it: who runs, and what fits where. */
#include "model/lang/check.h"

#include "model/lang/host_events.h"
#include "model/lang/verbs.h"

static bool fail(struct check *c, const struct step *step, const char *what)
{
	return parse_fail(c->error, step->column, what, NULL);
}

static bool is_leaf(const struct value *value)
{
	return value->kind == VALUE_FRAME || value->kind == VALUE_WINDOW;
}

static bool check_value(struct check *c, const struct step *step)
{
	const struct entry_ref *entry = &step->entry;
	const struct value *value = &step->value;
	bool nested = entry->root.space == SPACE_N;

	if (value->kind == VALUE_FRAME && value->nr == FRAME_M && entry->level != LEVEL_PTE)
		return fail(c, step, "page M is mapped by a pte only");
	if (value->kind == VALUE_FRAME && value->nr && entry->level == LEVEL_PDPTE)
		return fail(c, step, "a page of 1 GiB shows frame A: all frames lie in one GiB");
	if (is_leaf(value) && entry->level >= LEVEL_PML4E)
		return fail(c, step, "a pml4e holds a table, not a page");
	if (value->kind == VALUE_WINDOW && entry->root.space != SPACE_G)
		return fail(c, step, "only L2's own tables (g) map guest-physical windows");
	if (value->kind == VALUE_TABLE && value->table.root.space != entry->root.space)
		return fail(c, step, "an entry holds a table of its own space");
	if (value->kind == VALUE_TABLE && value->table.level + 1 != entry->level)
		return fail(c, step, "that table does not belong below that entry");
	/* Ignored in a PDE that holds a table; KVM takes it for reserved above that on AMD. */
	if ((value->flags & VF_G) && (nested || (!is_leaf(value) && (value->kind == VALUE_NONE ||
								     entry->level != LEVEL_PDE))))
		return fail(c, step, "only a linear leaf, or a pde that holds a table, has bit g");
	if ((value->flags & VF_XO) && (!nested || (value->flags & (VF_RO | VF_NX))))
		return fail(c, step,
			    "only a nested entry is executable only (xo), and not ro or nx");
	if ((value->flags & VF_S) && nested)
		return fail(c, step, "a nested entry has no supervisor bit (s)");
	if ((value->flags & VF_ND) && !is_leaf(value))
		return fail(c, step, "only a leaf has a dirty bit (nd)");
	return true;
}

static bool check_header(struct check *c, const struct step *step)
{
	if (!c->in_header)
		return fail(c, step, "this belongs to the header, before all other steps");
	if (step->op == OP_BARE && step->arg != MODE_PAE && step->arg != MODE_32)
		return fail(c, step, "L1 itself switches to pae or 32 only");
	if (step->op == OP_NMODE && step->arg != MODE_PAE)
		return fail(c, step, "L1 enters L2 from 64-bit or from PAE mode: nmode pae");
	if (c->mode.header.nested_pae && (c->mode.header.bare || mode_is_64bit(c->mode.header.l2)))
		return fail(c, step, "an L1 in PAE mode has L2s in 32-bit modes: l2mode pae");
	return true;
}

static bool is_save_or_smi(const struct step *step)
{
	return step->op == OP_HOST && (host_verbs[step->arg].renews || step->arg == HOST_SMI);
}

static bool check_level(struct check *c, const struct step *step)
{
	const bool in_l2 = position_in_l2(&c->now.at), in_smm = position_here(&c->now.at)->in_smm;

	if (verbs[step->op].flags & IN_HEADER)
		return check_header(c, step);
	c->in_header = false;
	if (in_smm && (!(verbs[step->op].flags & IN_SMM) || step->way == WAY_USER ||
		       step->way == WAY_SAVE || is_save_or_smi(step)))
		return fail(c, step, "an SMI handler does not do this: rsm first");
	if (!in_smm && !(verbs[step->op].flags & (IN_L1 | IN_L2)))
		return fail(c, step, "this step is an SMI handler's: smi first");
	if (!in_smm && !(verbs[step->op].flags & (in_l2 ? IN_L2 : IN_L1)))
		return fail(c, step,
			    in_l2 ? "this step is L1's, but L2 runs here: exit first"
				  : "this step is L2's, but L1 runs here: enter first");
	if (step->irq && !in_l2)
		return fail(c, step, "'irq' needs a step in L2, but L1 runs here");
	if (step->irq && step->way == WAY_FEP)
		return fail(c, step,
			    "no interrupt waits for an emulated instruction: no 'irq' by fep");
	if (step->op == OP_CR3 && !in_l2 && step->root.space != SPACE_H)
		return fail(c, step, "L1 runs on its own roots, h0 to h5");
	return check_in_mode(&c->mode, step, in_l2);
}

static bool same_modes(const struct modes *a, const struct modes *b)
{
	return a->pcide == b->pcide && a->pcid == b->pcid && a->pf_exit == b->pf_exit;
}

static bool is_nested(const struct vm_position *vm)
{
	return vm->nested_root.space == SPACE_N;
}

/* What check_nested() and check_modes() go by; tags and roots may be others. */
static bool same_vm(const struct check *c, unsigned cpu, unsigned vm)
{
	const struct state *a = &c->loop, *b = &c->now;

	return same_modes(&a->l2[cpu][vm], &b->l2[cpu][vm]) &&
	       (mode_is_64bit(c->mode.header.l2) ||
		is_nested(&a->at.cpus[cpu].vms[vm]) == is_nested(&b->at.cpus[cpu].vms[vm]));
}

/* So that what holds for the first time round a loop holds for all. */
static bool is_as_before_loop(const struct check *c)
{
	const struct state *a = &c->loop, *b = &c->now;

	if (a->at.cpu != b->at.cpu)
		return false;
	for (unsigned cpu = 0; cpu < NR_CPUS; cpu++) {
		if (a->at.cpus[cpu].vm != b->at.cpus[cpu].vm ||
		    a->at.cpus[cpu].in_l2 != b->at.cpus[cpu].in_l2 ||
		    a->at.cpus[cpu].in_smm != b->at.cpus[cpu].in_smm ||
		    a->no_nxe[cpu] != b->no_nxe[cpu] || a->no_hv[cpu] != b->no_hv[cpu] ||
		    !same_modes(&a->l1[cpu], &b->l1[cpu]))
			return false;
		for (unsigned vm = 0; vm < NR_VMS; vm++)
			if (!same_vm(c, cpu, vm))
				return false;
	}
	return true;
}

static bool begin_loop(struct check *c, const struct step *step)
{
	if (c->repeat)
		return fail(c, step, "a repeat within a repeat");
	c->repeat = step;
	c->loop = c->now;
	return true;
}

static bool end_loop(struct check *c, const struct step *step)
{
	if (!c->repeat)
		return fail(c, step, "an end without a repeat");
	if (!is_as_before_loop(c))
		return fail(c, step,
			    "a loop ends with the vCPU, VMs, levels and modes that it began with");
	c->repeat = NULL;
	return true;
}

/* MOV CR3 and what L1 gives L2 as CR3. */
static bool check_cr3(struct check *c, const struct step *step, struct modes *modes)
{
	if (!modes->pcide && step->pcid)
		return fail(c, step, "a PCID other than 0 needs CR4.PCIDE: pcide on");
	if (!modes->pcide && step->arg)
		return fail(c, step, "'noflush' needs CR4.PCIDE: pcide on");
	modes->pcid = step->pcid;
	return true;
}

static bool check_pcide(struct check *c, const struct step *step, struct modes *modes)
{
	if (step->arg && !modes->pcide && modes->pcid)
		return fail(c, step, "CR4.PCIDE can be set with PCID 0 in CR3 only");
	modes->pcide = step->arg;
	return true;
}

/*
 * CR0.PG is one of the bits that VMX operation fixes at 1, but for an unrestricted guest, which has
 * EPT (SDM vol. 3, "Restrictions on VMX Operation"; "VM-Execution Control Fields": an entry with
 * "unrestricted guest" and without "enable EPT" fails). And without nested tables there is nothing
 * that an unpaged L2 could look at.
 */
static bool check_nested(struct check *c, const struct step *step)
{
	return is_nested(position_vm(&c->now.at)) ||
	       fail(c, step, "an L2 with paging off needs nested paging: nroot n0 before enter");
}

/* While SVM or VMX is off nothing can be done for an L2. */
static bool check_hv(struct check *c, const struct step *step)
{
	bool *off = &c->now.no_hv[c->now.at.cpu];

	if (step->op == OP_HV) {
		if (*off == !step->arg)
			return fail(c, step, step->arg ? "it is on already" : "it is off already");
		*off = !step->arg;
		return true;
	}
	return !*off || step->op < OP_TAG || step->op > OP_ENTER_FAILING ||
	       fail(c, step, "SVM or VMX is off on this vCPU: hv on");
}

/* Writes to control registers that the CPU refuses in some modes (SDM vol. 3, 5.10.1 "Process-
 * Context Identifiers (PCIDs)"). */
static bool check_modes(struct check *c, const struct step *step)
{
	struct state *now = &c->now;
	const uint8_t cpu = now->at.cpu;
	struct modes *l2 = &now->l2[cpu][position_here(&now->at)->vm];
	struct modes *own = position_in_l2(&now->at) ? l2 : &now->l1[cpu];

	if (step->way == WAY_USER && own->pf_exit)
		return fail(c, step,
			    "L1 does not take over L2's page faults at CPL 3: pf-exit off");
	if (step->way == WAY_UNPAGED && !c->mode.header.bare && !check_nested(c, step))
		return false;
	switch (step->op) {
	case OP_CR3: return check_cr3(c, step, own);
	case OP_L2CR3: return check_cr3(c, step, l2);
	case OP_PCIDE: return check_pcide(c, step, own);
	case OP_INVPCID:
		if (step->pcid && !own->pcide)
			return fail(c, step, "a PCID other than 0 needs CR4.PCIDE: pcide on");
		return true;
	case OP_NXE: now->no_nxe[cpu] = !step->arg; return true;
	case OP_PF_EXIT: l2->pf_exit = step->arg != PF_EXIT_NONE; return true;
	case OP_PG_CYCLE: return c->mode.header.bare || check_nested(c, step);
	case OP_ENTER:
	case OP_ENTER_PENDING:
	case OP_ENTER_HALTED:
	case OP_ENTER_FAILING: return c->mode.header.l2 != MODE_UNPAGED || check_nested(c, step);
	default: return true;
	}
}

static bool check_paravirtual(struct check *c, const struct step *step)
{
	if (step->arg == c->now.at.cpu)
		return fail(c, step, "a vCPU that runs is not preempted: name another one");
	if (!step->arg)
		return fail(c, step, "vCPU 0 does not wait: it carries the program out");
	return true;
}

static bool check_init(struct check *c, const struct step *step)
{
	if (step->arg == c->now.at.cpu || !step->arg)
		return fail(c, step,
			    "an INIT is for another vCPU, and not for vCPU 0, which boots");
	if (c->now.at.cpus[step->arg].in_l2 || c->now.at.cpus[step->arg].in_smm)
		return fail(c, step, "an INIT finds a vCPU in L1: exit there first");
	c->now.no_nxe[step->arg] = c->now.no_hv[step->arg] = false;
	c->now.l1[step->arg] = (struct modes){0};
	return true;
}

static bool check_host(struct check *c, const struct step *step)
{
	if (host_verbs[step->arg].nr_frames == 2 && step->frame[0] == step->frame[1])
		return fail(c, step, "the host exchanges a frame with another one");
	return true;
}

/* What an operation asks beside where it may run. */
static bool check_operation(struct check *c, const struct step *step)
{
	switch (step->op) {
	case OP_REPEAT: return begin_loop(c, step);
	case OP_END: return end_loop(c, step);
	case OP_SET: return check_value(c, step);
	case OP_HOST: return check_host(c, step);
	case OP_INIT: return check_init(c, step);
	case OP_PREEMPTED:
	case OP_PV_FLUSH: return check_paravirtual(c, step);
	default: return true;
	}
}

static bool takes_code(const struct step *step)
{
	return (step->op == OP_SET && step->value.kind == VALUE_FRAME &&
		step->value.nr == FRAME_M) ||
	       (step->op == OP_HOST && host_verbs[step->arg].takes_code);
}

/* Does it map a page of 4 MiB, which shows another page than the frame's own? */
static bool is_twin(const struct header *header, const struct step *step)
{
	return step->op == OP_SET && step->value.kind == VALUE_FRAME && header->l2 == MODE_32 &&
	       step->entry.root.space == SPACE_G && step->entry.level == LEVEL_PDE;
}

/* What steps far apart must agree on. */
static void note_frames(struct check *c, const struct step *step)
{
	c->no_code |= takes_code(step);
	c->acts |=
		step->op == OP_LOGGED || (step->op == OP_HOST && host_verbs[step->arg].nr_frames);
	if (step->op == OP_FETCH)
		c->fetch = step;
	if (is_twin(&c->mode.header, step))
		c->twin = step;
}

static bool check_frames(struct check *c)
{
	if (c->no_code && c->fetch)
		return fail(c, c->fetch,
			    "page M, and a frame that the host takes, have no code to fetch");
	if (c->acts && c->twin)
		return fail(c, c->twin,
			    "the host acts on no page of 4 MiB, and logs none that has a name");
	return true;
}

void check_start(struct check *c, struct header header, struct program_error *error)
{
	*c = (struct check){
		.error = error,
		.in_header = true,
		.mode = {.header = header, .error = error},
	};
	world_layouts(header, c->mode.layout);
	position_start(&c->now.at, header);
}

bool check_step(struct check *c, const struct step *step)
{
	if (!check_level(c, step) || !check_modes(c, step) || !check_hv(c, step) ||
	    !check_operation(c, step))
		return false;
	note_frames(c, step);
	position_follow(&c->now.at, step);
	return true;
}

bool check_end(struct check *c, const struct step *last)
{
	if (!check_frames(c))
		return false;
	if (c->repeat)
		return fail(c, c->repeat, "a repeat without an end");
	for (unsigned cpu = 0; cpu < NR_CPUS; cpu++) {
		if (c->now.at.cpus[cpu].in_smm)
			return fail(c, last, "the program ends in an SMI handler: rsm there");
		if (c->now.at.cpus[cpu].in_l2)
			return fail(c, last, "the program ends while a vCPU is in L2: exit there");
		if (c->now.no_hv[cpu])
			return fail(c, last, "the program ends with SVM or VMX off: hv on");
	}
	return true;
}

bool program_check(const struct program *program, bool without_flushes, struct program_error *error)
{
	const struct step *step = program->step, *end = step + program->nr_steps;
	struct check c;

	check_start(&c, program_header(program), error);
	for (; step < end; step++) {
		/* A flush that is left out leaves its interrupt behind: see program_next(). */
		if (step->flush && without_flushes && !step->irq)
			continue;
		if (!check_step(&c, step))
			return false;
	}
	return check_end(&c, end - 1);
}
