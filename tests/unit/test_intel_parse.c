/* SPDX-License-Identifier: MIT */
/* VMX's steps: their text, what is wrong with it, what they ask of a host. */
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

static void every_verb_round_trips(void **state)
{
	(void)state;
	same("invvpid 0 w3 7; !invvpid 1 1; invvpid 2; invvpid 3 2");
	same("invept 1 n5; !invept 1 n0 ad; invept 2");
	same("vmx-cycle; vmx-cycle");
	same("nroot n0 ad; enter; vmfunc n1; !vmfunc n2 ad; exit; nroot n3; nroot none");
	same("tag 0");
}

static void arguments_are_kept(void **state)
{
	struct program program = parsed("invvpid 0 w3 7; invept 1 n5 ad; nroot n4 ad; nroot n4");

	(void)state;
	assert_int_equal(program.step[0].type, 0);
	assert_int_equal(program.step[0].window, 3);
	assert_int_equal(program.step[0].tag, 7);
	assert_int_equal(program.step[1].type, 1);
	assert_int_equal(program.step[1].root.nr, 5);
	assert_int_equal(program.step[1].arg, 1);
	assert_int_equal(program.step[2].arg, 1);
	assert_int_equal(program.step[3].arg, 0);
}

static void is_wrong(const char *text, unsigned column, const char *words)
{
	struct program program = room_for(text);
	struct program_error error;

	if (program_parse(text, OP_LOAD, &program, &error))
		fail_msg("'%s' was accepted", text);
	if (error.column != column || !strstr(error.text, words))
		fail_msg("'%s': expected %u: …%s…, got %u: %s", text, column, words, error.column,
			 error.text);
}

static void errors_name_their_column(void **state)
{
	(void)state;
	is_wrong("invvpid", 8, "expected a type of INVVPID");
	is_wrong("invvpid 4 1", 9, "expected a type of INVVPID");
	is_wrong("invvpid 0 1", 11, "expected a window");
	is_wrong("invvpid 0 w0", 13, "INVVPID takes a tag");
	is_wrong("invvpid 1 0", 11, "INVVPID takes a tag, 1 to 7, not '0'");
	is_wrong("invvpid 1", 10, "INVVPID takes a tag");
	is_wrong("invvpid 2 1", 11, "expected ';'");
	is_wrong("invept 0", 8, "expected a type of INVEPT");
	is_wrong("invept 1 none", 10, "expected a nested root, n0 to n5");
	is_wrong("invept 2 n0", 10, "expected ';'");
	is_wrong("nroot none ad", 12, "expected ';'");
	is_wrong("nroot n0 ae", 10, "expected ';'");
	is_wrong("nroot", 6, "expected a nested root, n0 to n5, or none");
	is_wrong("enter; vmfunc g0; exit", 15, "expected a nested root");
	is_wrong("vmfunc n0", 1, "this step is L2's");
	is_wrong("enter; vmx-cycle; exit", 8, "this step is L1's");
	is_wrong("enter; invept 2; exit", 8, "this step is L1's");
	is_wrong("enter; invvpid 2; exit", 8, "this step is L1's");
	is_wrong("!vmx-cycle", 1, "'!' marks a flush");
}

static void needs_are_seen(void **state)
{
	(void)state;
	assert_needs("invvpid 0 w0 1", "hv,vmx,invvpid-0");
	assert_needs("invvpid 1 1", "hv,vmx,invvpid-1");
	assert_needs("invvpid 2", "hv,vmx,invvpid-2");
	assert_needs("invvpid 3 1", "hv,vmx,invvpid-3");
	assert_needs("invept 1 n0", "hv,vmx,invept-1");
	assert_needs("invept 2", "hv,vmx,invept-2");
	assert_needs("vmx-cycle", "hv,vmx");
	assert_needs("tag 0", "hv,untagged");
	assert_needs("nroot n0 ad", "hv,nested-paging,ept-ad");
	assert_needs("enter; vmfunc n0; exit", "hv,nested-paging,vmx,vmfunc");
	assert_needs("enter; vmfunc n0 ad; exit", "hv,nested-paging,vmx,ept-ad,vmfunc");
}

int test_intel_parse(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_verb_round_trips),
		cmocka_unit_test(arguments_are_kept),
		cmocka_unit_test(errors_name_their_column),
		cmocka_unit_test(needs_are_seen),
	};

	return cmocka_run_group_tests_name("text of VMX's steps", tests, NULL, NULL);
}
