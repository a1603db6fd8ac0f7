/* SPDX-License-Identifier: MIT */
/*
 * revenant-scenarios: files of scenarios, checked as the image reads them.
 *
 *   revenant-scenarios check FILE...    nothing, if all is right
 *   revenant-scenarios text FILE...     what goes into the image: no comments, `family` lines
 *   revenant-scenarios list FILE...     NAME <tab> CLASSES <tab> TITLE of each case
 *   revenant-scenarios dump FILE...     NAME <tab> what `look` is <tab> PROGRAM <tab> CONTROL
 *
 * The first file is common.scn, whose definitions are for all. Exit codes: 0, or 2 with FILE:LINE
 * and what is wrong there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/search/features.h"
#include "plan/verdict.h"
#include "scenarios/scenario.h"

static char **files;
static unsigned nr_files;

static void *allocate(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size);

	if (!p) {
		perror("revenant-scenarios");
		exit(2);
	}
	return p;
}

/* The file's name without folder and extension. */
static struct slice family_of(const char *path)
{
	const char *slash = strrchr(path, '/'), *dot;
	struct slice name = {slash ? slash + 1 : path, NULL};

	dot = strrchr(name.start, '.');
	name.end = dot ? dot : name.start + strlen(name.start);
	return name;
}

static _Noreturn void wrong(const struct scenarios_error *error)
{
	const char *path = "";

	for (unsigned i = 0; i < nr_files; i++)
		if (slice_equal(family_of(files[i]), error->family))
			path = files[i];
	fprintf(stderr, "%s:%u: %s\n", path, error->line, error->text);
	exit(2);
}

/* All files as one text, each behind a line that names its family. */
static struct slice read_files(void)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	for (unsigned i = 0; i < nr_files; i++) {
		struct slice family = family_of(files[i]);
		FILE *in = fopen(files[i], "r");
		int c;

		if (!in) {
			perror(files[i]);
			exit(2);
		}
		fprintf(out, "family %.*s\n", (int)slice_length(family), family.start);
		while ((c = getc(in)) != EOF)
			putc(c, out);
		fputc('\n', out);
		fclose(in);
	}
	fclose(out);
	return (struct slice){text, text + size};
}

static char *printed(const struct scenarios *set, const struct scenario_case *c,
		     enum scenario_part part)
{
	size_t size = scenarios_print(set, c, part, NULL, 0) + 1;
	char *text = allocate(size, 1);

	scenarios_print(set, c, part, text, size);
	return text;
}

static void check_program(const struct scenario_case *c, const char *name, const char *text)
{
	struct scenarios_error error = {.family = c->scenario->family, .line = c->scenario->line};
	struct program_error why;
	struct program program;

	program.room = program_room(text);
	program.step = allocate(program.room, sizeof(*program.step));
	if (!program_parse(text, c->look, &program, &why)) {
		snprintf(error.text, sizeof(error.text), "%s: %s, at \"%.40s\"", name, why.text,
			 text + why.column - 1);
		wrong(&error);
	}
	free(program.step);
}

static void check_programs(const struct scenarios *set)
{
	struct scenario_case c = {0};

	while (scenarios_next(set, &c)) {
		char *name = printed(set, &c, PART_NAME);
		char *program = printed(set, &c, PART_PROGRAM);
		char *control = printed(set, &c, PART_CONTROL);

		check_program(&c, name, program);
		if (*control)
			check_program(&c, name, control);
		free(name);
		free(program);
		free(control);
	}
}

/* A fault that is known makes a case red: its verdict is one of these. */
static void check_known(const struct scenarios *set)
{
	for (unsigned i = 0; i < set->nr_known; i++) {
		const struct known *known = &set->known[i];
		struct scenarios_error error = {.family = known->scenario->family,
						.line = known->scenario->line};
		unsigned v = VERDICT_CRASH;

		while (v < NR_VERDICTS && !slice_is(known->verdict, verdict_name(v)))
			v++;
		if (v < NR_VERDICTS)
			continue;
		snprintf(error.text, sizeof(error.text),
			 "what is known is STALE, LEAK, WILD or CRASH, not '%.*s'",
			 (int)slice_length(known->verdict), known->verdict.start);
		wrong(&error);
	}
}

static void check_avoided(const struct scenarios *set)
{
	for (unsigned i = 0; i < set->nr_avoid; i++) {
		const struct avoid *avoid = &set->avoid[i];
		struct slice names = avoid->features;
		struct scenarios_error error = {.family = avoid->scenario->family,
						.line = avoid->scenario->line};

		while (names.start < names.end) {
			const struct slice name = slice_word(&names);

			if (feature_named(name.start, slice_length(name)) != NR_FEATURES)
				continue;
			snprintf(error.text, sizeof(error.text),
				 "a search has no feature '%.*s' (model/search/features.h)",
				 (int)slice_length(name), name.start);
			wrong(&error);
		}
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void check_names(const struct scenarios *set)
{
	struct scenario_case c = {0};
	size_t n = 0, room = 1024;
	char **names = allocate(room, sizeof(*names));

	while (scenarios_next(set, &c)) {
		struct scenarios_error error = {.family = c.scenario->family,
						.line = c.scenario->line};
		char *name = printed(set, &c, PART_NAME);

		if (name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.+-/")]) {
			snprintf(error.text, sizeof(error.text), "'%s' is no plain name", name);
			wrong(&error);
		}
		if (n == room) {
			room *= 2;
			names = realloc(names, room * sizeof(*names));
		}
		names[n++] = name;
	}
	qsort(names, n, sizeof(*names), by_name);
	for (size_t i = 1; i < n; i++) {
		if (!strcmp(names[i - 1], names[i])) {
			fprintf(stderr, "two cases are called %s\n", names[i]);
			exit(2);
		}
	}
	for (size_t i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

static void print_text(struct slice text)
{
	while (text.start < text.end) {
		struct slice line = slice_line(&text), words = slice_trim(line);

		if (words.start < words.end && *words.start != '#')
			printf("%s%.*s\n", words.start > line.start ? " " : "",
			       (int)slice_length(words), words.start);
	}
}

static void print_cases(const struct scenarios *set, bool dump)
{
	struct scenario_case c = {0};

	while (scenarios_next(set, &c)) {
		struct slice classes = c.scenario->classes;
		char *name = printed(set, &c, PART_NAME);
		char *text = printed(set, &c, dump ? PART_PROGRAM : PART_TITLE);

		if (dump) {
			char *control = printed(set, &c, PART_CONTROL);

			printf("%s\t%d\t%s\t%s\n", name, c.look, text, control);
			free(control);
		} else {
			if (classes.start == classes.end)
				classes = slice_of("-");
			printf("%s\t%.*s\t%s\n", name, (int)slice_length(classes), classes.start,
			       text);
		}
		free(name);
		free(text);
	}
}

static int usage(void)
{
	fprintf(stderr, "usage: revenant-scenarios check|text|list|dump COMMON-FILE FILE...\n");
	return 2;
}

int main(int argc, char **argv)
{
	struct scenarios_error error;
	struct scenarios set = {0};
	struct slice text;

	if (argc < 3)
		return usage();
	files = argv + 2;
	nr_files = (unsigned)argc - 2;
	text = read_files();
	set.room = scenarios_room(text);
	set.definition = allocate(set.room, sizeof(*set.definition));
	set.scenario = allocate(set.room, sizeof(*set.scenario));
	set.known = allocate(set.room, sizeof(*set.known));
	set.avoid = allocate(set.room, sizeof(*set.avoid));
	if (!scenarios_read(&set, text, &error) || !scenarios_check(&set, &error))
		wrong(&error);
	check_programs(&set);
	check_names(&set);
	check_known(&set);
	check_avoided(&set);
	if (!strcmp(argv[1], "text"))
		print_text(text);
	else if (!strcmp(argv[1], "list") || !strcmp(argv[1], "dump"))
		print_cases(&set, argv[1][0] == 'd');
	else if (strcmp(argv[1], "check"))
		return usage();
	return 0;
}
