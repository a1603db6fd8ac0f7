/* SPDX-License-Identifier: MIT */
/* VMX on a CPU: what it offers, on and off, which VMCS is current, INVVPID and INVEPT. */
#include "kernel/cpu.h"
#include "kernel/memory.h"
#include "kernel/power.h"
#include "lib/cr.h"
#include "lib/msr.h"
#include "lib/page.h"
#include "vmx/ops.h"
#include "vmx/vmx.h"

struct vmx_controls vmx_controls;

/* What VMX keeps for each CPU, behind struct cpu's hv. */
struct vmx_cpu {
	uint64_t *vmxon; /* the VMXON region */
	struct vmx_vm *current;
};

static struct vmx_cpu *here(void)
{
	return this_cpu()->hv;
}

/*
 * A.2 to A.5: the low half of a capability MSR has the bits that must be 1, the high half those
 * that may be. With IA32_VMX_BASIC[55] the TRUE MSRs tell which of the "default1" bits may be 0
 * after all.
 */
static uint32_t allowed(uint32_t msr, uint32_t wanted)
{
	uint64_t capability = rdmsr(msr);

	return (wanted | (uint32_t)capability) & (uint32_t)(capability >> 32);
}

static uint32_t true_msr(uint32_t msr)
{
	if (rdmsr(MSR_VMX_BASIC) & VMX_BASIC_TRUE_CONTROLS)
		return msr - MSR_VMX_PIN_CONTROLS + MSR_VMX_TRUE_PIN;
	return msr;
}

static void read_secondary(struct vmx_controls *c)
{
	uint32_t wanted = SECONDARY_INVPCID;
	uint32_t may;

	c->has_secondary = c->primary & PRIMARY_SECONDARY;
	if (!c->has_secondary)
		return;
	may = (uint32_t)(rdmsr(MSR_VMX_SECONDARY_CONTROLS) >> 32);
	c->secondary = allowed(MSR_VMX_SECONDARY_CONTROLS, wanted);
	if (!(may & (SECONDARY_EPT | SECONDARY_VPID)))
		return;
	c->ept_vpid_cap = rdmsr(MSR_VMX_EPT_VPID_CAP); /* exists with either: A.10 */
	/* Both only where vmx_flush_all() can drop all that was cached with them. */
	c->has_vpid = may & SECONDARY_VPID && c->ept_vpid_cap & VPID_CAP_INVVPID &&
		      c->ept_vpid_cap & (VPID_CAP_INVVPID_TYPE(1) | VPID_CAP_INVVPID_TYPE(2));
	c->has_ept = may & SECONDARY_EPT && c->ept_vpid_cap & EPT_CAP_4_LEVELS &&
		     c->ept_vpid_cap & EPT_CAP_WB && c->ept_vpid_cap & EPT_CAP_2M &&
		     c->ept_vpid_cap & EPT_CAP_INVEPT && c->ept_vpid_cap & EPT_CAP_INVEPT_TYPE(2);
	c->with_ept = SECONDARY_EPT | (may & SECONDARY_UNRESTRICTED);
	if (c->has_ept && may & SECONDARY_VMFUNC)
		c->has_vmfunc = rdmsr(MSR_VMX_VMFUNC) & VMFUNC_EPTP_SWITCHING;
}

bool vmx_read_controls(const char **missing)
{
	struct vmx_controls *c = &vmx_controls;
	const uint32_t unwanted = PRIMARY_INVLPG | PRIMARY_CR3_LOAD | PRIMARY_CR3_STORE;

	c->pin = allowed(true_msr(MSR_VMX_PIN_CONTROLS), 0);
	c->primary = allowed(true_msr(MSR_VMX_PRIMARY_CONTROLS),
			     PRIMARY_HLT | PRIMARY_MSR_BITMAPS | PRIMARY_SECONDARY);
	c->exit = allowed(true_msr(MSR_VMX_EXIT_CONTROLS), EXIT_HOST_64);
	c->entry = allowed(true_msr(MSR_VMX_ENTRY_CONTROLS), ENTRY_GUEST_64);
	read_secondary(c);
	*missing = NULL;
	if (c->primary & unwanted)
		*missing = "L2's own MOV CR3 and INVLPG without an exit";
	else if (!(c->exit & EXIT_HOST_64) || !(c->entry & ENTRY_GUEST_64))
		*missing = "a 64-bit host and guest";
	return !*missing;
}

/* "Enabling and Entering VMX Operation": the bits that VMX operation fixes in CR0 and CR4. */
static void fix_control_registers(void)
{
	write_cr0((read_cr0() | rdmsr(MSR_VMX_CR0_FIXED0)) & rdmsr(MSR_VMX_CR0_FIXED1));
	write_cr4((read_cr4() | CR4_VMXE | rdmsr(MSR_VMX_CR4_FIXED0)) & rdmsr(MSR_VMX_CR4_FIXED1));
}

bool vmx_cpu_start(void)
{
	struct vmx_cpu *cpu = memory_alloc(sizeof(*cpu), 16);

	cpu->vmxon = memory_alloc(PAGE_SIZE, PAGE_SIZE);
	cpu->vmxon[0] = rdmsr(MSR_VMX_BASIC) & VMX_BASIC_REVISION;
	this_cpu()->hv = cpu;
	if (!(rdmsr(MSR_FEATURE_CONTROL) & FEATURE_CONTROL_LOCKED))
		wrmsr(MSR_FEATURE_CONTROL, FEATURE_CONTROL_LOCKED | FEATURE_CONTROL_VMX);
	fix_control_registers();
	return vmxon((const uint64_t *)&cpu->vmxon);
}

void vmx_load(struct vmx_vm *vm)
{
	if (here()->current == vm)
		return;
	if (!vmptrld((const uint64_t *)&vm->vmcs))
		panic("VMPTRLD failed");
	here()->current = vm;
}

void vmx_forget(void)
{
	here()->current = NULL;
}

/* VMCLEAR first: a VMCS that is active when VMXOFF comes may be lost ("Software Use of VMCSs"). */
void vmx_suspend(struct hv_vm *const *vms, unsigned nr)
{
	for (unsigned i = 0; i < nr; i++) {
		struct vmx_vm *vm = (void *)vms[i];

		vmclear((const uint64_t *)&vm->vmcs);
		vm->launched = false;
	}
	vmx_forget();
	vmxoff();
}

void vmx_resume(void)
{
	if (!vmxon((const uint64_t *)&here()->vmxon))
		panic("VMXON failed after VMXOFF");
}

uint64_t vmx_eptp(uint64_t table, bool accessed_dirty)
{
	return table | EPTP_WB_4_LEVELS | (accessed_dirty ? EPTP_AD : 0);
}

void vmx_flush_tag(unsigned type, uint64_t address, unsigned tag)
{
	if (!invvpid(type, type == 2 ? 0 : tag, type ? 0 : address))
		panic("INVVPID type %u failed", type);
}

void vmx_flush_nested(unsigned type, uint64_t table, bool accessed_dirty)
{
	if (!invept(type, type == 2 ? 0 : vmx_eptp(table, accessed_dirty)))
		panic("INVEPT type %u failed", type);
}

/* Everything of every tag and nested root. VPIDs tag by tag where the CPU has no type for all. */
void vmx_flush_all(struct hv_vm *vm)
{
	uint64_t cap = vmx_controls.ept_vpid_cap;

	(void)vm;
	if (vmx_controls.has_vpid && cap & VPID_CAP_INVVPID_TYPE(2))
		vmx_flush_tag(2, 0, 0);
	else if (vmx_controls.has_vpid)
		for (unsigned tag = 1; tag < NR_TAGS; tag++)
			vmx_flush_tag(1, 0, tag);
	if (vmx_controls.has_ept)
		vmx_flush_nested(2, 0, false);
}
