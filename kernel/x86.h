/* SPDX-License-Identifier: MIT */
/*
 * Instructions and registers of x86-64 that no C expression reaches, named as in the manuals:
 * AMD64 Architecture Programmer's Manual (APM) volume 2, chapter 3 "System Resources" and chapter
 * 5 "Page Translation and Protection"; Intel SDM volume 3A, chapter 2 "System Architecture
 * Overview" and chapter 4 "Paging" (chapter 5 in newer editions).
 */
#ifndef REVENANT_KERNEL_X86_H
#define REVENANT_KERNEL_X86_H

#include <stdint.h>

#define PAGE_SIZE 0x1000UL
#define PAGE_MASK (~(PAGE_SIZE - 1))

/* CR0 */
#define CR0_PE (1UL << 0)
#define CR0_MP (1UL << 1)
#define CR0_EM (1UL << 2)
#define CR0_TS (1UL << 3)
#define CR0_ET (1UL << 4)
#define CR0_NE (1UL << 5)
#define CR0_WP (1UL << 16)
#define CR0_AM (1UL << 18)
#define CR0_NW (1UL << 29)
#define CR0_CD (1UL << 30)
#define CR0_PG (1UL << 31)

/* CR3 */
#define CR3_PCID_MASK 0xfffUL	  /* with CR4.PCIDE */
#define CR3_NOFLUSH   (1UL << 63) /* operand of MOV to CR3 only, with CR4.PCIDE */

/* CR4 */
#define CR4_TSD	       (1UL << 2)
#define CR4_DE	       (1UL << 3)
#define CR4_PSE	       (1UL << 4)
#define CR4_PAE	       (1UL << 5)
#define CR4_MCE	       (1UL << 6)
#define CR4_PGE	       (1UL << 7)
#define CR4_PCE	       (1UL << 8)
#define CR4_OSFXSR     (1UL << 9)
#define CR4_OSXMMEXCPT (1UL << 10)
#define CR4_UMIP       (1UL << 11)
#define CR4_LA57       (1UL << 12)
#define CR4_VMXE       (1UL << 13)
#define CR4_SMXE       (1UL << 14)
#define CR4_FSGSBASE   (1UL << 16)
#define CR4_PCIDE      (1UL << 17)
#define CR4_OSXSAVE    (1UL << 18)
#define CR4_SMEP       (1UL << 20)
#define CR4_SMAP       (1UL << 21)
#define CR4_PKE	       (1UL << 22)

/* RFLAGS */
#define RFLAGS_CF (1UL << 0)
#define RFLAGS_R1 (1UL << 1) /* reads as one */
#define RFLAGS_ZF (1UL << 6)
#define RFLAGS_TF (1UL << 8)
#define RFLAGS_IF (1UL << 9)
#define RFLAGS_DF (1UL << 10)
#define RFLAGS_NT (1UL << 14)
#define RFLAGS_RF (1UL << 16)
#define RFLAGS_VM (1UL << 17)
#define RFLAGS_AC (1UL << 18)
#define RFLAGS_ID (1UL << 21)

/* MSRs */
#define MSR_APIC_BASE	   0x0000001b
#define MSR_PAT		   0x00000277
#define MSR_X2APIC	   0x00000800 /* register at MMIO offset n: MSR_X2APIC + n / 16 */
#define MSR_EFER	   0xc0000080
#define MSR_STAR	   0xc0000081
#define MSR_LSTAR	   0xc0000082
#define MSR_CSTAR	   0xc0000083
#define MSR_SFMASK	   0xc0000084
#define MSR_FS_BASE	   0xc0000100
#define MSR_GS_BASE	   0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102

#define APIC_BASE_BSP	   (1UL << 8)
#define APIC_BASE_EXTD	   (1UL << 10) /* x2APIC mode */
#define APIC_BASE_EN	   (1UL << 11)
#define APIC_BASE_ADDR	   0x000ffffffffff000UL

#define EFER_SCE	   (1UL << 0)
#define EFER_LME	   (1UL << 8)
#define EFER_LMA	   (1UL << 10)
#define EFER_NXE	   (1UL << 11)
#define EFER_SVME	   (1UL << 12)
#define EFER_LMSLE	   (1UL << 13)
#define EFER_FFXSR	   (1UL << 14)

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

struct cpuid {
	uint32_t eax, ebx, ecx, edx;
};

static inline struct cpuid cpuid(uint32_t leaf, uint32_t subleaf)
{
	struct cpuid r;

	__asm__ volatile("cpuid"
			 : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
			 : "a"(leaf), "c"(subleaf));
	return r;
}

static inline uint64_t rdmsr(uint32_t msr)
{
	uint32_t lo, hi;

	__asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
	return (uint64_t)hi << 32 | lo;
}

static inline void wrmsr(uint32_t msr, uint64_t value)
{
	__asm__ volatile("wrmsr"
			 :
			 : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
			 : "memory");
}

#define X86_REGISTER(name)                                                                     \
	static inline uint64_t read_##name(void)                                               \
	{                                                                                      \
		unsigned long value;                                                           \
                                                                                               \
		__asm__ volatile("mov %%" #name ", %0" : "=r"(value) : : "memory");            \
		return value;                                                                  \
	}                                                                                      \
                                                                                               \
	static inline void write_##name(uint64_t value)                                        \
	{                                                                                      \
		__asm__ volatile("mov %0, %%" #name : : "r"((unsigned long)value) : "memory"); \
	}

X86_REGISTER(cr0)
X86_REGISTER(cr2)
X86_REGISTER(cr3)
X86_REGISTER(cr4)
X86_REGISTER(dr6)
X86_REGISTER(dr7)

#undef X86_REGISTER

static inline uint64_t read_rflags(void)
{
	uint64_t value;

	__asm__ volatile("pushfq; pop %0" : "=r"(value) : : "memory");
	return value;
}

static inline void write_rflags(uint64_t value)
{
	__asm__ volatile("push %0; popfq" : : "r"(value) : "memory", "cc");
}

static inline void outb(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void outw(uint16_t port, uint16_t value)
{
	__asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void outl(uint16_t port, uint32_t value)
{
	__asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline uint8_t inb(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static inline uint16_t inw(uint16_t port)
{
	uint16_t value;

	__asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static inline uint32_t inl(uint16_t port)
{
	uint32_t value;

	__asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static inline void invlpg(uint64_t linear)
{
	__asm__ volatile("invlpg (%0)" : : "r"(linear) : "memory");
}

/* LFENCE keeps earlier instructions from finishing after the counter is read. */
static inline uint64_t rdtsc_ordered(void)
{
	uint32_t lo, hi;

	__asm__ volatile("lfence; rdtsc; lfence" : "=a"(lo), "=d"(hi) : : "memory");
	return (uint64_t)hi << 32 | lo;
}

static inline void hlt(void)
{
	__asm__ volatile("hlt" : : : "memory");
}

static inline void pause(void)
{
	__asm__ volatile("pause" : : : "memory");
}

static inline void sti(void)
{
	__asm__ volatile("sti" : : : "memory", "cc");
}

static inline void cli(void)
{
	__asm__ volatile("cli" : : : "memory", "cc");
}

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
