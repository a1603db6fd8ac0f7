/* SPDX-License-Identifier: MIT */
/*
 * Intel's rules one by one: linear, guest-physical and combined mappings, what tags each, what each
 * operation of VMX drops of them and what it may leave.
 */
#include "tests/unit/play.h"

#define intel(text, looks) assert_looks(VENDOR_INTEL, text, looks)

/* L2 without EPT: linear mappings. */
#define LINEAR                                                                \
	"set g0.w0.pte A; set g0.w1.pte A/g; enter; load w0; load w1; exit; " \
	"set g0.w0.pte B; set g0.w1.pte B/g; "
/* L2 under EPT, its own tables rewritten: combined mappings. */
#define COMBINED_ "nroot n0; " LINEAR
/* The EPT entry rewritten: guest-physical mappings, and combined ones made from them. */
#define GUEST_PHYSICAL                                                        \
	"nroot n0; set g0.w0.pte p0; set n0.p0.pte A; enter; load w0; exit; " \
	"set n0.p0.pte B; "

#define LOOKS "enter; load w0; load w1; exit"
#define LOOK  "enter; load w0; exit"
#define SEEN  "[A]; [A]; "
#define NEW   "[B]; [B]"
#define OLD   "A [B]; A [B]"

/* The same for linear and for combined mappings, as all but INVEPT treats them alike. */
#define linear_and_combined(flush, looks)                 \
	do {                                              \
		intel(LINEAR flush LOOKS, SEEN looks);    \
		intel(COMBINED_ flush LOOKS, SEEN looks); \
	} while (0)

static void invvpid_drops_linear_and_combined_mappings(void **state)
{
	(void)state;
	linear_and_combined("", OLD);
	linear_and_combined("invvpid 0 w0 1; ", "[B]; A [B]");
	linear_and_combined("invvpid 0 w1 1; ", "A [B]; [B]"); /* global: all PCIDs */
	linear_and_combined("invvpid 0 w2 1; ", OLD);
	linear_and_combined("invvpid 0 w0 2; ", OLD);
	linear_and_combined("invvpid 1 1; ", NEW);
	linear_and_combined("invvpid 1 2; ", OLD);
	linear_and_combined("invvpid 2; ", NEW);
	linear_and_combined("invvpid 3 1; ", "[B]; A [B]");
	linear_and_combined("invvpid 3 2; ", OLD);
	/* For all EP4TAs, and while the VM is given VPID 0. */
	linear_and_combined("nroot n1; tag 0; invvpid 1 1; tag 1; nroot n0; ", NEW);
}

static void invvpid_leaves_the_rest(void **state)
{
	static const char l1[] = "set h0.w0.pte A; load w0; set h0.w0.pte B; invvpid 2; load w0";

	(void)state;
	/* VPID 0 is L1's. */
	intel(l1, "[A]; A [B]");
	/* Guest-physical mappings. */
	intel(GUEST_PHYSICAL "invvpid 0 w0 1; invvpid 1 1; invvpid 2; invvpid 3 1; " LOOK,
	      "[A]; A [B]");
	assert_undefined(VENDOR_AMD, "invvpid 2", "no such operation");
}

/* The page table of w0 is exchanged; a pointer to the old one, which maps C by now, may be cached.
 */
#define UPPER                                                                              \
	"set g0.w0.pte A; set g1.w0.pte B; enter; load w0; exit; set g0.w0.pde g1.w0.pt; " \
	"set g0.w0.pte C; "

static void invvpid_drops_upper_levels(void **state)
{
	(void)state;
	intel(UPPER LOOK, "[A]; A [B] C");
	intel(UPPER "invvpid 0 w0 1; " LOOK, "[A]; [B]");
	intel(UPPER "invvpid 0 w1 1; " LOOK, "[A]; A [B] C");
	intel(UPPER "invvpid 1 1; " LOOK, "[A]; [B]");
	intel(UPPER "invvpid 2; " LOOK, "[A]; [B]");
	intel(UPPER "invvpid 3 1; " LOOK, "[A]; [B]");
	intel(UPPER "invvpid 3 2; " LOOK, "[A]; A [B] C");
	/* Type 3 may keep what was used for global translations, if there were any. */
	intel("set g0.w1.pte D/g; " UPPER "invvpid 3 1; " LOOK, "[A]; [B] C");
	intel("set g0.w1.pte D/g; enter; exit; set g0.w1.pte D; invvpid 1 1; " UPPER
	      "invvpid 3 1; " LOOK,
	      "[A]; [B] C");
	intel("set g1.w0.pte D/g; vm 1; enter; exit; vm 0; " UPPER "invvpid 3 1; " LOOK,
	      "[A]; [B]");
}

static void invept_drops_guest_physical_and_combined_mappings(void **state)
{
	(void)state;
	intel(GUEST_PHYSICAL LOOK, "[A]; A [B]");
	intel(GUEST_PHYSICAL "invept 1 n0; " LOOK, "[A]; [B]");
	intel(GUEST_PHYSICAL "invept 1 n1; " LOOK, "[A]; A [B]");
	intel(GUEST_PHYSICAL "invept 2; " LOOK, "[A]; [B]");
	/* Combined mappings go, global ones too, of all VPIDs. */
	intel(COMBINED_ "invept 1 n0; " LOOKS, SEEN NEW);
	intel(COMBINED_ "invept 1 n1; " LOOKS, SEEN OLD);
	intel(COMBINED_ "tag 2; enter; exit; invept 1 n0; tag 1; " LOOKS, SEEN NEW);
	/* Linear ones stay. */
	intel(LINEAR "invept 1 n0; invept 2; " LOOKS, SEEN OLD);
	intel("set h0.w0.pte A; load w0; set h0.w0.pte B; invept 2; load w0", "[A]; A [B]");
	/* Upper EPT entries. */
	intel("nroot n0; set g0.w0.pte p0; set n0.p0.pte A; set n1.p0.pte B; enter; load w0; exit; "
	      "set n0.p0.pde n1.p0.pt; set n0.p0.pte C; invept 1 n0; " LOOK,
	      "[A]; [B]");
	assert_undefined(VENDOR_AMD, "invept 2", "no such operation");
}

static void ep4ta_is_the_tag_not_the_eptp(void **state)
{
	(void)state;
	/* The same EP4TA with and without accessed and dirty bits. */
	intel(GUEST_PHYSICAL "nroot n0 ad; " LOOK, "[A]; A [B]");
	intel(GUEST_PHYSICAL "invept 1 n0 ad; " LOOK, "[A]; [B]");
	intel(GUEST_PHYSICAL "nroot n0 ad; enter; exit; invept 1 n0; nroot n0; " LOOK, "[A]; [B]");
	/* Another EP4TA's mappings never serve, whatever the VPID. */
	intel(GUEST_PHYSICAL "nroot n1; set n1.p0.pte C; " LOOK "; tag 2; " LOOK
			     "; nroot n0; " LOOK,
	      "[A]; [C]; [C]; A [B]");
	/* Guest-physical mappings are every VPID's. */
	intel(GUEST_PHYSICAL "tag 2; " LOOK "; tag 0; " LOOK, "[A]; A [B]; A [B]");
}

static void kinds_of_mappings_are_apart(void **state)
{
	(void)state;
	/* What is cached without EPT does not serve under it, nor the other way round. */
	intel(LINEAR "nroot n0; " LOOKS "; nroot none; " LOOKS, SEEN NEW "; " OLD);
	intel(COMBINED_ "nroot none; " LOOKS "; nroot n0; " LOOKS, SEEN NEW "; " OLD);
	/* But a flush of L2's own reaches the VPID's linear and combined mappings alike. */
	intel(LINEAR "nroot n0; enter; pge off; exit; nroot none; " LOOKS, SEEN NEW);
	intel(COMBINED_ "nroot n1; enter; pge off; exit; nroot n0; " LOOKS, SEEN NEW);
	intel(COMBINED_ "nroot none; enter; invlpg w0; exit; nroot n0; " LOOKS, SEEN "[B]; A [B]");
}

static void vpid_zero_is_flushed_at_each_transition(void **state)
{
	(void)state;
	linear_and_combined("tag 0; enter; exit; tag 1; ", OLD);
	intel("tag 0; " LINEAR LOOKS, SEEN NEW);
	intel("tag 0; " COMBINED_ LOOKS, SEEN NEW);
	/* Within one stay nothing is, and the exit drops L1's mappings, too: both are VPID 0. */
	intel("tag 0; l2cr3 h0; set h0.w0.pte A; load w0; enter; load w0; set h0.w0.pte B; load "
	      "w0; exit; load w0",
	      "[A]; [A]; A [B]; [B]");
	/* L1's mappings of a root that is not loaded, global ones. */
	intel("tag 0; set h1.w0.pte A/g; cr3 h1; load w0; cr3 h0; set h1.w0.pte B/g; enter; exit; "
	      "cr3 h1; load w0",
	      "[A]; [B]");
	/* Guest-physical ones stay. */
	intel("tag 0; " GUEST_PHYSICAL LOOK, "[A]; A [B]");
}

static void vmxoff_and_vmxon_flush_nothing(void **state)
{
	(void)state;
	linear_and_combined("vmx-cycle; ", OLD);
	intel(GUEST_PHYSICAL "vmx-cycle; " LOOK, "[A]; A [B]");
	intel("set h0.w0.pte A; load w0; set h0.w0.pte B; vmx-cycle; load w0", "[A]; A [B]");
	/* A VPID that this CPU never used has nothing cached. */
	linear_and_combined("vmx-cycle; tag 2; ", NEW);
	assert_undefined(VENDOR_AMD, "vmx-cycle", "no such operation");
}

/* n0 and n1 map p0 to A and B; the first is in use. */
#define TWO_ROOTS                                                                        \
	"nroot n0; set g0.w0.pte p0; set n0.p0.pte A; set n1.p0.pte B; enter; load w0; " \
	"vmfunc n1; load w0; "

static void vmfunc_switches_the_root(void **state)
{
	(void)state;
	intel(TWO_ROOTS "vmfunc n0; load w0; exit", "[A]; [B]; [A]");
	/* The VMCS has the new EPTP afterwards. */
	intel(TWO_ROOTS "exit; " LOOK, "[A]; [B]; [B]");
	/* It flushes nothing … */
	intel(TWO_ROOTS "set n0.p0.pte C; vmfunc n0; load w0; exit", "[A]; [B]; A [C]");
	intel(TWO_ROOTS "exit; set n0.p0.pte C; invept 1 n0; enter; vmfunc n0; load w0; exit",
	      "[A]; [B]; [C]");
	/* … but with VPID off the combined mappings of VPID 0, of all EP4TAs. */
	intel("nroot n0; enter; set g0.w0.pte A; load w0; set g0.w0.pte B; vmfunc n1; vmfunc n0; "
	      "load w0; exit",
	      "[A]; A [B]");
	intel("tag 0; nroot n0; enter; set g0.w0.pte A; load w0; set g0.w0.pte B; vmfunc n1; "
	      "vmfunc n0; load w0; exit",
	      "[A]; [B]");
	intel("tag 0; " TWO_ROOTS "set n0.p0.pte C; vmfunc n0; load w0; exit", "[A]; [B]; A [C]");
	assert_undefined(VENDOR_INTEL, "enter; vmfunc n0; exit", "this VM has none");
	assert_undefined(VENDOR_AMD, "nroot n0; enter; vmfunc n1; exit", "no such operation");
}

/* p0 is never executable: a fetch violates, whatever is cached. */
#define REWRITTEN_RO                                                                          \
	"nroot n0; set g0.w0.pte p0; set g0.w1.pte p0; set n0.p0.pte A/nx; enter; store w0; " \
	"store w1; exit; set n0.p0.pte A/ro/nx; enter; "

static void an_ept_violation_drops_its_page(void **state)
{
	(void)state;
	intel(REWRITTEN_RO "store w0; exit", "[A]; [A]; A [#NPF]");
	intel(REWRITTEN_RO "fetch w0; store w0; exit", "[A]; [A]; [#NPF]; [#NPF]");
	/* Combined mappings of another linear address stay, and of another VPID. */
	intel(REWRITTEN_RO "fetch w0; store w1; exit", "[A]; [A]; [#NPF]; A [#NPF]");
	intel(REWRITTEN_RO "exit; tag 2; enter; fetch w0; exit; tag 1; enter; store w0; exit",
	      "[A]; [A]; [#NPF]; A [#NPF]");
	/* By EP4TA. */
	intel(REWRITTEN_RO "exit; nroot n0 ad; enter; fetch w0; exit; nroot n0; enter; store w0; "
			   "exit",
	      "[A]; [A]; [#NPF]; [#NPF]");
	/* Which page it was is not certain where w0 may lead to two. */
	intel("nroot n0; set g0.w0.pte p1; set n0.p0.pte A/nx; set n0.p1.pte B/nx; enter; store "
	      "w0; exit; set g0.w0.pte p0; set n0.p0.pte A/ro/nx; enter; fetch w0; store w0; exit",
	      "[B]; [#NPF]; A [#NPF]");
}

/* p0's leaf has clear bits; `look` is carried out below this nested root. */
#define BITS(nroot, look) \
	nroot "; set g0.w0.pte p0; set n0.p0.pte A/na/nd; enter; " look "; exit; bits n0.p0.pte"

static void nested_bits_are_set_where_they_are_wanted(void **state)
{
	(void)state;
	intel(BITS("nroot n0", "store w0"), "[A]; [a0d0]");
	intel(BITS("nroot n0 ad", "load w0"), "[A]; [a1d0]");
	intel(BITS("nroot n0 ad", "store w0"), "[A]; [a1d1]");
	assert_looks(VENDOR_AMD, BITS("nroot n0", "store w0"), "[A]; [a1d1]");
	/* What was cached without them need not set them, until an INVEPT. */
	intel(BITS("nroot n0", "store w0") "; nroot n0 ad; enter; store w0; exit; bits n0.p0.pte",
	      "[A]; [a0d0]; [A]; a0d0 a1d0 a0d1 [a1d1]");
	intel(BITS("nroot n0", "store w0") "; nroot n0 ad; invept 1 n0 ad; enter; store w0; exit; "
					   "bits n0.p0.pte",
	      "[A]; [a0d0]; [A]; [a1d1]");
	intel(BITS("nroot n0", "store w0") "; enter; vmfunc n0 ad; store w0; exit; bits n0.p0.pte",
	      "[A]; [a0d0]; [A]; a0d0 a1d0 a0d1 [a1d1]");
	/* L2's own tables have bits in any case. */
	intel("nroot n0; set g0.w0.pte p0/na/nd; set n0.p0.pte A; enter; store w0; exit; "
	      "bits g0.w0.pte",
	      "[A]; [a1d1]");
}

static void flushes_are_per_cpu(void **state)
{
	(void)state;
	/* CPU 1 runs the same VPID and EP4TA; its flushes are its own. */
	intel("cpu 1; nroot n0; set g0.w0.pte p0; set n0.p0.pte A; " LOOK "; cpu 0; nroot n0; " LOOK
	      "; set n0.p0.pte B; cpu 1; invept 2; invvpid 2; " LOOK "; cpu 0; " LOOK
	      "; invept 1 n0; " LOOK,
	      "[A]; [A]; [B]; A [B]; [B]");
	/* The same VPID on two CPUs: no value of one is legal on the other. */
	intel("set g0.w0.pte A; set g1.w0.pte B; enter; load w0; exit; cpu 1; l2cr3 g1; " LOOK
	      "; vmx-cycle; " LOOK "; cpu 0; vmx-cycle; " LOOK,
	      "[A]; [B]; [B]; [A]");
}

int test_intel(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(invvpid_drops_linear_and_combined_mappings),
		cmocka_unit_test(invvpid_leaves_the_rest),
		cmocka_unit_test(invvpid_drops_upper_levels),
		cmocka_unit_test(invept_drops_guest_physical_and_combined_mappings),
		cmocka_unit_test(ep4ta_is_the_tag_not_the_eptp),
		cmocka_unit_test(kinds_of_mappings_are_apart),
		cmocka_unit_test(vpid_zero_is_flushed_at_each_transition),
		cmocka_unit_test(vmxoff_and_vmxon_flush_nothing),
		cmocka_unit_test(vmfunc_switches_the_root),
		cmocka_unit_test(an_ept_violation_drops_its_page),
		cmocka_unit_test(nested_bits_are_set_where_they_are_wanted),
		cmocka_unit_test(flushes_are_per_cpu),
	};

	return cmocka_run_group_tests_name("Intel's rules", tests, NULL, NULL);
}
