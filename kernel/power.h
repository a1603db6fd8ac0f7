/* SPDX-License-Identifier: MIT */
/* The end of the VM. */
#ifndef KERNEL_POWER_H
#define KERNEL_POWER_H

/* Statuses of the END line; run.sh has the same. */
enum power_status {
	STATUS_CLEAN = 0,
	STATUS_WRONG = 1,
	STATUS_USAGE = 2,
	STATUS_NOTHING = 77,
	STATUS_ERROR = 99,
};

/*
 * Ends the VM with a status (0 to 111). Drains the console, writes 16 + status to QEMU's
 * isa-debug-exit at port 0xf4, then tries ACPI power-off, the ACPI reset register, port 0xcf9 and
 * a triple fault.
 */
_Noreturn void power_off(unsigned status);

/* Our own fault: prints "# | " and the message, "# END status=99", and ends the VM. */
__attribute__((format(printf, 1, 2))) _Noreturn void panic(const char *fmt, ...);

#endif
