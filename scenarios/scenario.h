/* SPDX-License-Identifier: MIT */
/*
 * Scenarios, as they are written down in families, files of text: docs/adding-a-scenario.md has the
 * format. This reads them for the image and for the host's tools alike.
 *
 * The text stays where it is and is the caller's; all that is read of it are slices of it, so there
 * is no limit to any length. A scenario is spread over the values of its axes into cases, whose
 * texts are put together when they are asked for.
 */
#ifndef SCENARIOS_SCENARIO_H
#define SCENARIOS_SCENARIO_H

#include "model/lang/caps.h"
#include "model/lang/program.h"
#include "model/oracle/rules.h"
#include "scenarios/slice.h"

/* What `let` and `axis` define. */
struct definition {
	enum { LET, AXIS_LIST, AXIS_TABLE, AXIS_PART } kind;
	struct slice name;
	struct slice head; /* of a table: its columns; of a part: the axis that it is a part of */
	struct slice body; /* a text; values; rows, one a line */
};

/* Why the hosts named are known to fail it. */
struct known {
	const struct scenario *scenario;
	struct slice verdict; /* its name */
	enum vendor vendor;
	struct slice host; /* "ept=1 vpid=1": what else must be so */
	struct slice reason;
};

/* What a search leaves out on such hosts, as it would find this scenario's fault over and over. */
struct avoid {
	const struct scenario *scenario;
	struct slice features; /* names, of model/search/features.h */
	enum vendor vendor;
	struct slice host;
};

struct scenario {
	struct slice name, title;
	struct slice classes; /* of docs/catalogue.md */
	struct slice program;
	struct slice control; /* empty: the program without its steps marked '!' */
	struct slice
		level; /* whom the program runs on, by name; empty: its axis says, or the text */
	struct slice control_level;
	struct slice fatal; /* empty; or why it ends current hosts: it runs if asked for by name */
	bool known_crash;   /* it ends only those that are known to CRASH of it */
	struct caps needs;  /* beside those of its program */
	unsigned first_definition, end_definition; /* of its own family */
	unsigned each, each_end; /* the block that it is in, scenarios; none: both 0 */
	struct slice each_axis;
	unsigned line; /* of its file, where it begins */
	struct slice family;
};

struct scenarios {
	struct definition *definition; /* those that all families share come first */
	struct scenario *scenario;
	struct known *known;
	struct avoid *avoid;
	unsigned nr_definitions, nr_shared, nr_scenarios, nr_known, nr_avoid;
	unsigned room; /* of each array: the caller's, as many as scenarios_room() says */
};

struct scenarios_error {
	struct slice family;
	unsigned line;
	char text[160];
};

enum {
	MAX_AXES = 6,
	CASE_NAME = 128, /* room for any case's name, and its NUL */
};

/* One case of a scenario: a value of each of its axes. All zero: before the first. */
struct scenario_case {
	const struct scenario *scenario;
	unsigned nr_axes;
	struct axis_value {
		const struct definition *axis;
		unsigned value;
	} in[MAX_AXES];
	enum op look; /* what `look` means in its programs */
};

/* How many records a text can hold at most. */
unsigned scenarios_room(struct slice text);

/*
 * Reads a text behind those that were read before. A line `family NAME` begins another file; what
 * stands in the family `common`, the first one, is for all. Returns true, or false with the place
 * and one sentence. It finds what is no record; scenarios_check() finds the rest.
 */
bool scenarios_read(struct scenarios *set, struct slice text, struct scenarios_error *error);

/* Finds names that nothing defines, axes that do not fit, in every case. The same result. */
bool scenarios_check(const struct scenarios *set, struct scenarios_error *error);

/* Goes on to the next case. False: there is none. */
bool scenarios_next(const struct scenarios *set, struct scenario_case *c);

enum scenario_part { PART_NAME, PART_TITLE, PART_PROGRAM, PART_CONTROL, PART_FATAL };

/* The text of a case's part: at most size-1 characters and a NUL. Returns the whole length. */
size_t scenarios_print(const struct scenarios *set, const struct scenario_case *c,
		       enum scenario_part part, char *text, size_t size);
/* The same of any text of a scenario, such as a known fault's reason. */
size_t scenarios_print_text(const struct scenarios *set, const struct scenario_case *c,
			    struct slice from, char *text, size_t size);

#endif
