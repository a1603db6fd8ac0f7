/* SPDX-License-Identifier: MIT */
/* What those ask of the oracle who make programs along it. */
#include "model/oracle/oracle_state.h"

static unsigned outdated(const struct context_list *list)
{
	unsigned n = 0;

	for (unsigned c = 0; c < list->nr; c++)
		for (unsigned w = 0; w < NR_WINDOWS; w++)
			for (unsigned i = 0; i < list->context[c].set[w].nr; i++)
				n += list->context[c].set[w].item[i].flags / ITEM_OLD & 1;
	return n;
}

bool oracle_is_absent(struct oracle *o, const struct step *look)
{
	const struct view view = view_of(o, o->at.cpu);
	const struct walk walk = walk_now(o, &view, look->window, access_of(look));

	return !walk.leaf[0] || (walk.result == RESULT_NPF && !walk.leaf[1]);
}

unsigned oracle_outdated(const struct oracle *o)
{
	return outdated(&o->linear) + outdated(&o->nested);
}
