/* SPDX-License-Identifier: MIT */
#include "tests/unit/play.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/tools/results.h"

struct program room_for_steps(unsigned room)
{
	static struct kept {
		struct kept *before;
		struct step step[];
	} * kept; /* so that no sanitizer takes them for lost */
	struct kept *k = malloc(sizeof(*k) + room * sizeof(k->step[0]));

	assert_non_null(k);
	k->before = kept;
	kept = k;
	return (struct program){.room = room, .step = k->step};
}

struct program room_for(const char *text)
{
	return room_for_steps(program_room(text));
}

struct program parsed(const char *text)
{
	struct program program = room_for(text);
	struct program_error error;

	if (!program_parse(text, OP_LOAD, &program, &error))
		fail_msg("%s\n%*s^ %s", text, (int)error.column - 1, "", error.text);
	return program;
}

struct player play(enum vendor vendor, const char *text)
{
	struct player p = {.oracle = test_malloc(oracle_size()), .program = parsed(text)};

	/* The oracle must not rely on memory that is zero. */
	memset(p.oracle, 0xa5, oracle_size());
	oracle_start(p.oracle, vendor, program_cpus(&p.program));
	return p;
}

/* A copy must do as well as what it was copied from. */
static void go_on_with_a_copy(struct player *p)
{
	struct oracle *copy = test_malloc(oracle_size());

	memset(copy, 0x5a, oracle_size());
	oracle_copy(copy, p->oracle);
	test_free(p->oracle);
	p->oracle = copy;
}

bool play_look(struct player *p)
{
	go_on_with_a_copy(p);
	while ((p->step = program_next(&p->program, &p->cursor, p->control))) {
		if (!oracle_step(p->oracle, p->step, &p->look, &p->why))
			return false;
		if (op_is_look(p->step->op))
			return true;
	}
	return false;
}

enum judgement play_saw(struct player *p, uint32_t seen)
{
	return oracle_judge(p->oracle, p->step, &p->look, seen);
}

void play_end(struct player *p)
{
	test_free(p->oracle);
}

void assert_looks_at(const char *file, int line, enum vendor vendor, const char *text,
		     const char *looks)
{
	struct player p = play(vendor, text);
	const char *disagrees = NULL;
	char got[2000] = "";
	size_t len = 0;

	while (play_look(&p)) {
		char results[80];

		results_print(&p.look, results, sizeof(results));
		len += (size_t)snprintf(got + len, sizeof(got) - len, "%s%s", len ? "; " : "",
					results);
		assert_true(len < sizeof(got));
		if (!oracle_agrees(p.step, &p.look) && !disagrees)
			disagrees = p.step->expect == EXPECT_FRESH ? "fresh" : "either";
		if (play_saw(&p, p.look.current) != JUDGED_CURRENT)
			fail_msg("what is current must be legal");
	}
	play_end(&p);
	if (p.why || disagrees || strcmp(got, looks)) {
		print_error("%s:%d: %s: %s\n  expected %s\n  got      %s\n", file, line,
			    vendor_rules[vendor].name, text, looks, got);
		if (p.why)
			print_error("  undefined: %s\n", p.why);
		if (disagrees)
			print_error("  a look is not `%s`\n", disagrees);
		_fail(file, line);
	}
}

void assert_undefined(enum vendor vendor, const char *text, const char *words)
{
	struct player p = play(vendor, text);

	while (play_look(&p))
		play_saw(&p, p.look.current);
	play_end(&p);
	if (!p.why || !strstr(p.why, words))
		fail_msg("%s: expected to be refused for '%s', got '%s'", text, words,
			 p.why ? p.why : "nothing");
}

void assert_needs_at(const char *file, int line, const char *text, const char *names)
{
	struct program program = parsed(text);
	struct caps needs = program_needs(&program);
	char found[512];

	caps_print(&needs, found, sizeof(found));
	_assert_string_equal(found, names, file, line);
}
