/* SPDX-License-Identifier: MIT */
/* CPUID: APM vol. 3, appendix E "Obtaining Processor Information Via the CPUID Instruction"; SDM
 * vol. 2, "CPUID". */
#ifndef LIB_CPUID_H
#define LIB_CPUID_H

#include <stdbool.h>
#include <stdint.h>

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

enum cpuid_register { CPUID_EAX, CPUID_EBX, CPUID_ECX, CPUID_EDX };

/* Features, as arguments of cpuid_has(): leaf, register, bit. */
#define FEATURE_VMX	   1, CPUID_ECX, 5
#define FEATURE_PCID	   1, CPUID_ECX, 17
#define FEATURE_HYPERVISOR 1, CPUID_ECX, 31 /* set by hypervisors only */
#define FEATURE_SMEP	   7, CPUID_EBX, 7
#define FEATURE_INVPCID	   7, CPUID_EBX, 10
#define FEATURE_SMAP	   7, CPUID_EBX, 20
#define FEATURE_LA57	   7, CPUID_ECX, 16
#define FEATURE_SVM	   0x80000001, CPUID_ECX, 2
#define FEATURE_NX	   0x80000001, CPUID_EDX, 20
#define FEATURE_PAGE1G	   0x80000001, CPUID_EDX, 26

/* False where the CPU has no such leaf. */
static inline bool cpuid_has(uint32_t leaf, enum cpuid_register reg, unsigned bit)
{
	const uint32_t range = leaf & 0xffff0000;
	struct cpuid r;

	if (cpuid(range, 0).eax < leaf)
		return false;
	r = cpuid(leaf, 0);
	return (const uint32_t[]){r.eax, r.ebx, r.ecx, r.edx}[reg] >> bit & 1;
}

/* Width of physical addresses; without the leaf that of PAE's. */
static inline unsigned cpuid_physical_bits(void)
{
	return cpuid(0x80000000, 0).eax >= 0x80000008 ? cpuid(0x80000008, 0).eax & 0xff : 36;
}

#endif
