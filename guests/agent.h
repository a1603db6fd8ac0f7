/* SPDX-License-Identifier: MIT */
/*
 * The agent: the code that runs as L2, in a 64-bit and a 32-bit form. It takes actions from its
 * mailbox and carries them out one after the other; when the mailbox is empty it calls L1.
 *
 * The mailbox lies at the lowest address of the agent's stack block, whose size is a power of two
 * and its alignment: the exception handler finds it from RSP, without any segment or per-CPU
 * register.
 */
#ifndef GUESTS_AGENT_H
#define GUESTS_AGENT_H

#include "guests/action.h"
#include "lib/catch.h"

#define AGENT_BLOCK_SIZE 16384 /* bytes: mailbox and stack */
#define AGENT_RING	 64    /* actions that may be posted and not yet taken */

/* The leaf of the CPUID that calls L1: CPUID is the one instruction that leaves L2 on both vendors.
 */
#define AGENT_CALL 0x52560001

struct mailbox {
	volatile uint32_t posted; /* by L1: actions 0 … posted-1 are there */
	volatile uint32_t taken;  /* by L2: actions 0 … taken-1 were begun */
	struct action ring[AGENT_RING];
	struct catch catch; /* of the action under way */
	bool catching;
	bool lost; /* an exception that no action explains; .catch says which */
	/* No L2 but L1 itself (kernel/bare.c): the function to call instead of CPUID; else 0. */
	uint32_t leave, leave_argument;
};

struct agent {
	struct mailbox mailbox;
	uint8_t stack[AGENT_BLOCK_SIZE - sizeof(struct mailbox)];
} __attribute__((aligned(AGENT_BLOCK_SIZE)));

/* L1 and the agent may have been compiled for different modes. */
_Static_assert(offsetof(struct mailbox, ring) == 8, "in both modes");
_Static_assert(sizeof(struct catch) == 40, "in both modes");
_Static_assert(sizeof(struct agent) == AGENT_BLOCK_SIZE, "found from RSP by its alignment");

/* Where L2 starts; RDI: the mailbox, RSP: the end of the block. Never returns. */
void agent_start(struct mailbox *mailbox);

/* Where L1 lets L2 go on after a nested fault of the action under way: ends that action. */
void agent_nested_fault(void);

/* What L1 must know to start an agent: the 64-bit one, which the functions above are, or the 32-bit
 * one. */
struct agent_entry {
	uint64_t start;	       /* (R|E)DI: the mailbox, (R|E)SP: the end of the block */
	uint64_t nested_fault; /* as agent_nested_fault() */
	uint64_t idt_base;     /* the IDT that the agent runs on */
	uint32_t idt_limit;    /* bytes - 1 */
};
struct agent_entry agent_entry(bool is_64bit);

#endif
