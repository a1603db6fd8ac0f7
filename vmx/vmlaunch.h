/* SPDX-License-Identifier: MIT */
/* The world switch, vmlaunch.S, and what it works on. */
#ifndef VMX_VMLAUNCH_H
#define VMX_VMLAUNCH_H

#include <stdbool.h>
#include <stdint.h>

/* What VM entry and exit do not switch. */
struct vmx_registers {
	uint64_t rax, rbx, rcx, rdx, rdi, rsi, rbp;
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
};

/* 0 after a VM exit, 1 when the instruction failed without, 2 with an error number in the VMCS. */
unsigned vmx_switch(struct vmx_registers *registers, bool launched);

/* Where a VM exit goes on. */
void vmx_exit_entry(void);

#endif
