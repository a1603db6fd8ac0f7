/* SPDX-License-Identifier: MIT */
/*
 * Random programs on toy processors that are as lazy as the manuals allow: whatever they show, the
 * oracle must call legal. More of them: make host-duels DUELS=1000000.
 */
#include "tests/unit/play.h"

#include "tests/unit/toy/duel.h"
#include "tests/unit/toy/maker.h"

enum { PROGRAMS = 10000 };

static void lose(struct duel *d, struct program *program, uint32_t seed)
{
	static char text[MAKER_TEXT];
	uint32_t with = duel_shrink(d, program, seed);

	program_print(program, text, sizeof(text));
	fail_msg("seed %u, shrunk with %u: step %u: a lazy %s saw 0x%x, legal is 0x%x: %s", seed,
		 with, (unsigned)(d->wrong - program->step) + 1, vendor_rules[d->vendor].name,
		 d->saw, d->legal, text);
}

static void what_it_shows_is_legal(enum vendor vendor)
{
	static char text[MAKER_TEXT];
	struct duel d = {.vendor = vendor};
	unsigned whole = 0;

	for (uint32_t seed = 1; seed <= PROGRAMS; seed++) {
		struct program program = maker_program(vendor, seed, text);

		if (!duel_play(&d, &program, seed))
			lose(&d, &program, seed);
		whole += d.whole;
	}
	print_message("%u looks, of which something old served %u\n", d.looks, d.retained);
	/* Else it would be no test. */
	assert_true(whole > PROGRAMS * 99 / 100);
	assert_true(d.looks > PROGRAMS * 5 && d.retained > d.looks / 20);
}

static void what_a_lazy_amd_processor_shows_is_legal(void **state)
{
	(void)state;
	what_it_shows_is_legal(VENDOR_AMD);
}

static void what_a_lazy_intel_processor_shows_is_legal(void **state)
{
	(void)state;
	what_it_shows_is_legal(VENDOR_INTEL);
}

/* What the maker leaves out: loops and control flow that the tests have elsewhere, the other
 * vendor's, and what the host does below the CPU. */
static bool is_left_out(enum vendor vendor, unsigned op)
{
	static const enum op amds[] = {OP_TLBCTL, OP_INVLPGA, OP_NMODE};
	static const enum op intels[] = {OP_INVVPID, OP_INVEPT, OP_VMX_CYCLE, OP_VMFUNC,
					 OP_ENTER_HALTED};

	for (unsigned i = 0; i < sizeof(amds) / sizeof(*amds); i++)
		if (op == amds[i])
			return vendor != VENDOR_AMD;
	for (unsigned i = 0; i < sizeof(intels) / sizeof(*intels); i++)
		if (op == intels[i])
			return vendor != VENDOR_INTEL;
	return op == OP_REPEAT || op == OP_END || op == OP_PF_EXIT || op == OP_HOST ||
	       op == OP_LOGGED || op == OP_SMI || op == OP_RSM || op == OP_STEAL ||
	       op == OP_STOLEN || op == OP_INIT;
}

static void random_programs_use_the_whole_language(void **state)
{
	static char text[MAKER_TEXT];

	(void)state;
	for (enum vendor vendor = 0; vendor < NR_VENDORS; vendor++) {
		unsigned used[NR_OPS] = {0};

		for (uint32_t seed = 1; seed <= 1000; seed++) {
			struct program program = maker_program(vendor, seed, text);

			for (unsigned i = 0; i < program.nr_steps; i++)
				used[program.step[i].op]++;
		}
		for (unsigned op = 0; op < NR_OPS; op++)
			if (!used[op] != is_left_out(vendor, op))
				fail_msg("%s: op %u: %u times", vendor_rules[vendor].name, op,
					 used[op]);
	}
}

int test_toy(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_programs_use_the_whole_language),
		cmocka_unit_test(what_a_lazy_amd_processor_shows_is_legal),
		cmocka_unit_test(what_a_lazy_intel_processor_shows_is_legal),
	};

	return cmocka_run_group_tests_name("toy processors", tests, NULL, NULL);
}
