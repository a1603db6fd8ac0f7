/* SPDX-License-Identifier: MIT */
#include "lib/string.h"

#include <stdint.h>

/*
 * In assembly: the compiler would turn a loop here into a call of the very function it is in.
 * Unrolled by .rept, for QEMU's TCG takes as long for one iteration of a string instruction as for
 * ten stores.
 */
enum { STRIDE = 64 };

void *memset(void *dst, int byte, size_t n)
{
	char *p = dst;
	uint64_t pattern = (uint8_t)byte * 0x0101010101010101UL;
	size_t words, rest;

	for (; n >= STRIDE; n -= STRIDE, p += STRIDE)
		__asm__ volatile(".set at, 0; .rept 8; mov %1, at(%0); .set at, at + 8; .endr"
				 :
				 : "r"(p), "r"(pattern)
				 : "memory");
	words = n / 8, rest = n % 8;
	__asm__ volatile("rep stosq" : "+D"(p), "+c"(words) : "a"(pattern) : "memory");
	__asm__ volatile("rep stosb" : "+D"(p), "+c"(rest) : "a"(pattern) : "memory");
	return dst;
}

void *memcpy(void *restrict dst, const void *restrict src, size_t n)
{
	char *to = dst;
	const char *from = src;
	size_t words, rest;

	for (; n >= STRIDE; n -= STRIDE, to += STRIDE, from += STRIDE)
		__asm__ volatile(".set at, 0; .rept 8; mov at(%1), %%rax; mov %%rax, at(%0); "
				 ".set at, at + 8; .endr"
				 :
				 : "r"(to), "r"(from)
				 : "rax", "memory");
	words = n / 8, rest = n % 8;
	__asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(rest) : : "memory");
	return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
	char *d = (char *)dst + n - 1;
	const char *s = (const char *)src + n - 1;

	if ((uintptr_t)dst - (uintptr_t)src >= n)
		return memcpy(dst, src, n);
	__asm__ volatile("std; rep movsb; cld" : "+D"(d), "+S"(s), "+c"(n) : : "memory", "cc");
	return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *p = a, *q = b;

	for (size_t i = 0; i < n; i++)
		if (p[i] != q[i])
			return p[i] - q[i];
	return 0;
}

size_t strlen(const char *s)
{
	const char *p = s;

	while (*p) {
		p++;
		__asm__ volatile("" : "+r"(p)); /* or this loop becomes a call of strlen */
	}
	return (size_t)(p - s);
}

int strcmp(const char *a, const char *b)
{
	return strncmp(a, b, SIZE_MAX);
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (a[i] != b[i])
			return (unsigned char)a[i] - (unsigned char)b[i];
		if (!a[i])
			break;
	}
	return 0;
}
