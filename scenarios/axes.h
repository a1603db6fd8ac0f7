/* SPDX-License-Identifier: MIT */
/* What definitions say of a scenario and of its cases. Private to scenarios/. */
#ifndef SCENARIOS_AXES_H
#define SCENARIOS_AXES_H

#include "scenarios/scenario.h"

/* What a name stands for in a scenario: of its own family first, then of all. NULL: nothing. */
const struct definition *axes_definition(const struct scenarios *set, const struct scenario *s,
					 struct slice name);
/* The same, of axes only. */
const struct definition *axes_find(const struct scenarios *set, const struct scenario *s,
				   struct slice name);

/* The name of an axis' value, by number. Empty: there are not so many. */
struct slice axes_key(const struct definition *axis, unsigned nr);

/* What stands in a column for a value of an axis. False: it has no such column. */
bool axes_cell(const struct scenarios *set, const struct scenario *s, const struct axis_value *in,
	       struct slice column, struct slice *cell);

/* Puts a case on the first value of each axis of its scenario. False: one is no axis, or too many.
 */
bool axes_of_case(const struct scenarios *set, struct scenario_case *c);

#endif
