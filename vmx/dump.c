/* SPDX-License-Identifier: MIT */
/* What a VM's last exit, or entry that failed, was: names and a dump. */
#include "kernel/console.h"
#include "vmx/ops.h"
#include "vmx/vmx.h"

#define LLX(x) ((unsigned long long)(x))

static const char *exit_name(uint32_t reason)
{
	switch (reason & 0xffff) {
	case VMX_EXIT_EXCEPTION: return "exception or NMI";
	case VMX_EXIT_INTERRUPT: return "external interrupt";
	case VMX_EXIT_TRIPLE_FAULT: return "triple fault in L2";
	case VMX_EXIT_INTERRUPT_WINDOW: return "interrupt window";
	case VMX_EXIT_CPUID: return "CPUID";
	case VMX_EXIT_HLT: return "HLT";
	case VMX_EXIT_INVLPG: return "INVLPG";
	case VMX_EXIT_VMCALL: return "VMCALL";
	case VMX_EXIT_CR: return "control-register access";
	case VMX_EXIT_MSR_READ: return "RDMSR";
	case VMX_EXIT_MSR_WRITE: return "WRMSR";
	case VMX_EXIT_GUEST_STATE: return "VM-entry failure, invalid guest state";
	case VMX_EXIT_MSR_LOADING: return "VM-entry failure, MSR loading";
	case VMX_EXIT_EPT_VIOLATION: return "EPT violation";
	case VMX_EXIT_EPT_MISCONFIG: return "EPT misconfiguration";
	case VMX_EXIT_INVPCID: return "INVPCID";
	case VMX_EXIT_VMFUNC: return "VMFUNC";
	default: return "see SDM vol. 3, \"VMX Basic Exit Reasons\"";
	}
}

/* SDM vol. 3, "VM Instruction Error Numbers". Number 1 is VMCALL's, so no entry ends with it:
 * vmx_enter() gives it to a failure that has no number, VMfailInvalid. */
static const char *error_name(uint32_t error)
{
	static const char *const names[] = {
		[1] = "no current VMCS",
		[2] = "VMCLEAR with invalid physical address",
		[3] = "VMCLEAR with VMXON pointer",
		[4] = "VMLAUNCH with non-clear VMCS",
		[5] = "VMRESUME with non-launched VMCS",
		[6] = "VMRESUME after VMXOFF",
		[7] = "VM entry with invalid control field(s)",
		[8] = "VM entry with invalid host-state field(s)",
		[9] = "VMPTRLD with invalid physical address",
		[10] = "VMPTRLD with VMXON pointer",
		[11] = "VMPTRLD with incorrect VMCS revision identifier",
		[12] = "VMREAD/VMWRITE from/to unsupported VMCS component",
		[13] = "VMWRITE to read-only VMCS component",
		[15] = "VMXON executed in VMX root operation",
		[16] = "VM entry with invalid executive-VMCS pointer",
		[17] = "VM entry with non-launched executive VMCS",
		[18] = "VM entry with executive-VMCS pointer not VMXON pointer",
		[19] = "VMCALL with non-clear VMCS",
		[20] = "VMCALL with invalid VM-exit control fields",
		[22] = "VMCALL with incorrect MSEG revision identifier",
		[23] = "VMXOFF under dual-monitor treatment of SMIs and SMM",
		[24] = "VMCALL with invalid SMM-monitor features",
		[25] = "VM entry with invalid VM-execution control fields in executive VMCS",
		[26] = "VM entry with events blocked by MOV SS",
		[28] = "invalid operand to INVEPT/INVVPID",
	};

	if (error < sizeof(names) / sizeof(names[0]) && names[error])
		return names[error];
	return "see SDM vol. 3, \"VM Instruction Error Numbers\"";
}

void vmx_describe(const struct hv_vm *hv_vm, char *text, size_t size)
{
	const struct vmx_vm *vm = (const void *)hv_vm;

	if (vm->error)
		snprintk(text, size, "VM entry failed, error %u: %s", vm->error,
			 error_name(vm->error));
	else
		snprintk(text, size, "VM exit %u%s (%s), qualification 0x%llx, RIP 0x%llx",
			 vm->exit_reason & 0xffff,
			 vm->exit_reason & VMX_EXIT_ENTRY_FAILED ? ", entry failure" : "",
			 exit_name(vm->exit_reason), LLX(vmread(EXIT_QUALIFICATION)),
			 LLX(vmread(GUEST_RIP)));
}

void vmx_dump(const struct hv_vm *hv_vm)
{
	const struct vmx_vm *vm = (const void *)hv_vm;
	char text[160];

	vmx_describe(hv_vm, text, sizeof(text));
	printk("# | %s\n", text);
	printk("# | VMCS at %p: VPID %llu EPTP 0x%llx pin 0x%llx primary 0x%llx secondary 0x%llx\n",
	       (void *)vm->vmcs, LLX(vmread(VPID)), LLX(vmread(EPT_POINTER)),
	       LLX(vmread(PIN_CONTROLS)), LLX(vmread(PRIMARY_CONTROLS)),
	       LLX(vmread(SECONDARY_CONTROLS)));
	printk("# | exit controls 0x%llx entry controls 0x%llx interruption 0x%llx blocking "
	       "0x%llx\n",
	       LLX(vmread(EXIT_CONTROLS)), LLX(vmread(ENTRY_CONTROLS)),
	       LLX(vmread(EXIT_INTERRUPTION_INFO)), LLX(vmread(GUEST_INTERRUPTIBILITY)));
	printk("# | guest-physical 0x%llx linear 0x%llx\n", LLX(vmread(GUEST_PHYSICAL_ADDRESS)),
	       LLX(vmread(GUEST_LINEAR_ADDRESS)));
	printk("# | CR0 0x%llx CR3 0x%llx CR4 0x%llx RFLAGS 0x%llx RIP 0x%llx RSP 0x%llx\n",
	       LLX(vmread(GUEST_CR0)), LLX(vmread(GUEST_CR3)), LLX(vmread(GUEST_CR4)),
	       LLX(vmread(GUEST_RFLAGS)), LLX(vmread(GUEST_RIP)), LLX(vmread(GUEST_RSP)));
	printk("# | RAX 0x%llx RBX 0x%llx RCX 0x%llx RDX 0x%llx RSI 0x%llx RDI 0x%llx\n",
	       LLX(vm->registers.rax), LLX(vm->registers.rbx), LLX(vm->registers.rcx),
	       LLX(vm->registers.rdx), LLX(vm->registers.rsi), LLX(vm->registers.rdi));
}
