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

static void needs_are_seen(void **state)
{
	(void)state;
	assert_needs("set h0.w0.pde A; load w0; invlpg w0; cr3 h1; pge off", "");
	assert_needs("enter; exit", "hv");
	assert_needs("enter-pending", "hv");
	assert_needs("tag 1", "hv");
	assert_needs("l2cr3 g1", "hv");
	assert_needs("nroot none", "hv");
	assert_needs("nroot n0", "hv,nested-paging");
	assert_needs("tlbctl 1", "hv,tlb-control");
	assert_needs("tlbctl 3", "hv,tlb-control,flush-by-asid");
	assert_needs("tlbctl 7", "hv,tlb-control,flush-by-asid");
	assert_needs("invlpga w0 0", "hv,invlpga");
	assert_needs("invpcid 2", "invpcid");
	assert_needs("set n0.p0.pdpte A", "pdpe1gb");
	assert_needs("set g0.w0.pdpte p0", "pdpe1gb");
	assert_needs("set g0.w0.pdpte g1.w0.pd", "");
	assert_needs("cpu 1; cpu 0", "cpus2");
	assert_needs("pcpu 1; load w0", "pcpus");
	assert_needs("enter; pcpu 1 irq", "hv,pcpus");
	assert_needs("cpu 2; cpu 0", "cpus2,cpus4");
	assert_needs("preempted 1", "pv-flush,cpus2");
	assert_needs("pv-flush 2", "pv-flush,cpus2,cpus4");
	/* a search found it: the exit for a fault that KVM makes of spoilt PDPTEs */
	assert_needs(
		"l2mode pae; nroot n0; set g0.w0.pte p0; set n0.p0.pte M; enter; load w0; exit",
		"hv,nested-paging,hole");
	assert_needs("l2mode pae; nroot n0; set g0.w0.pte p0; set n0.p0.pte M; pf-exit on; enter; "
		     "load w0; exit",
		     "hv,nested-paging,pdptes,hole");
	assert_needs("l2mode pae; nroot n0; pf-exit on; enter; set n0.p0.pml4e n0.p0.pdpt; exit",
		     "hv,nested-paging,pdptes");
	assert_needs("l2mode pae; nroot n0; pf-exit on; enter; set g0.w0.pte none; load w0; exit",
		     "hv,nested-paging");
	assert_needs("l2mode pae; enter; cpu 1; enter; exit; cpu 0; exit", "hv,pdptes,cpus2");
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
	assert_string_equal(cap_name(CAP_HV), "hv");
	for (unsigned cap = 0; cap < NR_CAPS; cap++) {
		assert_int_equal(cap_named(cap_name(cap)), cap);
		assert_true(strlen(cap_remedy(cap)) > 10);
	}
	assert_int_equal(cap_named("pcid,x"), CAP_PCID);
	assert_int_equal(cap_named("pcid-x"), NR_CAPS);
	assert_int_equal(cap_named(""), NR_CAPS);
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
