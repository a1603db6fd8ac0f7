/* SPDX-License-Identifier: MIT */
#include "plan/finding.h"

#include "kernel/memory.h"

struct retention retention[RETENTION_ROWS][NR_SPACES];

static struct oracle *oracle;
static enum vendor judge_vendor;

/* What the report says of each CPU beside what the oracle keeps. */
struct vm_place {
	uint8_t tag;
	struct root root, nested_root;
};
static struct cpu_place {
	struct root root;
	bool in_l2;
	uint8_t vm;
	struct vm_place vms[NR_VMS];
} places[NR_CPUS];
static uint8_t current;

void judge_init(enum vendor vendor)
{
	judge_vendor = vendor;
	oracle = memory_alloc(oracle_size(), 64);
}

static void start_places(void)
{
	current = 0;
	for (unsigned cpu = 0; cpu < NR_CPUS; cpu++) {
		places[cpu] = (struct cpu_place){.root = {SPACE_H, 0}};
		for (uint8_t vm = 0; vm < NR_VMS; vm++)
			places[cpu].vms[vm] =
				(struct vm_place){(uint8_t)(vm + 1), {SPACE_G, vm}, ROOT_NONE};
	}
}

static void follow(const struct step *step)
{
	struct cpu_place *cpu = &places[current];
	struct vm_place *vm = &cpu->vms[cpu->vm];

	switch (step->op) {
	case OP_CR3: *(cpu->in_l2 ? &vm->root : &cpu->root) = step->root; break;
	case OP_TAG: vm->tag = step->tag; break;
	case OP_L2CR3: vm->root = step->root; break;
	case OP_NROOT:
	case OP_VMFUNC: vm->nested_root = step->root; break;
	case OP_ENTER: cpu->in_l2 = true; break;
	case OP_EXIT: cpu->in_l2 = false; break;
	case OP_VM: cpu->vm = (uint8_t)step->arg; break;
	case OP_CPU: current = (uint8_t)step->arg; break;
	}
	if (step->irq)
		cpu->in_l2 = false;
}

static struct place place_here(void)
{
	const struct cpu_place *cpu = &places[current];
	const struct vm_place *vm = &cpu->vms[cpu->vm];

	return (struct place){
		.cpu = current,
		.vm = cpu->vm,
		.in_l2 = cpu->in_l2,
		.tag = cpu->in_l2 ? vm->tag : 0,
		.root = cpu->in_l2 ? vm->root : cpu->root,
		.nested_root = cpu->in_l2 ? vm->nested_root : ROOT_NONE,
	};
}

static void count_retention(const struct look *look, bool retained)
{
	if (look->legal == look->current)
		return;
	for (unsigned row = 0; row < RETENTION_ROWS; row++) {
		if (row == NR_EVENTS ? look->events : !(look->events & 1ull << row))
			continue;
		retention[row][look->space].tries++;
		retention[row][look->space].hits += retained;
	}
}

static void judge_look(const struct program *program, const struct step *step,
		       const struct look *look, const struct seen *seen, struct finding *f)
{
	enum judgement judgement = oracle_judge(oracle, step, look, seen->result);

	if (judgement == JUDGED_CURRENT || judgement == JUDGED_RETAINED) {
		f->retained |= judgement == JUDGED_RETAINED;
		count_retention(look, judgement == JUDGED_RETAINED);
		return;
	}
	f->wrong = true;
	f->judgement = judgement;
	f->step = step;
	f->step_nr = (unsigned)(step - program->step) + 1;
	f->place = place_here();
	f->look = *look;
	f->seen = *seen;
}

static void error(struct finding *f, const char *why)
{
	f->error = true;
	f->why = why;
}

void judge(const struct program *program, bool without_flushes, const struct run *run,
	   struct finding *f)
{
	struct program_cursor cursor = {0};
	const struct step *step;
	unsigned looks = 0;

	*f = (struct finding){0};
	oracle_start(oracle, judge_vendor, program_cpus(program));
	start_places();
	while (!f->wrong && (step = program_next(program, &cursor, without_flushes))) {
		struct look look = {0};
		const char *why = NULL;

		if (!oracle_step(oracle, step, &look, &why))
			return error(f, why);
		if (op_is_look(step->op)) {
			if (!without_flushes && !oracle_agrees(step, &look))
				return error(
					f,
					"the oracle does not agree with the author's expectation");
			if (looks == run->nr_seen)
				return;
			judge_look(program, step, &look, &run->seen[looks++], f);
		}
		follow(step);
	}
}
