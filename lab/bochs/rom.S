/* SPDX-License-Identifier: MIT */
/*
 * Firmware for Bochs that enters a kernel at once.
 *
 * A PC's BIOS, a boot loader and an ISO cost seconds under an emulator, and a kernel that lies in
 * memory already needs none of them: Bochs loads flat files to fixed addresses (optramimage). So this
 * ROM switches to 32-bit mode, copies a PVH start-info block into RAM and jumps ("x86/HVM direct boot
 * ABI", Xen's documentation). There is no PCI set-up: a kernel finds one CPU and the legacy PC
 * devices by itself. Of further CPUs an MP table and ACPI's MADT tell, and of nothing else.
 *
 * A second start means that the kernel has rebooted. The machine then ends: see `again`.
 *
 * Assemble with -DENTRY, -DMEMORY_MB, -DINITRD, -DINITRD_BYTES (0: none), -DCPUS; the file named
 * by -DCMDLINE="..." is the command line.
 */

#define ROM_BASE	0xffff0000	/* 64 KiB that end at 4 GiB, hence with the reset vector */
#define ROM_LOW		0xf0000		/* where the same bytes are seen, too */
#define BOOTED_FLAG	0x500		/* RAM is zero at power-on and keeps its contents at a reset */
#define BOOTED_MAGIC	0x746e7652
#define INFO		0x1000		/* where the start-info block gets copied to */
#define INFO_OF(label)	(INFO + (label) - info)
#define RSDP		0x8800		/* offsets in the ROM: multiples of 256 */
#define RSDT		0x8900
#define MADT		0x8a00
#if CPUS > 1
#define RSDP_ADDRESS	(ROM_LOW + RSDP)
#else
#define RSDP_ADDRESS	0
#endif
#define SHUTDOWN_PORT	0x8900		/* Bochs ends when "Shutdown" is written to it */

#define CODE_SEG	0x08
#define DATA_SEG	0x10

#define MAGIC_PVH	0x336ec578
#define E820_RAM	1
#define E820_RESERVED	2

	.text
	.code16
start16:
	cli
	lgdtl	%cs:(gdt_pointer - start16)
	movl	%cr0, %eax
	orb	$1, %al
	movl	%eax, %cr0
	ljmpl	$CODE_SEG, $(ROM_BASE + start32 - start16)

	.code32
start32:
	movl	$DATA_SEG, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	cmpl	$BOOTED_MAGIC, BOOTED_FLAG
	je	again
	movl	$BOOTED_MAGIC, BOOTED_FLAG

	cld
	movl	$(ROM_BASE + info - start16), %esi
	movl	$INFO, %edi
	movl	$(info_end - info), %ecx
	rep movsb

	movl	$INFO_OF(start_info), %ebx
	movl	$ENTRY, %eax
	jmp	*%eax

	/* The machine has reset itself: a panic with panic=-1, a triple fault, or `reboot`. */
again:
	movl	$(ROM_BASE + goodbye - start16), %esi
	movl	$8, %ecx
	movw	$SHUTDOWN_PORT, %dx
1:	lodsb
	outb	%al, %dx
	loop	1b
2:	hlt
	jmp	2b

goodbye:
	.ascii	"Shutdown"

	.balign	8
gdt:
	.quad	0
	.quad	0x00cf9b000000ffff	/* CODE_SEG: flat, 32-bit, execute and read */
	.quad	0x00cf93000000ffff	/* DATA_SEG: flat, read and write */
gdt_pointer:
	.word	. - gdt - 1
	.long	ROM_BASE + gdt - start16

	.balign	8
info:
start_info:				/* struct hvm_start_info, version 1 */
	.long	MAGIC_PVH
	.long	1			/* version */
	.long	0			/* flags */
	.long	!!INITRD_BYTES		/* nr_modules */
	.quad	INFO_OF(module)
	.quad	INFO_OF(cmdline)
	.quad	RSDP_ADDRESS		/* rsdp_paddr; 0: no ACPI */
	.quad	INFO_OF(memmap)
	.long	(memmap_end - memmap) / 24
	.long	0
module:					/* struct hvm_modlist_entry */
	.quad	INITRD
	.quad	INITRD_BYTES
	.quad	0
	.quad	0
	.macro	region from, to, type	/* struct hvm_memmap_table_entry */
	.quad	\from
	.quad	\to - \from
	.long	\type
	.long	0
	.endm
memmap:
	region	0, 0x9f000, E820_RAM
	region	0xf0000, 0x100000, E820_RESERVED
	region	0x100000, (MEMORY_MB << 20), E820_RAM
	region	0xfec00000, 0xfec01000, E820_RESERVED
	region	0xfee00000, 0xfee01000, E820_RESERVED
	region	ROM_BASE, 0x100000000, E820_RESERVED
memmap_end:
cmdline:
	.incbin	CMDLINE
	.byte	0
info_end:

#if CPUS > 1
	/* Intel MultiProcessor Specification 1.4, chapter 4. All bytes of a table add up to 0. */
	.macro	bytes list:vararg
	.irp	value, \list
	.byte	\value
	.set	sum, sum + \value
	.endr
	.endm
#define MP_CONFIG	0x8000		/* offsets in the ROM: multiples of 256 */
#define MP_POINTER	0x8400
#define MP_LENGTH	(44+20*CPUS)
	.org	MP_CONFIG		/* 4.2 MP Configuration Table Header */
	.set	sum, 0
	bytes	'P', 'C', 'M', 'P', MP_LENGTH&255, MP_LENGTH>>8, 4
	.byte	-(mp_config_sum) & 255
	.rept	20			/* OEM ID, product ID */
	bytes	' '
	.endr
	bytes	0, 0, 0, 0, 0, 0, CPUS, 0, 0, 0, 0xe0, 0xfe, 0, 0, 0, 0	/* local APICs: 0xfee00000 */
	.set	id, 0
	.rept	CPUS			/* 4.3.1 Processor Entries: enabled, the first one boots */
	bytes	0, id, 0x14, 1-2*(id==0), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
	.set	id, id + 1
	.endr
	.set	mp_config_sum, sum
	.org	MP_POINTER		/* 4.1 MP Floating Pointer Structure */
	.set	sum, 0
	bytes	'_', 'M', 'P', '_', 0, MP_CONFIG>>8, ROM_LOW>>16, 0, 1, 4, 0, 0, 0, 0, 0
	.byte	-sum & 255

	/* The same for kernels that know no MP table, as Debian's: ACPI 6.5, 5.2.5.3 "Root System
	 * Description Pointer (RSDP) Structure", 5.2.7 "Root System Description Table (RSDT)", 5.2.12
	 * "Multiple APIC Description Table (MADT)". */
	.org	RSDP
	.set	sum, 0
	bytes	'R', 'S', 'D', 32, 'P', 'T', 'R', 32
	.byte	-(rsdp_sum) & 255
	bytes	0, 0, 0, 0, 0, 0, 0, 0, RSDT>>8, ROM_LOW>>16, 0
	.set	rsdp_sum, sum
	.org	RSDT
	.set	sum, 0
	bytes	'R', 'S', 'D', 'T', 40, 0, 0, 0, 1
	.byte	-(rsdt_sum) & 255
	.rept	26
	bytes	32
	.endr
	bytes	0, MADT>>8, ROM_LOW>>16, 0
	.set	rsdt_sum, sum
	.org	MADT
	.set	sum, 0
	bytes	'A', 'P', 'I', 'C', 44+8*CPUS, 0, 0, 0, 1
	.byte	-(madt_sum) & 255
	.rept	26
	bytes	32
	.endr
	bytes	0, 0, 0xe0, 0xfe, 1, 0, 0, 0	/* local APICs; there are 8259s, too */
	.set	id, 0
	.rept	CPUS				/* 5.2.12.2 "Processor Local APIC Structure" */
	bytes	0, 8, id, id, 1, 0, 0, 0
	.set	id, id + 1
	.endr
	.set	madt_sum, sum
#endif

	.org	0xfff0
	.code16
	jmp	start16			/* the reset vector */
	.org	0x10000 - 1
	.byte	0
