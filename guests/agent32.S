/* SPDX-License-Identifier: MIT */
/* The 32-bit agent as it was linked: see guests/32bit/ and linker.ld. */
	.section .agent32, "ax"
	.global	agent32_image
agent32_image:
	.incbin	AGENT32_BIN

	.section .note.GNU-stack, "", @progbits
