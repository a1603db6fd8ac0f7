/* SPDX-License-Identifier: MIT */
/* The other CPUs. */
#ifndef KERNEL_SMP_H
#define KERNEL_SMP_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Starts every CPU that ACPI lists, one after the other, and counts those that came up in nr_cpus.
 * One that does not answer within a second is left out with a line on the console.
 */
void smp_start(void);

/* INIT and SIPI of another CPU, which is idle: it waits for calls again, with the control registers
 * of cpu_init(). False: it does not come back within a second. */
bool smp_restart(unsigned cpu);

/*
 * The page, below 1 MiB, where a CPU in real mode begins that comes to entry() in 64-bit mode, on
 * the kernel's root and the stack that ends there (boot/ap.h). For the next one that begins there.
 * 0: there is none.
 */
uint64_t smp_way_in(uint64_t stack, void (*entry)(void));

/*
 * Runs fn(arg) on cpus[cpu] and returns when fn has; on this CPU it is a plain call. APs wait
 * polling, interrupts off, and never halt. Who waits for another CPU serves calls meanwhile: so the
 * boot CPU can have another one go on in its place. One CPU at a time calls.
 */
void smp_call(unsigned cpu, void (*fn)(void *), void *arg);

/* The same in two halves, for another CPU; between them that one runs by itself. */
void smp_start_call(unsigned cpu, void (*fn)(void *), void *arg);
void smp_wait(unsigned cpu);
bool smp_is_idle(unsigned cpu); /* smp_wait() would return at once */

#endif
