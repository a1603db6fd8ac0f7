/* SPDX-License-Identifier: MIT */
/* The grammar of arguments: windows, roots, entries, values, numbers. */
#include "model/lang/host_events.h"
#include "model/lang/parse.h"
#include "model/lang/verbs.h"

/* A small number that is one digit, such as a root's. */
static bool eat_number(struct word *word, unsigned limit, uint8_t *n)
{
	unsigned digit;

	if (!eat_digit(word, limit, &digit))
		return false;
	*n = (uint8_t)digit;
	return true;
}

static bool eat_root(struct word *word, struct root *root)
{
	for (uint8_t space = 0; space < NR_SPACES; space++) {
		if (eat_char(word, space_names[space])) {
			root->space = space;
			return eat_number(word, NR_ROOTS, &root->nr);
		}
	}
	return false;
}

/* `g0.w1.pde` or `g0.w1.pd`: names are entry_names or table_names, max the highest level allowed.
 */
static bool eat_ref(struct word *word, const char *const *names, unsigned max,
		    struct entry_ref *ref)
{
	if (!eat_root(word, &ref->root) || !eat_char(word, '.') ||
	    !eat_char(word, ref->root.space == SPACE_N ? 'p' : 'w') ||
	    !eat_number(word, NR_WINDOWS, &ref->window) || !eat_char(word, '.'))
		return false;
	/* Longer names first: `pdpt` begins with `pd`. */
	for (unsigned level = max; level >= LEVEL_PTE; level--) {
		if (eat_string(word, names[level])) {
			ref->level = (uint8_t)level;
			return true;
		}
	}
	return false;
}

static bool eat_target(struct word *word, struct value *value)
{
	if (eat_char(word, 'M')) {
		value->kind = VALUE_FRAME;
		value->nr = FRAME_M;
		return true;
	}
	if (!word_is_end(word) && *word->start >= 'A' && *word->start < 'A' + FRAME_M) {
		value->kind = VALUE_FRAME;
		value->nr = (uint8_t)(*word->start++ - 'A');
		return true;
	}
	if (eat_char(word, 'p')) {
		value->kind = VALUE_WINDOW;
		return eat_number(word, NR_WINDOWS, &value->nr);
	}
	value->kind = VALUE_TABLE;
	return eat_ref(word, table_names, LEVEL_PML4E, &value->table);
}

static bool eat_flag(struct word *word, uint8_t *flags)
{
	struct word rest;

	for (unsigned i = 0; i < NR_VALUE_FLAGS; i++) {
		rest = *word;
		if (eat_string(&rest, flag_names[i]) &&
		    (word_is_end(&rest) || *rest.start == '/')) {
			*word = rest;
			if (*flags & (1 << i))
				return false; /* given twice */
			*flags |= (uint8_t)(1 << i);
			return true;
		}
	}
	return false;
}

static bool parse_window(struct parser *p, uint8_t *window)
{
	const struct word word = lexer_next(&p->lexer);
	struct word rest = word;

	if (eat_char(&rest, 'w') && eat_number(&rest, NR_WINDOWS, window) && word_is_end(&rest))
		return true;
	return parse_fail(p->error, word.column, "expected a window, w0 to w3", &word);
}

static bool parse_entry(struct parser *p, struct entry_ref *entry)
{
	const struct word word = lexer_next(&p->lexer);
	struct word rest = word;

	if (eat_ref(&rest, entry_names, LEVEL_PML5E, entry) && word_is_end(&rest))
		return true;
	return parse_fail(p->error, word.column, "expected an entry such as g0.w1.pte or n0.p1.pde",
			  &word);
}

static bool parse_value(struct parser *p, struct value *value)
{
	const struct word word = lexer_next(&p->lexer);
	struct word rest = word;

	if (word_is(&word, "none"))
		return true;
	if (!eat_target(&rest, value))
		return parse_fail(p->error, word.column,
				  "expected none, a frame, a window or a table", &word);
	while (eat_char(&rest, '/')) {
		if (!eat_flag(&rest, &value->flags))
			return parse_fail(p->error, word.column,
					  "expected flags ro, nx, g, s, na, nd, xo, each once",
					  &word);
	}
	if (word_is_end(&rest))
		return true;
	return parse_fail(p->error, word.column, "expected none, a frame, a window or a table",
			  &word);
}

static bool parse_linear_root(struct parser *p, struct root *root)
{
	const struct word word = lexer_next(&p->lexer);
	struct word rest = word;

	if (eat_root(&rest, root) && root->space != SPACE_N && word_is_end(&rest))
		return true;
	return parse_fail(p->error, word.column, "expected a linear root, h0 to h5 or g0 to g5",
			  &word);
}

/* `n0`, or `n0 ad`: NROOT_AD */
static bool parse_eptp(struct parser *p, struct step *step, const char *what)
{
	const struct word word = lexer_next(&p->lexer);
	struct word rest = word;

	if (!eat_root(&rest, &step->root) || step->root.space != SPACE_N || !word_is_end(&rest))
		return parse_fail(p->error, word.column, what, &word);
	step->arg = lexer_take(&p->lexer, "ad");
	return true;
}

static bool parse_nested_root(struct parser *p, struct step *step)
{
	if (lexer_take(&p->lexer, "none")) {
		step->root = ROOT_NONE;
		return true;
	}
	if (!parse_eptp(p, step, "expected a nested root, n0 to n5, or none"))
		return false;
	if (!step->arg && lexer_take(&p->lexer, "pcd"))
		step->arg = NROOT_PCD;
	return true;
}

static bool parse_number(struct parser *p, unsigned min, unsigned max, const char *what,
			 unsigned *n)
{
	const struct word word = lexer_next(&p->lexer);

	if (word_number(&word, max, n) && *n >= min)
		return true;
	return parse_fail(p->error, word.column, what, &word);
}

static bool parse_tag(struct parser *p, uint8_t *tag)
{
	unsigned n;

	if (!parse_number(p, 0, NR_TAGS - 1, "expected a tag, 0 to 7", &n))
		return false;
	*tag = (uint8_t)n;
	return true;
}

static bool parse_arg(struct parser *p, unsigned min, unsigned max, const char *what, uint16_t *arg)
{
	unsigned n;

	if (!parse_number(p, min, max, what, &n))
		return false;
	*arg = (uint16_t)n;
	return true;
}

static bool parse_switch(struct parser *p, uint16_t *arg)
{
	const struct word word = lexer_next(&p->lexer);

	*arg = word_is(&word, "on");
	if (*arg || word_is(&word, "off"))
		return true;
	return parse_fail(p->error, word.column, "expected on or off", &word);
}

/* [pcid 0-3] */
static bool parse_pcid(struct parser *p, struct step *step)
{
	unsigned n;

	if (!lexer_take(&p->lexer, "pcid"))
		return true;
	if (!parse_number(p, 0, NR_PCIDS - 1, "expected a PCID, 0 to 3", &n))
		return false;
	step->pcid = (uint8_t)n;
	return true;
}

static bool parse_cr3(struct parser *p, struct step *step)
{
	if (!parse_linear_root(p, &step->root) || !parse_pcid(p, step))
		return false;
	step->arg = lexer_take(&p->lexer, "noflush");
	return true;
}

static bool parse_invpcid(struct parser *p, struct step *step)
{
	unsigned type;

	if (!parse_number(p, 0, 3, "expected a type of INVPCID, 0 to 3", &type))
		return false;
	step->type = (uint8_t)type;
	if (type == 0 && !parse_window(p, &step->window))
		return false;
	return type > 1 || parse_pcid(p, step);
}

static bool parse_invvpid(struct parser *p, struct step *step)
{
	unsigned type, tag;

	if (!parse_number(p, 0, 3, "expected a type of INVVPID, 0 to 3", &type))
		return false;
	step->type = (uint8_t)type;
	if (type == 2)
		return true;
	if (type == 0 && !parse_window(p, &step->window))
		return false;
	if (!parse_number(p, 1, NR_TAGS - 1, "INVVPID takes a tag, 1 to 7", &tag))
		return false;
	step->tag = (uint8_t)tag;
	return true;
}

static bool parse_invept(struct parser *p, struct step *step)
{
	unsigned type;

	if (!parse_number(p, 1, 2, "expected a type of INVEPT, 1 or 2", &type))
		return false;
	step->type = (uint8_t)type;
	return type == 2 || parse_eptp(p, step, "expected a nested root, n0 to n5");
}

static bool parse_tlbctl(struct parser *p, uint8_t *type)
{
	const struct word word = lexer_next(&p->lexer);
	unsigned n;

	if (!word_number(&word, 7, &n) || (n != 1 && n != 3 && n != 7))
		return parse_fail(p->error, word.column, "expected a TLB_CONTROL of 1, 3 or 7",
				  &word);
	*type = (uint8_t)n;
	return true;
}

static bool parse_mode(struct parser *p, uint16_t *arg)
{
	const struct word word = lexer_next(&p->lexer);

	for (uint16_t mode = 0; mode < NR_MODES; mode++) {
		if (word_is(&word, mode_names[mode])) {
			*arg = mode;
			return true;
		}
	}
	return parse_fail(p->error, word.column, "expected a mode: long, pae, 32, unpaged or la57",
			  &word);
}

static bool parse_failing(struct parser *p, struct step *step)
{
	const struct word word = lexer_peek(&p->lexer);

	for (uint8_t why = FAILS_LATE + 1; why < NR_FAILING && !step->type; why++)
		if (lexer_take(&p->lexer, failing_names[why]))
			step->type = why;
	return step->type || word_is_end(&word) || word_is(&word, ";") ||
	       parse_fail(p->error, word.column,
			  "expected cr0, mode, event, root, tag, efer, rflags or nothing", &word);
}

static bool parse_frame(struct parser *p, uint8_t *frame)
{
	const struct word word = lexer_next(&p->lexer);
	const char first = word_is_end(&word) ? '\0' : *word.start;

	if (word.end - word.start != 1 || first < 'A' || first >= 'A' + FRAME_M)
		return parse_fail(p->error, word.column, "expected a frame, A to G", &word);
	*frame = (uint8_t)(first - 'A');
	return true;
}

/* The event's name, of one word or two. */
static bool parse_event(struct parser *p, uint16_t *event)
{
	const struct word word = lexer_next(&p->lexer);

	for (uint16_t nr = 0; nr < NR_HOST_EVENTS; nr++) {
		const struct host_verb *verb = &host_verbs[nr];

		if (word_is(&word, verb->name) &&
		    (!verb->what || lexer_take(&p->lexer, verb->what))) {
			*event = nr;
			return true;
		}
	}
	return parse_fail(p->error, word.column,
			  "expected what the host does, such as drop A or slot remove A", &word);
}

static bool parse_host(struct parser *p, struct step *step)
{
	if (!parse_event(p, &step->arg))
		return false;
	for (unsigned i = 0; i < host_verbs[step->arg].nr_frames; i++)
		if (!parse_frame(p, &step->frame[i]))
			return false;
	return true;
}

bool parse_arguments(struct parser *p, struct step *step)
{
	switch ((enum shape)verbs[step->op].shape) {
	case SHAPE_NOTHING: return true;
	case SHAPE_WINDOW: return parse_window(p, &step->window);
	case SHAPE_WINDOW_TAG: return parse_window(p, &step->window) && parse_tag(p, &step->tag);
	case SHAPE_ENTRY: return parse_entry(p, &step->entry);
	case SHAPE_ENTRY_VALUE: return parse_entry(p, &step->entry) && parse_value(p, &step->value);
	case SHAPE_CR3: return parse_cr3(p, step);
	case SHAPE_L2CR3: return parse_linear_root(p, &step->root) && parse_pcid(p, step);
	case SHAPE_NESTED_ROOT: return parse_nested_root(p, step);
	case SHAPE_EPTP: return parse_eptp(p, step, "expected a nested root, n0 to n5");
	case SHAPE_INVPCID: return parse_invpcid(p, step);
	case SHAPE_INVVPID: return parse_invvpid(p, step);
	case SHAPE_INVEPT: return parse_invept(p, step);
	case SHAPE_SWITCH: return parse_switch(p, &step->arg);
	case SHAPE_PF_EXIT:
		step->arg = PF_EXIT_WRITES;
		return lexer_take(&p->lexer, "writes") || parse_switch(p, &step->arg);
	case SHAPE_TLBCTL: return parse_tlbctl(p, &step->type);
	case SHAPE_TAG: return parse_tag(p, &step->tag);
	case SHAPE_CPU: return parse_arg(p, 0, NR_CPUS - 1, "expected a vCPU, 0 to 3", &step->arg);
	case SHAPE_PCPU:
		return parse_arg(p, 0, NR_PCPUS - 1, "expected a physical CPU, 0 to 3", &step->arg);
	case SHAPE_VM: return parse_arg(p, 0, NR_VMS - 1, "expected a VM, 0 to 3", &step->arg);
	case SHAPE_FAILING: return parse_failing(p, step);
	case SHAPE_COUNT:
		return parse_arg(p, 1, MAX_REPEAT, "expected a count, 1 to 10000", &step->arg);
	case SHAPE_FRAME: return parse_frame(p, &step->frame[0]);
	case SHAPE_HOST: return parse_host(p, step);
	case SHAPE_MODE: return parse_mode(p, &step->arg);
	}
	return false;
}
