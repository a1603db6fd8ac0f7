/* SPDX-License-Identifier: MIT */
/*
 * The bug classes of the catalogue that the language must carry: each as its program, with the
 * results that stock rules allow. What the scenarios do with them is theirs; here stands that they
 * can be said.
 */
#include "tests/unit/play.h"

#define AMD VENDOR_AMD

static void a1_a_new_asid(void **state)
{
	(void)state;
	assert_looks(
		AMD,
		"nroot n0; set g0.w0.pte p0; set n0.p0.pte A; enter; load w0; exit; "
		"set n0.p0.pte B; !tag 2; enter; load w0 fresh; exit; set n0.p0.pte C; !tag 3; "
		"enter; load w0 fresh; exit",
		"[A]; [B]; [C]");
	/* Without nested paging; and an ASID that comes back without a flush. */
	assert_looks(AMD,
		     "set g0.w0.pte A; enter; load w0; exit; set g0.w0.pte B; !tag 2; enter; "
		     "load w0 fresh; exit; set g0.w0.pte C; tag 1; enter; load w0 either; exit",
		     "[A]; [B]; A [C]");
}

static void a2_tlb_control(void **state)
{
	(void)state;
	assert_looks(AMD,
		     "set g0.w0.pte A; enter; load w0; exit; set g0.w0.pte B; !tlbctl 1; enter; "
		     "load w0 fresh; exit; set g0.w0.pte C; !tlbctl 3; enter; load w0 fresh; exit; "
		     "set g0.w0.pte D; !tlbctl 7; enter; load w0 fresh; exit; "
		     "set g0.w0.pte E; enter; load w0 either; exit",
		     "[A]; [B]; [C]; [D]; D [E]");
}

static void a3_nested_permissions(void **state)
{
	(void)state;
	assert_looks(
		AMD,
		"nroot n0; set g0.w0.pte p0; set n0.p0.pte A; enter; store w0; fetch w0; exit; "
		"set n0.p0.pte A/ro/nx; !tlbctl 3; enter; store w0 fresh; fetch w0 fresh; "
		"load w0 fresh; exit; set n0.p0.pte A; enter; store w0 fresh; fetch w0 fresh; exit",
		"[A]; [A]; [#NPF]; [#NPF]; [A]; [A]; [A]");
	assert_looks(
		AMD,
		"nroot n0; set g0.w0.pte p0; enter; load w0; exit; set n0.p0.pte A; enter; "
		"load w0 fresh; exit; set n0.p0.pte none; !tlbctl 1; enter; load w0 fresh; exit",
		"[#NPF]; [A]; [#NPF]");
	assert_looks(
		AMD,
		"nroot n0; set g0.w0.pte p0; set n0.p0.pte A; enter; store w0; exit; "
		"set n0.p0.pte A/na/nd; !tlbctl 3; enter; store w0; exit; bits n0.p0.pte fresh",
		"[A]; [A]; [a1d1]");
}

static void a4_tlb_control_1_for_l1(void **state)
{
	(void)state;
	assert_looks(
		AMD,
		"set h0.w0.pte A; load w0; set h0.w0.pte B; !tlbctl 1; enter; exit; load w0 fresh",
		"[A]; [B]");
	/* L2 writes L1's tables. */
	assert_looks(
		AMD,
		"set h0.w0.pte A; load w0; tlbctl 1; enter; set h0.w0.pte B; exit; load w0 fresh",
		"[A]; [B]");
}

static void a5_many_nested_roots(void **state)
{
	(void)state;
	assert_looks(AMD,
		     "set g0.w0.pte p0; set n0.p0.pte A; set n1.p0.pte B; set n2.p0.pte C; "
		     "set n3.p0.pte D; set n4.p0.pte E; repeat 2; "
		     "nroot n0; !tlbctl 3; enter; load w0 fresh; exit; "
		     "nroot n1; !tlbctl 3; enter; load w0 fresh; exit; "
		     "nroot n2; !tlbctl 3; enter; load w0 fresh; exit; "
		     "nroot n3; !tlbctl 3; enter; load w0 fresh; exit; "
		     "nroot n4; !tlbctl 3; enter; load w0 fresh; exit; end",
		     "[A]; [B]; [C]; [D]; [E]; [A]; [B]; [C]; [D]; [E]");
}

static void a6_nested_levels(void **state)
{
	(void)state;
	assert_looks(
		AMD,
		"nroot n0; set g0.w0.pte p0; set n0.p0.pte A; set n1.p0.pte B; enter; load w0; "
		"exit; set n0.p0.pde n1.p0.pt; !tlbctl 3; enter; load w0 fresh; exit; "
		"set n0.p0.pde C; !tlbctl 3; enter; load w0 fresh; exit; "
		"set n0.p0.pdpte A; !tlbctl 3; enter; load w0 fresh; exit; "
		"set n0.p0.pml4e n1.p0.pdpt; !tlbctl 3; enter; load w0 fresh; exit",
		"[A]; [B]; [C]; [A]; [B]");
}

static void a7_a_flush_under_another_root(void **state)
{
	(void)state;
	/* n1's own value is legal afterwards (same ASID), the one from before the flush is not. */
	assert_looks(
		AMD,
		"set g0.w0.pte p0; set n0.p0.pte A; set n1.p0.pte C; nroot n0; enter; load w0; "
		"exit; set n0.p0.pte B; nroot n1; !tlbctl 3; enter; exit; nroot n0; enter; "
		"load w0; exit",
		"[A]; [B] C");
	/* With the same frame there it is fresh. */
	assert_looks(
		AMD,
		"set g0.w0.pte p0; set n0.p0.pte A; set n1.p0.pte B; nroot n0; enter; load w0; "
		"exit; set n0.p0.pte B; nroot n1; !tlbctl 3; enter; exit; nroot n0; enter; "
		"load w0 fresh; exit",
		"[A]; [B]");
}

static void a8_a_flush_and_an_immediate_exit(void **state)
{
	(void)state;
	assert_looks(AMD,
		     "nroot n0; set g0.w0.pte p0; set n0.p0.pte A; enter; load w0; exit; "
		     "set n0.p0.pte B; !tlbctl 1; enter-pending; enter; load w0 fresh; exit",
		     "[A]; [B]");
}

static void a13_a14_invlpga(void **state)
{
	(void)state;
	assert_looks(AMD, "set h0.w0.pte A; load w0; set h0.w0.pte B; !invlpga w0 0; load w0 fresh",
		     "[A]; [B]");
	assert_looks(
		AMD,
		"set g0.w0.pte A; enter; load w0; exit; set g0.w0.pte B; !invlpga w0 1; enter; "
		"load w0 fresh; exit; set g0.w0.pte C; invlpga w0 2; enter; load w0 either; exit",
		"[A]; [B]; B [C]");
}

static void a17_one_cr3_for_both_levels(void **state)
{
	(void)state;
	assert_looks(
		AMD,
		"l2cr3 h0; set h0.w0.pte A; load w0; enter; load w0; exit; set h0.w0.pte B; "
		"!tag 2; enter; load w0 fresh; exit; load w0 either; !invlpg w0; load w0 fresh; "
		"set h0.w0.pte C; invlpg w0; enter; load w0 either; exit",
		"[A]; [A]; [B]; A [B]; [B]; B [C]");
	/* L2's global entries are not L1's. */
	assert_looks(
		AMD,
		"set g0.w0.pte A/g; set h0.w0.pte B/g; enter; load w0 fresh; exit; load w0 fresh",
		"[A]; [B]");
}

static void a18_no_value_crosses(void **state)
{
	(void)state;
	assert_both("set h0.w0.pte A; set g0.w0.pte B; repeat 3; load w0 fresh; enter; load w0 "
		    "fresh; exit; end",
		    "[A]; [B]; [A]; [B]; [A]; [B]");
}

static void a20_pge(void **state)
{
	(void)state;
	assert_both(
		"set h0.w0.pte A/g; load w0; set h0.w0.pte B/g; !pge off; !pge on; load w0 fresh",
		"[A]; [B]");
	assert_both("enter; set g0.w0.pte A/g; load w0; set g0.w0.pte B/g; !pge off; !pge on; "
		    "load w0 fresh; exit",
		    "[A]; [B]");
}

static void a26_l2s_flush_and_an_interrupt(void **state)
{
	(void)state;
	assert_both("enter; set g0.w0.pte A; load w0; set g0.w0.pte B; !invlpg w0 irq; enter; "
		    "load w0 fresh; exit",
		    "[A]; [B]");
}

static void c1_to_c5_linear_flushes(void **state)
{
	(void)state;
	assert_both("set h0.w0.pte A; load w0; set h0.w0.pte B; !invlpg w0; load w0 fresh",
		    "[A]; [B]");
	assert_both("set h0.w0.pte A; load w0; set h0.w0.pte B; !cr3 h0; load w0 fresh",
		    "[A]; [B]");
	assert_both("set h0.w0.pte A; load w0; cr3 h1; set h0.w0.pte B; cr3 h0; load w0 fresh",
		    "[A]; [B]");
	assert_both("set h0.w0.pte A; load w0; cr3 h1; cr3 h2; cr3 h3; cr3 h4; cr3 h5; set "
		    "h0.w0.pte B; "
		    "cr3 h0; load w0 fresh",
		    "[A]; [B]");
	assert_both(
		"set h0.w0.pte A/g; load w0; set h0.w0.pte B/g; pge off; cr3 h1; pge on; cr3 h0; "
		"load w0 fresh",
		"[A]; [B]");
}

static void e1_a_shootdown_while_l2_runs(void **state)
{
	(void)state;
	assert_looks(AMD,
		     "nroot n0; set g0.w0.pte p0; set n0.p0.pte A; enter; load w0; cpu 1; "
		     "set n0.p0.pte B; cpu 0; load w0 either; exit; !tlbctl 3; enter; load w0 "
		     "fresh; exit",
		     "[A]; A [B]; [B]");
}

/* The other vCPU has A and is in L1, or in L2 with a tag; then A must be gone, but L2's own. */
static void e5_a_flush_by_the_host(void **state)
{
	(void)state;
	assert_both("cpu 1; set h0.w0.pte A; load w0; cpu 0; set h0.w0.pte B; preempted 1; "
		    "!pv-flush 1; cpu 1; load w0 fresh",
		    "[A]; [B]");
	assert_both("cpu 1; set h0.w0.pte A/g; load w0; enter; cpu 0; set h0.w0.pte B/g; "
		    "!pv-flush 1; cpu 1; exit; load w0 fresh",
		    "[A]; [B]");
	assert_both(
		"cpu 1; pcide on; cr3 h0 pcid 1; set h0.w0.pte A; load w0; cr3 h1 pcid 2; "
		"cpu 0; set h0.w0.pte B; pv-flush 1; cpu 1; cr3 h0 pcid 1 noflush; load w0 fresh",
		"[A]; [B]");
	assert_both("cpu 1; set h0.w0.pte A; load w0; cpu 0; set h0.w0.pte B; preempted 1; "
		    "cpu 1; load w0 either",
		    "[A]; A [B]");
	assert_both("cpu 1; set g0.w0.pte A; enter; load w0; cpu 0; set g0.w0.pte B; pv-flush 1; "
		    "cpu 1; load w0 either; exit",
		    "[A]; A [B]");
	/* Of that vCPU only. */
	assert_both("set h0.w0.pte A; load w0; set h0.w0.pte B; pv-flush 1; load w0 either",
		    "[A]; A [B]");
}

/* What is under L1's tag then is L2's. */
static void e5_an_l2_without_a_tag(void **state)
{
	(void)state;
	assert_looks(VENDOR_INTEL,
		     "cpu 1; tag 0; set g0.w0.pte A; enter; load w0; cpu 0; set g0.w0.pte B; "
		     "pv-flush 1; cpu 1; load w0 either; exit",
		     "[A]; A [B]");
	assert_looks(VENDOR_INTEL,
		     "cpu 1; tag 0; set h0.w0.pte A; load w0; enter; cpu 0; set h0.w0.pte B; "
		     "pv-flush 1; cpu 1; exit; load w0 fresh",
		     "[A]; [B]");
}

int test_classes(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a1_a_new_asid),
		cmocka_unit_test(a2_tlb_control),
		cmocka_unit_test(a3_nested_permissions),
		cmocka_unit_test(a4_tlb_control_1_for_l1),
		cmocka_unit_test(a5_many_nested_roots),
		cmocka_unit_test(a6_nested_levels),
		cmocka_unit_test(a7_a_flush_under_another_root),
		cmocka_unit_test(a8_a_flush_and_an_immediate_exit),
		cmocka_unit_test(a13_a14_invlpga),
		cmocka_unit_test(a17_one_cr3_for_both_levels),
		cmocka_unit_test(a18_no_value_crosses),
		cmocka_unit_test(a20_pge),
		cmocka_unit_test(a26_l2s_flush_and_an_interrupt),
		cmocka_unit_test(c1_to_c5_linear_flushes),
		cmocka_unit_test(e1_a_shootdown_while_l2_runs),
		cmocka_unit_test(e5_a_flush_by_the_host),
		cmocka_unit_test(e5_an_l2_without_a_tag),
	};

	return cmocka_run_group_tests_name("bug classes", tests, NULL, NULL);
}
