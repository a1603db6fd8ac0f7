/* SPDX-License-Identifier: MIT */
/*
 * Random programs, as the image makes them: revenant-generate amd|intel SEED FIRST NR [CAP,CAP,...]
 * Without a list of capabilities: all that the vendor can have. Then what they are worth: for each
 * event in how many of them one sees that a CPU carries it out and drops nothing, and in which
 * first.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/search/generate.h"
#include "tests/tools/missed.h"
#include "tests/tools/vendor_caps.h"

static struct caps caps_of(const char *list)
{
	struct caps caps = {0};

	for (const char *p = list; p; p = strchr(p, ',')) {
		const enum cap cap = cap_named(p += *p == ',');

		if (cap == NR_CAPS) {
			fprintf(stderr, "no such capability: %s\n", p);
			exit(2);
		}
		caps_add(&caps, cap);
	}
	return caps;
}

static unsigned first_of[NR_EVENTS], times[NR_EVENTS];

static void count_missed(const struct generator *g, const struct program *program, unsigned nr)
{
	const uint64_t missed = missed_events(g->vendor, program);

	for (unsigned e = 0; e < NR_EVENTS; e++)
		if (missed >> e & 1 && !times[e]++)
			first_of[e] = nr;
}

int main(int argc, char **argv)
{
	struct generator g = {.live = malloc(oracle_size()),
			      .trial = malloc(oracle_size()),
			      .unflushed = malloc(oracle_size()),
			      .scout = malloc(oracle_size())};
	unsigned dead = 0, kept = 0, steps = 0, worth = 0;
	static char text[8192];

	if (argc < 5 || (strcmp(argv[1], "amd") && strcmp(argv[1], "intel"))) {
		fprintf(stderr, "usage: %s amd|intel SEED FIRST NR [CAP,CAP,...]\n", argv[0]);
		return 2;
	}
	g.vendor = strcmp(argv[1], "amd") ? VENDOR_INTEL : VENDOR_AMD;
	g.caps = argc > 5 ? caps_of(argv[5]) : vendor_caps(g.vendor);
	g.cpus = caps_have(&g.caps, CAP_CPUS4) ? 4 : caps_have(&g.caps, CAP_CPUS2) ? 2 : 1;
	const unsigned first = (unsigned)atoi(argv[3]), nr = (unsigned)atoi(argv[4]);

	for (unsigned i = first; i < first + nr; i++) {
		static struct step space[GENERATED_STEPS];
		struct program program = {.room = GENERATED_STEPS, .step = space};

		generate(&g, strtoull(argv[2], NULL, 10), i, &program);
		program_print(&program, text, sizeof(text));
		printf("%s\n", text);
		dead += g.dead_looks;
		kept += g.kept_looks;
		steps += program.nr_steps;
		worth += !!g.dead_looks;
		count_missed(&g, &program, i);
	}
	fprintf(stderr,
		"%u programs, %u steps, looks: %u with something dead, in %u programs; %u with "
		"something kept\n",
		nr, steps, dead, worth, kept);
	for (unsigned e = 0; e < NR_EVENTS; e++)
		if (rules[e].effect[g.vendor])
			fprintf(stderr, "%-16s %5u programs, first %u\n", rules[e].name, times[e],
				first_of[e]);
	return 0;
}
