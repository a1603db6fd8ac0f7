/* SPDX-License-Identifier: MIT */
/* The 64-bit agent. */
#include "guests/agent.h"

#include "kernel/x86.h"

#define IDT_ENTRIES 32

/* APM vol. 2, 4.8.4 "Gate Descriptors": present, DPL 0, type 0xe (interrupt gate) */
#define GATE_INTERRUPT_PRESENT 0x8e00

/* agent64.S */
extern const uint64_t agent_stubs[IDT_ENTRIES];
void agent_nested_fault_entry(void);

struct gate {
	uint16_t offset_low;
	uint16_t selector;
	uint16_t flags;
	uint16_t offset_middle;
	uint32_t offset_high;
	uint32_t reserved;
};
_Static_assert(sizeof(struct gate) == 16, "a gate of long mode");

static struct gate idt[IDT_ENTRIES];

void agent_idt(uint64_t *base, uint32_t *limit)
{
	uint16_t selector;

	__asm__("mov %%cs, %0" : "=r"(selector));
	for (unsigned i = 0; i < IDT_ENTRIES; i++)
		idt[i] = (struct gate){
			.offset_low = (uint16_t)agent_stubs[i],
			.selector = selector,
			.flags = GATE_INTERRUPT_PRESENT,
			.offset_middle = (uint16_t)(agent_stubs[i] >> 16),
			.offset_high = (uint32_t)(agent_stubs[i] >> 32),
		};
	*base = (uint64_t)idt;
	*limit = sizeof(idt) - 1;
}

static void call_l1(void)
{
	uint32_t eax = AGENT_CALL, ebx, ecx = 0, edx;

	__asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx) : : "memory");
}

/* Agent's exception handler, called by agent64.S on the agent's stack. */
_Noreturn void agent_exception(struct mailbox *m, uint64_t vector, uint64_t error, uint64_t rip,
			       uint64_t rax);

_Noreturn void agent_exception(struct mailbox *m, uint64_t vector, uint64_t error, uint64_t rip,
			       uint64_t rax)
{
	m->catch.vector = (uint8_t)vector;
	m->catch.error = (uint32_t)error;
	m->catch.cr2 = read_cr2();
	m->catch.rip = rip;
	m->catch.rax = rax;
	if (m->catching)
		catch_resume(&m->catch);
	m->lost = true;
	for (;;)
		call_l1();
}

/* L1 sets RIP to agent_nested_fault (agent64.S), which comes here. */
_Noreturn void agent_end_action(struct mailbox *m);

_Noreturn void agent_end_action(struct mailbox *m)
{
	catch_resume(&m->catch);
}

void agent_start(struct mailbox *m)
{
	for (;;) {
		while (m->taken != m->posted) {
			struct action *a = &m->ring[m->taken++ % AGENT_RING];

			m->catching = true;
			if (catch_run(action_run, a, &m->catch))
				a->outcome = OUTCOME_DONE;
			else if (a->outcome != OUTCOME_NESTED_FAULT)
				action_caught(a, &m->catch);
			m->catching = false;
		}
		call_l1();
	}
}
