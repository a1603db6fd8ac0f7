/* SPDX-License-Identifier: MIT */
/* The plan: which cases run, in which order, and what becomes of each. */
#include "plan/plan.h"

#include "boot/bootinfo.h"
#include "exec/exec.h"
#include "exec/host_caps.h"
#include "exec/pv.h"
#include "exec/real_world.h"
#include "kernel/apic.h"
#include "kernel/cmdline.h"
#include "kernel/console.h"
#include "kernel/cpu.h"
#include "kernel/memory.h"
#include "kernel/power.h"
#include "lib/cr.h"
#include "lib/string.h"
#include "model/lang/caps.h"
#include "plan/case.h"
#include "plan/finding.h"
#include "plan/report.h"
#include "plan/search.h"

#define MAX_NUMBER 1000000

static struct options {
	char filter[512];
	unsigned from, repeat, tries;
	unsigned random, random_seconds, pace, seed; /* random programs */
	unsigned trace; /* the case whose programs are told before they run; 0: none */
	bool random_all, random_first, random_keep;
	bool skip_flush;
	bool bench;
	bool strict;	/* what is known of hosts is wrong, too */
	bool may_crash; /* … and what ends them is asked for on purpose */
	bool fep;	/* the host is said to carry out forced-emulation prefixes */
	bool pcpus;	/* somebody moves vCPUs: lab/pcpu.sh */
} options = {.from = 1, .repeat = 1, .tries = 3, .pace = 1};

static const struct hv *hv;
static struct caps caps;
static char host[256];	       /* what run.sh says it is */
static struct program program; /* the current one */

static bool parse_program(const char *text, enum op look, struct program_error *error)
{
	unsigned room = program_room(text);

	if (room > program.room) {
		program.room = room > 2 * program.room ? room : 2 * program.room;
		program.step = memory_reserve(program.room * sizeof(*program.step), 8);
	}
	return program_parse(text, look, &program, error);
}

/* Reads a case's program, or its own control. */
static bool read_program(const struct case_ref *c, enum scenario_part part,
			 struct program_error *error)
{
	return parse_program(case_text(c, part), c->of.look, error);
}

static _Noreturn void end(enum power_status status)
{
	printk("# END status=%d\n", status);
	power_off((unsigned)status);
}

static _Noreturn void bail_out(const char *what, const char *word, size_t length)
{
	char text[128];

	snprintk(text, sizeof(text), "%s", word);
	if (length < sizeof(text))
		text[length] = '\0';
	printk("Bail out! %s: %s\n", what, text);
	end(STATUS_USAGE);
}

/* ---- the command line ---- */

static bool has_key(const char *word, size_t length, const char *key)
{
	return length > strlen(key) && !strncmp(word, key, strlen(key));
}

static unsigned number(const char *word, size_t length, size_t key)
{
	unsigned n = 0;

	for (size_t i = key; i < length; i++) {
		if (word[i] < '0' || word[i] > '9' || n > MAX_NUMBER)
			bail_out("not a number from 1 to 1000000", word, length);
		n = n * 10 + (unsigned)(word[i] - '0');
	}
	if (!n)
		bail_out("not a number from 1 to 1000000", word, length);
	return n;
}

static void read_word(const char *word, size_t length)
{
	if (has_key(word, length, "filter=")) {
		if (length - 7 >= sizeof(options.filter))
			bail_out("the filter is too long", word, length);
		memcpy(options.filter, word + 7, length - 7);
	} else if (has_key(word, length, "from=")) {
		options.from = number(word, length, 5);
	} else if (has_key(word, length, "repeat=")) {
		options.repeat = number(word, length, 7);
	} else if (has_key(word, length, "random=")) {
		options.random = number(word, length, 7);
	} else if (has_key(word, length, "random-seconds=")) {
		options.random_seconds = number(word, length, 15);
	} else if (has_key(word, length, "pace=")) {
		options.pace = number(word, length, 5);
	} else if (has_key(word, length, "seed=")) {
		options.seed = number(word, length, 5);
	} else if (cmdline_is(word, length, "random-keep")) {
		options.random_keep = true;
	} else if (cmdline_is(word, length, "random-first")) {
		options.random_first = true;
	} else if (cmdline_is(word, length, "random-all")) {
		options.random_all = true;
	} else if (has_key(word, length, "trace=")) {
		options.trace = number(word, length, 6);
	} else if (has_key(word, length, "tries=")) {
		options.tries = number(word, length, 6);
	} else if (cmdline_is(word, length, "mutate=skip-flush")) {
		options.skip_flush = true;
	} else if (cmdline_is(word, length, "bench")) {
		options.bench = true;
	} else if (cmdline_is(word, length, "strict")) {
		options.strict = true;
	} else if (cmdline_is(word, length, "may-crash")) {
		options.may_crash = true;
	} else if (cmdline_is(word, length, "fep")) {
		options.fep = true;
	} else if (cmdline_is(word, length, "pcpus")) {
		options.pcpus = true;
	} else if (!has_key(word, length, "host=") && !has_key(word, length, "lacks=") &&
		   !cmdline_is(word, length, "console=virtio")) {
		bail_out("unknown word on the command line (see README.md, \"Arguments\")", word,
			 length);
	}
}

static void read_options(void)
{
	size_t length;

	for (const char *w = cmdline_next(NULL, &length); w; w = cmdline_next(w, &length))
		read_word(w, length);
}

/* lacks=NAME,NAME: what run.sh has found the host unfit for. */
static void drop_caps(void)
{
	char lacks[256];
	const char *bad = NULL;

	if (cmdline_value("lacks", lacks, sizeof(lacks)))
		bad = host_caps_drop(&caps, lacks);
	if (bad)
		bail_out("lacks= names no capability", bad, strlen(bad));
}

/* ---- one case ---- */

static bool claims_flush(void)
{
	for (unsigned i = 0; i < program.nr_steps; i++)
		if (program.step[i].flush)
			return true;
	return false;
}

/*
 * Runs the program or its control once. The machine leaves the flushes out in a control and under
 * skip-flush; the oracle leaves them out in a control only.
 */
static enum verdict run_once(bool control, struct finding *f)
{
	judge(&program, control, exec_run(&program, control || options.skip_flush), f);
	return f->verdict;
}

/* Asked for by its full name? */
static bool is_wanted(const struct case_ref *c)
{
	return !strcmp(options.filter, c->name);
}

/* What is known of such hosts is no news, and no verdict: why, or NULL. */
static const char *known_reason(const struct case_ref *c, const char *verdict)
{
	static char reason[300];

	if (!hv || !case_known(c, hv->vendor, host, verdict, reason, sizeof(reason)))
		return NULL;
	return reason;
}

static void report_wrong(unsigned nr, const struct case_ref *c, const struct finding *f,
			 const char *which)
{
	const char *known = known_reason(c, verdict_name(f->verdict));
	char text[sizeof(f->text) + 320];

	if (known && !options.strict && !is_wanted(c)) {
		snprintk(text, sizeof(text), "%s %s: %s", verdict_name(f->verdict), f->text, known);
		report_result(nr, c->name, VERDICT_KNOWN, text);
	} else {
		report_result(nr, c->name, f->verdict, f->text);
	}
	if (f->verdict == VERDICT_SKIP)
		return;
	if (f->wrong)
		report_finding(&program, f, which);
	else
		report_program(&program, which);
}

/* A host that should show a known fault, could have, and does not. */
static void report_pass(unsigned nr, const struct case_ref *c)
{
	const char *known = known_reason(c, NULL);

	if (known)
		printk("# known-fixed %s: %s\n", c->name, known);
	report_result(nr, c->name, VERDICT_PASS, "");
}

/* VERDICT_PASS: the control showed retention. VERDICT_VACUOUS: it did not. */
static enum verdict run_control(struct finding *f)
{
	for (unsigned i = 0; i < options.tries; i++) {
		enum verdict verdict = run_once(true, f);

		if (verdict != VERDICT_PASS || f->retained)
			return verdict;
	}
	return VERDICT_VACUOUS;
}

/* Runs the program so many times; reports what is wrong. */
static bool runs_well(unsigned nr, const struct case_ref *c, unsigned runs)
{
	struct finding f = {0};

	for (unsigned i = 0; i < runs; i++) {
		if (run_once(false, &f) == VERDICT_PASS)
			continue;
		report_wrong(nr, c, &f,
			     options.skip_flush ? "program, its flushes left out" : "program");
		return false;
	}
	return true;
}

/* Reads the program or its own control, if it has one. */
static bool change_program(unsigned nr, const struct case_ref *c, enum scenario_part part)
{
	struct program_error error;

	if (!*case_text(c, PART_CONTROL) || read_program(c, part, &error))
		return true;
	report_result(nr, c->name, VERDICT_ERROR, error.text);
	return false;
}

static void run_mutated(unsigned nr, const struct case_ref *c)
{
	/* a stale value may be gone by chance: give it as many tries as a control has */
	if (runs_well(nr, c, options.tries > options.repeat ? options.tries : options.repeat))
		report_result(nr, c->name, VERDICT_VACUOUS,
			      "its flushes were left out and nothing stale was seen");
}

/*
 * The program, its control, and behind a control that saw a stale value the program once more: what
 * a host keeps depends on what went before, and the control has shown that in this state it keeps.
 */
static void run_case(unsigned nr, const struct case_ref *c)
{
	enum verdict verdict;
	struct finding f = {0};

	if (!runs_well(nr, c, options.repeat) || !change_program(nr, c, PART_CONTROL))
		return;
	verdict = run_control(&f);
	if (verdict == VERDICT_VACUOUS)
		report_result(nr, c->name, VERDICT_VACUOUS,
			      "the host kept nothing that it may keep: this could not have failed");
	else if (verdict != VERDICT_PASS)
		report_wrong(nr, c, &f, "control");
	else if (change_program(nr, c, PART_PROGRAM) && runs_well(nr, c, options.repeat))
		report_pass(nr, c);
}

/* Why a case is not for this run, though the host could carry it out; or NULL. */
static const char *reason_to_leave_out(const struct case_ref *c)
{
	const char *fatal = case_text(c, PART_FATAL);
	const bool is_fatal = *fatal && (!c->of.scenario->known_crash || known_reason(c, "CRASH"));

	if (is_fatal && !is_wanted(c))
		return fatal;
	if (is_fatal && !strncmp(host, "kvm", 3) && !options.may_crash)
		return "it can stop this machine: say --may-crash-host, if that is what you want";
	if (options.skip_flush && !claims_flush())
		return "it claims no flush that could be left out";
	return NULL;
}

static void do_case(unsigned nr, const struct case_ref *c)
{
	struct program_error error;
	struct caps needs;
	const char *why;
	char text[160];

	if (!read_program(c, PART_PROGRAM, &error)) {
		snprintk(text, sizeof(text), "column %u: %s", error.column, error.text);
		return report_result(nr, c->name, VERDICT_ERROR, text);
	}
	needs = program_needs(&program);
	caps_add_all(&needs, &c->of.scenario->needs);
	if (caps_missing(&needs, &caps) < NR_CAPS)
		return report_result(nr, c->name, VERDICT_SKIP,
				     cap_remedy(caps_missing(&needs, &caps)));
	why = reason_to_leave_out(c);
	if (why)
		return report_result(nr, c->name, VERDICT_SKIP, why);
	report_case(nr, c->name);
	if (options.skip_flush)
		run_mutated(nr, c);
	else
		run_case(nr, c);
}

/* ---- all ---- */

static void banner(void)
{
	char names[768];

	caps_print(&caps, names, sizeof(names));
	printk("KTAP version 1\n");
	printk("# revenant %s vendor=%s boot=%s cpus=%u hypervisor=%s caps=%s\n", REVENANT_VERSION,
	       hv ? vendor_rules[hv->vendor].name : "none", boot_info.protocol, nr_cpus,
	       cpu_hypervisor_name[0] ? cpu_hypervisor_name : "none", names);
	if (read_cr0() & CR0_CD)
		printk("# CR0.CD is set: without it the CPU below shows the host's own CR3 and CR4 "
		       "(QEMU since 9.1: docs/emulators.md)\n");
}

static void run_plan(void)
{
	struct case_ref c = {0};
	unsigned nr = 0;

	while (case_next(&c))
		nr += filter_match(options.filter, c.name);
	if (!nr)
		bail_out("no case matches the filter (run.sh --list shows them all)",
			 options.filter, strlen(options.filter));
	report_plan(nr);
	nr = 0;
	c = (struct case_ref){0};
	while (case_next(&c))
		if (filter_match(options.filter, c.name) && ++nr >= options.from)
			do_case(nr, &c);
}

static void run_replay(const char *text)
{
	const struct scenario replay = {.program = slice_of(text)};
	const struct case_ref c = {.of = {.scenario = &replay, .look = OP_LOAD}, .name = "replay"};
	struct program_error error;

	if (!parse_program(text, OP_LOAD, &error)) {
		printk("Bail out! bad program, column %u: %s\n", error.column, error.text);
		end(STATUS_USAGE);
	}
	report_plan(1);
	do_case(1, &c);
}

/* Figures for `make bench`; nothing is judged here. */
static void run_bench(void)
{
	static const char text[] = "set g0.w0.pte A; enter; load w0; exit; set g0.w0.pte B; tag 2; "
				   "enter; load w0; exit";
	const unsigned runs = 1000;
	struct program_error error;
	struct finding f;

	if (!hv || !parse_program(text, OP_LOAD, &error))
		bail_out("bench needs SVM or VMX", "bench", strlen("bench"));
	printk("# bench round-trip-cycles %llu\n", (unsigned long long)exec_round_trip(100));
	/* no clock that every host has: the reader of these lines takes the time between them */
	printk("# bench programs-begin %u\n", runs);
	for (unsigned i = 0; i < runs; i++)
		if (run_once(false, &f) != VERDICT_PASS)
			end(STATUS_ERROR);
	printk("# bench programs-end %u\n", runs);
}

static void read_scenarios(void)
{
	struct scenarios_error error;
	char family[32];
	size_t n = 0;

	if (cases_read(&error))
		return;
	while (n < sizeof(family) - 1 && error.family.start + n < error.family.end) {
		family[n] = error.family.start[n];
		n++;
	}
	family[n] = '\0';
	printk("Bail out! scenarios%s%s, line %u: %s\n", n ? " " : "", family, error.line,
	       error.text);
	end(STATUS_USAGE);
}

_Noreturn void plan_run(void)
{
	const char *replay = cmdline_replay();

	hv = hv_select();
	world_init(hv);
	if (!exec_init(hv)) {
		printk("KTAP version 1\nBail out! the hypervisor extension could not be turned "
		       "on\n");
		end(STATUS_ERROR);
	}
	judge_init(hv ? hv->vendor : VENDOR_AMD);
	read_options();
	read_scenarios();
	cmdline_value("host", host, sizeof(host));
	caps = host_caps(hv, options.fep, options.pcpus);
	drop_caps();
	banner();
	if (options.bench) {
		run_bench();
		end(STATUS_CLEAN);
	}
	if (replay)
		run_replay(replay);
	else if (options.random || options.random_seconds)
		search_run(&(struct search){.programs = options.random,
					    .seconds = options.random_seconds,
					    .pace = options.pace,
					    .from = options.from,
					    .seed = options.seed,
					    .everything = options.random_all,
					    .first = options.random_first,
					    .keep = options.random_keep,
					    .trace = options.trace},
			   hv ? hv->vendor : VENDOR_AMD, &caps);
	else
		run_plan();
	end(report_end());
}
