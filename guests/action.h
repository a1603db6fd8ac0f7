/* SPDX-License-Identifier: MIT */
/*
 * Actions: what a step comes down to on the machine. Both levels carry them out with the same code,
 * L1 by a call, L2 through its mailbox.
 */
#ifndef GUESTS_ACTION_H
#define GUESTS_ACTION_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/catch.h"

enum action_kind {
	ACTION_LOAD,	/* result = the 4 bytes at address */
	ACTION_STORE,	/* the 4 bytes at address = operand */
	ACTION_FETCH,	/* result = what the function at address returns in EAX */
	ACTION_WRITE,	/* operand to the entry at address, by way; never faults */
	ACTION_WRITE4,	/* the same to an entry of 4 bytes, by one MOV */
	ACTION_CR3,	/* MOV to CR3 of operand */
	ACTION_INVLPG,	/* address */
	ACTION_INVPCID, /* type operand, pcid, address */
	ACTION_CR0,	/* bits address of CR0 = operand, 0 or 1 */
	ACTION_CR4,	/* bits address of CR4 = operand, 0 or 1 */
	ACTION_EFER,	/* bits address of EFER = operand, 0 or 1 */
	ACTION_PG,	/* CR0.PG off and on again; 32-bit code only */
	ACTION_PAE,	/* CR4.PAE off and on again; the same */
	ACTION_RDMSR,	/* IA32_KERNEL_GS_BASE; its value is of no interest */
	ACTION_VMFUNC,	/* EPTP switching to list entry operand */
	ACTION_WAIT,	/* result = 1: waiting, with no exit, until operand is not 0 */
	ACTION_VMM,	/* the request at physical address operand to our own VMM */
	ACTION_STOLEN,	/* clears the 4 bytes at address, exits to the VMM; result = what is there
			   then */
	ACTION_RSM,	/* out of SMM: the last one, which never says that it is done */
	ACTION_PCPU,	/* the request operand to the host's mover: guests/pcpu.h; result: its
			 * answer. interrupted: waits until result is not 0, which L1 sets */
};

enum action_outcome {
	OUTCOME_PENDING, /* not carried out (yet) */
	OUTCOME_DONE,
	OUTCOME_FAULT,	      /* an exception of the level itself: .vector, .error */
	OUTCOME_EXIT,	      /* the instruction left L2 by an intercept; set by L1 */
	OUTCOME_NESTED_FAULT, /* a nested page fault or EPT violation; set by L1 */
};

struct action {
	uint8_t kind;
	uint8_t outcome;
	uint8_t vector;
	uint8_t way;	  /* enum way, model/program.h */
	uint8_t pcid;	  /* of ACTION_INVPCID */
	bool interrupted; /* interrupts are enabled for this one instruction, by an STI just before
			     it */
	bool in_pae;	  /* it runs in PAE mode */
	bool spoilt;	  /* the CPU below was seen to set bits in PDPTEs: guests/pdptes.h */
	uint32_t error, reserved; /* the layout is the same in 64-bit and 32-bit code */
	uint64_t address;
	uint64_t operand;
	uint64_t result;
	uint64_t user_stack; /* of a look at CPL 3: where RSP0 of the CPU's TSS lies */
};

_Static_assert(sizeof(struct action) == 48 && offsetof(struct action, address) == 16,
	       "in both modes");

/* Carries out one action, in the mode it is compiled for, that may fault: run it under catch_run().
 * argument: a struct action. */
void action_run(void *argument);

/* An exception has ended the action: its outcome, which may be that it is done. */
void action_caught(struct action *a, const struct catch *c);

#endif
