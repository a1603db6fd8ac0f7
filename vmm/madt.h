/* SPDX-License-Identifier: MIT */
/* ACPI tables that name the VM's CPUs. */
#ifndef VMM_MADT_H
#define VMM_MADT_H

#include "vmm/common.h"

/* Writes the tables to a guest-physical address below 4 GiB; returns that of the RSDP. */
uint64_t madt_build(uint64_t address, unsigned cpus);

#endif
