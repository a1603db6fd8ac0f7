/* SPDX-License-Identifier: MIT */
/* The 32-bit agent's beginning, its exceptions (see ../entry.S), and catch.S in 32-bit form. */

#define BLOCK_MASK	(-16384)	/* AGENT_BLOCK_SIZE, guests/agent.h */

	.code32

	.section .head, "a"		/* struct agent32_image */
	.long	start
	.long	nested_fault
	.irp	vector, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	.long	stub_\vector
	.endr

	.text
start:
	push	%edi
	call	agent_start

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
