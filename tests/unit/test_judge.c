/* SPDX-License-Identifier: MIT */
/* Verdicts on what was seen, and what a seen fault does. */
#include "tests/unit/play.h"

enum { A = RESULT_FRAME(0), B = RESULT_FRAME(1), C = RESULT_FRAME(2), D = RESULT_FRAME(3) };

/* Plays to the last look, each look before it seeing what is current; judges the last. */
static enum judgement judged(enum vendor vendor, const char *text, uint32_t seen)
{
	struct player p = play(vendor, text);
	enum judgement judgement = JUDGED_CURRENT;
	struct player rest;

	while (play_look(&p)) {
		rest = p;
		/* Is there another look behind this one? */
		while ((rest.step = program_next(&p.program, &rest.cursor, false)) &&
		       !op_is_look(rest.step->op))
			;
		judgement = play_saw(&p, rest.step ? p.look.current : seen);
	}
	assert_null(p.why);
	play_end(&p);
	return judgement;
}

#define FLUSHED "set h0.w1.pte C; set h0.w0.pte A; load w0; set h0.w0.pte B; invlpg w0; load w0"

static void results_are_told_apart(void **state)
{
	(void)state;
	assert_int_equal(judged(VENDOR_AMD, FLUSHED, B), JUDGED_CURRENT);
	assert_int_equal(judged(VENDOR_AMD, FLUSHED, A), JUDGED_STALE);
	assert_int_equal(judged(VENDOR_AMD, FLUSHED, C), JUDGED_LEAK);
	assert_int_equal(judged(VENDOR_AMD, FLUSHED, D), JUDGED_WILD);
	assert_int_equal(judged(VENDOR_AMD, FLUSHED, RESULT_WILD), JUDGED_WILD);
	assert_int_equal(judged(VENDOR_AMD, FLUSHED, RESULT_PF), JUDGED_STALE);
	assert_int_equal(judged(VENDOR_AMD, FLUSHED, RESULT_NPF), JUDGED_STALE);
}

static void retained_is_legal(void **state)
{
	static const char text[] = "set h0.w0.pte A; load w0; set h0.w0.pte B; load w0";

	(void)state;
	assert_int_equal(judged(VENDOR_AMD, text, A), JUDGED_RETAINED);
	assert_int_equal(judged(VENDOR_AMD, text, B), JUDGED_CURRENT);
	assert_int_equal(judged(VENDOR_AMD, text, RESULT_PF), JUDGED_STALE);
}

static void stale_across_contexts(void **state)
{
	/* A came from the same roots, under another tag. */
	static const char other_tag[] =
		"nroot n0; set g0.w0.pte p0; set n0.p0.pte A; enter; load w0; exit; "
		"set n0.p0.pte B; tag 2; enter; load w0; exit";
	/* A came from another root under the same tag. */
	static const char other_root[] = "set g0.w0.pte A; set g1.w0.pte B; enter; load w0; exit; "
					 "l2cr3 g1; tlbctl 3; enter; load w0; exit";
	/* L1's A and L2's B have nothing in common. */
	static const char other_level[] =
		"set h0.w0.pte A; set g0.w0.pte B; load w0; enter; load w0; exit";
	static const char other_vm[] =
		"set g0.w0.pte A; set g1.w0.pte B; enter; load w0; exit; vm 1; enter; "
		"load w0; exit";

	(void)state;
	assert_int_equal(judged(VENDOR_AMD, other_tag, A), JUDGED_STALE);
	assert_int_equal(judged(VENDOR_AMD, other_root, A), JUDGED_STALE);
	assert_int_equal(judged(VENDOR_AMD, other_level, A), JUDGED_LEAK);
	assert_int_equal(judged(VENDOR_AMD, other_vm, A), JUDGED_LEAK);
}

static void a_frame_that_only_a_table_names_is_a_leak(void **state)
{
	(void)state;
	/* Nobody ever ran on h3. */
	assert_int_equal(judged(VENDOR_AMD,
				"set h3.w0.pte D; set h3.w0.pte C; set h0.w0.pte A; load w0", D),
			 JUDGED_LEAK);
}

static void bits_are_judged(void **state)
{
	static const char text[] = "set h0.w0.pte A/na/nd; invlpg w0; load w0; bits h0.w0.pte";
	static const char may[] = "set h0.w0.pte A/na/nd; bits h0.w0.pte";

	(void)state;
	assert_int_equal(judged(VENDOR_AMD, text, RESULT_BITS_OF(1, 0)), JUDGED_CURRENT);
	assert_int_equal(judged(VENDOR_AMD, text, RESULT_BITS_OF(0, 0)), JUDGED_STALE);
	assert_int_equal(judged(VENDOR_AMD, text, RESULT_BITS_OF(1, 1)), JUDGED_STALE);
	assert_int_equal(judged(VENDOR_AMD, may, RESULT_BITS_OF(1, 0)), JUDGED_RETAINED);
}

static void events_since_the_rewrite_are_named(void **state)
{
	struct player p =
		play(VENDOR_AMD,
		     "invlpg w0; set g0.w0.pte A; load w0; tlbctl 3; enter; load w0; "
		     "invlpg w0 irq; pge on; pge off; cr3 h0; load w0; "
		     "set n0.p0.pte A; load w0; invpcid 2; invlpga w0 1; load w0; load w0");
	static const uint32_t events[] = {
		0,
		1u << EV_PAGE_FAULT | 1u << EV_ENTER | 1u << EV_TLBCTL_3,
		1u << EV_PAGE_FAULT | 1u << EV_ENTER | 1u << EV_TLBCTL_3 | 1u << EV_INVLPG |
			1u << EV_EXIT | 1u << EV_PGE_TOGGLE | 1u << EV_MOV_CR3,
		0,
		1u << EV_PAGE_FAULT | 1u << EV_INVPCID_2 | 1u << EV_INVLPGA,
		1u << EV_PAGE_FAULT | 1u << EV_INVPCID_2 | 1u << EV_INVLPGA,
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(events) / sizeof(*events); i++) {
		assert_true(play_look(&p));
		assert_int_equal(p.look.events, events[i]);
		assert_int_equal(p.look.space, i < 3 ? SPACE_G : SPACE_N);
		play_saw(&p, p.look.current);
	}
	play_end(&p);
}

static void a_nested_fault_is_a_round_trip(void **state)
{
	struct player p =
		play(VENDOR_AMD, "set h0.w1.pte A; nroot n0; set g0.w0.pte p0; enter; load w0; "
				 "set h0.w1.pte B; load w0; exit; load w1 either");

	(void)state;
	play_look(&p);
	assert_int_equal(p.look.legal, RESULT_NPF);
	assert_int_equal(play_saw(&p, RESULT_NPF), JUDGED_CURRENT);
	play_look(&p);
	assert_int_equal(play_saw(&p, RESULT_NPF), JUDGED_CURRENT);
	play_look(&p);
	assert_int_equal(p.look.events, 1u << EV_NESTED_FAULT | 1u << EV_EXIT | 1u << EV_ENTER);
	assert_int_equal(p.look.legal, RESULT_FRAME(0) | RESULT_FRAME(1));
	play_end(&p);
}

static void with_vpid_off_a_nested_fault_flushes(void **state)
{
	(void)state;
	assert_looks(VENDOR_INTEL,
		     "tag 0; nroot n0; set g0.w0.pte p0; set g0.w1.pte A; enter; load w1; set "
		     "g0.w1.pte B; "
		     "load w1 either; load w0; load w1 fresh; exit",
		     "[A]; A [B]; [#NPF]; [B]");
}

int test_judge(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(results_are_told_apart),
		cmocka_unit_test(retained_is_legal),
		cmocka_unit_test(stale_across_contexts),
		cmocka_unit_test(a_frame_that_only_a_table_names_is_a_leak),
		cmocka_unit_test(bits_are_judged),
		cmocka_unit_test(events_since_the_rewrite_are_named),
		cmocka_unit_test(a_nested_fault_is_a_round_trip),
		cmocka_unit_test(with_vpid_off_a_nested_fault_flushes),
	};

	return cmocka_run_group_tests_name("judging", tests, NULL, NULL);
}
