/* SPDX-License-Identifier: MIT */
/* What holds for every program, whatever the manuals say: laws, over random programs. */
#include "tests/unit/play.h"

#include <stdlib.h>

#include "tests/unit/toy/maker.h"

enum { PROGRAMS = 2000 };

static uint32_t dice;

static unsigned die(unsigned n)
{
	dice = dice * 1664525u + 1013904223u;
	return (dice >> 8) % n;
}

/* Two programs that look at the same points, one beside the other. */
struct pair {
	enum vendor vendor;
	struct player side[2];
	char text[MAKER_TEXT];
};

static bool next_look(struct player *p)
{
	while ((p->step = program_next(&p->program, &p->cursor, p->control))) {
		if (!oracle_step(p->oracle, p->step, &p->look, &p->why))
			return false;
		if (op_is_look(p->step->op))
			return true;
	}
	return false;
}

/* The second side is made of the first one by the caller, then begin_pair() begins. */
static void make_pair(struct pair *pair, enum vendor vendor, uint32_t seed)
{
	dice = seed * 2654435761u;
	pair->vendor = vendor;
	for (unsigned i = 0; i < 2; i++)
		pair->side[i] = (struct player){
			.program = maker_program(vendor, seed, pair->text),
		};
}

static void begin_pair(struct pair *pair)
{
	static void *oracles[2];

	for (unsigned i = 0; i < 2; i++) {
		struct player *p = &pair->side[i];

		oracles[i] = oracles[i] ? oracles[i] : malloc(oracle_size());
		p->oracle = oracles[i];
		oracle_start(p->oracle, pair->vendor, program_cpus(&p->program));
	}
}

/* One of the results that are legal: most often what is current. */
static uint32_t some_result(const struct look *look)
{
	uint32_t bit;

	if (die(3))
		return look->current;
	do
		bit = 1u << die(17);
	while (!(look->legal & bit));
	return bit;
}

/* ---- leaving a flush out never narrows what is legal ---- */

static bool is_pure_flush(const struct step *step)
{
	switch (step->op) {
	case OP_INVLPG:
	case OP_INVPCID:
	case OP_INVLPGA:
	case OP_INVVPID:
	case OP_INVEPT:
	case OP_PV_FLUSH:
	case OP_INIT: return true;
	default: return false;
	}
}

/*
 * Leaves each flush out, or some. A TLB_CONTROL takes the place of one that waits for the same
 * entry, which may be stronger: so all of them or none.
 */
static void leave_out(struct player *p)
{
	unsigned of = 1 + die(3);
	bool controls = die(2);

	p->control = true;
	for (unsigned i = 0; i < p->program.nr_steps; i++) {
		struct step *s = &p->program.step[i];

		s->flush = s->op == OP_TLBCTL ? controls : is_pure_flush(s) && !die(of);
	}
}

static void a_flush_left_out_never_narrows(void **state)
{
	static struct pair pair;
	unsigned wider = 0;

	(void)state;
	for (uint32_t seed = 1; seed <= 2 * PROGRAMS; seed++) {
		struct player *with = &pair.side[0], *without = &pair.side[1];

		make_pair(&pair, seed % NR_VENDORS, seed);
		leave_out(without);
		begin_pair(&pair);
		while (next_look(with) && next_look(without)) {
			uint32_t saw = some_result(&with->look);

			assert_int_equal(with->look.current, without->look.current);
			if (with->look.legal & ~without->look.legal)
				fail_msg("seed %u: column %u: legal is 0x%x with the flushes, 0x%x "
					 "without: %s",
					 seed, with->step->column, with->look.legal,
					 without->look.legal, pair.text);
			wider += with->look.legal != without->look.legal;
			play_saw(with, saw);
			play_saw(without, saw);
		}
	}
	assert_true(wider > PROGRAMS / 4);
}

/* ---- other names change nothing ---- */

enum { B = 1, C = 2 };

static uint32_t other_frames(uint32_t results)
{
	uint32_t both = RESULT_FRAME(B) | RESULT_FRAME(C);

	return (results & ~both) | (results & RESULT_FRAME(B) ? RESULT_FRAME(C) : 0) |
	       (results & RESULT_FRAME(C) ? RESULT_FRAME(B) : 0);
}

/* Not A: it alone can be a page of 1 GiB. */
static void exchange_frames(struct program *program)
{
	for (unsigned i = 0; i < program->nr_steps; i++) {
		struct value *v = &program->step[i].value;

		if (v->kind == VALUE_FRAME && (v->nr == B || v->nr == C))
			v->nr = B + C - v->nr;
	}
}

/* Exchanges window 0 and another one: of linear addresses, of guest-physical ones; 0: not. */
struct exchange {
	uint8_t linear, nested;
};

static void exchange_one(uint8_t *window, uint8_t with)
{
	if (with && (*window == 0 || *window == with))
		*window = with - *window;
}

static void exchange_windows(struct program *program, struct exchange with)
{
	for (unsigned i = 0; i < program->nr_steps; i++) {
		struct step *s = &program->step[i];
		bool nested = s->entry.root.space == SPACE_N;

		if (s->op == OP_SET || s->op == OP_BITS)
			exchange_one(&s->entry.window, nested ? with.nested : with.linear);
		else
			exchange_one(&s->window, with.linear);
		if (s->value.kind == VALUE_TABLE)
			exchange_one(&s->value.table.window, nested ? with.nested : with.linear);
		if (s->value.kind == VALUE_WINDOW)
			exchange_one(&s->value.nr, with.nested);
	}
}

static struct exchange some_exchange(struct header header)
{
	struct exchange with = {.linear = 1, .nested = 1};

	if (header.l2 == MODE_32) /* 1 and 3 are in the other halves of their PTs */
		with.linear = 2;
	if (header.l2 != MODE_UNPAGED) { /* where w0 is p0 */
		with.linear *= (uint8_t)die(2);
		with.nested *= (uint8_t)die(2);
	}
	return with;
}

static void play_alike(struct pair *pair, uint32_t seed, bool frames)
{
	struct player *one = &pair->side[0], *other = &pair->side[1];

	begin_pair(pair);
	while (next_look(one) && next_look(other)) {
		uint32_t saw = some_result(&one->look);
		uint32_t legal = frames ? other_frames(one->look.legal) : one->look.legal;

		if (other->look.legal != legal)
			fail_msg("seed %u: column %u: legal is 0x%x, by other names 0x%x: %s", seed,
				 one->step->column, one->look.legal, other->look.legal, pair->text);
		play_saw(one, saw);
		play_saw(other, frames ? other_frames(saw) : saw);
	}
	assert_true(!one->why == !other->why);
}

static void other_letters_change_nothing(void **state)
{
	static struct pair pair;

	(void)state;
	for (uint32_t seed = 1; seed <= PROGRAMS; seed++) {
		make_pair(&pair, seed % NR_VENDORS, seed);
		exchange_frames(&pair.side[1].program);
		play_alike(&pair, seed, true);
	}
}

static void other_windows_change_nothing(void **state)
{
	static struct pair pair;

	(void)state;
	for (uint32_t seed = 1; seed <= PROGRAMS; seed++) {
		make_pair(&pair, seed % NR_VENDORS, seed);
		exchange_windows(&pair.side[1].program,
				 some_exchange(program_header(&pair.side[0].program)));
		play_alike(&pair, seed, false);
	}
}

int test_laws(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_flush_left_out_never_narrows),
		cmocka_unit_test(other_letters_change_nothing),
		cmocka_unit_test(other_windows_change_nothing),
	};

	return cmocka_run_group_tests_name("laws", tests, NULL, NULL);
}
