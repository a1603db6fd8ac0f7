/* SPDX-License-Identifier: MIT */
#include "tests/tools/missed.h"

#include <stdlib.h>

enum { FRAMES = (1 << NR_FRAMES) - 1 };

struct pair {
	struct oracle *whole, *lacking;
	uint32_t seen[NR_WINDOWS];
};

/* What a CPU sees that uses what it has kept: what was seen before, as long as that is legal. */
static uint32_t kept(const struct pair *p, const struct step *step, const struct look *look)
{
	const uint32_t old = look->legal & p->seen[step->window] & ~look->current & FRAMES;

	return step->op <= OP_FETCH && old ? old & -old : look->current;
}

/* One step on both. False: it is the end. Says whether the look may tell them apart. */
static bool step_both(struct pair *p, const struct step *step, bool *told)
{
	struct look look = {0}, other = {0};
	const char *why;
	uint32_t saw;

	if (!oracle_step(p->whole, step, &look, &why) ||
	    !oracle_step(p->lacking, step, &other, &why))
		return false;
	if (!op_is_look(step->op))
		return true;
	if (step->op <= OP_FETCH) {
		*told |= other.legal & ~look.legal & p->seen[step->window] & FRAMES;
	}
	saw = kept(p, step, &look);
	if (step->op <= OP_FETCH)
		p->seen[step->window] |= saw;
	oracle_judge(p->whole, step, &look, saw);
	oracle_judge(p->lacking, step, &other, saw);
	return true;
}

/* Does the program tell that these events are skipped? */
static bool tells(struct pair *p, enum vendor vendor, const struct program *program,
		  uint64_t skipped)
{
	struct program_cursor cursor = {0};
	const struct step *step;
	bool told = false;

	for (unsigned w = 0; w < NR_WINDOWS; w++)
		p->seen[w] = 0;
	oracle_start(p->whole, vendor, program_cpus(program));
	oracle_start(p->lacking, vendor, program_cpus(program));
	oracle_skip(p->lacking, skipped);
	while (!told && (step = program_next(program, &cursor, false)))
		if (!step_both(p, step, &told))
			break;
	return told;
}

uint64_t missed_events(enum vendor vendor, const struct program *program)
{
	struct pair p = {.whole = malloc(oracle_size()), .lacking = malloc(oracle_size())};
	uint64_t missed = 0;

	for (unsigned e = 0; e < NR_EVENTS; e++)
		if (rules[e].effect[vendor] && tells(&p, vendor, program, 1ull << e))
			missed |= 1ull << e;
	free(p.whole);
	free(p.lacking);
	return missed;
}
