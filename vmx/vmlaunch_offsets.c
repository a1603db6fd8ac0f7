/* SPDX-License-Identifier: MIT */
#include "lib/offsets.h"
#include "vmx/vmcs.h"
#include "vmx/vmlaunch.h"

void vmlaunch_offsets(void);

void vmlaunch_offsets(void)
{
	CONSTANT(HOST_RSP);

	OFFSET(VMX_RAX, vmx_registers, rax);
	OFFSET(VMX_RBX, vmx_registers, rbx);
	OFFSET(VMX_RCX, vmx_registers, rcx);
	OFFSET(VMX_RDX, vmx_registers, rdx);
	OFFSET(VMX_RDI, vmx_registers, rdi);
	OFFSET(VMX_RSI, vmx_registers, rsi);
	OFFSET(VMX_RBP, vmx_registers, rbp);
	OFFSET(VMX_R8, vmx_registers, r8);
	OFFSET(VMX_R9, vmx_registers, r9);
	OFFSET(VMX_R10, vmx_registers, r10);
	OFFSET(VMX_R11, vmx_registers, r11);
	OFFSET(VMX_R12, vmx_registers, r12);
	OFFSET(VMX_R13, vmx_registers, r13);
	OFFSET(VMX_R14, vmx_registers, r14);
	OFFSET(VMX_R15, vmx_registers, r15);
}
