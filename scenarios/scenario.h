/* SPDX-License-Identifier: MIT */
/*
 * How a scenario registers itself. A scenario is a program with a name and a title, written down in the
 * file of its family; the linker gathers all of them. The names and titles also go into a section that
 * is not loaded, so that the list can be read from the ELF without booting it.
 *
 * The flush that a scenario is about is marked '!': the *control* is the same program without it.
 */
#ifndef SCENARIOS_SCENARIO_H
#define SCENARIOS_SCENARIO_H

#include <stdint.h>

struct scenario {
	const char *name; /* [a-z0-9.+-]+; cases of looks get "/load", "/store", "/fetch" behind it */
	const char *title;
	const char *program;
	uint8_t looks; /* 0: one case, as it stands; else one case for each look of LOOKS_… */
};

enum { LOOKS_LOAD = 1, LOOKS_STORE = 2, LOOKS_FETCH = 4 };

#define SCENARIO_CAT_(a, b) a##b
#define SCENARIO_CAT(a, b) SCENARIO_CAT_(a, b)

#define SCENARIO_REGISTER(name_, title_, looks_, program_, list_)                                   \
	static const struct scenario SCENARIO_CAT(scenario_, __LINE__)                              \
		__attribute__((used, section(".revenant.scenarios"), aligned(8))) = {               \
			.name = name_, .title = title_, .program = program_, .looks = looks_        \
		};                                                                                  \
	static const char SCENARIO_CAT(scenario_list_, __LINE__)[]                                  \
		__attribute__((used, section(".revenant.list"), aligned(1))) = list_

/* One case. */
#define SCENARIO(name, title, program) SCENARIO_REGISTER(name, title, 0, program, name "\t" title "\n")

/* Three cases: the program's `look`s are loads, stores, fetches. */
#define SCENARIO_LOOKS(name, title, program)                                                        \
	SCENARIO_REGISTER(name, title, LOOKS_LOAD | LOOKS_STORE | LOOKS_FETCH, program,             \
			  name "/load\t" title "\n" name "/store\t" title "\n" name "/fetch\t" title "\n")

extern const struct scenario __scenarios_start[], __scenarios_end[];

#endif
