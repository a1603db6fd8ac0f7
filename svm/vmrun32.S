/* SPDX-License-Identifier: MIT */
/*
 * The world switch of an L1 in PAE mode, whose L2 is a 32-bit one: see vmrun.S. Runs by
 * bare_call(), to which it goes back.
 *
 * EDI: struct svm_call.
 */
#include "svm/vmrun_offsets.h"

	.code32
	.text
	.global	svm_switch32
svm_switch32:
	push	%edi
	mov	CALL_REGISTERS(%edi), %esi
	push	%esi
	push	CALL_PDPT(%edi)
	push	CALL_VMCB(%edi)
	mov	SVM_RBX(%esi), %ebx
	mov	SVM_RCX(%esi), %ecx
	mov	SVM_RDX(%esi), %edx
	mov	SVM_RDI(%esi), %edi
	mov	SVM_RBP(%esi), %ebp
	mov	SVM_RSI(%esi), %esi
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
	mov	%ebx, SVM_RBX(%esi)
	mov	%ecx, SVM_RCX(%esi)
	mov	%edx, SVM_RDX(%esi)
	mov	%edi, SVM_RDI(%esi)
	mov	%ebp, SVM_RBP(%esi)
	pop	SVM_RSI(%esi)
	stgi
	pop	%edi
	push	CALL_BARE(%edi)
	call	bare_leave

	.section .note.GNU-stack, "", @progbits
