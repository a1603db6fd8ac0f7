/* SPDX-License-Identifier: MIT */
#include "model/lang/caps.h"

#include "model/lang/text.h"

static const struct {
	const char *name, *remedy;
} caps_table[NR_CAPS] = {
#define X(id, name, remedy) [CAP_##id] = {name, remedy},
	CAPS(X)
#undef X
};

const char *cap_name(enum cap cap)
{
	return caps_table[cap].name;
}

const char *cap_remedy(enum cap cap)
{
	return caps_table[cap].remedy;
}

enum cap cap_named(const char *name)
{
	unsigned cap;

	for (cap = 0; cap < NR_CAPS; cap++) {
		const char *a = caps_table[cap].name, *b = name;

		while (*a && *a == *b)
			a++, b++;
		if (!*a && (!*b || *b == ',' || *b == ' '))
			break;
	}
	return (enum cap)cap;
}

void caps_add_all(struct caps *caps, const struct caps *more)
{
	for (unsigned i = 0; i < sizeof(caps->word) / sizeof(caps->word[0]); i++)
		caps->word[i] |= more->word[i];
}

enum cap caps_missing(const struct caps *needs, const struct caps *has)
{
	unsigned cap = 0;

	while (cap < NR_CAPS && (!caps_have(needs, cap) || caps_have(has, cap)))
		cap++;
	return (enum cap)cap;
}

size_t caps_print(const struct caps *caps, char *buf, size_t size)
{
	struct text t = text_start(buf, size);

	for (unsigned cap = 0; cap < NR_CAPS; cap++) {
		if (!caps_have(caps, cap))
			continue;
		if (t.len)
			text_char(&t, ',');
		text_string(&t, caps_table[cap].name);
	}
	return t.len;
}
