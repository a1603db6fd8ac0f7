/* SPDX-License-Identifier: MIT */
/* Cases: scenarios, each spread over the values of its axes. */
#ifndef PLAN_CASE_H
#define PLAN_CASE_H

#include <stdbool.h>

#include "model/search/features.h"
#include "scenarios/scenario.h"

struct case_ref {
	struct scenario_case of;
	char name[CASE_NAME];
};

/* Reads the scenarios that the loader gave, or, where it gave none, the image's own. False: what is
 * wrong with them. */
bool cases_read(struct scenarios_error *error);

/* Goes from one case to the next: begin with all zero. False at the end. */
bool case_next(struct case_ref *c);

/* The text of one of its parts, valid until the next call. "": it has none. */
const char *case_text(const struct case_ref *c, enum scenario_part part);

/*
 * The fault that is known of a host of this vendor, described by the words of host=
 * ("kvm,6.12.0,ept=Y"), with this verdict, or, NULL, with any. NULL: none is. reason: room for why.
 */
const struct known *case_known(const struct case_ref *c, enum vendor vendor, const char *host,
			       const char *verdict, char *reason, size_t size);

/* What a search leaves out on that host: what it would find is known. */
features cases_avoided(enum vendor vendor, const char *host);

/* Does text match the glob ('*' any run of characters, '?' one)? */
bool glob_match(const char *glob, const char *text);

/* Is a name chosen by a filter "GLOB,GLOB,!GLOB"? A case runs if it matches a positive one, or
 * there is none, and no negative one. "" chooses all. */
bool filter_match(const char *filter, const char *name);

#endif
