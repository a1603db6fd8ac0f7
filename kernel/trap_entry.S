/* SPDX-License-Identifier: MIT */
#include "kernel/trap_offsets.h"
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
	sub $FRAME_REGISTERS, %rsp
	mov %rax, FRAME_RAX(%rsp)
	mov %rbx, FRAME_RBX(%rsp)
	mov %rcx, FRAME_RCX(%rsp)
	mov %rdx, FRAME_RDX(%rsp)
	mov %rsi, FRAME_RSI(%rsp)
	mov %rdi, FRAME_RDI(%rsp)
	mov %rbp, FRAME_RBP(%rsp)
	mov %r8, FRAME_R8(%rsp)
	mov %r9, FRAME_R9(%rsp)
	mov %r10, FRAME_R10(%rsp)
	mov %r11, FRAME_R11(%rsp)
	mov %r12, FRAME_R12(%rsp)
	mov %r13, FRAME_R13(%rsp)
	mov %r14, FRAME_R14(%rsp)
	mov %r15, FRAME_R15(%rsp)
	cld
	mov %rsp, %rdi /* 16-byte aligned: the CPU aligned it before 22 words were pushed */
	call trap_handler
	mov FRAME_RAX(%rsp), %rax
	mov FRAME_RBX(%rsp), %rbx
	mov FRAME_RCX(%rsp), %rcx
	mov FRAME_RDX(%rsp), %rdx
	mov FRAME_RSI(%rsp), %rsi
	mov FRAME_RDI(%rsp), %rdi
	mov FRAME_RBP(%rsp), %rbp
	mov FRAME_R8(%rsp), %r8
	mov FRAME_R9(%rsp), %r9
	mov FRAME_R10(%rsp), %r10
	mov FRAME_R11(%rsp), %r11
	mov FRAME_R12(%rsp), %r12
	mov FRAME_R13(%rsp), %r13
	mov FRAME_R14(%rsp), %r14
	mov FRAME_R15(%rsp), %r15
	add $FRAME_REGISTERS + 16, %rsp /* vector and error code */
	iretq

	.section .note.GNU-stack, "", @progbits
