/* SPDX-License-Identifier: MIT */
/* The few facts that we take from ACPI. */
#ifndef KERNEL_ACPI_H
#define KERNEL_ACPI_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/cpu.h"

struct acpi_info {
	unsigned nr_cpus; /* enabled CPUs, at most MAX_CPUS; 0: no MADT */
	uint32_t apic_id[MAX_CPUS];

	/* Power-off: write slp_typ with SLP_EN to the PM1 control ports. Ports are 0 if unknown. */
	uint16_t pm1a_cnt, pm1b_cnt;
	uint8_t slp_typ_a, slp_typ_b;

	/* Reset: write reset_value to reset_port. 0 if unknown or not a port. */
	uint16_t reset_port;
	uint8_t reset_value;
};

extern struct acpi_info acpi;

/* Fills acpi from boot_info.rsdp, or from a search of the BIOS area when that is 0. What is missing
 * or has a bad checksum is left at zero. */
void acpi_init(void);

#endif
