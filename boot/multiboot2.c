/* SPDX-License-Identifier: MIT */
/*
 * Multiboot2 as GRUB speaks it, on BIOS and on UEFI; specification 2.0,
 * 3.6 "Boot information".
 *
 * On UEFI GRUB gives two memory maps: the firmware's own (tag 17) and its translation into the form
 * that it also uses on BIOS (tag 6), where memory of the boot services, which GRUB has ended,
 * counts as RAM. We read tag 6 alone: one format for both, and the runtime services' attributes,
 * all that tag 17 has beyond it, are nothing to us.
 */
#include <stddef.h>

#include "boot/bootinfo.h"
#include "boot/loader.h"

enum tag_type {
	TAG_END = 0,
	TAG_CMDLINE = 1,
	TAG_MODULE = 3,
	TAG_MMAP = 6,
	TAG_EFI32_SYSTEM = 11,
	TAG_EFI64_SYSTEM = 12,
	TAG_RSDP_OLD = 14, /* ACPI 1.0 */
	TAG_RSDP_NEW = 15, /* ACPI 2.0 and later */
	TAG_EFI_MMAP = 17,
};

struct tag {
	uint32_t type;
	uint32_t size; /* bytes, this header included; the next tag is at a multiple of 8 */
	uint8_t body[];
};

struct module_body {
	uint32_t start, end;
};

struct mmap_body {
	uint32_t entry_size;
	uint32_t entry_version;
	uint8_t entries[];
};

struct mmap_entry {
	uint64_t base, size;
	uint32_t type;
	uint32_t reserved;
};

/* A copy of the RSDP: the tag holds one, not its address. */
static uint8_t rsdp[36] __attribute__((aligned(16)));

/*
 * GRUB joins the words of its configuration to one line; a word with blanks it puts in double
 * quotes, and it writes a backslash before every quote and backslash. Undone here, so that the line
 * is the same as with -kernel.
 */
static void take_cmdline(const struct tag *tag)
{
	const char *in = (const char *)tag->body;
	char *out = boot_info.cmdline, *end = out + BOOT_CMDLINE_MAX - 1;

	for (; *in && out < end; in++) {
		if (*in == '"')
			continue;
		if (*in == '\\' && in[1])
			in++;
		*out++ = *in;
	}
	*out = '\0';
}

static void take_module(const struct tag *tag)
{
	const struct module_body *module = (const void *)tag->body;

	boot_info.module = module->start;
	boot_info.module_size = module->end - module->start;
}

static void take_rsdp(const struct tag *tag)
{
	uint32_t size = tag->size - sizeof(*tag);

	for (uint32_t i = 0; i < size && i < sizeof(rsdp); i++)
		rsdp[i] = tag->body[i];
	boot_info.rsdp = (uint64_t)rsdp;
}

static void take_mmap(const struct tag *tag)
{
	const struct mmap_body *map = (const void *)tag->body;
	const uint8_t *end = (const uint8_t *)tag + tag->size;

	for (const uint8_t *p = map->entries; p + sizeof(struct mmap_entry) <= end;
	     p += map->entry_size) {
		const struct mmap_entry *entry = (const void *)p;

		boot_add_range(entry->base, entry->size, entry->type);
	}
}

void multiboot2_read(uint64_t address)
{
	const struct tag *tag = (const void *)(address + 8); /* after total size and reserved */
	bool new_rsdp = false;

	boot_info.protocol = "multiboot2-bios";
	while (tag->type != TAG_END) {
		switch (tag->type) {
		case TAG_CMDLINE: take_cmdline(tag); break;
		case TAG_MODULE: take_module(tag); break;
		case TAG_MMAP: take_mmap(tag); break;
		case TAG_EFI32_SYSTEM:
		case TAG_EFI64_SYSTEM:
		case TAG_EFI_MMAP: boot_info.protocol = "multiboot2-uefi"; break;
		case TAG_RSDP_NEW:
			new_rsdp = true;
			take_rsdp(tag);
			break;
		case TAG_RSDP_OLD:
			if (!new_rsdp)
				take_rsdp(tag);
			break;
		}
		tag = (const void *)((uintptr_t)tag + ((tag->size + 7) & ~7UL));
	}
}
