/* SPDX-License-Identifier: MIT */
/* What L1 has to know of its agents: where they begin, and the IDTs that they run on. */
#include "guests/32bit/agent32.h"
#include "guests/agent.h"
#include "lib/segment.h"

#define IDT_ENTRIES 32

/* APM vol. 2, 4.7.4, 4.8.4 "Gate Descriptors": present, DPL 0, type 0xe (interrupt gate) */
#define GATE_INTERRUPT_PRESENT 0x8e00

/* agent64.S */
extern const uint64_t agent_stubs[IDT_ENTRIES];

struct gate32 {
	uint16_t offset_low;
	uint16_t selector;
	uint16_t flags;
	uint16_t offset_middle;
};
_Static_assert(sizeof(struct gate32) == 8, "a gate of legacy mode");

struct gate64 {
	struct gate32 low;
	uint32_t offset_high;
	uint32_t reserved;
};
_Static_assert(sizeof(struct gate64) == 16, "a gate of long mode");

static struct gate64 idt64[IDT_ENTRIES];
static struct gate32 idt32[IDT_ENTRIES];

static struct gate32 gate(uint64_t offset, uint16_t selector)
{
	return (struct gate32){.offset_low = (uint16_t)offset,
			       .selector = selector,
			       .flags = GATE_INTERRUPT_PRESENT,
			       .offset_middle = (uint16_t)(offset >> 16)};
}

static struct agent_entry entry64(void)
{
	for (unsigned i = 0; i < IDT_ENTRIES; i++)
		idt64[i] = (struct gate64){.low = gate(agent_stubs[i], GDT_CODE64),
					   .offset_high = (uint32_t)(agent_stubs[i] >> 32)};
	return (struct agent_entry){.start = (uint64_t)agent_start,
				    .nested_fault = (uint64_t)agent_nested_fault,
				    .idt_base = (uint64_t)idt64,
				    .idt_limit = sizeof(idt64) - 1};
}

static struct agent_entry entry32(void)
{
	for (unsigned i = 0; i < IDT_ENTRIES; i++)
		idt32[i] = gate(agent32_image.stubs[i], GDT_CODE32);
	return (struct agent_entry){.start = agent32_image.start,
				    .nested_fault = agent32_image.nested_fault,
				    .idt_base = (uint64_t)idt32,
				    .idt_limit = sizeof(idt32) - 1};
}

struct agent_entry agent_entry(bool is_64bit)
{
	return is_64bit ? entry64() : entry32();
}
