/* SPDX-License-Identifier: MIT */
/* Control and debug registers: APM vol. 2, 3.1 "System-Control Registers"; SDM vol. 3, 2.5 "Control
 * Registers". */
#ifndef LIB_CR_H
#define LIB_CR_H

#include <stdint.h>

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
#define CR3_PWT	    (1UL << 3)
#define CR3_PCD	    (1UL << 4)
#define CR3_NOFLUSH (1UL << 63) /* operand of MOV to CR3 only, with CR4.PCIDE */

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

#endif
