/* SPDX-License-Identifier: MIT */
/*
 * Random programs on a toy processor (tests/unit/toy/), as many as one likes:
 *
 *   duels amd|intel COUNT [FIRST-SEED]
 *
 * Prints what the oracle called illegal, shrunk. Exit status: 0 nothing, 1 something, 2 usage.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/tools/results.h"
#include "tests/unit/toy/duel.h"
#include "tests/unit/toy/maker.h"

enum { ENOUGH = 10 };

static void print_lost(struct duel *d, struct program *program, uint32_t seed)
{
	static char text[MAKER_TEXT], step[100], legal[100];
	uint32_t with = duel_shrink(d, program, seed);
	struct look look = {.legal = d->legal};

	program_print(program, text, sizeof(text));
	step_print(d->wrong, step, sizeof(step));
	results_print(&look, legal, sizeof(legal));
	printf("program %u, processor %u: %s\n  %s: saw 0x%x, legal: %s\n", seed, with, text, step,
	       d->saw, legal);
}

int main(int argc, char **argv)
{
	static char text[MAKER_TEXT];
	struct duel d = {.vendor = VENDOR_AMD};
	unsigned lost = 0;
	uint32_t count, first;

	if (argc < 3 || argc > 4 || (strcmp(argv[1], "amd") && strcmp(argv[1], "intel"))) {
		fprintf(stderr, "usage: %s amd|intel COUNT [FIRST-SEED]\n", argv[0]);
		return 2;
	}
	if (!strcmp(argv[1], "intel"))
		d.vendor = VENDOR_INTEL;
	count = (uint32_t)strtoul(argv[2], NULL, 0);
	first = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 0) : 1;
	for (uint32_t seed = first; seed - first < count && lost < ENOUGH; seed++) {
		struct program program = maker_program(d.vendor, seed, text);

		if (duel_play(&d, &program, seed))
			continue;
		print_lost(&d, &program, seed);
		lost++;
	}
	printf("%s: %u programs, %u looks, of which something old served %u; %u disagreements\n",
	       argv[1], count, d.looks, d.retained, lost);
	return lost > 0;
}
