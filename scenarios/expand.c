/* SPDX-License-Identifier: MIT */
/* The texts of a case, put together of what its axes and definitions say; and what can be wrong
 * with them. */
#include "model/lang/text.h"
#include "scenarios/axes.h"

/* Against texts that grow without end. */
enum {
	MAX_DEPTH = 8,	    /* of texts within texts */
	MAX_NAMES = 10000,  /* in one text */
	MAX_CASES = 100000, /* of one file */
};

/* ---- texts ---- */

struct expansion {
	const struct scenarios *set;
	const struct scenario *scenario;
	const struct axis_value *in;
	unsigned nr_axes, depth, names;
	struct text *text;
	struct slice unknown; /* the first name that nothing defines */
};

static void expand(struct expansion *e, struct slice from);

static bool value_of(const struct expansion *e, struct slice name, struct slice *value)
{
	const struct definition *d;

	for (unsigned i = 0; i < e->nr_axes; i++) {
		if (slice_equal(e->in[i].axis->name, name)) {
			*value = axes_key(e->in[i].axis, e->in[i].value);
			return true;
		}
		if (axes_cell(e->set, e->scenario, &e->in[i], name, value))
			return true;
	}
	d = axes_definition(e->set, e->scenario, name);
	if (!d || d->kind != LET)
		return false;
	*value = d->body;
	return true;
}

static void expand_name(struct expansion *e, struct slice name)
{
	struct slice value;

	if (e->depth < MAX_DEPTH && e->names++ < MAX_NAMES && value_of(e, name, &value)) {
		e->depth++;
		expand(e, value);
		e->depth--;
	} else if (!e->unknown.start) {
		e->unknown = name;
	}
}

/* {NAME} and @ become what they stand for; the end of a line and what is beside it, one blank. */
static void expand(struct expansion *e, struct slice from)
{
	struct slice name;

	while (from.start < from.end) {
		switch (*from.start) {
		case '\n':
			while (from.start < from.end && slice_is_blank(*from.start))
				from.start++;
			if (from.start < from.end && *from.start == '#')
				while (from.start < from.end && *from.start != '\n')
					from.start++;
			else
				text_char(e->text, ' ');
			break;
		case '{':
			from.start++;
			name = (struct slice){from.start, from.start};
			while (name.end < from.end && *name.end != '}')
				name.end++;
			from.start = name.end < from.end ? name.end + 1 : name.end;
			expand_name(e, name);
			break;
		case '@':
			expand_name(e, (struct slice){from.start, from.start + 1});
			from.start++;
			break;
		default: text_char(e->text, *from.start++);
		}
	}
}

/* The program, with what its level puts around it: a text with the program in place of "...". */
static void expand_around(struct expansion *e, struct slice program)
{
	struct slice around = {0}, before;

	for (unsigned i = 0; i < e->nr_axes && !around.start; i++)
		axes_cell(e->set, e->scenario, &e->in[i], slice_of("around"), &around);
	for (before = (struct slice){around.start, around.start}; before.end + 3 <= around.end;
	     before.end++) {
		if (!slice_is((struct slice){before.end, before.end + 3}, "..."))
			continue;
		expand(e, before);
		expand(e, program);
		expand(e, (struct slice){before.end + 3, around.end});
		return;
	}
	expand(e, program);
}

/* The level of that name alone, in place of the case's own. */
static bool level_of(const struct scenarios *set, const struct scenario *s, struct slice name,
		     struct axis_value *in)
{
	struct slice key;

	in->axis = axes_find(set, s, slice_of("level"));
	for (in->value = 0; in->axis; in->value++) {
		key = axes_key(in->axis, in->value);
		if (key.start == key.end)
			return false;
		if (slice_equal(key, name))
			return true;
	}
	return false;
}

static void expand_program(struct expansion *e, struct slice level, struct slice program)
{
	struct axis_value in[MAX_AXES + 1];

	if (level.start < level.end && !level_of(e->set, e->scenario, level, &in[0])) {
		e->unknown = level;
		return;
	}
	if (level.start < level.end) {
		for (unsigned i = 0; i < e->nr_axes; i++)
			in[i + 1] = e->in[i];
		e->in = in;
		e->nr_axes++;
	}
	expand_around(e, program);
}

static struct expansion expansion_of(const struct scenarios *set, const struct scenario_case *c,
				     struct text *text)
{
	return (struct expansion){.set = set,
				  .scenario = c->scenario,
				  .in = c->in,
				  .nr_axes = c->nr_axes,
				  .text = text};
}

static void expand_part(struct expansion *e, enum scenario_part part)
{
	const struct scenario *s = e->scenario;

	switch (part) {
	case PART_NAME: expand(e, s->name); break;
	case PART_TITLE: expand(e, s->title); break;
	case PART_PROGRAM: expand_program(e, s->level, s->program); break;
	case PART_CONTROL:
		if (s->control.start < s->control.end)
			expand_program(e, s->control_level.start ? s->control_level : s->level,
				       s->control);
		break;
	case PART_FATAL: expand(e, s->fatal); break;
	}
}

size_t scenarios_print(const struct scenarios *set, const struct scenario_case *c,
		       enum scenario_part part, char *text, size_t size)
{
	struct text t = text_start(text, size);
	struct expansion e = expansion_of(set, c, &t);

	expand_part(&e, part);
	return t.len;
}

size_t scenarios_print_text(const struct scenarios *set, const struct scenario_case *c,
			    struct slice from, char *text, size_t size)
{
	struct text t = text_start(text, size);
	struct expansion e = expansion_of(set, c, &t);

	expand(&e, from);
	return t.len;
}

/* ---- what can be wrong ---- */

static bool fail(const struct scenario *s, struct scenarios_error *error, const char *what,
		 struct slice found)
{
	struct text t = text_start(error->text, sizeof(error->text));

	error->family = s->family;
	error->line = s->line;
	text_string(&t, what);
	text_string(&t, ": '");
	while (found.start < found.end)
		text_char(&t, *found.start++);
	text_string(&t, "'");
	return false;
}

static bool check_expanded(const struct expansion *e, struct scenarios_error *error)
{
	if (slice_is(e->unknown, "@"))
		return fail(e->scenario, error,
			    "'@' is a level's root: name an axis of levels, or 'at LEVEL'",
			    e->scenario->name);
	return !e->unknown.start ||
	       fail(e->scenario, error, "nothing above has that name, or it stands for itself",
		    e->unknown);
}

static bool check_case(const struct scenarios *set, const struct scenario_case *c,
		       struct scenarios_error *error)
{
	for (unsigned part = PART_NAME; part <= PART_FATAL; part++) {
		struct text t = text_start(NULL, 0);
		struct expansion e = expansion_of(set, c, &t);

		expand_part(&e, (enum scenario_part)part);
		if (!check_expanded(&e, error))
			return false;
		if (part == PART_NAME && t.len >= CASE_NAME)
			return fail(c->scenario, error, "a case's name has at most 127 characters",
				    c->scenario->name);
	}
	for (unsigned i = 0; i < set->nr_known; i++) {
		struct text t = text_start(NULL, 0);
		struct expansion e = expansion_of(set, c, &t);

		if (set->known[i].scenario != c->scenario)
			continue;
		expand(&e, set->known[i].reason);
		if (!check_expanded(&e, error))
			return false;
	}
	return true;
}

static bool has_key(const struct definition *axis, struct slice key)
{
	for (unsigned i = 0;; i++) {
		struct slice found = axes_key(axis, i);

		if (found.start == found.end || slice_equal(found, key))
			return found.start < found.end;
	}
}

/* Each value of a part is one of its axis. */
static bool check_part(const struct scenarios *set, const struct scenario *s,
		       const struct definition *part, struct scenarios_error *error)
{
	const struct definition *axis = axes_find(set, s, part->head);
	struct slice values = part->body;

	if (!axis || axis->kind == AXIS_PART)
		return fail(s, error, "a part is of an axis that is defined above", part->head);
	while (values.start < values.end) {
		struct slice value = slice_word(&values);

		if (!has_key(axis, value))
			return fail(s, error, "the axis of this part has no such value", value);
	}
	return true;
}

static bool check_scenario(const struct scenarios *set, struct scenario_case *c,
			   struct scenarios_error *error)
{
	const struct scenario *s = c->scenario;

	if (!axes_of_case(set, c))
		return fail(s, error, "what stands in {} is no axis, or they are too many",
			    s->name);
	for (unsigned i = 0; i < c->nr_axes; i++)
		if (c->in[i].axis->kind == AXIS_PART && !check_part(set, s, c->in[i].axis, error))
			return false;
	return s->program.start < s->program.end ||
	       fail(s, error, "a scenario without a program", s->name);
}

bool scenarios_check(const struct scenarios *set, struct scenarios_error *error)
{
	struct scenario_case c = {0};
	unsigned cases = 0;

	for (unsigned i = 0; i < set->nr_scenarios; i++) {
		c.scenario = &set->scenario[i];
		if (!check_scenario(set, &c, error))
			return false;
	}
	c = (struct scenario_case){0};
	while (scenarios_next(set, &c)) {
		if (++cases > MAX_CASES)
			return fail(c.scenario, error, "more than 100000 cases", c.scenario->name);
		if (!check_case(set, &c, error))
			return false;
	}
	return true;
}
