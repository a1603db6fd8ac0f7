/* SPDX-License-Identifier: MIT */
/*
 * Running a function that may fault. Stands alone: whoever has an exception handler can use it,
 * the kernel as well as code inside L2.
 */
#ifndef LIB_CATCH_H
#define LIB_CATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct catch
{
	uint64_t rsp;	/* catch.S only: the stack to come back to */
	bool caught;	/* an exception ended the call; the rest is valid only then */
	uint8_t vector; /* exception vector */
	uint32_t error; /* error code, 0 for vectors that have none */
	uint64_t cr2;	/* at the time of the exception; of use for #PF only */
	uint64_t rip;	/* of the instruction that faulted */
	uint64_t rax;	/* at that time */
};

_Static_assert(offsetof(struct catch, rsp) == 0, "catch.S relies on it");

/* Runs fn(arg). Returns true when fn returned, false when catch_resume(c) was called in it. */
bool catch_run(void (*fn)(void *), void *arg, struct catch *c);

/*
 * For exception handlers: drops the handler and whatever ran below catch_run(c), and makes that
 * call return false with RFLAGS and the callee-saved registers it began with. The handler fills
 * in the other fields of c before. It must not be used from an NMI handler: without an IRET,
 * NMIs would stay blocked.
 */
_Noreturn void catch_resume(struct catch *c);

#endif
