/* SPDX-License-Identifier: MIT */
/*
 * Looks from CPL 3, at either level. The code runs at its address in the user's window on the image
 * (kernel/paging.h); it ends with a divide error, which needs no gate that CPL 3 may use, and which
 * no hypervisor intercepts.
 */

#include "guests/agent_offsets.h"

	.code64
	.text

/*
 * void user_run(const void *code, uint64_t address, uint64_t value, uint64_t stack)
 *
 * stack: where RSP0 of the TSS lies. Never returns: an exception ends it.
 */
	.global user_run
user_run:
	mov	%rsp, (%rcx)
	movabs	$USER_IMAGE, %r8
	lea	(%rdi, %r8), %rcx	/* SYSRET: RIP from RCX, RFLAGS from R11 */
	mov	%rsi, %rdi
	mov	%rdx, %rsi
	lea	user_stack(%r8), %rsp
	mov	$RFLAGS_R1, %r11d
	sysretq

/* RDI: address, RSI: value */
	.global user_load, user_store, user_fetch, user_end
user_load:
	mov	(%rdi), %rax
	jmp	1f
user_store:
	mov	%rsi, (%rdi)
	jmp	1f
user_fetch:
	jmp	*%rdi			/* what lies there returns */
1:	xor	%ecx, %ecx
user_end:
	div	%ecx

	.section .rodata
	.balign	8
user_stack:
	.quad	1b + USER_IMAGE

	.section .note.GNU-stack, "", @progbits
