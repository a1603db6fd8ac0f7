/* SPDX-License-Identifier: MIT */
/* RFLAGS, and the instructions that change its IF: APM vol. 2, 3.1.6 "RFLAGS Register". */
#ifndef LIB_RFLAGS_H
#define LIB_RFLAGS_H

#include <stdint.h>

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

static inline void sti(void)
{
	__asm__ volatile("sti" : : : "memory", "cc");
}

static inline void cli(void)
{
	__asm__ volatile("cli" : : : "memory", "cc");
}

#endif
