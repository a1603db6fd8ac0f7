/* SPDX-License-Identifier: MIT */
/*
 * One entry for each vector, 16 bytes apart; all of them build a struct trap_frame and call
 * trap_handler(frame). CPL does not change, so neither does GS.
 */

/* Vectors with an error code: 8, 10 to 14, 17, 21, 29, 30; APM volume 2, 8.4 "Error Codes" and 8.2 */
#define ERROR_CODES 0x60227d00

	.code64
	.text

	.balign 16
	.global trap_entries
trap_entries:
	.set vector, 0
	.rept 256
	.org trap_entries + 16 * vector
	.if (vector > 31) || (((ERROR_CODES >> (vector & 31)) & 1) == 0)
	push $0
	.endif
	push $vector
	jmp trap_common
	.set vector, vector + 1
	.endr

trap_common:
	push %rax
	push %rbx
	push %rcx
	push %rdx
	push %rsi
	push %rdi
	push %rbp
	push %r8
	push %r9
	push %r10
	push %r11
	push %r12
	push %r13
	push %r14
	push %r15
	cld
	mov %rsp, %rdi /* 16-byte aligned: the CPU aligned it before 22 words were pushed */
	call trap_handler
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %r11
	pop %r10
	pop %r9
	pop %r8
	pop %rbp
	pop %rdi
	pop %rsi
	pop %rdx
	pop %rcx
	pop %rbx
	pop %rax
	add $16, %rsp /* vector and error code */
	iretq

	.section .note.GNU-stack, "", @progbits
