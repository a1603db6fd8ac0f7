/* SPDX-License-Identifier: MIT */
#include "kernel/memory.h"

#include "boot/bootinfo.h"
#include "kernel/power.h"
#include "lib/string.h"

#define FROM (1UL << 20) /* below are the firmware's remains and the AP trampoline */
#define TO   (1UL << 32)

extern const uint8_t __image_start[], __image_end[]; /* linker.ld */

/* What is left, first fit; some more than the loader's ranges, as what is taken may split one. */
static struct {
	uint64_t base, end;
} pool[BOOT_MAX_RANGES + 2];
static unsigned nr_pools;

static void add(uint64_t base, uint64_t end)
{
	if (base < FROM)
		base = FROM;
	if (end > TO)
		end = TO;
	if (base < end) {
		pool[nr_pools].base = base;
		pool[nr_pools].end = end;
		nr_pools++;
	}
}

/* Takes a piece out of what is there. */
static void take(uint64_t base, uint64_t end)
{
	for (unsigned i = 0, n = nr_pools; i < n; i++) {
		uint64_t pool_end = pool[i].end;

		if (end <= pool[i].base || base >= pool_end)
			continue;
		pool[i].end = base > pool[i].base ? base : pool[i].base;
		add(end, pool_end);
	}
}

void memory_init(void)
{
	nr_pools = 0;
	for (unsigned i = 0; i < boot_info.nr_ranges; i++) {
		const struct mem_range *r = &boot_info.range[i];

		if (r->type == MEM_USABLE)
			add(r->base, r->base + r->size);
	}
	take((uint64_t)__image_start, (uint64_t)__image_end);
	take(boot_info.module, boot_info.module + boot_info.module_size);
	if (!nr_pools)
		panic("the loader (%s) gave no memory map", boot_info.protocol);
}

void *memory_alloc(size_t size, size_t align)
{
	return memset(memory_reserve(size, align), 0, size);
}

void *memory_reserve(size_t size, size_t align)
{
	for (unsigned i = 0; i < nr_pools; i++) {
		uint64_t base = (pool[i].base + align - 1) & -align;

		if (base < pool[i].end && size <= pool[i].end - base) {
			pool[i].base = base + size;
			return (void *)base;
		}
	}
	panic("out of memory: %zu bytes at a multiple of %zu, %zu left; give the VM more (-m)",
	      size, align, memory_left());
}

size_t memory_left(void)
{
	size_t left = 0;

	for (unsigned i = 0; i < nr_pools; i++)
		left += pool[i].end - pool[i].base;
	return left;
}

bool memory_is_ram(uint64_t base, uint64_t end)
{
	for (unsigned i = 0; i < boot_info.nr_ranges; i++) {
		const struct mem_range *r = &boot_info.range[i];

		if (r->type != MEM_RESERVED && r->base < end && base < r->base + r->size)
			return true;
	}
	return false;
}
