/* SPDX-License-Identifier: MIT */
/* Brings the machine up, then runs the plan. */
#include "boot/bootinfo.h"
#include "kernel/acpi.h"
#include "kernel/apic.h"
#include "kernel/console.h"
#include "kernel/cpu.h"
#include "kernel/memory.h"
#include "kernel/paging.h"
#include "kernel/smp.h"
#include "kernel/trap.h"
#include "plan/plan.h"

_Noreturn void kernel_main(void);

/* Called by boot/entry.S on the boot CPU, with boot_info filled in and nothing else set up. */
_Noreturn void kernel_main(void)
{
	cpu_init(0);
	console_init();
	trap_init();
	trap_load();
	memory_init();
	paging_init();
	acpi_init();
	apic_init();
	smp_start();
	plan_run();
}
