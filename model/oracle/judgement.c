/* SPDX-License-Identifier: MIT */
/* Judging what a look saw, and what follows from having seen it. */
#include "model/oracle/oracle_state.h"

/* It got to memory. */
#define REACHED (RESULT_FRAMES | RESULT_ZERO | RESULT_GONE)

/* The result was not legal: what kind of wrong is it? */
static enum judgement judge_wrong(const struct oracle *o, const struct step *step, uint32_t seen)
{
	struct view view = view_of(o, o->at.cpu);
	uint8_t here =
		o->walked[view.regs.root][view.regs.nroot - SPACE_N * NR_ROOTS][step->window] |
		o->seen[view.cpu][view.tag][step->window];

	if (seen & RESULT_WILD)
		return JUDGED_WILD;
	if (!(seen & RESULT_FRAMES) || (seen & here))
		return JUDGED_STALE;
	return seen & o->targets ? JUDGED_LEAK : JUDGED_WILD;
}

/* A look succeeded: it has set bits, for certain if every way in which it can have done so does. */
static void set_bits(struct oracle *o, const struct step *step)
{
	struct view view = view_of(o, o->at.cpu);
	struct walk now = walk_now(o, &view, step->window, access_of(step));
	bool certain = look_is_certain(o, &view, &now, step->window);
	bool nested = view.regs.nested_bits;

	for (unsigned i = 0; i < (nested ? now.nr : now.nr_linear); i++) {
		now.entry[i]->flags &= (uint8_t)~VF_NA;
		if (certain)
			now.entry[i]->accessed = MAY_BE_1;
	}
	for (unsigned i = 0; i < (nested ? 2 : 1); i++) {
		if (step->op != OP_STORE || !now.leaf[i])
			continue;
		now.leaf[i]->flags &= (uint8_t)~VF_ND;
		if (certain)
			now.leaf[i]->dirty = MAY_BE_1;
	}
}

/* The level that looked took a fault. */
static void fault(struct oracle *o, const struct step *step, enum event ev)
{
	struct view view = view_of(o, o->at.cpu);
	struct operand operand = {
		.tag = view.tag,
		.pcid = view.linear.pcid,
		.nroot = view.nested.nroot,
		.window = step->window,
	};
	uint8_t targets = look_targets(o, &view, step->window);

	/* Which guest-physical page faulted is known if the look can lead to one only. */
	if (!(targets & (targets - 1)))
		operand.nested_windows = targets;
	event(o, ev, &view, operand);
	if (ev == EV_NESTED_FAULT) {
		/* L1 sees the exit and resumes L2 behind the look. */
		leave_l2(o);
		enter_l2(o);
	}
	fill(o);
}

enum judgement oracle_judge(struct oracle *o, const struct step *step, const struct look *look,
			    uint32_t seen)
{
	enum judgement judgement = seen == look->current ? JUDGED_CURRENT
				   : seen & look->legal	 ? JUDGED_RETAINED
							 : judge_wrong(o, step, seen);

	if (seen & RESULT_EXIT) {
		leave_l2(o); /* L1 resumes L2 behind the RDMSR */
		enter_l2(o);
		fill(o);
	} else if (seen & REACHED) {
		set_bits(o, step);
		if (step->op == OP_STORE)
			frames_stored(o, seen);
	} else if (seen & RESULT_PF)
		fault(o, step, EV_PAGE_FAULT);
	else if ((seen & RESULT_NPF) && position_in_l2(&o->at))
		fault(o, step, EV_NESTED_FAULT);
	return judgement;
}

bool oracle_agrees(const struct step *step, const struct look *look)
{
	switch (step->expect) {
	case EXPECT_FRESH: return look->legal == look->current;
	case EXPECT_EITHER: return look->legal & ~look->current;
	default: return true;
	}
}
