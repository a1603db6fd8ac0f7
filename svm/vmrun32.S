/* SPDX-License-Identifier: MIT */
/*
 * The world switch of an L1 in PAE mode, whose L2 is a 32-bit one: see vmrun.S. Runs by
 * bare_call(), to which it goes back.
 *
 * EDI: struct svm_call, svm/svm.c.
 */
#define CALL_VMCB	0x00
#define CALL_REGISTERS	0x04
#define CALL_PDPT	0x08
#define CALL_BARE	0x0c

	.code32
	.text
	.global	svm_switch32
svm_switch32:
	push	%edi
	mov	CALL_REGISTERS(%edi), %esi
	push	%esi
	push	CALL_PDPT(%edi)
	push	CALL_VMCB(%edi)
	clgi
	mov	0x00(%esi), %ebx
	mov	0x08(%esi), %ecx
	mov	0x10(%esi), %edx
	mov	0x18(%esi), %edi
	mov	0x28(%esi), %ebp
	mov	0x20(%esi), %esi
	/*
	 * What QEMU TCG sets there, and KVM does not load at #VMEXIT: see repair_pdptes(),
	 * guests/action.c. No new page may be touched from here on.
	 */
	mov	4(%esp), %eax
	andb	$~0x20, (%eax)
	pop	%eax
	add	$4, %esp
	vmrun	%eax
	xchg	%esi, (%esp)
	mov	%ebx, 0x00(%esi)
	mov	%ecx, 0x08(%esi)
	mov	%edx, 0x10(%esi)
	mov	%edi, 0x18(%esi)
	mov	%ebp, 0x28(%esi)
	pop	0x20(%esi)
	stgi
	pop	%edi
	push	CALL_BARE(%edi)
	call	bare_leave

	.section .note.GNU-stack, "", @progbits
