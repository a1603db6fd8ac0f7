/* SPDX-License-Identifier: MIT */
/* All families as one text, without comments: made by revenant-scenarios text. */
	.section .revenant.scenarios, "a"
	.global __scenarios_start, __scenarios_end
__scenarios_start:
	.incbin SCENARIOS_TXT
__scenarios_end:

	.section .note.GNU-stack, "", @progbits
