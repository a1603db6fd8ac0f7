/* SPDX-License-Identifier: MIT */
#include "guests/action.h"

#include "guests/entry.h"
#include "guests/user.h"
#include "kernel/cpu.h"
#include "kernel/paging.h"

#include "kernel/x86.h"
#include "model/program.h"

/*
 * KVM carries out what stands behind these bytes in its instruction emulator, with the module
 * parameter force_emulation_prefix=1; else they raise #UD.
 */
#define FEP "ud2; .ascii \"kvm\"; "

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

/*
 * A port that gives back the byte it was given, so that OUTS and INS have something to move: the
 * scratch register of the 16550 at COM1 (PC16550D data sheet, 8.8 "Scratchpad Register").
 */
#define ECHO_PORT 0x3ff

static uint64_t load_io(uint64_t address)
{
	uint64_t result = 0;

	for (unsigned i = 0; i < sizeof(result); i++) {
		__asm__ volatile("cld; outsb" : "+S"(address) : "d"(ECHO_PORT) : "memory");
		result |= (uint64_t)inb(ECHO_PORT) << (8 * i);
	}
	return result;
}

static void store_io(uint64_t address, uint64_t value)
{
	for (unsigned i = 0; i < sizeof(value); i++) {
		outb(ECHO_PORT, (uint8_t)(value >> (8 * i)));
		__asm__ volatile("cld; insb" : "+D"(address) : "d"(ECHO_PORT) : "memory");
	}
}

static uint64_t call(uint64_t address)
{
	uint64_t result;

	__asm__ volatile("call *%1"
			 : "=a"(result)
			 : "r"(address)
			 : "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory", "cc");
	return (uint32_t)result;
}

static uint64_t load(uint64_t address, enum way way)
{
	uint64_t result;

	if (way == WAY_IO)
		return load_io(address);
	if (way == WAY_FEP)
		__asm__ volatile(FEP "mov (%1), %0" : "=r"(result) : "r"(address) : "memory");
	else
		__asm__ volatile("mov (%1), %0" : "=r"(result) : "r"(address) : "memory");
	return result;
}

static void store(uint64_t address, uint64_t value, enum way way)
{
	if (way == WAY_IO)
		store_io(address, value);
	else if (way == WAY_FEP)
		__asm__ volatile(FEP "mov %0, (%1)" : : "r"(value), "r"(address) : "memory");
	else
		__asm__ volatile("mov %0, (%1)" : : "r"(value), "r"(address) : "memory");
}

static _Noreturn void look_as_user(const struct action *a)
{
	const void *code = a->kind == ACTION_LOAD    ? user_load
			   : a->kind == ACTION_STORE ? user_store
						     : user_fetch;

	user_run(code, a->address, a->operand, a->user_stack);
}

void action_caught(struct action *a, const struct catch *c)
{
	if (a->way == WAY_USER) /* an exception at CPL 3 leaves a null selector in SS */
		__asm__ volatile("mov %0, %%ss" : : "r"(GDT_DATA));
	if (a->way == WAY_USER && c->rip == (uint64_t)user_end + PAGING_USER_IMAGE) {
		a->result = a->kind == ACTION_FETCH ? (uint32_t)c->rax : c->rax;
		a->outcome = OUTCOME_DONE;
		return;
	}
	a->vector = c->vector;
	a->error = c->error;
	a->outcome = OUTCOME_FAULT;
}

static void set_bits(struct action *a)
{
	uint64_t bits = a->address;

	switch (a->kind) {
	case ACTION_CR0: write_cr0(a->operand ? read_cr0() | bits : read_cr0() & ~bits); break;
	case ACTION_CR4:
		RUN(a->interrupted, "mov %0, %%cr4",
		    "r"(a->operand ? read_cr4() | bits : read_cr4() & ~bits));
		break;
	case ACTION_EFER:
		wrmsr(MSR_EFER, a->operand ? rdmsr(MSR_EFER) | bits : rdmsr(MSR_EFER) & ~bits);
		break;
	}
}

void action_run(void *argument)
{
	struct action *a = argument;
	struct {
		uint64_t pcid, address;
	} descriptor = {a->pcid, a->address}; /* INVPCID's operand in memory */

	if (a->way == WAY_USER)
		look_as_user(a);
	switch (a->kind) {
	case ACTION_LOAD: a->result = load(a->address, a->way); break;
	case ACTION_STORE: store(a->address, a->operand, a->way); break;
	case ACTION_WRITE: write_entry((uint64_t *)a->address, a->operand, a->way); break;
	case ACTION_FETCH: a->result = call(a->address); break;
	case ACTION_CR3:
		if (a->way == WAY_FEP)
			__asm__ volatile(FEP "mov %0, %%cr3" : : "r"(a->operand) : "memory");
		else
			RUN(a->interrupted, "mov %0, %%cr3", "r"(a->operand));
		break;
	case ACTION_INVLPG:
		if (a->way == WAY_FEP)
			__asm__ volatile(FEP "invlpg (%0)" : : "r"(a->address) : "memory");
		else
			RUN(a->interrupted, "invlpg (%0)", "r"(a->address));
		break;
	case ACTION_INVPCID:
		RUN(a->interrupted, "invpcid %1, %0", "r"(a->operand), "m"(descriptor));
		break;
	case ACTION_VMFUNC: /* SDM vol. 2, "VMFUNC": EAX function, ECX operand */
		__asm__ volatile("vmfunc" : : "a"(0), "c"(a->operand) : "memory");
		break;
	case ACTION_CR0:
	case ACTION_CR4:
	case ACTION_EFER: set_bits(a); break;
	}
}
