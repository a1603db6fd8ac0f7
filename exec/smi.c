/* SPDX-License-Identifier: MIT */
/*
 * An SMI finds the CPU as a SIPI does but for CR4, EFER and SMM itself (SDM vol. 3, "SMI Handler
 * Execution Environment"; APM vol. 2, 10.3.3 "SMM Operating Environment"), so it takes the same way
 * into 64-bit mode.
 */
#include "exec/smi.h"

#include "kernel/memory.h"
#include "kernel/smp.h"
#include "lib/cpuid.h"
#include "lib/cr.h"
#include "lib/msr.h"
#include "lib/segment.h"
#include "lib/string.h"

static struct {
	struct agent *handler;
	uint64_t cr3;
} next;

static void begin(void)
{
	const struct agent_entry agent = agent_entry(true);
	const struct descriptor_table idt = {(uint16_t)agent.idt_limit, agent.idt_base};

	lidt(&idt);
	write_cr0(read_cr0() | CR0_WP);
	write_cr4(read_cr4() | CR4_PGE | CR4_OSFXSR);
	if (cpuid_has(FEATURE_NX))
		wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_NXE);
	write_cr3(next.cr3);
	agent_start(&next.handler->mailbox);
}

struct agent *smi_create(void)
{
	return memory_alloc(sizeof(struct agent), AGENT_BLOCK_SIZE);
}

void smi_reset(struct agent *handler)
{
	memset(&handler->mailbox, 0, sizeof(handler->mailbox));
}

uint64_t smi_entry(struct agent *handler, uint64_t cr3)
{
	next.handler = handler;
	next.cr3 = cr3;
	return smp_way_in((uint64_t)(handler + 1), begin);
}
