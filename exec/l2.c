/* SPDX-License-Identifier: MIT */
#include "exec/l2.h"

#include "exec/real_world.h"
#include "guests/pcpu.h"
#include "hv/bare.h"
#include "kernel/apic.h"
#include "kernel/console.h"
#include "kernel/memory.h"
#include "kernel/trap.h"
#include "lib/msr.h"
#include "lib/page.h"
#include "lib/rflags.h"
#include "lib/string.h"

#define WAITING_VECTOR 0x40    /* the interrupt that waits in L1 */
#define HALT	       5000000 /* ns until a halted L2 is woken */

static void take_interrupt(void)
{
}

void l2_create(struct l2 *l2, const struct hv *hv)
{
	l2->hv = hv;
	l2->vm = hv->vm_create();
	l2->agent = memory_alloc(sizeof(struct agent), AGENT_BLOCK_SIZE);
	trap_set_irq_handler(WAITING_VECTOR, take_interrupt);
}

void l2_reset(struct l2 *l2, struct header header)
{
	struct hv_start start = {
		.mode = header.l2,
		.nested_pae = header.nested_pae,
		.rsp = (uint64_t)(l2->agent + 1) - 8, /* as after a CALL: the ABI's alignment */
		.rdi = (uint64_t)&l2->agent->mailbox,
	};

	l2->spoilt = false;
	l2->is_64bit = mode_is_64bit(header.l2);
	l2->entry = agent_entry(l2->is_64bit);
	start.rip = l2->entry.start;
	start.idt_base = l2->entry.idt_base;
	start.idt_limit = l2->entry.idt_limit;
	memset(&l2->agent->mailbox, 0, sizeof(l2->agent->mailbox));
	if (l2->hv == &hv_bare) {
		l2->agent->mailbox.leave = (uint32_t)(uint64_t)bare_leave;
		l2->agent->mailbox.leave_argument = (uint32_t)(uint64_t)l2->vm;
	}
	l2->hv->vm_reset(l2->vm, &start);
}

struct action *mailbox_post(struct mailbox *m, const struct action *action)
{
	struct action *copy = &m->ring[m->posted % AGENT_RING];

	*copy = *action;
	m->posted++;
	return copy;
}

/* Lets the interrupt that waits in L1 come in. */
static void drain_interrupt(void)
{
	sti();
	__asm__ volatile("nop");
	cli();
}

/*
 * Is the address one of the 4 bytes of the look, or of them in a page that nested tables map? Where
 * KVM's emulator took a nested fault it tells the page alone: docs/findings.md.
 */
static bool is_address(const struct hv_exit *exit, const struct action *a)
{
	/* of page M any access may be */
	const bool is_emulated = a->way == WAY_IO || a->way == WAY_FEP || world_uses_hole();
	uint64_t offset;

	if (exit->kind == HV_EXIT_PAGE_FAULT)
		return exit->address - a->address < sizeof(uint32_t);
	for (unsigned p = 0; p < NR_WINDOWS; p++) {
		offset = exit->address - world_guest_physical(p);
		if (offset - a->address % PAGE_SIZE < sizeof(uint32_t) || (!offset && is_emulated))
			return true;
	}
	return false;
}

/*
 * Error codes need not say that it was a fetch in 32-bit paging, nor while EFER.NXE is clear: L1's,
 * which SVM's nested tables and VMX's L2 go by (APM vol. 2, 8.4.2 "Page-Fault Error Code").
 */
static bool tells_fetch(const struct hv_exit *exit, const struct action *a, bool is_64bit)
{
	if (a->kind != ACTION_FETCH)
		return !exit->fetch;
	return exit->fetch || !is_64bit || !(rdmsr(MSR_EFER) & EFER_NXE);
}

/* Does it tell what the action has done? An access of a look is all that can fault. */
static bool tells_truth(const struct hv_exit *exit, const struct action *a, bool is_64bit)
{
	return is_address(exit, a) && exit->store == (a->kind == ACTION_STORE) &&
	       tells_fetch(exit, a, is_64bit) &&
	       (exit->kind == HV_EXIT_NESTED_FAULT || exit->user == (a->way == WAY_USER));
}

static bool ends_action(const struct l2 *l2, const struct hv_exit *exit, const struct action *a)
{
	switch (exit->kind) {
	case HV_EXIT_MSR: return true;
	case HV_EXIT_NESTED_FAULT:
	case HV_EXIT_PAGE_FAULT: return tells_truth(exit, a, l2->is_64bit);
	default: return false;
	}
}

static struct hv_exit enter_until_done(struct l2 *l2)
{
	struct mailbox *m = &l2->agent->mailbox;
	struct hv_exit exit;
	struct action *a;

	for (;;) {
		l2->spoilt |= world_repair(); /* every entry may load them */
		l2->hv->enter(l2->vm, &exit);
		a = &m->ring[(m->taken - 1) % AGENT_RING];
		if (!m->catching || !ends_action(l2, &exit, a))
			return exit;
		a->outcome =
			exit.kind == HV_EXIT_NESTED_FAULT ? OUTCOME_NESTED_FAULT : OUTCOME_EXIT;
		a->error = (uint32_t)exit.error;
		l2->hv->set_rip(l2->vm, l2->entry.nested_fault);
	}
}

bool l2_fail(struct l2 *l2, enum failing why)
{
	bool failed;

	if (failing_may_enter(why)) { /* it must not get far */
		l2->hv->set_interrupt(l2->vm, HV_INTERRUPT_FIRST);
		apic_self_ipi(WAITING_VECTOR);
	}
	failed = l2->hv->enter_failing(l2->vm, why);
	drain_interrupt();
	if (failing_may_enter(why))
		l2->hv->set_interrupt(l2->vm, HV_INTERRUPT_NONE);
	return failed;
}

static void describe_lost(const struct mailbox *m, char *why, size_t size)
{
	snprintk(why, size, "exception %s in L2, error code 0x%x, CR2 0x%llx, RIP 0x%llx",
		 trap_name(m->catch.vector), m->catch.error, (unsigned long long)m->catch.cr2,
		 (unsigned long long)m->catch.rip);
}

bool l2_run(struct l2 *l2, enum hv_interrupt when, char *why, size_t size)
{
	const enum hv_exit_kind wanted =
		when == HV_INTERRUPT_NONE ? HV_EXIT_CALL : HV_EXIT_INTERRUPT;
	struct hv_exit exit;

	if (when == HV_INTERRUPT_LATER) {
		l2->hv->set_interrupt(l2->vm, HV_INTERRUPT_FIRST);
		apic_self_ipi_later(WAITING_VECTOR, PCPU_TIMER);
	} else if (when != HV_INTERRUPT_NONE) {
		l2->hv->set_interrupt(l2->vm, when);
		/* A host need not halt L2 for what it finds pending. */
		if (when == HV_INTERRUPT_HALTED)
			apic_self_ipi_later(WAITING_VECTOR, HALT);
		else
			apic_self_ipi(WAITING_VECTOR);
	}
	exit = enter_until_done(l2);
	drain_interrupt();
	if (when == HV_INTERRUPT_LATER || when == HV_INTERRUPT_HALTED)
		apic_timer_stop();
	if (when != HV_INTERRUPT_NONE)
		l2->hv->set_interrupt(l2->vm, HV_INTERRUPT_NONE);
	if (l2->agent->mailbox.lost) {
		describe_lost(&l2->agent->mailbox, why, size);
	} else if (exit.kind == HV_EXIT_OTHER || exit.kind == HV_EXIT_NESTED_FAULT ||
		   exit.kind == HV_EXIT_PAGE_FAULT) {
		l2->hv->describe(l2->vm, why, size);
		l2->hv->dump(l2->vm);
	} else if (exit.kind != wanted) {
		snprintk(why, size, "%s",
			 wanted == HV_EXIT_CALL
				 ? "an interrupt left L2 that nobody sent"
				 : "the interrupt that waited in L1 did not leave L2");
	} else {
		return true;
	}
	return false;
}
