/* SPDX-License-Identifier: MIT */
/* PCIDs, the modes that weigh permissions, ways to carry a step out: text, checks, oracle. */
#include "tests/unit/play.h"

#include <string.h>

#include "model/lang/caps.h"

static void same(const char *text)
{
	struct program program = parsed(text);
	char printed[512];

	program_print(&program, printed, sizeof(printed));
	assert_string_equal(printed, text);
}

static void refused(const char *text, unsigned column, const char *words)
{
	struct program program = room_for(text);
	struct program_error error;

	assert_false(program_parse(text, OP_LOAD, &program, &error));
	if (error.column != column || !strstr(error.text, words))
		fail_msg("%s: got %u: %s", text, error.column, error.text);
}

static void new_words_round_trip(void **state)
{
	(void)state;
	same("pcide on; cr3 h1 pcid 3; cr3 h0 noflush; cr3 h2 pcid 1 noflush; !pcide off");
	same("pcide on; invpcid 0 w1 pcid 2; invpcid 1 pcid 3; invpcid 2; invpcid 3");
	same("enter; pcide on; exit; l2cr3 g1 pcid 2");
	same("wp off; wp on; smep on; smap on; smap off; nxe off; nxe on");
	same("load w0 by user; fetch w0 by user fresh; store w1 by io; load w1 by fep either");
	same("!invlpg w0 by fep; !cr3 h0 by fep");
	same("set h0.w0.pte A by 4; set h0.w0.pte A by 1; set h0.w0.pte A by misaligned");
	same("set h0.w0.pte A by xchg; set h0.w0.pte A by cmpxchg; set h0.w0.pte A by stos");
	same("set h0.w0.pte A by movs; set h0.w0.pte M/ro by 16");
}

static void what_a_mode_forbids_is_refused(void **state)
{
	(void)state;
	refused("cr3 h0 pcid 1", 1, "pcide on");
	refused("cr3 h0 noflush", 1, "pcide on");
	refused("invpcid 0 w0 pcid 1", 1, "pcide on");
	refused("l2cr3 g0 pcid 1", 1, "pcide on");
	refused("cr3 h0 pcid 4", 13, "PCID, 0 to 3");
	refused("pcide on; cr3 h0 pcid 1; pcide off; pcide on", 37, "PCID 0");
	/* each level, and each VM, has its own */
	refused("pcide on; enter; cr3 g0 pcid 1; exit", 18, "pcide on");
	refused("enter; pcide on; exit; vm 1; enter; cr3 g1 pcid 1; exit", 37, "pcide on");
	refused("enter; nxe off; exit", 8, "L1's");
	refused("repeat 2; pcide on; end", 21, "modes");
	refused("repeat 2; enter; pcide on; exit; end", 34, "modes");
	refused("fetch w0 by io", 13, "no way");
	refused("set h0.w0.pte A by user", 20, "no way");
	refused("load w0 by 4", 12, "no way");
	refused("pge on by fep", 11, "no way");
	refused("set h0.w0.pde M", 1, "by a pte only");
	refused("set h0.w0.pte M; fetch w0", 18, "no code");
}

static void capabilities_follow(void **state)
{
	(void)state;
	assert_needs("pcide on", "pcid");
	assert_needs("smep on; smap on; load w0 by fep; set h0.w0.pte M", "smep,smap,fep,hole");
}

static void pcids_tag(void **state)
{
	(void)state;
	/* Another PCID's load leaves it, its own drops it. */
	assert_both("pcide on; set h0.w0.pte A; cr3 h0 pcid 1; load w0; set h0.w0.pte B; cr3 h0 "
		    "pcid 2; "
		    "cr3 h0 pcid 1 noflush; load w0",
		    "[A]; A [B]");
	assert_both("pcide on; set h0.w0.pte A; cr3 h0 pcid 1; load w0; set h0.w0.pte B; cr3 h0 "
		    "pcid 1; "
		    "load w0",
		    "[A]; [B]");
	/* A PCID that never saw the old page. */
	assert_both("pcide on; set h0.w0.pte A; load w0; set h0.w0.pte B; cr3 h0 pcid 1 noflush; "
		    "load w0",
		    "[A]; [B]");
	/* Global pages are every PCID's. */
	assert_both(
		"pcide on; set h0.w0.pte A/g; load w0; set h0.w0.pte B/g; cr3 h0 pcid 1; load w0",
		"[A]; A [B]");
	/* Setting PCIDE drops nothing, clearing it everything. */
	assert_both("set h0.w0.pte A; load w0; set h0.w0.pte B; pcide on; load w0", "[A]; A [B]");
	assert_both("pcide on; set h0.w0.pte A/g; load w0; set h0.w0.pte B/g; pcide off; load w0",
		    "[A]; [B]");
}

static void invpcid_reaches_its_pcid(void **state)
{
	(void)state;
#define LEFT "pcide on; set h0.w0.pte A; cr3 h0 pcid 1; load w0; cr3 h1 noflush; set h0.w0.pte B; "
#define BACK "; cr3 h0 pcid 1 noflush; load w0"
	assert_both(LEFT "invpcid 0 w0 pcid 1" BACK, "[A]; [B]");
	assert_both(LEFT "invpcid 0 w1 pcid 1" BACK, "[A]; A [B]");
	assert_both(LEFT "invpcid 0 w0" BACK, "[A]; A [B]");
	assert_both(LEFT "invpcid 1 pcid 1" BACK, "[A]; [B]");
	assert_both(LEFT "invpcid 1 pcid 2" BACK, "[A]; A [B]");
	assert_both(LEFT "invpcid 2" BACK, "[A]; [B]");
	assert_both(LEFT "invpcid 3" BACK, "[A]; [B]");
	assert_both(LEFT "invlpg w0" BACK, "[A]; A [B]");
#undef LEFT
#undef BACK
	/* INVVPID of an address is for all PCIDs. */
	assert_looks(
		VENDOR_INTEL,
		"set g0.w0.pte A; enter; pcide on; cr3 g0 pcid 1; load w0; exit; set g0.w0.pte B; "
		"invvpid 0 w0 1; enter; load w0; exit",
		"[A]; [B]");
}

static void modes_weigh_permissions(void **state)
{
	(void)state;
	assert_both(
		"set h0.w0.pte A/ro; store w0; wp off; store w0; store w0 by user; wp on; store w0",
		"[#PF]; [A]; [#PF]; [#PF]");
	assert_both(
		"set h0.w0.pte A; set h0.w1.pte B/s; smep on; fetch w0; fetch w1; fetch w0 by user",
		"[#PF]; [B]; [A]");
	assert_both(
		"set h0.w0.pte A; set h0.w1.pte B/s; smap on; load w0; load w1; load w0 by user; "
		"load w1 by user",
		"[#PF]; [B]; [A]; [#PF]");
	assert_both(
		"set h0.w0.pte A; set h0.w0.pde h0.w0.pt/s; invlpg w0; load w0 by user; load w0",
		"[#PF]; [A]");
	assert_looks(VENDOR_INTEL, "set h0.w0.pte A; load w0; set h0.w0.pte B; smep on; load w0",
		     "[A]; [B]");
	assert_looks(VENDOR_AMD, "set h0.w0.pte A; load w0; set h0.w0.pte B; smep on; load w0",
		     "[A]; A [B]");
}

static void an_msr_exits_or_not(void **state)
{
	(void)state;
	same("msr-exit on; enter; rdmsr fresh; exit; msr-exit off");
	refused("rdmsr", 1, "L2's");
	assert_both("enter; rdmsr; exit; msr-exit on; enter; rdmsr; exit; vm 1; enter; rdmsr; exit",
		    "[direct]; [exit]; [direct]");
}

static void nx_is_reserved_without_nxe(void **state)
{
	(void)state;
	assert_both("set h0.w0.pte A/nx; nxe off; load w0; nxe on; load w0; fetch w0",
		    "A [#PF]; [A]; [#PF]");
	assert_both("nxe off; set h0.w0.pte A/nx; load w0", "[#PF]");
	assert_both("set h0.w0.pte A/nx; load w0; nxe off; invlpg w0; load w0", "[A]; [#PF]");
	/* What was cached with NX: nobody says whether the bit counts. */
	assert_looks(VENDOR_AMD, "set h0.w0.pte A/nx; load w0; nxe off; fetch w0", "[A]; A [#PF]");
}

/* L1's, as L2 is entered: SVM's nested tables go by it, VMX's L2 has it for its own. */
static void nxe_of_l1_is_about_l2_too(void **state)
{
	static const char nested[] =
		"nroot n0; set g0.w0.pte p0; set n0.p0.pte A/nx; enter; load w0; exit;"
		"nxe off; tag 2; enter; load w0; exit; tag 1; enter; load w0; fetch w0; exit; "
		"nxe on; tag 3; enter; load w0; fetch w0; exit";
	static const char linear[] = "set g0.w0.pte A/nx; nxe off; enter; load w0; exit; nxe on; "
				     "tag 2; enter; load w0; exit";

	(void)state;
	assert_looks(VENDOR_AMD, nested, "[A]; [#NPF]; A [#NPF]; A [#NPF]; [A]; [#NPF]");
	assert_looks(VENDOR_INTEL, nested, "[A]; [A]; [A]; [#NPF]; [A]; [#NPF]");
	assert_looks(VENDOR_AMD, linear, "[A]; [A]");
	assert_looks(VENDOR_INTEL, linear, "[#PF]; [A]");
}

int test_access(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(new_words_round_trip),
		cmocka_unit_test(what_a_mode_forbids_is_refused),
		cmocka_unit_test(capabilities_follow),
		cmocka_unit_test(pcids_tag),
		cmocka_unit_test(invpcid_reaches_its_pcid),
		cmocka_unit_test(modes_weigh_permissions),
		cmocka_unit_test(an_msr_exits_or_not),
		cmocka_unit_test(nx_is_reserved_without_nxe),
		cmocka_unit_test(nxe_of_l1_is_about_l2_too),
	};

	return cmocka_run_group_tests_name("access", tests, NULL, NULL);
}
