/* SPDX-License-Identifier: MIT */
/* The image in the guest's memory, entered by PVH: Xen's "x86/HVM direct boot ABI". */
#ifndef VMM_IMAGE_H
#define VMM_IMAGE_H

#include "vmm/common.h"

/* Where the VM begins, in 32-bit protected mode with flat segments. */
struct image_entry {
	uint32_t eip;
	uint32_t ebx; /* physical address of the start information */
};

/* Loads the ELF file, and builds what it is told: command line, memory map, ACPI tables, a file
 * beside it (module: NULL for none). */
struct image_entry image_load(const char *path, const char *module, const char *arguments,
			      unsigned cpus);

#endif
