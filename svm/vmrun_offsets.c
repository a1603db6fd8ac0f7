/* SPDX-License-Identifier: MIT */
#include "lib/offsets.h"
#include "svm/vmrun.h"

void vmrun_offsets(void);

void vmrun_offsets(void)
{
	OFFSET(SVM_RBX, svm_registers, rbx);
	OFFSET(SVM_RCX, svm_registers, rcx);
	OFFSET(SVM_RDX, svm_registers, rdx);
	OFFSET(SVM_RDI, svm_registers, rdi);
	OFFSET(SVM_RSI, svm_registers, rsi);
	OFFSET(SVM_RBP, svm_registers, rbp);
	OFFSET(SVM_R8, svm_registers, r8);
	OFFSET(SVM_R9, svm_registers, r9);
	OFFSET(SVM_R10, svm_registers, r10);
	OFFSET(SVM_R11, svm_registers, r11);
	OFFSET(SVM_R12, svm_registers, r12);
	OFFSET(SVM_R13, svm_registers, r13);
	OFFSET(SVM_R14, svm_registers, r14);
	OFFSET(SVM_R15, svm_registers, r15);

	OFFSET(CALL_VMCB, svm_call, vmcb);
	OFFSET(CALL_REGISTERS, svm_call, registers);
	OFFSET(CALL_PDPT, svm_call, pdpt);
	OFFSET(CALL_BARE, svm_call, bare);
}
