/* SPDX-License-Identifier: MIT */
/*
 * From the loader to C. Multiboot2 3.3 "I386 machine state" and Xen's "x86/HVM direct boot ABI"
 * say the same: 32-bit protected mode, flat segments, paging and interrupts off, the physical
 * address of the loader's information in EBX. EAX names the loader only for multiboot2.
 */
#define BOOT_CODE64 0x08
#define BOOT_DATA   0x10
#define BOOT_CODE32 0x18

#define CR0_PE	 0x00000001
#define CR0_PG	 0x80000000
#define CR4_PAE	 0x00000020
#define MSR_EFER 0xc0000080
#define EFER_LME 0x00000100

#define TABLE	     0x23 /* present, writable, accessed */
#define LEAF	     0xe3 /* the same, dirty, page size */
#define BOOT_STACK   32768
#define COM1	     0x3f8
#define EXIT_PORT    0xf4
#define STATUS_ERROR 99

	.code32
	.section .text.boot, "ax"

	.global pvh_entry, multiboot2_entry
pvh_entry:
	xor %eax, %eax
multiboot2_entry:
	cli
	cld
	mov %eax, %ebp
	mov %ebx, %esi

	/* A warm reset may have left the last run's values here. */
	xor %eax, %eax
	mov $__bss_start, %edi
	mov $__bss_end, %ecx
	sub %edi, %ecx
	shr $2, %ecx
	rep stosl

	/* APM volume 3, E.4.2 "Function 8000_0001h": long mode is EDX bit 29 */
	mov $0x80000000, %eax
	cpuid
	cmp $0x80000001, %eax
	jb no_long_mode
	mov $0x80000001, %eax
	cpuid
	bt $29, %edx
	jnc no_long_mode

	/* Linear = physical for 4 GiB, in leaves of 2 MiB. */
	mov $LEAF, %eax
	mov $boot_pd, %edi
1:	mov %eax, (%edi)
	add $8, %edi
	add $0x200000, %eax
	jnc 1b
	movl $boot_pd + 0x0000 + TABLE, boot_pdpt
	movl $boot_pd + 0x1000 + TABLE, boot_pdpt + 8
	movl $boot_pd + 0x2000 + TABLE, boot_pdpt + 16
	movl $boot_pd + 0x3000 + TABLE, boot_pdpt + 24
	movl $boot_pdpt + TABLE, boot_pml4

	mov $boot_pml4, %eax
	mov $boot_start64, %ebx
	jmp enter_long_mode

/* An AP comes here from the trampoline, in 32-bit protected mode with real mode's data segments. */
ap_start32:
	mov $BOOT_DATA, %eax
	mov %eax, %ds
	mov %eax, %ss
	mov ap_boot, %eax /* root */
	mov $ap_start64, %ebx

/*
 * EAX: physical address of the PML4; EBX: where to go on in 64-bit mode. Keeps EBP and ESI.
 * APM volume 2, 14.6.1 "Activating Long Mode".
 */
enter_long_mode:
	lgdt boot_gdtr
	mov %eax, %cr3
	mov %cr4, %eax
	or $CR4_PAE, %eax
	mov %eax, %cr4
	mov $MSR_EFER, %ecx
	rdmsr
	or $EFER_LME, %eax
	wrmsr
	mov %cr0, %eax
	or $CR0_PG | CR0_PE, %eax
	mov %eax, %cr0
	ljmp $BOOT_CODE64, $1f

	.code64
1:	mov $BOOT_DATA, %eax
	mov %eax, %ds
	mov %eax, %es
	mov %eax, %ss
	xor %eax, %eax
	mov %eax, %fs
	mov %eax, %gs
	mov %ebx, %ebx /* bits 63:32 are undefined after the change of mode */
	jmp *%rbx

boot_start64:
	mov $boot_stack_end, %esp
	mov %ebp, %edi
	mov %esi, %esi
	xor %ebp, %ebp
	call boot_main
	call kernel_main
	ud2

ap_start64:
	mov ap_boot + 8, %rsp /* stack */
	xor %ebp, %ebp
	call *ap_boot + 16 /* entry */
	ud2

/* The one message that cannot wait for the console. */
	.code32
no_long_mode:
	mov $no_long_mode_text, %esi
	mov $COM1, %edx
2:	lodsb
	test %al, %al
	jz 3f
	outb %al, %dx
	jmp 2b
3:	mov $16 + STATUS_ERROR, %al
	outb %al, $EXIT_PORT
4:	hlt
	jmp 4b

	.section .rodata.boot, "a"
no_long_mode_text:
	.asciz "Bail out! this CPU has no 64-bit mode: choose another model\n# END status=99\n"

	.balign 8
boot_gdt:
	.quad 0
	.quad 0x00af9b000000ffff /* BOOT_CODE64 */
	.quad 0x00cf93000000ffff /* BOOT_DATA */
	.quad 0x00cf9b000000ffff /* BOOT_CODE32 */
boot_gdt_end:
boot_gdtr:
	.word boot_gdt_end - boot_gdt - 1
	.long boot_gdt

/*
 * Copied to a page below 1 MiB, where a SIPI starts an AP with CS:IP = page >> 4 : 0; SDM volume
 * 3A, "Typical AP Initialization Sequence" (chapter "Multiple-Processor Management"). Nothing in it
 * depends on where the page is: the one address it needs from itself is relative to CS.
 */
	.code16
	.section .rodata.trampoline, "a"
	.global ap_trampoline, ap_trampoline_end
ap_trampoline:
	cli
	lgdtl %cs:trampoline_gdtr - ap_trampoline
	mov %cr0, %eax
	or $CR0_PE, %al
	mov %eax, %cr0
	ljmpl $BOOT_CODE32, $ap_start32
trampoline_gdtr:
	.word boot_gdt_end - boot_gdt - 1
	.long boot_gdt
ap_trampoline_end:

	.section .bss.boot, "aw", @nobits
	.balign 4096
boot_pml4:
	.skip 4096
boot_pdpt:
	.skip 4096
boot_pd:
	.skip 4 * 4096
boot_stack:
	.skip BOOT_STACK
boot_stack_end:

	.global ap_boot
ap_boot: /* struct ap_boot: root, stack, entry */
	.skip 24

	.section .note.GNU-stack, "", @progbits
