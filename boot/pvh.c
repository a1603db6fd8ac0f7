/* SPDX-License-Identifier: MIT */
/*
 * PVH: what QEMU's -kernel hands to an ELF file with a PVH note. The layout is that of struct
 * hvm_start_info in Xen's public headers (arch-x86/hvm/start_info.h), version 1.
 */
#include <stddef.h>

#include "boot/bootinfo.h"
#include "boot/loader.h"

#define PVH_MAGIC 0x336ec578 /* "xEn3" with bit 7 of the 'E' set */

struct pvh_start_info {
	uint32_t magic;		 /* 0x00 */
	uint32_t version;	 /* 0x04 */
	uint32_t flags;		 /* 0x08 */
	uint32_t nr_modules;	 /* 0x0c */
	uint64_t modules;	 /* 0x10 */
	uint64_t cmdline;	 /* 0x18 */
	uint64_t rsdp;		 /* 0x20 */
	uint64_t memmap;	 /* 0x28; from version 1 on */
	uint32_t memmap_entries; /* 0x30 */
	uint32_t reserved;	 /* 0x34 */
};

_Static_assert(offsetof(struct pvh_start_info, memmap_entries) == 0x30, "Xen's layout");

struct pvh_memmap_entry {
	uint64_t base, size;
	uint32_t type;
	uint32_t reserved;
};

_Static_assert(sizeof(struct pvh_memmap_entry) == 24, "Xen's layout");

struct pvh_module {
	uint64_t base, size;
	uint64_t cmdline;
	uint64_t reserved;
};

_Static_assert(sizeof(struct pvh_module) == 32, "Xen's layout");

static void take_cmdline(const char *text)
{
	for (unsigned i = 0; text[i] && i < BOOT_CMDLINE_MAX - 1; i++)
		boot_info.cmdline[i] = text[i]; /* the rest is zero */
}

bool pvh_read(uint64_t address)
{
	const struct pvh_start_info *info = (const void *)address;

	if (info->magic != PVH_MAGIC)
		return false;
	boot_info.protocol = "pvh";
	boot_info.rsdp = info->rsdp;
	if (info->cmdline)
		take_cmdline((const char *)info->cmdline);
	if (info->nr_modules) {
		const struct pvh_module *module = (const void *)info->modules;

		boot_info.module = module->base;
		boot_info.module_size = module->size;
	}
	if (info->version >= 1) {
		const struct pvh_memmap_entry *map = (const void *)info->memmap;

		for (uint32_t i = 0; i < info->memmap_entries; i++)
			boot_add_range(map[i].base, map[i].size, map[i].type);
	}
	return true;
}
