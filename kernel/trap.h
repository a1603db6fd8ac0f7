/* SPDX-License-Identifier: MIT */
/* Exceptions and interrupts of the image itself. */
#ifndef KERNEL_TRAP_H
#define KERNEL_TRAP_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/catch.h"

/* What trap_entry.S leaves on the stack, lowest address first. */
struct trap_frame {
	uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
	uint64_t rbp, rdi, rsi, rdx, rcx, rbx, rax;
	uint64_t vector;
	uint64_t error; /* 0 for vectors that push none */
	uint64_t rip, cs, rflags, rsp, ss;
};

enum trap_vector {
	TRAP_DE = 0,
	TRAP_DB = 1,
	TRAP_NMI = 2,
	TRAP_BP = 3,
	TRAP_OF = 4,
	TRAP_BR = 5,
	TRAP_UD = 6,
	TRAP_NM = 7,
	TRAP_DF = 8,
	TRAP_TS = 10,
	TRAP_NP = 11,
	TRAP_SS = 12,
	TRAP_GP = 13,
	TRAP_PF = 14,
	TRAP_MF = 16,
	TRAP_AC = 17,
	TRAP_MC = 18,
	TRAP_XM = 19,
	TRAP_CP = 21,
	TRAP_HV = 28,
	TRAP_VC = 29,
	TRAP_SX = 30,
	TRAP_FIRST_IRQ = 32,
};

/* Fills the one IDT that all CPUs share. */
void trap_init(void);

/* Loads it on this CPU. */
void trap_load(void);

/*
 * Calls fn on the CPU that receives vector (32 to 254), interrupts off, and signals EOI when fn
 * returns. NULL takes the handler away: the vector is then a fatal surprise again.
 */
void trap_set_irq_handler(uint8_t vector, void (*fn)(void));

/*
 * Runs fn(arg) on this CPU. Returns true when it returned, false when an exception ended it: *c
 * then says which. Calls may nest; the innermost one catches. #DF, NMI and #MC are never caught.
 */
bool catch_call(void (*fn)(void *), void *arg, struct catch *c);

/* "#PF" and the like; "?" for a vector that has no name. */
const char *trap_name(uint64_t vector);

#endif
