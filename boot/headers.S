/* SPDX-License-Identifier: MIT */
/* What the loaders look for in the file. */

/*
 * Multiboot2 specification 2.0, 3.1.1 "The layout of Multiboot2 header" and 3.1.3 "General tag
 * structure". No tag asks for boot services or for the EFI entry: GRUB then ends boot services
 * itself and enters us in the same 32-bit state on BIOS and on UEFI.
 */
#define MB2_HEADER_MAGIC 0xe85250d6
#define MB2_ARCH_I386	 0

	.section .multiboot2, "a"
	.balign 8
header:
	.long MB2_HEADER_MAGIC
	.long MB2_ARCH_I386
	.long header_end - header
	.long -(MB2_HEADER_MAGIC + MB2_ARCH_I386 + (header_end - header))
	.word 0, 0 /* end tag: type, flags */
	.long 8
header_end:

/*
 * Xen, docs/misc/pvh.pandoc "x86/HVM direct boot ABI": the note's descriptor is the physical
 * address to enter at. QEMU's -kernel takes it for ELF64 files.
 */
#define XEN_ELFNOTE_PHYS32_ENTRY 18

	.section .note.Xen, "a", @note
	.balign 4
	.long 4 /* size of the name */
	.long 4 /* size of the descriptor */
	.long XEN_ELFNOTE_PHYS32_ENTRY
	.asciz "Xen"
	.long pvh_entry

	.section .note.GNU-stack, "", @progbits
