/* SPDX-License-Identifier: MIT */
#include "kernel/smp.h"

#include "boot/ap.h"
#include "boot/bootinfo.h"
#include "kernel/acpi.h"
#include "kernel/apic.h"
#include "kernel/console.h"
#include "kernel/cpu.h"
#include "kernel/memory.h"
#include "kernel/paging.h"
#include "kernel/pit.h"
#include "kernel/trap.h"
#include "lib/page.h"
#include "lib/pause.h"
#include "lib/string.h"

#define SIPI_LIMIT (1UL << 20) /* a start-up vector is the number of a page below it */

static unsigned next_id;    /* of the AP under way */
static uint64_t trampoline; /* its page */

uint64_t smp_way_in(uint64_t stack, void (*entry)(void))
{
	ap_boot.root = paging_kernel_root();
	ap_boot.stack = stack;
	ap_boot.entry = entry;
	return trampoline;
}

/* Carries out the call that waits for this CPU, if there is one and it is not under way. */
static void serve(struct cpu *cpu)
{
	void (*fn)(void *) = __atomic_load_n(&cpu->fn, __ATOMIC_ACQUIRE);

	if (fn && !cpu->serves) {
		cpu->serves = true;
		fn(cpu->arg);
		cpu->serves = false;
		__atomic_store_n(&cpu->fn, NULL, __ATOMIC_RELEASE);
	}
	pause();
}

static _Noreturn void ap_main(void)
{
	cpu_init(next_id);
	trap_load();
	apic_init();
	this_cpu()->apic_id = apic_id();
	this_cpu()->online = true;
	for (;;)
		serve(this_cpu());
}

/* The first usable page past the real-mode vectors and the BIOS data area. */
static uint64_t find_low_page(void)
{
	for (unsigned i = 0; i < boot_info.nr_ranges; i++) {
		const struct mem_range *r = &boot_info.range[i];
		uint64_t base = r->base < PAGE_SIZE ? PAGE_SIZE : r->base;

		if (r->type == MEM_USABLE && base < SIPI_LIMIT &&
		    base + PAGE_SIZE <= r->base + r->size)
			return base;
	}
	return 0;
}

static bool start(unsigned nr, uint32_t id)
{
	struct cpu *cpu = &cpus[nr];

	if (!cpu->stack)
		cpu->stack = (uint64_t)memory_alloc(CPU_STACK_SIZE, 16) + CPU_STACK_SIZE;
	next_id = nr;
	cpu->online = false;
	smp_way_in(cpu->stack, ap_main);
	apic_init_sipi(id, (uint32_t)trampoline);
	for (unsigned ms = 0; ms < 1000 && !cpu->online; ms++)
		pit_delay(1000);
	return cpu->online;
}

void smp_start(void)
{
	trampoline = find_low_page();

	cpus[0].apic_id = apic_id();
	cpus[0].online = true;
	if (trampoline)
		memcpy((void *)trampoline, ap_trampoline,
		       (size_t)(ap_trampoline_end - ap_trampoline));
	for (unsigned i = 0; i < acpi.nr_cpus; i++) {
		if (acpi.apic_id[i] == cpus[0].apic_id)
			continue;
		if (trampoline && start(nr_cpus, acpi.apic_id[i])) {
			nr_cpus++;
			continue;
		}
		/* A latecomer would run with what is meant for the next one. */
		printk("# the CPU with APIC ID %u does not start; going on with %u\n",
		       acpi.apic_id[i], nr_cpus);
		break;
	}
}

bool smp_restart(unsigned cpu)
{
	return start(cpu, cpus[cpu].apic_id);
}

void smp_start_call(unsigned cpu, void (*fn)(void *), void *arg)
{
	struct cpu *c = &cpus[cpu];

	c->arg = arg;
	__atomic_store_n(&c->fn, fn, __ATOMIC_RELEASE);
}

bool smp_is_idle(unsigned cpu)
{
	return !__atomic_load_n(&cpus[cpu].fn, __ATOMIC_ACQUIRE);
}

void smp_wait(unsigned cpu)
{
	while (!smp_is_idle(cpu))
		serve(this_cpu());
}

void smp_call(unsigned cpu, void (*fn)(void *), void *arg)
{
	if (&cpus[cpu] == this_cpu()) {
		fn(arg);
		return;
	}
	smp_start_call(cpu, fn, arg);
	smp_wait(cpu);
}
