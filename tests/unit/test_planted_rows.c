/* SPDX-License-Identifier: MIT */
/*
 * Rows of the oracle's table made wrong, one bit at a time: it claims a duty that a processor does
 * not have, and the toy processors must disagree. (A row that claims too little is nothing that a
 * legal processor can show: test_rules.c and its like hold that.)
 */
#include "tests/unit/play.h"

#include <string.h>

#include "tests/unit/toy/duel.h"
#include "tests/unit/toy/maker.h"

enum { PROGRAMS = 10000, SEEDS = 400 };

static const uint32_t duties[] = {
	LIN_PAGE, LIN_PCID,    LIN_TAG, LIN_ALL,  GLOBALS,
	UPPERS,	  UPPERS_PAGE, PDPTES,	NEST_TAG, NEST_ALL,
};
enum { NR_DUTIES = sizeof(duties) / sizeof(*duties), MAX_PLANTED = NR_EVENTS * NR_DUTIES };

static const char *duty_name(uint32_t duty)
{
	switch (duty) {
	case LIN_PAGE: return "LIN_PAGE";
	case LIN_PCID: return "LIN_PCID";
	case LIN_TAG: return "LIN_TAG";
	case LIN_ALL: return "LIN_ALL";
	case GLOBALS: return "GLOBALS";
	case UPPERS: return "UPPERS";
	case UPPERS_PAGE: return "UPPERS_PAGE";
	case PDPTES: return "PDPTES";
	case NEST_TAG: return "NEST_TAG";
	default: return "NEST_ALL";
	}
}

struct planted {
	enum event event;
	uint32_t duty;
	bool found;
};

/* Does the duty add anything to those that a row has? */
static bool adds(uint32_t effect, uint32_t duty)
{
	const uint32_t scopes = LIN_PAGE | LIN_PCID | LIN_TAG | LIN_TAGGED | LIN_ALL;

	if (effect & duty)
		return false;
	switch (duty) {
	case LIN_PAGE: return !(effect & (LIN_PCID | LIN_TAG | LIN_ALL));
	case LIN_PCID: return !(effect & (LIN_TAG | LIN_ALL));
	case LIN_TAG: return !(effect & LIN_ALL);
	case GLOBALS:
	case UPPERS: return effect & scopes; /* it says of which */
	case UPPERS_PAGE: return !(effect & UPPERS);
	case NEST_TAG: return !(effect & NEST_ALL);
	default: return true;
	}
}

/* What no program can show, and why. */
static bool is_out_of_reach(enum vendor vendor, enum event ev, uint32_t duty)
{
	bool amd = vendor == VENDOR_AMD;

	switch (ev) {
	/* PCIDs are for 64-bit modes, PDPTE registers for PAE mode. */
	case EV_MOV_CR3_NOFLUSH:
	case EV_PCIDE_SET:
	case EV_PCIDE_CLEAR: return duty == PDPTES;
	case EV_PAE_TOGGLE: return !amd && duty == LIN_TAG;
	/* AMD: an entry loads them, unless nested paging has none. */
	case EV_ENTER:
	case EV_EXIT:
	case EV_TLBCTL_1:
	case EV_TLBCTL_3:
	case EV_TLBCTL_7:
	case EV_NESTED_FAULT: return amd && duty == PDPTES;
	/* L1 has no PDPTE registers, and its step no nested root. */
	case EV_INIT:
	case EV_PV_FLUSH:
	case EV_VMX_CYCLE:
	case EV_INVVPID_0:
	case EV_INVVPID_1:
	case EV_INVVPID_2:
	case EV_INVVPID_3: return duty == PDPTES || duty == NEST_TAG;
	case EV_INVEPT_1:
	case EV_INVEPT_2: return duty == PDPTES;
	/* The toy processor reads it so: the oracle's duty is the weaker one. */
	case EV_INVLPGA: return duty == PDPTES || duty == UPPERS_PAGE;
	default: return false;
	}
}

/* w0's PT is exchanged; behind the event the old one maps C, and a pointer to it may be cached. */
#define UPPER_L1(event)                                                             \
	"set h0.w0.pte A; set h1.w0.pte B; load w0; set h0.w0.pde h1.w0.pt; " event \
	"; set h0.w0.pte C; load w0"
#define UPPER_L2(flags, event)                            \
	"set g0.w0.pte A" flags "; set g1.w0.pte B" flags \
	"; enter; load w0; set g0.w0.pde g1.w0.pt; " event "; set g0.w0.pte C; load w0; exit"
/* A PDPTE register that is not present may be in use; memory has a table by now. */
#define PDPTE_BEHIND(before, event)                                                          \
	"l2mode pae; " before "set g0.w0.pte A/s; set g0.w0.pdpte none; enter; cr3 g0; set " \
	"g0.w0.pdpte g0.w0.pd; " event "; load w0; exit"
/* p0 is rewritten. */
#define NESTED "nroot n0; set g0.w0.pte p0; set n0.p0.pte A; enter; load w0; set n0.p0.pte B; "

#define PV_FLUSH                                                                              \
	"cpu 1; set g0.w0.pte A; enter; load w0; set g0.w0.pte B; cpu 0; pv-flush 1; cpu 1; " \
	"load w0; exit"
/* On vCPU 1, which gets an INIT; L2 flat and nested. */
#define INIT(before, rewrite)                             \
	"cpu 1; " before "enter; load w0; exit; " rewrite \
	"; cpu 0; init 1; cpu 1; enter; load w0; exit; cpu 0"
#define INIT_FLAT   INIT("set g0.w0.pte A; ", "set g0.w0.pte B")
#define INIT_NESTED INIT("nroot n0; set g0.w0.pte p0; set n0.p0.pte A; ", "set n0.p0.pte B")
#define NOFLUSH                                                                                    \
	"nroot n0; set g0.w0.pte p0; set n0.p0.pte A; enter; pcide on; load w0; set n0.p0.pte B; " \
	"cr3 g0 noflush; invlpg w0; load w0; exit"

/* Programs for what random ones meet too seldom. */
static const char *const rare[NR_VENDORS][32] = {
	[VENDOR_AMD] =
		{
			PDPTE_BEHIND("", "smep on"),
			PDPTE_BEHIND("", "smep on; cr3 g0; set g0.w0.pdpte none; cr3 g0; set "
					 "g0.w0.pdpte g0.w0.pd; smep off"),
			PDPTE_BEHIND("", "pge off"),
			PDPTE_BEHIND("", "invlpg w0"),
			PDPTE_BEHIND("", "invpcid 0 w0"),
			PDPTE_BEHIND("", "invpcid 1"),
			PDPTE_BEHIND("", "invpcid 2"),
			PDPTE_BEHIND("", "invpcid 3"),
			PDPTE_BEHIND("", "load w1"),
			"pcide on; " UPPER_L1("cr3 h0 noflush"),
			UPPER_L1("pcide on"),
			UPPER_L1("smep on") " by user",
			"smep on; " UPPER_L1("smep off"),
			UPPER_L1("load w1"),
			UPPER_L2("", "exit; invlpga w1 1; enter"),
			"nroot n0; set n0.p0.pte A/nx; set g0.w0.pte p0; set g1.w0.pte p0; enter; "
			"load w0; set g0.w0.pde g1.w0.pt; fetch w0; set g0.w0.pte C; load w0; exit",
			"pcide on; set h0.w0.pte A; load w0; cr3 h0 pcid 1; set h0.w0.pte B; cr3 "
			"h0 pcid 2; cr3 h0 noflush; load w0",
			"pcide on; set h0.w0.pte A; load w0; set h0.w0.pte B; cr3 h0 noflush; load "
			"w0",
			NESTED "exit; set n0.p0.pte B/nx; enter; fetch w0; load w0; exit",
			NESTED "exit; tag 2; tlbctl 3; enter; exit; tag 1; enter; invlpg w0; load "
			       "w0; exit",
			"cpu 1; " NESTED "cpu 0; pv-flush 1; cpu 1; invlpg w0; load w0; exit",
			PV_FLUSH,
			INIT_FLAT,
			INIT_NESTED,
			NOFLUSH,
		},
	[VENDOR_INTEL] =
		{
			PDPTE_BEHIND("tag 0; nroot n0; ", "exit; enter"),
			PDPTE_BEHIND("tag 0; nroot n0; ", "vmfunc n0"),
			"pcide on; " UPPER_L1("cr3 h0 noflush"),
			UPPER_L1("pcide on"),
			"smep on; " UPPER_L1("smep off"),
			UPPER_L1("load w1"),
			UPPER_L1("vmx-cycle"),
			UPPER_L1("invpcid 0 w1"),
			UPPER_L2("", "exit; invvpid 0 w1 1; enter"),
			UPPER_L1("invept 1 n0"),
			UPPER_L1("invept 2"),
			"l2mode pae; nroot n0; " UPPER_L2("", "exit; l2cr3 g0; enter"),
			PDPTE_BEHIND("", "invpcid 0 w0"),
			PDPTE_BEHIND("", "invpcid 2"),
			PDPTE_BEHIND("nroot n0; set g0.w1.pte p1; ", "load w1"),
			"smep on; set h0.w0.pte A/s; load w0; set h0.w0.pte B/s; smep off; load w0",
			PV_FLUSH,
			INIT_FLAT,
			INIT_NESTED,
			NOFLUSH,
			UPPER_L2("/g", "exit; invvpid 3 1; enter"),
			"nroot n0; " UPPER_L2("", "vmfunc n0"),
			"nroot n0; " UPPER_L2("",
					      "exit; nroot n1; enter; set g1.w0.pte p0; load w0; "
					      "set g1.w0.pte B; exit; nroot n0; enter"),
			"pcide on; set h0.w0.pte A; load w0; cr3 h0 pcid 1; set h0.w0.pte B; smep "
			"on; cr3 h0 noflush; load w0 by user",
			"nroot n0; set g0.w0.pte A; enter; load w0; exit; set g0.w0.pte B; tag 0; "
			"enter; vmfunc n0; exit; tag 1; enter; load w0; exit",
			"cpu 1; " NESTED "cpu 0; pv-flush 1; cpu 1; invlpg w0; load w0; exit",
		},
};

static unsigned plant(enum vendor vendor, struct planted *planted)
{
	unsigned nr = 0;

	for (unsigned ev = 0; ev < NR_EVENTS; ev++)
		for (unsigned i = 0; i < NR_DUTIES; i++)
			if (rules[ev].source[vendor] && adds(rules[ev].effect[vendor], duties[i]) &&
			    !is_out_of_reach(vendor, ev, duties[i]))
				planted[nr++] = (struct planted){ev, duties[i], false};
	return nr;
}

static bool disagrees(enum vendor vendor, const struct planted *p, const struct program *program,
		      const struct trace *trace)
{
	static struct rule table[NR_EVENTS];
	struct duel d = {.vendor = vendor, .rules = table};

	memcpy(table, rules, sizeof(table));
	table[p->event].effect[vendor] |= p->duty;
	return !duel_judge(&d, program, trace);
}

/* Returns how many more are found. */
static unsigned try(enum vendor vendor, struct planted *planted, unsigned nr,
		    const struct program *program, uint32_t seed)
{
	const struct trace trace = duel_run(vendor, program, seed);
	struct duel d = {.vendor = vendor};
	unsigned found = 0;

	assert_true(duel_judge(&d, program, &trace));
	for (unsigned i = 0; i < nr; i++) {
		struct planted *p = &planted[i];

		if (!p->found && d.events >> p->event & 1)
			found += p->found = disagrees(vendor, p, program, &trace);
	}
	return found;
}

static unsigned search(enum vendor vendor, struct planted *planted, unsigned nr)
{
	static char text[MAKER_TEXT];
	unsigned found = 0;

	for (const char *const *r = rare[vendor]; *r; r++) {
		const struct program program = parsed(*r);

		for (uint32_t seed = 1; seed <= SEEDS; seed++)
			found += try(vendor, planted, nr, &program, seed);
	}
	for (uint32_t seed = 1; seed <= PROGRAMS && found < nr; seed++) {
		const struct program program = maker_program(vendor, seed, text);

		found += try(vendor, planted, nr, &program, seed);
	}
	return found;
}

static void duties_that_a_processor_has_not_are_found(enum vendor vendor)
{
	static struct planted planted[MAX_PLANTED];
	unsigned nr = plant(vendor, planted), found = search(vendor, planted, nr);

	for (unsigned i = 0; i < nr; i++)
		if (!planted[i].found)
			print_error("%s: %s with %s: not found\n", vendor_rules[vendor].name,
				    rules[planted[i].event].name, duty_name(planted[i].duty));
	print_message("%s: %u of %u wrong rows are found\n", vendor_rules[vendor].name, found, nr);
	assert_int_equal(found, nr);
}

static void wrong_rows_for_amd_are_found(void **state)
{
	(void)state;
	duties_that_a_processor_has_not_are_found(VENDOR_AMD);
}

static void wrong_rows_for_intel_are_found(void **state)
{
	(void)state;
	duties_that_a_processor_has_not_are_found(VENDOR_INTEL);
}

/* ---- how the vendors' caches differ: what is stricter than the truth ---- */

static const struct vendor_rules *stricter(unsigned nr, enum vendor *vendor)
{
	static struct vendor_rules caches;

	*vendor = nr < 3 || nr == 6 ? VENDOR_AMD : VENDOR_INTEL;
	caches = vendor_rules[*vendor];
	switch (nr) {
	case 0: caches.tag_covers_nested = false; break;
	case 1: caches.caches_guest_leaf = false; break;
	case 2: caches.caches_pdptes = false; break;
	case 3: caches.spurious_fault = false; break;
	case 4: caches.nested_bits_optional = false; break;
	case 5: caches.nested_pdptes_in_memory = true; break;
	case 6: caches.l2_has_own_efer = false; break;
	default: return NULL;
	}
	return &caches;
}

/* A PDPTE that was cached before VMRUN. */
#define FORMER_PDPTE \
	"l2mode pae; enter; exit; set g0.w0.pdpte g2.w0.pd; enter; set g0.w0.pde C; load w0; exit"

static bool is_found(struct duel *d)
{
	static char text[MAKER_TEXT];
	const struct program former = parsed(FORMER_PDPTE);

	for (uint32_t seed = 1; seed <= SEEDS; seed++)
		if (!duel_play(d, &former, seed))
			return true;
	for (uint32_t seed = 1; seed <= PROGRAMS; seed++) {
		const struct program program = maker_program(d->vendor, seed, text);

		if (!duel_play(d, &program, seed))
			return true;
	}
	return false;
}

static void stricter_caches_are_found(void **state)
{
	struct duel d = {0};

	(void)state;
	for (unsigned nr = 0; (d.caches = stricter(nr, &d.vendor)); nr++)
		if (!is_found(&d))
			fail_msg("number %u of the stricter caches is not found", nr);
}

int test_planted_rows(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_rows_for_amd_are_found),
		cmocka_unit_test(wrong_rows_for_intel_are_found),
		cmocka_unit_test(stricter_caches_are_found),
	};

	return cmocka_run_group_tests_name("planted rows", tests, NULL, NULL);
}
