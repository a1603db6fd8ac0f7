/* SPDX-License-Identifier: MIT */
/* Exceptions of the 64-bit agent: find the mailbox from RSP and go to C. */

	.text

#include "guests/stubs.inc"

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
	stub_table .quad

	.section .note.GNU-stack, "", @progbits
