/* SPDX-License-Identifier: MIT */
/* See catch.h. struct catch: rsp at offset 0. */

	.code64
	.text

/* bool catch_run(void (*fn)(void *), void *arg, struct catch *c) */
	.global catch_run
catch_run:
	push %rbp
	push %rbx
	push %r12
	push %r13
	push %r14
	push %r15
	pushfq
	mov %rsp, (%rdx)
	mov %rdi, %rax
	mov %rsi, %rdi
	call *%rax
	mov $1, %eax
leave:
	popfq
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %rbx
	pop %rbp
	ret

/* _Noreturn void catch_resume(struct catch *c) */
	.global catch_resume
catch_resume:
	mov (%rdi), %rsp
	xor %eax, %eax
	jmp leave

	.section .note.GNU-stack, "", @progbits
