/* SPDX-License-Identifier: MIT */
/* VMX behind the verbs of hv/hv.h. Section titles are those of the SDM vol. 3. */
#include "vmx/vmx.h"

#include "kernel/console.h"
#include "kernel/cpu.h"
#include "kernel/memory.h"
#include "kernel/power.h"
#include "kernel/trap.h"
#include "lib/cpuid.h"
#include "lib/cr.h"
#include "lib/msr.h"
#include "lib/page.h"
#include "lib/rflags.h"
#include "lib/segment.h"
#include "lib/string.h"
#include "model/lang/caps.h"
#include "vmx/ops.h"

/* "Discovering Support for VMX", "Enabling and Entering VMX Operation" */
static bool vmx_present(void)
{
	uint64_t control;

	if (!cpuid_has(FEATURE_VMX))
		return false;
	control = rdmsr(MSR_FEATURE_CONTROL);
	return !(control & FEATURE_CONTROL_LOCKED) || control & FEATURE_CONTROL_VMX;
}

static void vmx_caps(struct caps *caps)
{
	const struct vmx_controls *c = &vmx_controls;

	caps_add(caps, CAP_HV);
	caps_add(caps, CAP_VMX);
	/* Without VPID no tag is given, and entries and exits flush more than the oracle asks for
	 */
	caps_add(caps, CAP_UNTAGGED);
	caps_add_if(caps, c->primary & PRIMARY_MSR_BITMAPS, CAP_MSRMAP);
	for (unsigned type = 0; type < 4; type++)
		caps_add_if(caps, c->has_vpid && c->ept_vpid_cap & VPID_CAP_INVVPID_TYPE(type),
			    CAP_INVVPID0 + type);
	if (!c->has_ept)
		return;
	caps_add(caps, CAP_NPT);
	for (unsigned type = 1; type <= 2; type++)
		caps_add_if(caps, c->ept_vpid_cap & EPT_CAP_INVEPT_TYPE(type),
			    CAP_INVEPT1 + type - 1);
	caps_add_if(caps, c->ept_vpid_cap & EPT_CAP_AD, CAP_EPT_AD);
	caps_add_if(caps, c->ept_vpid_cap & EPT_CAP_XO, CAP_EPT_XO);
	caps_add_if(caps, c->has_vmfunc, CAP_VMFUNC);
	caps_add_if(caps, c->with_ept & SECONDARY_UNRESTRICTED, CAP_UNPAGED);
}

static bool vmx_start(void)
{
	const char *missing;

	if (!vmx_read_controls(&missing)) {
		printk("# VMX lacks what L2 needs: %s\n", missing);
		return false;
	}
	return vmx_cpu_start();
}

/* "MSR-Bitmap Address": one bit for each MSR; reads of those from C0000000 on begin at 1024. */
static void vmx_set_msr_exit(struct hv_vm *hv_vm, bool exits)
{
	struct vmx_vm *vm = (void *)hv_vm;
	const unsigned nr = 8 * 1024 + (MSR_KERNEL_GS_BASE - 0xc0000000);

	if (exits)
		vm->msr_bitmap[nr / 8] |= (uint8_t)(1u << nr % 8);
	else
		vm->msr_bitmap[nr / 8] &= (uint8_t) ~(1u << nr % 8);
}

static struct hv_vm *vmx_vm_create(void)
{
	struct vmx_vm *vm = memory_alloc(sizeof(*vm), 16);

	vm->vmcs = memory_alloc(PAGE_SIZE, PAGE_SIZE);
	*(uint32_t *)vm->vmcs = (uint32_t)(rdmsr(MSR_VMX_BASIC) & VMX_BASIC_REVISION);
	if (vmx_controls.primary & PRIMARY_MSR_BITMAPS)
		vm->msr_bitmap = memory_alloc(PAGE_SIZE, PAGE_SIZE);
	if (vmx_controls.has_vmfunc)
		vm->eptp_list = memory_alloc(PAGE_SIZE, PAGE_SIZE);
	return (void *)vm;
}

static void put(enum vmcs_field field, uint64_t value)
{
	if (!vmwrite(field, value))
		panic("VMWRITE of field 0x%x failed, error %llu", field,
		      (unsigned long long)vmread(VM_INSTRUCTION_ERROR));
}

/* Of a field of struct vmx_fields. */
static void update(uint64_t *now, enum vmcs_field field, uint64_t value)
{
	if (*now != value)
		put(field, *now = value);
}

/* "Exception Bitmap": with bit 14 set, if the error code's bits of the mask are those to match. */
static void vmx_set_pf_exit(struct hv_vm *hv_vm, enum pf_exit which)
{
	struct vmx_vm *vm = (void *)hv_vm;
	const uint32_t bits = which == PF_EXIT_WRITES ? PF_W : 0;

	vmx_load(vm);
	vm->intercepts_pf = which != PF_EXIT_NONE;
	put(EXCEPTION_BITMAP, which == PF_EXIT_NONE ? 0 : 1u << TRAP_PF);
	put(PAGE_FAULT_MASK, bits);
	put(PAGE_FAULT_MATCH, bits);
}

static void fill_controls(struct vmx_vm *vm)
{
	const struct vmx_controls *c = &vmx_controls;

	memset(&vm->fields, 0xff, sizeof(vm->fields)); /* what none of them ever holds */
	if (vm->msr_bitmap)
		put(MSR_BITMAP, (uint64_t)vm->msr_bitmap);
	if (vm->eptp_list)
		put(EPTP_LIST, (uint64_t)vm->eptp_list);
	put(EXIT_CONTROLS, c->exit);
	put(ENTRY_CONTROLS, mode_is_64bit(vm->mode) ? c->entry : c->entry & ~ENTRY_GUEST_64);
	put(EXCEPTION_BITMAP, 0);
	put(PAGE_FAULT_MASK, 0);
	put(PAGE_FAULT_MATCH, 0);
	put(CR3_TARGET_COUNT, 0);
	put(EXIT_MSR_STORE_COUNT, 0);
	put(EXIT_MSR_LOAD_COUNT, 0);
	put(ENTRY_MSR_LOAD_COUNT, 0);
	put(ENTRY_INTERRUPTION_INFO, 0);
	put(CR0_GUEST_HOST_MASK, 0);
	put(CR4_GUEST_HOST_MASK, 0);
}

/* The encodings of one segment register's fields lie 2 apart from those of the next. */
static void fill_segment(unsigned nr, uint64_t selector, uint64_t base, uint64_t limit,
			 uint64_t rights)
{
	put(GUEST_ES_SELECTOR + 2 * nr, selector);
	put(GUEST_ES_BASE + 2 * nr, base);
	put(GUEST_ES_LIMIT + 2 * nr, limit);
	put(GUEST_ES_RIGHTS + 2 * nr, rights);
}

enum { ES, CS, SS, DS, FS, GS, LDTR, TR }; /* in the order of their fields */

/* Guest state that an agent that works leaves alone. */
static void fill_guest(const struct hv_start *start)
{
	struct descriptor_table gdt;

	sgdt(&gdt);
	for (unsigned nr = ES; nr <= GS; nr++)
		fill_segment(nr, GDT_DATA, 0, 0xffffffff, RIGHTS_DATA);
	if (mode_is_64bit(start->mode))
		fill_segment(CS, GDT_CODE64, 0, 0xffffffff, RIGHTS_CODE64);
	else
		fill_segment(CS, GDT_CODE32, 0, 0xffffffff, RIGHTS_CODE32);
	fill_segment(LDTR, 0, 0, 0, RIGHTS_UNUSABLE);
	fill_segment(TR, GDT_TSS, (uint64_t)&this_cpu()->tss, sizeof(struct tss) - 1,
		     RIGHTS_TSS_BUSY);
	put(GUEST_GDTR_BASE, gdt.base);
	put(GUEST_GDTR_LIMIT, gdt.limit);
	put(GUEST_IDTR_BASE, start->idt_base);
	put(GUEST_IDTR_LIMIT, start->idt_limit);
	put(GUEST_DR7, 0x400);
	put(GUEST_DEBUGCTL, 0);
	put(GUEST_SYSENTER_CS, 0);
	put(GUEST_SYSENTER_ESP, 0);
	put(GUEST_SYSENTER_EIP, 0);
	put(VMCS_LINK_POINTER, ~0ull);
}

/* Host state that stays; control registers follow at each entry. */
static void fill_host(void)
{
	struct descriptor_table gdt, idt;

	sgdt(&gdt);
	sidt(&idt);
	put(HOST_CS_SELECTOR, GDT_CODE64);
	put(HOST_SS_SELECTOR, GDT_DATA);
	put(HOST_DS_SELECTOR, GDT_DATA);
	put(HOST_ES_SELECTOR, GDT_DATA);
	put(HOST_FS_SELECTOR, 0);
	put(HOST_GS_SELECTOR, 0);
	put(HOST_TR_SELECTOR, GDT_TSS);
	put(HOST_FS_BASE, rdmsr(MSR_FS_BASE));
	put(HOST_GS_BASE, rdmsr(MSR_GS_BASE));
	put(HOST_TR_BASE, (uint64_t)&this_cpu()->tss);
	put(HOST_GDTR_BASE, gdt.base);
	put(HOST_IDTR_BASE, idt.base);
	put(HOST_SYSENTER_CS, 0);
	put(HOST_SYSENTER_ESP, 0);
	put(HOST_SYSENTER_EIP, 0);
	put(HOST_RIP, (uint64_t)vmx_exit_entry);
}

/*
 * Most writes of a field are an exit to L0, so those that stay are written once in the life of a
 * VMCS: before its first use, and after an L2 that went astray.
 */
static void fill(struct vmx_vm *vm, const struct hv_start *start)
{
	if (!vmclear((const uint64_t *)&vm->vmcs))
		panic("VMCLEAR failed");
	vmx_forget();
	vmx_load(vm);
	vm->launched = vm->called = false;
	vm->mode = start->mode;
	fill_controls(vm);
	fill_guest(start);
	fill_host();
	vm->filled = true;
}

static void reset_guest(const struct vmx_vm *vm, const struct hv_start *start)
{
	uint64_t cr4 = read_cr4() | CR4_PGE;

	if (start->mode == MODE_LA57)
		cr4 |= CR4_LA57;
	else if (start->mode != MODE_LONG)
		cr4 |= CR4_PSE;
	if (start->mode == MODE_32 || start->mode == MODE_UNPAGED)
		cr4 &= ~CR4_PAE;
	put(GUEST_CR0, start->mode == MODE_UNPAGED ? read_cr0() & ~CR0_PG : read_cr0());
	put(GUEST_CR4, cr4);
	put(GUEST_RIP, start->rip);
	put(GUEST_RSP, start->rsp);
	put(GUEST_RFLAGS, RFLAGS_R1);
	if (vm->called) /* a CPUID leaves the rest clear */
		return;
	put(GUEST_PENDING_DEBUG, 0);
	put(GUEST_INTERRUPTIBILITY, 0);
	put(GUEST_ACTIVITY, 0);
}

/* On the CPU that will run the VM. */
static void vmx_vm_reset(struct hv_vm *hv_vm, const struct hv_start *start)
{
	struct vmx_vm *vm = (void *)hv_vm;
	const struct vmx_controls *c = &vmx_controls;

	if (vm->filled && vm->mode == start->mode)
		vmx_load(vm);
	else
		fill(vm, start);
	update(&vm->fields.pin, PIN_CONTROLS, c->pin);
	update(&vm->fields.primary, PRIMARY_CONTROLS, c->primary);
	if (c->has_secondary)
		update(&vm->fields.secondary, SECONDARY_CONTROLS,
		       c->secondary | (c->has_vpid ? SECONDARY_VPID : 0));
	if (vm->msr_bitmap)
		vmx_set_msr_exit(hv_vm, false);
	if (vm->intercepts_pf)
		vmx_set_pf_exit(hv_vm, PF_EXIT_NONE);
	reset_guest(vm, start);
	memset(&vm->registers, 0, sizeof(vm->registers));
	vm->registers.rdi = start->rdi;
}

static void set_secondary(struct vmx_vm *vm, uint32_t bits, bool on)
{
	const uint64_t now = vm->fields.secondary;

	update(&vm->fields.secondary, SECONDARY_CONTROLS, on ? now | bits : now & ~(uint64_t)bits);
}

static void vmx_set_tag(struct hv_vm *hv_vm, unsigned tag)
{
	struct vmx_vm *vm = (void *)hv_vm;

	vmx_load(vm);
	if (!vmx_controls.has_vpid)
		return;
	set_secondary(vm, SECONDARY_VPID, tag);
	update(&vm->fields.vpid, VPID, tag);
}

/*
 * With EPT a VM entry into PAE mode takes the PDPTEs from here, not from memory: 28.3.2.4 "Loading
 * Page-Directory-Pointer-Table Entries". L1 hands over what they are when it enters, as the
 * oracle takes them (EV_PDPTE_FIELDS).
 */
static void put_pdptes(const struct vmx_vm *vm)
{
	const uint64_t *pdpt = (const uint64_t *)vmread(GUEST_CR3);

	if (vm->mode != MODE_PAE || !vmx_controls.has_ept)
		return;
	for (unsigned i = 0; i < 4; i++)
		put(GUEST_PDPTE0 + 2 * i, pdpt[i]);
}

static void vmx_set_root(struct hv_vm *hv_vm, uint64_t cr3)
{
	struct vmx_vm *vm = (void *)hv_vm;

	vmx_load(vm);
	put(GUEST_CR3, cr3);
	vm->gives_pdptes = true;
}

static void vmx_set_nested_root(struct hv_vm *hv_vm, uint64_t table, bool accessed_dirty)
{
	struct vmx_vm *vm = (void *)hv_vm;

	vmx_load(vm);
	if (!vmx_controls.has_ept)
		return;
	set_secondary(vm, vmx_controls.with_ept, table);
	if (vmx_controls.has_vmfunc) {
		set_secondary(vm, SECONDARY_VMFUNC, table);
		update(&vm->fields.functions, VM_FUNCTION_CONTROLS,
		       table ? VMFUNC_EPTP_SWITCHING : 0);
	}
	put(EPT_POINTER, table ? vmx_eptp(table, accessed_dirty) : 0);
	vm->gives_pdptes = true;
}

static void vmx_set_function_root(struct hv_vm *hv_vm, unsigned nr, uint64_t table,
				  bool accessed_dirty)
{
	struct vmx_vm *vm = (void *)hv_vm;

	if (vm->eptp_list)
		vm->eptp_list[nr] = table ? vmx_eptp(table, accessed_dirty) : 0;
}

static void vmx_set_rip(struct hv_vm *hv_vm, uint64_t rip)
{
	struct vmx_vm *vm = (void *)hv_vm;

	vmx_load(vm);
	put(GUEST_RIP, rip);
}

/*
 * External-interrupt exiting does not ask for L2's IF: with it an interrupt that waits leaves L2
 * before its first instruction. One that shall wait for L2's STI leaves by interrupt-window
 * exiting, behind the instruction in the STI's shadow ("Other Causes of VM Exits"). HLT is
 * an activity state, which an interrupt leaves ("Guest Non-Register State").
 */
static void vmx_set_interrupt(struct hv_vm *hv_vm, enum hv_interrupt when)
{
	struct vmx_vm *vm = (void *)hv_vm;
	const struct vmx_controls *c = &vmx_controls;
	bool at_once = when == HV_INTERRUPT_FIRST || when == HV_INTERRUPT_HALTED;
	uint64_t rflags;

	vmx_load(vm);
	rflags = vmread(GUEST_RFLAGS);
	put(GUEST_ACTIVITY, when == HV_INTERRUPT_HALTED ? ACTIVITY_HLT : 0);
	update(&vm->fields.pin, PIN_CONTROLS, c->pin | (at_once ? PIN_EXTERNAL_INTERRUPT : 0));
	update(&vm->fields.primary, PRIMARY_CONTROLS,
	       c->primary | (when == HV_INTERRUPT_WHEN_ENABLED ? PRIMARY_INTERRUPT_WINDOW : 0));
	/* Bochs 3.0 looks at external interrupts only where L2's IF lets them through. */
	put(GUEST_RFLAGS, at_once ? rflags | RFLAGS_IF : rflags & ~RFLAGS_IF);
}

static void decode_exit(struct vmx_vm *vm, struct hv_exit *exit)
{
	switch (vm->exit_reason) {
	case VMX_EXIT_CPUID:
		exit->kind = HV_EXIT_CALL;
		put(GUEST_RIP, vmread(GUEST_RIP) + 2); /* 0F A2 */
		break;
	case VMX_EXIT_MSR_READ: exit->kind = HV_EXIT_MSR; break;
	case VMX_EXIT_INTERRUPT:
	case VMX_EXIT_INTERRUPT_WINDOW: exit->kind = HV_EXIT_INTERRUPT; break;
	case VMX_EXIT_EPT_VIOLATION: /* table "Exit Qualification for EPT Violations" */
		exit->kind = HV_EXIT_NESTED_FAULT;
		exit->error = vmread(EXIT_QUALIFICATION);
		exit->address = vmread(GUEST_PHYSICAL_ADDRESS);
		exit->store = exit->error & QUALIFICATION_WRITE;
		exit->fetch = exit->error & QUALIFICATION_FETCH;
		break;
	case VMX_EXIT_EXCEPTION: /* the only one in the bitmap */
		exit->kind = HV_EXIT_PAGE_FAULT;
		hv_note_page_fault(exit, vmread(EXIT_INTERRUPTION_ERROR),
				   vmread(EXIT_QUALIFICATION));
		break;
	}
}

static void vmx_enter(struct hv_vm *hv_vm, struct hv_exit *exit)
{
	struct vmx_vm *vm = (void *)hv_vm;
	unsigned failure;

	*exit = (struct hv_exit){.kind = HV_EXIT_OTHER};
	vmx_load(vm);
	update(&vm->fields.host_cr0, HOST_CR0, read_cr0());
	update(&vm->fields.host_cr3, HOST_CR3, read_cr3());
	update(&vm->fields.host_cr4, HOST_CR4, read_cr4());
	if (vm->gives_pdptes)
		put_pdptes(vm);
	failure = vmx_switch(&vm->registers, vm->launched);
	vm->error = failure == 2 ? (uint32_t)vmread(VM_INSTRUCTION_ERROR) : failure;
	vm->called = vm->filled =
		false; /* unless the exit below is one that L2 makes of its own accord */
	if (failure)
		return;
	vm->exit_reason = (uint32_t)vmread(EXIT_REASON);
	if (vm->exit_reason & VMX_EXIT_ENTRY_FAILED)
		return;
	vm->launched = true;
	vm->gives_pdptes = false;
	decode_exit(vm, exit);
	vm->called = exit->kind == HV_EXIT_CALL;
	vm->filled = exit->kind != HV_EXIT_OTHER;
}

/*
 * What is wrong with it, and where that is found: "Checks on VMX Controls and Host-State Area" (no
 * VM exit, an error number), "Checking and Loading Guest State" and "Loading MSRs" (VM exits, the
 * last one after the guest's state was loaded, as IA32_FS_BASE cannot be on that list).
 */
static bool failed_for(const struct vmx_vm *vm, enum failing why)
{
	const uint32_t reason = why == FAILS_LATE ? VMX_EXIT_MSR_LOADING : VMX_EXIT_GUEST_STATE;

	if (why == FAILS_EVENT || why == FAILS_ROOT)
		return vm->error == VMX_ERROR_CONTROLS;
	return !vm->error && vm->exit_reason == (VMX_EXIT_ENTRY_FAILED | reason);
}

static bool vmx_enter_failing(struct hv_vm *hv_vm, enum failing why)
{
	struct vmx_vm *vm = (void *)hv_vm;

	static const struct {
		uint32_t msr, reserved;
		uint64_t value;
	} bad __attribute__((aligned(16))) = {.msr = MSR_FS_BASE};
	static const struct {
		enum vmcs_field field;
		uint64_t clear, set;
	} faults[NR_FAILING] = {
		[FAILS_LATE] = {ENTRY_MSR_LOAD_COUNT, 0, 1},
		[FAILS_CR0] = {GUEST_CR0, CR0_NE, 0},
		[FAILS_MODE] = {GUEST_CR4, CR4_PAE, 0},
		[FAILS_EVENT] = {ENTRY_INTERRUPTION_INFO, 0,
				 INTERRUPTION_VALID | INTERRUPTION_TYPE_1},
		[FAILS_ROOT] = {EPT_POINTER, 0, EPTP_WB_4_LEVELS | EPTP_RESERVED},
		[FAILS_RFLAGS] = {GUEST_RFLAGS, RFLAGS_R1, 0},
	};
	const enum vmcs_field field = faults[why].field;
	const uint64_t secondary = vm->fields.secondary;
	uint64_t entry, value;
	struct hv_exit exit;

	vmx_load(vm);
	value = vmread(field);
	entry = vmread(ENTRY_CONTROLS);
	put(ENTRY_MSR_LOAD_ADDRESS, (uint64_t)&bad);
	if (why == FAILS_MODE)
		put(ENTRY_CONTROLS, entry | ENTRY_GUEST_64);
	if (why == FAILS_ROOT)
		set_secondary(vm, SECONDARY_EPT, true);
	put(field, (value & ~faults[why].clear) | faults[why].set);
	vm->exit_reason = 0;
	vmx_enter(hv_vm, &exit);
	put(field, value);
	put(ENTRY_CONTROLS, entry);
	if (why == FAILS_ROOT)
		update(&vm->fields.secondary, SECONDARY_CONTROLS, secondary);
	return failed_for(vm, why);
}

/* "EPT Translation Mechanism". Accessed and dirty bits are ignored unless the EPTP turns them on.
 */
static uint64_t vmx_nested_entry(const struct hv_nested_entry *entry)
{
	uint64_t raw = entry->address | (entry->unreadable ? 0 : EPT_R);

	if (entry->leaf)
		raw |= EPT_WB | (entry->level > 1 ? EPT_LEAF : 0);
	if (entry->dirty) /* above a leaf the bit is ignored */
		raw |= EPT_D;
	if (entry->writable)
		raw |= EPT_W;
	if (entry->executable)
		raw |= EPT_X;
	if (entry->accessed)
		raw |= EPT_A;
	return raw;
}

static bool vmx_nested_accessed(uint64_t raw)
{
	return raw & EPT_A;
}

static bool vmx_nested_dirty(uint64_t raw)
{
	return raw & EPT_D;
}

const struct hv hv_vmx = {
	.name = "vmx",
	.vendor = VENDOR_INTEL,
	.present = vmx_present,
	.caps = vmx_caps,
	.cpu_start = vmx_start,
	.vm_create = vmx_vm_create,
	.vm_reset = vmx_vm_reset,
	.set_tag = vmx_set_tag,
	.set_root = vmx_set_root,
	.set_nested_root = vmx_set_nested_root,
	.set_function_root = vmx_set_function_root,
	.set_msr_exit = vmx_set_msr_exit,
	.set_pf_exit = vmx_set_pf_exit,
	.set_rip = vmx_set_rip,
	.set_interrupt = vmx_set_interrupt,
	.enter = vmx_enter,
	.enter_failing = vmx_enter_failing,
	.flush_tag = vmx_flush_tag,
	.flush_nested = vmx_flush_nested,
	.flush_all = vmx_flush_all,
	.suspend = vmx_suspend,
	.resume = vmx_resume,
	.fixes_paging = true,
	.nested_entry = vmx_nested_entry,
	.nested_accessed = vmx_nested_accessed,
	.nested_dirty = vmx_nested_dirty,
	.describe = vmx_describe,
	.dump = vmx_dump,
};
