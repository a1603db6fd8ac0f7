/* SPDX-License-Identifier: MIT */
#include "exec/exec.h"

#include "exec/ask_host.h"
#include "exec/l2.h"
#include "exec/pv.h"
#include "exec/real_world.h"
#include "exec/smi.h"
#include "exec/step_action.h"
#include "guests/pcpu.h"
#include "hv/bare.h"
#include "kernel/console.h"
#include "kernel/cpu.h"
#include "kernel/paging.h"
#include "kernel/smp.h"
#include "kernel/trap.h"
#include "lib/cpuid.h"
#include "lib/cr.h"
#include "lib/msr.h"
#include "lib/pause.h"
#include "model/lang/caps.h"
#include "model/lang/position.h"
#include "model/oracle/oracle.h"

#define NOT_FOUND_YET 0 /* the result of a store until find_stores() */
#define TOO_LONG      "too long: more steps in one stay in L2 or SMM than its mailbox holds"

/* A look of L2 waits here for its action to be carried out. */
struct waiting {
	const struct step *step;
	struct action *action;
};

struct l2_call {
	struct l2 *l2;
	enum hv_interrupt when;
};

/* What the executor keeps for each CPU. */
struct exec_cpu {
	struct l2 l2[NR_VMS];
	struct l2 bare; /* L1 itself in another mode */
	struct waiting waiting[AGENT_RING];
	unsigned nr_waiting;
	struct agent *smi_handler;
	struct action smi; /* of L1, once all is posted that its handler does */
	/* L2 runs while other CPUs' steps are carried out: the call that runs it, and the action
	 * in which it waits; NULL: it does not */
	struct l2_call call;
	volatile struct action *wait;
	bool moved;	   /* to another physical CPU */
	bool no_hv;	   /* SVM or VMX is off: OP_HV */
	bool switched;	   /* L1's control registers may not be what they were */
	unsigned long cr4; /* as it is between programs: a read of it may be an exit */
	unsigned own_turn; /* of the program that the last flush_own() was for */
	/* of the program that the last flush_all() was for: see is_clean() */
	unsigned clean_turn;
	struct header clean_header;
};

static const struct hv *backend;
static struct exec_cpu exec_cpus[NR_CPUS];
static struct position at;   /* who runs: in L2 its actions gather in its mailbox */
static struct header header; /* of the program */
static bool paravirtual;     /* it has such steps */
static bool acts;	     /* the host acts in it */
static bool global;	     /* it has global translations */
static unsigned nr_vms;	     /* that it has to do with */
static struct run run;

/*
 * All that L1 has cached for itself. Each write of CR4 may be an exit, which costs more than most
 * steps: so it is not done for each program, but where the next ones could meet what this one has
 * left.
 */
static void flush_own(struct exec_cpu *cpu)
{
	write_cr4(cpu->cr4 & ~CR4_PGE);
	write_cr4(cpu->cr4);
	cpu->own_turn = world_turn();
}

static void cpu_start(void *ok)
{
	if (backend && !backend->cpu_start())
		*(bool *)ok = false;
	exec_cpus[this_cpu()->id].cr4 = read_cr4() | CR4_PGE;
	flush_own(&exec_cpus[this_cpu()->id]);
}

bool exec_init(const struct hv *hv)
{
	bool ok = true;

	backend = hv;
	for (unsigned cpu = 0; cpu < nr_cpus && cpu < NR_CPUS; cpu++) {
		l2_create(&exec_cpus[cpu].bare, &hv_bare);
		exec_cpus[cpu].smi_handler = smi_create();
		smp_call(cpu, cpu_start, &ok);
		for (unsigned nr = 0; hv && ok && nr < NR_VMS; nr++)
			l2_create(&exec_cpus[cpu].l2[nr], hv);
	}
	return ok;
}

static struct exec_cpu *here(void)
{
	return &exec_cpus[at.cpu];
}

static struct l2 *l2_here(void)
{
	return header.bare ? &here()->bare : &here()->l2[position_here(&at)->vm];
}

static void crash(const char *what)
{
	if (run.crashed || run.refused)
		return;
	run.crashed = true;
	snprintk(run.why, sizeof(run.why), "%s", what);
}

static void refuse(const char *what)
{
	if (run.crashed || run.refused)
		return;
	run.refused = true;
	snprintk(run.why, sizeof(run.why), "%s", what);
}

static bool stopped(void)
{
	return run.crashed || run.refused;
}

/* ---- what a look saw ---- */

static const struct vmm_request *request_of(const struct action *a)
{
	return (const struct vmm_request *)a->operand;
}

static uint32_t result_of(const struct step *step, const struct action *a)
{
	if (step->op == OP_RDMSR)
		return a->outcome == OUTCOME_EXIT ? RESULT_EXIT : RESULT_DIRECT;
	if (a->outcome == OUTCOME_EXIT)
		return RESULT_EXIT;
	if (a->outcome == OUTCOME_NESTED_FAULT)
		return RESULT_NPF;
	if (a->outcome == OUTCOME_FAULT)
		return a->vector == TRAP_PF ? RESULT_PF : RESULT_WILD;
	if (step->op == OP_LOGGED)
		return request_of(a)->result ? RESULT_LOGGED : RESULT_UNLOGGED;
	if (step->op == OP_STOLEN)
		return a->result ? RESULT_WRITTEN : RESULT_UNWRITTEN;
	if (step->op == OP_BITS)
		return world_bits(step->entry, (uint32_t)a->result);
	if (step->way == WAY_SAVE)
		return request_of(a)->result == VMM_UNMAPPED
			       ? RESULT_PF
			       : world_loaded((uint32_t)request_of(a)->result);
	if (step->op == OP_LOAD)
		return world_loaded((uint32_t)a->result);
	if (step->op == OP_FETCH)
		return world_fetched((uint32_t)a->result);
	return NOT_FOUND_YET;
}

/*
 * Which frames the stores since the last call have hit. Looking for them touches all frames, and
 * would drive the very translations out of the TLB that a look is after: so it waits for the
 * program's end, or until the slots are used up.
 */
static void find_stores(void)
{
	for (; run.nr_found < run.nr_seen; run.nr_found++) {
		struct seen *seen = &run.seen[run.nr_found];

		if (seen->result == NOT_FOUND_YET)
			seen->result =
				world_stored(seen->raw % FRAME_STORE_SLOTS, (uint32_t)seen->raw);
	}
}

static void note(uint32_t result, uint64_t raw)
{
	if (run.nr_seen == MAX_LOOKS) {
		run.lacking = true;
		refuse("too long: more looks than a run can note; use fewer repeats");
		return;
	}
	run.seen[run.nr_seen++] = (struct seen){result, raw};
	if (run.nr_seen - run.nr_found == FRAME_STORE_SLOTS - AGENT_RING)
		find_stores();
}

static void note_action(const struct step *step, const struct action *a)
{
	bool fault = a->outcome == OUTCOME_FAULT || a->outcome == OUTCOME_NESTED_FAULT;

	l2_here()->spoilt |= a->spoilt || (fault && a->in_pae && world_repair());
	if (a->outcome == OUTCOME_FAULT && a->in_pae &&
	    (step->way == WAY_IO || step->op == OP_SET || a->vector == TRAP_GP ||
	     world_uses_hole()) &&
	    l2_here()->spoilt) {
		/* an exit of the host's own between the repair and the access */
		run.lacking = true;
		refuse("the CPU below sets reserved bits in PDPTEs, and the host could not load "
		       "them");
	} else if (a->outcome == OUTCOME_FAULT && step->way == WAY_FEP && a->vector == TRAP_UD) {
		run.lacking = true;
		refuse("the host's emulator does not carry this instruction out here");
	} else if (a->outcome == OUTCOME_FAULT && (!op_is_look(step->op) || a->vector != TRAP_PF)) {
		char text[100];

		snprintk(text, sizeof(text), "unexpected exception %s, error code 0x%x, in a step",
			 trap_name(a->vector), a->error);
		crash(text);
	} else if (step->op == OP_PCPU && a->result == PCPU_SILENT) {
		refuse("nobody beside the VM answers any more: has lab/pcpu.sh ended?");
	} else if (step->op == OP_PCPU && a->result != PCPU_MOVED) {
		run.lacking = true;
		refuse("the host could not move the vCPU: has it so many physical CPUs?");
	} else if (a->kind == ACTION_VMM && request_of(a)->status != VMM_DONE) {
		run.lacking = request_of(a)->status == VMM_CANNOT;
		refuse(run.lacking ? "the host cannot do that here: docs/host-events.md has what "
				     "it takes"
				   : "the VMM does not take the request");
	} else if (op_is_look(step->op)) {
		note(result_of(step, a), fault			 ? a->error
					 : step->op == OP_STORE	 ? a->operand
					 : step->way == WAY_SAVE ? request_of(a)->result
								 : a->result);
	}
}

/* ---- L1 ---- */

static void run_in_l1(void *argument)
{
	struct action *a = argument;
	struct catch c;

	if (catch_call(action_run, a, &c))
		a->outcome = OUTCOME_DONE;
	else
		action_caught(a, &c);
}

bool exec_has_fep(void)
{
	uint64_t word = 0;
	struct action load = {.kind = ACTION_LOAD, .way = WAY_FEP, .address = (uint64_t)&word};

	run_in_l1(&load);
	return load.outcome == OUTCOME_DONE;
}

/* ---- L2 ---- */

static void l2_call(void *argument)
{
	struct l2_call *call = argument;
	char why[sizeof(run.why)];

	if (!l2_run(call->l2, call->when, why, sizeof(why)))
		crash(why);
}

/* Notes what the looks saw that have waited for L2. */
static void note_waiting(bool interrupt)
{
	struct exec_cpu *cpu = here();

	for (unsigned i = 0; i < cpu->nr_waiting && !stopped(); i++) {
		const struct action *a = cpu->waiting[i].action;

		/* the last action of an interrupted batch is done, but has not said so yet */
		if (a->outcome == OUTCOME_PENDING && !(interrupt && i == cpu->nr_waiting - 1))
			crash("L2 left before it had carried out its steps");
		else
			note_action(cpu->waiting[i].step, a);
	}
	cpu->nr_waiting = 0;
}

static void end_wait(unsigned nr)
{
	struct exec_cpu *cpu = &exec_cpus[nr];

	if (!cpu->wait)
		return;
	cpu->wait->operand = 1;
	smp_wait(nr);
	cpu->wait = NULL;
}

/* Runs what has gathered in the mailbox, then notes what its looks saw. */
static void leave_l2(enum hv_interrupt interrupt)
{
	struct exec_cpu *cpu = here();

	if (cpu->wait && interrupt) {
		run.lacking = true;
		refuse("an L2 that was left running waits with interrupts enabled: no 'irq' then");
	} else if (cpu->wait) {
		end_wait(at.cpu);
	} else {
		cpu->call = (struct l2_call){l2_here(), interrupt};
		smp_call(at.cpu, l2_call, &cpu->call);
	}
	if (interrupt == HV_INTERRUPT_LATER && !stopped())
		cpu->waiting[cpu->nr_waiting - 1].action->result = pcpu_answer();
	note_waiting(interrupt);
}

/*
 * Another CPU's steps come next: L2 carries out what has gathered, and then waits, without leaving.
 */
static void stay_in_l2(void)
{
	const struct action wait = {.kind = ACTION_WAIT};
	struct exec_cpu *cpu = here();
	volatile struct action *before = cpu->wait;

	if (cpu->nr_waiting >= AGENT_RING - 2) {
		run.lacking = true;
		refuse(TOO_LONG);
		return;
	}
	cpu->wait = mailbox_post(&l2_here()->agent->mailbox, &wait);
	if (before) {
		before->operand = 1;
	} else {
		cpu->call = (struct l2_call){l2_here(), HV_INTERRUPT_NONE};
		smp_start_call(at.cpu, l2_call, &cpu->call);
	}
	while (!cpu->wait->result && !smp_is_idle(at.cpu))
		pause();
	note_waiting(false);
}

static void post(const struct step *step, const struct action *a, struct agent *agent)
{
	struct exec_cpu *cpu = here();

	if (cpu->nr_waiting == AGENT_RING - 1) {
		run.lacking = true;
		refuse(TOO_LONG);
		return;
	}
	cpu->waiting[cpu->nr_waiting++] = (struct waiting){step, mailbox_post(&agent->mailbox, a)};
	if (step->irq)
		leave_l2(step->op == OP_PCPU ? HV_INTERRUPT_LATER : HV_INTERRUPT_WHEN_ENABLED);
}

/* ---- in SMM ---- */

/* The handler that what follows is for; L2's SMI comes when L2 runs, L1's when all is posted. */
static uint64_t prepare_smi(void)
{
	const uint64_t entry = smi_entry(here()->smi_handler, world_root(position_here(&at)->root));

	if (!entry)
		refuse("no page below 1 MiB for an SMI handler's first steps");
	return entry;
}

static void put_off_smi(const struct step *step, const struct action *a)
{
	struct exec_cpu *cpu = here();

	cpu->smi = *a;
	cpu->waiting[cpu->nr_waiting++] = (struct waiting){step, &cpu->smi};
}

static void step_in_smm(const struct step *step, const struct action *a)
{
	struct exec_cpu *cpu = here();

	if (step->op != OP_RSM) {
		post(step, a, cpu->smi_handler);
		return;
	}
	mailbox_post(&cpu->smi_handler->mailbox, a);
	if (position_here(&at)->in_l2)
		return;
	smp_call(at.cpu, run_in_l1, &cpu->smi);
	note_waiting(false);
}

/* ---- L1's own steps ---- */

static void switch_hv(struct exec_cpu *cpu, bool on)
{
	struct hv_vm *vms[NR_VMS];

	for (unsigned nr = 0; nr < NR_VMS; nr++)
		vms[nr] = cpu->l2[nr].vm;
	cpu->no_hv = !on;
	if (on)
		backend->resume();
	else
		backend->suspend(vms, NR_VMS);
}

static uint64_t steal_area(const struct step *step)
{
	return world_frame(step->frame[0]) + FRAME_STEAL + at.cpu * PV_AREA_SIZE;
}

/* The verbs run on the CPU whose VM it is. */
static void l1_step(void *argument)
{
	const struct step *step = argument;
	struct hv_vm *vm = l2_here()->vm;
	const bool is_nested = step->root.space == SPACE_N;
	const bool pcd = is_nested && step->op == OP_NROOT && (step->arg & NROOT_PCD);
	uint64_t nested = is_nested ? world_root(step->root) | (pcd ? CR3_PWT | CR3_PCD : 0) : 0;

	switch (step->op) {
	case OP_TAG: backend->set_tag(vm, step->tag); break;
	case OP_L2CR3: l2_here()->hv->set_root(vm, world_root(step->root) | step->pcid); break;
	case OP_NROOT: backend->set_nested_root(vm, nested, step->arg & NROOT_AD); break;
	case OP_MSR_EXIT: backend->set_msr_exit(vm, step->arg); break;
	case OP_PF_EXIT: backend->set_pf_exit(vm, step->arg); break;
	case OP_CLEAN: backend->set_clean(vm); break;
	case OP_TLBCTL: backend->set_flush(vm, step->type); break;
	case OP_INVLPGA:
		backend->flush_address(world_linear(step->tag ? SPACE_G : SPACE_H, step->window),
				       step->tag);
		break;
	case OP_INVVPID:
		backend->flush_tag(step->type, world_linear(SPACE_G, step->window), step->tag);
		break;
	case OP_INVEPT: backend->flush_nested(step->type, nested, step->arg); break;
	case OP_VMX_CYCLE:
		switch_hv(here(), false);
		switch_hv(here(), true);
		break;
	case OP_HV: switch_hv(here(), step->arg); break;
	case OP_STEAL: pv_move(steal_area(step)); break;
	case OP_ENTER_FAILING:
		if (!l2_fail(l2_here(), step->type))
			crash("a VM entry did not fail as it must");
		break;
	}
}

/* A CPU that gets an INIT loses its registers. */
static void before_init(void *argument)
{
	struct exec_cpu *cpu = argument;

	if (backend && !cpu->no_hv)
		switch_hv(cpu, false);
}

static void after_init(void *argument)
{
	struct exec_cpu *cpu = argument;

	write_cr4(cpu->cr4 & ~CR4_PGE);
	cpu->switched = true;
	if (backend)
		switch_hv(cpu, true);
	write_cr3(world_root((struct root){SPACE_H, 0}));
	if (paravirtual)
		pv_arm(true);
}

static void init_step(unsigned nr)
{
	smp_call(nr, before_init, &exec_cpus[nr]);
	if (smp_restart(nr))
		smp_call(nr, after_init, &exec_cpus[nr]);
	else
		crash("a vCPU does not come back from INIT and SIPI");
}

/* The other CPU waits in L2, if it was left there, or else in L1 for the time of this step. */
static void paravirtual_step(const struct step *step)
{
	volatile struct action wait = {.kind = ACTION_WAIT};
	const unsigned nr = step->arg;
	const bool in_l1 = !at.cpus[nr].in_l2;

	if (nr == this_cpu()->id) {
		refuse("that vCPU carries the program out: leave another one running in L2");
		return;
	}
	if (in_l1)
		smp_start_call(nr, run_in_l1, (void *)&wait);
	while (in_l1 && !wait.result)
		pause();
	if (!pv_wait_preempted(nr, step->op == OP_PV_FLUSH)) {
		run.lacking = true;
		refuse("the host does not preempt that vCPU: give the VM fewer CPUs than it has "
		       "vCPUs (taskset)");
	}
	wait.operand = 1;
	if (in_l1)
		smp_wait(nr);
}

static void control_step(const struct step *step)
{
	switch (step->op) {
	case OP_ENTER_PENDING:
		smp_call(at.cpu, l2_call, &(struct l2_call){l2_here(), HV_INTERRUPT_FIRST});
		break;
	case OP_ENTER_HALTED:
		smp_call(at.cpu, l2_call, &(struct l2_call){l2_here(), HV_INTERRUPT_HALTED});
		break;
	case OP_EXIT: leave_l2(HV_INTERRUPT_NONE); break;
	case OP_CPU:
		if (position_in_l2(&at) && step->arg != at.cpu)
			stay_in_l2();
		break;
	case OP_ENTER:
	case OP_VM: break; /* position_follow() */
	case OP_L2MODE:
	case OP_NMODE:
	case OP_BARE: break; /* the world and L2 were made for it */
	case OP_PREEMPTED:
	case OP_PV_FLUSH: paravirtual_step(step); break;
	case OP_INIT: init_step(step->arg); break;
	default: smp_call(at.cpu, l1_step, (void *)(uintptr_t)step);
	}
}

static void exec_step(const struct step *step)
{
	struct action a = {
		.in_pae = position_in_l2(&at) && header.l2 == MODE_PAE,
		.user_stack = (uint64_t)&cpus[at.cpu].tss.rsp[0],
	};

	if (!step_action(step, position_in_l2(&at), &a)) {
		control_step(step);
		return;
	}
	if (step->op == OP_SMI)
		a.address = prepare_smi();
	if (step->op == OP_STOLEN)
		a.address = steal_area(step) + PV_AREA_VERSION;
	if (a.kind == ACTION_VMM)
		a.operand = (uint64_t)host_request(step, a.address);
	if (step->op == OP_PCPU) {
		a.operand = pcpu_request(at.cpu, step->arg, step->irq);
		here()->moved = true;
	}
	if (position_here(&at)->in_smm) {
		step_in_smm(step, &a);
	} else if (position_in_l2(&at)) {
		post(step, &a, l2_here()->agent);
	} else if (step->op == OP_SMI) {
		put_off_smi(step, &a);
	} else {
		here()->switched |= step->op >= OP_PGE && step->op <= OP_NXE;
		smp_call(at.cpu, run_in_l1, &a);
		note_action(step, &a);
	}
}

/* ---- the start of a program ---- */

static void reset_l2(struct l2 *l2, unsigned nr)
{
	l2_reset(l2, header);
	backend->set_tag(l2->vm, nr + 1);
	backend->set_root(l2->vm, world_root((struct root){SPACE_G, (uint8_t)nr}));
	for (uint8_t root = 0; backend->set_function_root && root < NR_ROOTS; root++)
		for (unsigned ad = 0; ad < 2; ad++)
			backend->set_function_root(l2->vm, step_function_number(root, ad),
						   world_root((struct root){SPACE_N, root}), ad);
}

/*
 * Is all that this CPU may have cached with the VMs' tags of no account? SVM flushes it by an
 * entry, which costs as much as one that a program is about, so it is not done for each: while L2's
 * mode stays, worlds differ in their addresses for a time.
 */
static bool is_clean(struct exec_cpu *cpu)
{
	const struct header last = cpu->clean_header;
	const bool clean = last.l2 == header.l2 && last.nested_pae == header.nested_pae &&
			   !world_repeats(cpu->clean_turn);

	if (!clean) {
		cpu->clean_turn = world_turn();
		cpu->clean_header = header;
	}
	return clean;
}

/* Clean caches on this CPU, L1 on h0, its VMs where a program expects them. */
static void start_cpu(void *argument)
{
	struct exec_cpu *cpu = argument;

	if (header.bare) {
		l2_reset(&cpu->bare, header);
		hv_bare.set_root(cpu->bare.vm, world_root((struct root){SPACE_G, 0}));
		if (backend && backend->fixes_paging)
			switch_hv(cpu, false);
	} else if (backend && nr_vms) {
		for (unsigned nr = 0; nr < nr_vms; nr++)
			reset_l2(&cpu->l2[nr], nr);
		if (!is_clean(cpu)) {
			world_repair(); /* another vCPU's entry may have spoilt it */
			backend->flush_all(cpu->l2[0].vm);
		}
	}
	write_cr3(world_root((struct root){SPACE_H, 0}));
	if (world_repeats_own(cpu->own_turn))
		flush_own(cpu);
	cpu->switched = header.bare;
	cpu->nr_waiting = 0;
	smi_reset(cpu->smi_handler);
	if (paravirtual)
		pv_arm(true);
}

/* The registers as cpu_init() left them. Each access may be an exit. */
static void stop_cpu(void *argument)
{
	struct exec_cpu *cpu = argument;

	if (paravirtual)
		pv_arm(false);
	write_cr3(paging_kernel_root());
	if (cpu->switched || global)
		flush_own(cpu);
	if (cpu->switched) {
		write_cr0(read_cr0() | CR0_WP);
		if (!(rdmsr(MSR_EFER) & EFER_NXE) && cpuid_has(FEATURE_NX))
			wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_NXE);
	}
	if (cpu->no_hv)
		switch_hv(cpu, true);
}

/* Where they were before the program, for the next one. */
static void move_home(void)
{
	for (unsigned cpu = 0; cpu < NR_CPUS; cpu++) {
		if (exec_cpus[cpu].moved) {
			pcpu_ask(pcpu_request(cpu, PCPU_HOME, false));
			pcpu_answer();
		}
		exec_cpus[cpu].moved = false;
	}
}

struct carry_out {
	const struct program *program;
	bool without_flushes;
};

static void carry_out(void *argument)
{
	const struct carry_out *c = argument;
	struct program_cursor cursor = {0};
	const struct step *step;

	while (!stopped() && (step = program_next(c->program, &cursor, c->without_flushes))) {
		exec_step(step);
		position_follow(&at, step);
	}
	for (unsigned cpu = 0; cpu < NR_CPUS; cpu++)
		end_wait(cpu); /* by this vCPU: the one that asked for it may be one of them */
}

/* On a vCPU that never waits in L2, and gets no INIT. */
static void carry_out_somewhere(struct carry_out *c)
{
	const unsigned busy = program_busy_cpus(c->program);
	unsigned cpu = 0;

	while (busy >> cpu & 1)
		cpu++;
	if (cpu < nr_cpus) {
		smp_call(cpu, carry_out, c);
	} else {
		run.lacking = true;
		refuse("an L2 is left running, or an INIT comes, on each vCPU: give the VM one "
		       "more (--smp)");
	}
}

static bool has_global(const struct program *program)
{
	for (unsigned i = 0; i < program->nr_steps; i++)
		if (program->step[i].op == OP_SET && program->step[i].value.flags & VF_G)
			return true;
	return false;
}

const struct run *exec_run(const struct program *program, bool without_flushes)
{
	unsigned used = program_cpus(program);
	struct caps needs;

	run.nr_seen = run.nr_found = 0;
	run.crashed = run.refused = run.lacking = false;
	header = program_header(program);
	position_start(&at, header);
	needs = program_needs(program);
	acts = caps_have(&needs, CAP_HOST);
	paravirtual = caps_have(&needs, CAP_PVFLUSH);
	nr_vms = program_vms(program);
	global = has_global(program);
	world_start(program);
	if (acts && !host_begin())
		refuse("the VMM does not take the frames");
	for (unsigned cpu = 0; cpu < used; cpu++)
		smp_call(cpu, start_cpu, &exec_cpus[cpu]);
	carry_out_somewhere(&(struct carry_out){program, without_flushes});
	if (acts)
		host_end();
	find_stores();
	for (unsigned cpu = 0; cpu < used; cpu++)
		smp_call(cpu, stop_cpu, &exec_cpus[cpu]);
	move_home();
	return &run;
}

uint64_t exec_round_trip(unsigned tries)
{
	static struct step enter = {.op = OP_ENTER};
	static const struct program program = {.step = &enter, .nr_steps = 1, .room = 1};
	uint64_t best = 0;

	if (!backend)
		return 0;
	header = program_header(&program);
	position_start(&at, header);
	nr_vms = program_vms(&program);
	world_start(&program);
	start_cpu(&exec_cpus[0]);
	for (unsigned i = 0; i < tries; i++) {
		struct hv_exit exit;
		uint64_t before = rdtsc_ordered();

		backend->enter(exec_cpus[0].l2[0].vm, &exit);
		before = rdtsc_ordered() - before;
		if (!best || before < best)
			best = before;
	}
	stop_cpu(&exec_cpus[0]);
	return best;
}
