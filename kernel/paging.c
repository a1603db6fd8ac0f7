/* SPDX-License-Identifier: MIT */
#include "kernel/paging.h"

#include "boot/bootinfo.h"
#include "kernel/cpu.h"
#include "kernel/memory.h"
#include "lib/cr.h"
#include "lib/page.h"

#define LEAF_SIZE   (2UL << 20)
#define ALWAYS	    (4UL << 30)	  /* mapped whether RAM or not */
#define REACH	    (512UL << 30) /* of one PML4 entry */
#define TABLE_FLAGS (PTE_P | PTE_W | PTE_A)
#define LEAF_FLAGS  (PTE_P | PTE_W | PTE_A | PTE_D | PTE_PS)
/* PAT entry 3, after reset UC; APM volume 2, 7.8 "Page-Attribute Table Mechanism" */
#define UNCACHEABLE (PTE_PCD | PTE_PWT)

extern const char __image_start[], __image_end[];

static uint64_t *pml4;

static uint64_t *table_below(uint64_t *entry)
{
	if (!*entry)
		*entry = (uint64_t)memory_alloc(PAGE_SIZE, PAGE_SIZE) | TABLE_FLAGS;
	return (uint64_t *)(*entry & PTE_ADDR);
}

static void map(uint64_t base, uint64_t end)
{
	for (uint64_t a = base & -LEAF_SIZE; a < end && a < REACH; a += LEAF_SIZE) {
		uint64_t *pdpt = table_below(&pml4[0]);
		uint64_t *pd = table_below(&pdpt[a >> 30]);

		pd[a >> 21 & 511] =
			a | LEAF_FLAGS | (memory_is_ram(a, a + LEAF_SIZE) ? 0 : UNCACHEABLE);
	}
}

/* The image lies in the first GiB. */
static void map_user_image(void)
{
	uint64_t *pdpt = memory_alloc(PAGE_SIZE, PAGE_SIZE);
	uint64_t *pd = memory_alloc(PAGE_SIZE, PAGE_SIZE);

	pml4[1] = (uint64_t)pdpt | TABLE_FLAGS | PTE_U;
	pdpt[0] = (uint64_t)pd | TABLE_FLAGS | PTE_U;
	for (uint64_t a = (uint64_t)__image_start & -LEAF_SIZE; a < (uint64_t)__image_end;
	     a += LEAF_SIZE)
		pd[a >> 21] = (a | LEAF_FLAGS | PTE_U) & ~PTE_W;
}

void paging_init(void)
{
	pml4 = memory_alloc(PAGE_SIZE, PAGE_SIZE);
	map(0, ALWAYS);
	map_user_image();
	for (unsigned i = 0; i < boot_info.nr_ranges; i++) {
		const struct mem_range *r = &boot_info.range[i];

		if (r->type != MEM_RESERVED && r->base + r->size > ALWAYS)
			map(r->base, r->base + r->size);
	}
	write_cr3(paging_kernel_root());
}

uint64_t paging_kernel_root(void)
{
	return (uint64_t)pml4;
}

uint64_t paging_kernel_pml4e(void)
{
	return pml4[0];
}

uint64_t paging_user_pml4e(void)
{
	return pml4[1];
}

uint64_t paging_kernel_pd(void)
{
	uint64_t *pdpt = (uint64_t *)(pml4[0] & PTE_ADDR);

	return pdpt[0] & PTE_ADDR;
}

uint64_t paging_pae_root(void)
{
	static uint64_t pdpts[MAX_CPUS][4] __attribute__((aligned(32)));
	uint64_t *pdpt = pdpts[this_cpu()->id];

	pdpt[0] = paging_kernel_pd() | PTE_P;
	return (uint64_t)pdpt;
}
