/* SPDX-License-Identifier: MIT */
/*
 * Steps that a program has not: what is known to fail on its host, as narrowly as can be said, so
 * that all round it is searched; and what the executor cannot do.
 */
#ifndef MODEL_SEARCH_LEFT_OUT_H
#define MODEL_SEARCH_LEFT_OUT_H

#include "model/search/generate.h"

/* By what the step is and where it stands. */
bool step_is_left_out(const struct generator *g, const struct step *step);

/* By what it does: the step has been tried, and the trial is as it leaves it. */
bool effect_is_left_out(const struct generator *g, const struct step *step,
			const struct look *look);

/* Goes on behind a step of the program: call it while the position is the one before it. */
void left_out_follow(struct generator *g, const struct step *step, const struct look *look);

#endif
