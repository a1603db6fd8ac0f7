/* SPDX-License-Identifier: MIT */
#include "guests/action.h"

#include "kernel/x86.h"

/*
 * The instruction, alone or in the shadow of an STI: interrupts are held off until it has completed
 * (SDM vol. 2, "STI"; APM vol. 3, "STI"), and one that was pending is taken right behind it.
 */
#define RUN(interrupted, instruction, ...)                                                        \
	do {                                                                                      \
		if (interrupted)                                                                  \
			__asm__ volatile("sti; " instruction "; cli" : : __VA_ARGS__ : "memory"); \
		else                                                                              \
			__asm__ volatile(instruction : : __VA_ARGS__ : "memory");                 \
	} while (0)

static uint64_t call(uint64_t address)
{
	uint64_t result;

	__asm__ volatile("call *%1"
			 : "=a"(result)
			 : "r"(address)
			 : "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory", "cc");
	return (uint32_t)result;
}

static uint64_t load(uint64_t address)
{
	uint64_t result;

	__asm__ volatile("mov (%1), %0" : "=r"(result) : "r"(address) : "memory");
	return result;
}

static void store(uint64_t address, uint64_t value)
{
	__asm__ volatile("mov %0, (%1)" : : "r"(value), "r"(address) : "memory");
}

void action_run(void *argument)
{
	struct action *a = argument;
	struct {
		uint64_t pcid, address;
	} descriptor = {0, a->address}; /* INVPCID's operand in memory */

	switch (a->kind) {
	case ACTION_LOAD: a->result = load(a->address); break;
	case ACTION_STORE:
	case ACTION_WRITE: store(a->address, a->operand); break;
	case ACTION_FETCH: a->result = call(a->address); break;
	case ACTION_CR3: RUN(a->interrupted, "mov %0, %%cr3", "r"(a->operand)); break;
	case ACTION_INVLPG: RUN(a->interrupted, "invlpg (%0)", "r"(a->address)); break;
	case ACTION_INVPCID:
		RUN(a->interrupted, "invpcid %1, %0", "r"(a->operand), "m"(descriptor));
		break;
	case ACTION_VMFUNC: /* SDM vol. 2, "VMFUNC": EAX function, ECX operand */
		__asm__ volatile("vmfunc" : : "a"(0), "c"(a->operand) : "memory");
		break;
	case ACTION_PGE:
		RUN(a->interrupted, "mov %0, %%cr4",
		    "r"(a->operand ? read_cr4() | CR4_PGE : read_cr4() & ~CR4_PGE));
		break;
	}
}
