/* SPDX-License-Identifier: MIT */
#include "kernel/trap_dump.h"

#include "kernel/console.h"
#include "kernel/cpu.h"
#include "kernel/power.h"
#include "lib/cr.h"
#include "lib/msr.h"
#include "lib/page.h"
#include "lib/string.h"

#define CODE_BYTES  16
#define STACK_WORDS 16

extern const uint8_t __image_start[], __image_end[]; /* linker.ld */

/* APM volume 2, 8.2 "Vectors" */
static const char *const names[TRAP_FIRST_IRQ] = {
	[TRAP_DE] = "#DE divide error",
	[TRAP_DB] = "#DB debug",
	[TRAP_NMI] = "NMI",
	[TRAP_BP] = "#BP breakpoint",
	[TRAP_OF] = "#OF overflow",
	[TRAP_BR] = "#BR bound range",
	[TRAP_UD] = "#UD invalid opcode",
	[TRAP_NM] = "#NM device not available",
	[TRAP_DF] = "#DF double fault",
	[TRAP_TS] = "#TS invalid TSS",
	[TRAP_NP] = "#NP segment not present",
	[TRAP_SS] = "#SS stack",
	[TRAP_GP] = "#GP general protection",
	[TRAP_PF] = "#PF page fault",
	[TRAP_MF] = "#MF x87 floating point",
	[TRAP_AC] = "#AC alignment check",
	[TRAP_MC] = "#MC machine check",
	[TRAP_XM] = "#XF SIMD floating point",
	[TRAP_CP] = "#CP control protection",
	[TRAP_HV] = "#HV hypervisor injection",
	[TRAP_VC] = "#VC VMM communication",
	[TRAP_SX] = "#SX security",
};

const char *trap_name(uint64_t vector)
{
	return vector < TRAP_FIRST_IRQ && names[vector] ? names[vector] : "?";
}

/* Memory that the faulting code pointed at need not be there. */
struct peek {
	uint64_t address;
	void *buf;
	size_t size;
};

static void copy(void *arg)
{
	struct peek *p = arg;

	memcpy(p->buf, (const void *)p->address, p->size);
}

static bool peek(uint64_t address, void *buf, size_t size)
{
	struct peek p = {address, buf, size};
	struct catch c;

	return catch_call(copy, &p, &c);
}

static const char *access(uint64_t error)
{
	if (error & PF_ID)
		return "fetch";
	return error & PF_W ? "write" : "read";
}

static void dump_cause(const struct trap_frame *f)
{
	uint64_t base = (uint64_t)__image_start;

	printk("# | cpu %u: vector %lu %s, error code 0x%lx\n", this_cpu()->id, f->vector,
	       trap_name(f->vector), f->error);
	if (f->vector == TRAP_PF)
		printk("# | %s %s at 0x%lx: %s%s%s\n", f->error & PF_U ? "user" : "supervisor",
		       access(f->error), read_cr2(), f->error & PF_P ? "protection" : "not present",
		       f->error & PF_RSVD ? ", reserved bit" : "",
		       f->error & PF_PK ? ", protection key" : "");
	if (f->rip >= base && f->rip < (uint64_t)__image_end)
		printk("# | RIP 0x%016lx = image + 0x%lx\n", f->rip, f->rip - base);
	else
		printk("# | RIP 0x%016lx, outside of the image\n", f->rip);
}

static void dump_registers(const struct trap_frame *f)
{
	printk("# | CS %02lx SS %02lx RFLAGS %08lx RSP %016lx RBP %016lx\n", f->cs, f->ss,
	       f->rflags, f->rsp, f->rbp);
	printk("# | RAX %016lx RBX %016lx RCX %016lx RDX %016lx\n", f->rax, f->rbx, f->rcx, f->rdx);
	printk("# | RSI %016lx RDI %016lx R8  %016lx R9  %016lx\n", f->rsi, f->rdi, f->r8, f->r9);
	printk("# | R10 %016lx R11 %016lx R12 %016lx R13 %016lx\n", f->r10, f->r11, f->r12, f->r13);
	printk("# | R14 %016lx R15 %016lx\n", f->r14, f->r15);
	printk("# | CR0 %08lx CR2 %016lx CR3 %016lx CR4 %08lx EFER %04lx\n", read_cr0(), read_cr2(),
	       read_cr3(), read_cr4(), rdmsr(MSR_EFER));
}

static void dump_memory(const struct trap_frame *f)
{
	uint8_t code[CODE_BYTES];
	uint64_t stack[STACK_WORDS];

	printk("# | code at RIP:");
	if (peek(f->rip, code, sizeof(code)))
		for (unsigned i = 0; i < CODE_BYTES; i++)
			printk(" %02x", code[i]);
	else
		printk(" unreadable");
	printk("\n# | stack at RSP:");
	if (peek(f->rsp, stack, sizeof(stack)))
		for (unsigned i = 0; i < STACK_WORDS; i++)
			printk("%s%016lx", i % 4 ? " " : "\n# |   ", stack[i]);
	else
		printk(" unreadable");
	printk("\n");
}

_Noreturn void trap_dump(const struct trap_frame *frame)
{
	static bool dumping[MAX_CPUS];
	struct cpu *cpu = this_cpu();

	if (dumping[cpu->id]) /* printing itself faults */
		power_off(STATUS_ERROR);
	dumping[cpu->id] = true;
	console_lock();
	dump_cause(frame);
	dump_registers(frame);
	dump_memory(frame);
	panic("an exception that nobody expected");
}
