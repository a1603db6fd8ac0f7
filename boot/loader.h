/* SPDX-License-Identifier: MIT */
/* Between the readers of the loaders' formats and the normal form. Internal to boot/. */
#ifndef BOOT_LOADER_H
#define BOOT_LOADER_H

#include <stdbool.h>
#include <stdint.h>

#define MULTIBOOT2_MAGIC 0x36d76289 /* in EAX at entry; Multiboot2 3.3 "I386 machine state" */

/* Each fills boot_info from info, a physical address. */
void multiboot2_read(uint64_t info);
bool pvh_read(uint64_t info); /* false: this is no PVH start information */

/*
 * Takes one entry of a memory map, in bytes, in any order. type: 1 RAM, 3 ACPI tables, 4 NVS, all
 * others reserved: PVH and multiboot2 both number them as ACPI 15.1 "INT 15H, E820H" does.
 */
void boot_add_range(uint64_t base, uint64_t size, uint32_t type);

#endif
