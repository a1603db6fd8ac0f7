/* SPDX-License-Identifier: MIT */
/* What follows from a run: each look of it must be there, and nothing that was seen gets lost. */
#include "tests/unit/play.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/console.h"
#include "kernel/memory.h"
#include "plan/finding.h"

/* What plan/finding.c asks of the platform. */
void *memory_alloc(size_t size, size_t align)
{
	void *memory = aligned_alloc(align, (size + align - 1) / align * align);

	return memory ? memset(memory, 0, size) : NULL;
}

int snprintk(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int length;

	va_start(args, fmt);
	length = vsnprintf(buf, size, fmt, args);
	va_end(args);
	return length;
}

enum { A = RESULT_FRAME(0), B = RESULT_FRAME(1), D = RESULT_FRAME(3) };

static struct run run;

/* Two looks; the first shows what a flush has left, the second something new. */
static const char two_looks[] = "set h0.w0.pte A; load w0; set h0.w0.pte B; invlpg w0; load w0";

static struct finding found(const char *why, unsigned looks, const uint32_t *seen)
{
	const struct program program = parsed(two_looks);
	struct finding f;

	run.nr_seen = looks;
	for (unsigned i = 0; i < looks; i++)
		run.seen[i] = (struct seen){seen[i], 0};
	snprintf(run.why, sizeof(run.why), "%s", why);
	judge(&program, false, &run, &f);
	return f;
}

#define FOUND(why, ...) \
	found(why, sizeof((uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t), (uint32_t[]){__VA_ARGS__})

static int start(void **state)
{
	(void)state;
	memset(&run, 0, sizeof(run));
	return 0;
}

static void every_look_is_judged(void **state)
{
	(void)state;
	assert_int_equal(FOUND("", A, B).verdict, VERDICT_PASS);
	assert_int_equal(FOUND("", A, A).verdict, VERDICT_STALE);
	assert_int_equal(FOUND("", A, RESULT_WILD).verdict, VERDICT_WILD);
	assert_string_equal(FOUND("", A, A).text, "saw A, legal: B");
}

static void a_run_has_the_looks_of_its_program(void **state)
{
	(void)state;
	assert_int_equal(FOUND("", A).verdict, VERDICT_ERROR);
	assert_non_null(strstr(FOUND("", A).text, "fewer looks"));
	assert_int_equal(found("", 0, NULL).verdict, VERDICT_ERROR);
	assert_int_equal(FOUND("", A, B, B).verdict, VERDICT_ERROR);
	assert_non_null(strstr(FOUND("", A, B, B).text, "more looks"));
	/* what is wrong with the host is not hidden by what is wrong with us */
	assert_int_equal(FOUND("", A, A, B).verdict, VERDICT_STALE);
}

static void a_crash_hides_nothing(void **state)
{
	struct finding f;

	(void)state;
	run.crashed = true;
	assert_int_equal(FOUND("it died", A).verdict, VERDICT_CRASH);
	assert_string_equal(FOUND("it died", A).text, "it died");
	f = FOUND("it died", A, A);
	assert_int_equal(f.verdict, VERDICT_STALE);
	assert_string_equal(f.text, "saw A, legal: B; then CRASH: it died");
	f = FOUND("it died", D);
	assert_int_equal(f.verdict, VERDICT_WILD);
}

/* A program that is too complex for the oracle is nobody's fault; one without a meaning is ours. */
/* The oracle asks what it means, whatever came of it: VMFUNC is not AMD's. */
static void a_crash_without_a_meaning_is_an_error(void **state)
{
	const struct program senseless = parsed("enter; vmfunc n0; load w0; exit");
	struct finding f;

	(void)state;
	run.crashed = true;
	judge(&senseless, false, &run, &f);
	assert_int_equal(f.verdict, VERDICT_ERROR);
}

static void what_the_oracle_cannot_follow_is_skipped(void **state)
{
	static const char *const flags[] = {"",	      "/ro",   "/nx",	"/s",
					    "/ro/nx", "/ro/s", "/nx/s", "/ro/nx/s"};
	static const char *const levels[] = {"pte", "pde", "pdpte"};
	static char text[8000];
	struct program program;
	struct finding f;

	(void)state;
	strcpy(text, "load w0");
	for (unsigned level = 0; level < 3; level++)
		for (char frame = 'A'; frame <= (level == 2 ? 'A' : 'G'); frame++)
			for (unsigned i = 0; i < 2 * 8; i++)
				sprintf(text + strlen(text), "; set h0.w0.%s %c%s%s", levels[level],
					frame, flags[i / 2], i % 2 ? "/g" : "");
	strcat(text, "; load w0");
	program = parsed(text);
	run.nr_seen = 2;
	run.seen[0] = (struct seen){RESULT_PF, 0};
	run.seen[1] = (struct seen){A, 0};
	judge(&program, false, &run, &f);
	assert_int_equal(f.verdict, VERDICT_SKIP);
	assert_non_null(strstr(f.text, "too complex"));
	program = parsed("set g0.w0.pte p0; enter; load w0; exit");
	run.nr_seen = 1;
	judge(&program, false, &run, &f);
	assert_int_equal(f.verdict, VERDICT_ERROR);
}

static void a_refusal_hides_nothing(void **state)
{
	struct finding f;

	(void)state;
	run.refused = true;
	assert_int_equal(FOUND("too long", A).verdict, VERDICT_ERROR);
	run.lacking = true;
	assert_int_equal(FOUND("no such CPU", A).verdict, VERDICT_SKIP);
	f = FOUND("no such CPU", A, A);
	assert_int_equal(f.verdict, VERDICT_STALE);
	assert_non_null(strstr(f.text, "then SKIP: no such CPU"));
}

static void the_worst_verdict_is_the_status(void **state)
{
	unsigned counts[NR_VERDICTS] = {0};

	(void)state;
	assert_int_equal(verdict_status(counts), STATUS_NOTHING);
	counts[VERDICT_VACUOUS] = counts[VERDICT_SKIP] = counts[VERDICT_KNOWN] = 1;
	assert_int_equal(verdict_status(counts), STATUS_NOTHING);
	counts[VERDICT_PASS] = 1;
	assert_int_equal(verdict_status(counts), STATUS_CLEAN);
	counts[VERDICT_ERROR] = 1;
	assert_int_equal(verdict_status(counts), STATUS_ERROR);
	counts[VERDICT_CRASH] = 1;
	assert_int_equal(verdict_status(counts), STATUS_WRONG);
}

/* The one flush that could have been lost, and no other. */
static void a_lost_flush_explains_it(void **state)
{
	const struct program program = parsed(two_looks);
	const struct finding f = FOUND("", A, A);

	(void)state;
	assert_int_equal(f.verdict, VERDICT_STALE);
	assert_true(finding_explained(&program, &f, 1ull << EV_INVLPG));
	assert_false(finding_explained(&program, &f, 1ull << EV_MOV_CR3));
	assert_false(finding_explained(&program, &f, 0));
}

int test_finding(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_lost_flush_explains_it, start),
		cmocka_unit_test_setup(every_look_is_judged, start),
		cmocka_unit_test_setup(a_run_has_the_looks_of_its_program, start),
		cmocka_unit_test_setup(a_crash_hides_nothing, start),
		cmocka_unit_test_setup(a_crash_without_a_meaning_is_an_error, start),
		cmocka_unit_test_setup(what_the_oracle_cannot_follow_is_skipped, start),
		cmocka_unit_test_setup(a_refusal_hides_nothing, start),
		cmocka_unit_test_setup(the_worst_verdict_is_the_status, start),
	};

	judge_init(VENDOR_AMD);
	return cmocka_run_group_tests_name("findings", tests, NULL, NULL);
}
