/* SPDX-License-Identifier: MIT */
/*
 * Writes what the fuzzer starts from: all scenarios' programs as files of DIR/corpus, and their
 * words as a dictionary, DIR/words.
 *
 *   corpus DIR        DIR/corpus exists. Exit code 1: a file cannot be written.
 */
#include <stdio.h>
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

/* The last one of each look, and so the one with most steps. */
static int write_program(const char *dir, const struct scenario *scenario)
{
	char name[256], text[SCENARIO_TEXT];
	struct scenario_case c = {0};
	FILE *file;

	while (scenario_next_case(scenario, &c))
		scenario_case_program(scenario, &c, false, text, sizeof(text));
	snprintf(name, sizeof(name), "corpus/%s", scenario->name);
	file = open_in(dir, name);
	if (!file)
		return 1;
	/* The first byte is the fuzzer's choices: 0, `look` is a load. */
	fprintf(file, "%c%s", 0, text);
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

int main(int argc, char **argv)
{
	FILE *words = argc == 2 ? open_in(argv[1], "words") : NULL;
	int status = !words;

	if (!words)
		return 1;
	for (const struct scenario *s = __scenarios_start; s < __scenarios_end; s++) {
		status |= write_program(argv[1], s);
		write_words(words, s->program);
	}
	return status | (fclose(words) != 0);
}
