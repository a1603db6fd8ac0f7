/* SPDX-License-Identifier: MIT */
/* Exceptions of the 64-bit agent: find the mailbox from RSP and go to C. */

#define BLOCK_MASK	(-16384)	/* AGENT_BLOCK_SIZE, guests/agent.h */

	.text

	.macro	stub vector, has_error
stub_\vector:
	.if	!\has_error
	push	$0
	.endif
	mov	$\vector, %esi
	jmp	common
	.endm

	.irp	vector, 0,1,2,3,4,5,6,7,9,15,16,18,19,20,22,23,24,25,26,27,28,31
	stub	\vector, 0
	.endr
	.irp	vector, 8,10,11,12,13,14,17,21,29,30
	stub	\vector, 1
	.endr

/* The registers may be lost: no exception handler of the agent returns. */
common:
	mov	(%rsp), %rdx			/* error code */
	mov	8(%rsp), %rcx			/* RIP */
	mov	%rax, %r8
	mov	%rsp, %rdi
	and	$BLOCK_MASK, %rdi
	and	$-16, %rsp
	cld
	call	agent_exception

	.global	agent_nested_fault
agent_nested_fault:
	mov	%rsp, %rdi
	and	$BLOCK_MASK, %rdi
	and	$-16, %rsp
	cld
	call	agent_end_action

	.section .rodata
	.balign	8
	.global	agent_stubs
agent_stubs:
	.irp	vector, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	.quad	stub_\vector
	.endr

	.section .note.GNU-stack, "", @progbits
