/* SPDX-License-Identifier: MIT */
/*
 * L1 itself in a 32-bit paging mode, and back. All of this lies below 4 GiB and is mapped to itself
 * in both modes. APM vol. 2, 14.6.1 "Activating Long Mode", 14.7 "Leaving Long Mode".
 */
#define GDT_CODE64	0x08		/* kernel/cpu.h */
#define GDT_DATA	0x10
#define GDT_CODE32	0x38
#define CR0_PG		0x80000000
#define MSR_EFER	0xc0000080
#define EFER_LME	0x00000100

/* struct hv_vm, kernel/bare.c */
#define AGENT_ESP	0x00
#define AGENT_CR3	0x04
#define AGENT_CR4	0x08
#define AGENT_IDT	0x10
#define L1_CR3		0x18
#define L1_CR4		0x1c
#define L1_RSP		0x20
#define L1_IDT		0x28

/* void bare_enter(struct hv_vm *vm): returns when the agent leaves */
	.code64
	.text
	.global	bare_enter
bare_enter:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
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
	pop	%edi
	pop	%esi
	pop	%ebx
	pop	%ebp
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
	push	%ebp
	push	%ebx
	push	%esi
	push	%edi
	mov	20(%esp), %ebx
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
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret

	.section .note.GNU-stack, "", @progbits
