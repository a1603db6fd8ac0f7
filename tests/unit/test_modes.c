/* SPDX-License-Identifier: MIT */
/* Paging modes: what their tables are, what they refuse, and the PDPTEs of PAE mode. */
#include "tests/unit/play.h"

#include <string.h>

#include "model/lang/caps.h"

#define AMD   VENDOR_AMD
#define INTEL VENDOR_INTEL

/* The window's PDPTE turned to another root's PD, behind a look; then `flush` and another look. */
#define TURNED(flush)                                                        \
	"set g0.w0.pte A; set g1.w0.pte B; enter; load w0; set g0.w0.pdpte " \
	"g1.w0.pd; " flush "; load w0; exit"
#define PAE(flush)    "l2mode pae; " TURNED(flush)
#define NESTED(flush) "l2mode pae; nroot n0; " TURNED(flush)
#define BARE(flush)   "bare pae; " TURNED(flush)

static void headers_say_the_mode(void **state)
{
	const struct program plain = parsed("load w0"), pae = parsed("l2mode pae; load w0"),
			     bare = parsed("bare 32; enter; exit");

	(void)state;
	assert_int_equal(program_header(&plain).l2, MODE_LONG);
	assert_int_equal(program_header(&pae).l2, MODE_PAE);
	assert_false(program_header(&pae).bare);
	assert_int_equal(program_header(&bare).l2, MODE_32);
	assert_true(program_header(&bare).bare);
}

static void modes_need_capabilities(void **state)
{
	(void)state;
	assert_needs("l2mode pae; enter; exit", "hv");
	assert_needs("l2mode unpaged; nroot n0; enter; exit", "hv,nested-paging,unpaged");
	assert_needs("l2mode la57; enter; exit", "hv,la57");
	assert_needs("l2mode pae; nroot n0; enter; pg-cycle; exit", "hv,nested-paging,unpaged");
	assert_needs("bare pae; l2cr3 g1; enter; pg-cycle; pae-cycle; exit", "legacy-paging");
}

struct wrong {
	const char *text, *words;
};

static void what_does_not_fit_is_refused(void **state)
{
	static const struct wrong wrong[] = {
		{"l2mode 16; load w0", "expected a mode"},
		{"load w0; l2mode pae", "belongs to the header"},
		{"bare long; enter; exit", "switches to pae or 32 only"},
		{"bare pae; nroot n0", "cannot do this alone"},
		{"bare pae; set n0.p0.pte A", "cannot do this alone"},
		{"bare pae; enter; invlpg w0 irq", "cannot do this alone"},
		{"bare pae; wp off", "cannot do this alone"},
		{"l2mode 32; set g0.w0.pte M; nroot n0", "without nested paging"},
		{"nroot n0; set n0.p0.pml4e none", "own code"},
		{"set n0.p0.pml4e n1.p0.pdpt/ro", "own code"},
		{"l2mode la57; set g0.w0.pml5e g1.w0.pml4/na", "own code"},
		{"set g0.w0.pml5e none", "no such level"},
		{"l2mode pae; set g0.w0.pml4e none", "no such level"},
		{"l2mode 32; bits g0.w0.pdpte", "no such level"},
		{"l2mode pae; set g0.w3.pte A", "no window 3"},
		{"set g0.w0.pde p0; enter; load w3; exit", "w3 only where a pN is mapped by a pte"},
		{"l2mode pae; set g0.w0.pde g0.w3.pt", "no window 3"},
		{"l2mode 32; set g0.w0.pte p3", "no window 3"},
		{"l2mode pae; enter; load w3; exit", "no window 3"},
		{"l2mode pae; set g0.w0.pdpte A", "holds a table"},
		{"l2mode pae; set g0.w0.pdpte g0.w0.pd/ro", "none of these bits"},
		{"l2mode 32; set g0.w0.pte A/nx", "no bit nx"},
		{"l2mode 32; set g0.w0.pte A by 1", "by one MOV only"},
		{"l2mode 32; set g0.w1.pde p0", "w0 and w2 only"},
		{"l2mode pae; l2cr3 h0", "in another mode"},
		{"l2mode pae; enter; cr3 h0; exit", "in another mode"},
		{"l2mode unpaged; set g0.w0.pte A", "no tables of its own"},
		{"l2mode unpaged; l2cr3 g1", "no root"},
		{"l2mode pae; enter; pcide on; exit", "64-bit modes"},
		{"nmode 32; l2mode pae; nroot n0", "nmode pae"},
		{"nmode pae; nroot n0", "L2s in 32-bit modes"},
		{"nmode pae; l2mode pae; set n0.p0.pdpte A", "holds a table"},
		{"nmode pae; l2mode pae; set n0.p0.pml4e none", "no such level"},
		{"nmode pae; l2mode pae; set n0.p3.pte A", "no window 3"},
		{"l2mode pae; enter; load w0 by user; exit", "by that way"},
		{"l2mode 32; enter; pae-cycle; exit", "in PAE mode only"},
		{"enter; pg-cycle; exit", "in 32-bit modes only"},
		{"l2mode pae; bits g0.w0.pdpte", "no accessed bit"},
		{"nmode pae; l2mode pae; bits n0.p0.pdpte", "no accessed bit"},
		{"set h0.w0.pdpte B", "shows frame A"},
		{"nroot n0; set n0.p0.pdpte C", "shows frame A"},
		{"l2mode unpaged; enter; exit", "needs nested paging"},
		{"l2mode unpaged; vm 1; nroot n0; vm 0; enter-pending", "needs nested paging"},
		{"l2mode unpaged; nroot n0; nroot none; enter; exit", "needs nested paging"},
		{"l2mode pae; nroot n0; enter; pge on by unpaged irq; enter; exit", "no interrupt"},
		{"l2mode pae; enter; pg-cycle; exit", "needs nested paging"},
		{"l2mode 32; nroot n0; repeat 2; enter; pg-cycle; exit; nroot none; end",
		 "that it began with"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct program program = room_for(wrong[i].text);
		struct program_error error;

		if (program_parse(wrong[i].text, OP_LOAD, &program, &error))
			fail_msg("'%s' was accepted", wrong[i].text);
		if (!strstr(error.text, wrong[i].words))
			fail_msg("'%s': expected …%s…, got: %s", wrong[i].text, wrong[i].words,
				 error.text);
	}
}

static void every_level_leads_to_its_leaf(void **state)
{
	(void)state;
	assert_both("l2mode pae; set g0.w0.pte A; set g0.w1.pde B; enter; load w0; load w1; "
		    "load w2; exit",
		    "[A]; [B]; [#PF]");
	assert_both("l2mode 32; set g0.w0.pte A; set g0.w3.pde B; enter; load w0; load w3; exit",
		    "[A]; [B]");
	assert_both("l2mode la57; set g0.w0.pte A; set g1.w0.pte B; enter; load w0; "
		    "set g0.w0.pml5e g1.w0.pml4; !cr3 g0; load w0 fresh; exit",
		    "[A]; [B]");
	assert_both("l2mode la57; nroot n0; set g0.w0.pdpte p0; set n0.p0.pdpte A; enter; load w0; "
		    "exit",
		    "[A]");
	/* All windows go through the one PML5E. */
	assert_both(
		"l2mode la57; set g0.w0.pte A; set g0.w1.pml5e g1.w1.pml4; enter; load w0; exit",
		"[#PF]");
}

static void nested_tables_may_have_pae_format(void **state)
{
	(void)state;
	assert_looks(AMD,
		     "nmode pae; l2mode pae; nroot n0; set g0.w0.pte p0; set n0.p0.pte A; "
		     "set n1.p0.pte B; enter; load w0; exit; set n0.p0.pdpte n1.p0.pd; enter; "
		     "load w0 either; exit; tag 2; enter; load w0 fresh; exit",
		     "[A]; A [B]; [B]");
	assert_needs("nmode pae; l2mode pae; nroot n0; enter; exit", "hv,nested-paging,npt-pae");
}

static void an_unpaged_l2_has_the_nested_tables_alone(void **state)
{
	(void)state;
	assert_both("l2mode unpaged; nroot n0; set n0.p0.pte A; enter; load w0; load w1; exit",
		    "[A]; [#NPF]");
	assert_both("l2mode unpaged; nroot n0; set n0.p0.pte A; enter; load w0; exit; "
		    "set n0.p0.pte B; enter; load w0 either; exit",
		    "[A]; A [B]");
	/* With paging off SMEP and SMAP mean nothing. */
	assert_both("l2mode unpaged; nroot n0; set n0.p0.pte A; enter; smep on; smap on; fetch w0; "
		    "load w0; exit",
		    "[A]; [A]");
}

/* Windows of odd number use the second half of their PT, with frame G in the first. */
static void halves_of_a_32_bit_table_differ(void **state)
{
	(void)state;
	assert_both("l2mode 32; set g0.w0.pte A; set g0.w1.pde g0.w0.pt; enter; load w0; load w1; "
		    "exit",
		    "[A]; [G]");
	assert_both("l2mode 32; set g0.w0.pte A; set g0.w2.pde g0.w0.pt; enter; load w2; exit",
		    "[A]");
}

/* In 64-bit modes so does w3; a large page of guest-physical memory has no such neighbour. */
static void w3_passes_through_another_entry(void **state)
{
	(void)state;
	assert_both("set h0.w0.pte A; set h0.w3.pte B; set h0.w3.pde h0.w0.pt; cr3 h0; load w3; "
		    "load w0",
		    "[G]; [A]");
	assert_both("set h0.w0.pte A; set h0.w3.pte B; set h0.w0.pde h0.w3.pt; cr3 h0; load w0; "
		    "load w3",
		    "[G]; [B]");
	assert_both("set h0.w0.pde A; set h0.w3.pdpte h0.w0.pd; cr3 h0; load w3", "[A]");
	assert_both("set h0.w0.pte A; set h0.w2.pde h0.w0.pt; cr3 h0; load w2", "[A]");
}

static void pdptes_are_registers_that_mov_cr3_loads(void **state)
{
	(void)state;
	assert_both(PAE("wp on"), "[A]; A [B]");
	assert_both(PAE("invlpg w0"), "[A]; A [B]");
	assert_both(PAE("invpcid 2"), "[A]; A [B]");
	assert_both(PAE("cr3 g0"), "[A]; [B]");
	assert_both(BARE("pg-cycle"), "[A]; [B]");
	assert_looks(INTEL, NESTED("pg-cycle"), "[A]; [B]");
	assert_both(PAE("pae-cycle"), "[A]; [B]");
	assert_both(BARE("invlpg w0"), "[A]; A [B]");
	assert_both(BARE("cr3 g0"), "[A]; [B]");
	/* Intel names CR4.PGE and CR4.SMEP, too. */
	assert_looks(INTEL, PAE("pge off"), "[A]; [B]");
	assert_looks(INTEL, PAE("smep on"), "[A]; [B]");
	assert_looks(AMD, PAE("pge off"), "[A]; A [B]");
	assert_looks(AMD, PAE("smep on"), "[A]; A [B]");
}

/* Clearing SMEP loads the PDPTEs, but invalidates nothing else. */
static void intel_loads_pdptes_when_smep_is_cleared(void **state)
{
#define SMEP_OFF                                                         \
	"set g0.w0.pde none; set g1.w0.pte C; enter; smep on; load w0; " \
	"set g0.w0.pdpte g1.w0.pd; smep off; load w0; exit"

	(void)state;
	assert_looks(INTEL, "l2mode pae; " SMEP_OFF, "[#PF]; [C]");
	assert_looks(AMD, "l2mode pae; " SMEP_OFF, "[#PF]; [C] #PF");
	assert_looks(INTEL, "l2mode pae; nroot n0; " SMEP_OFF, "[#PF]; [C]");
	assert_looks(INTEL, PAE("smep off"), "[A]; A [B]"); /* it was clear */
	assert_looks(INTEL,
		     "l2mode pae; set g0.w0.pte A; enter; smep on; load w0; set g0.w0.pte B; smep "
		     "off; load w0; exit",
		     "[A]; A [B]");
}

/* Of AMD, CR4.PAE changed drops global pages, too; the SDM speaks of the current PCID. */
static void a_change_of_pae_drops_global_pages_on_amd(void **state)
{
#define PAE_GLOBAL                                                                      \
	"l2mode pae; set g0.w0.pte A/g; enter; load w0; set g0.w0.pte B/g; pae-cycle; " \
	"load w0; exit"

	(void)state;
	assert_looks(AMD, PAE_GLOBAL, "[A]; [B]");
	assert_looks(INTEL, PAE_GLOBAL, "[A]; A [B]");
}

static void amd_reads_nested_pdptes_when_it_walks(void **state)
{
	(void)state;
	assert_looks(INTEL, NESTED("invlpg w0"), "[A]; A [B]");
	assert_looks(AMD, NESTED("invlpg w0"), "[A]; [B]");
	assert_looks(AMD, NESTED("wp on"), "[A]; A [B]");
}

static void a_register_may_hold_a_pdpte_that_is_not_present(void **state)
{
#define MAPPED                                                            \
	"set g0.w0.pte A; set g0.w0.pdpte none; enter; cr3 g0; load w0; " \
	"set g0.w0.pdpte g0.w0.pd; load w0; cr3 g0; load w0; exit"

	(void)state;
	assert_both("l2mode pae; " MAPPED, "[#PF]; [A] #PF; [A]");
	assert_looks(INTEL, "l2mode pae; nroot n0; " MAPPED, "[#PF]; [A] #PF; [A]");
	assert_looks(AMD, "l2mode pae; nroot n0; " MAPPED, "[#PF]; [A]; [A]");
}

/* A new tag, so that nothing else is cached. */
#define ENTERED(before) \
	"set g0.w0.pte A; set g1.w0.pte B; enter; load w0; exit; " before "; enter; load w0; exit"

static void an_entry_loads_pdptes_from_memory_or_from_the_vmcs(void **state)
{
	(void)state;
	assert_both("l2mode pae; " ENTERED("set g0.w0.pdpte g1.w0.pd; tag 2"), "[A]; [B]");
	assert_looks(AMD, "l2mode pae; nroot n0; " ENTERED("set g0.w0.pdpte g1.w0.pd; tag 2"),
		     "[A]; [B]");
	assert_looks(INTEL, "l2mode pae; nroot n0; " ENTERED("set g0.w0.pdpte g1.w0.pd; tag 2"),
		     "[A]; A [B]");
	assert_looks(INTEL,
		     "l2mode pae; nroot n0; " ENTERED("set g0.w0.pdpte g1.w0.pd; l2cr3 g0; tag 2"),
		     "[A]; [B]");
	assert_looks(INTEL, "l2mode pae; tag 0; " ENTERED("set g0.w0.pdpte g1.w0.pd"), "[A]; [B]");
}

/* The PD that w0's PDPTE named before maps C by now; `entered` is what an entry makes of it. */
#define FORMER(entered)                                                                        \
	"l2mode pae; set g0.w0.pte A; set g1.w0.pte B; enter; load w0; exit; set g0.w0.pdpte " \
	"g1.w0.pd; " entered "; set g0.w0.pde C; load w0; exit"

static void some_amd_cpus_cache_pdptes_as_other_upper_entries(void **state)
{
	(void)state;
	/* VMRUN loads registers, and leaves what is cached. */
	assert_looks(AMD, FORMER("enter"), "[A]; A [B] C");
	assert_looks(INTEL, FORMER("enter"), "[A]; A [B]");
	/* What drops upper entries drops this one. */
	assert_looks(AMD, FORMER("enter; invlpg w0"), "[A]; [B]");
	assert_looks(AMD, FORMER("enter; cr3 g0"), "[A]; [B]");
	assert_looks(AMD, FORMER("tlbctl 3; enter"), "[A]; [B]");
	assert_looks(AMD, FORMER("tag 2; enter"), "[A]; [B]");
	/* Another VM with that ASID. */
	assert_looks(
		AMD,
		"l2mode pae; enter; exit; set g0.w0.pte A; set g1.w0.pte B; vm 1; tag 1; enter; "
		"load w0; exit",
		"A [B]");
}

static void vmfunc_leaves_pdptes_alone(void **state)
{
	(void)state;
	assert_looks(INTEL,
		     "l2mode pae; nroot n0; set g0.w0.pte A; set g1.w0.pte B; enter; load w0; "
		     "set g0.w0.pdpte g1.w0.pd; vmfunc n1; load w0 either; cr3 g0; load w0 fresh; "
		     "exit",
		     "[A]; A [B]; [B]");
}

static void a_switch_of_l1s_mode_flushes_l1(void **state)
{
	(void)state;
	assert_both("bare pae; set h0.w0.pte A/g; load w0; set h0.w0.pte B/g; enter; exit; load w0 "
		    "fresh",
		    "[A]; [B]");
	assert_both("bare 32; set g0.w0.pte A/g; enter; load w0; exit; set g0.w0.pte B/g; enter; "
		    "load w0 fresh; exit",
		    "[A]; [B]");
	assert_both("bare pae; set g0.w0.pte A; set g1.w0.pte B; enter; load w0; exit; l2cr3 g1; "
		    "enter; load w0 fresh; exit",
		    "[A]; [B]");
}

int test_modes(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_say_the_mode),
		cmocka_unit_test(modes_need_capabilities),
		cmocka_unit_test(what_does_not_fit_is_refused),
		cmocka_unit_test(every_level_leads_to_its_leaf),
		cmocka_unit_test(nested_tables_may_have_pae_format),
		cmocka_unit_test(an_unpaged_l2_has_the_nested_tables_alone),
		cmocka_unit_test(halves_of_a_32_bit_table_differ),
		cmocka_unit_test(w3_passes_through_another_entry),
		cmocka_unit_test(pdptes_are_registers_that_mov_cr3_loads),
		cmocka_unit_test(intel_loads_pdptes_when_smep_is_cleared),
		cmocka_unit_test(a_change_of_pae_drops_global_pages_on_amd),
		cmocka_unit_test(amd_reads_nested_pdptes_when_it_walks),
		cmocka_unit_test(a_register_may_hold_a_pdpte_that_is_not_present),
		cmocka_unit_test(an_entry_loads_pdptes_from_memory_or_from_the_vmcs),
		cmocka_unit_test(some_amd_cpus_cache_pdptes_as_other_upper_entries),
		cmocka_unit_test(vmfunc_leaves_pdptes_alone),
		cmocka_unit_test(a_switch_of_l1s_mode_flushes_l1),
	};

	return cmocka_run_group_tests_name("modes", tests, NULL, NULL);
}
