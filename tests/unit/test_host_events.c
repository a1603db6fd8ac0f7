/* SPDX-License-Identifier: MIT */
/* What the host does below the VM, as looks must see it; and what its VMM takes from the guest. */
#include <string.h>

#include "tests/unit/play.h"

#include "vmm/check_request.h"

static void frames_show_what_the_host_put_there(void **state)
{
	(void)state;
	assert_both("set h0.w0.pte A; load w0; host drop A; load w0 fresh; store w0 fresh",
		    "[A]; [zeros]; [A]");
	assert_both("set h0.w0.pte A; load w0; host swap A B; load w0 fresh; fetch w0 fresh; "
		    "host swap B C; load w0 fresh; host swap A B; load w0 fresh",
		    "[A]; [B]; [B]; [B]; [C]");
	assert_both("set h0.w0.pte A; load w0; host move A; load w0 fresh; host pressure; "
		    "host smi; host save; store w0 fresh; load w0 by save fresh",
		    "[A]; [A]; [A]; [A]");
}

static void slots_hide_frames(void **state)
{
	(void)state;
	assert_both("set h0.w0.pte A; load w0; host slot remove A; load w0 fresh; store w0 fresh; "
		    "host slot add A; load w0 fresh; host slot ro A; load w0 fresh; store w0 fresh",
		    "[A]; [M]; [M]; [A]; [A]; [M]");
	assert_both("set h0.w0.pte A; set h0.w1.pte M; load w0; load w1; host slot move A; "
		    "load w0 fresh; load w1 fresh; host slot add A; load w0 fresh; load w1 fresh",
		    "[A]; [M]; [M]; [A]; [A]; [M]");
	assert_undefined(VENDOR_AMD, "host slot move A; host slot move B", "one slot");
}

/* A translation that may be cached leads to the frame as it is now. */
static void cached_translations_see_it(void **state)
{
	(void)state;
	assert_both("set h0.w0.pte A; load w0; set h0.w0.pte B; load w0 either; host swap A C; "
		    "load w0 either; host drop B; load w0 either",
		    "[A]; A [B]; [B] C; C [zeros]");
}

static void what_is_stored_is_logged(void **state)
{
	(void)state;
	assert_both("set h0.w0.pte A; host log on; logged A; load w0; logged A; store w0; "
		    "logged A fresh; logged B; host log clear; logged A; store w0; logged A fresh",
		    "logged [unlogged]; [A]; logged [unlogged]; [A]; [logged]; logged [unlogged]; "
		    "logged [unlogged]; [A]; [logged]");
	/* The pages wander, the log is about where they are now. */
	assert_both("set h0.w0.pte A; host log on; host swap A B; store w0; logged A fresh; "
		    "logged B",
		    "[B]; [logged]; logged [unlogged]");
	assert_undefined(VENDOR_AMD, "logged A", "log on first");
	assert_both("set h0.w0.pte A; host log manual; store w0; logged A fresh; host log clear; "
		    "logged A; host log all-set; store w0; logged A fresh; host log ring; "
		    "logged A; store w0; logged A fresh",
		    "[A]; [logged]; logged [unlogged]; [A]; [logged]; logged [unlogged]; [A]; "
		    "[logged]");
	assert_undefined(VENDOR_AMD, "host log ring; host log on", "no bitmap");
	assert_undefined(VENDOR_AMD, "host log on; host log off; logged A", "log on first");
}

static void a_page_taken_away_is_stale(void **state)
{
	struct player p = play(VENDOR_AMD, "set h0.w0.pte A; load w0; host move A; load w0");

	(void)state;
	assert_true(play_look(&p));
	play_saw(&p, RESULT_FRAME(0));
	assert_true(play_look(&p));
	assert_int_equal(play_saw(&p, RESULT_GONE), JUDGED_STALE);
	play_end(&p);
	p = play(VENDOR_AMD, "set h0.w0.pte A; load w0; host drop A; load w0");
	assert_true(play_look(&p));
	play_saw(&p, RESULT_FRAME(0));
	assert_true(play_look(&p));
	assert_int_equal(play_saw(&p, RESULT_FRAME(0)), JUDGED_STALE);
	play_end(&p);
}

static void a_lost_store_is_stale(void **state)
{
	struct player p = play(VENDOR_INTEL, "set h0.w0.pte A; host log on; store w0; logged A");

	(void)state;
	assert_true(play_look(&p));
	play_saw(&p, RESULT_FRAME(0));
	assert_true(play_look(&p));
	assert_int_equal(play_saw(&p, RESULT_UNLOGGED), JUDGED_STALE);
	play_end(&p);
}

static void steal_time_is_where_l1_put_it(void **state)
{
	(void)state;
	assert_both("stolen A; steal A; stolen A fresh; host swap A B; stolen A fresh; stolen B; "
		    "steal B; stolen A fresh; stolen B fresh",
		    "[unwritten]; [written]; [written]; [unwritten]; [unwritten]; [written]");
	assert_undefined(VENDOR_AMD, "steal A; host slot remove A; stolen A", "slot add first");
}

static void refused(const char *text, const char *words)
{
	struct program program = room_for(text);
	struct program_error error;

	assert_false(program_parse(text, OP_LOAD, &program, &error));
	if (!strstr(error.text, words))
		fail_msg("%s: %s", text, error.text);
}

static void an_smi_handler_is_l1s(void **state)
{
	(void)state;
	assert_both("set h0.w0.pte A; set g0.w0.pte B; enter; load w0; smi; load w0 fresh; "
		    "set g0.w0.pte C; rsm; load w0; invlpg w0; load w0 fresh; exit; load w0 fresh",
		    "[B]; [A]; B [C]; [C]; [A]");
	assert_both("set h0.w0.pte M; load w0; smi; load w0; host slot smm A; load w0 fresh; "
		    "store w0 fresh; rsm; load w0 fresh; smi; load w0 fresh; rsm",
		    "[M]; [M]; [A]; [A]; [M]; [A]");
	assert_undefined(VENDOR_AMD, "host slot smm A; host slot smm B", "one frame");
	assert_undefined(VENDOR_AMD, "host log on; host slot smm A", "logged");
	assert_undefined(VENDOR_AMD, "host slot smm A; host log on", "logged");
	refused("smi", "the program ends in an SMI handler");
	refused("rsm", "smi first");
	refused("smi; smi; rsm; rsm", "rsm first");
	refused("smi; invlpg w0; rsm", "rsm first");
	refused("smi; load w0 by user; rsm", "rsm first");
	refused("smi; host save; rsm", "rsm first");
	refused("smi; enter; rsm; exit", "rsm first");
	refused("repeat 2; smi; end; rsm", "rsm first");
	assert_needs("smi; rsm", "host-events");
}

/* It is back on its first root, with its registers as at a start, but for CR4.PGE. */
static void an_init_ends_what_a_vcpu_was_about(void **state)
{
	(void)state;
	assert_both("cpu 1; set h0.w0.pte A; load w0; set h0.w0.pte B; load w0 either; cr3 h1; "
		    "smep on; "
		    "steal A; cpu 0; init 1; cpu 1; load w0 fresh; stolen A; set h0.w0.pte C; "
		    "invlpg w0; "
		    "fetch w0 fresh; cpu 0",
		    "[A]; A [B]; [B]; [unwritten]; [C]");
	refused("init 0", "another vCPU");
	refused("cpu 1; init 1; cpu 0", "another vCPU");
	refused("cpu 1; enter; cpu 0; init 1; cpu 1; exit", "in L1");
	refused("cpu 1; pcide on; cpu 0; init 1; cpu 1; cr3 h0 pcid 1", "pcide on");
	assert_needs("init 1", "cpus2");
	assert_needs("steal A", "pv-flush");
}

static void the_language_refuses(void **state)
{
	(void)state;
	refused("host", "what the host does");
	refused("host fly A", "what the host does");
	refused("host slot", "what the host does");
	refused("host log", "what the host does");
	refused("host nx", "what the host does");
	refused("smi; host log ring; rsm", "rsm first");
	refused("host slot fly A", "what the host does");
	refused("host drop", "expected a frame");
	refused("host drop M", "expected a frame");
	refused("host drop AB", "expected a frame");
	refused("host swap A", "expected a frame");
	refused("host swap A A", "another one");
	refused("logged w0", "expected a frame");
	refused("!host drop A", "this step is none");
	refused("set h0.w0.pte A; fetch w0; host drop A", "no code");
	refused("set h0.w0.pte A; fetch w0; host slot remove B", "no code");
	refused("bare 32; set g0.w0.pde A; host swap A B", "4 MiB");
	refused("l2mode 32; host log on; set g0.w0.pde A; enter; store w0; logged A; exit",
		"4 MiB");
	assert_needs("host swap A B", "host-events");
	refused("store w0 by save", "no way");
	assert_needs("load w0 by save", "host-events");
	assert_needs("host slot remove A", "hole,host-events");
	assert_needs("host smi; host save", "host-events");
	assert_needs("bare pae; enter; host log ring; exit", "legacy-paging,pdptes,host-events");
	assert_needs("enter; host save; exit", "hv,host-events");
	assert_needs("enter; host smi; exit", "hv,smi-in-l2,host-events");
	assert_needs("bare pae; enter; host smi; exit", "legacy-paging,pdptes,host-events");
	assert_needs("bare 32; enter; host save; exit", "legacy-paging,host-events");
}

/* ---- the VMM's side ---- */

#define MEMORY (256ull << 20)

static bool takes(uint32_t op, uint64_t a, uint64_t b, uint64_t c, unsigned frames)
{
	const struct vmm_request r = {.op = op, .argument = {a, b, c}};

	return check_request(&r, MEMORY, frames);
}

static void the_vmm_takes_text_in_memory_only(void **state)
{
	(void)state;
	assert_true(takes(VMM_WRITE, 0x1000, 80, 0, 0));
	assert_true(takes(VMM_WRITE, MEMORY - 80, 80, 0, 0));
	assert_true(takes(VMM_WRITE, MEMORY, 0, 0, 0));
	assert_false(takes(VMM_WRITE, MEMORY - 79, 80, 0, 0));
	assert_false(takes(VMM_WRITE, -80ull, 80, 0, 0));
	assert_false(takes(VMM_WRITE, -80ull, 160, 0, 0));
	assert_false(takes(VMM_WRITE, 0, VMM_TEXT_MAX + 1, 0, 0));
	assert_false(takes(VMM_WRITE, 0, -1ull, 0, 0));
}

static void the_vmm_takes_frames_once_and_whole(void **state)
{
	const uint64_t at = 16ull << 20;

	(void)state;
	assert_true(takes(VMM_FRAMES, at, VMM_FRAME_SIZE, 8, 0));
	assert_false(takes(VMM_FRAMES, at, VMM_FRAME_SIZE, 8, 7));
	assert_false(takes(VMM_FRAMES, at + 4096, VMM_FRAME_SIZE, 8, 0));
	assert_false(takes(VMM_FRAMES, 0, VMM_FRAME_SIZE, 8, 0));
	assert_false(takes(VMM_FRAMES, at, 4096, 8, 0));
	assert_false(takes(VMM_FRAMES, at, VMM_FRAME_SIZE, 1, 0));
	assert_false(takes(VMM_FRAMES, at, VMM_FRAME_SIZE, VMM_FRAMES_MAX + 1, 0));
	assert_false(takes(VMM_FRAMES, MEMORY - VMM_FRAME_SIZE, VMM_FRAME_SIZE, 2, 0));
	assert_false(takes(VMM_FRAMES, 0xffffffffffe00000, VMM_FRAME_SIZE, 2, 0));
}

static void the_vmm_takes_no_nonsense(void **state)
{
	(void)state;
	assert_true(takes(VMM_FEATURES, 0, 0, 0, 0));
	assert_false(takes(0, 0, 0, 0, 7));
	assert_false(takes(NR_VMM_OPS, 0, 0, 0, 7));
	assert_false(takes(UINT32_MAX, 0, 0, 0, 7));
	for (uint32_t op = VMM_RESET; op < NR_VMM_OPS; op++)
		assert_false(takes(op, 0, 0, 0, 0)); /* no frames yet */
	assert_true(takes(VMM_DROP, 6, 0, 0, 7));
	assert_false(takes(VMM_DROP, 7, 0, 0, 7));
	assert_false(takes(VMM_DROP, 1ull << 32, 0, 0, 7));
	assert_true(takes(VMM_SWAP, 0, 6, 0, 7));
	assert_false(takes(VMM_SWAP, 0, 7, 0, 7));
	assert_false(takes(VMM_SWAP, 3, 3, 0, 7));
	assert_true(takes(VMM_SLOT_MOVE, 0, 0xcff4b000, 0, 7));
	assert_false(takes(VMM_SLOT_MOVE, 0, 0xcff4b001, 0, 7));
	assert_false(takes(VMM_SLOT_MOVE, 0, MEMORY - 4096, 0, 7));
	assert_false(takes(VMM_SLOT_MOVE, 0, 0xfee00000, 0, 7)); /* the APIC */
	assert_false(takes(VMM_SLOT_MOVE, 0, -4096ull, 0, 7));
	assert_true(takes(VMM_SLOT_SMM, 0, 0xcff4b000, 0, 7));
	assert_true(takes(VMM_SMI, 0, 0, 0, 7));
	assert_true(takes(VMM_SMI, 0x9f000, 0, 0, 7));
	assert_false(takes(VMM_SMI, 0x9f001, 0, 0, 7));
	assert_false(takes(VMM_SMI, 1 << 20, 0, 0, 7));
}

static void a_request_lies_in_memory(void **state)
{
	(void)state;
	assert_true(check_address(0x200000, MEMORY));
	assert_true(check_address(MEMORY - sizeof(struct vmm_request), MEMORY));
	assert_false(check_address(MEMORY - 8, MEMORY));
	assert_false(check_address(MEMORY, MEMORY));
	assert_false(check_address(0x200004, MEMORY));
	assert_false(check_address(0xfffffff8, MEMORY));
}

int test_host_events(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_show_what_the_host_put_there),
		cmocka_unit_test(an_smi_handler_is_l1s),
		cmocka_unit_test(slots_hide_frames),
		cmocka_unit_test(cached_translations_see_it),
		cmocka_unit_test(what_is_stored_is_logged),
		cmocka_unit_test(a_page_taken_away_is_stale),
		cmocka_unit_test(a_lost_store_is_stale),
		cmocka_unit_test(the_language_refuses),
		cmocka_unit_test(steal_time_is_where_l1_put_it),
		cmocka_unit_test(an_init_ends_what_a_vcpu_was_about),
		cmocka_unit_test(the_vmm_takes_text_in_memory_only),
		cmocka_unit_test(the_vmm_takes_frames_once_and_whole),
		cmocka_unit_test(the_vmm_takes_no_nonsense),
		cmocka_unit_test(a_request_lies_in_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
