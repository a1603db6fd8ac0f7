/* SPDX-License-Identifier: MIT */
#include "guests/action.h"

#include "guests/pcpu.h"
#include "guests/pdptes.h"
#include "guests/rewrite.h"
#include "guests/user.h"
#include "lib/cr.h"
#include "lib/msr.h"
#include "lib/pause.h"
#include "lib/port.h"
#include "lib/rflags.h"
#include "lib/segment.h"
#include "lib/vmm_protocol.h"
#include "model/lang/program.h"

/*
 * KVM carries out what stands behind these bytes in its instruction emulator, with the module
 * parameter force_emulation_prefix=1; else they raise #UD.
 */
#define FEP "ud2; .ascii \"kvm\"; "

/*
 * The instruction as the action wants it: behind the prefix, in the shadow of an STI, or alone. In
 * that shadow interrupts are held off until it has completed (SDM vol. 2, "STI"; APM vol. 3,
 * "STI"), and one that was pending is taken right behind it.
 */
#define RUN(action, instruction, ...)                                                             \
	do {                                                                                      \
		if ((action)->way == WAY_FEP)                                                     \
			__asm__ volatile(FEP instruction : : __VA_ARGS__ : "memory");             \
		else if ((action)->interrupted)                                                   \
			__asm__ volatile("sti; " instruction "; cli" : : __VA_ARGS__ : "memory"); \
		else                                                                              \
			__asm__ volatile(instruction : : __VA_ARGS__ : "memory");                 \
	} while (0)

/*
 * A port that gives back the byte it was given, so that OUTS and INS have something to move: the
 * scratch register of the 16550 at COM1 (PC16550D data sheet, 8.8 "Scratchpad Register").
 */
#define ECHO_PORT 0x3ff

/*
 * Of the root that runs, before a load of its PDPTEs: a KVM with nested paging loads them whenever
 * it emulates an instruction. Between this and the load nothing may leave L2, nor touch a new page.
 */
static void repair_pdptes(struct action *a)
{
	if (a->in_pae)
		a->spoilt |= pdptes_repair((uint64_t *)(unsigned long)(read_cr3() & ~31ull));
}

static uint32_t load_io(struct action *a, unsigned long address)
{
	uint32_t result = 0;

	for (unsigned i = 0; i < sizeof(result); i++) {
		repair_pdptes(a);
		__asm__ volatile("cld; outsb" : "+S"(address) : "d"(ECHO_PORT) : "memory");
		result |= (uint32_t)inb(ECHO_PORT) << (8 * i);
	}
	return result;
}

static void store_io(struct action *a, unsigned long address, uint32_t value)
{
	for (unsigned i = 0; i < sizeof(value); i++) {
		outb(ECHO_PORT, (uint8_t)(value >> (8 * i)));
		repair_pdptes(a);
		__asm__ volatile("cld; insb" : "+D"(address) : "d"(ECHO_PORT) : "memory");
	}
}

/* The function at the address only loads EAX, see exec/real_world.c; but what may be there by
 * mistake? */
static uint32_t call(unsigned long address)
{
	uint32_t result;

#ifdef __x86_64__
	__asm__ volatile("call *%1"
			 : "=a"(result)
			 : "r"(address)
			 : "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory", "cc");
#else
	__asm__ volatile("call *%1" : "=a"(result) : "r"(address) : "ecx", "edx", "memory", "cc");
#endif
	return result;
}

static uint32_t load(struct action *a)
{
	unsigned long address = (unsigned long)a->address;
	uint32_t result;

	if (a->way == WAY_IO)
		return load_io(a, address);
	if (a->way == WAY_FEP)
		__asm__ volatile(FEP "movl (%1), %0" : "=r"(result) : "r"(address) : "memory");
	else
		__asm__ volatile("movl (%1), %0" : "=r"(result) : "r"(address) : "memory");
	return result;
}

static uint32_t written_meanwhile(const struct action *a)
{
	volatile uint32_t *word = (volatile uint32_t *)(unsigned long)a->address;

	*word = 0;
	inl(VMM_PORT);
	return *word;
}

static void store(struct action *a)
{
	unsigned long address = (unsigned long)a->address;
	uint32_t value = (uint32_t)a->operand;

	if (a->way == WAY_IO)
		store_io(a, address, value);
	else if (a->way == WAY_FEP)
		__asm__ volatile(FEP "movl %0, (%1)" : : "r"(value), "r"(address) : "memory");
	else
		__asm__ volatile("movl %0, (%1)" : : "r"(value), "r"(address) : "memory");
}

#ifdef __x86_64__
static _Noreturn void look_as_user(const struct action *a)
{
	const void *code = a->kind == ACTION_LOAD    ? user_load
			   : a->kind == ACTION_STORE ? user_store
						     : user_fetch;

	user_run(code, a->address, a->operand, a->user_stack);
}

static bool user_is_done(const struct catch *c)
{
	return c->rip == (uint64_t)user_end + USER_IMAGE;
}
#else /* program_check() lets nobody look so in 32-bit modes */
static void look_as_user(const struct action *a)
{
	(void)a;
}

static bool user_is_done(const struct catch *c)
{
	(void)c;
	return false;
}

/*
 * One store of 8 bytes, as only CMPXCHG8B makes one here (SDM vol. 3, "Guaranteed Atomic
 * Operations"; 8-byte moves take the FPU): no walk ever sees half of the entry. Other ways belong
 * to 64-bit code.
 */
void write_entry(volatile uint64_t *entry, uint64_t value, enum way way)
{
	uint64_t old = *entry;

	(void)way;
	__asm__ volatile("1: lock cmpxchg8b %1; jne 1b"
			 : "+A"(old), "+m"(*entry)
			 : "b"((uint32_t)value), "c"((uint32_t)(value >> 32))
			 : "memory", "cc");
}
#endif

/* One exit to L0, no more: docs/emulators.md, EXITINTINFO. */
static void visit_host(struct action *a)
{
	repair_pdptes(a);
	outb(ECHO_PORT, 0);
}

void action_caught(struct action *a, const struct catch *c)
{
	visit_host(a);
	if (a->way == WAY_USER) /* an exception at CPL 3 leaves a null selector in SS */
		__asm__ volatile("mov %0, %%ss" : : "r"(GDT_DATA));
	if (a->outcome != OUTCOME_PENDING) /* L1 has set RIP; at CPL 3 its code cannot be fetched */
		return;
	if (a->way == WAY_USER && user_is_done(c)) {
		a->result = (uint32_t)c->rax;
		a->outcome = OUTCOME_DONE;
		return;
	}
	a->vector = c->vector;
	a->error = c->error;
	a->outcome = OUTCOME_FAULT;
}

static uint64_t read_bits(enum action_kind kind)
{
	return kind == ACTION_CR0 ? read_cr0() : kind == ACTION_CR4 ? read_cr4() : rdmsr(MSR_EFER);
}

static void set_bits(struct action *a)
{
	const enum action_kind kind = a->kind;
	uint64_t value;

	repair_pdptes(a);
	value = read_bits(kind);
	value = a->operand ? value | a->address : value & ~a->address;
	repair_pdptes(a);
	switch (kind) {
	case ACTION_CR0: write_cr0(value); break;
	case ACTION_CR4: RUN(a, "mov %0, %%cr4", "r"((unsigned long)value)); break;
	default: wrmsr(MSR_EFER, value);
	}
}

/* Nothing here is wider than 32 bits, and all of it is mapped to itself. */
static void paging_off(struct action *a)
{
	unsigned long cr0;

	repair_pdptes(a);
	cr0 = read_cr0() & ~CR0_PG;
	__asm__ volatile("mov %0, %%cr0" : : "r"(cr0) : "memory");
}

static void paging_on(struct action *a)
{
	unsigned long cr0 = read_cr0() | CR0_PG;

	repair_pdptes(a);
	__asm__ volatile("mov %0, %%cr0; jmp 1f; 1:" : : "r"(cr0) : "memory");
}

static void cycle_pae(struct action *a)
{
	unsigned long cr4;

	repair_pdptes(a);
	cr4 = read_cr4();
	repair_pdptes(a);
	__asm__ volatile("mov %0, %%cr4" : : "r"(cr4 & ~CR4_PAE) : "memory");
	__asm__ volatile("mov %0, %%cr4" : : "r"(cr4) : "memory");
}

/*
 * No PAUSE: a host that leaves a guest at many of them takes the CPU away by itself, which is no
 * preemption. Interrupts are enabled, though none comes: docs/emulators.md.
 */
static void wait(volatile struct action *a)
{
	a->result = 1;
	sti();
	while (!a->operand)
		;
	cli();
}

/* With an interrupt on its way L2 only waits for it, where no exit could come between. */
static void ask_for_pcpu(struct action *a)
{
	pcpu_ask(a->operand);
	if (!a->interrupted)
		a->result = pcpu_answer();
	while (!*(volatile uint64_t *)&a->result)
		pause();
}

void action_run(void *argument)
{
	struct action *a = argument;
	/* in 32-bit mode nothing is wider, but for what is written into tables */
	unsigned long address = (unsigned long)a->address, operand = (unsigned long)a->operand;
	struct {
		uint64_t pcid, address;
	} descriptor = {a->pcid, address}; /* INVPCID's operand in memory */

	if (a->way == WAY_USER)
		look_as_user(a);
	if (a->way == WAY_UNPAGED || a->kind == ACTION_PG)
		paging_off(a);
	switch (a->kind) {
	case ACTION_LOAD: a->result = load(a); break;
	case ACTION_STORE: store(a); break;
	case ACTION_WRITE: write_entry((volatile uint64_t *)address, a->operand, a->way); break;
	case ACTION_WRITE4: *(volatile uint32_t *)address = (uint32_t)operand; break;
	case ACTION_FETCH: a->result = call(address); break;
	case ACTION_CR3: RUN(a, "mov %0, %%cr3", "r"(operand)); break;
	case ACTION_INVLPG: RUN(a, "invlpg (%0)", "r"(address)); break;
	case ACTION_INVPCID: RUN(a, "invpcid %1, %0", "r"(operand), "m"(descriptor)); break;
	case ACTION_RDMSR: rdmsr(MSR_KERNEL_GS_BASE); break;
	case ACTION_VMFUNC: /* SDM vol. 2, "VMFUNC": EAX function, ECX operand */
		__asm__ volatile("vmfunc" : : "a"(0), "c"(operand) : "memory");
		break;
	case ACTION_WAIT: wait(a); break;
	case ACTION_VMM:
		repair_pdptes(a); /* an SMI's RSM loads them */
		outl(VMM_PORT, (uint32_t)operand);
		break;
	case ACTION_STOLEN: a->result = written_meanwhile(a); break;
	case ACTION_RSM: __asm__ volatile("rsm"); break;
	case ACTION_PCPU: ask_for_pcpu(a); break;
	case ACTION_PAE: cycle_pae(a); break;
	case ACTION_CR0:
	case ACTION_CR4:
	case ACTION_EFER: set_bits(a); break;
	}
	if (a->way == WAY_UNPAGED || a->kind == ACTION_PG)
		paging_on(a);
}
