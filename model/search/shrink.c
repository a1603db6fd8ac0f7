/* SPDX-License-Identifier: MIT */
#include "model/search/shrink.h"

#include "model/lang/parse.h"

struct shrinking {
	struct program *best, *spare;
	shrink_test *test;
	void *argument;
	unsigned asked, budget;
};

/* Takes the candidate if it is one that shows the same. */
static bool take(struct shrinking *s, const struct program *candidate)
{
	struct program_error error;

	if (s->asked == s->budget || !program_check(candidate, false, &error))
		return false;
	s->asked++;
	if (!s->test(candidate, s->argument))
		return false;
	program_copy(s->best, candidate);
	return true;
}

static struct program *copy_of_best(struct shrinking *s)
{
	program_copy(s->spare, s->best);
	return s->spare;
}

static void leave_out(struct program *p, unsigned at, unsigned nr)
{
	p->nr_steps -= nr;
	for (unsigned i = at; i < p->nr_steps; i++)
		p->step[i] = p->step[i + nr];
}

/* Runs of steps, long ones first. */
static bool without_runs(struct shrinking *s)
{
	bool any = false;

	for (unsigned nr = s->best->nr_steps / 2; nr; nr /= 2) {
		for (unsigned at = 0; at + nr <= s->best->nr_steps;) {
			struct program *candidate = copy_of_best(s);

			leave_out(candidate, at, nr);
			if (take(s, candidate))
				any = true;
			else
				at++;
		}
	}
	return any;
}

/* Two steps that only make sense together: enter and exit, there and back. */
static bool without_pairs(struct shrinking *s)
{
	for (unsigned i = 0; i + 1 < s->best->nr_steps; i++) {
		for (unsigned j = i + 1; j < s->best->nr_steps; j++) {
			struct program *candidate = copy_of_best(s);

			leave_out(candidate, j, 1);
			leave_out(candidate, i, 1);
			if (take(s, candidate))
				return true;
		}
	}
	return false;
}

/* ---- simpler steps ---- */

enum { SIMPLER = 12 };

/* The nth way to make a step simpler. False: it is as simple already. */
static bool simpler(struct step *step, unsigned nr)
{
	const struct step before = *step;

	switch (nr) {
	case 0: step->irq = false; break;
	case 1: step->way = WAY_PLAIN; break;
	case 2:
		if (step->op == OP_STORE || step->op == OP_FETCH)
			step->op = OP_LOAD;
		break;
	case 3: step->pcid = 0; break;
	case 4:
		if (step->op == OP_CR3 || step->op == OP_NROOT || step->op == OP_INVEPT)
			step->arg = 0;
		break;
	case 5: step->value.flags = 0; break;
	case 6: /* one flag at a time */
		step->value.flags &= (uint8_t)(step->value.flags - 1);
		break;
	case 7:
		if (step->op == OP_SET && step->value.kind == VALUE_WINDOW)
			step->value.kind = VALUE_FRAME;
		break;
	case 8:
		if (step->op == OP_SET && step->entry.level > LEVEL_PTE &&
		    step->value.kind != VALUE_TABLE)
			step->entry.level = LEVEL_PTE;
		break;
	case 9: step->entry.root.nr = 0; break;
	case 10:
		if (step->root.space < NR_SPACES)
			step->root.nr = 0;
		break;
	case 11:
		if (step->op == OP_TLBCTL || step->op == OP_INVPCID)
			step->type = step->op == OP_TLBCTL ? 1 : 2;
		step->window = step->op == OP_INVPCID ? 0 : step->window;
		break;
	}
	return __builtin_memcmp(&before, step, sizeof(before)) != 0;
}

static bool with_simpler_steps(struct shrinking *s)
{
	bool any = false;

	for (unsigned i = 0; i < s->best->nr_steps; i++) {
		for (unsigned nr = 0; nr < SIMPLER; nr++) {
			struct program *candidate = copy_of_best(s);

			if (simpler(&candidate->step[i], nr))
				any |= take(s, candidate);
		}
	}
	return any;
}

unsigned shrink(struct program *program, struct program *spare, shrink_test *test, void *argument,
		unsigned budget)
{
	struct shrinking s = {.best = program,
			      .spare = spare,
			      .test = test,
			      .argument = argument,
			      .budget = budget};

	do
		while (without_runs(&s) || without_pairs(&s))
			;
	while (with_simpler_steps(&s) && s.asked < budget);
	return s.asked;
}

/* ---- names ---- */

enum { NOT_NAMED = 0xff };

struct names {
	uint8_t of[16];
	uint8_t next;
};

static void start_names(struct names *n, uint8_t kept)
{
	for (unsigned i = 0; i < sizeof(n->of); i++)
		n->of[i] = i < kept ? (uint8_t)i : NOT_NAMED;
	n->next = kept;
}

static uint8_t name_of(struct names *n, uint8_t old)
{
	if (n->of[old] == NOT_NAMED)
		n->of[old] = n->next++;
	return n->of[old];
}

struct renaming {
	struct names windows, frames, tags, pcids, roots[NR_SPACES];
};

static void rename_root(struct renaming *r, struct root *root)
{
	if (root->space < NR_SPACES)
		root->nr = name_of(&r->roots[root->space], root->nr);
}

static void rename_entry(struct renaming *r, struct entry_ref *entry)
{
	rename_root(r, &entry->root);
	entry->window = name_of(&r->windows, entry->window);
}

static void rename_value(struct renaming *r, struct value *value)
{
	if (value->kind == VALUE_FRAME && value->nr < FRAME_DECOY)
		value->nr = name_of(&r->frames, value->nr);
	if (value->kind == VALUE_WINDOW)
		value->nr = name_of(&r->windows, value->nr);
	if (value->kind == VALUE_TABLE)
		rename_entry(r, &value->table);
}

static bool has_window(const struct step *step)
{
	return step->op <= OP_FETCH || step->op == OP_INVLPG || step->op == OP_INVLPGA ||
	       (step->op == OP_INVPCID && !step->type) || (step->op == OP_INVVPID && !step->type);
}

static bool has_root(const struct step *step)
{
	return step->op == OP_CR3 || step->op == OP_L2CR3 || step->op == OP_NROOT ||
	       step->op == OP_VMFUNC || (step->op == OP_INVEPT && step->type == 1);
}

void normalise(struct program *program)
{
	struct renaming r;

	start_names(&r.windows, 0);
	start_names(&r.frames, 0);
	start_names(&r.tags, 1 + NR_VMS);
	start_names(&r.pcids, 1);
	start_names(&r.roots[SPACE_H], 1);
	start_names(&r.roots[SPACE_G], NR_VMS);
	start_names(&r.roots[SPACE_N], 0);
	for (unsigned i = 0; i < program->nr_steps; i++) {
		struct step *step = &program->step[i];

		if (step->op == OP_SET || step->op == OP_BITS)
			rename_entry(&r, &step->entry);
		if (step->op == OP_SET)
			rename_value(&r, &step->value);
		if (has_window(step))
			step->window = name_of(&r.windows, step->window);
		if (has_root(step))
			rename_root(&r, &step->root);
		step->tag = name_of(&r.tags, step->tag);
		step->pcid = name_of(&r.pcids, step->pcid);
		step->column = 0;
	}
}
