/* SPDX-License-Identifier: MIT */
#include "hv/bare_vm.h"
#include "lib/cr.h"
#include "lib/msr.h"
#include "lib/offsets.h"

_Static_assert(offsetof(struct bare_frame, eip) + 4 == sizeof(struct bare_frame),
	       "bare_enter() returns to it, bare_leave() finds it on the stack");

void bare_offsets(void);

void bare_offsets(void)
{
	CONSTANT(GDT_CODE64);
	CONSTANT(GDT_CODE32);
	CONSTANT(CR0_PG);
	CONSTANT(MSR_EFER);
	CONSTANT(EFER_LME);

	OFFSET(AGENT_ESP, bare_vm, agent_esp);
	OFFSET(AGENT_CR3, bare_vm, agent_cr3);
	OFFSET(AGENT_CR4, bare_vm, agent_cr4);
	OFFSET(AGENT_IDT, bare_vm, agent_idt);
	OFFSET(L1_CR3, bare_vm, l1_cr3);
	OFFSET(L1_CR4, bare_vm, l1_cr4);
	OFFSET(L1_RSP, bare_vm, l1_rsp);
	OFFSET(L1_IDT, bare_vm, l1_idt);

	/* The agent's first stack, which bare_enter() walks up. */
	OFFSET(FRAME_EDI, bare_frame, edi);
	OFFSET(FRAME_ESI, bare_frame, esi);
	OFFSET(FRAME_EBX, bare_frame, ebx);
	OFFSET(FRAME_EBP, bare_frame, ebp);
	OFFSET(FRAME_EIP, bare_frame, eip);
}
