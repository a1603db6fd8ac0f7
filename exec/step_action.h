/* SPDX-License-Identifier: MIT */
/* Steps that are one action of the level that runs. */
#ifndef EXEC_STEP_ACTION_H
#define EXEC_STEP_ACTION_H

#include "guests/action.h"
#include "model/lang/program.h"

/*
 * What a step asks of the level that runs, of L2 or of L1, in the world as it is. The caller has
 * set those fields that are about the CPU and its mode. False: the step is none of these.
 */
bool step_action(const struct step *step, bool in_l2, struct action *a);

/* The number under which L2 finds a nested root: those without A/D bits first. */
unsigned step_function_number(unsigned root, bool accessed_dirty);

#endif
