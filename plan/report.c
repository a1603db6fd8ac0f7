/* SPDX-License-Identifier: MIT */
#include "plan/report.h"

#include "boot/bootinfo.h"
#include "exec/real_world.h"
#include "kernel/cmdline.h"
#include "kernel/console.h"
#include "kernel/cpu.h"

static const char *const space_titles[NR_SPACES] = {"l1-linear", "l2-linear", "nested"};
static unsigned counts[NR_VERDICTS];

void report_plan(unsigned cases)
{
	printk("1..%u\n", cases);
}

void report_case(unsigned nr, const char *name)
{
	printk("# case %u %s\n", nr, name);
}

void report_result(unsigned nr, const char *name, enum verdict verdict, const char *text)
{
	counts[verdict]++;
	if (verdict_is_ok(verdict))
		console_join();
	printk("%s %u %s%s%s\n", verdict_is_ok(verdict) ? "ok" : "not ok", nr, name,
	       verdict_directive(verdict), text);
}

static void root_text(struct root root, char *text, size_t size)
{
	if (root.space < NR_SPACES)
		snprintk(text, size, "%c%u at 0x%llx", "hgn"[root.space], root.nr,
			 (unsigned long long)world_root(root));
	else
		snprintk(text, size, "none");
}

static void print_place(const struct position *p, bool bare)
{
	const struct vm_position *vm = position_vm(p);
	char root[32], nested[32];

	root_text(position_root(p), root, sizeof(root));
	root_text(vm->nested_root, nested, sizeof(nested));
	if (!position_in_l2(p))
		printk("# | where: vCPU %u, L1, CR3 %s\n", p->cpu, root);
	else if (bare)
		printk("# | where: vCPU %u, L1 in its other mode, CR3 %s\n", p->cpu, root);
	else
		printk("# | where: vCPU %u, L2 of VM %u, tag %u, CR3 %s, nested root %s\n", p->cpu,
		       position_here(p)->vm, vm->tag, root, nested);
}

static void print_address(const struct step *step, bool in_l2)
{
	if (step->op == OP_BITS)
		printk("# | entry: at 0x%llx\n", (unsigned long long)world_entry(step->entry));
	else if (step->op == OP_LOGGED || step->op == OP_STOLEN)
		printk("# | frame: %c at 0x%llx\n", frame_letter(step->frame[0]),
		       (unsigned long long)world_frame(step->frame[0]));
	else
		printk("# | window: w%u = linear 0x%llx; p%u = guest-physical 0x%llx\n",
		       step->window,
		       (unsigned long long)world_linear(in_l2 ? SPACE_G : SPACE_H, step->window),
		       step->window, (unsigned long long)world_guest_physical(step->window));
}

static void print_events(uint64_t events)
{
	printk("# | since the last rewrite:");
	for (unsigned e = 0; e < NR_EVENTS; e++)
		if (events & 1ull << e)
			printk(" %s", rules[e].name);
	printk("%s\n", events ? "" : " nothing");
}

/* Which missing flushes, each alone, would make it legal; and where a wrong frame was put. */
static void print_explanation(const struct program *program, const struct finding *f)
{
	bool any = false;
	char text[64];

	for (unsigned e = 0; e < NR_EVENTS; e++) {
		if (!finding_explained(program, f, 1ull << e))
			continue;
		printk("%s %s", any ? " or" : "# | explained if nothing was dropped by",
		       rules[e].name);
		any = true;
	}
	if (any)
		printk("\n");
	else if (finding_explained(program, f, ~0ull))
		printk("# | explained if nothing was dropped by several flushes, by no one "
		       "alone\n");
	else
		printk("# | not explained by flushes that drop nothing\n");
	for (unsigned i = 0; i < f->step_nr; i++) {
		const struct step *step = &program->step[i];

		if (step->op != OP_SET || step->value.kind != VALUE_FRAME ||
		    !(f->seen.result & RESULT_FRAME(step->value.nr)))
			continue;
		step_print(step, text, sizeof(text));
		printk("# | what was seen was put there by step %u: %s\n", i + 1, text);
	}
}

void report_program(const struct program *program, const char *which)
{
	char host[96], step[96];

	printk("# | host: hypervisor %s, %s\n",
	       cpu_hypervisor_name[0] ? cpu_hypervisor_name : "none",
	       cmdline_value("host", host, sizeof(host)) ? host : "(not named)");
	printk("# | run: %s\n", which);
	printk("# | replay:");
	for (unsigned i = 0; i < program->nr_steps; i++) {
		step_print(&program->step[i], step, sizeof(step));
		printk("%s %s", i ? ";" : "", step);
	}
	printk("\n");
}

void report_finding(const struct program *program, const struct finding *f, const char *which)
{
	char step[64], text[128];

	step_print(f->step, step, sizeof(step));
	finding_text(f, text, sizeof(text));
	printk("# | step %u of %u: %s\n", f->step_nr, program->nr_steps, step);
	printk("# | %s (raw 0x%llx)\n", text, (unsigned long long)f->seen.raw);
	print_place(&f->position, program_header(program).bare);
	print_address(f->step, position_in_l2(&f->position));
	print_events(f->look.events);
	print_explanation(program, f);
	report_program(program, which);
}

/* One line a space; one for all where nothing was tried, as serial output is slow on an emulated
 * host. */
static void print_retention(const char *row, const struct retention *r)
{
	unsigned tries = 0;

	for (unsigned space = 0; space < NR_SPACES; space++)
		tries += r[space].tries;
	if (!tries) {
		printk("# retention %s||not-tried|0/0\n", row);
		return;
	}
	for (unsigned space = 0; space < NR_SPACES; space++)
		printk("# retention %s|%s|%s|%u/%u\n", row, space_titles[space],
		       r[space].hits	? "yes"
		       : r[space].tries ? "no"
					: "not-tried",
		       r[space].hits, r[space].tries);
}

enum power_status report_end(void)
{
	for (unsigned row = 0; row < NR_EVENTS; row++)
		print_retention(rules[row].name, retention[row]);
	print_retention("nothing", retention[NR_EVENTS]);
	printk("# summary");
	for (unsigned v = 0; v < NR_VERDICTS; v++)
		printk(" %s=%u", verdict_name(v), counts[v]);
	printk("\n");
	return verdict_status(counts);
}
