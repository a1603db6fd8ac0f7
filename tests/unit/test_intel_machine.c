/* SPDX-License-Identifier: MIT */
/*
 * Random programs on a toy Intel processor that is as lazy as the manual allows: whatever it shows,
 * the oracle must call legal.
 */
#include "tests/unit/play.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/intel_machine.h"

enum { PROGRAMS = 20000, STEPS = 56 };

/* A program that is being written. */
struct writer {
	struct machine dice; /* only its random numbers */
	char text[3000];
	bool in_l2;
};

static unsigned die(struct writer *w, unsigned n)
{
	return machine_random(&w->dice, n);
}

#define STEP(w, ...)                                                               \
	do {                                                                       \
		size_t len_ = strlen((w)->text);                                   \
		snprintf((w)->text + len_, sizeof((w)->text) - len_, __VA_ARGS__); \
	} while (0)

static const char *flags(struct writer *w, bool linear_leaf)
{
	static const char *const linear[] = {"/ro", "/nx", "/g", "/na", "/g/na/nd", "/g/ro"};
	static const char *const nested[] = {"/ro", "/nx", "/ro/nx", "/na", "/na/nd", "/nd"};

	return die(w, 2) ? "" : linear_leaf ? linear[die(w, 6)] : nested[die(w, 6)];
}

static void write_set(struct writer *w)
{
	unsigned space = die(w, 3), root = die(w, 2), window = die(w, 2);
	bool nested = space == SPACE_N;
	char s = "hgn"[space], k = nested ? 'p' : 'w';

	if (!die(w, 6)) {
		STEP(w, "set %c%u.%c%u.pde %c%u.%c%u.pt", s, root, k, window, s, die(w, 2), k,
		     window);
	} else if (!die(w, 10)) {
		STEP(w, "set %c%u.%c%u.pte none", s, root, k, window);
	} else if (space == SPACE_G && die(w, 2)) {
		STEP(w, "set g%u.w%u.pte p%u%s", root, window, die(w, 2), flags(w, true));
	} else {
		STEP(w, "set %c%u.%c%u.%s %c%s", s, root, k, window, die(w, 6) ? "pte" : "pde",
		     'A' + (char)die(w, 4), flags(w, !nested));
	}
}

static void write_look(struct writer *w)
{
	static const char *const looks[] = {"load", "store", "fetch"};

	STEP(w, "%s w%u", looks[die(w, 3)], die(w, 2));
}

/* A flush of the level that runs; in L2 at times with an interrupt behind it. */
static void write_own_flush(struct writer *w)
{
	switch (die(w, 5)) {
	case 0: STEP(w, "cr3 %c%u", w->in_l2 ? 'g' : 'h', die(w, 2)); break;
	case 1: STEP(w, "invlpg w%u", die(w, 2)); break;
	case 2: STEP(w, "pge %s", die(w, 2) ? "on" : "off"); break;
	case 3: STEP(w, "invpcid 0 w%u", die(w, 2)); break;
	case 4: STEP(w, "invpcid %u", 1 + die(w, 3)); break;
	}
	if (w->in_l2 && !die(w, 4)) {
		STEP(w, " irq");
		w->in_l2 = false;
	}
}

static void write_l1(struct writer *w)
{
	const char *ad = die(w, 2) ? "" : " ad";

	switch (die(w, 14)) {
	case 0: STEP(w, "tag %u", die(w, 3)); break;
	case 1: STEP(w, "l2cr3 g%u", die(w, 2)); break;
	case 2: STEP(w, "nroot n%u%s", die(w, 2), ad); break;
	case 3: STEP(w, "invvpid 0 w%u %u", die(w, 2), 1 + die(w, 2)); break;
	case 4: STEP(w, "invvpid %u %u", die(w, 2) ? 1 : 3, 1 + die(w, 2)); break;
	case 5: STEP(w, "invvpid 2"); break;
	case 6: STEP(w, "invept 1 n%u%s", die(w, 2), ad); break;
	case 7: STEP(w, "invept 2"); break;
	case 8: STEP(w, "vmx-cycle"); break;
	case 9: STEP(w, "enter-pending"); break;
	default:
		STEP(w, "enter");
		w->in_l2 = true;
		break;
	}
}

static void write_bits(struct writer *w)
{
	static const char *const levels[] = {"pte", "pte", "pde"};
	bool nested = die(w, 2);

	STEP(w, "bits %c%u.%c%u.%s", nested ? 'n' : 'g', die(w, 2), nested ? 'p' : 'w', die(w, 2),
	     levels[die(w, 3)]);
}

static void write_step(struct writer *w)
{
	unsigned choice = die(w, 10);

	if (choice < 3)
		write_set(w);
	else if (choice < 6)
		write_look(w);
	else if (choice < 7)
		write_own_flush(w);
	else if (choice < 8)
		write_bits(w);
	else if (!w->in_l2)
		write_l1(w);
	else if (choice < 9)
		STEP(w, "vmfunc n%u%s", die(w, 2), die(w, 2) ? "" : " ad");
	else {
		STEP(w, "exit");
		w->in_l2 = false;
	}
}

static void write_program(struct writer *w, uint32_t seed)
{
	memset(w, 0, sizeof(*w));
	w->dice.seed = seed;
	STEP(w, "nroot n0; set g0.w0.pte p0; set n0.p0.pte A");
	for (unsigned i = 0; i < STEPS; i++) {
		STEP(w, "; ");
		write_step(w);
	}
	if (w->in_l2)
		STEP(w, "; exit");
}

/* Returns the number of looks whose result was not current: 0 would be no test. */
static unsigned play_on_machine(const char *text, uint32_t seed)
{
	static struct machine machine;
	struct player p = play(VENDOR_INTEL, text);
	unsigned retained = 0;

	machine_start(&machine, seed);
	while ((p.step = program_next(&p.program, &p.cursor, false))) {
		uint32_t seen;

		if (!oracle_step(p.oracle, p.step, &p.look, &p.why))
			break; /* no meaning, or too complex */
		seen = machine_step(&machine, p.step);
		if (!op_is_look(p.step->op))
			continue;
		switch (play_saw(&p, seen)) {
		case JUDGED_CURRENT: break;
		case JUDGED_RETAINED: retained++; break;
		default:
			fail_msg("seed %u: at column %u the machine saw 0x%x, legal is 0x%x:\n%s",
				 seed, p.step->column, seen, p.look.legal, text);
		}
	}
	play_end(&p);
	return retained;
}

static void what_a_lazy_processor_shows_is_legal(void **state)
{
	static struct writer writer;
	unsigned retained = 0;

	(void)state;
	for (uint32_t seed = 1; seed <= PROGRAMS; seed++) {
		write_program(&writer, seed * 2654435761u);
		retained += play_on_machine(writer.text, seed);
	}
	print_message("%u looks were served by something old\n", retained);
	assert_true(retained > PROGRAMS / 10);
}

int test_intel_machine(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_lazy_processor_shows_is_legal),
	};

	return cmocka_run_group_tests_name("a toy Intel processor", tests, NULL, NULL);
}
