/* SPDX-License-Identifier: MIT */
/*
 * All scenarios through the oracle, with no VM: the oracle must agree with what their authors
 * expect, and their controls must be able to show that the host retains something. And the format
 * that they are written in.
 */
#include "tests/unit/play.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "boot/bootinfo.h"
#include "kernel/memory.h"
#include "plan/case.h"
#include "scenarios/scenario.h"
#include "tests/tools/results.h"

/* What a run through the oracle came to. */
struct outcome {
	const char *why; /* undefined */
	unsigned looks;
	unsigned fresh;	   /* looks that their author expects to be fresh */
	unsigned wrong;	   /* looks whose legal results are not what their author expects */
	unsigned retained; /* looks at which something not current is legal */
	unsigned judged;   /* those of them that their author expects to be fresh */
};

static struct outcome outcome_of(enum vendor vendor, const struct program *program, bool control,
				 const char *name)
{
	struct player p = {
		.oracle = test_malloc(oracle_size()), .program = *program, .control = control};
	struct outcome outcome = {0};

	oracle_start(p.oracle, vendor, program_cpus(program));
	while (play_look(&p)) {
		bool retained = p.look.legal & ~p.look.current;

		outcome.looks++;
		outcome.fresh += p.step->expect == EXPECT_FRESH;
		outcome.retained += retained;
		outcome.judged += retained && p.step->expect == EXPECT_FRESH;
		if (!oracle_agrees(p.step, &p.look) && !control && !outcome.wrong++) {
			char step[64], results[80];

			step_print(p.step, step, sizeof(step));
			results_print(&p.look, results, sizeof(results));
			print_error("%s: %s at column %u: legal: %s\n", name, step, p.step->column,
				    results);
		}
		play_saw(&p, p.look.current);
	}
	outcome.why = p.why;
	play_end(&p);
	return outcome;
}

extern const char __scenarios_start[], __scenarios_end[]; /* scenarios/text.S */

static struct scenarios all;

static struct scenarios empty_set(struct slice text)
{
	struct scenarios set = {.room = scenarios_room(text)};

	set.definition = calloc(set.room, sizeof(*set.definition));
	set.scenario = calloc(set.room, sizeof(*set.scenario));
	set.known = calloc(set.room, sizeof(*set.known));
	set.avoid = calloc(set.room, sizeof(*set.avoid));
	return set;
}

static void free_set(struct scenarios *set)
{
	free(set->definition);
	free(set->scenario);
	free(set->known);
	free(set->avoid);
}

static int read_all(void **state)
{
	const struct slice text = {__scenarios_start, __scenarios_end};
	struct scenarios_error error;

	(void)state;
	all = empty_set(text);
	return !scenarios_read(&all, text, &error) || !scenarios_check(&all, &error);
}

static int forget_all(void **state)
{
	(void)state;
	free_set(&all);
	return 0;
}

/* Its text, in memory of its own. */
static char *printed(const struct scenarios *set, const struct scenario_case *c,
		     enum scenario_part part)
{
	size_t size = scenarios_print(set, c, part, NULL, 0) + 1;
	char *text = malloc(size);

	assert_int_equal(scenarios_print(set, c, part, text, size), size - 1);
	return text;
}

static bool parses(const char *name, const char *text, enum op look, struct program *program)
{
	struct program_error error;

	*program = room_for(text);
	if (program_parse(text, look, program, &error))
		return true;
	print_error("%s: %s\n%*s^ %s\n", name, text, (int)error.column - 1, "", error.text);
	return false;
}

/* The control: the program without its flushes, or a program of its own. */
static bool control_can_show(enum vendor vendor, const struct scenario_case *c, const char *name,
			     const struct program *program)
{
	char *text = printed(&all, c, PART_CONTROL);
	const bool has_own = *text;
	struct outcome outcome = {0};
	struct program own;

	if (!has_own)
		outcome = outcome_of(vendor, program, true, name);
	else if (parses(name, text, c->look, &own))
		outcome = outcome_of(vendor, &own, false, name);
	free(text);
	return has_own ? !outcome.why && !outcome.wrong && outcome.retained > 0
		       : outcome.judged > 0;
}

static unsigned case_is_wrong(enum vendor vendor, const struct scenario_case *c, const char *name)
{
	char *text = printed(&all, c, PART_PROGRAM);
	struct program program;
	struct outcome outcome = {0};
	const char *what = NULL;

	if (!parses(name, text, c->look, &program)) {
		what = "no program";
	} else {
		outcome = outcome_of(vendor, &program, false, name);
		if (outcome.why)
			what = outcome.why;
		else if (!outcome.fresh && !outcome.retained)
			what = "no look could tell anything";
		else if (outcome.fresh && !control_can_show(vendor, c, name, &program))
			what = "its control cannot show that the host retains";
	}
	if (what)
		print_error("%s: %s\n", name, what);
	free(text);
	return what || outcome.wrong;
}

/* Is it for the other vendor only? */
static bool is_for_another(enum vendor vendor, const struct scenario *s)
{
	return caps_have(&s->needs, vendor == VENDOR_AMD ? CAP_VMX : CAP_SVM);
}

static unsigned wrong_cases(enum vendor vendor)
{
	unsigned wrong = 0, cases = 0;
	struct scenario_case c = {0};

	while (scenarios_next(&all, &c)) {
		char *name;

		if (is_for_another(vendor, c.scenario))
			continue;
		name = printed(&all, &c, PART_NAME);
		wrong += case_is_wrong(vendor, &c, name);
		cases++;
		free(name);
	}
	print_message("%u cases for %s\n", cases, vendor_rules[vendor].name);
	assert_true(cases > 0);
	return wrong;
}

static void scenarios_agree_with_amds_oracle(void **state)
{
	(void)state;
	assert_int_equal(wrong_cases(VENDOR_AMD), 0);
}

static void scenarios_agree_with_intels_oracle(void **state)
{
	(void)state;
	assert_int_equal(wrong_cases(VENDOR_INTEL), 0);
}

/* ---- the format ---- */

/* All cases of a text as lines "NAME LOOK PROGRAM | CONTROL". */
static void reads_as(const char *text, const char *cases)
{
	struct scenarios set = empty_set(slice_of(text));
	struct scenarios_error error;
	struct scenario_case c = {0};
	char *found = NULL;
	size_t size;
	FILE *out;

	if (!scenarios_read(&set, slice_of(text), &error) || !scenarios_check(&set, &error))
		fail_msg("line %u: %s", error.line, error.text);
	out = open_memstream(&found, &size);
	while (scenarios_next(&set, &c)) {
		char *name = printed(&set, &c, PART_NAME);
		char *program = printed(&set, &c, PART_PROGRAM);
		char *control = printed(&set, &c, PART_CONTROL);

		fprintf(out, "%s %u %s | %s\n", name, c.look, program, control);
		free(name);
		free(program);
		free(control);
	}
	fclose(out);
	assert_string_equal(found, cases);
	free(found);
	free_set(&set);
}

#define LEVELS                                  \
	"family common\n"                       \
	"axis level | @ | around\n"             \
	"  l1 | h | ...\n"                      \
	"# between rows\n"                      \
	"  l2 | g | enter; ...; exit\n"         \
	"axis look = load store fetch\n"        \
	"let seen = set @0.w0.pte A; look w0\n" \
	"family one\n"

static void cases_are_spread_over_axes(void **state)
{
	(void)state;
	reads_as(LEVELS "scenario a.{level}: T\n  {seen}\n",
		 "a.l1 0 set h0.w0.pte A; look w0 | \n"
		 "a.l2 0 enter; set g0.w0.pte A; look w0; exit | \n");
	reads_as(LEVELS
		 "axis only = level: l2\n"
		 "scenario a.{only}/{look}: T\n  control look w1\n  look w0;\n  # why\n  load w0\n",
		 "a.l2/load 0 enter; look w0; load w0; exit | enter; look w1; exit\n"
		 "a.l2/store 1 enter; look w0; load w0; exit | enter; look w1; exit\n"
		 "a.l2/fetch 2 enter; look w0; load w0; exit | enter; look w1; exit\n");
	reads_as(LEVELS "axis some = look: store fetch\nscenario a/{some}: T\n  look w0\n",
		 "a/store 1 look w0 | \na/fetch 2 look w0 | \n");
	reads_as(LEVELS "scenario a: T\n  at l2\n  control at l1: {seen}\n  load w0\n",
		 "a 0 enter; load w0; exit | set h0.w0.pte A; look w0\n");
}

static void blocks_go_round_for_each_value(void **state)
{
	(void)state;
	reads_as(LEVELS
		 "axis way | by\n  4 | four\n  1 | one\neach way\n"
		 "scenario a-{way}.{level}: T\n  load w{way}\nscenario b-{way}: T\n  {by}\nend\n"
		 "scenario c: T\n  load w0\n",
		 "a-4.l1 0 load w4 | \na-4.l2 0 enter; load w4; exit | \nb-4 0 four | \n"
		 "a-1.l1 0 load w1 | \na-1.l2 0 enter; load w1; exit | \nb-1 0 one | \n"
		 "c 0 load w0 | \n");
}

static void fields_hold_for_all_that_follow_or_for_one(void **state)
{
	static const char text[] =
		LEVELS "class A1\nfor amd\nscenario a: T\n  load w0\n"
		       "scenario b: T\n  class B1\n  for intel\n  needs pcid cpus2\n"
		       "  known CRASH on amd: why\n  load w0\n"
		       "scenario c: T\n  fatal F\n"
		       "  known STALE on intel ept=1 vpid=1: why: so\n"
		       "  avoid nxe shared on amd npt=0\n  load w0\n";
	struct scenarios set = empty_set(slice_of(text));
	struct scenarios_error error;
	const struct scenario *s = set.scenario;

	(void)state;
	assert_true(scenarios_read(&set, slice_of(text), &error));
	assert_true(slice_is(s[0].classes, "A1") && slice_is(s[1].classes, "B1") &&
		    slice_is(s[2].classes, "A1"));
	assert_true(caps_have(&s[0].needs, CAP_SVM) && !caps_have(&s[0].needs, CAP_VMX));
	assert_true(caps_have(&s[1].needs, CAP_VMX) && !caps_have(&s[1].needs, CAP_SVM));
	assert_true(caps_have(&s[1].needs, CAP_PCID) && caps_have(&s[1].needs, CAP_CPUS2));
	assert_true(slice_is(s[2].fatal, "F") && s[1].fatal.start == s[1].fatal.end);
	assert_true(s[1].known_crash && !s[2].known_crash);
	assert_int_equal(set.nr_known, 2);
	assert_ptr_equal(set.known[1].scenario, &s[2]);
	assert_int_equal(set.known[1].vendor, VENDOR_INTEL);
	assert_true(slice_is(set.known[1].verdict, "STALE") &&
		    slice_is(set.known[1].host, "ept=1 vpid=1") &&
		    slice_is(set.known[1].reason, "why: so"));
	assert_int_equal(set.nr_avoid, 1);
	assert_ptr_equal(set.avoid[0].scenario, &s[2]);
	assert_int_equal(set.avoid[0].vendor, VENDOR_AMD);
	assert_true(slice_is(set.avoid[0].features, "nxe shared") &&
		    slice_is(set.avoid[0].host, "npt=0"));
	free_set(&set);
}

static void bad_texts_are_told_with_their_line(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
		const char *words;
	} wrong[] = {
		{"scenari a: T\n  load w0\n", 1, "a line begins with scenario"},
		{"\n  load w0\n", 2, "no scenario above"},
		{"scenario a\n", 1, "expected 'scenario NAME: TITLE'"},
		{"scenario a: T\n\nlet b = c\n", 1, "without a program: 'a'"},
		{"scenario a: T\n  load w0\n  class C1\n", 3, "come before its program"},
		{"scenario a: T\n  class\n", 2, "needs a text"},
		{"scenario a: T\n  for via\n", 2, "amd or intel: 'via'"},
		{"scenario a: T\n  needs speed\n", 2, "no capability has that name"},
		{"scenario a: T\n  control at l1\n", 2, "control at LEVEL: PROGRAM"},
		{"scenario a: T\n  known STALE: x\n", 2, "known VERDICT on VENDOR"},
		{"scenario a: T\n  known STALE on via: x\n", 2, "amd or intel"},
		{"known STALE on amd: x\n", 1, "in a scenario"},
		{"let A = b\n", 1, "a name is of"},
		{"let a = b\nlet a = c\n", 2, "defined twice"},
		{"axis a =\n", 1, "an axis has values"},
		{"each\n", 1, "expected 'each AXIS'"},
		{"axis a = b\neach a\neach a\n", 3, "no other each"},
		{"end\n", 1, "an end without an each"},
		{"axis a = b\neach a\n", 2, "an each without its end"},
		{"scenario a.{b}: T\n  load w0\n", 1, "no axis"},
		{"let b = c\nscenario a.{b}: T\n  load w0\n", 2, "no axis"},
		{"scenario a: T\n  {b}\n", 1, "nothing above has that name"},
		{"scenario a: T\n  set @0.w0.pte A\n", 1, "'@' is a level's root"},
		{"let b = {b}\nscenario a: T\n  {b}\n", 2, "stands for itself"},
		{"axis a | b | c\n  l1 | x\n", 2, "a cell for each column: 'l1 | x'"},
		{"axis a | b\n  l1 | x | y\n", 2, "a cell for each column"},
		{"axis p = nil: l1\nscenario a.{p}: T\n  load w0\n", 2, "defined above: 'nil'"},
		{"axis a = b\naxis p = a: c\nscenario a.{p}: T\n  load w0\n", 3,
		 "no such value: 'c'"},
		{"scenario a: T\n  at l9\n  load w0\n", 1, "nothing above has that name"},
		{"scenario a: T\n  known STALE on amd: {b}\n  load w0\n", 1, "nothing above"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct slice text = slice_of(wrong[i].text);
		struct scenarios set = empty_set(text);
		struct scenarios_error error = {0};

		if (scenarios_read(&set, text, &error) && scenarios_check(&set, &error))
			fail_msg("'%s' was accepted", wrong[i].text);
		if (error.line != wrong[i].line || !strstr(error.text, wrong[i].words))
			fail_msg("'%s': expected %u: …%s…, got %u: %s", wrong[i].text,
				 wrong[i].line, wrong[i].words, error.line, error.text);
		free_set(&set);
	}
}

/* ---- what the plan makes of them ---- */

/* What plan/case.c asks of the platform. */
struct boot_info boot_info;

/* Never given back, and so not lost. */
void *memory_reserve(size_t size, size_t align)
{
	static struct kept {
		struct kept *before;
		_Alignas(16) char memory[];
	} * kept;
	struct kept *k = malloc(sizeof(*k) + size);

	(void)align;
	assert_non_null(k);
	k->before = kept;
	kept = k;
	return k->memory;
}

/* The image's own, or those of a module; and the case of that name. */
static struct case_ref case_of(const char *module, const char *name)
{
	struct scenarios_error error;
	struct case_ref c = {0};

	boot_info.module = (uint64_t)module;
	boot_info.module_size = module ? strlen(module) : 0;
	assert_true(cases_read(&error));
	while (case_next(&c))
		if (!strcmp(c.name, name))
			return c;
	fail_msg("there is no case %s", name);
	return c;
}

static void a_module_stands_in_place_of_the_images_own(void **state)
{
	struct case_ref c =
		case_of("scenario a.{at}: T\n  control {retains}\n  {retains}\n", "a.l2");

	(void)state;
	assert_string_equal(
		case_text(&c, PART_CONTROL),
		"enter; set g0.w0.pte A; load w0; set g0.w0.pte B; load w0 either; exit");
	assert_true(case_next(&c)); /* a.l2-nested */
	assert_false(case_next(&c));
}

static void known_faults_are_of_the_hosts_named(void **state)
{
	static const struct {
		const char *name;
		enum vendor vendor;
		const char *host, *verdict;
		bool known;
	} hosts[] = {
		{"pv-flush.l2", VENDOR_INTEL, "lab,intel-on-bochs,tlb=keep,7.3.4,ept=1", "STALE",
		 true},
		{"pv-flush.l2", VENDOR_INTEL, "lab,intel-on-bochs,tlb=keep,7.3.4,ept=1", NULL,
		 true},
		{"pv-flush.l2", VENDOR_INTEL, "lab,intel-on-bochs,tlb=keep,7.3.4,ept=1", "LEAK",
		 false},
		{"pv-flush.l2", VENDOR_AMD, "lab,amd-on-bochs,7.3.4,npt=1", "STALE", false},
		{"pv-flush.l2", VENDOR_INTEL, "lab,intel-on-bochs,7.3.4,ept=0", "STALE", false},
		{"pv-flush.l2", VENDOR_INTEL, "kvm,6.12.0,nested=Y,ept=Y,vpid=Y", "STALE", true},
		{"pv-flush.l2", VENDOR_INTEL, "kvm,6.12.0,nested=Y,ept=Y,vpid=N", "STALE", false},
		{"pv-flush.l2", VENDOR_INTEL, "bochs,intel,tlb=keep", "STALE", false},
		{"pv-flush.l2", VENDOR_INTEL, "", "STALE", false},
		{"access.nxe-reserved.l1", VENDOR_AMD, "lab,amd-on-qemu,7.3.4,npt=0", "STALE",
		 true},
		{"access.nxe-reserved.l1", VENDOR_AMD, "lab,amd-on-qemu,7.3.4,npt=1", "STALE",
		 false},
		{"access.nxe-reserved.l1", VENDOR_AMD, "lab,amd-on-qemu,7.3.4", "STALE", false},
		{"access.nxe-reserved.l1", VENDOR_INTEL, "kvm,6.12.0,ept=N", "STALE", true},
		{"linear.invlpg.l1/load", VENDOR_AMD, "lab,amd-on-qemu,7.3.4,npt=0", "STALE",
		 false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(hosts) / sizeof(*hosts); i++) {
		struct case_ref c = case_of(NULL, hosts[i].name);
		char reason[200];

		if (hosts[i].known != !!case_known(&c, hosts[i].vendor, hosts[i].host,
						   hosts[i].verdict, reason, sizeof(reason)))
			fail_msg("%s on %s: %d", hosts[i].name, hosts[i].host, !hosts[i].known);
		if (hosts[i].known)
			assert_non_null(strstr(reason, "KVM"));
	}
}

static void a_search_leaves_out_what_is_known_of_its_host(void **state)
{
	const char *const shadows = "lab,intel-on-bochs,tlb=keep,7.3.4,ept=0";
	struct case_ref c = case_of(NULL, "linear.invlpg.l1/load"); /* the image's own are read */

	(void)state;
	(void)c;
	assert_int_equal(cases_avoided(VENDOR_INTEL, shadows),
			 FEATURE(NXE) | FEATURE(LEGACY_INVLPG) | FEATURE(UNPAGED_SMEP) |
				 FEATURE(OWN_CR3) | FEATURE(SMI_IN_L2) | FEATURE(MISSED_ROOT) |
				 FEATURE(FAULT_GONE) | FEATURE(SMM_WRITES) | FEATURE(SLOT_SYNCED));
	assert_int_equal(cases_avoided(VENDOR_AMD, "kvm,6.12.0,npt=N"),
			 FEATURE(NXE) | FEATURE(LEGACY_INVLPG) | FEATURE(ASID_PCIDS) |
				 FEATURE(SMI_IN_L2) | FEATURE(SMM_WRITES) | FEATURE(SLOT_SYNCED));
	assert_int_equal(cases_avoided(VENDOR_INTEL, "kvm,6.12.0,ept=Y"),
			 FEATURE(VMFUNC_SAME) | FEATURE(FAULT_GONE) | FEATURE(PV_IN_L2) |
				 FEATURE(PAE_SAVE) | FEATURE(SMM_WRITES));
	assert_int_equal(cases_avoided(VENDOR_AMD, "lab,amd-on-qemu,7.3.4,npt=1"),
			 FEATURE(SMM_WRITES));
	assert_int_equal(cases_avoided(VENDOR_INTEL, "bochs,intel,tlb=keep"), 0);
}

static void filters_choose(void **state)
{
	(void)state;
	assert_true(filter_match("", "a.b/load"));
	assert_true(filter_match("a.*", "a.b/load"));
	assert_true(filter_match("x*,?.b/*", "a.b/load"));
	assert_false(filter_match("a.*,!*/load", "a.b/load"));
	assert_true(filter_match("!*/store", "a.b/load"));
	assert_false(filter_match("a.b", "a.b/load"));
}

int test_scenarios(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scenarios_agree_with_amds_oracle),
		cmocka_unit_test(scenarios_agree_with_intels_oracle),
		cmocka_unit_test(cases_are_spread_over_axes),
		cmocka_unit_test(blocks_go_round_for_each_value),
		cmocka_unit_test(fields_hold_for_all_that_follow_or_for_one),
		cmocka_unit_test(bad_texts_are_told_with_their_line),
		cmocka_unit_test(a_module_stands_in_place_of_the_images_own),
		cmocka_unit_test(known_faults_are_of_the_hosts_named),
		cmocka_unit_test(a_search_leaves_out_what_is_known_of_its_host),
		cmocka_unit_test(filters_choose),
	};

	return cmocka_run_group_tests_name("scenarios", tests, read_all, forget_all);
}
