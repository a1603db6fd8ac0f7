/* SPDX-License-Identifier: MIT */
/* The 32-bit agent's beginning, its exceptions (see ../agent64.S), and catch.S in 32-bit form. */

	.code32

	.text

#include "guests/stubs.inc"

	.section .head, "a"		/* struct agent32_image */
	.long	start
	.long	nested_fault
	stub_table .long

	.text
start:
	push	%edi
	call	agent_start

/* The registers may be lost: no exception handler of the agent returns. */
common:
	mov	(%esp), %edx			/* error code */
	mov	4(%esp), %ecx			/* EIP */
	mov	%esp, %edi
	and	$BLOCK_MASK, %edi
	cld
	push	%eax
	push	%ecx
	push	%edx
	push	%esi
	push	%edi
	call	agent_exception

nested_fault:
	mov	%esp, %edi
	and	$BLOCK_MASK, %edi
	cld
	push	%edi
	call	agent_end_action

/* bool catch_run(void (*fn)(void *), void *arg, struct catch *c) */
	.global catch_run
catch_run:
	push	%ebp
	push	%ebx
	push	%esi
	push	%edi
	pushf
	mov	32(%esp), %eax			/* c */
	mov	%esp, (%eax)
	push	28(%esp)			/* arg */
	call	*28(%esp)			/* fn */
	pop	%ecx
	mov	$1, %eax
leave:
	popf
	pop	%edi
	pop	%esi
	pop	%ebx
	pop	%ebp
	ret

/* _Noreturn void catch_resume(struct catch *c) */
	.global catch_resume
catch_resume:
	mov	4(%esp), %eax
	mov	(%eax), %esp
	xor	%eax, %eax
	jmp	leave

	.section .note.GNU-stack, "", @progbits
