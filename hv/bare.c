/* SPDX-License-Identifier: MIT */
/*
 * L1's own other modes, behind the verbs of hv.h: no virtual machine at all. An enter takes this
 * CPU from 64-bit mode to the 32-bit agent, which runs on the tables that L2 would run on; the
 * agent's call takes it back.
 */
#include "hv/bare.h"

#include "hv/bare_vm.h"
#include "kernel/console.h"
#include "kernel/cpu.h"
#include "kernel/memory.h"
#include "kernel/paging.h"
#include "lib/cr.h"
#include "lib/segment.h"
#include "lib/string.h"

static struct hv_vm *bare_vm_create(void)
{
	return memory_alloc(sizeof(struct bare_vm), 16);
}

static void bare_vm_reset(struct hv_vm *hv_vm, const struct hv_start *start)
{
	struct bare_vm *vm = (void *)hv_vm;
	struct bare_frame *frame = (struct bare_frame *)(start->rsp & -16ul) - 1;

	*frame = (struct bare_frame){.edi = (uint32_t)start->rdi, .eip = (uint32_t)start->rip};
	memset(vm, 0, sizeof(*vm));
	vm->agent_esp = (uint32_t)(uint64_t)frame;
	vm->agent_cr4 = (uint32_t)(read_cr4() | CR4_PGE | CR4_PSE) & ~(uint32_t)CR4_PCIDE;
	if (start->mode == MODE_32)
		vm->agent_cr4 &= ~(uint32_t)CR4_PAE;
	vm->agent_idt.limit = (uint16_t)start->idt_limit;
	vm->agent_idt.base = (uint32_t)start->idt_base;
}

static void bare_set_root(struct hv_vm *hv_vm, uint64_t cr3)
{
	struct bare_vm *vm = (void *)hv_vm;

	vm->agent_cr3 = (uint32_t)cr3;
}

/*
 * CR4.PCIDE must be clear outside of long mode, and is cleared only here: with paging turned off
 * and on it makes no difference to what is flushed. FS and GS keep their bases.
 */
static void bare_hv_enter(struct hv_vm *hv_vm, struct hv_exit *exit)
{
	struct bare_vm *vm = (void *)hv_vm;
	uint64_t cr3 = read_cr3(), cr4 = read_cr4();

	write_cr3(paging_kernel_root());
	write_cr4(cr4 & ~CR4_PCIDE);
	vm->l1_cr3 = (uint32_t)paging_kernel_root();
	vm->l1_cr4 = (uint32_t)read_cr4();
	bare_enter(vm);
	write_cr4(cr4);
	write_cr3(cr3);
	*exit = (struct hv_exit){.kind = HV_EXIT_CALL};
}

static void bare_describe(const struct hv_vm *hv_vm, char *text, size_t size)
{
	const struct bare_vm *vm = (const void *)hv_vm;

	snprintk(text, size, "L1's own 32-bit agent left with ESP 0x%x, CR3 0x%x, CR4 0x%x",
		 vm->agent_esp, vm->agent_cr3, vm->agent_cr4);
}

/* For bare_call(): one for each CPU. */
static struct caller {
	struct bare_vm vm;
	uint8_t stack[512] __attribute__((aligned(16)));
} callers[MAX_CPUS];

struct hv_vm *bare_caller(void)
{
	return (void *)&callers[this_cpu()->id].vm;
}

void bare_call(void (*fn)(void), void *argument)
{
	struct caller *caller = &callers[this_cpu()->id];
	struct descriptor_table idt;
	struct hv_start start = {
		.mode = MODE_PAE,
		.rip = (uint64_t)fn,
		.rsp = (uint64_t)caller->stack + sizeof(caller->stack),
		.rdi = (uint64_t)argument,
	};
	struct hv_exit exit;

	sidt(&idt); /* interrupts are off, and no gate of it would work */
	start.idt_base = idt.base;
	start.idt_limit = idt.limit;
	bare_vm_reset((void *)&caller->vm, &start);
	bare_set_root((void *)&caller->vm, paging_pae_root());
	bare_hv_enter((void *)&caller->vm, &exit);
}

const struct hv hv_bare = {
	.name = "bare",
	.vm_create = bare_vm_create,
	.vm_reset = bare_vm_reset,
	.set_root = bare_set_root,
	.enter = bare_hv_enter,
	.describe = bare_describe,
};
