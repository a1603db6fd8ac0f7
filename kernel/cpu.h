/* SPDX-License-Identifier: MIT */
/* The CPUs, and what each one calls its own. */
#ifndef KERNEL_CPU_H
#define KERNEL_CPU_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/segment.h"

#define MAX_CPUS 8

/* Interrupt stack table slots: vectors that must not trust the stack they find. */
#define IST_DF	       1
#define IST_NMI	       2
#define IST_MC	       3

#define CPU_STACK_SIZE 16384 /* bytes; an AP's own stack */
#define IST_STACK_SIZE 4096  /* bytes */

struct catch;

struct cpu {
	struct cpu *self; /* %gs:0 */
	unsigned id;	  /* index in cpus[]; 0 is the boot CPU */
	uint32_t apic_id;
	struct catch *catch; /* innermost catch_call() under way, or NULL */
	uint64_t stack;	     /* an AP's own: its end */
	void *hv;	     /* the backend's state */
	void *exec;	     /* the executor's state */

	/* smp_call()'s mailbox: fn is set last and cleared when it is done. */
	void (*volatile fn)(void *);
	void *arg;
	bool serves; /* fn is under way */
	volatile bool online;

	uint64_t gdt[8];
	struct tss tss;
	uint8_t ist_stack[3][IST_STACK_SIZE] __attribute__((aligned(16)));
};

extern struct cpu cpus[MAX_CPUS];
extern unsigned nr_cpus; /* CPUs that run: 1 until smp_start() */

/* CPUID's own words; "" where there is no hypervisor. */
extern const char *cpu_vendor_name;
extern const char *cpu_hypervisor_name;

/*
 * Makes the CPU that it runs on cpus[id]: GDT, TSS with IST stacks, GS base, CR0, CR4 and EFER.
 * Every CPU has the same control registers afterwards (CR0.WP, EFER.NXE where there; CR4.PGE
 * clear).
 */
void cpu_init(unsigned id);

/* Only after cpu_init() on this CPU. */
static inline struct cpu *this_cpu(void)
{
	struct cpu *cpu;

	__asm__ volatile("mov %%gs:0, %0" : "=r"(cpu));
	return cpu;
}

#endif
