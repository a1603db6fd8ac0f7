/* SPDX-License-Identifier: MIT */
/* SVM behind the verbs of hv/hv.h. Sections are those of the APM vol. 2. */
#include "hv/bare.h"
#include "hv/hv.h"
#include "kernel/console.h"
#include "kernel/cpu.h"
#include "kernel/memory.h"
#include "kernel/paging.h"
#include "lib/cpuid.h"
#include "lib/cr.h"
#include "lib/hole.h"
#include "lib/msr.h"
#include "lib/page.h"
#include "lib/rflags.h"
#include "lib/segment.h"
#include "lib/string.h"
#include "model/lang/caps.h"
#include "model/lang/program.h"
#include "svm/vmcb.h"
#include "svm/vmrun.h"

/*
 * 15.11 "MSR Intercepts": two bits for each MSR, of which the lower one is about RDMSR; those from
 * C0000000 on begin at offset 800h.
 */
#define MSRPM_SIZE (2 * PAGE_SIZE)
#define MSRPM_BIT  (8 * 0x800 + 2 * (MSR_KERNEL_GS_BASE - 0xc0000000))

struct svm_vm {
	struct vmcb *vmcb;
	uint8_t *msrpm; /* MSRPM_SIZE bytes */
	struct svm_registers registers;
	bool from_pae;	  /* L1 enters it from PAE mode */
	uint32_t changed; /* groups of fields (CLEAN_…) that were set since the last VMRUN */
};

/* What L2 starts with of L1's registers, behind struct cpu's hv: a read of one may be an exit. */
struct svm_cpu {
	uint64_t efer, pat, cr0, cr4;
};

static void svm_switch_from_pae(struct svm_vm *vm)
{
	static struct svm_call calls[MAX_CPUS];
	struct svm_call *call = &calls[this_cpu()->id];

	*call = (struct svm_call){
		.vmcb = (uint32_t)(uint64_t)vm->vmcb,
		.registers = (uint32_t)(uint64_t)&vm->registers,
		.pdpt = (uint32_t)paging_pae_root(),
		.bare = (uint32_t)(uint64_t)bare_caller(),
	};
	bare_call(svm_switch32, call);
}

/* 15.4 "Enabling SVM": CPUID, and VM_CR.SVMDIS not set. */
static bool svm_present(void)
{
	return cpuid_has(FEATURE_SVM) && !(rdmsr(MSR_VM_CR) & VM_CR_SVMDIS);
}

static void svm_caps(struct caps *caps)
{
	struct cpuid svm = cpuid(CPUID_SVM, 0);
	bool nested = svm.edx & CPUID_SVM_NP;

	caps_add(caps, CAP_HV);
	caps_add(caps, CAP_SVM);
	caps_add(caps, CAP_TLBCTL);
	caps_add(caps, CAP_INVLPGA);
	caps_add(caps, CAP_MSRMAP);
	caps_add_if(caps, nested, CAP_NPT);
	caps_add_if(caps, nested, CAP_UNPAGED);
	caps_add_if(caps, nested, CAP_NPT_PAE);
	caps_add_if(caps, svm.edx & CPUID_SVM_VMCBCLEAN, CAP_CLEAN);
	caps_add_if(caps, svm.edx & CPUID_SVM_FLUSHBYASID, CAP_FLUSHASID);
}

static bool svm_cpu_start(void)
{
	/* 15.30.4 "VM_HSAVE_PA MSR": a page that the CPU alone writes to, one for each CPU */
	void *host_save = memory_alloc(PAGE_SIZE, PAGE_SIZE);
	struct svm_cpu *cpu = memory_alloc(sizeof(*cpu), 16);

	if (cpuid(CPUID_SVM, 0).ebx < NR_TAGS)
		return false;
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SVME);
	wrmsr(MSR_VM_HSAVE_PA, (uint64_t)host_save);
	*cpu = (struct svm_cpu){rdmsr(MSR_EFER), rdmsr(MSR_PAT), read_cr0(), read_cr4()};
	this_cpu()->hv = cpu;
	return true;
}

static struct hv_vm *svm_vm_create(void)
{
	struct svm_vm *vm = memory_alloc(sizeof(*vm), 16);

	vm->vmcb = memory_alloc(sizeof(*vm->vmcb), PAGE_SIZE);
	vm->msrpm = memory_alloc(MSRPM_SIZE, PAGE_SIZE);
	return (void *)vm;
}

static void reset_control(struct vmcb_control *control, const uint8_t *msrpm)
{
	memset(control, 0, sizeof(*control));
	control->intercept[3] = INTERCEPT3_INTR | INTERCEPT3_NMI | INTERCEPT3_INIT |
				INTERCEPT3_CPUID | INTERCEPT3_HLT | INTERCEPT3_MSR_PROT |
				INTERCEPT3_SHUTDOWN;
	control->intercept[4] = INTERCEPT4_VMRUN | INTERCEPT4_VMMCALL;
	control->msrpm_base = (uint64_t)msrpm;
	control->asid = 1;
	control->tlb_control = TLB_CONTROL_NOTHING;
	control->clean = CLEAN_NOTHING;
}

/* 64-bit mode with four levels, as L1 is in, becomes the one asked for. */
static void reset_mode(struct vmcb_save *save, enum mode mode)
{
	if (mode == MODE_LA57)
		save->cr4 |= CR4_LA57;
	if (mode_is_64bit(mode))
		return;
	save->efer &= ~(EFER_LME | EFER_LMA);
	if (mode == MODE_UNPAGED) /* "paged real mode" and the like need nested paging: 15.25.2 */
		save->cr0 &= ~CR0_PG;
	save->cr4 |= CR4_PSE;
	if (mode != MODE_PAE)
		save->cr4 &= ~CR4_PAE;
}

static void reset_save(struct vmcb_save *save, const struct hv_start *start)
{
	const struct svm_cpu *cpu = this_cpu()->hv;
	struct descriptor_table gdt;

	sgdt(&gdt);
	memset(save, 0, sizeof(*save));
	save->cs = mode_is_64bit(start->mode)
			   ? (struct vmcb_segment){GDT_CODE64, SEGMENT_CODE64, 0xffffffff, 0}
			   : (struct vmcb_segment){GDT_CODE32, SEGMENT_CODE32, 0xffffffff, 0};
	save->ss = (struct vmcb_segment){GDT_DATA, SEGMENT_DATA, 0xffffffff, 0};
	save->ds = save->es = save->ss;
	save->gdtr = (struct vmcb_segment){0, 0, gdt.limit, gdt.base};
	save->idtr = (struct vmcb_segment){0, 0, start->idt_limit, start->idt_base};
	save->efer = cpu->efer; /* SVME must be set in L2's EFER, too: 15.5.1 */
	save->cr0 = cpu->cr0;
	save->cr4 = cpu->cr4 | CR4_PGE;
	reset_mode(save, start->mode);
	save->pat = cpu->pat;
	save->dr6 = 0xffff0ff0;
	save->dr7 = 0x400;
	save->rflags = RFLAGS_R1;
	save->rip = start->rip;
	save->rsp = start->rsp;
}

static void svm_set_msr_exit(struct hv_vm *hv_vm, bool exits)
{
	struct svm_vm *vm = (void *)hv_vm;
	const uint8_t bit = 1u << MSRPM_BIT % 8;

	if (exits)
		vm->msrpm[MSRPM_BIT / 8] |= bit;
	else
		vm->msrpm[MSRPM_BIT / 8] &= (uint8_t)~bit;
}

static void svm_set_pf_exit(struct hv_vm *hv_vm, enum pf_exit which)
{
	struct svm_vm *vm = (void *)hv_vm;

	vm->vmcb->control.intercept[2] = which == PF_EXIT_NONE ? 0 : INTERCEPT2_PF;
	vm->changed |= CLEAN_INTERCEPTS;
}

static void svm_vm_reset(struct hv_vm *hv_vm, const struct hv_start *start)
{
	struct svm_vm *vm = (void *)hv_vm;

	svm_set_msr_exit(hv_vm, false);
	reset_control(&vm->vmcb->control, vm->msrpm);
	reset_save(&vm->vmcb->save, start);
	memset(&vm->registers, 0, sizeof(vm->registers));
	vm->changed = CLEAN_ALL;
	vm->registers.rdi = start->rdi;
	vm->from_pae = start->nested_pae;
}

static void svm_set_tag(struct hv_vm *hv_vm, unsigned tag)
{
	struct svm_vm *vm = (void *)hv_vm;

	vm->vmcb->control.asid = tag;
	vm->changed |= CLEAN_ASID;
}

static void svm_set_root(struct hv_vm *hv_vm, uint64_t cr3)
{
	struct svm_vm *vm = (void *)hv_vm;

	vm->vmcb->save.cr3 = cr3;
	vm->changed |= CLEAN_CRX;
}

/* NPT has accessed and dirty bits always. */
static void svm_set_nested_root(struct hv_vm *hv_vm, uint64_t table, bool accessed_dirty)
{
	struct svm_vm *vm = (void *)hv_vm;

	(void)accessed_dirty;
	vm->vmcb->control.nested_control = table ? NESTED_NP_ENABLE : 0;
	vm->vmcb->control.nested_cr3 = table;
	vm->changed |= CLEAN_NP | CLEAN_INTERCEPTS;
}

static void svm_set_flush(struct hv_vm *hv_vm, unsigned type)
{
	struct svm_vm *vm = (void *)hv_vm;

	vm->vmcb->control.tlb_control = (uint8_t)type;
}

/* Reset, set_rip and the like need no group: RIP and RFLAGS are read at every VMRUN. */
static void svm_set_clean(struct hv_vm *hv_vm)
{
	struct svm_vm *vm = (void *)hv_vm;

	vm->vmcb->control.clean = CLEAN_ALL & ~vm->changed;
}

static void svm_set_rip(struct hv_vm *hv_vm, uint64_t rip)
{
	struct svm_vm *vm = (void *)hv_vm;

	vm->vmcb->save.rip = rip;
}

/* V_INTR_MASKING is clear, so L2's IF decides about physical interrupts: 15.21.1. */
static void svm_set_interrupt(struct hv_vm *hv_vm, enum hv_interrupt when)
{
	struct svm_vm *vm = (void *)hv_vm;

	if (when == HV_INTERRUPT_FIRST)
		vm->vmcb->save.rflags |= RFLAGS_IF;
	else
		vm->vmcb->save.rflags &= ~RFLAGS_IF;
}

static void svm_enter(struct hv_vm *hv_vm, struct hv_exit *exit)
{
	struct svm_vm *vm = (void *)hv_vm;
	struct vmcb_control *control = &vm->vmcb->control;

	if (vm->from_pae)
		svm_switch_from_pae(vm);
	else
		svm_switch((uint64_t)vm->vmcb, &vm->registers);
	/* hardware leaves TLB_CONTROL as it was: the flush was asked for once */
	control->tlb_control = TLB_CONTROL_NOTHING;
	control->clean = CLEAN_NOTHING;
	vm->changed = 0;
	*exit = (struct hv_exit){.kind = HV_EXIT_OTHER};
	switch (control->exit_code) {
	case SVM_EXIT_CPUID:
		exit->kind = HV_EXIT_CALL;
		vm->vmcb->save.rip += 2; /* next_rip is optional; CPUID is 0F A2 */
		break;
	case SVM_EXIT_MSR: exit->kind = HV_EXIT_MSR; break;
	case SVM_EXIT_INTR: exit->kind = HV_EXIT_INTERRUPT; break;
	case SVM_EXIT_NPF: /* 15.25.6 "Nested versus Guest Page Faults, Fault Ordering" */
		exit->kind = HV_EXIT_NESTED_FAULT;
		hv_note_page_fault(exit, control->exit_info1, control->exit_info2);
		break;
	case SVM_EXIT_PF: /* 15.12.15 "#PF (Page Fault)" */
		exit->kind = HV_EXIT_PAGE_FAULT;
		hv_note_page_fault(exit, control->exit_info1, control->exit_info2);
		break;
	}
}

static void make_fail(struct vmcb *vmcb, enum failing why)
{
	struct vmcb_control *control = &vmcb->control;
	struct vmcb_save *save = &vmcb->save;

	switch (why) {
	case FAILS_LATE: control->msrpm_base = HOLE; break;
	case FAILS_CR0: save->cr0 = (save->cr0 | CR0_NW) & ~CR0_CD; break;
	case FAILS_MODE:
		save->efer |= EFER_LME;
		save->cr0 |= CR0_PG;
		save->cr4 &= ~CR4_PAE;
		break;
	case FAILS_EVENT: control->event_injection = EVENT_VALID | EVENT_TYPE_1; break;
	case FAILS_ROOT:
		control->nested_control = NESTED_NP_ENABLE;
		control->nested_cr3 |= 1ull << 62;
		break;
	case FAILS_TAG: control->asid = 0; break;
	case FAILS_EFER: save->efer |= 1ull << 62; break;
	default: break;
	}
}

/*
 * 15.5.1 "Basic Operation", "Canonicalization and Consistency Checks": #VMEXIT(INVALID). FAILS_LATE
 * has none of these: KVM, which reads the map at VMRUN, cannot go on.
 */
static bool svm_enter_failing(struct hv_vm *hv_vm, enum failing why)
{
	struct svm_vm *vm = (void *)hv_vm;
	struct vmcb_control *control = &vm->vmcb->control;
	const struct vmcb_control good = *control;
	const struct vmcb_save state = vm->vmcb->save;
	struct hv_exit exit;

	make_fail(vm->vmcb, why);
	svm_enter(hv_vm, &exit);
	vm->vmcb->save = state; /* of no VM: a processor may have saved L1's there */
	control->msrpm_base = good.msrpm_base;
	control->event_injection = 0;
	control->nested_control = good.nested_control;
	control->nested_cr3 = good.nested_cr3;
	control->asid = good.asid;
	control->tlb_control = good.tlb_control;
	vm->changed = CLEAN_ALL;
	/* KVM before 7.0 leaves the upper half clear */
	return (uint32_t)control->exit_code == (uint32_t)SVM_EXIT_INVALID ||
	       (failing_may_enter(why) && exit.kind == HV_EXIT_INTERRUPT);
}

static void svm_suspend(struct hv_vm *const *vms, unsigned nr)
{
	(void)vms, (void)nr;
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) & ~EFER_SVME);
}

static void svm_resume(void)
{
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SVME);
}

/* INVLPGA, 15.16.2 "Invalidate Page, Alternate ASID": RAX address, ECX ASID. */
static void svm_flush_address(uint64_t address, unsigned tag)
{
	__asm__ volatile("invlpga %%rax, %%ecx" : : "a"(address), "c"(tag) : "memory");
}

static void svm_flush_all(struct hv_vm *vm)
{
	struct hv_exit exit;

	svm_set_flush(vm, TLB_CONTROL_ALL);
	svm_enter(vm, &exit);
}

/*
 * 15.25.5 "Nested Table Walk": the nested tables have the format of L1's own long-mode tables, and
 * every access to them is a user access.
 */
static uint64_t svm_nested_entry(const struct hv_nested_entry *entry)
{
	uint64_t raw = entry->address | PTE_P | PTE_U;

	if (entry->leaf && entry->level > 1)
		raw |= PTE_PS;
	if (entry->writable)
		raw |= PTE_W;
	if (!entry->executable)
		raw |= PTE_NX;
	if (entry->accessed)
		raw |= PTE_A;
	if (entry->dirty) /* above a leaf the bit is ignored */
		raw |= PTE_D;
	return raw;
}

static bool svm_nested_accessed(uint64_t raw)
{
	return raw & PTE_A;
}

static bool svm_nested_dirty(uint64_t raw)
{
	return raw & PTE_D;
}

static const char *exit_name(uint64_t code)
{
	static const struct {
		uint64_t code;
		const char *name;
	} names[] = {
		{SVM_EXIT_INTR, "INTR"},   {SVM_EXIT_NMI, "NMI"},
		{SVM_EXIT_CPUID, "CPUID"}, {SVM_EXIT_HLT, "HLT"},
		{SVM_EXIT_MSR, "MSR"},	   {SVM_EXIT_SHUTDOWN, "SHUTDOWN (a triple fault in L2)"},
		{SVM_EXIT_VMRUN, "VMRUN"}, {SVM_EXIT_VMMCALL, "VMMCALL"},
		{SVM_EXIT_NPF, "NPF"},	   {SVM_EXIT_INVALID, "INVALID (VMRUN refused the VMCB)"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].code == code)
			return names[i].name;
	return "unknown";
}

static void svm_describe(const struct hv_vm *hv_vm, char *text, size_t size)
{
	const struct svm_vm *vm = (const void *)hv_vm;
	const struct vmcb_control *control = &vm->vmcb->control;

	snprintk(text, size, "#VMEXIT 0x%llx %s, EXITINFO1 0x%llx, EXITINFO2 0x%llx, RIP 0x%llx",
		 (unsigned long long)control->exit_code, exit_name(control->exit_code),
		 (unsigned long long)control->exit_info1, (unsigned long long)control->exit_info2,
		 (unsigned long long)vm->vmcb->save.rip);
}

static void svm_dump(const struct hv_vm *hv_vm)
{
	const struct svm_vm *vm = (const void *)hv_vm;
	const struct vmcb_control *c = &vm->vmcb->control;
	const struct vmcb_save *s = &vm->vmcb->save;
	char text[160];

	svm_describe(hv_vm, text, sizeof(text));
	printk("# | %s\n", text);
#define LLX(x) ((unsigned long long)(x))
	printk("# | VMCB at %p: ASID %u TLB_CONTROL %u clean 0x%x nCR3 0x%llx nested_control "
	       "0x%llx\n",
	       (void *)vm->vmcb, c->asid, c->tlb_control, c->clean, LLX(c->nested_cr3),
	       LLX(c->nested_control));
	printk("# | EXITINTINFO 0x%llx EVENTINJ 0x%llx V_INTR 0x%llx interrupt shadow 0x%llx\n",
	       LLX(c->exit_int_info), LLX(c->event_injection), LLX(c->interrupt_control),
	       LLX(c->interrupt_state));
	printk("# | CR0 0x%llx CR2 0x%llx CR3 0x%llx CR4 0x%llx EFER 0x%llx RFLAGS 0x%llx\n",
	       LLX(s->cr0), LLX(s->cr2), LLX(s->cr3), LLX(s->cr4), LLX(s->efer), LLX(s->rflags));
	printk("# | RIP 0x%llx RSP 0x%llx RAX 0x%llx RBX 0x%llx RCX 0x%llx RDX 0x%llx\n",
	       LLX(s->rip), LLX(s->rsp), LLX(s->rax), LLX(vm->registers.rbx),
	       LLX(vm->registers.rcx), LLX(vm->registers.rdx));
	printk("# | RSI 0x%llx RDI 0x%llx RBP 0x%llx CS %04x:%04x SS %04x:%04x CPL %u\n",
	       LLX(vm->registers.rsi), LLX(vm->registers.rdi), LLX(vm->registers.rbp),
	       s->cs.selector, s->cs.attributes, s->ss.selector, s->ss.attributes, s->cpl);
#undef LLX
}

const struct hv hv_svm = {
	.name = "svm",
	.vendor = VENDOR_AMD,
	.present = svm_present,
	.caps = svm_caps,
	.cpu_start = svm_cpu_start,
	.vm_create = svm_vm_create,
	.vm_reset = svm_vm_reset,
	.set_tag = svm_set_tag,
	.set_root = svm_set_root,
	.set_nested_root = svm_set_nested_root,
	.set_flush = svm_set_flush,
	.set_msr_exit = svm_set_msr_exit,
	.set_pf_exit = svm_set_pf_exit,
	.set_clean = svm_set_clean,
	.set_rip = svm_set_rip,
	.set_interrupt = svm_set_interrupt,
	.enter = svm_enter,
	.enter_failing = svm_enter_failing,
	.suspend = svm_suspend,
	.resume = svm_resume,
	.flush_address = svm_flush_address,
	.flush_all = svm_flush_all,
	.nested_entry = svm_nested_entry,
	.nested_accessed = svm_nested_accessed,
	.nested_dirty = svm_nested_dirty,
	.describe = svm_describe,
	.dump = svm_dump,
};
