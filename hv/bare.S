/* SPDX-License-Identifier: MIT */
/*
 * L1 itself in a 32-bit paging mode, and back. All of this lies below 4 GiB and is mapped to itself
 * in both modes. APM vol. 2, 14.6.1 "Activating Long Mode", 14.7 "Leaving Long Mode".
 */
#include "hv/bare_offsets.h"
#include "lib/callee_saved.inc"

/* void bare_enter(struct hv_vm *vm): returns when the agent leaves */
	.code64
	.text
	.global	bare_enter
bare_enter:
	push_callee_saved
	pushfq
	mov	%rsp, L1_RSP(%rdi)
	sidt	L1_IDT(%rdi)
	mov	%edi, %ebx
	push	$GDT_CODE32
	push	$1f
	lretq

	.code32
1:	mov	AGENT_CR3(%ebx), %esi
	mov	AGENT_CR4(%ebx), %edi
	xor	%ebp, %ebp
	call	set_mode
	lidt	AGENT_IDT(%ebx)
	mov	AGENT_ESP(%ebx), %esp
	mov	FRAME_EDI(%esp), %edi
	mov	FRAME_ESI(%esp), %esi
	mov	FRAME_EBX(%esp), %ebx
	mov	FRAME_EBP(%esp), %ebp
	add	$FRAME_EIP, %esp
	ret

/*
 * ESI: CR3, EDI: CR4, EBP: EFER.LME as wanted. Loses EAX, ECX, EDX. The stack is mapped to itself,
 * too. EFER.LME is never set without CR4.PAE.
 */
set_mode:
	mov	%cr0, %eax
	and	$~CR0_PG, %eax
	mov	%eax, %cr0
	mov	$MSR_EFER, %ecx
	rdmsr
	and	$~EFER_LME, %eax
	wrmsr
	mov	%edi, %cr4
	mov	%esi, %cr3
	or	%ebp, %eax
	wrmsr
	mov	%cr0, %eax
	or	$CR0_PG, %eax
	mov	%eax, %cr0
	jmp	2f
2:	ret

/* void bare_leave(struct hv_vm *vm), called by the 32-bit agent: returns when L1 enters again */
	.global	bare_leave
bare_leave:
	mov	4(%esp), %eax
	sub	$FRAME_EIP, %esp
	mov	%edi, FRAME_EDI(%esp)
	mov	%esi, FRAME_ESI(%esp)
	mov	%ebx, FRAME_EBX(%esp)
	mov	%ebp, FRAME_EBP(%esp)
	mov	%eax, %ebx
	mov	%esp, AGENT_ESP(%ebx)
	mov	%cr3, %eax
	mov	%eax, AGENT_CR3(%ebx)
	mov	%cr4, %eax
	mov	%eax, AGENT_CR4(%ebx)
	mov	L1_CR3(%ebx), %esi
	mov	L1_CR4(%ebx), %edi
	mov	$EFER_LME, %ebp
	call	set_mode
	ljmp	$GDT_CODE64, $3f

	.code64
3:	mov	%ebx, %ebx		/* bits 63:32 are undefined after the change of mode */
	mov	L1_RSP(%rbx), %rsp
	lidt	L1_IDT(%rbx)
	popfq
	pop_callee_saved
	ret

	.section .note.GNU-stack, "", @progbits
