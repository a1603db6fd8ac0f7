/* SPDX-License-Identifier: MIT */
/* What the cases of a scenario are. */
#include "scenarios/scenario.h"

#include "model/lang/text.h"

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

static const struct {
	const char *suffix, *before, *after;
	char root;
} levels[] = {
	{"", "", "", '@'},
	{".l1", "", "", 'h'},
	{".l2", "enter; ", "; exit", 'g'},
	{".l2-nested", "nroot n0; enter; ", "; exit", 'g'},
	{".pae-l1", "bare pae; enter; ", "; exit", 'g'},
	{".pae-l2", "l2mode pae; enter; ", "; exit", 'g'},
	{".pae-l2-nested", "l2mode pae; nroot n0; enter; ", "; exit", 'g'},
	{".32-l1", "bare 32; enter; ", "; exit", 'g'},
	{".32-l2", "l2mode 32; enter; ", "; exit", 'g'},
	{".32-l2-nested", "l2mode 32; nroot n0; enter; ", "; exit", 'g'},
	{".la57-l2", "l2mode la57; enter; ", "; exit", 'g'},
	{".la57-l2-nested", "l2mode la57; nroot n0; enter; ", "; exit", 'g'},
};
enum { NR_LEVELS = sizeof(levels) / sizeof(levels[0]) };
_Static_assert(AT_LA57_L2_NESTED == 1 << (NR_LEVELS - 1), "levels are bits by their number");

/* By number: each level with all its looks. */
bool scenario_next_case(const struct scenario *s, struct scenario_case *c)
{
	const unsigned nr_looks = s->looks ? NR_LOOKS : 1;
	const unsigned has_levels = s->levels ? s->levels : 1;

	while (c->next < nr_looks * NR_LEVELS) {
		unsigned look = c->next % nr_looks;

		c->level = (uint8_t)(c->next / nr_looks);
		c->next++;
		c->look = looks[look].op;
		if ((has_levels & 1u << c->level) && (!s->looks || (s->looks & looks[look].bit)))
			return true;
	}
	return false;
}

void scenario_case_name(const struct scenario *s, const struct scenario_case *c, char *text,
			size_t size)
{
	struct text t = text_start(text, size);

	text_string(&t, s->name);
	text_string(&t, levels[c->level].suffix);
	if (s->looks)
		text_string(&t, looks[c->look - OP_LOAD].suffix);
}

void scenario_case_program(const struct scenario *s, const struct scenario_case *c,
			   bool own_control, char *text, size_t size)
{
	struct text t = text_start(text, size);

	text_string(&t, levels[c->level].before);
	for (const char *p = own_control ? s->control : s->program; *p; p++)
		text_char(&t, *p == '@' ? levels[c->level].root : *p);
	text_string(&t, levels[c->level].after);
}
