/* SPDX-License-Identifier: MIT */
/*
 * Writes what the fuzzer starts from: all scenarios' programs as files of DIR/corpus, and their
 * words as a dictionary, DIR/words.
 *
 *   corpus DIR        DIR/corpus exists. Exit code 1: a file cannot be written.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/scenario.h"

static FILE *open_in(const char *dir, const char *name)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "w");
	if (!file)
		perror(path);
	return file;
}

extern const char __scenarios_start[], __scenarios_end[]; /* scenarios/text.S */

static struct scenarios read_scenarios(void)
{
	const struct slice text = {__scenarios_start, __scenarios_end};
	struct scenarios set = {.room = scenarios_room(text)};
	struct scenarios_error error;

	set.definition = calloc(set.room, sizeof(*set.definition));
	set.scenario = calloc(set.room, sizeof(*set.scenario));
	set.known = calloc(set.room, sizeof(*set.known));
	set.avoid = calloc(set.room, sizeof(*set.avoid));
	if (!scenarios_read(&set, text, &error)) {
		fprintf(stderr, "line %u: %s\n", error.line, error.text);
		exit(1);
	}
	return set;
}

/* The first byte is the fuzzer's choices. */
static int write_input(const char *dir, const char *name, char choices, struct slice text)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "corpus/%s", name);
	for (char *c = path + strlen("corpus/"); *c; c++)
		if (*c == '/')
			*c = '-';
	file = open_in(dir, path);
	if (!file)
		return 1;
	fprintf(file, "%c%.*s", choices, (int)slice_length(text), text.start);
	return fclose(file) != 0;
}

/* Words come more than once: libFuzzer does not mind. */
static void write_words(FILE *file, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, " ;!");

		if (len)
			fprintf(file, "\"%.*s\"\n", (int)len, text);
		text += len;
		text += strspn(text, " ;!");
	}
}

/* Of each scenario the last case, and so the one with most steps; and its text as it is written
 * down. */
int main(int argc, char **argv)
{
	static char name[CASE_NAME], program[65536];
	struct scenarios set = read_scenarios();
	FILE *words = argc == 2 ? open_in(argv[1], "words") : NULL;
	struct scenario_case c = {0}, next = {0};
	int status = !words;

	if (!words)
		return 1;
	while (scenarios_next(&set, &next)) {
		const struct scenario *s = c.scenario;

		if (s && s != next.scenario) {
			scenarios_print(&set, &c, PART_NAME, name, sizeof(name));
			scenarios_print(&set, &c, PART_PROGRAM, program, sizeof(program));
			status |= write_input(argv[1], name, 0, slice_of(program));
			write_words(words, program);
			strcat(name, "-text");
			status |= write_input(argv[1], name, 4,
					      (struct slice){s->title.start, s->program.end});
		}
		c = next;
	}
	return status | (fclose(words) != 0);
}
