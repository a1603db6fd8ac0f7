/* SPDX-License-Identifier: MIT */
#include "model/lang/position.h"

#include "model/lang/verbs.h"

void *memset(void *s, int c, size_t n); /* freestanding: the image and the host both have it */

void position_start(struct position *p, struct header header)
{
	memset(p, 0, sizeof(*p));
	for (unsigned cpu = 0; cpu < NR_CPUS; cpu++) {
		p->cpus[cpu].root = (struct root){SPACE_H, 0};
		for (uint8_t vm = 0; vm < NR_VMS; vm++) {
			struct vm_position *v = &p->cpus[cpu].vms[vm];

			/* alone it is L1 that runs in there, with L1's own tag */
			v->tag = header.bare ? 0 : vm + 1;
			v->root = (struct root){SPACE_G, vm};
			v->nested_root = ROOT_NONE;
		}
	}
}

void position_take(struct position *p, const struct step *step)
{
	struct cpu_position *cpu = &p->cpus[p->cpu];
	struct vm_position *vm = &cpu->vms[cpu->vm];

	switch (step->op) {
	case OP_CR3: *(cpu->in_l2 ? &vm->root : &cpu->root) = step->root; break;
	case OP_TAG: vm->tag = step->tag; break;
	case OP_L2CR3: vm->root = step->root; break;
	case OP_NROOT:
	case OP_VMFUNC:
		vm->nested_root = step->root;
		vm->nested_ad = step->arg & NROOT_AD;
		break;
	case OP_VM: cpu->vm = (uint8_t)step->arg; break;
	case OP_CPU: p->cpu = (uint8_t)step->arg; break;
	case OP_INIT: p->cpus[step->arg].root = (struct root){SPACE_H, 0}; break;
	}
}

bool position_is_left(const struct position *p, const struct step *step)
{
	return step->op == OP_CPU && step->arg != p->cpu && position_in_l2(p);
}

void position_follow(struct position *p, const struct step *step)
{
	struct cpu_position *cpu = &p->cpus[p->cpu];

	position_take(p, step);
	if (step->op == OP_SMI || step->op == OP_RSM)
		cpu->in_smm = step->op == OP_SMI;
	if (verbs[step->op].flags & ENTERS)
		cpu->in_l2 = true;
	if (step->irq || (verbs[step->op].flags & LEAVES))
		cpu->in_l2 = false;
}
