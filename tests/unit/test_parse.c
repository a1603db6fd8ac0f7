/* SPDX-License-Identifier: MIT */
/* The text form: what is read is what is written; what is wrong is found where it is wrong. */
#include "tests/unit/play.h"

#include <string.h>

#include "model/lang/text.h"

static void reads_as(const char *text, enum op look, const char *canonical)
{
	struct program program = room_for(text);
	struct program_error error;
	char printed[512];
	size_t len;

	if (!program_parse(text, look, &program, &error))
		fail_msg("%s: %u: %s", text, error.column, error.text);
	assert_int_equal(error.column, 0);
	len = program_print(&program, printed, sizeof(printed));
	assert_string_equal(printed, canonical);
	assert_int_equal(len, strlen(canonical));
}

static void same(const char *text)
{
	reads_as(text, OP_LOAD, text);
}

static void every_verb_round_trips(void **state)
{
	(void)state;
	same("load w0");
	same("store w1 fresh");
	same("fetch w3 either");
	same("bits n0.p1.pdpte fresh");
	same("set h5.w3.pml4e none");
	same("cr3 h1");
	same("!invlpg w2");
	same("invpcid 0 w1; invpcid 1; invpcid 2; invpcid 3");
	same("!pge off; !pge on");
	same("tag 7; vm 1; tag 0");
	same("l2cr3 g5; l2cr3 h0");
	same("nroot n5; nroot none");
	same("tlbctl 1; tlbctl 3; tlbctl 7");
	same("invlpga w3 7");
	same("enter; exit; enter-pending; enter-halted; enter-failing; enter-failing cr0");
	same("hv off; hv on; vm 3");
	same("pf-exit on; pf-exit writes; pf-exit off");
	same("nroot n0 pcd; nroot n0 ad; set n0.p0.pte A/na/xo");
	same("bare 32; enter; invlpg w0 by unpaged; exit");
	same("enter; !invlpg w0 irq; enter; !cr3 g1 irq; enter; !invpcid 2 irq; enter; !pge off "
	     "irq");
	same("cpu 3; cpu 0");
	same("preempted 1; !pv-flush 3");
	same("pcpu 3; enter; pcpu 0 irq");
	same("repeat 10000; load w0; end; repeat 1; end");
	same("!enter; !exit");
}

static void every_value_round_trips(void **state)
{
	(void)state;
	same("set h0.w0.pte A; set h0.w0.pte M");
	same("set g0.w1.pde B/ro/nx/g/s/na/nd");
	same("set g3.w2.pdpte p3/na");
	same("set n2.p3.pde C/ro/nx/na/nd");
	same("set g0.w1.pde g5.w2.pt; set g0.w1.pdpte g1.w1.pd; set g0.w1.pml4e g1.w1.pdpt/ro/s");
	same("set n0.p1.pml4e n1.p1.pdpt");
	reads_as("set h0.w0.pte A/nd/na/s/g/nx/ro", OP_LOAD, "set h0.w0.pte A/ro/nx/g/s/na/nd");
}

static void blanks_and_marks_are_free(void **state)
{
	(void)state;
	reads_as("load w0;", OP_LOAD, "load w0");
	reads_as("\t load\n w0 ;\r\n! invlpg w1;  ", OP_LOAD, "load w0; !invlpg w1");
	reads_as("load w0;!invlpg w1;load w2", OP_LOAD, "load w0; !invlpg w1; load w2");
}

static void look_stands_for_a_look(void **state)
{
	struct program program = room_for("load w0; look w0");
	struct program_error error;

	(void)state;
	reads_as("look w0 fresh", OP_LOAD, "load w0 fresh");
	reads_as("look w0", OP_STORE, "store w0");
	reads_as("look w0", OP_FETCH, "fetch w0");
	assert_false(program_parse("load w0; look w0", OP_BITS, &program, &error));
	assert_int_equal(error.column, 10);
}

static void steps_know_their_columns(void **state)
{
	struct program program = parsed("load w0;  !invlpg w1;store w2");

	(void)state;
	assert_int_equal(program.nr_steps, 3);
	assert_int_equal(program.step[0].column, 1);
	assert_int_equal(program.step[1].column, 11);
	assert_int_equal(program.step[2].column, 22);
}

static void printing_stops_at_the_end_of_the_buffer(void **state)
{
	struct program program = parsed("load w0; store w1");
	char text[8] = "xxxxxxx";

	(void)state;
	assert_int_equal(program_print(&program, NULL, 0), 17);
	assert_int_equal(program_print(&program, text, 1), 17);
	assert_string_equal(text, "");
	assert_int_equal(program_print(&program, text, 5), 17);
	assert_string_equal(text, "load");
	assert_int_equal(text[5], 'x');
	assert_int_equal(step_print(&program.step[1], text, sizeof(text)), 8);
	assert_string_equal(text, "store w");
}

static void numbers_print(void **state)
{
	char text[16];
	struct text t = text_start(text, sizeof(text));

	(void)state;
	text_number(&t, UINT32_MAX);
	text_number(&t, 0);
	assert_string_equal(text, "42949672950");
}

struct wrong {
	const char *text;
	unsigned column;
	const char *words;
};

static void is_wrong(const struct wrong *wrong, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		struct program program = room_for(wrong[i].text);
		struct program_error error;

		if (program_parse(wrong[i].text, OP_LOAD, &program, &error))
			fail_msg("'%s' was accepted", wrong[i].text);
		if (error.column != wrong[i].column || !strstr(error.text, wrong[i].words))
			fail_msg("'%s': expected %u: …%s…, got %u: %s", wrong[i].text,
				 wrong[i].column, wrong[i].words, error.column, error.text);
	}
}
#define IS_WRONG(list) is_wrong(list, sizeof(list) / sizeof(*(list)))

static void grammar_errors_name_their_column(void **state)
{
	static const struct wrong wrong[] = {
		{"", 1, "expected a step such as 'load w0', not the end"},
		{"   ", 4, "not the end"},
		{";", 1, "not ';'"},
		{"load w0;;", 9, "not ';'"},
		{"!", 2, "not the end"},
		{"jump w0", 1, "not 'jump'"},
		{"LOAD w0", 1, "not 'LOAD'"},
		{"load\x01 w0", 1, "not 'load?'"},
		{"averyveryverylongwordindeed", 1, "'averyveryverylongwor...'"},
		{"load", 5, "expected a window, w0 to w3, not the end"},
		{"load w4", 6, "expected a window"},
		{"load p0", 6, "expected a window"},
		{"load w", 6, "expected a window"},
		{"load w00", 6, "expected a window"},
		{"load w0 w1", 9, "expected ';'"},
		{"load w0 fresh either", 15, "expected ';'"},
		{"load w0 irq", 9, "only a flush or 'pcpu' in L2 takes 'irq'"},
		{"enter; exit irq", 13, "only a flush or 'pcpu' in L2 takes 'irq'"},
		{"invlpg w0 fresh", 11, "only a look has an expected result"},
		{"set h0.w0.pte A either", 17, "only a look"},
		{"!load w0", 1, "'!' marks a flush"},
		{" ! set h0.w0.pte A", 2, "'!' marks a flush"},
		{"!repeat 3; end", 1, "'!' marks a flush"},
		{"!!invlpg w0", 2, "not '!'"},
	};

	(void)state;
	IS_WRONG(wrong);
}

static void argument_errors_name_their_column(void **state)
{
	static const struct wrong wrong[] = {
		{"bits", 5, "expected an entry"},
		{"bits x0.w0.pte", 6, "expected an entry"},
		{"bits h6.w0.pte", 6, "expected an entry"},
		{"bits h0", 6, "expected an entry"},
		{"bits h0.p0.pte", 6, "expected an entry"},
		{"bits n0.w0.pte", 6, "expected an entry"},
		{"bits h0.w4.pte", 6, "expected an entry"},
		{"bits h0.w0pte", 6, "expected an entry"},
		{"bits h0.w0.pt", 6, "expected an entry"},
		{"bits h0.w0.pml6e", 6, "expected an entry"},
		{"bits h0.w0.ptes", 6, "expected an entry"},
		{"set h0.w0.pte", 14, "expected none, a frame, a window or a table, not the end"},
		{"set h0.w0.pte I", 15, "expected none, a frame"},
		{"set h0.w0.pte AB", 15, "expected none, a frame"},
		{"set h0.w0.pte p4", 15, "expected none, a frame"},
		{"set h0.w0.pte none/ro", 15, "expected none, a frame"},
		{"set h0.w0.pde h0.w0.pte", 15, "expected none, a frame"},
		{"set h0.w0.pde h0.w0.pml5", 15, "expected none, a frame"},
		{"set h0.w0.pte A/rw", 15, "expected flags"},
		{"set h0.w0.pte A/", 15, "expected flags"},
		{"set h0.w0.pte A/ro/ro", 15, "expected flags"},
		{"set h0.w0.pte A/nxx", 15, "expected flags"},
		{"cr3 n0", 5, "expected a linear root"},
		{"cr3 h0x", 5, "expected a linear root"},
		{"cr3 3", 5, "expected a linear root"},
		{"nroot g0", 7, "expected a nested root"},
		{"nroot nothing", 7, "expected a nested root"},
		{"pge 1", 5, "expected on or off"},
		{"pge", 4, "expected on or off"},
		{"tag 8", 5, "expected a tag, 0 to 7"},
		{"tag 01", 5, "expected a tag"},
		{"tag -1", 5, "expected a tag"},
		{"tag", 4, "expected a tag"},
		{"invlpga w0", 11, "expected a tag"},
		{"invlpga 1 w0", 9, "expected a window"},
		{"tlbctl 2", 8, "expected a TLB_CONTROL"},
		{"tlbctl x", 8, "expected a TLB_CONTROL"},
		{"invpcid 4", 9, "expected a type of INVPCID"},
		{"invpcid 0", 10, "expected a window"},
		{"invpcid 1 w0", 11, "expected ';'"},
		{"cpu 4", 5, "expected a vCPU"},
		{"set g0.w0.pte A/xo", 1, "only a nested entry"},
		{"set n0.p0.pte A/nx/xo", 1, "not ro or nx"},
		{"hv off; enter; exit", 9, "hv on"},
		{"hv off; hv off; hv on", 9, "off already"},
		{"hv off", 1, "ends with SVM or VMX off"},
		{"pf-exit on; enter; load w0 by user; exit", 20, "pf-exit off"},
		{"invlpg w0 by unpaged", 1, "in 32-bit modes only"},
		{"vm 4", 4, "expected a VM"},
		{"enter-failing tlb", 15, "expected cr0, mode"},
		{"repeat 0; end", 8, "expected a count"},
		{"repeat 10001; end", 8, "expected a count"},
		{"pcpu 4", 6, "expected a physical CPU"},
		{"repeat 99999999999999999999; end", 8, "expected a count"},
	};

	(void)state;
	IS_WRONG(wrong);
}

static void senseless_programs_are_refused(void **state)
{
	static const struct wrong wrong[] = {
		{"exit", 1, "this step is L2's"},
		{"enter; enter; exit", 8, "this step is L1's"},
		{"enter; tag 1; exit", 8, "this step is L1's"},
		{"enter; invlpga w0 1; exit", 8, "this step is L1's"},
		{"enter; vm 1; exit", 8, "this step is L1's"},
		{"enter", 1, "ends while a vCPU is in L2"},
		{"cpu 1; enter; cpu 0; load w0", 22, "ends while a vCPU is in L2"},
		{"cpu 1; pv-flush 1", 8, "a vCPU that runs is not preempted"},
		{"cpu 1; preempted 0; cpu 0", 8, "vCPU 0 does not wait"},
		{"bare pae; pv-flush 1", 11, "'bare' has no L2"},
		{"enter; pv-flush 1; exit", 8, "this step is L1's"},
		{"!preempted 1", 1, "'!' marks a flush"},
		{"invlpg w0 irq", 1, "'irq' needs a step in L2"},
		{"pcpu 1 irq", 1, "'irq' needs a step in L2"},
		{"enter; invlpg w0 by fep irq; enter; exit", 8, "no 'irq' by fep"},
		{"cr3 g0", 1, "L1 runs on its own roots"},
		/* Without its flushes: */
		{"!enter; load w0; exit", 18, "this step is L2's"},
		{"enter; load w0; !exit", 17, "ends while a vCPU is in L2"},
		/* Values. */
		{"set h0.w0.pml4e A", 1, "a pml4e holds a table"},
		{"set g0.w0.pml4e p0", 1, "a pml4e holds a table"},
		{"set h0.w0.pte p0", 1, "only L2's own tables"},
		{"set n0.p0.pte p0", 1, "only L2's own tables"},
		{"set g0.w0.pde h0.w0.pt", 1, "a table of its own space"},
		{"set g0.w0.pde g0.w0.pd", 1, "does not belong below"},
		{"set g0.w0.pte g0.w0.pt", 1, "does not belong below"},
		{"set n0.p0.pte A/g", 1, "only a linear leaf, or a pde"},
		{"set h0.w0.pdpte h0.w0.pd/g", 1, "only a linear leaf, or a pde"},
		{"set n0.p0.pte A/s", 1, "no supervisor bit"},
		{"set h0.w0.pde h0.w0.pt/nd", 1, "only a leaf has a dirty bit"},
		/* Loops. */
		{"end", 1, "an end without a repeat"},
		{"load w0; repeat 2; load w0", 10, "a repeat without an end"},
		{"repeat 2; repeat 2; end; end", 11, "a repeat within a repeat"},
		{"repeat 2; enter; end; exit", 18, "a loop ends with"},
		{"repeat 2; cpu 1; end; cpu 0", 18, "a loop ends with"},
		{"repeat 2; vm 1; end", 17, "a loop ends with"},
	};

	(void)state;
	IS_WRONG(wrong);
}

static void programs_are_as_long_as_there_is_room(void **state)
{
	enum { STEPS = 20000 };
	static char text[STEPS * 8 + 1];
	struct program program;
	struct program_error error;

	(void)state;
	for (unsigned i = 0; i < STEPS; i++)
		strcpy(text + 8 * i, "load w0;");
	program = room_for(text);
	assert_true(program_parse(text, OP_LOAD, &program, &error));
	assert_int_equal(program.nr_steps, STEPS);
	assert_int_equal(program.step[STEPS - 1].column, (STEPS - 1) * 8 + 1);
	program.room = STEPS - 1;
	assert_false(program_parse(text, OP_LOAD, &program, &error));
	assert_int_equal(error.column, (STEPS - 1) * 8 + 1);
	assert_string_equal(error.text, "more steps than there is room for");
}

int test_parse(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_verb_round_trips),
		cmocka_unit_test(every_value_round_trips),
		cmocka_unit_test(blanks_and_marks_are_free),
		cmocka_unit_test(look_stands_for_a_look),
		cmocka_unit_test(steps_know_their_columns),
		cmocka_unit_test(printing_stops_at_the_end_of_the_buffer),
		cmocka_unit_test(numbers_print),
		cmocka_unit_test(grammar_errors_name_their_column),
		cmocka_unit_test(argument_errors_name_their_column),
		cmocka_unit_test(senseless_programs_are_refused),
		cmocka_unit_test(programs_are_as_long_as_there_is_room),
	};

	return cmocka_run_group_tests_name("text of programs", tests, NULL, NULL);
}
