/* SPDX-License-Identifier: MIT */
/* The normal form of what the loader told. */
#include "boot/bootinfo.h"

#include "boot/loader.h"

#define PAGE 0x1000UL

struct boot_info boot_info;

void boot_main(uint32_t magic, uint64_t info);

static enum mem_type mem_type(uint32_t type)
{
	switch (type) {
	case 1: return MEM_USABLE;
	case 3: return MEM_ACPI;
	case 4: return MEM_NVS;
	default: return MEM_RESERVED;
	}
}

static void add(uint64_t base, uint64_t end, enum mem_type type)
{
	if (base < end && boot_info.nr_ranges < BOOT_MAX_RANGES)
		boot_info.range[boot_info.nr_ranges++] = (struct mem_range){base, end - base, type};
}

void boot_add_range(uint64_t base, uint64_t size, uint32_t type)
{
	uint64_t end = base + size;

	if (end < base) /* up to the very end of the address space, or nonsense */
		end = -PAGE;
	if (mem_type(type) == MEM_USABLE)
		add((base + PAGE - 1) & -PAGE, end & -PAGE, MEM_USABLE);
	else
		add(base & -PAGE, (end + PAGE - 1) & -PAGE, mem_type(type));
}

/* Takes away from usable range u what the other range claims: what is behind it becomes a new one.
 */
static void cut(struct mem_range *u, const struct mem_range *other)
{
	uint64_t u_end = u->base + u->size, end = other->base + other->size;

	if (end <= u->base || other->base >= u_end)
		return;
	if (end < u_end)
		add(end, u_end, MEM_USABLE);
	u->size = other->base > u->base ? other->base - u->base : 0;
}

/* Maps may contradict themselves: where anything else overlaps RAM, it is not RAM. */
static void resolve_overlaps(void)
{
	struct mem_range *r = boot_info.range;

	for (unsigned i = 0; i < boot_info.nr_ranges; i++) /* nr_ranges may grow meanwhile */
		for (unsigned j = 0; r[i].type == MEM_USABLE && j < boot_info.nr_ranges; j++)
			if (r[j].type != MEM_USABLE)
				cut(&r[i], &r[j]);
}

/* Insertion sort: the maps come nearly sorted. */
static void sort(void)
{
	struct mem_range *r = boot_info.range;

	for (unsigned i = 1; i < boot_info.nr_ranges; i++) {
		struct mem_range moving = r[i];
		unsigned j = i;

		for (; j && r[j - 1].base > moving.base; j--)
			r[j] = r[j - 1];
		r[j] = moving;
	}
}

/* Joins neighbours of one type (UEFI maps are full of them) and drops what was cut to nothing. */
static void merge(void)
{
	struct mem_range *r = boot_info.range;
	unsigned n = 0;

	for (unsigned i = 0; i < boot_info.nr_ranges; i++) {
		uint64_t end = r[i].base + r[i].size;

		if (!r[i].size)
			continue;
		if (n && r[n - 1].type == r[i].type && r[n - 1].base + r[n - 1].size >= r[i].base) {
			if (end > r[n - 1].base + r[n - 1].size)
				r[n - 1].size = end - r[n - 1].base;
		} else {
			r[n++] = r[i];
		}
	}
	boot_info.nr_ranges = n;
}

extern const char boot_arguments[], boot_arguments_end[]; /* arguments.S */

static void append_arguments(void)
{
	char *out = boot_info.cmdline, *end = out + BOOT_CMDLINE_MAX - 1;

	while (*out)
		out++;
	if (*boot_arguments && out < end)
		*out++ = ' ';
	for (const char *in = boot_arguments; in < boot_arguments_end && *in && out < end; in++)
		*out++ = *in;
}

/* magic and info: EAX and EBX as they were at entry. boot_info has no ranges if they make no sense.
 */
void boot_main(uint32_t magic, uint64_t info)
{
	if (magic == MULTIBOOT2_MAGIC)
		multiboot2_read(info);
	else if (!pvh_read(info))
		boot_info.protocol = "unknown";
	append_arguments();
	resolve_overlaps();
	sort();
	merge();
}
