/* SPDX-License-Identifier: MIT */
/*
 * revenant-model: what the oracle says of a program, without any VM.
 *
 *   revenant-model [--intel] [--control] [--look=load|store|fetch] PROGRAM
 *
 * Prints each step that is carried out and, for looks, the legal results: those that the tables
 * give now in brackets. A look whose author expected otherwise is marked, and the exit code is
 * then 1. Exit codes: 0 as expected, 1 the oracle disagrees with an expectation, 2 usage or a bad
 * program.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/tools/results.h"

static void print_events(uint64_t events)
{
	for (unsigned ev = 0; ev < NR_EVENTS; ev++) {
		if (events & (1ull << ev))
			printf(" %s", rules[ev].name);
	}
}

static int usage(void)
{
	fprintf(stderr,
		"usage: revenant-model [--intel] [--control] [--look=load|store|fetch] PROGRAM\n");
	return 2;
}

static int run(const struct program *program, enum vendor vendor, bool control)
{
	struct oracle *oracle = malloc(oracle_size());
	struct program_cursor cursor = {0};
	const struct step *step;
	struct look look;
	const char *why;
	int status = 0;

	oracle_start(oracle, vendor, program_cpus(program));
	while ((step = program_next(program, &cursor, control))) {
		char text[128];

		step_print(step, text, sizeof(text));
		printf("%-32s", text);
		if (!oracle_step(oracle, step, &look, &why)) {
			printf(" undefined: %s\n", why);
			status = 2;
			break;
		}
		if (op_is_look(step->op)) {
			results_print(&look, text, sizeof(text));
			printf(" %s  since set:", text);
			print_events(look.events);
			oracle_judge(oracle, step, &look, look.current);
			if (!control && !oracle_agrees(step, &look)) {
				printf("  <-- the oracle disagrees");
				status = 1;
			}
		}
		putchar('\n');
	}
	free(oracle);
	return status;
}

int main(int argc, char **argv)
{
	enum vendor vendor = VENDOR_AMD;
	enum op look = OP_LOAD;
	bool control = false;
	struct program program;
	struct program_error error;
	int i;

	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		if (!strcmp(argv[i], "--intel"))
			vendor = VENDOR_INTEL;
		else if (!strcmp(argv[i], "--control"))
			control = true;
		else if (!strcmp(argv[i], "--look=load"))
			look = OP_LOAD;
		else if (!strcmp(argv[i], "--look=store"))
			look = OP_STORE;
		else if (!strcmp(argv[i], "--look=fetch"))
			look = OP_FETCH;
		else
			return usage();
	}
	if (i != argc - 1)
		return usage();
	program.room = program_room(argv[i]);
	program.step = malloc(program.room * sizeof(*program.step));
	if (!program_parse(argv[i], look, &program, &error)) {
		fprintf(stderr, "%s\n%*s^ %s\n", argv[i], (int)error.column - 1, "", error.text);
		return 2;
	}
	return run(&program, vendor, control);
}
