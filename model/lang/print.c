/* SPDX-License-Identifier: MIT */
#include "model/lang/host_events.h"
#include "model/lang/text.h"
#include "model/lang/verbs.h"

static void print_root(struct text *t, struct root root)
{
	if (root.space >= NR_SPACES) {
		text_string(t, "none");
		return;
	}
	text_char(t, space_names[root.space]);
	text_number(t, root.nr);
}

static void print_window(struct text *t, char kind, unsigned nr)
{
	text_char(t, kind);
	text_number(t, nr);
}

/* names: entry_names or table_names */
static void print_ref(struct text *t, const struct entry_ref *ref, const char *const *names)
{
	print_root(t, ref->root);
	text_char(t, '.');
	print_window(t, ref->root.space == SPACE_N ? 'p' : 'w', ref->window);
	text_char(t, '.');
	text_string(t, names[ref->level]);
}

static void print_value(struct text *t, const struct value *value)
{
	switch (value->kind) {
	case VALUE_NONE: text_string(t, "none"); break;
	case VALUE_FRAME: text_char(t, frame_letter(value->nr)); break;
	case VALUE_WINDOW: print_window(t, 'p', value->nr); break;
	case VALUE_TABLE: print_ref(t, &value->table, table_names); break;
	}
	for (unsigned i = 0; i < NR_VALUE_FLAGS; i++) {
		if (value->flags & (1 << i)) {
			text_char(t, '/');
			text_string(t, flag_names[i]);
		}
	}
}

static void print_eptp(struct text *t, const struct step *step)
{
	print_root(t, step->root);
	if (step->op == OP_NROOT && (step->arg & NROOT_PCD))
		text_string(t, " pcd");
	else if (step->arg)
		text_string(t, " ad");
}

static void print_pcid(struct text *t, const struct step *step)
{
	if (!step->pcid)
		return;
	text_string(t, " pcid ");
	text_number(t, step->pcid);
}

/* The type of INVPCID, INVVPID or INVEPT, and what belongs to it. */
static void print_invalidation(struct text *t, const struct step *step)
{
	text_number(t, step->type);
	if (step->op != OP_INVEPT && step->type == 0) {
		text_char(t, ' ');
		print_window(t, 'w', step->window);
	}
	if (step->op == OP_INVPCID)
		print_pcid(t, step);
	if (step->op == OP_INVVPID && step->type != 2) {
		text_char(t, ' ');
		text_number(t, step->tag);
	}
	if (step->op == OP_INVEPT && step->type == 1) {
		text_char(t, ' ');
		print_eptp(t, step);
	}
}

static void print_host(struct text *t, const struct step *step)
{
	const struct host_verb *verb = &host_verbs[step->arg];

	text_string(t, verb->name);
	if (verb->what) {
		text_char(t, ' ');
		text_string(t, verb->what);
	}
	for (unsigned i = 0; i < verb->nr_frames; i++) {
		text_char(t, ' ');
		text_char(t, frame_letter(step->frame[i]));
	}
}

static void print_arguments(struct text *t, const struct step *step)
{
	enum shape shape = verbs[step->op].shape;

	if (shape == SHAPE_NOTHING || (shape == SHAPE_FAILING && !step->type))
		return;
	text_char(t, ' ');
	switch (shape) {
	case SHAPE_NOTHING: break;
	case SHAPE_WINDOW: print_window(t, 'w', step->window); break;
	case SHAPE_WINDOW_TAG:
		print_window(t, 'w', step->window);
		text_char(t, ' ');
		text_number(t, step->tag);
		break;
	case SHAPE_ENTRY: print_ref(t, &step->entry, entry_names); break;
	case SHAPE_ENTRY_VALUE:
		print_ref(t, &step->entry, entry_names);
		text_char(t, ' ');
		print_value(t, &step->value);
		break;
	case SHAPE_CR3:
	case SHAPE_L2CR3:
		print_root(t, step->root);
		print_pcid(t, step);
		if (step->arg)
			text_string(t, " noflush");
		break;
	case SHAPE_NESTED_ROOT:
	case SHAPE_EPTP: print_eptp(t, step); break;
	case SHAPE_INVPCID:
	case SHAPE_INVVPID:
	case SHAPE_INVEPT: print_invalidation(t, step); break;
	case SHAPE_PF_EXIT:
		text_string(t, step->arg == PF_EXIT_WRITES ? "writes" : step->arg ? "on" : "off");
		break;
	case SHAPE_SWITCH: text_string(t, step->arg ? "on" : "off"); break;
	case SHAPE_TLBCTL: text_number(t, step->type); break;
	case SHAPE_TAG: text_number(t, step->tag); break;
	case SHAPE_CPU:
	case SHAPE_PCPU:
	case SHAPE_VM:
	case SHAPE_COUNT: text_number(t, step->arg); break;
	case SHAPE_FRAME: text_char(t, frame_letter(step->frame[0])); break;
	case SHAPE_HOST: print_host(t, step); break;
	case SHAPE_FAILING: text_string(t, failing_names[step->type]); break;
	case SHAPE_MODE: text_string(t, mode_names[step->arg]); break;
	}
}

static void print_step(struct text *t, const struct step *step)
{
	if (step->flush)
		text_char(t, '!');
	text_string(t, verbs[step->op].name);
	print_arguments(t, step);
	if (step->way) {
		text_string(t, " by ");
		text_string(t, way_names[step->way]);
	}
	if (step->irq)
		text_string(t, " irq");
	if (step->expect == EXPECT_FRESH)
		text_string(t, " fresh");
	else if (step->expect == EXPECT_EITHER)
		text_string(t, " either");
}

size_t step_print(const struct step *step, char *text, size_t size)
{
	struct text t = text_start(text, size);

	print_step(&t, step);
	return t.len;
}

size_t program_print(const struct program *program, char *text, size_t size)
{
	struct text t = text_start(text, size);

	for (unsigned i = 0; i < program->nr_steps; i++) {
		if (i)
			text_string(&t, "; ");
		print_step(&t, &program->step[i]);
	}
	return t.len;
}
