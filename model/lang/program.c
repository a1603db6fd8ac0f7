/* SPDX-License-Identifier: MIT */
#include "model/lang/program.h"

#include "model/lang/caps.h"

static uint32_t eptp_needs(const struct step *step)
{
	return CAP_HV | CAP_NPT | (step->arg ? CAP_EPT_AD : 0);
}

_Static_assert(CAP_INVVPID3 == CAP_INVVPID0 << 3 && CAP_INVEPT2 == CAP_INVEPT1 << 1,
	       "capabilities of types follow each other");

static uint32_t value_needs(const struct step *step)
{
	bool leaf = step->value.kind == VALUE_FRAME || step->value.kind == VALUE_WINDOW;

	return (leaf && step->entry.level == LEVEL_PDPTE ? CAP_PAGE1G : 0) |
	       (step->value.kind == VALUE_FRAME && step->value.nr == FRAME_M ? CAP_HOLE : 0);
}

static uint32_t mode_needs(enum mode mode)
{
	switch (mode) {
	case MODE_UNPAGED: return CAP_HV | CAP_UNPAGED;
	case MODE_LA57: return CAP_HV | CAP_LA57;
	default: return CAP_HV;
	}
}

static uint32_t op_needs(const struct step *step)
{
	switch (step->op) {
	case OP_SET: return value_needs(step);
	case OP_INVPCID: return CAP_INVPCID | (step->pcid ? CAP_PCID : 0);
	case OP_PCIDE: return CAP_PCID;
	case OP_RDMSR:
	case OP_MSR_EXIT: return CAP_HV | CAP_MSRMAP;
	case OP_SMEP: return CAP_SMEP;
	case OP_SMAP: return CAP_SMAP;
	case OP_NROOT: return step->root.space == SPACE_N ? eptp_needs(step) : CAP_HV;
	case OP_INVVPID: return CAP_HV | CAP_VMX | (uint32_t)CAP_INVVPID0 << step->type;
	case OP_INVEPT: return CAP_HV | CAP_VMX | (uint32_t)CAP_INVEPT1 << (step->type - 1);
	case OP_ENTER_HALTED:
	case OP_ENTER_FAILING:
	case OP_VMX_CYCLE: return CAP_HV | CAP_VMX;
	case OP_VMFUNC: return eptp_needs(step) | CAP_VMX | CAP_VMFUNC;
	case OP_TAG: return CAP_HV | (step->tag ? 0 : CAP_UNTAGGED);
	case OP_CLEAN: return CAP_HV | CAP_CLEAN;
	case OP_TLBCTL: return CAP_HV | CAP_TLBCTL | (step->type == 1 ? 0 : CAP_FLUSHASID);
	case OP_INVLPGA: return CAP_HV | CAP_INVLPGA;
	case OP_PREEMPTED:
	case OP_PV_FLUSH: return CAP_PVFLUSH;
	case OP_PCPU: return CAP_PCPUS | (step->irq ? CAP_HV : 0);
	case OP_L2CR3:
	case OP_ENTER:
	case OP_ENTER_PENDING: return CAP_HV;
	case OP_L2MODE: return mode_needs(step->arg);
	case OP_NMODE: return CAP_HV | CAP_NPT | CAP_NPT_PAE;
	case OP_PG_CYCLE: return CAP_HV | CAP_UNPAGED;
	default: return 0;
	}
}

static uint32_t step_needs(const struct step *step)
{
	return op_needs(step) | (step->way == WAY_FEP ? CAP_FEP : 0);
}

uint32_t program_needs(const struct program *program)
{
	unsigned cpus = program_cpus(program);
	uint32_t needs = 0;

	for (unsigned i = 0; i < program->nr_steps; i++)
		needs |= step_needs(&program->step[i]);
	if (program_header(program).bare)
		needs = (needs & ~(uint32_t)(CAP_HV | CAP_UNPAGED)) | CAP_LEGACY;
	if (cpus > 1)
		needs |= CAP_CPUS2;
	if (cpus > 2)
		needs |= CAP_CPUS4;
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
	return op == OP_CPU || op == OP_PREEMPTED || op == OP_PV_FLUSH;
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
