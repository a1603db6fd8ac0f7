/* SPDX-License-Identifier: MIT */
#include "plan/search.h"

#include "exec/exec.h"
#include "kernel/clock.h"
#include "kernel/cmdline.h"
#include "kernel/console.h"
#include "kernel/cpu.h"
#include "kernel/memory.h"
#include "lib/pause.h"
#include "lib/string.h"
#include "model/search/generate.h"
#include "model/search/keys.h"
#include "model/search/shrink.h"
#include "plan/case.h"
#include "plan/finding.h"
#include "plan/report.h"

enum {
	TRIES = 3,	     /* of a candidate that may show its fault now and then only */
	SHRINK_BUDGET = 300, /* candidates for one program */
	MAX_KINDS = 24,	     /* that are cut down; what comes behind them is counted */
	KIND_TEXT = 512,
	NEW_KEYS = 3, /* that make a program worth keeping */
	TRACED = 8,   /* times as long for a case whose programs are told */
};

static struct generator generator;
static uint64_t second; /* of those who wait, by the TSC */
static struct keys keys;

/* All of one size. */
static struct step steps[3][GENERATED_STEPS];
static struct program program = {.room = GENERATED_STEPS, .step = steps[0]};
static struct program smallest = {.room = GENERATED_STEPS, .step = steps[1]};
static struct program spare = {.room = GENERATED_STEPS, .step = steps[2]};

/* What is red, by the text of what is left of it. */
static struct kind {
	char text[KIND_TEXT];
	unsigned times;
} kinds[MAX_KINDS];
static unsigned nr_kinds;
static unsigned nr_red; /* programs */

/* Of one case. */
static struct tally {
	unsigned discarded, dead_looks, kept, red;
	enum verdict worst;
	char text[160];
} tally;

static enum verdict run_once(const struct program *p, struct finding *f)
{
	judge(p, false, exec_run(p, false), f);
	return f->verdict;
}

/* ---- what is red ---- */

struct like {
	bool crash;
	struct finding *f;
};

/* A crash must stay one, and a wrong value a wrong value. */
static bool is_alike(const struct program *candidate, void *argument)
{
	const struct like *like = argument;

	for (unsigned i = 0; i < TRIES; i++) {
		const enum verdict verdict = run_once(candidate, like->f);

		if (like->crash ? verdict == VERDICT_CRASH : verdict > VERDICT_CRASH)
			return true;
	}
	return false;
}

/* The kind that a program is of; new if there was none. NULL: no room for more. */
static struct kind *kind_of(const struct program *p)
{
	static char text[KIND_TEXT];

	program_copy(&spare, p);
	normalise(&spare);
	program_print(&spare, text, sizeof(text));
	for (unsigned i = 0; i < nr_kinds; i++)
		if (!strcmp(kinds[i].text, text))
			return &kinds[i];
	if (nr_kinds == MAX_KINDS)
		return NULL;
	memcpy(kinds[nr_kinds].text, text, sizeof(text));
	return &kinds[nr_kinds++];
}

static void take_red(const struct search *s, unsigned nr, const struct finding *found)
{
	struct finding f = *found;
	struct like like = {.crash = f.verdict == VERDICT_CRASH, .f = &f};
	struct kind *kind = NULL;
	char which[64];

	tally.red++;
	nr_red++;
	if (f.verdict > tally.worst) {
		tally.worst = f.verdict;
		snprintk(tally.text, sizeof(tally.text), "%s", f.text);
	}
	program_copy(&smallest, &program);
	if (s->first) {
		kind = kind_of(&smallest);
	} else if (nr_kinds < MAX_KINDS) {
		shrink(&smallest, &spare, is_alike, &like, SHRINK_BUDGET);
		if (!is_alike(&smallest, &like)) { /* it shows now and then only */
			program_copy(&smallest, &program);
			f = *found;
		}
		kind = kind_of(&smallest);
	}
	if (!kind || kind->times++)
		return;
	printk("# | %s %s\n", verdict_name(f.verdict), f.text);
	snprintk(which, sizeof(which), "random program %u%s", nr, s->first ? "" : ", cut down");
	if (f.wrong)
		report_finding(&smallest, &f, which);
	else
		report_program(&smallest, which);
}

/* ---- one case ---- */

static void say_program(const char *what)
{
	static char text[KIND_TEXT * 8];

	program_print(&program, text, sizeof(text));
	printk("# %s: %s\n", what, text);
}

static void trace(unsigned nr)
{
	char what[32];

	snprintk(what, sizeof(what), "program %u", nr);
	say_program(what);
}

static void run_program(const struct search *s, unsigned nr, bool traced)
{
	struct finding f;
	const struct run *run;

	generate(&generator, s->seed, nr, &program);
	if (traced)
		trace(nr);
	run = exec_run(&program, false);
	judge(&program, false, run, &f);
	/* our own limit, or a step that cannot be carried out just there */
	if (f.verdict <= VERDICT_SKIP ? run->refused : f.verdict == VERDICT_ERROR) {
		tally.discarded++;
		if (f.verdict == VERDICT_ERROR && !run->refused)
			printk("# > program %u: %s\n", nr, f.text);
		return;
	}
	tally.dead_looks += generator.dead_looks;
	tally.kept += f.retained;
	if (s->keep && keys_add_if(&keys, NEW_KEYS, generator.trial, generator.vendor, &program))
		say_program("keep");
	if (f.verdict != VERDICT_PASS)
		take_red(s, nr, &f);
}

/* Has it found what it was to find? */
static bool is_over(const struct search *s)
{
	return s->first && nr_red;
}

/* Runs the programs of a case, from number `first` on. Returns how many there were. */
static unsigned run_programs(const struct search *s, unsigned first, bool traced)
{
	unsigned nr = 0;

	if (s->seconds) {
		/* it must come as far as it did when its programs were not told */
		const uint64_t time = traced ? TRACED * second : second;
		const uint64_t begin = rdtsc_ordered();

		while (nr < SEARCH_SPAN && rdtsc_ordered() - begin < time && !is_over(s))
			run_program(s, first + nr++, traced);
	} else {
		while (nr < SEARCH_BATCH && first + nr < s->programs && !is_over(s))
			run_program(s, first + nr++, traced);
	}
	return nr;
}

static void run_case(const struct search *s, unsigned nr)
{
	unsigned programs;
	char name[48], text[256];

	tally = (struct tally){0};
	snprintk(name, sizeof(name), "random.%llu.%u", (unsigned long long)s->seed, nr);
	report_case(nr, name);
	if (is_over(s)) {
		report_result(nr, name, VERDICT_SKIP, "the first red program was to end it");
		return;
	}
	programs = run_programs(s, (nr - 1) * (s->seconds ? SEARCH_SPAN : SEARCH_BATCH),
				nr == s->trace);
	printk("# search %s programs=%u discarded=%u could-fail=%u kept=%u red=%u\n", name,
	       programs, tally.discarded, tally.dead_looks, tally.kept, tally.red);
	if (tally.worst > VERDICT_PASS)
		snprintk(text, sizeof(text), "%s; %u of %u programs are red", tally.text, tally.red,
			 programs);
	else if (tally.dead_looks && tally.kept)
		text[0] = '\0';
	else
		snprintk(text, sizeof(text),
			 "no look could have failed, or the host kept nothing that it may keep");
	report_result(nr, name,
		      tally.worst > VERDICT_PASS ? tally.worst
		      : text[0]			 ? VERDICT_VACUOUS
						 : VERDICT_PASS,
		      text);
}

/* What is known to fail on this host, and would be all that is found. */
static void leave_out_known(enum vendor vendor)
{
	char host[128];

	if (cmdline_value("host", host, sizeof(host)))
		generator.left_out = cases_avoided(vendor, host);
	for (unsigned f = 0; f < NR_FEATURES; f++)
		if (generator.left_out >> f & 1)
			printk("# left out, as its fault is known: %s\n", feature_names[f]);
}

void search_run(const struct search *s, enum vendor vendor, const struct caps *caps)
{
	const unsigned cases =
		s->seconds ? s->seconds : (s->programs + SEARCH_BATCH - 1) / SEARCH_BATCH;

	generator = (struct generator){
		.vendor = vendor,
		.caps = *caps,
		.cpus = nr_cpus,
		.live = memory_alloc(oracle_size(), 64),
		.trial = memory_alloc(oracle_size(), 64),
		.unflushed = memory_alloc(oracle_size(), 64),
		.scout = memory_alloc(oracle_size(), 64),
	};
	if (!s->everything)
		leave_out_known(vendor);
	second = s->seconds ? s->pace * clock_tsc_hz() : 0;
	report_plan(cases);
	for (unsigned nr = s->from; nr <= cases; nr++)
		run_case(s, nr);
	for (unsigned i = 0; i < nr_kinds; i++)
		printk("# kind %u times: %s\n", kinds[i].times, kinds[i].text);
}
