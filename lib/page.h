/* SPDX-License-Identifier: MIT */
/* Page-table entries: APM vol. 2, chapter 5 "Page Translation and Protection"; SDM vol. 3,
 * "Paging". */
#ifndef LIB_PAGE_H
#define LIB_PAGE_H

#include <stdint.h>

#define PAGE_SIZE 0x1000UL

/* Page-table entries of every level; PS and G have a meaning in some of them only */
#define PTE_P	 (1UL << 0)
#define PTE_W	 (1UL << 1)
#define PTE_U	 (1UL << 2)
#define PTE_PWT	 (1UL << 3)
#define PTE_PCD	 (1UL << 4)
#define PTE_A	 (1UL << 5)
#define PTE_D	 (1UL << 6)
#define PTE_PS	 (1UL << 7)
#define PTE_G	 (1UL << 8)
#define PTE_ADDR 0x000ffffffffff000UL
#define PTE_NX	 (1UL << 63)

/* Error code of #PF */
#define PF_P	(1U << 0) /* 1: protection, 0: not present */
#define PF_W	(1U << 1)
#define PF_U	(1U << 2)
#define PF_RSVD (1U << 3)
#define PF_ID	(1U << 4) /* instruction fetch */
#define PF_PK	(1U << 5)
#define PF_SS	(1U << 6)

static inline void invlpg(uint64_t linear)
{
	__asm__ volatile("invlpg (%0)" : : "r"(linear) : "memory");
}

#endif
