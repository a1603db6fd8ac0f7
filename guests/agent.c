/* SPDX-License-Identifier: MIT */
/* The agent's loop: compiled for 64-bit mode, and once more for 32-bit mode. */
#include "guests/agent.h"

#include "lib/cr.h"

static void call_l1(const struct mailbox *m)
{
	void (*leave)(uint32_t) = (void (*)(uint32_t))(unsigned long)m->leave;
	uint32_t eax = AGENT_CALL, ebx, ecx = 0, edx;

	if (leave)
		leave(m->leave_argument);
	else
		__asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx) : : "memory");
}

/* The agent's exception handler, called by agent64.S or 32bit/start32.S on the agent's stack. */
_Noreturn void agent_exception(struct mailbox *m, unsigned long vector, unsigned long error,
			       unsigned long rip, unsigned long rax);

_Noreturn void agent_exception(struct mailbox *m, unsigned long vector, unsigned long error,
			       unsigned long rip, unsigned long rax)
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
		call_l1(m);
}

/* L1 sets RIP to agent_nested_fault (agent64.S, 32bit/start32.S), which comes here. */
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
			else
				action_caught(a, &m->catch);
			m->catching = false;
		}
		call_l1(m);
	}
}
