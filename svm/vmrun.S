/* SPDX-License-Identifier: MIT */
/*
 * The world switch. VMRUN saves and loads what table B-2 of the APM vol. 2 lists; the other general
 * registers are ours to switch. FS, GS, TR and the system-call MSRs are not switched (no VMLOAD, no
 * VMSAVE): L2 does not use them.
 *
 * RAX and RSP of L2 live in the VMCB. No CLGI, which is an exit of its own: L1 runs with interrupts
 * disabled.
 */
#include "svm/vmrun_offsets.h"
#include "lib/callee_saved.inc"

	.text
	.global	svm_switch
svm_switch:
	push_callee_saved
	push	%rsi
	mov	%rdi, %rax
	mov	SVM_RBX(%rsi), %rbx
	mov	SVM_RCX(%rsi), %rcx
	mov	SVM_RDX(%rsi), %rdx
	mov	SVM_RDI(%rsi), %rdi
	mov	SVM_RBP(%rsi), %rbp
	mov	SVM_R8(%rsi), %r8
	mov	SVM_R9(%rsi), %r9
	mov	SVM_R10(%rsi), %r10
	mov	SVM_R11(%rsi), %r11
	mov	SVM_R12(%rsi), %r12
	mov	SVM_R13(%rsi), %r13
	mov	SVM_R14(%rsi), %r14
	mov	SVM_R15(%rsi), %r15
	mov	SVM_RSI(%rsi), %rsi
	vmrun	%rax
	xchg	%rsi, (%rsp)
	mov	%rbx, SVM_RBX(%rsi)
	mov	%rcx, SVM_RCX(%rsi)
	mov	%rdx, SVM_RDX(%rsi)
	mov	%rdi, SVM_RDI(%rsi)
	mov	%rbp, SVM_RBP(%rsi)
	mov	%r8, SVM_R8(%rsi)
	mov	%r9, SVM_R9(%rsi)
	mov	%r10, SVM_R10(%rsi)
	mov	%r11, SVM_R11(%rsi)
	mov	%r12, SVM_R12(%rsi)
	mov	%r13, SVM_R13(%rsi)
	mov	%r14, SVM_R14(%rsi)
	mov	%r15, SVM_R15(%rsi)
	pop	SVM_RSI(%rsi)
	stgi
	pop_callee_saved
	ret

	.section .note.GNU-stack, "", @progbits
