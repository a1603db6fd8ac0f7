/* SPDX-License-Identifier: MIT */
/*
 * The world switch. VM entry and exit switch RSP, RIP, RFLAGS, the control registers, segments and
 * descriptor tables; the other general registers are ours.
 *
 *	unsigned vmx_switch(struct vmx_registers *registers, bool launched);
 *
 * Returns 0 after a VM exit, 1 when the instruction failed without, 2 with an error number in the VMCS
 * (SDM vol. 3, "Conventions": VMfailInvalid, VMfailValid). Offsets: struct vmx_registers, vmx/vmx.c.
 */
#define HOST_RSP 0x6c14

	.text
	.global	vmx_switch, vmx_exit_entry
vmx_switch:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	push	%rdi
	mov	$HOST_RSP, %eax
	vmwrite	%rsp, %rax
	test	%sil, %sil		/* the loads below leave the flags alone */
	mov	0x00(%rdi), %rax
	mov	0x08(%rdi), %rbx
	mov	0x10(%rdi), %rcx
	mov	0x18(%rdi), %rdx
	mov	0x28(%rdi), %rsi
	mov	0x30(%rdi), %rbp
	mov	0x38(%rdi), %r8
	mov	0x40(%rdi), %r9
	mov	0x48(%rdi), %r10
	mov	0x50(%rdi), %r11
	mov	0x58(%rdi), %r12
	mov	0x60(%rdi), %r13
	mov	0x68(%rdi), %r14
	mov	0x70(%rdi), %r15
	mov	0x20(%rdi), %rdi
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
	mov	%rax, 0x00(%rdi)
	mov	%rbx, 0x08(%rdi)
	mov	%rcx, 0x10(%rdi)
	mov	%rdx, 0x18(%rdi)
	mov	%rsi, 0x28(%rdi)
	mov	%rbp, 0x30(%rdi)
	mov	%r8, 0x38(%rdi)
	mov	%r9, 0x40(%rdi)
	mov	%r10, 0x48(%rdi)
	mov	%r11, 0x50(%rdi)
	mov	%r12, 0x58(%rdi)
	mov	%r13, 0x60(%rdi)
	mov	%r14, 0x68(%rdi)
	mov	%r15, 0x70(%rdi)
	pop	0x20(%rdi)
	xor	%eax, %eax
3:	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret

	.section .note.GNU-stack, "", @progbits
