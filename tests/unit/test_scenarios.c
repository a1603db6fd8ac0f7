/* SPDX-License-Identifier: MIT */
/*
 * All scenarios through the oracle, with no VM: the oracle must agree with what their authors
 * expect, and their controls must be able to show that the host retains something.
 */
#include "tests/unit/play.h"

#include <stdio.h>
#include <string.h>

#include "scenarios/scenario.h"
#include "tests/tools/results.h"

/* What a run through the oracle came to. */
struct outcome {
	const char *why; /* undefined */
	unsigned looks;
	unsigned fresh;	   /* looks that their author expects to be fresh */
	unsigned wrong;	   /* looks whose legal results are not what their author expects */
	unsigned retained; /* looks at which something not current is legal */
	unsigned judged;   /* those of them that their author expects to be fresh */
};

static struct outcome outcome_of(enum vendor vendor, const struct program *program, bool control,
				 const char *name)
{
	struct player p = {
		.oracle = test_malloc(oracle_size()), .program = *program, .control = control};
	struct outcome outcome = {0};

	oracle_start(p.oracle, vendor, program_cpus(program));
	while (play_look(&p)) {
		bool retained = p.look.legal & ~p.look.current;

		outcome.looks++;
		outcome.fresh += p.step->expect == EXPECT_FRESH;
		outcome.retained += retained;
		outcome.judged += retained && p.step->expect == EXPECT_FRESH;
		if (!oracle_agrees(p.step, &p.look) && !control && !outcome.wrong++) {
			char step[64], results[80];

			step_print(p.step, step, sizeof(step));
			results_print(&p.look, results, sizeof(results));
			print_error("%s: %s at column %u: legal: %s\n", name, step, p.step->column,
				    results);
		}
		play_saw(&p, p.look.current);
	}
	outcome.why = p.why;
	play_end(&p);
	return outcome;
}

static bool parses(const char *name, const char *text, enum op look, struct program *program)
{
	struct program_error error;

	*program = room_for(text);
	if (program_parse(text, look, program, &error))
		return true;
	print_error("%s: %s\n%*s^ %s\n", name, text, (int)error.column - 1, "", error.text);
	return false;
}

/* The control: the program without its flushes, or a program of its own. */
static bool control_can_show(enum vendor vendor, const struct scenario *scenario,
			     const struct scenario_case *c, const struct program *program)
{
	char text[SCENARIO_TEXT];
	struct program own;
	struct outcome outcome;

	if (!scenario->control)
		return outcome_of(vendor, program, true, scenario->name).judged > 0;
	scenario_case_program(scenario, c, true, text, sizeof(text));
	if (!parses(scenario->name, text, c->look, &own))
		return false;
	outcome = outcome_of(vendor, &own, false, scenario->name);
	return !outcome.why && !outcome.wrong && outcome.retained > 0;
}

static unsigned case_is_wrong(enum vendor vendor, const struct scenario *scenario,
			      const struct scenario_case *c)
{
	char text[SCENARIO_TEXT], name[96];
	struct program program;
	struct outcome outcome;

	scenario_case_name(scenario, c, name, sizeof(name));
	scenario_case_program(scenario, c, false, text, sizeof(text));
	if (!parses(name, text, c->look, &program))
		return 1;
	outcome = outcome_of(vendor, &program, false, name);
	if (outcome.why)
		print_error("%s: undefined: %s\n", name, outcome.why);
	else if (!outcome.fresh && !outcome.retained)
		print_error("%s: no look could tell anything\n", name);
	else if (outcome.fresh && !control_can_show(vendor, scenario, c, &program))
		print_error("%s: its control cannot show that the host retains\n", name);
	else
		return outcome.wrong;
	return 1;
}

static unsigned wrong_cases(enum vendor vendor)
{
	unsigned wrong = 0, cases = 0;

	for (const struct scenario *s = __scenarios_start; s < __scenarios_end; s++) {
		struct scenario_case c = {0};

		/* What is named after a vendor's extension is that vendor's. */
		if (vendor == VENDOR_INTEL && !strncmp(s->name, "svm.", 4))
			continue;
		if (vendor == VENDOR_AMD && !strncmp(s->name, "vmx.", 4))
			continue;
		while (scenario_next_case(s, &c)) {
			wrong += case_is_wrong(vendor, s, &c) > 0;
			cases++;
		}
	}
	print_message("%u cases for %s\n", cases, vendor_rules[vendor].name);
	assert_true(cases > 0);
	return wrong;
}

static void scenarios_agree_with_amds_oracle(void **state)
{
	(void)state;
	assert_int_equal(wrong_cases(VENDOR_AMD), 0);
}

static void scenarios_agree_with_intels_oracle(void **state)
{
	(void)state;
	assert_int_equal(wrong_cases(VENDOR_INTEL), 0);
}

static void names_are_unique_and_plain(void **state)
{
	(void)state;
	for (const struct scenario *s = __scenarios_start; s < __scenarios_end; s++) {
		if (s->name[strspn(s->name, "abcdefghijklmnopqrstuvwxyz0123456789.+-")])
			fail_msg("%s is not a plain name", s->name);
		for (const struct scenario *other = __scenarios_start; other < s; other++)
			assert_string_not_equal(s->name, other->name);
	}
}

int test_scenarios(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scenarios_agree_with_amds_oracle),
		cmocka_unit_test(scenarios_agree_with_intels_oracle),
		cmocka_unit_test(names_are_unique_and_plain),
	};

	return cmocka_run_group_tests_name("scenarios", tests, NULL, NULL);
}
