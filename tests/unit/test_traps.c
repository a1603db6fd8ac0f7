/* SPDX-License-Identifier: MIT */
/*
 * The traps T1 … T24 of the catalogue: what a careless oracle would call a bug, or let pass.
 * Missing are those that the language cannot express (PCIDs T9, PDPTEs T14, clean bits T15, stores
 * that are not the CPU's T18, emulators T19, SMM and INIT T24).
 */
#include "tests/unit/play.h"

#include "model/lang/caps.h"

#define A_TO_B "set h0.w0.pte A; load w0; set h0.w0.pte B; "

static void t1_without_a_flush_both_are_legal(void **state)
{
	(void)state;
	assert_both(A_TO_B "load w0 either; store w0 either; fetch w0 either",
		    "[A]; A [B]; A [B]; A [B]");
}

static void t2_fresh_is_always_legal(void **state)
{
	struct player p = play(VENDOR_AMD, A_TO_B "load w0 either");

	(void)state;
	while (play_look(&p))
		assert_int_equal(play_saw(&p, p.look.current), JUDGED_CURRENT);
	play_end(&p);
}

static void t3_a_foreign_value_is_never_legal(void **state)
{
	struct player p = play(VENDOR_AMD, "set h0.w1.pte C; " A_TO_B "load w0 either");

	(void)state;
	play_look(&p);
	play_look(&p);
	assert_int_equal(play_saw(&p, RESULT_FRAME(2)), JUDGED_LEAK);
	assert_int_equal(play_saw(&p, RESULT_FRAME(7)), JUDGED_WILD);
	play_end(&p);
}

static void t4_fresh_then_stale_is_legal(void **state)
{
	struct player p = play(VENDOR_AMD, A_TO_B "load w0; load w0; load w0");

	(void)state;
	play_look(&p);
	play_look(&p);
	assert_int_equal(play_saw(&p, RESULT_FRAME(1)), JUDGED_CURRENT);
	play_look(&p);
	assert_int_equal(play_saw(&p, RESULT_FRAME(0)), JUDGED_RETAINED);
	play_look(&p);
	assert_int_equal(play_saw(&p, RESULT_FRAME(1)), JUDGED_CURRENT);
	play_end(&p);
}

static void t5_not_present_is_not_cached(void **state)
{
	(void)state;
	assert_both("load w0; set h0.w0.pte A; load w0 fresh", "[#PF]; [A]");
	assert_both("nroot n0; set g0.w0.pte p0; enter; load w0; exit; set n0.p0.pte A; enter; "
		    "load w0 fresh; exit",
		    "[#NPF]; [A]");
	/* What is present may be cached though nobody looked. */
	assert_both("set h0.w0.pte A; set h0.w0.pte B; load w0 either", "A [B]");
	/* But not by a level that did not run meanwhile. */
	assert_both("set g0.w0.pte A; set g0.w0.pte B; enter; load w0 fresh; exit", "[B]");
	/* C7: an upper entry from not present to present. */
	assert_both("set h0.w0.pde none; invlpg w0; set h1.w0.pte A; set h0.w0.pde h1.w0.pt; load "
		    "w0 fresh",
		    "[A]");
}

static void t6_upgrades_and_downgrades(void **state)
{
	(void)state;
	/* RO to RW: AMD walks again before it faults, Intel may fault once. */
	assert_looks(VENDOR_AMD, "set h0.w0.pte A/ro; load w0; set h0.w0.pte A; store w0 fresh",
		     "[A]; [A]");
	assert_looks(VENDOR_INTEL, "set h0.w0.pte A/ro; load w0; set h0.w0.pte A; store w0 either",
		     "[A]; [A] #PF");
	assert_looks(VENDOR_AMD, "set h0.w0.pte A/nx; load w0; set h0.w0.pte A; fetch w0 fresh",
		     "[A]; [A]");
	/* The same in an upper entry. */
	assert_looks(VENDOR_AMD,
		     "set h0.w0.pte A; set h0.w0.pde h0.w0.pt/ro; invlpg w0; load w0; "
		     "set h0.w0.pde h0.w0.pt; store w0 fresh",
		     "[A]; [A]");
	assert_looks(VENDOR_INTEL,
		     "set h0.w0.pte A; set h0.w0.pde h0.w0.pt/ro; invlpg w0; load w0; "
		     "set h0.w0.pde h0.w0.pt; store w0 either",
		     "[A]; [A] #PF");
	/* In the nested half. */
	assert_looks(
		VENDOR_AMD,
		"nroot n0; set g0.w0.pte p0; set n0.p0.pte A/ro; enter; load w0; store w0; exit; "
		"set n0.p0.pte A; enter; store w0 fresh; exit",
		"[A]; [#NPF]; [A]");
	assert_looks(VENDOR_INTEL,
		     "nroot n0; set g0.w0.pte p0; set n0.p0.pte A/ro; enter; load w0; exit; "
		     "set n0.p0.pte A; enter; store w0 either; exit",
		     "[A]; [A] #NPF");
	/* After its spurious fault Intel must succeed. */
	struct player p = play(
		VENDOR_INTEL,
		"set h0.w0.pte A/ro; load w0; set h0.w0.pte A; store w0 either; store w0 fresh");

	play_look(&p);
	play_look(&p);
	assert_int_equal(play_saw(&p, RESULT_PF), JUDGED_RETAINED);
	play_look(&p);
	assert_true(oracle_agrees(p.step, &p.look));
	play_end(&p);
	/* Downgrades need a flush. */
	assert_both("set h0.w0.pte A; store w0; set h0.w0.pte A/ro; store w0 either; invlpg w0; "
		    "store w0 fresh; load w0 fresh",
		    "[A]; A [#PF]; [#PF]; [A]");
	assert_both("set h0.w0.pte A; fetch w0; set h0.w0.pte A/nx; fetch w0 either; invlpg w0; "
		    "fetch w0 fresh; load w0 fresh",
		    "[A]; A [#PF]; [#PF]; [A]");
	assert_both("set h0.w0.pte A; load w0; set h0.w0.pte none; load w0 either; invlpg w0; load "
		    "w0 fresh",
		    "[A]; A [#PF]; [#PF]");
}

static void t7_invlpg_after_an_upper_edit(void **state)
{
	(void)state;
	/* Both windows' page tables are exchanged: INVLPG of w0 leaves w1's translation. */
	assert_both("set h0.w0.pte A; set h0.w1.pte A; set h1.w0.pte B; set h1.w1.pte B; load w0; "
		    "load w1; "
		    "set h0.w0.pde h1.w0.pt; set h0.w1.pde h1.w1.pt; invlpg w0; load w0 fresh; "
		    "load w1 either; invlpg w1; load w1 fresh",
		    "[A]; [A]; [B]; A [B]; [B]");
}

#define GLOBAL "set h0.w0.pte A/g; load w0; set h0.w0.pte B/g; "

static void t8_what_globals_survive(void **state)
{
	(void)state;
	assert_both(GLOBAL "cr3 h0; load w0 either", "[A]; A [B]");
	assert_both(GLOBAL "invpcid 0 w0; invpcid 1; invpcid 3; load w0 either", "[A]; A [B]");
	assert_looks(VENDOR_AMD,
		     "set g0.w0.pte A/g; enter; load w0; exit; set g0.w0.pte B/g; tlbctl 7; enter; "
		     "load w0 either; exit",
		     "[A]; A [B]");
	assert_both(GLOBAL "invlpg w0; load w0 fresh", "[A]; [B]");
	assert_both(GLOBAL "pge off; load w0 fresh", "[A]; [B]");
}

#define NESTED                                                                \
	"nroot n0; set g0.w0.pte p0; set n0.p0.pte A; enter; load w0; exit; " \
	"set n0.p0.pte B; "

static void t10_amd_nested_edits_need_a_flush_of_the_tag(void **state)
{
	(void)state;
	assert_looks(VENDOR_AMD, NESTED "enter; load w0 either; exit", "[A]; A [B]");
	assert_looks(VENDOR_AMD, NESTED "nroot n1; set n1.p0.pte C; enter; load w0 either; exit",
		     "[A]; A B [C]");
	assert_looks(VENDOR_AMD, NESTED "invlpga w0 1; enter; load w0 either; exit", "[A]; A [B]");
	assert_looks(VENDOR_AMD, NESTED "tlbctl 7; enter; load w0 either; exit", "[A]; A [B]");
	assert_looks(VENDOR_AMD, NESTED "tlbctl 3; enter; load w0 fresh; exit", "[A]; [B]");
}

static void t11_l1s_entries_survive_amds_transitions(void **state)
{
	(void)state;
	assert_looks(VENDOR_AMD, A_TO_B "tlbctl 3; enter; exit; load w0 either", "[A]; A [B]");
	assert_looks(VENDOR_AMD, A_TO_B "tlbctl 1; enter; exit; load w0 fresh", "[A]; [B]");
}

static void t12_intel_nested_mappings(void **state)
{
	(void)state;
	assert_looks(VENDOR_INTEL,
		     NESTED
		     "tag 2; enter; invlpg w0; cr3 g0; pge off; pge on; load w0 either; exit; "
		     "tag 0; enter; load w0 either; exit",
		     "[A]; A [B]; A [B]");
	/* Another EP4TA never hits. */
	assert_looks(VENDOR_INTEL, NESTED "nroot n1; set n1.p0.pte C; enter; load w0 fresh; exit",
		     "[A]; [C]");
}

static void t12_an_ept_violation_drops_its_page(void **state)
{
	struct player p = play(VENDOR_INTEL,
			       "nroot n0; set g0.w0.pte p0; set n0.p0.pte A; enter; load w0; "
			       "exit; set n0.p0.pte B/ro; enter; store w0; load w0 fresh; exit");

	(void)state;
	play_look(&p);
	play_saw(&p, RESULT_FRAME(0));
	play_look(&p);
	/* A stale walk could still store to A, and the new one violates. */
	assert_int_equal(p.look.legal, RESULT_FRAME(0) | RESULT_NPF);
	assert_int_equal(play_saw(&p, RESULT_NPF), JUDGED_CURRENT);
	play_look(&p);
	/* Whatever led there, the page was p0. */
	assert_int_equal(p.look.legal, RESULT_FRAME(1));
	play_end(&p);
	assert_looks(VENDOR_INTEL,
		     "nroot n0; set g0.w0.pte p0; set n0.p0.pte A/ro; enter; store w0; exit; "
		     "set n0.p0.pte B; enter; store w0 either; exit",
		     "[#NPF]; [B] #NPF");
}

static void t13_vpid_entries_survive_transitions(void **state)
{
	(void)state;
	assert_looks(VENDOR_INTEL,
		     "set g0.w0.pte A; enter; load w0; exit; set g0.w0.pte B; enter; load w0 "
		     "either; exit",
		     "[A]; A [B]");
	assert_looks(VENDOR_INTEL, A_TO_B "enter; exit; load w0 either", "[A]; A [B]");
}

static void t16_tlb_control_3_and_7_need_a_capability(void **state)
{
	(void)state;
	assert_needs("tlbctl 3; enter; exit", "hv,tlb-control,flush-by-asid");
}

#define SEEN_IN_L2 "set g0.w0.pte A; enter; load w0; exit; set g0.w0.pte B; "

static void t17_an_entry_that_fails_flushes_nothing(void **state)
{
	(void)state;
	assert_both(SEEN_IN_L2 "enter-failing; enter; load w0 either; exit", "[A]; A [B]");
	assert_both(SEEN_IN_L2 "tag 2; enter-failing cr0; enter; load w0 fresh; exit", "[A]; [B]");
	/* L1 finds TLB_CONTROL as it was. */
	assert_looks(VENDOR_AMD,
		     SEEN_IN_L2 "tlbctl 3; enter-failing tag; enter; load w0 fresh; exit",
		     "[A]; [B]");
	/* KVM alone refuses that one: a processor may have looked around under the new ASID. */
	assert_looks(
		VENDOR_AMD,
		"set g0.w0.pte A; tag 2; enter-failing; set g0.w0.pte B; enter; load w0 either; "
		"exit",
		"A [B]");
	assert_both("hv off; hv on; " SEEN_IN_L2 "hv off; hv on; enter; load w0 either; exit",
		    "[A]; A [B]");
}

static void page_faults_that_leave_l2(void **state)
{
	(void)state;
	assert_both("pf-exit on; load w0; enter; load w0; exit; vm 1; enter; load w0; exit",
		    "[#PF]; [exit]; [#PF]");
	assert_looks(VENDOR_INTEL, "pf-exit writes; enter; load w0; store w0; exit",
		     "[#PF]; [exit]");
	/* It drops nothing: SDM vol. 3, 5.10.4.1 speaks of faults that are delivered. */
	assert_both("set g0.w0.pte A/ro; pf-exit on; enter; load w0; set g0.w0.pte B/ro; store w0; "
		    "load w0 either; exit",
		    "[A]; [exit]; A [B]");
}

static void nothing_outlives_paging(void **state)
{
	(void)state;
	assert_both(
		"bare 32; enter; set g0.w0.pte A; load w0; set g0.w0.pte B; invlpg w1 by unpaged; "
		"load w0 fresh; exit",
		"[A]; [B]");
}

static void execute_only_pages_are_not_read(void **state)
{
	(void)state;
	assert_looks(VENDOR_INTEL,
		     "nroot n0; set g0.w0.pte p0; set n0.p0.pte A/xo; enter; load w0; store w0; "
		     "fetch w0; exit",
		     "[#NPF]; [#NPF]; [A]");
}

static void t20_dirty_is_never_speculative(void **state)
{
	(void)state;
	assert_both("set h0.w0.pte A/na/nd; bits h0.w0.pte either; load w0; bits h0.w0.pte fresh",
		    "[a0d0] a1d0; [A]; [a1d0]");
}

static void t21_each_kind_of_look_is_judged_alike(void **state)
{
	(void)state;
	assert_both(A_TO_B "invlpg w0; load w0 fresh; fetch w0 fresh; store w0 fresh",
		    "[A]; [B]; [B]; [B]");
	/* Permissions tell them apart. */
	assert_both("set h0.w0.pte A/ro/nx; load w0; store w0; fetch w0", "[A]; [#PF]; [#PF]");
	assert_both("set h0.w0.pde h0.w0.pt/nx; invlpg w0; set h0.w0.pte A/ro; load w0; store w0; "
		    "fetch w0",
		    "[A]; [#PF]; [#PF]");
	assert_both("nroot n0; set g0.w0.pte p0/ro; set n0.p0.pte A/nx; enter; load w0; store w0; "
		    "fetch w0; exit",
		    "[A]; [#PF]; [#NPF]");
}

static void t22_a_fault_may_invalidate(void **state)
{
	/* The old leaf was RO, the new one is, too: the store faults, and Intel forgets the old
	 * one. */
	static const char text[] =
		"set h0.w0.pte A/ro; load w0; set h0.w0.pte B/ro; store w0 fresh; load w0";

	(void)state;
	assert_looks(VENDOR_INTEL, text, "[A]; [#PF]; [B]");
	assert_looks(VENDOR_AMD, text, "[A]; [#PF]; A [B]");
}

static void t23_flushes_are_per_cpu(void **state)
{
	(void)state;
	assert_both("set h0.w0.pte A; load w0; cpu 1; load w0; set h0.w0.pte B; invlpg w0; load w0 "
		    "fresh; "
		    "cpu 0; load w0 either; invlpg w0; load w0 fresh",
		    "[A]; [A]; [B]; A [B]; [B]");
	assert_both("cpu 1; pge off; cpu 0; set h0.w0.pte A/g; load w0; set h0.w0.pte B/g; cr3 h0; "
		    "load w0 either; cpu 1; cr3 h0; load w0 fresh",
		    "[A]; A [B]; [B]");
	/* An edit behind the back of an L2 that runs. */
	assert_both(
		"set g0.w0.pte A; enter; load w0; cpu 1; set g0.w0.pte B; cpu 0; load w0 either; "
		"invlpg w0; load w0 fresh; exit",
		"[A]; A [B]; [B]");
}

int test_traps(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t1_without_a_flush_both_are_legal),
		cmocka_unit_test(t2_fresh_is_always_legal),
		cmocka_unit_test(t3_a_foreign_value_is_never_legal),
		cmocka_unit_test(t4_fresh_then_stale_is_legal),
		cmocka_unit_test(t5_not_present_is_not_cached),
		cmocka_unit_test(t6_upgrades_and_downgrades),
		cmocka_unit_test(t7_invlpg_after_an_upper_edit),
		cmocka_unit_test(t8_what_globals_survive),
		cmocka_unit_test(t10_amd_nested_edits_need_a_flush_of_the_tag),
		cmocka_unit_test(t11_l1s_entries_survive_amds_transitions),
		cmocka_unit_test(t12_intel_nested_mappings),
		cmocka_unit_test(t12_an_ept_violation_drops_its_page),
		cmocka_unit_test(t13_vpid_entries_survive_transitions),
		cmocka_unit_test(t16_tlb_control_3_and_7_need_a_capability),
		cmocka_unit_test(t17_an_entry_that_fails_flushes_nothing),
		cmocka_unit_test(page_faults_that_leave_l2),
		cmocka_unit_test(nothing_outlives_paging),
		cmocka_unit_test(execute_only_pages_are_not_read),
		cmocka_unit_test(t20_dirty_is_never_speculative),
		cmocka_unit_test(t21_each_kind_of_look_is_judged_alike),
		cmocka_unit_test(t22_a_fault_may_invalidate),
		cmocka_unit_test(t23_flushes_are_per_cpu),
	};

	return cmocka_run_group_tests_name("traps", tests, NULL, NULL);
}
