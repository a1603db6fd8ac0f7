/* SPDX-License-Identifier: MIT */
#include "kernel/trap.h"
#include "lib/offsets.h"

/* What trap_entry.S pushes below the CPU's own words. */
_Static_assert(offsetof(struct trap_frame, vector) + 8 == offsetof(struct trap_frame, error) &&
		       offsetof(struct trap_frame, error) + 8 == offsetof(struct trap_frame, rip),
	       "the stubs push the error code, then the vector");

void trap_offsets(void);

void trap_offsets(void)
{
	OFFSET(FRAME_REGISTERS, trap_frame, vector); /* bytes of all below */
	OFFSET(FRAME_R15, trap_frame, r15);
	OFFSET(FRAME_R14, trap_frame, r14);
	OFFSET(FRAME_R13, trap_frame, r13);
	OFFSET(FRAME_R12, trap_frame, r12);
	OFFSET(FRAME_R11, trap_frame, r11);
	OFFSET(FRAME_R10, trap_frame, r10);
	OFFSET(FRAME_R9, trap_frame, r9);
	OFFSET(FRAME_R8, trap_frame, r8);
	OFFSET(FRAME_RBP, trap_frame, rbp);
	OFFSET(FRAME_RDI, trap_frame, rdi);
	OFFSET(FRAME_RSI, trap_frame, rsi);
	OFFSET(FRAME_RDX, trap_frame, rdx);
	OFFSET(FRAME_RCX, trap_frame, rcx);
	OFFSET(FRAME_RBX, trap_frame, rbx);
	OFFSET(FRAME_RAX, trap_frame, rax);
}
