/* SPDX-License-Identifier: MIT */
/* Programs as they are walked through, and what they ask of a host. */
#include "tests/unit/play.h"

#include <string.h>

#include "model/lang/caps.h"

/* The steps as they are carried out, as text. */
static void unrolls_to(const char *text, bool without_flushes, const char *steps)
{
	struct program program = parsed(text);
	struct program_cursor cursor = {0};
	const struct step *step;
	char got[512] = "";

	while ((step = program_next(&program, &cursor, without_flushes))) {
		if (*got)
			strcat(got, "; ");
		step_print(step, got + strlen(got), sizeof(got) - strlen(got));
	}
	assert_string_equal(got, steps);
	assert_null(program_next(&program, &cursor, without_flushes));
}

static void loops_unroll(void **state)
{
	(void)state;
	unrolls_to("load w0; repeat 3; load w1; load w2; end; load w3", false,
		   "load w0; load w1; load w2; load w1; load w2; load w1; load w2; load w3");
	unrolls_to("repeat 2; load w0; end; repeat 1; load w1; end; repeat 2; load w2; end", false,
		   "load w0; load w0; load w1; load w2; load w2");
	unrolls_to("repeat 2; end", false, "");
}

static void long_loops_end(void **state)
{
	struct program program = parsed("repeat 10000; load w0; !invlpg w0; end");
	struct program_cursor cursor = {0};
	unsigned steps = 0;

	(void)state;
	while (program_next(&program, &cursor, false))
		steps++;
	assert_int_equal(steps, 20000);
	cursor = (struct program_cursor){0};
	while (program_next(&program, &cursor, true))
		steps++;
	assert_int_equal(steps, 30000);
}

static void flushes_are_left_out(void **state)
{
	(void)state;
	unrolls_to("load w0; !invlpg w0; load w0", true, "load w0; load w0");
	unrolls_to("repeat 2; !invlpg w0; load w0; !cr3 h0; end", true, "load w0; load w0");
	unrolls_to("!invlpg w0", true, "");
}

static void a_flush_left_out_leaves_its_interrupt(void **state)
{
	(void)state;
	unrolls_to("enter; !invlpg w0 irq; enter; load w0; exit", true,
		   "enter; exit; enter; load w0; exit");
	unrolls_to("enter; invlpg w0 irq", true, "enter; invlpg w0 irq");
}

static uint32_t needs(const char *text)
{
	struct program program = parsed(text);

	return program_needs(&program);
}

static void needs_are_seen(void **state)
{
	(void)state;
	assert_int_equal(needs("set h0.w0.pde A; load w0; invlpg w0; cr3 h1; pge off"), 0);
	assert_int_equal(needs("enter; exit"), CAP_HV);
	assert_int_equal(needs("enter-pending"), CAP_HV);
	assert_int_equal(needs("tag 1"), CAP_HV);
	assert_int_equal(needs("l2cr3 g1"), CAP_HV);
	assert_int_equal(needs("nroot none"), CAP_HV);
	assert_int_equal(needs("nroot n0"), CAP_HV | CAP_NPT);
	assert_int_equal(needs("tlbctl 1"), CAP_HV | CAP_TLBCTL);
	assert_int_equal(needs("tlbctl 3"), CAP_HV | CAP_TLBCTL | CAP_FLUSHASID);
	assert_int_equal(needs("tlbctl 7"), CAP_HV | CAP_TLBCTL | CAP_FLUSHASID);
	assert_int_equal(needs("invlpga w0 0"), CAP_HV | CAP_INVLPGA);
	assert_int_equal(needs("invpcid 2"), CAP_INVPCID);
	assert_int_equal(needs("set n0.p0.pdpte A"), CAP_PAGE1G);
	assert_int_equal(needs("set g0.w0.pdpte p0"), CAP_PAGE1G);
	assert_int_equal(needs("set g0.w0.pdpte g1.w0.pd"), 0);
	assert_int_equal(needs("cpu 1; cpu 0"), CAP_CPUS2);
	assert_int_equal(needs("pcpu 1; load w0"), CAP_PCPUS);
	assert_int_equal(needs("enter; pcpu 1 irq"), CAP_HV | CAP_PCPUS);
	assert_int_equal(needs("cpu 2; cpu 0"), CAP_CPUS2 | CAP_CPUS4);
	assert_int_equal(needs("preempted 1"), CAP_CPUS2 | CAP_PVFLUSH);
	assert_int_equal(needs("pv-flush 2"), CAP_CPUS2 | CAP_CPUS4 | CAP_PVFLUSH);
}

static void cpus_are_counted(void **state)
{
	struct program program = parsed("load w0");

	(void)state;
	assert_int_equal(program_cpus(&program), 1);
	program = parsed("cpu 3; load w0; cpu 1; load w0");
	assert_int_equal(program_cpus(&program), 4);
}

static void capabilities_have_names_and_remedies(void **state)
{
	(void)state;
	assert_string_equal(cap_name(CAP_BIT_HV), "hv");
	for (unsigned bit = 0; bit < NR_CAPS; bit++) {
		assert_non_null(cap_name(bit));
		assert_true(strlen(cap_remedy(bit)) > 10);
	}
}

int test_program(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loops_unroll),
		cmocka_unit_test(long_loops_end),
		cmocka_unit_test(flushes_are_left_out),
		cmocka_unit_test(a_flush_left_out_leaves_its_interrupt),
		cmocka_unit_test(needs_are_seen),
		cmocka_unit_test(cpus_are_counted),
		cmocka_unit_test(capabilities_have_names_and_remedies),
	};

	return cmocka_run_group_tests_name("programs", tests, NULL, NULL);
}
