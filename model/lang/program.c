/* SPDX-License-Identifier: MIT */
#include "model/lang/program.h"

#include "model/lang/caps.h"
#include "model/lang/host_events.h"
#include "model/lang/position.h"

static bool shows_hole(const struct step *step)
{
	return step->op == OP_SET && step->value.kind == VALUE_FRAME && step->value.nr == FRAME_M;
}

static void value_needs(const struct step *step, struct caps *needs)
{
	const struct value *value = &step->value;
	bool leaf = value->kind == VALUE_FRAME || value->kind == VALUE_WINDOW;

	caps_add_if(needs, leaf && step->entry.level == LEVEL_PDPTE, CAP_PAGE1G);
	caps_add_if(needs, value->flags & VF_XO, CAP_VMX);
	caps_add_if(needs, value->flags & VF_XO, CAP_EPT_XO);
	caps_add_if(needs, shows_hole(step), CAP_HOLE);
}

static void eptp_needs(const struct step *step, struct caps *needs)
{
	if (step->root.space != SPACE_N)
		return;
	caps_add(needs, CAP_NPT);
	caps_add_if(needs, step->arg & NROOT_AD, CAP_EPT_AD);
	caps_add_if(needs, step->arg & NROOT_PCD, CAP_SVM);
}

static void failing_needs(enum failing why, struct caps *needs)
{
	caps_add_if(needs, why == FAILS_ROOT, CAP_NPT);
	caps_add_if(needs, why == FAILS_TAG || why == FAILS_EFER, CAP_SVM);
	caps_add_if(needs, why == FAILS_RFLAGS, CAP_VMX);
	caps_add_if(needs, why == FAILS_LATE, CAP_HOLE);
}

/* What it asks of SVM or VMX. False: it does not touch an L2. */
static bool l2_needs(const struct step *step, struct caps *needs)
{
	switch (step->op) {
	case OP_L2CR3:
	case OP_HV:
	case OP_ENTER:
	case OP_ENTER_PENDING: return true;
	case OP_ENTER_FAILING: failing_needs(step->type, needs); return true;
	case OP_L2MODE:
		caps_add_if(needs, step->arg == MODE_UNPAGED, CAP_UNPAGED);
		caps_add_if(needs, step->arg == MODE_LA57, CAP_LA57);
		return true;
	case OP_PG_CYCLE: caps_add(needs, CAP_UNPAGED); return true;
	case OP_RDMSR:
	case OP_MSR_EXIT: caps_add(needs, CAP_MSRMAP); return true;
	case OP_NROOT: eptp_needs(step, needs); return true;
	case OP_PF_EXIT: caps_add_if(needs, step->arg == PF_EXIT_WRITES, CAP_VMX); return true;
	case OP_TAG: caps_add_if(needs, !step->tag, CAP_UNTAGGED); return true;
	case OP_PCPU: return step->irq;
	/* SVM's */
	case OP_CLEAN: caps_add(needs, CAP_CLEAN); return true;
	case OP_TLBCTL:
		caps_add(needs, CAP_TLBCTL);
		caps_add_if(needs, step->type != 1, CAP_FLUSHASID);
		return true;
	case OP_INVLPGA: caps_add(needs, CAP_INVLPGA); return true;
	case OP_NMODE:
		caps_add(needs, CAP_NPT);
		caps_add(needs, CAP_NPT_PAE);
		return true;
	/* VMX's */
	case OP_INVVPID: caps_add(needs, CAP_INVVPID0 + step->type); break;
	case OP_INVEPT:
		caps_add(needs, CAP_INVEPT1 + step->type - 1);
		caps_add_if(needs, step->type == 1 && step->arg, CAP_EPT_AD);
		break;
	case OP_VMFUNC:
		eptp_needs(step, needs);
		caps_add(needs, CAP_VMFUNC);
		break;
	case OP_ENTER_HALTED:
	case OP_VMX_CYCLE: break;
	default: return false;
	}
	caps_add(needs, CAP_VMX);
	return true;
}

_Static_assert(CAP_INVVPID3 == CAP_INVVPID0 + 3 && CAP_INVEPT2 == CAP_INVEPT1 + 1,
	       "capabilities of types follow each other");

/* Does it show page M in a frame's place, or a frame in page M's? */
static bool hides_memory(const struct step *step)
{
	return step->arg >= HOST_SLOT_REMOVE && step->arg <= HOST_SLOT_SMM;
}

static void step_needs(const struct step *step, struct caps *needs)
{
	if (l2_needs(step, needs))
		caps_add(needs, CAP_HV);
	caps_add_if(needs, step->way == WAY_FEP, CAP_FEP);
	caps_add_if(needs, step->way == WAY_UNPAGED, CAP_UNPAGED);
	caps_add_if(needs, step->way == WAY_SAVE, CAP_HOST);
	switch (step->op) {
	case OP_SET: value_needs(step, needs); break;
	case OP_INVPCID:
		caps_add(needs, CAP_INVPCID);
		caps_add_if(needs, step->pcid, CAP_PCID);
		break;
	case OP_PCIDE: caps_add(needs, CAP_PCID); break;
	case OP_SMEP: caps_add(needs, CAP_SMEP); break;
	case OP_SMAP: caps_add(needs, CAP_SMAP); break;
	case OP_PREEMPTED:
	case OP_PV_FLUSH:
	case OP_STEAL:
	case OP_STOLEN: caps_add(needs, CAP_PVFLUSH); break;
	case OP_PCPU: caps_add(needs, CAP_PCPUS); break;
	case OP_HOST:
		caps_add(needs, CAP_HOST);
		caps_add_if(needs, hides_memory(step), CAP_HOLE);
		break;
	case OP_SMI:
	case OP_LOGGED: caps_add(needs, CAP_HOST); break;
	}
}

/*
 * An SMI's end and a restored vCPU load the PDPTEs from memory, and the guest is lost if they
 * cannot; so does an access that the host emulates, and the fault that it makes of that may be an
 * exit, which tells nobody. An L2 that was left running may spoil them at any time. An SMI in L2
 * costs L1 its CR0.CD on KVM, which kernel/cpu.c may have a use for: docs/emulators.md.
 */
static void reload_needs(const struct program *program, struct caps *needs)
{
	const struct header header = program_header(program);
	bool smi = false, save = false, emulated = false, pf_exit = false;

	for (unsigned i = 0; i < program->nr_steps; i++) {
		const struct step *step = &program->step[i];

		smi |= step->op == OP_SMI || (step->op == OP_HOST && step->arg == HOST_SMI);
		save |= step->way == WAY_SAVE ||
			(step->op == OP_HOST && host_verbs[step->arg].renews);
		emulated |= shows_hole(step) || (step->op == OP_HOST && hides_memory(step)) ||
			    (step->op == OP_SET && step->entry.root.space == SPACE_N);
		pf_exit |= step->op == OP_PF_EXIT && step->arg;
	}
	caps_add_if(needs,
		    (header.l2 == MODE_PAE || header.nested_pae) &&
			    (smi || save || (emulated && pf_exit) || program_busy_cpus(program)),
		    CAP_PDPTES);
	caps_add_if(needs, smi && caps_have(needs, CAP_HV), CAP_SMI_IN_L2);
}

struct caps program_needs(const struct program *program)
{
	unsigned cpus = program_cpus(program);
	struct caps needs = {0};

	for (unsigned i = 0; i < program->nr_steps; i++)
		step_needs(&program->step[i], &needs);
	if (program_header(program).bare) {
		caps_drop(&needs, CAP_HV);
		caps_drop(&needs, CAP_UNPAGED);
		caps_add(&needs, CAP_LEGACY);
	}
	reload_needs(program, &needs);
	caps_add_if(&needs, cpus > 1, CAP_CPUS2);
	caps_add_if(&needs, cpus > 2, CAP_CPUS4);
	return needs;
}

struct header program_header(const struct program *program)
{
	struct header header = {.l2 = MODE_LONG};

	for (unsigned i = 0; i < program->nr_steps; i++) {
		const struct step *step = &program->step[i];

		header.nested_pae |= step->op == OP_NMODE;
		header.bare |= step->op == OP_BARE;
		if (step->op == OP_L2MODE || step->op == OP_BARE)
			header.l2 = (uint8_t)step->arg;
	}
	return header;
}

static bool names_cpu(enum op op)
{
	return op == OP_CPU || op == OP_PREEMPTED || op == OP_PV_FLUSH || op == OP_INIT;
}

unsigned program_cpus(const struct program *program)
{
	unsigned cpus = 1;

	for (unsigned i = 0; i < program->nr_steps; i++) {
		const struct step *step = &program->step[i];

		if (names_cpu(step->op) && step->arg >= cpus)
			cpus = step->arg + 1u;
	}
	return cpus;
}

unsigned program_vms(const struct program *program)
{
	struct caps needs = {0};
	unsigned vms = 0;

	for (unsigned i = 0; i < program->nr_steps; i++) {
		const struct step *step = &program->step[i];
		const unsigned used = step->op == OP_VM ? step->arg + 1u : l2_needs(step, &needs);

		vms = used > vms ? used : vms;
	}
	return vms;
}

unsigned program_busy_cpus(const struct program *program)
{
	struct position at;
	unsigned busy = 0;

	position_start(&at, program_header(program));
	for (unsigned i = 0; i < program->nr_steps; i++) {
		if (position_is_left(&at, &program->step[i]))
			busy |= 1u << at.cpu;
		if (program->step[i].op == OP_INIT)
			busy |= 1u << program->step[i].arg;
		position_follow(&at, &program->step[i]);
	}
	return busy;
}

/* What a left-out `… irq` leaves behind: the interrupt comes all the same, and L2 exits. */
static const struct step bare_exit = {.op = OP_EXIT};

const struct step *program_next(const struct program *program, struct program_cursor *cursor,
				bool without_flushes)
{
	while (cursor->next < program->nr_steps) {
		const struct step *step = &program->step[cursor->next++];

		if (step->op == OP_REPEAT) {
			cursor->loop_start = cursor->next;
			cursor->loops_left = step->arg;
		} else if (step->op == OP_END) {
			if (--cursor->loops_left)
				cursor->next = cursor->loop_start;
		} else if (!step->flush || !without_flushes) {
			return step;
		} else if (step->irq) {
			return &bare_exit;
		}
	}
	return NULL;
}
