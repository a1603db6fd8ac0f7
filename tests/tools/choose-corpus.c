/* SPDX-License-Identifier: MIT */
/*
 * A corpus out of random programs: revenant-corpus amd|intel SEED NR [LEAST]
 *
 * Prints, as scenarios, those of NR programs that bring at least LEAST (1) keys which no program
 * before has had. A key is what a look stands for: an event since the last rewrite, the space and
 * the level of the rewritten entry, who looks and how. The last line says how many there are.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/search/generate.h"
#include "tests/tools/vendor_caps.h"

enum { LEVELS = LEVEL_PML5E + 1, WAYS = WAY_FEP + 1, NO_EVENT = NR_EVENTS };

struct keys {
	bool had[NR_EVENTS + 1][NR_SPACES][LEVELS][2][OP_BITS + 1][WAYS];
	unsigned nr;
};

static unsigned add_key(struct keys *keys, unsigned event, const struct entry_ref *entry,
			bool in_l2, const struct step *look)
{
	bool *had = &keys->had[event][entry->root.space][entry->level][in_l2][look->op][look->way];
	const unsigned is_new = !*had;

	*had = true;
	keys->nr += is_new;
	return is_new;
}

/* Adds a program's keys; returns how many are new. */
static unsigned add_keys(struct keys *keys, struct oracle *o, enum vendor vendor,
			 const struct program *program)
{
	struct entry_ref entry = {{SPACE_H, 0}, 0, LEVEL_PTE};
	struct program_cursor cursor = {0};
	struct position position;
	const struct step *step;
	unsigned added = 0;
	const char *why;

	oracle_start(o, vendor, program_cpus(program));
	position_start(&position, program_header(program));
	while ((step = program_next(program, &cursor, false))) {
		struct look look = {0};

		if (!oracle_step(o, step, &look, &why))
			break;
		if (op_is_look(step->op))
			oracle_judge(o, step, &look, look.current);
		if (step->op == OP_SET)
			entry = step->entry;
		for (unsigned e = 0; step->op <= OP_BITS && e < NR_EVENTS; e++)
			if (look.events >> e & 1)
				added += add_key(keys, e, &entry, position_in_l2(&position), step);
		if (step->op <= OP_BITS && !look.events)
			added += add_key(keys, NO_EVENT, &entry, position_in_l2(&position), step);
		position_follow(&position, step);
	}
	return added;
}

int main(int argc, char **argv)
{
	static struct step space[GENERATED_STEPS];
	static struct keys keys, tried;
	static char text[8192];
	struct program program = {.room = GENERATED_STEPS, .step = space};
	struct oracle *o = malloc(oracle_size());
	struct generator g = {.cpus = 1,
			      .live = malloc(oracle_size()),
			      .trial = malloc(oracle_size()),
			      .unflushed = malloc(oracle_size()),
			      .scout = malloc(oracle_size())};
	unsigned kept = 0;

	if (argc < 4 || (strcmp(argv[1], "amd") && strcmp(argv[1], "intel"))) {
		fprintf(stderr, "usage: %s amd|intel SEED NR [LEAST]\n", argv[0]);
		return 2;
	}
	g.vendor = strcmp(argv[1], "amd") ? VENDOR_INTEL : VENDOR_AMD;
	g.caps = vendor_caps(g.vendor);
	caps_drop(&g.caps, CAP_FEP);
	const unsigned nr = (unsigned)atoi(argv[3]), least = argc > 4 ? (unsigned)atoi(argv[4]) : 1;

	for (unsigned i = 0; i < nr; i++) {
		generate(&g, strtoull(argv[2], NULL, 10), i, &program);
		tried = keys;
		if (add_keys(&tried, o, g.vendor, &program) < least)
			continue;
		keys = tried;
		program_print(&program, text, sizeof(text));
		printf("\nscenario corpus.%s.%u: random program %u of seed %s\n    %s\n", argv[1],
		       kept++, i, argv[2], text);
	}
	fprintf(stderr, "%u keys in %u of %u programs\n", keys.nr, kept, nr);
	return 0;
}
