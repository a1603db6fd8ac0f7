/* SPDX-License-Identifier: MIT */
/*
 * Any text at all to the parser, any program that it accepts to the oracle; any text to the reader
 * of scenarios.
 *
 * Checked: an error has a column within the text; what is printed parses to the same program; the
 * current result is legal and judged so; the oracle survives whatever a host might show it.
 * Input: one byte of choices (2 bits: what `look` is; then 1: scenarios, not a program), then the
 * text.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/oracle/oracle.h"
#include "scenarios/scenario.h"

enum { MAX_PLAYED = 2000 }; /* steps: a loop of 10000 would tell no more */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz: %s\n", what);
	abort();
}

static void prints_as_it_parses(const struct program *program)
{
	size_t size = 128 * (program->nr_steps + 1);
	char *first = malloc(size), *second = malloc(size);
	struct program again = {.room = program->nr_steps,
				.step = malloc(program->nr_steps * sizeof(struct step))};
	struct program_error error;
	struct caps needs, needed;
	size_t len = program_print(program, first, size);

	must(len < size && len == strlen(first), "a program's text has the length returned");
	must(program_parse(first, NR_OPS, &again, &error), "a printed program parses");
	must(again.nr_steps == program->nr_steps, "it has as many steps");
	program_print(&again, second, size);
	must(!strcmp(first, second), "it prints alike");
	needs = program_needs(program);
	needed = program_needs(&again);
	must(caps_missing(&needs, &needed) == NR_CAPS && caps_missing(&needed, &needs) == NR_CAPS,
	     "it needs the same");
	free(first);
	free(second);
	free(again.step);
}

/* What a host might show: usually one of the legal results, sometimes anything. */
static uint32_t seen_of(const struct look *look, uint32_t *random)
{
	*random = *random * 1103515245 + 12345;
	if ((*random >> 16) % 8 == 0)
		return 1u << (*random >> 20) % NR_RESULTS;
	for (unsigned i = 0, bit = (*random >> 20) % NR_RESULTS; i < NR_RESULTS;
	     i++, bit = (bit + 1) % NR_RESULTS) {
		if (look->legal & (1u << bit))
			return 1u << bit;
	}
	abort();
}

static void plays(const struct program *program, enum vendor vendor, bool control, uint32_t random)
{
	struct oracle *oracle = malloc(oracle_size());
	struct program_cursor cursor = {0};
	const struct step *step;
	const char *why;
	struct look look;

	oracle_start(oracle, vendor, program_cpus(program));
	for (unsigned i = 0; i < MAX_PLAYED && (step = program_next(program, &cursor, control));
	     i++) {
		enum judgement judgement;
		uint32_t seen;

		if (!oracle_step(oracle, step, &look, &why)) {
			must(why && *why, "a program that is refused has a reason");
			break;
		}
		if (!op_is_look(step->op))
			continue;
		must(look.current && !(look.current & (look.current - 1)), "one result is current");
		must(look.legal & look.current, "what is current is legal");
		seen = seen_of(&look, &random);
		judgement = oracle_judge(oracle, step, &look, seen);
		must((judgement == JUDGED_CURRENT) == (seen == look.current), "current is current");
		must((judgement <= JUDGED_RETAINED) == !!(seen & look.legal), "legal is legal");
	}
	free(oracle);
}

/* What families share, in short. */
static const char common[] =
	"family common\n"
	"axis level | @ | around\n"
	" l1 | h | ...\n"
	" l2 | g | enter; ...; exit\n"
	"axis at = level: l1 l2\n"
	"axis look = load store\n"
	"let retains = set @0.w0.pte A; load w0; set @0.w0.pte B; load w0 either\n"
	"family fuzz\n";

/* Every case of a text that is accepted has a name and a program. */
static void reads_scenarios(struct slice text)
{
	struct scenarios set = {.room = scenarios_room(slice_of(common)) + scenarios_room(text)};
	struct scenarios_error error = {0};
	struct scenario_case c = {0};
	char name[CASE_NAME], program[4096];

	set.definition = malloc(set.room * sizeof(*set.definition));
	set.scenario = malloc(set.room * sizeof(*set.scenario));
	set.known = malloc(set.room * sizeof(*set.known));
	set.avoid = malloc(set.room * sizeof(*set.avoid));
	must(scenarios_read(&set, slice_of(common), &error), "what families share is right");
	if (scenarios_read(&set, text, &error) && scenarios_check(&set, &error)) {
		for (unsigned i = 0; i < MAX_PLAYED && scenarios_next(&set, &c); i++) {
			must(scenarios_print(&set, &c, PART_NAME, name, sizeof(name)) <
				     sizeof(name),
			     "a case's name has room");
			scenarios_print(&set, &c, PART_PROGRAM, program, sizeof(program));
		}
	} else {
		must(error.line, "an error has a line");
		must(*error.text, "an error has a text");
	}
	free(set.definition);
	free(set.scenario);
	free(set.known);
	free(set.avoid);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct program program;
	struct program_error error;
	char *text;

	if (!size)
		return 0;
	/* Its own allocation, so that a read behind the NUL is seen. */
	text = malloc(size);
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	if (data[0] & 4) {
		reads_scenarios((struct slice){text, text + size - 1});
		free(text);
		return 0;
	}
	program.room = program_room(text);
	program.step = malloc(program.room * sizeof(*program.step));
	if (program_parse(text, data[0] % 4, &program, &error)) {
		must(!error.column, "no error has no column");
		prints_as_it_parses(&program);
		for (unsigned vendor = 0; vendor < NR_VENDORS; vendor++) {
			plays(&program, vendor, false, (uint32_t)size);
			plays(&program, vendor, true, data[0]);
		}
	} else {
		must(error.column >= 1 && error.column <= strlen(text) + 1,
		     "an error has a column");
		must(*error.text && strlen(error.text) < sizeof(error.text) - 1,
		     "an error has a text");
	}
	free(program.step);
	free(text);
	return 0;
}
