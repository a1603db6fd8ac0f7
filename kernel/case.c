/* SPDX-License-Identifier: MIT */
#include "kernel/case.h"

#include "kernel/console.h"
#include "kernel/string.h"

static const struct {
	uint8_t bit;
	enum op op;
	const char *suffix;
} looks[] = {
	{LOOKS_LOAD, OP_LOAD, "/load"},
	{LOOKS_STORE, OP_STORE, "/store"},
	{LOOKS_FETCH, OP_FETCH, "/fetch"},
};
enum { NR_LOOKS = sizeof(looks) / sizeof(looks[0]) };

/* The first look at or after index i that a scenario asks for; NR_LOOKS: none. */
static unsigned next_look(const struct scenario *s, unsigned i)
{
	while (i < NR_LOOKS && !(s->looks & looks[i].bit))
		i++;
	return i;
}

static bool take(struct case_ref *c, const struct scenario *s, unsigned i)
{
	c->scenario = s;
	c->look = s->looks ? looks[i].op : OP_LOAD;
	snprintk(c->name, sizeof(c->name), "%s%s", s->name, s->looks ? looks[i].suffix : "");
	return true;
}

bool case_next(struct case_ref *c)
{
	const struct scenario *s = c->scenario;

	if (s && s->looks) {
		unsigned i = 0;

		while (looks[i].op != c->look)
			i++;
		i = next_look(s, i + 1);
		if (i < NR_LOOKS)
			return take(c, s, i);
	}
	s = s ? s + 1 : __scenarios_start;
	if (s >= __scenarios_end)
		return false;
	return take(c, s, s->looks ? next_look(s, 0) : 0);
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
