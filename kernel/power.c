/* SPDX-License-Identifier: MIT */
#include "kernel/power.h"

#include <stdarg.h>

#include "kernel/acpi.h"
#include "kernel/console.h"
#include "lib/pause.h"
#include "lib/port.h"
#include "lib/rflags.h"
#include "lib/segment.h"

#define DEBUG_EXIT_PORT	  0xf4
#define DEBUG_EXIT_OFFSET 16 /* QEMU's own exit codes are lower */

/* ACPI 4.8.3.2.1 "PM1 Control Registers" */
#define PM1_SLP_TYP_SHIFT 10
#define PM1_SLP_EN	  (1U << 13)

#define RESET_PORT	  0xcf9 /* PCI chipsets' reset control */
#define RESET_FULL	  0x0e

static void acpi_power_off(void)
{
	if (acpi.pm1a_cnt)
		outw(acpi.pm1a_cnt, (uint16_t)(acpi.slp_typ_a << PM1_SLP_TYP_SHIFT | PM1_SLP_EN));
	if (acpi.pm1b_cnt)
		outw(acpi.pm1b_cnt, (uint16_t)(acpi.slp_typ_b << PM1_SLP_TYP_SHIFT | PM1_SLP_EN));
}

_Noreturn void power_off(unsigned status)
{
	struct descriptor_table no_idt = {0, 0};

	cli();
	console_drain();
	outb(DEBUG_EXIT_PORT, (uint8_t)(DEBUG_EXIT_OFFSET + status));
	acpi_power_off();
	if (acpi.reset_port)
		outb(acpi.reset_port, acpi.reset_value);
	outb(RESET_PORT, RESET_FULL);
	lidt(&no_idt);
	__asm__ volatile("ud2");
	for (;;)
		hlt();
}

_Noreturn void panic(const char *fmt, ...)
{
	va_list args;

	console_lock(); /* for good: nobody speaks after the END line */
	va_start(args, fmt);
	printk("# | ");
	vprintk(fmt, args);
	printk("\n# END status=%d\n", STATUS_ERROR);
	va_end(args);
	power_off(STATUS_ERROR);
}
