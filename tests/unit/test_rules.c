/* SPDX-License-Identifier: MIT */
/*
 * The rules one by one: a rewrite and then an operation. What the operation must drop is gone (only
 * the new value is legal), what it need not drop may still be there.
 */
#include "tests/unit/play.h"

#include <stdio.h>
#include <string.h>

/* In L1 or L2: windows w0 and w1, the second global, rewritten from A to B, looked at behind
 * `flush`. */
#define REWRITTEN                                                \
	"set h0.w0.pte A; set h0.w1.pte A/g; load w0; load w1; " \
	"set h0.w0.pte B; set h0.w1.pte B/g; "
#define SEEN "[A]; [A]; "

static void nothing_flushes_nothing(void **state)
{
	(void)state;
	assert_both(REWRITTEN "load w0 either; load w1 either", SEEN "A [B]; A [B]");
}

static void invlpg_drops_the_page(void **state)
{
	(void)state;
	assert_both(REWRITTEN "invlpg w0; load w0 fresh; load w1 either", SEEN "[B]; A [B]");
	assert_both(REWRITTEN "invlpg w1; load w0 either; load w1 fresh", SEEN "A [B]; [B]");
	assert_both(REWRITTEN "invlpg w2; load w0 either; load w1 either", SEEN "A [B]; A [B]");
}

static void mov_cr3_drops_all_but_globals(void **state)
{
	(void)state;
	assert_both(REWRITTEN "cr3 h0; load w0 fresh; load w1 either", SEEN "[B]; A [B]");
	assert_both(REWRITTEN "cr3 h1; cr3 h0; load w0 fresh; load w1 either", SEEN "[B]; A [B]");
	/* A global page serves the next root, too. */
	assert_both("set h0.w1.pte A/g; load w1; cr3 h1; load w1; set h1.w1.pte B; load w1 either",
		    "[A]; A [#PF]; A [B]");
}

static void a_change_of_pge_drops_everything(void **state)
{
	(void)state;
	assert_both(REWRITTEN "pge off; load w0 fresh; load w1 fresh", SEEN "[B]; [B]");
	assert_both(REWRITTEN "pge off; pge on; load w0 fresh; load w1 fresh", SEEN "[B]; [B]");
	assert_both(REWRITTEN "pge on; load w0 either; load w1 either", SEEN "A [B]; A [B]");
	/* Without PGE no page is global. */
	assert_both("pge off; set h0.w1.pte A/g; load w1; set h0.w1.pte B/g; cr3 h0; load w1 fresh",
		    "[A]; [B]");
}

static void invpcid_drops_by_its_type(void **state)
{
	(void)state;
	assert_both(REWRITTEN "invpcid 0 w0; load w0 fresh; load w1 either", SEEN "[B]; A [B]");
	assert_both(REWRITTEN "invpcid 0 w1; load w0 either; load w1 either", SEEN "A [B]; A [B]");
	assert_both(REWRITTEN "invpcid 1; load w0 fresh; load w1 either", SEEN "[B]; A [B]");
	assert_both(REWRITTEN "invpcid 2; load w0 fresh; load w1 fresh", SEEN "[B]; [B]");
	assert_both(REWRITTEN "invpcid 3; load w0 fresh; load w1 either", SEEN "[B]; A [B]");
}

/* The table of w0 is replaced by one that maps B; `flush` need not or must drop the pointer to it.
 */
#define REPOINTED "set h0.w0.pte A; set h1.w0.pte B; load w0; set h0.w0.pde h1.w0.pt; "
#define RETABLED  REPOINTED "set h0.w0.pte C; "

static void upper_levels_go_with_the_flush(void **state)
{
	(void)state;
	assert_both(RETABLED "load w0 either", "[A]; A [B] C");
	assert_both(RETABLED "invlpg w0; load w0 fresh", "[A]; [B]");
	/* All pointers go, whatever the address, but not the other window's translation. */
	assert_both(RETABLED "invlpg w1; load w0 either", "[A]; A [B] C");
	assert_both(RETABLED "cr3 h0; load w0 fresh", "[A]; [B]");
	assert_both(RETABLED "pge off; load w0 fresh", "[A]; [B]");
	assert_both(RETABLED "invpcid 1; load w0 fresh", "[A]; [B]");
	assert_both(RETABLED "invpcid 2; load w0 fresh", "[A]; [B]");
	assert_both(RETABLED "invpcid 3; load w0 fresh", "[A]; [B]");
	assert_both(RETABLED "invpcid 0 w0; load w0 fresh", "[A]; [B]");
	/* AMD: with EFER.TCE clear all of them; Intel: those of the address. */
	assert_looks(VENDOR_AMD, REPOINTED "invpcid 0 w1; set h0.w0.pte C; load w0", "[A]; A [B]");
	assert_looks(VENDOR_INTEL, REPOINTED "invpcid 0 w1; set h0.w0.pte C; load w0",
		     "[A]; A [B] C");
}

static void upper_levels_are_followed_through_memory(void **state)
{
	(void)state;
	/* The old table is rewritten while only the pointer to it may be cached. */
	assert_both("set h0.w0.pte none; load w0; set h0.w0.pde h1.w0.pt; set h1.w0.pte B; "
		    "set h0.w0.pte C; load w0 either",
		    "[#PF]; [B] C");
	/* The same from further up. */
	assert_both("set h1.w0.pte B; set h2.w0.pte C; load w0; set h0.w0.pml4e h1.w0.pdpt; "
		    "set h0.w0.pdpte h2.w0.pd; load w0 either",
		    "[#PF]; [B] C #PF");
}

/* L2 with a linear rewrite, without nested paging. */
#define L2_REWRITTEN                                                          \
	"set g0.w0.pte A; set g0.w1.pte A/g; enter; load w0; load w1; exit; " \
	"set g0.w0.pte B; set g0.w1.pte B/g; "
#define L2_LOOKS "load w0; load w1; exit"

static void transitions_flush_nothing(void **state)
{
	(void)state;
	assert_both(L2_REWRITTEN "enter; " L2_LOOKS, SEEN "A [B]; A [B]");
	assert_both(REWRITTEN "enter; exit; load w0 either; load w1 either", SEEN "A [B]; A [B]");
	assert_both(REWRITTEN "enter-pending; load w0 either", SEEN "A [B]");
	assert_looks(VENDOR_INTEL, REWRITTEN "enter-halted; load w0 either", SEEN "A [B]");
}

static void transitions_without_vpid_flush_l1s_tag(void **state)
{
	(void)state;
	assert_looks(VENDOR_INTEL, "tag 0; " REWRITTEN "enter; exit; load w0 fresh; load w1 fresh",
		     SEEN "[B]; [B]");
	assert_looks(VENDOR_INTEL,
		     "tag 0; " L2_REWRITTEN "enter; load w0 fresh; load w1 fresh; exit",
		     SEEN "[B]; [B]");
	assert_looks(VENDOR_INTEL, "tag 0; " REWRITTEN "enter-pending; load w0 fresh", SEEN "[B]");
	/* Other tags stay. */
	assert_looks(VENDOR_INTEL,
		     L2_REWRITTEN "tag 0; enter; exit; tag 1; enter; load w0 either; exit",
		     SEEN "A [B]");
	assert_undefined(VENDOR_AMD, "tag 0; enter; exit", "tag 0");
	assert_undefined(VENDOR_AMD, "tag 0; enter-pending", "tag 0");
}

static void l2s_own_flushes_are_its_tags(void **state)
{
	(void)state;
	assert_both("enter; set g0.w0.pte A; load w0; set g0.w0.pte B; load w0 either; invlpg w0; "
		    "load w0 fresh; exit",
		    "[A]; A [B]; [B]");
	assert_both("enter; set g0.w0.pte A; load w0; set g0.w0.pte B; cr3 g0; load w0 fresh; exit",
		    "[A]; [B]");
	assert_both("enter; set g0.w0.pte A/g; load w0; set g0.w0.pte B/g; pge off; load w0 fresh; "
		    "exit",
		    "[A]; [B]");
	/* L1's flushes do not reach L2, nor L2's L1. */
	assert_both(L2_REWRITTEN "pge off; invlpg w0; enter; load w0 either; exit", SEEN "A [B]");
	assert_both(REWRITTEN "enter; pge off; exit; load w0 either", SEEN "A [B]");
	/* An interrupt behind the flush: out of L2, flushed all the same. */
	assert_both("enter; set g0.w0.pte A; load w0; set g0.w0.pte B; invlpg w0 irq; enter; "
		    "load w0 fresh; exit",
		    "[A]; [B]");
}

static void tlb_control_drops_by_its_type(void **state)
{
	(void)state;
	assert_looks(VENDOR_AMD, L2_REWRITTEN "tlbctl 1; enter; " L2_LOOKS, SEEN "[B]; [B]");
	assert_looks(VENDOR_AMD, L2_REWRITTEN "tlbctl 3; enter; " L2_LOOKS, SEEN "[B]; [B]");
	assert_looks(VENDOR_AMD, L2_REWRITTEN "tlbctl 7; enter; " L2_LOOKS, SEEN "[B]; A [B]");
	assert_looks(VENDOR_AMD, L2_REWRITTEN "tlbctl 3; enter-pending; enter; " L2_LOOKS,
		     SEEN "[B]; [B]");
	/* It acts once, and on the VM that it was given to. */
	assert_looks(VENDOR_AMD, "tlbctl 1; enter; exit; " L2_REWRITTEN "enter; " L2_LOOKS,
		     SEEN "A [B]; A [B]");
	assert_looks(VENDOR_AMD, L2_REWRITTEN "vm 1; tlbctl 1; vm 0; enter; " L2_LOOKS,
		     SEEN "A [B]; A [B]");
	/* Only 1 reaches L1, and other tags. */
	assert_looks(VENDOR_AMD, REWRITTEN "tlbctl 1; enter; exit; load w0 fresh; load w1 fresh",
		     SEEN "[B]; [B]");
	assert_looks(VENDOR_AMD, REWRITTEN "tlbctl 3; enter; exit; load w0 either; load w1 either",
		     SEEN "A [B]; A [B]");
	assert_looks(VENDOR_AMD, L2_REWRITTEN "vm 1; tlbctl 1; enter; exit; vm 0; enter; " L2_LOOKS,
		     SEEN "[B]; [B]");
	assert_looks(VENDOR_AMD, L2_REWRITTEN "vm 1; tlbctl 3; enter; exit; vm 0; enter; " L2_LOOKS,
		     SEEN "A [B]; A [B]");
	assert_undefined(VENDOR_INTEL, "tlbctl 1; enter; exit", "no such operation");
}

static void invlpga_drops_the_page_of_a_tag(void **state)
{
	(void)state;
	assert_looks(VENDOR_AMD, L2_REWRITTEN "invlpga w0 1; enter; " L2_LOOKS, SEEN "[B]; A [B]");
	assert_looks(VENDOR_AMD, L2_REWRITTEN "invlpga w1 1; enter; " L2_LOOKS, SEEN "A [B]; [B]");
	assert_looks(VENDOR_AMD, L2_REWRITTEN "invlpga w0 2; enter; " L2_LOOKS,
		     SEEN "A [B]; A [B]");
	assert_looks(VENDOR_AMD, REWRITTEN "invlpga w0 0; load w0 fresh; load w1 either",
		     SEEN "[B]; A [B]");
	/* Upper levels are not promised. */
	assert_looks(VENDOR_AMD, RETABLED "invlpga w0 0; load w0 either", "[A]; [B] C");
	assert_undefined(VENDOR_INTEL, "invlpga w0 1", "no such operation");
}

static void a_new_tag_has_nothing_cached(void **state)
{
	(void)state;
	assert_both(L2_REWRITTEN "tag 2; enter; " L2_LOOKS, SEEN "[B]; [B]");
	assert_both(L2_REWRITTEN "tag 2; enter; exit; tag 1; enter; " L2_LOOKS,
		    SEEN "A [B]; A [B]");
}

/* L2 under nested paging, whose nested leaf is rewritten. */
#define NESTED                                                                \
	"nroot n0; set g0.w0.pte p0; set n0.p0.pte A; enter; load w0; exit; " \
	"set n0.p0.pte B; "
#define NESTED_LOOK "enter; load w0; exit"

static void nested_translations_stay_by_default(void **state)
{
	(void)state;
	assert_both(NESTED NESTED_LOOK, "[A]; A [B]");
	assert_both(NESTED "enter; invlpg w0; exit; enter-pending; " NESTED_LOOK, "[A]; A [B]");
	assert_both(NESTED "enter; cr3 g0; pge off; load w0 either; exit", "[A]; A [B]");
}

static void amd_tags_nested_translations(void **state)
{
	(void)state;
	assert_looks(VENDOR_AMD, NESTED "tag 2; " NESTED_LOOK, "[A]; [B]");
	assert_looks(VENDOR_AMD, NESTED "tlbctl 1; " NESTED_LOOK, "[A]; [B]");
	assert_looks(VENDOR_AMD, NESTED "tlbctl 3; " NESTED_LOOK, "[A]; [B]");
	assert_looks(VENDOR_AMD, NESTED "tlbctl 7; " NESTED_LOOK, "[A]; A [B]");
	assert_looks(VENDOR_AMD, NESTED "invlpga w0 1; " NESTED_LOOK, "[A]; A [B]");
	/* Not by the nested root: what n0 led to, and may lead to now, is legal below n1. */
	assert_looks(VENDOR_AMD, NESTED "nroot n1; set n1.p0.pte C; " NESTED_LOOK, "[A]; A B [C]");
	/* Another VM's flush of its own tag changes nothing here, one of all tags does. */
	assert_looks(VENDOR_AMD, NESTED "vm 1; tlbctl 3; enter; exit; vm 0; " NESTED_LOOK,
		     "[A]; A [B]");
	assert_looks(VENDOR_AMD, NESTED "vm 1; tlbctl 1; enter; exit; vm 0; " NESTED_LOOK,
		     "[A]; [B]");
}

static void intel_tags_nested_translations_by_their_root(void **state)
{
	(void)state;
	assert_looks(VENDOR_INTEL, NESTED "tag 2; " NESTED_LOOK, "[A]; A [B]");
	assert_looks(VENDOR_INTEL, NESTED "tag 0; " NESTED_LOOK, "[A]; A [B]");
	assert_looks(VENDOR_INTEL, NESTED "nroot n1; set n1.p0.pte C; " NESTED_LOOK, "[A]; [C]");
	assert_looks(VENDOR_INTEL,
		     NESTED "nroot n1; set n1.p0.pte C; " NESTED_LOOK "; nroot n0; " NESTED_LOOK,
		     "[A]; [C]; A [B]");
}

static void amd_caches_both_halves_apart(void **state)
{
	(void)state;
	/* w0 → p0 is rewritten to p1 while the nested entries change: any pair may be met. */
	static const char text[] = "nroot n0; set n0.p0.pte A; set n0.p1.pte C; set g0.w0.pte p0; "
				   "enter; load w0; exit; set g0.w0.pte p1; set n0.p0.pte B; "
				   "enter; load w0; exit";

	(void)state;
	assert_looks(VENDOR_AMD, text, "[A]; A B [C]");
	/* Intel keeps the whole translation or none of it. */
	assert_looks(VENDOR_INTEL, text, "[A]; A [C]");
}

static void nested_upper_levels_are_cached(void **state)
{
	(void)state;
	assert_both("nroot n0; set g0.w0.pte p0; set n1.p0.pte B; enter; load w0; exit; "
		    "set n0.p0.pde n1.p0.pt; set n0.p0.pte C; enter; load w0 either; exit",
		    "[#NPF]; [B] C");
	assert_both("nroot n0; set g0.w0.pte p0; set n0.p0.pte A; set n1.p0.pte B; enter; load w0; "
		    "exit; "
		    "set n0.p0.pml4e n1.p0.pdpt; enter; load w0 either; exit",
		    "[A]; A [B]");
}

static void large_leaves_at_every_level(void **state)
{
	(void)state;
	/* The pointer to the empty table below may be cached: then a walk from it faults. */
	assert_both("set h0.w0.pde A; load w0 either; invlpg w0; load w0 fresh; set h0.w0.pde B; "
		    "load w0",
		    "[A] #PF; [A]; A [B]");
	assert_both("set h0.w0.pdpte A; invlpg w0; load w0; set h0.w0.pdpte h0.w0.pd; load w0",
		    "[A]; A [#PF]");
	assert_both("nroot n0; set g0.w0.pdpte p0; set n0.p0.pdpte A; enter; load w0; exit", "[A]");
	assert_both("nroot n0; set g0.w0.pde p0; set n0.p0.pde A; enter; load w0; exit; "
		    "set n0.p0.pde n0.p0.pt; set n0.p0.pte B; enter; load w0; exit",
		    "[A]; A [B]");
}

static void frames_are_mapped_as_they_are(void **state)
{
	(void)state;
	/* L2's tables may name a frame directly, under nested paging too. */
	assert_both(
		"nroot n0; set g0.w0.pte A; enter; load w0; set g0.w0.pte B; load w0; invlpg w0; "
		"load w0; exit",
		"[A]; A [B]; [B]");
	assert_both("nroot n0; l2cr3 h0; set h0.w0.pte A; enter; load w0; exit; load w0",
		    "[A]; [A]");
}

static void what_has_no_meaning_is_refused(void **state)
{
	(void)state;
	assert_undefined(VENDOR_AMD, "set g0.w0.pte p0; enter; load w0; exit",
			 "without nested paging");
	assert_undefined(VENDOR_INTEL, "set g0.w0.pte p0; enter; load w0; exit",
			 "without nested paging");
	/* The guest-physical half may still be cached when nested paging goes. */
	assert_undefined(VENDOR_AMD,
			 "nroot n0; set g0.w0.pte p0; enter; exit; set g0.w0.pte A; nroot none; "
			 "enter; load w0; exit",
			 "without nested paging");
	/* An address that nobody looks at may have no meaning. */
	assert_both("set g0.w1.pte p0; enter; load w0; exit", "[#PF]");
}

/* 16 linear leaves, 28 nested ones: on Intel 448 combined translations, nothing ever flushed. */
static void add_leaves(char *text)
{
	static const char *const flags[] = {"/ro", "/nx", "/s", "/g"};

	for (char frame = 'A'; frame <= 'G'; frame++)
		for (unsigned set = 0; set < 4; set++)
			sprintf(text + strlen(text), "; set n0.p0.pte %c%s%s", frame,
				set & 1 ? flags[0] : "", set & 2 ? flags[1] : "");
	for (unsigned set = 0; set < 16; set++) {
		strcat(text, "; set g0.w0.pte p0");
		for (unsigned i = 0; i < 4; i++)
			strcat(text, set >> i & 1 ? flags[i] : "");
	}
}

static void what_is_too_complex_is_refused(void **state)
{
	static char text[8000];
	struct player p;

	(void)state;
	strcpy(text, "nroot n0; enter");
	add_leaves(text);
	strcat(text, "; load w0; exit");
	assert_undefined(VENDOR_INTEL, text, "too complex");
	p = play(VENDOR_INTEL, text);
	while (play_look(&p))
		;
	assert_true(oracle_is_full(p.oracle));
	play_end(&p);
	/* AMD keeps the halves apart. */
	p = play(VENDOR_AMD, text);
	while (play_look(&p))
		;
	assert_null(p.why);
	assert_false(oracle_is_full(p.oracle));
	play_end(&p);
	/* Intel's contexts are one for each CPU, VPID, PCID and nested root. */
	text[0] = '\0';
	for (unsigned cpu = 0; cpu < 2; cpu++) {
		sprintf(text + strlen(text), "cpu %u; ", cpu);
		for (unsigned root = 0; root < 6; root++) {
			sprintf(text + strlen(text), "nroot n%u; ", root);
			for (unsigned tag = 1; tag <= 6; tag++)
				sprintf(text + strlen(text), "tag %u; enter-pending; ", tag);
		}
	}
	assert_undefined(VENDOR_INTEL, text, "too complex");
}

static void every_rule_has_a_source(void **state)
{
	(void)state;
	for (unsigned ev = 0; ev < NR_EVENTS; ev++) {
		assert_true(strlen(rules[ev].name) > 0);
		assert_int_equal(strspn(rules[ev].name, "abcdefghijklmnopqrstuvwxyz0123456789-"),
				 strlen(rules[ev].name));
		assert_true(rules[ev].source[VENDOR_AMD] || rules[ev].source[VENDOR_INTEL]);
		for (unsigned v = 0; v < NR_VENDORS; v++)
			assert_true(rules[ev].source[v] || !rules[ev].effect[v]);
		for (unsigned other = 0; other < ev; other++)
			assert_string_not_equal(rules[ev].name, rules[other].name);
	}
}

int test_rules(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_flushes_nothing),
		cmocka_unit_test(invlpg_drops_the_page),
		cmocka_unit_test(mov_cr3_drops_all_but_globals),
		cmocka_unit_test(a_change_of_pge_drops_everything),
		cmocka_unit_test(invpcid_drops_by_its_type),
		cmocka_unit_test(upper_levels_go_with_the_flush),
		cmocka_unit_test(upper_levels_are_followed_through_memory),
		cmocka_unit_test(transitions_flush_nothing),
		cmocka_unit_test(transitions_without_vpid_flush_l1s_tag),
		cmocka_unit_test(l2s_own_flushes_are_its_tags),
		cmocka_unit_test(tlb_control_drops_by_its_type),
		cmocka_unit_test(invlpga_drops_the_page_of_a_tag),
		cmocka_unit_test(a_new_tag_has_nothing_cached),
		cmocka_unit_test(nested_translations_stay_by_default),
		cmocka_unit_test(amd_tags_nested_translations),
		cmocka_unit_test(intel_tags_nested_translations_by_their_root),
		cmocka_unit_test(amd_caches_both_halves_apart),
		cmocka_unit_test(nested_upper_levels_are_cached),
		cmocka_unit_test(large_leaves_at_every_level),
		cmocka_unit_test(frames_are_mapped_as_they_are),
		cmocka_unit_test(what_has_no_meaning_is_refused),
		cmocka_unit_test(what_is_too_complex_is_refused),
		cmocka_unit_test(every_rule_has_a_source),
	};

	return cmocka_run_group_tests_name("rules", tests, NULL, NULL);
}
