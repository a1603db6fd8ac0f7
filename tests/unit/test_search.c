/* SPDX-License-Identifier: MIT */
/* The generator keeps to the language, the host and the seed; the shrinker to what it is asked. */
#include "tests/unit/play.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/lang/host_events.h"
#include "model/search/generate.h"
#include "model/search/shrink.h"
#include "tests/tools/missed.h"
#include "tests/tools/vendor_caps.h"
#include "tests/unit/toy/duel.h"

enum { PROGRAMS = 2000, PROGRAMS_TO_KILL = 3000, CORPUS_SEEDS = 20 };

static struct generator generator_of(enum vendor vendor)
{
	struct generator g = {
		.vendor = vendor,
		.caps = vendor_caps(vendor),
		.cpus = 1,
		.live = malloc(oracle_size()),
		.trial = malloc(oracle_size()),
		.unflushed = malloc(oracle_size()),
		.scout = malloc(oracle_size()),
	};

	return g;
}

static void end_generator(struct generator *g)
{
	free(g->live);
	free(g->trial);
	free(g->unflushed);
	free(g->scout);
}

static void text_of(const struct program *program, char *text, size_t size)
{
	assert_true(program_print(program, text, size) < size);
}

static bool uses(const struct program *program, enum op op)
{
	for (unsigned i = 0; i < program->nr_steps; i++)
		if (program->step[i].op == op)
			return true;
	return false;
}

/* Of one vendor, and not this one. */
static bool is_others(enum op op, enum vendor vendor)
{
	switch (op) {
	case OP_TLBCTL:
	case OP_INVLPGA:
	case OP_CLEAN:
	case OP_NMODE: return vendor != VENDOR_AMD;
	case OP_INVVPID:
	case OP_INVEPT:
	case OP_VMFUNC:
	case OP_VMX_CYCLE:
	case OP_ENTER_HALTED: return vendor != VENDOR_INTEL;
	default: return false;
	}
}

/* Those that need a second vCPU, loops, what comes in pairs, and what the test leaves out. */
static bool is_never_made(enum op op)
{
	return op == OP_CPU || op == OP_PREEMPTED || op == OP_PV_FLUSH || op == OP_INIT ||
	       op == OP_REPEAT || op == OP_END || op == OP_SMAP;
}

/* What it makes is what a text of it says, asks for nothing that the host lacks, and is worth it.
 */
static void check_programs(enum vendor vendor)
{
	struct generator g = generator_of(vendor);
	static char text[8192], again[8192];
	struct program program = room_for_steps(GENERATED_STEPS);
	struct program read = room_for_steps(GENERATED_STEPS);
	unsigned worth = 0, ops[NR_OPS] = {0}, events[NR_HOST_EVENTS] = {0};

	caps_drop(&g.caps, CAP_FEP);
	caps_drop(&g.caps, CAP_SMAP);
	for (unsigned i = 0; i < PROGRAMS; i++) {
		struct program_error error = {0};
		struct caps needs;

		generate(&g, 7, i, &program);
		worth += !!g.dead_looks;
		text_of(&program, text, sizeof(text));
		if (!program_parse(text, OP_LOAD, &read, &error))
			fail_msg("%s: column %u: %s", text, error.column, error.text);
		text_of(&read, again, sizeof(again));
		assert_string_equal(text, again);
		needs = program_needs(&program);
		assert_int_equal(caps_missing(&needs, &g.caps), NR_CAPS);
		for (unsigned s = 0; s < program.nr_steps; s++) {
			ops[program.step[s].op]++;
			if (program.step[s].op == OP_HOST)
				events[program.step[s].arg]++;
		}
		assert_false(uses(&program, OP_SMAP));
	}
	/* no kind of step that this vendor has is forgotten */
	for (unsigned op = 0; op < NR_OPS; op++)
		if (!ops[op] && !is_never_made((enum op)op) && !is_others((enum op)op, vendor))
			fail_msg("in %u programs no step of kind %u", PROGRAMS, op);
	for (unsigned event = 0; event < NR_HOST_EVENTS; event++)
		if (!events[event])
			fail_msg("in %u programs the host does not do what number %u is", PROGRAMS,
				 event);
	/* two in five have a look at which a host could fail */
	assert_true(worth > PROGRAMS * 2 / 5);
	end_generator(&g);
}

static void programs_are_sound_on_amd(void **state)
{
	(void)state;
	check_programs(VENDOR_AMD);
}

static void programs_are_sound_on_intel(void **state)
{
	(void)state;
	check_programs(VENDOR_INTEL);
}

/*
 * Every invalidation that this vendor's CPUs must carry out is missed by some program, if it is
 * left out. What only loads PDPTE registers is not asked for, nor what needs the host's help, nor
 * an EPT violation's, which some program in 10,000 misses.
 */
static void check_kills(enum vendor vendor)
{
	const uint64_t unasked = 1ull << EV_PV_FLUSH | 1ull << EV_INIT | 1ull << EV_PDPTE_FIELDS |
				 1ull << EV_NESTED_FAULT;
	struct generator g = generator_of(vendor);
	struct program program = room_for_steps(GENERATED_STEPS);
	uint64_t left = 0;

	for (unsigned e = 0; e < NR_EVENTS; e++)
		if (rules[e].effect[vendor] & ~(uint32_t)(PDPTES | PDPTES_FLAT))
			left |= 1ull << e;
	left &= ~unasked;
	for (unsigned i = 0; left && i < PROGRAMS_TO_KILL; i++) {
		generate(&g, 3, i, &program);
		left &= ~missed_events(vendor, &program);
	}
	for (unsigned e = 0; e < NR_EVENTS; e++)
		if (left >> e & 1)
			fail_msg("no program of %u misses %s", PROGRAMS_TO_KILL, rules[e].name);
	end_generator(&g);
}

static void every_rule_of_amd_is_missed(void **state)
{
	(void)state;
	check_kills(VENDOR_AMD);
}

static void every_rule_of_intel_is_missed(void **state)
{
	(void)state;
	check_kills(VENDOR_INTEL);
}

static void a_seed_fixes_a_program(void **state)
{
	struct generator g = generator_of(VENDOR_INTEL);
	struct program one = room_for_steps(GENERATED_STEPS), two = room_for_steps(GENERATED_STEPS);
	static char text[8192], again[8192];

	(void)state;
	generate(&g, 3, 14, &one);
	generate(&g, 4, 14, &two);
	text_of(&two, again, sizeof(again));
	text_of(&one, text, sizeof(text));
	assert_string_not_equal(text, again);
	generate(&g, 3, 14, &two);
	text_of(&two, again, sizeof(again));
	assert_string_equal(text, again);
	end_generator(&g);
}

static void what_is_left_out_stays_out(void **state)
{
	struct generator g = generator_of(VENDOR_AMD);
	struct program program = room_for_steps(GENERATED_STEPS);

	(void)state;
	g.left_out = FEATURE(NXE) | FEATURE(TLBCTL) | FEATURE(LEGACY_INVLPG);
	for (unsigned i = 0; i < PROGRAMS; i++) {
		generate(&g, 1, i, &program);
		assert_false(uses(&program, OP_NXE) || uses(&program, OP_TLBCTL));
	}
	end_generator(&g);
}

/* Would an L2 go on with a CR3 that L1 has not given it? */
static bool goes_on_with_own_cr3(const struct program *program)
{
	struct position position;
	struct root given[NR_CPUS][NR_VMS];
	uint8_t pcids[NR_CPUS][NR_VMS] = {0}, given_pcids[NR_CPUS][NR_VMS] = {0};

	position_start(&position, program_header(program));
	for (unsigned i = 0; i < NR_CPUS * NR_VMS; i++)
		given[i / NR_VMS][i % NR_VMS] = (struct root){SPACE_G, (uint8_t)(i % NR_VMS)};
	for (unsigned i = 0; i < program->nr_steps; i++) {
		const struct step *step = &program->step[i];
		const uint8_t cpu = position.cpu, vm = position_here(&position)->vm;
		const struct root root = position_vm(&position)->root;

		if (step->op == OP_L2CR3) {
			given[cpu][vm] = step->root;
			given_pcids[cpu][vm] = step->pcid;
		}
		if (step->op == OP_L2CR3 || (step->op == OP_CR3 && position_in_l2(&position)))
			pcids[cpu][vm] = step->pcid;
		if (step->op == OP_ENTER &&
		    (root.space != given[cpu][vm].space || root.nr != given[cpu][vm].nr ||
		     pcids[cpu][vm] != given_pcids[cpu][vm]))
			return true;
		position_follow(&position, step);
	}
	return false;
}

static void what_a_host_loses_is_given_again(void **state)
{
	struct generator g = generator_of(VENDOR_INTEL);
	struct program program = room_for_steps(GENERATED_STEPS);
	unsigned without = 0;

	(void)state;
	for (unsigned i = 0; i < PROGRAMS; i++) {
		g.left_out = 0;
		generate(&g, 1, i, &program);
		without += goes_on_with_own_cr3(&program);
		g.left_out = FEATURE(OWN_CR3);
		generate(&g, 1, i, &program);
		assert_true(program_header(&program).bare || !goes_on_with_own_cr3(&program));
	}
	assert_true(without > PROGRAMS / 50);
	end_generator(&g);
}

/* Somebody must be left to carry the program out. */
static void vcpus_are_left_running(void **state)
{
	struct program program = room_for_steps(GENERATED_STEPS);

	(void)state;
	for (unsigned cpus = 2; cpus <= NR_CPUS + 1; cpus++) {
		const unsigned all = (1u << (cpus < NR_CPUS ? cpus : NR_CPUS)) - 1;
		struct generator g = generator_of(VENDOR_AMD);
		unsigned seen = 0;
		bool every = cpus <= NR_CPUS; /* at once: with one more CPU only */

		g.cpus = cpus;
		for (unsigned i = 0; i < PROGRAMS || (i < 4 * PROGRAMS && (seen != all || !every));
		     i++) {
			unsigned left;

			generate(&g, 1, i, &program);
			left = program_busy_cpus(&program);
			assert_true(program_cpus(&program) <= NR_CPUS);
			assert_true(left < (1u << cpus) - 1);
			seen |= left;
			every |= left == (1u << NR_CPUS) - 1;
		}
		assert_int_equal(seen, all);
		assert_true(every);
		end_generator(&g);
	}
}

/* ---- programs along the oracle, on processors that are as lazy as the manuals allow ---- */

static void play_on_toy(struct duel *d, struct program *program, uint32_t seed)
{
	static char text[8192];

	if (duel_play(d, program, seed))
		return;
	seed = duel_shrink(d, program, seed);
	text_of(program, text, sizeof(text));
	fail_msg("seed %u: a lazy %s saw 0x%x, legal is 0x%x: %s", seed,
		 vendor_rules[d->vendor].name, d->saw, d->legal, text);
}

static void what_toys_show_is_legal(void **state)
{
	struct program program = room_for_steps(GENERATED_STEPS);

	(void)state;
	for (enum vendor vendor = 0; vendor < NR_VENDORS; vendor++) {
		struct generator g = generator_of(vendor);
		struct duel d = {.vendor = vendor};

		g.left_out = FEATURE(HOST) | FEATURE(SMM) |
			     FEATURE(PF_EXIT); /* a toy has no host, and no exits */
		for (unsigned i = 0; i < PROGRAMS; i++) {
			g.cpus = 1 + i % 3;
			generate(&g, 9, i, &program);
			play_on_toy(&d, &program, i + 1);
		}
		assert_true(d.retained > d.looks / 20);
		end_generator(&g);
	}
}

/* The programs of a corpus are the lines that are no record's first. */
static unsigned play_corpus(enum vendor vendor)
{
	static char name[64], line[8192];
	struct duel d = {.vendor = vendor};
	unsigned programs = 0;
	FILE *file;

	snprintf(name, sizeof(name), "tests/corpus/%s.scn", vendor_rules[vendor].name);
	file = fopen(name, "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		struct program program = room_for_steps(GENERATED_STEPS);
		struct program_error error;

		if (line[0] != ' ')
			continue;
		line[strcspn(line, "\n")] = '\0';
		if (!program_parse(line, OP_LOAD, &program, &error))
			fail_msg("%s: %s", line, error.text);
		for (uint32_t seed = 1; seed <= CORPUS_SEEDS; seed++)
			play_on_toy(&d, &program, seed);
		programs++;
	}
	fclose(file);
	assert_true(d.retained > d.looks / 50);
	return programs;
}

static void what_toys_show_of_the_corpus_is_legal(void **state)
{
	(void)state;
	assert_true(play_corpus(VENDOR_AMD) > 100);
	assert_true(play_corpus(VENDOR_INTEL) > 100);
}

/* ---- the shrinker ---- */

/* Is INVLPG carried out in L2 somewhere behind a store to w1? */
static bool has_invlpg_in_l2(const struct program *program, void *argument)
{
	struct position position;
	bool stored = false;

	++*(unsigned *)argument;
	position_start(&position, program_header(program));
	for (unsigned i = 0; i < program->nr_steps; i++) {
		const struct step *step = &program->step[i];

		stored |= step->op == OP_STORE;
		if (stored && step->op == OP_INVLPG && position_in_l2(&position))
			return true;
		position_follow(&position, step);
	}
	return false;
}

static void shrunk(const char *text, unsigned budget, const char *expected)
{
	struct program program = parsed(text), spare = room_for(text);
	static char left[8192];
	unsigned asked = 0;
	const unsigned said = shrink(&program, &spare, has_invlpg_in_l2, &asked, budget);

	assert_int_equal(said, asked);
	assert_true(asked <= budget);
	text_of(&program, left, sizeof(left));
	assert_string_equal(left, expected);
}

static void what_does_not_matter_goes(void **state)
{
	static const char text[] =
		"set h0.w0.pte A; load w0; nroot n0; tag 3; enter; load w0; exit; "
		"store w1 by user; vm 1; enter; pge off; exit; vm 0; cr3 h2; "
		"enter; set g0.w0.pte B/ro; invlpg w1 irq; enter; exit; load w0";

	(void)state;
	shrunk(text, 1000, "store w1; enter; invlpg w1 irq");
	shrunk(text, 0, text);
}

static void names_are_those_that_come_first(void **state)
{
	struct program program = parsed("set h3.w2.pte F; load w2; set h3.w2.pte C; cr3 h3; tag 0; "
					"set g1.w1.pte M; cr3 h0; load w2");
	static char text[1024];

	(void)state;
	normalise(&program);
	text_of(&program, text, sizeof(text));
	assert_string_equal(text, "set h1.w0.pte A; load w0; set h1.w0.pte B; cr3 h1; tag 0; "
				  "set g1.w1.pte M; cr3 h0; load w0");
}

int test_search(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(programs_are_sound_on_amd),
		cmocka_unit_test(programs_are_sound_on_intel),
		cmocka_unit_test(every_rule_of_amd_is_missed),
		cmocka_unit_test(every_rule_of_intel_is_missed),
		cmocka_unit_test(a_seed_fixes_a_program),
		cmocka_unit_test(what_is_left_out_stays_out),
		cmocka_unit_test(what_a_host_loses_is_given_again),
		cmocka_unit_test(vcpus_are_left_running),
		cmocka_unit_test(what_toys_show_is_legal),
		cmocka_unit_test(what_toys_show_of_the_corpus_is_legal),
		cmocka_unit_test(what_does_not_matter_goes),
		cmocka_unit_test(names_are_those_that_come_first),
	};

	return cmocka_run_group_tests_name("search", tests, NULL, NULL);
}
