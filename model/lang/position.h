/* SPDX-License-Identifier: MIT */
/*
 * Who runs: the vCPU that the steps are for, and on each vCPU the level, the VM, its tag and its
 * roots. Followed here, for all who go through a program step by step.
 */
#ifndef MODEL_LANG_POSITION_H
#define MODEL_LANG_POSITION_H

#include "model/lang/program.h"

struct vm_position {
	uint8_t tag;		 /* that the next enter uses, or the one under way */
	struct root root;	 /* CR3 */
	struct root nested_root; /* ROOT_NONE: no nested paging */
	bool nested_ad;		 /* with accessed and dirty bits (EPTP bit 6) */
};

struct cpu_position {
	bool in_l2;
	bool in_smm; /* its SMI handler runs, on L1's root; L2 waits, if it was there */
	uint8_t vm;
	struct root root; /* L1's CR3 */
	struct vm_position vms[NR_VMS];
};

struct position {
	uint8_t cpu;
	struct cpu_position cpus[NR_CPUS];
};

/* As a program begins: on vCPU 0, all in L1. */
void position_start(struct position *p, struct header header);

/* What a step names: a vCPU, a VM, a tag, a root. The level stays. */
void position_take(struct position *p, const struct step *step);

/*
 * Goes on behind a step: what it names, and the level. What it leaves unchanged is left alone, so
 * two positions that are equal can be compared byte by byte. A step that enters L2 and leaves it
 * again changes nothing.
 */
void position_follow(struct position *p, const struct step *step);

/* Does the step, from there, leave L2 running and go to another vCPU? */
bool position_is_left(const struct position *p, const struct step *step);

static inline const struct cpu_position *position_here(const struct position *p)
{
	return &p->cpus[p->cpu];
}

static inline const struct vm_position *position_vm(const struct position *p)
{
	return &position_here(p)->vms[position_here(p)->vm];
}

/* Does L2 run (in a program of L1 alone: L1 in its other mode)? */
static inline bool position_of_l2(const struct cpu_position *cpu)
{
	return cpu->in_l2 && !cpu->in_smm;
}

static inline bool position_in_l2(const struct position *p)
{
	return position_of_l2(position_here(p));
}

/* The root that runs. */
static inline struct root position_root(const struct position *p)
{
	return position_in_l2(p) ? position_vm(p)->root : position_here(p)->root;
}

#endif
