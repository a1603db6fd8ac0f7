/* SPDX-License-Identifier: MIT */
/* What bare.c and bare.S share. */
#ifndef HV_BARE_VM_H
#define HV_BARE_VM_H

#include <stdint.h>

#include "lib/segment.h"

/* Registers of each side while the other one runs. */
struct bare_vm {
	uint32_t agent_esp;
	uint32_t agent_cr3;
	uint32_t agent_cr4;
	struct {
		uint16_t limit;
		uint32_t base;
	} __attribute__((packed)) agent_idt;
	uint32_t l1_cr3, l1_cr4;
	uint64_t l1_rsp;
	struct descriptor_table l1_idt;
};

/* What bare_enter() pops off the agent's stack. */
struct bare_frame {
	uint32_t edi, esi, ebx, ebp, eip;
};

/* Returns when the agent leaves. */
void bare_enter(struct bare_vm *vm);

#endif
