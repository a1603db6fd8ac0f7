/* SPDX-License-Identifier: MIT */
/* Descriptor tables, the TSS, and the selectors that every CPU of the image has: APM vol. 2,
 * chapter 4 "Segmented Virtual Memory". */
#ifndef LIB_SEGMENT_H
#define LIB_SEGMENT_H

#include <stdint.h>

/* Selectors of every CPU's GDT, and of L2's, which is the same. */
#define GDT_CODE64 0x08
#define GDT_DATA   0x10
#define GDT_TSS	   0x18
#define GDT_USER   0x20 /* of SYSRET: stack at + 8, 64-bit code at + 16 */
#define GDT_CODE32 0x38

/* 64-bit task state segment; APM volume 2, section 12.2.5 "64-Bit Task State Segment" */
struct tss {
	uint32_t reserved0;
	uint64_t rsp[3]; /* 0x04 */
	uint64_t reserved1;
	uint64_t ist[7]; /* 0x24; ist[0] is IST 1 */
	uint64_t reserved2;
	uint16_t reserved3;
	uint16_t iomap_base; /* 0x66 */
} __attribute__((packed));

_Static_assert(sizeof(struct tss) == 0x68, "size of the 64-bit TSS");

/* Operand of LGDT, LIDT, SGDT and SIDT */
struct descriptor_table {
	uint16_t limit; /* size in bytes - 1 */
	uint64_t base;
} __attribute__((packed));

static inline void lgdt(const struct descriptor_table *table)
{
	__asm__ volatile("lgdt %0" : : "m"(*table) : "memory");
}

static inline void lidt(const struct descriptor_table *table)
{
	__asm__ volatile("lidt %0" : : "m"(*table) : "memory");
}

static inline void sgdt(struct descriptor_table *table)
{
	__asm__ volatile("sgdt %0" : "=m"(*table) : : "memory");
}

static inline void sidt(struct descriptor_table *table)
{
	__asm__ volatile("sidt %0" : "=m"(*table) : : "memory");
}

static inline void ltr(uint16_t selector)
{
	__asm__ volatile("ltr %0" : : "r"(selector) : "memory");
}

#endif
