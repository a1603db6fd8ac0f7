/* SPDX-License-Identifier: MIT */
/* Cases: scenarios, each spread over the levels and looks it asks for. */
#ifndef PLAN_CASE_H
#define PLAN_CASE_H

#include <stdbool.h>

#include "scenarios/scenario.h"

struct case_ref {
	const struct scenario *scenario;
	struct scenario_case of;
	char name[96];
};

/* Goes from one case to the next: begin with scenario NULL. False at the end. */
bool case_next(struct case_ref *c);

/* Does text match the glob ('*' any run of characters, '?' one)? */
bool glob_match(const char *glob, const char *text);

/* Is a name chosen by a filter "GLOB,GLOB,!GLOB"? A case runs if it matches a positive one, or
 * there is none, and no negative one. "" chooses all. */
bool filter_match(const char *filter, const char *name);

#endif
