/* SPDX-License-Identifier: MIT */
/*
 * The world switch. VM entry and exit switch RSP, RIP, RFLAGS, the control registers, segments and
 * descriptor tables; the other general registers are ours.
 *
 * Returns 0 after a VM exit, 1 when the instruction failed without, 2 with an error number in the VMCS
 * (SDM vol. 3, "Conventions": VMfailInvalid, VMfailValid).
 */
#include "vmx/vmlaunch_offsets.h"
#include "lib/callee_saved.inc"

	.text
	.global	vmx_switch, vmx_exit_entry
vmx_switch:
	push_callee_saved
	push	%rdi
	mov	$HOST_RSP, %eax
	vmwrite	%rsp, %rax
	test	%sil, %sil		/* the loads below leave the flags alone */
	mov	VMX_RAX(%rdi), %rax
	mov	VMX_RBX(%rdi), %rbx
	mov	VMX_RCX(%rdi), %rcx
	mov	VMX_RDX(%rdi), %rdx
	mov	VMX_RSI(%rdi), %rsi
	mov	VMX_RBP(%rdi), %rbp
	mov	VMX_R8(%rdi), %r8
	mov	VMX_R9(%rdi), %r9
	mov	VMX_R10(%rdi), %r10
	mov	VMX_R11(%rdi), %r11
	mov	VMX_R12(%rdi), %r12
	mov	VMX_R13(%rdi), %r13
	mov	VMX_R14(%rdi), %r14
	mov	VMX_R15(%rdi), %r15
	mov	VMX_RDI(%rdi), %rdi
	jnz	1f
	vmlaunch
	jmp	2f
1:	vmresume
2:	pop	%rdi			/* it failed: CF without, ZF with an error number */
	mov	$1, %eax
	jc	3f
	mov	$2, %eax
	jmp	3f

vmx_exit_entry:				/* HOST_RIP; RSP as it was written above */
	xchg	%rdi, (%rsp)
	mov	%rax, VMX_RAX(%rdi)
	mov	%rbx, VMX_RBX(%rdi)
	mov	%rcx, VMX_RCX(%rdi)
	mov	%rdx, VMX_RDX(%rdi)
	mov	%rsi, VMX_RSI(%rdi)
	mov	%rbp, VMX_RBP(%rdi)
	mov	%r8, VMX_R8(%rdi)
	mov	%r9, VMX_R9(%rdi)
	mov	%r10, VMX_R10(%rdi)
	mov	%r11, VMX_R11(%rdi)
	mov	%r12, VMX_R12(%rdi)
	mov	%r13, VMX_R13(%rdi)
	mov	%r14, VMX_R14(%rdi)
	mov	%r15, VMX_R15(%rdi)
	pop	VMX_RDI(%rdi)
	xor	%eax, %eax
3:	pop_callee_saved
	ret

	.section .note.GNU-stack, "", @progbits
