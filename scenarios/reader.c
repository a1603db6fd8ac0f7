/* SPDX-License-Identifier: MIT */
/* From lines of text to records. */
#include "model/lang/text.h"
#include "scenarios/scenario.h"

/* Which capability says that the host is a vendor's. */
static const enum cap vendor_caps[NR_VENDORS] = {
	[VENDOR_AMD] = CAP_SVM,
	[VENDOR_INTEL] = CAP_VMX,
};

struct reader {
	struct scenarios *set;
	struct scenario defaults;  /* fields that stood outside of any scenario */
	struct scenario *scenario; /* the record that indented lines belong to, or … */
	struct definition *definition;
	bool in_each;
	unsigned first_definition; /* of this family */
	unsigned line;
	struct slice family;
	struct scenarios_error *error;
};

static bool fail(struct reader *r, const char *what, struct slice found)
{
	struct text t = text_start(r->error->text, sizeof(r->error->text));

	r->error->family = r->family;
	r->error->line = r->line;
	text_string(&t, what);
	if (found.start == found.end)
		return false;
	text_string(&t, ": '");
	for (; found.start < found.end; found.start++)
		text_char(&t, *found.start >= ' ' && *found.start < 0x7f ? *found.start : '?');
	text_string(&t, "'");
	return false;
}

static const struct slice nothing;

/* ---- fields ---- */

static bool read_vendor(struct reader *r, struct slice word, enum vendor *vendor)
{
	for (unsigned v = 0; v < NR_VENDORS; v++) {
		if (slice_is(word, vendor_rules[v].name)) {
			*vendor = (enum vendor)v;
			return true;
		}
	}
	return fail(r, "a vendor is amd or intel", word);
}

static bool read_for(struct reader *r, struct scenario *s, struct slice text)
{
	enum vendor vendor = NR_VENDORS;

	for (unsigned v = 0; v < NR_VENDORS; v++)
		caps_drop(&s->needs, vendor_caps[v]);
	if (!read_vendor(r, text, &vendor))
		return false;
	caps_add(&s->needs, vendor_caps[vendor]);
	return true;
}

static bool read_needs(struct reader *r, struct scenario *s, struct slice text)
{
	while (text.start < text.end) {
		struct slice word = slice_word(&text);
		unsigned cap = 0;

		while (cap < NR_CAPS && !slice_is(word, cap_name(cap)))
			cap++;
		if (cap == NR_CAPS)
			return fail(r, "no capability has that name (model/lang/caps.h)", word);
		caps_add(&s->needs, cap);
	}
	return true;
}

/* [at LEVEL:] TEXT */
static bool read_control(struct reader *r, struct scenario *s, struct slice text)
{
	struct slice rest = text;

	if (slice_is(slice_word(&rest), "at")) {
		s->control_level = slice_cut(&rest, ':');
		text = rest;
		if (text.start == text.end)
			return fail(r, "expected 'control at LEVEL: PROGRAM'", nothing);
	}
	s->control = text;
	return true;
}

/* VERDICT on VENDOR [PARAMETER=VALUE …]: REASON */
static bool read_known(struct reader *r, struct scenario *s, struct slice text)
{
	struct slice host = slice_cut(&text, ':'), verdict = slice_word(&host);
	struct known *known = &r->set->known[r->set->nr_known];

	if (s == &r->defaults || !slice_is(slice_word(&host), "on") || text.start == text.end)
		return fail(
			r,
			"expected 'known VERDICT on VENDOR PARAMETER=VALUE: REASON' in a scenario",
			nothing);
	*known = (struct known){.scenario = s, .verdict = verdict, .reason = text};
	if (!read_vendor(r, slice_word(&host), &known->vendor))
		return false;
	known->host = host;
	s->known_crash = s->known_crash || slice_is(verdict, "CRASH");
	r->set->nr_known++;
	return true;
}

/* FEATURE … on VENDOR [PARAMETER=VALUE …] */
static bool read_avoid(struct reader *r, struct scenario *s, struct slice text)
{
	struct avoid *avoid = &r->set->avoid[r->set->nr_avoid];
	struct slice rest = text, word;

	*avoid = (struct avoid){.scenario = s, .features = {text.start, text.start}};
	while (!slice_is(word = slice_word(&rest), "on") && word.start < word.end)
		avoid->features.end = word.end;
	if (s == &r->defaults || avoid->features.start == avoid->features.end ||
	    word.start == word.end)
		return fail(r, "expected 'avoid FEATURE on VENDOR PARAMETER=VALUE' in a scenario",
			    nothing);
	if (!read_vendor(r, slice_word(&rest), &avoid->vendor))
		return false;
	avoid->host = rest;
	r->set->nr_avoid++;
	return true;
}

static bool read_class(struct reader *r, struct scenario *s, struct slice text)
{
	(void)r;
	s->classes = text;
	return true;
}

static bool read_at(struct reader *r, struct scenario *s, struct slice text)
{
	(void)r;
	s->level = text;
	return true;
}

static bool read_fatal(struct reader *r, struct scenario *s, struct slice text)
{
	(void)r;
	s->fatal = text;
	return true;
}

static const struct {
	const char *name;
	bool (*read)(struct reader *r, struct scenario *s, struct slice text);
} fields[] = {
	{"class", read_class}, {"for", read_for},	  {"needs", read_needs},
	{"at", read_at},       {"control", read_control}, {"known", read_known},
	{"fatal", read_fatal}, {"avoid", read_avoid},
};
enum { NR_FIELDS = sizeof(fields) / sizeof(fields[0]) };

/* Its number; NR_FIELDS: it is none. */
static unsigned field_of(struct slice word)
{
	unsigned i = 0;

	while (i < NR_FIELDS && !slice_is(word, fields[i].name))
		i++;
	return i;
}

static bool read_field(struct reader *r, unsigned field, struct scenario *s, struct slice text)
{
	if (text.start == text.end)
		return fail(r, "a field needs a text", nothing);
	return fields[field].read(r, s, text);
}

/* ---- records ---- */

static bool is_name(struct slice name)
{
	for (const char *c = name.start; c < name.end; c++)
		if (!(*c >= 'a' && *c <= 'z') && !(*c >= '0' && *c <= '9') && *c != '-')
			return false;
	return name.start < name.end;
}

static bool begin_definition(struct reader *r, struct slice name, struct definition **d)
{
	struct scenarios *set = r->set;

	if (!is_name(name))
		return fail(r, "a name is of a to z, 0 to 9 and '-'", name);
	for (unsigned i = r->first_definition; i < set->nr_definitions; i++)
		if (slice_equal(set->definition[i].name, name))
			return fail(r, "this name is defined twice", name);
	*d = &set->definition[set->nr_definitions++];
	**d = (struct definition){.name = name};
	r->definition = *d;
	return true;
}

/* let NAME = TEXT */
static bool read_let(struct reader *r, struct slice text)
{
	struct slice name = slice_cut(&text, '=');
	struct definition *d;

	if (!begin_definition(r, name, &d))
		return false;
	d->kind = LET;
	d->body = text;
	return true;
}

/* axis NAME = VALUE …, axis NAME = AXIS: VALUE …, axis NAME | COLUMN … */
static bool read_axis(struct reader *r, struct slice text)
{
	struct slice name = text, of;
	struct definition *d;
	bool table = false;

	for (name.end = name.start; name.end < text.end && *name.end != '='; name.end++)
		table |= *name.end == '|';
	if (table && name.end == text.end) {
		name = slice_cut(&text, '|');
		if (!begin_definition(r, name, &d))
			return false;
		*d = (struct definition){AXIS_TABLE, name, text, {text.end, text.end}};
		return true;
	}
	name = slice_cut(&text, '=');
	if (!begin_definition(r, name, &d))
		return false;
	of = text;
	d->body = text;
	d->kind = AXIS_LIST;
	of = slice_cut(&text, ':');
	if (of.end < d->body.end) {
		d->kind = AXIS_PART;
		d->head = of;
		d->body = text;
	}
	return d->body.start < d->body.end || fail(r, "an axis has values", nothing);
}

static bool read_scenario(struct reader *r, struct slice text)
{
	struct scenarios *set = r->set;
	struct scenario *s = &set->scenario[set->nr_scenarios];

	*s = r->defaults;
	s->name = slice_cut(&text, ':');
	s->title = text;
	s->program = (struct slice){text.end, text.end};
	s->first_definition = r->first_definition;
	s->end_definition = set->nr_definitions;
	s->line = r->line;
	s->family = r->family;
	if (s->name.start == s->name.end || text.start == text.end)
		return fail(r, "expected 'scenario NAME: TITLE'", nothing);
	set->nr_scenarios++;
	r->scenario = s;
	return true;
}

static bool read_each(struct reader *r, struct slice axis)
{
	if (r->in_each || !is_name(axis))
		return fail(r, "expected 'each AXIS', and no other each around it", nothing);
	r->in_each = true;
	r->defaults.each_axis = axis;
	r->defaults.each = r->set->nr_scenarios;
	return true;
}

static bool read_end(struct reader *r)
{
	unsigned each = r->defaults.each;

	if (!r->in_each)
		return fail(r, "an end without an each", nothing);
	for (unsigned i = each; i < r->set->nr_scenarios; i++)
		r->set->scenario[i].each_end = r->set->nr_scenarios;
	r->in_each = false;
	r->defaults.each_axis = nothing;
	r->defaults.each = 0;
	return true;
}

static bool end_family(struct reader *r)
{
	return !r->in_each || fail(r, "an each without its end", nothing);
}

static bool read_family(struct reader *r, struct slice name)
{
	if (!end_family(r))
		return false;
	if (slice_is(r->family, "common"))
		r->set->nr_shared = r->set->nr_definitions;
	r->family = name;
	r->line = 0;
	r->first_definition = r->set->nr_definitions;
	r->defaults = (struct scenario){0};
	return true;
}

/* ---- lines ---- */

static bool read_record(struct reader *r, struct slice text)
{
	struct slice word = slice_word(&text);
	unsigned field = field_of(word);

	r->scenario = NULL;
	r->definition = NULL;
	if (field < NR_FIELDS)
		return read_field(r, field, &r->defaults, text);
	if (slice_is(word, "scenario"))
		return read_scenario(r, text);
	if (slice_is(word, "let"))
		return read_let(r, text);
	if (slice_is(word, "axis"))
		return read_axis(r, text);
	if (slice_is(word, "each"))
		return read_each(r, text);
	if (slice_is(word, "end"))
		return read_end(r);
	if (slice_is(word, "family"))
		return read_family(r, text);
	return fail(r, "a line begins with scenario, let, axis, each, end, a field, or blanks",
		    word);
}

static unsigned count_marks(struct slice text)
{
	unsigned marks = 0;

	for (; text.start < text.end; text.start++)
		marks += *text.start == '|';
	return marks;
}

/* Another row of a table, or another line of a text. */
static bool continue_definition(struct reader *r, struct definition *d, struct slice text)
{
	if (d->kind == AXIS_TABLE && count_marks(text) != count_marks(d->head) + 1)
		return fail(r, "a row has a value and a cell for each column", text);
	if (d->body.start == d->body.end)
		d->body.start = text.start;
	d->body.end = text.end;
	return true;
}

/* A line that begins with blanks belongs to the record above. */
static bool read_indented(struct reader *r, struct slice text)
{
	struct scenario *s = r->scenario;
	struct slice rest = text;
	unsigned field = field_of(slice_word(&rest));

	if (r->definition)
		return continue_definition(r, r->definition, text);
	if (!s)
		return fail(r, "this line is indented, but there is no scenario above", nothing);
	if (field < NR_FIELDS && s->program.start < s->program.end)
		return fail(r, "a scenario's fields come before its program", nothing);
	if (field < NR_FIELDS)
		return read_field(r, field, s, rest);
	if (s->program.start == s->program.end)
		s->program.start = text.start;
	s->program.end = text.end;
	return true;
}

unsigned scenarios_room(struct slice text)
{
	unsigned lines = 1;

	for (const char *c = text.start; c < text.end; c++)
		lines += *c == '\n';
	return lines;
}

bool scenarios_read(struct scenarios *set, struct slice text, struct scenarios_error *error)
{
	struct reader r = {.set = set, .error = error, .first_definition = set->nr_definitions};

	while (text.start < text.end) {
		struct slice line = slice_line(&text), words = slice_trim(line);

		r.line++;
		if (words.start == words.end || *words.start == '#')
			continue;
		if (!(words.start > line.start ? read_indented(&r, words) : read_record(&r, words)))
			return false;
	}
	return read_family(&r, nothing);
}
