/* SPDX-License-Identifier: MIT */
/*
 * Words that stand behind the loader's on the command line, up to the first NUL: none, but in an image that
 * lab/reproducer.sh has made, which brings its one program along.
 */
	.section .revenant.arguments, "a"
	.globl boot_arguments, boot_arguments_end
boot_arguments:
	.skip 2048
boot_arguments_end:
