/* SPDX-License-Identifier: MIT */
#include "plan/case.h"

#include <stddef.h>

bool case_next(struct case_ref *c)
{
	const struct scenario *s = c->scenario;

	if (!s || !scenario_next_case(s, &c->of)) {
		s = s ? s + 1 : __scenarios_start;
		if (s >= __scenarios_end)
			return false;
		c->of = (struct scenario_case){0};
		scenario_next_case(s, &c->of);
	}
	c->scenario = s;
	scenario_case_name(s, &c->of, c->name, sizeof(c->name));
	return true;
}

bool glob_match(const char *glob, const char *text)
{
	const char *star = NULL, *retry = NULL;

	while (*text) {
		if (*glob == '*') {
			star = ++glob;
			retry = text;
		} else if (*glob == '?' || *glob == *text) {
			glob++;
			text++;
		} else if (star) {
			glob = star;
			text = ++retry;
		} else {
			return false;
		}
	}
	while (*glob == '*')
		glob++;
	return !*glob;
}

bool filter_match(const char *filter, const char *name)
{
	bool positive = false, chosen = false;

	while (*filter) {
		char glob[96];
		bool negative = *filter == '!';
		size_t n = 0;

		filter += negative;
		while (*filter && *filter != ',') {
			if (n < sizeof(glob) - 1)
				glob[n++] = *filter;
			filter++;
		}
		glob[n] = '\0';
		filter += *filter == ',';
		if (negative && glob_match(glob, name))
			return false;
		positive |= !negative;
		chosen |= !negative && glob_match(glob, name);
	}
	return chosen || !positive;
}
