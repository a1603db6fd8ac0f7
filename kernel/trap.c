/* SPDX-License-Identifier: MIT */
#include "kernel/trap.h"

#include <stddef.h>

#include "kernel/apic.h"
#include "kernel/cpu.h"
#include "kernel/trap_dump.h"
#include "lib/cr.h"
#include "lib/segment.h"

#define GATE_INTERRUPT 0x8e /* present, DPL 0, 64-bit interrupt gate: clears RFLAGS.IF */

/* The two 8259s' lowest-priority inputs, which also signal what vanished meanwhile; apic.c */
#define PIC1_SPURIOUS 0x27
#define PIC2_SPURIOUS 0x2f

/* APM volume 2, 4.8.4 "Gate Descriptors" (long mode: interrupt gate) */
struct gate {
	uint16_t offset0;
	uint16_t selector;
	uint8_t ist;
	uint8_t type;
	uint16_t offset16;
	uint32_t offset32;
	uint32_t reserved;
};

_Static_assert(sizeof(struct gate) == 16, "size of a long-mode gate");

extern const uint8_t trap_entries[]; /* trap_entry.S */

static struct gate idt[256];
static void (*volatile irq_handler[256])(void);

void trap_handler(struct trap_frame *frame);

static uint8_t ist_of(unsigned vector)
{
	switch (vector) {
	case TRAP_DF: return IST_DF;
	case TRAP_NMI: return IST_NMI;
	case TRAP_MC: return IST_MC;
	default: return 0;
	}
}

void trap_init(void)
{
	for (unsigned v = 0; v < 256; v++) {
		uint64_t entry = (uint64_t)trap_entries + 16 * v;

		idt[v] = (struct gate){
			.offset0 = (uint16_t)entry,
			.selector = GDT_CODE64,
			.ist = ist_of(v),
			.type = GATE_INTERRUPT,
			.offset16 = (uint16_t)(entry >> 16),
			.offset32 = (uint32_t)(entry >> 32),
		};
	}
}

void trap_load(void)
{
	struct descriptor_table table = {sizeof(idt) - 1, (uint64_t)idt};

	lidt(&table);
}

void trap_set_irq_handler(uint8_t vector, void (*fn)(void))
{
	irq_handler[vector] = fn;
}

bool catch_call(void (*fn)(void *), void *arg, struct catch *c)
{
	struct cpu *cpu = this_cpu();
	struct catch *outer = cpu->catch;
	bool returned;

	c->caught = false;
	cpu->catch = c;
	returned = catch_run(fn, arg, c);
	cpu->catch = outer;
	return returned;
}

/* Is there a catch_call() to end? Vectors on stacks of their own are never its callee's doing. */
static void resume_catch(const struct trap_frame *frame)
{
	struct catch *c = this_cpu()->catch;

	if (!c || ist_of(frame->vector))
		return;
	c->caught = true;
	c->vector = (uint8_t)frame->vector;
	c->error = (uint32_t)frame->error;
	c->cr2 = read_cr2();
	c->rip = frame->rip;
	c->rax = frame->rax;
	catch_resume(c);
}

void trap_handler(struct trap_frame *frame)
{
	if (frame->vector < TRAP_FIRST_IRQ) {
		resume_catch(frame);
		trap_dump(frame);
	}
	if (irq_handler[frame->vector]) {
		irq_handler[frame->vector]();
		apic_eoi();
		return;
	}
	switch (frame->vector) {
	case APIC_SPURIOUS_VECTOR: /* APM volume 2, 16.4.7 "Spurious Interrupts": no EOI */
	case PIC1_SPURIOUS:
	case PIC2_SPURIOUS: return;
	default: trap_dump(frame);
	}
}
