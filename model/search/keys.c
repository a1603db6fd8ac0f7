/* SPDX-License-Identifier: MIT */
#include "model/search/keys.h"

#include "model/lang/position.h"

enum { NO_EVENT = NR_EVENTS };

static unsigned add(struct keys *keys, unsigned event, const struct entry_ref *entry, bool in_l2,
		    const struct step *look)
{
	bool *had = &keys->had[event][entry->root.space][entry->level][in_l2][look->op][look->way];
	const unsigned is_new = !*had;

	*had = true;
	keys->nr += is_new;
	return is_new;
}

static unsigned add_look(struct keys *keys, const struct look *look, const struct entry_ref *entry,
			 bool in_l2, const struct step *step)
{
	unsigned added = 0;

	for (unsigned e = 0; e < NR_EVENTS; e++)
		if (look->events >> e & 1)
			added += add(keys, e, entry, in_l2, step);
	return look->events ? added : add(keys, NO_EVENT, entry, in_l2, step);
}

unsigned keys_add(struct keys *keys, struct oracle *o, enum vendor vendor,
		  const struct program *program)
{
	struct entry_ref entry = {{SPACE_H, 0}, 0, LEVEL_PTE};
	struct program_cursor cursor = {0};
	struct position position;
	const struct step *step;
	unsigned added = 0;
	const char *why;

	oracle_start(o, vendor, program_cpus(program));
	position_start(&position, program_header(program));
	while ((step = program_next(program, &cursor, false))) {
		struct look look = {0};

		if (!oracle_step(o, step, &look, &why))
			break;
		if (op_is_look(step->op))
			oracle_judge(o, step, &look, look.current);
		if (step->op == OP_SET)
			entry = step->entry;
		if (step->op <= OP_BITS)
			added += add_look(keys, &look, &entry, position_in_l2(&position), step);
		position_follow(&position, step);
	}
	return added;
}

bool keys_add_if(struct keys *keys, unsigned least, struct oracle *scratch, enum vendor vendor,
		 const struct program *program)
{
	static struct keys tried;

	tried = *keys;
	if (keys_add(&tried, scratch, vendor, program) < least)
		return false;
	*keys = tried;
	return true;
}
