/* SPDX-License-Identifier: MIT */
#include "tests/unit/toy/duel.h"

#include <string.h>

#include "model/oracle/oracle_state.h"
#include "tests/unit/toy/toy.h"

enum { SHRINK_SEEDS = 300, TEXT = 6000 };

struct trace duel_run(enum vendor vendor, const struct program *program, uint32_t seed)
{
	static struct toy toy;
	struct trace trace = {0};

	toy_start(&toy, vendor, program, seed);
	for (unsigned i = 0; i < program->nr_steps; i++) {
		uint32_t saw = toy_step(&toy, &program->step[i]);

		if (op_is_look(program->step[i].op))
			trace.seen[trace.nr++] = saw;
	}
	return trace;
}

static void judge_look(struct duel *d, struct oracle *oracle, const struct step *step,
		       const struct look *look, uint32_t saw)
{
	enum judgement judgement = oracle_judge(oracle, step, look, saw);

	d->looks++;
	d->retained += judgement == JUDGED_RETAINED;
	if (judgement == JUDGED_CURRENT || judgement == JUDGED_RETAINED)
		return;
	d->wrong = step;
	d->saw = saw;
	d->legal = look->legal;
}

bool duel_judge(struct duel *d, const struct program *program, const struct trace *trace)
{
	static struct oracle oracle;
	unsigned nr = 0;

	d->wrong = NULL;
	d->whole = true;
	d->events = 0;
	oracle_start(&oracle, d->vendor, program_cpus(program));
	if (d->rules)
		oracle.rules = d->rules;
	if (d->caches)
		oracle.vendor = d->caches;
	for (unsigned i = 0; !d->wrong && d->whole && i < program->nr_steps; i++) {
		const struct step *step = &program->step[i];
		struct look look;
		const char *why;

		d->whole = oracle_step(&oracle, step, &look, &why);
		if (d->whole && op_is_look(step->op))
			judge_look(d, &oracle, step, &look, trace->seen[nr++]);
		d->events |= oracle.events;
	}
	return !d->wrong;
}

bool duel_play(struct duel *d, const struct program *program, uint32_t seed)
{
	const struct trace trace = duel_run(d->vendor, program, seed);

	return duel_judge(d, program, &trace);
}

/* Is it lost, with which seed? 0: it is not. */
static uint32_t lost_with(struct duel *d, const struct program *program, uint32_t seed)
{
	if (!duel_play(d, program, seed))
		return seed;
	for (seed = 1; seed <= SHRINK_SEEDS; seed++)
		if (!duel_play(d, program, seed))
			return seed;
	return 0;
}

/* Some of the steps may make no sense without the others. */
static bool is_valid(const struct program *program)
{
	static char text[TEXT];
	static struct step steps[MAKER_STEPS];
	struct program parsed = {.room = MAKER_STEPS, .step = steps};
	struct program_error error;

	return program_print(program, text, sizeof(text)) < sizeof(text) &&
	       program_parse(text, OP_LOAD, &parsed, &error);
}

uint32_t duel_shrink(struct duel *d, struct program *program, uint32_t seed)
{
	static struct step steps[MAKER_STEPS];
	struct program less = {.room = MAKER_STEPS, .step = steps};

	for (unsigned length = program->nr_steps; length; length /= 2) {
		for (unsigned at = 0; at + length <= program->nr_steps;) {
			uint32_t with;

			program_copy(&less, program);
			memmove(&less.step[at], &less.step[at + length],
				(less.nr_steps - at - length) * sizeof(*less.step));
			less.nr_steps -= length;
			with = is_valid(&less) ? lost_with(d, &less, seed) : 0;
			if (with) {
				program_copy(program, &less);
				seed = with;
			} else {
				at++;
			}
		}
	}
	duel_play(d, program, seed);
	return seed;
}
