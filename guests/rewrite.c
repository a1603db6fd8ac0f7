/* SPDX-License-Identifier: MIT */
#include "guests/rewrite.h"

#include "lib/page.h"

#define TABLE_BYTES 4096

/*
 * In pieces. Where one piece alone differs, one store does it. Else the entry is made not present
 * first, and present last: the piece with the P bit is the lowest.
 */
static void write_halves(volatile uint32_t *half, uint64_t value)
{
	const uint32_t low = (uint32_t)value, high = (uint32_t)(value >> 32);

	if (half[1] != high) {
		if (half[0] != low || !(low & PTE_P))
			half[0] = 0;
		half[1] = high;
	}
	half[0] = low;
}

static void write_bytes(volatile uint8_t *byte, uint64_t value)
{
	unsigned differ = 0;

	for (unsigned i = 0; i < sizeof(value); i++)
		differ += byte[i] != (uint8_t)(value >> (8 * i));
	if (differ > 1)
		byte[0] &= (uint8_t)~PTE_P;
	for (unsigned i = sizeof(value); i--;) {
		uint8_t wanted = (uint8_t)(value >> (8 * i));

		if (byte[i] != wanted)
			byte[i] = wanted;
	}
}

/* Together with the upper half of the entry before it, which has none of the bits that a walk sets.
 */
static void write_misaligned(volatile uint64_t *entry, uint64_t value)
{
	volatile uint32_t *half = (volatile uint32_t *)entry;

	if ((uint64_t)entry % TABLE_BYTES == 0 || half[1] != (uint32_t)(value >> 32))
		*entry = value;
	else
		*(volatile uint64_t *)(half - 1) = half[-1] | value << 32;
}

static void write_16(volatile uint64_t *entry, uint64_t value)
{
	volatile uint64_t *pair = (volatile uint64_t *)((uint64_t)entry & ~15ull);
	uint64_t both[2] __attribute__((aligned(16)));

	both[0] = entry == pair ? value : pair[0];
	both[1] = entry == pair ? pair[1] : value;
	/* no compiler here knows of vector registers, and nobody else uses them */
	__asm__ volatile("movdqa (%0), %%xmm0; movdqa %%xmm0, (%1)"
			 :
			 : "r"(both), "r"(pair)
			 : "memory");
}

void write_entry(volatile uint64_t *entry, uint64_t value, enum way way)
{
	volatile uint64_t *to = entry;
	const uint64_t *from = &value;
	uint64_t count = 1, old = *entry;

	switch (way) {
	case WAY_4: write_halves((volatile uint32_t *)entry, value); break;
	case WAY_1: write_bytes((volatile uint8_t *)entry, value); break;
	case WAY_MISALIGNED: write_misaligned(entry, value); break;
	case WAY_XCHG: __asm__ volatile("xchg %0, %1" : "+r"(value), "+m"(*entry)); break;
	case WAY_CMPXCHG: /* fails if a walk sets a bit meanwhile */
		while (!__atomic_compare_exchange_n(entry, &old, value, false, __ATOMIC_SEQ_CST,
						    __ATOMIC_SEQ_CST))
			;
		break;
	case WAY_STOS:
		__asm__ volatile("cld; rep stosq"
				 : "+D"(to), "+c"(count)
				 : "a"(value)
				 : "memory", "cc");
		break;
	case WAY_MOVS:
		__asm__ volatile("cld; rep movsq"
				 : "+D"(to), "+S"(from), "+c"(count)
				 :
				 : "memory", "cc");
		break;
	case WAY_16: write_16(entry, value); break;
	default: *entry = value;
	}
}
