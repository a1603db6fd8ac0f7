/* SPDX-License-Identifier: MIT */
/* Accessed and dirty bits in memory: what hardware may set, what it must have set. */
#include "tests/unit/play.h"

static void a_rewrite_settles_both(void **state)
{
	(void)state;
	assert_both("bits h0.w0.pte fresh; bits h0.w0.pde fresh", "[a0d0]; [a1d1]");
	assert_both(
		"set g0.w0.pte A; bits g0.w0.pte fresh; set g0.w0.pte A/na; bits g0.w0.pte fresh; "
		"set g0.w0.pte A/nd; bits g0.w0.pte fresh; set g0.w0.pte A/na/nd; "
		"bits g0.w0.pte fresh; set g0.w0.pte none; bits g0.w0.pte fresh",
		"[a1d1]; [a0d1]; [a1d0]; [a0d0]; [a0d0]");
}

static void accessed_may_be_set_by_speculation(void **state)
{
	(void)state;
	/* T20. L1 runs on h0: it may walk there at any time; nobody runs on h1. */
	assert_both("set h0.w0.pte A/na; bits h0.w0.pte either", "[a0d1] a1d1");
	assert_both("set h1.w0.pte A/na; bits h1.w0.pte fresh", "[a0d1]");
	assert_both(
		"set g0.w0.pte A/na; bits g0.w0.pte fresh; enter-pending; bits g0.w0.pte either",
		"[a0d1]; [a0d1] a1d1");
	/* Upper levels, too, even if they lead nowhere. */
	assert_both("set h0.w0.pde h0.w0.pt/na; bits h0.w0.pde either", "[a0d1] a1d1");
}

static void a_look_sets_accessed(void **state)
{
	(void)state;
	assert_both("set h0.w0.pte A/na; load w0; bits h0.w0.pte fresh", "[A]; [a1d1]");
	assert_both("set h0.w0.pde h0.w0.pt/na; set h0.w0.pte A/na; invlpg w0; fetch w0; "
		    "bits h0.w0.pte fresh; bits h0.w0.pde fresh",
		    "[A]; [a1d1]; [a1d1]");
	/* A look that something cached may serve need not. */
	assert_both("set h0.w0.pte A; load w0; set h0.w0.pte A/na; load w0; bits h0.w0.pte either",
		    "[A]; [A]; a0d1 [a1d1]");
	assert_both("set h0.w0.pte A; load w0; set h0.w0.pde h0.w0.pt/na; load w0; bits h0.w0.pde "
		    "either",
		    "[A]; [A]; a0d1 [a1d1]");
	assert_both("set h0.w0.pte A/g; load w0; cr3 h1; set h1.w0.pte A/na; load w0; "
		    "bits h1.w0.pte either",
		    "[A]; [A]; a0d1 [a1d1]");
	/* C11: the same with the flush must. */
	assert_both("set h0.w0.pte A; load w0; set h0.w0.pte A/na; invlpg w0; load w0; "
		    "bits h0.w0.pte fresh",
		    "[A]; [A]; [a1d1]");
}

static void only_stores_set_dirty(void **state)
{
	(void)state;
	assert_both("set h0.w0.pte A/nd; load w0; fetch w0; bits h0.w0.pte fresh; store w0; "
		    "bits h0.w0.pte fresh",
		    "[A]; [A]; [a1d0]; [A]; [a1d1]");
	/* A cached copy that is dirty may hide the bit that was cleared in memory. */
	assert_both(
		"set h0.w0.pte A; store w0; set h0.w0.pte A/nd; store w0; bits h0.w0.pte either; "
		"set h0.w0.pte A/nd; invlpg w0; store w0; bits h0.w0.pte fresh",
		"[A]; [A]; a1d0 [a1d1]; [A]; [a1d1]");
	/* One that is denied does not: L1 may have read the entry, no more. */
	assert_both("set h0.w0.pte A/nd/na/ro; store w0; bits h0.w0.pte", "[#PF]; [a0d0] a1d0");
	assert_both("set h0.w0.pte A/nd/s; store w0 by user; bits h0.w0.pte", "[#PF]; [a1d0]");
	assert_both("nroot n0 ad; set g0.w0.pte p0/nd; set n0.p0.pte A/nd/ro; enter; store w0; "
		    "bits n0.p0.pte; bits g0.w0.pte; exit",
		    "[#NPF]; [a1d0]; [a1d0] a1d1");
	assert_both("nroot n0 ad; set g0.w0.pte p0/nd/ro; set n0.p0.pte A/nd; enter; store w0; "
		    "bits n0.p0.pte; bits g0.w0.pte; exit",
		    "[#PF]; [a1d0]; [a1d0]");
	/* But what was writable may be cached so, and then the entry is dirtied as it is now. */
	assert_both("set h0.w0.pte A/nd; load w0; set h0.w0.pte A/nd/ro; store w0; bits h0.w0.pte",
		    "[A]; A [#PF]; [a1d0] a1d1");
	assert_both("nroot n0 ad; set g0.w0.pte p0; set n0.p0.pte A/nd; enter; load w0; exit; "
		    "set n0.p0.pte A/nd/ro; enter; store w0; bits n0.p0.pte; exit",
		    "[A]; A [#NPF]; [a1d0] a1d1");
}

static void nested_entries_have_bits_too(void **state)
{
	(void)state;
	/* `ad`: on Intel only then; AMD has them always. */
	assert_both("nroot n0 ad; set g0.w0.pte p0; set n0.p0.pte A/na/nd; bits n0.p0.pte fresh; "
		    "enter; "
		    "load w0; bits n0.p0.pte fresh; store w0; bits n0.p0.pte fresh; exit",
		    "[a0d0]; [A]; [a1d0]; [A]; [a1d1]");
	assert_both("nroot n0; set g0.w0.pte p0/na/nd; set n0.p0.pte A; enter; store w0; "
		    "bits g0.w0.pte fresh; exit",
		    "[A]; [a1d1]");
	/* What nested entries are cached may serve. */
	assert_both("nroot n0 ad; set g0.w0.pte p0; set n0.p0.pte A; enter; store w0; exit; "
		    "set n0.p0.pte A/na/nd; enter; store w0; bits n0.p0.pte either; exit",
		    "[A]; [A]; a0d0 a1d0 a0d1 [a1d1]");
	assert_looks(VENDOR_AMD,
		     "nroot n0; set g0.w0.pte p0; set n0.p0.pte A; enter; store w0; exit; "
		     "set n0.p0.pte A/na/nd; tlbctl 3; enter; store w0; bits n0.p0.pte fresh; exit",
		     "[A]; [A]; [a1d1]");
	/* Intel: the same EP4TA's, so another one has the bits set. */
	assert_looks(
		VENDOR_INTEL,
		"nroot n0; set g0.w0.pte p0; set n0.p0.pte A; enter; store w0; exit; nroot n1 ad; "
		"set n1.p0.pte A/na/nd; enter; store w0; bits n1.p0.pte fresh; exit",
		"[A]; [A]; [a1d1]");
}

static void tables_that_are_shared_share_bits(void **state)
{
	(void)state;
	/* w1's walk ends in w0's table. */
	assert_both("set h0.w1.pde h0.w0.pt; invlpg w1; set h0.w0.pte A/na; load w1; bits "
		    "h0.w0.pte fresh",
		    "[A]; [a1d1]");
	/* A rewrite there makes what is cached of either window old. */
	assert_both(
		"set h0.w1.pde h0.w0.pt; invlpg w1; set h0.w0.pte A; load w1; set h0.w0.pte A/na; "
		"load w1; bits h0.w0.pte either",
		"[A]; [A]; a0d1 [a1d1]");
	assert_both("set n0.p1.pde n0.p0.pt; nroot n0; set g0.w0.pte p1; set n0.p0.pte A; enter; "
		    "load w0; "
		    "set n0.p0.pte B; load w0; exit",
		    "[A]; A [B]");
}

int test_bits(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rewrite_settles_both),
		cmocka_unit_test(accessed_may_be_set_by_speculation),
		cmocka_unit_test(a_look_sets_accessed),
		cmocka_unit_test(only_stores_set_dirty),
		cmocka_unit_test(nested_entries_have_bits_too),
		cmocka_unit_test(tables_that_are_shared_share_bits),
	};

	return cmocka_run_group_tests_name("accessed and dirty bits", tests, NULL, NULL);
}
