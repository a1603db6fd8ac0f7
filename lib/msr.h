/* SPDX-License-Identifier: MIT */
/* Model-specific registers: APM vol. 2, appendix A "MSR Cross-Reference"; SDM vol. 4. */
#ifndef LIB_MSR_H
#define LIB_MSR_H

#include <stdint.h>

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

#endif
