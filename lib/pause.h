/* SPDX-License-Identifier: MIT */
/* Waiting, and telling the time. */
#ifndef LIB_PAUSE_H
#define LIB_PAUSE_H

#include <stdint.h>

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

#endif
