/* SPDX-License-Identifier: MIT */
/* The world switches, vmrun.S and vmrun32.S, and what they work on. */
#ifndef SVM_VMRUN_H
#define SVM_VMRUN_H

#include <stdint.h>

/* What VMRUN does not switch. */
struct svm_registers {
	uint64_t rbx, rcx, rdx, rdi, rsi, rbp;
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
};

void svm_switch(uint64_t vmcb_physical, struct svm_registers *registers);

/* What the switch of an L1 in PAE mode is called with. */
struct svm_call {
	uint32_t vmcb, registers, pdpt, bare;
};
void svm_switch32(void);

#endif
