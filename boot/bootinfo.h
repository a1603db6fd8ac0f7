/* SPDX-License-Identifier: MIT */
/*
 * What the loader told us, in one form whichever way the image was entered.
 *
 * Everything here is a copy: once boot_main() has returned, nothing of the loader's own
 * structures is needed and their memory is free (the memory map counts it as usable). The module
 * alone stays where it is.
 */
#ifndef BOOT_BOOTINFO_H
#define BOOT_BOOTINFO_H

#include <stdint.h>

#define BOOT_MAX_RANGES	 128
#define BOOT_CMDLINE_MAX 4096

enum mem_type {
	MEM_USABLE,   /* RAM, free for us; holds the image too */
	MEM_RESERVED, /* anything not named otherwise */
	MEM_ACPI,     /* ACPI tables: RAM, readable, kept */
	MEM_NVS,      /* ACPI non-volatile storage: the firmware's */
};

/* Physical addresses in bytes; usable ranges are cut to whole pages, others widened. */
struct mem_range {
	uint64_t base, size;
	enum mem_type type;
};

struct boot_info {
	const char *protocol;		/* "pvh", "multiboot2-bios" or "multiboot2-uefi" */
	char cmdline[BOOT_CMDLINE_MAX]; /* without the image's name; always terminated */
	uint64_t rsdp;			/* physical address of the ACPI RSDP, 0: not told */
	uint64_t module, module_size; /* a file beside the image, in bytes; size 0: there is none */
	unsigned nr_ranges;	      /* sorted by base; usable ones overlap nothing */
	struct mem_range range[BOOT_MAX_RANGES];
};

extern struct boot_info boot_info;

#endif
