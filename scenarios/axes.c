/* SPDX-License-Identifier: MIT */
/* From a scenario to its cases: the values of its axes. */
#include "scenarios/axes.h"

/* ---- definitions ---- */

const struct definition *axes_definition(const struct scenarios *set, const struct scenario *s,
					 struct slice name)
{
	for (unsigned i = s->first_definition; i < s->end_definition; i++)
		if (slice_equal(set->definition[i].name, name))
			return &set->definition[i];
	for (unsigned i = 0; i < set->nr_shared; i++)
		if (slice_equal(set->definition[i].name, name))
			return &set->definition[i];
	return NULL;
}

const struct definition *axes_find(const struct scenarios *set, const struct scenario *s,
				   struct slice name)
{
	const struct definition *d = axes_definition(set, s, name);

	return d && d->kind != LET ? d : NULL;
}

/* The next row of a table; comments between rows are none. */
static bool next_row(struct slice *rows, struct slice *row)
{
	while (rows->start < rows->end) {
		*row = slice_trim(slice_line(rows));
		if (row->start < row->end && *row->start != '#')
			return true;
	}
	return false;
}

/* The key of an axis' value, by number. Empty: there are not so many. */
struct slice axes_key(const struct definition *axis, unsigned nr)
{
	struct slice rest = axis->body, key = {0};

	for (unsigned i = 0; i <= nr; i++) {
		if (axis->kind != AXIS_TABLE)
			key = slice_word(&rest);
		else if (next_row(&rest, &key))
			key = slice_cut(&key, '|');
		else
			return (struct slice){0};
	}
	return key;
}

/* A cell of a table, by its row's key and its column's name. False: there is no such column. */
static bool table_cell(const struct definition *table, struct slice key, struct slice column,
		       struct slice *cell)
{
	struct slice columns = table->head, rows = table->body, row;
	unsigned nr = 1;

	for (;; nr++) {
		if (columns.start == columns.end)
			return false;
		if (slice_equal(slice_cut(&columns, '|'), column))
			break;
	}
	while (next_row(&rows, &row)) {
		*cell = slice_cut(&row, '|');
		if (!slice_equal(*cell, key))
			continue;
		for (unsigned i = 0; i < nr; i++)
			*cell = slice_cut(&row, '|');
		return true;
	}
	return false;
}

bool axes_cell(const struct scenarios *set, const struct scenario *s, const struct axis_value *in,
	       struct slice column, struct slice *cell)
{
	const struct definition *table = in->axis;

	if (table->kind == AXIS_PART)
		table = axes_find(set, s, table->head);
	return table && table->kind == AXIS_TABLE &&
	       table_cell(table, axes_key(in->axis, in->value), column, cell);
}

/* ---- cases ---- */

static bool add_axis(struct scenario_case *c, const struct definition *axis)
{
	for (unsigned i = 0; i < c->nr_axes; i++)
		if (c->in[i].axis == axis)
			return true;
	if (!axis || c->nr_axes == MAX_AXES)
		return false;
	c->in[c->nr_axes++] = (struct axis_value){axis, 0};
	return true;
}

/* The axes of a scenario: that of the block it is in, and those in its name, first the outermost.
 */
bool axes_of_case(const struct scenarios *set, struct scenario_case *c)
{
	const struct scenario *s = c->scenario;
	struct slice rest = s->name;

	c->nr_axes = 0;
	if (s->each_end && !add_axis(c, axes_find(set, s, s->each_axis)))
		return false;
	slice_cut(&rest, '{');
	while (rest.start < rest.end) {
		struct slice name = slice_cut(&rest, '}');

		if (!add_axis(c, axes_find(set, s, name)))
			return false;
		slice_cut(&rest, '{');
	}
	return true;
}

static const struct {
	const char *name;
	enum op op;
} looks[] = {{"load", OP_LOAD}, {"store", OP_STORE}, {"fetch", OP_FETCH}};

/* The value of the axis `look`, or of a part of it, is what `look` means. */
static void find_look(struct scenario_case *c)
{
	c->look = OP_LOAD;
	for (unsigned i = 0; i < c->nr_axes; i++) {
		const struct definition *axis = c->in[i].axis;

		if (!slice_is(axis->kind == AXIS_PART ? axis->head : axis->name, "look"))
			continue;
		for (unsigned l = 0; l < sizeof(looks) / sizeof(looks[0]); l++)
			if (slice_is(axes_key(axis, c->in[i].value), looks[l].name))
				c->look = looks[l].op;
	}
}

static bool is_last(const struct axis_value *in)
{
	struct slice next = axes_key(in->axis, in->value + 1);

	return next.start == next.end;
}

/* Goes on among the scenario's own axes. False: all its values were there. */
static bool next_value(struct scenario_case *c, unsigned first)
{
	for (unsigned i = c->nr_axes; i-- > first;) {
		if (!is_last(&c->in[i])) {
			c->in[i].value++;
			return true;
		}
		c->in[i].value = 0;
	}
	return false;
}

/* Goes on to the next scenario, or in a block back to the first with the axis' next value. */
static bool next_scenario(const struct scenarios *set, struct scenario_case *c)
{
	const struct scenario *s = c->scenario;
	unsigned nr = s ? (unsigned)(s - set->scenario) + 1 : 0, each_value = 0;

	if (s && s->each_end)
		each_value = c->in[0].value;
	if (s && s->each_end == nr) {
		each_value = is_last(&c->in[0]) ? 0 : each_value + 1;
		nr = each_value ? s->each : nr;
	}
	if (nr >= set->nr_scenarios)
		return false;
	c->scenario = &set->scenario[nr];
	if (!axes_of_case(set, c))
		c->nr_axes = 0; /* scenarios_check() has told so */
	if (c->scenario->each_end && c->nr_axes)
		c->in[0].value = each_value;
	return true;
}

bool scenarios_next(const struct scenarios *set, struct scenario_case *c)
{
	unsigned first = c->scenario && c->scenario->each_end ? 1 : 0;

	if (!(c->scenario && next_value(c, first)) && !next_scenario(set, c))
		return false;
	find_look(c);
	return true;
}
