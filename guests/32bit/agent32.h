/* SPDX-License-Identifier: MIT */
/*
 * The 32-bit agent: a program of its own, linked to a fixed address (agent32.ld) where the image
 * has it as data (linker.ld), with what L1 must know of it at its beginning.
 */
#ifndef GUESTS_32BIT_AGENT32_H
#define GUESTS_32BIT_AGENT32_H

#include <stdint.h>

struct agent32_image {
	uint32_t start;	       /* EDI: the mailbox; ESP: the end of its block */
	uint32_t nested_fault; /* as agent_nested_fault() */
	uint32_t stubs[32];    /* exception handlers by vector */
};

extern const struct agent32_image agent32_image;

#endif
