/* SPDX-License-Identifier: MIT */
/*
 * A corpus out of random programs.
 *
 *   revenant-corpus amd|intel SEED NR [LEAST]
 *
 * prints, as scenarios, those of NR programs that bring at least LEAST (1) keys
 * (model/search/keys.h) which no program before has had.
 *
 *   revenant-corpus amd|intel more LEAST FILE... <PROGRAMS
 *
 * does so with programs of its input, one a line, and what the corpus in these files has is had.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/lang/parse.h"
#include "model/search/generate.h"
#include "model/search/keys.h"
#include "tests/tools/vendor_caps.h"

static struct keys keys;
static struct step space[GENERATED_STEPS];
static struct program program = {.room = GENERATED_STEPS, .step = space};
static char text[8192];
static unsigned kept;

static void choose(enum vendor vendor, unsigned least, struct oracle *scratch, const char *who)
{
	if (!keys_add_if(&keys, least, scratch, vendor, &program))
		return;
	program_print(&program, text, sizeof(text));
	printf("\nscenario corpus.%s.%u: %s\n    %s\n", vendor_rules[vendor].name, kept++, who,
	       text);
}

/* ---- of a seed ---- */

static void choose_generated(enum vendor vendor, char **argv, unsigned least)
{
	struct generator g = {.cpus = 1,
			      .vendor = vendor,
			      .caps = vendor_caps(vendor),
			      .live = malloc(oracle_size()),
			      .trial = malloc(oracle_size()),
			      .unflushed = malloc(oracle_size()),
			      .scout = malloc(oracle_size())};
	const unsigned nr = (unsigned)atoi(argv[3]);

	caps_drop(&g.caps, CAP_FEP);
	for (unsigned i = 0; i < nr; i++) {
		char who[64];

		generate(&g, strtoull(argv[2], NULL, 10), i, &program);
		snprintf(who, sizeof(who), "random program %u of seed %s", i, argv[2]);
		choose(vendor, least, g.trial, who);
	}
}

/* ---- of a file, and of the input ---- */

/* The next line that is a program: in a corpus those that begin with a blank. */
static bool next_program(FILE *file, bool corpus)
{
	struct program_error error;

	while (fgets(text, sizeof(text), file)) {
		text[strcspn(text, "\n")] = '\0';
		if ((!corpus || text[0] == ' ') && program_parse(text, OP_LOAD, &program, &error))
			return true;
	}
	return false;
}

static bool choose_more(enum vendor vendor, unsigned least, char **files)
{
	struct oracle *scratch = malloc(oracle_size());

	for (; *files; files++) {
		FILE *file = fopen(*files, "r");

		if (!file) {
			perror(*files);
			return false;
		}
		for (; next_program(file, true); kept++)
			keys_add(&keys, scratch, vendor, &program);
		fclose(file);
	}
	while (next_program(stdin, false))
		choose(vendor, least, scratch, "brings new keys (docs/search.md)");
	return true;
}

int main(int argc, char **argv)
{
	const bool more = argc > 3 && !strcmp(argv[2], "more");
	enum vendor vendor;

	if (argc < 4 || (strcmp(argv[1], "amd") && strcmp(argv[1], "intel"))) {
		fprintf(stderr, "usage: %s amd|intel SEED NR [LEAST]\n", argv[0]);
		fprintf(stderr, "       %s amd|intel more LEAST FILE... <PROGRAMS\n", argv[0]);
		return 2;
	}
	vendor = strcmp(argv[1], "amd") ? VENDOR_INTEL : VENDOR_AMD;
	if (!more)
		choose_generated(vendor, argv, argc > 4 ? (unsigned)atoi(argv[4]) : 1);
	else if (!choose_more(vendor, (unsigned)atoi(argv[3]), argv + 4))
		return 2;
	fprintf(stderr, "%u keys in %u programs\n", keys.nr, kept);
	return 0;
}
