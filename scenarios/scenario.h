/* SPDX-License-Identifier: MIT */
/*
 * How a scenario registers itself. A scenario is a program with a name and a title, written down in
 * the file of its family; the linker gathers all of them. The names and titles go into a section
 * that no code reads, so that the list can be read from the ELF without booting it.
 *
 * The flush that a scenario is about is marked '!': the *control* is the same program without it.
 */
#ifndef SCENARIOS_SCENARIO_H
#define SCENARIOS_SCENARIO_H

#include <stdint.h>

struct scenario {
	const char
		*name; /* [a-z0-9.+-]+; cases of looks get "/load", "/store", "/fetch" behind it */
	const char *program;
	const char *control; /* NULL: the program without its steps marked '!' */
	uint8_t looks; /* 0: one case, as it stands; else one case for each look of LOOKS_… */
};

enum { LOOKS_LOAD = 1, LOOKS_STORE = 2, LOOKS_FETCH = 4 };

/* gcc may otherwise emit a file's scenarios in another order than they are written in. */
#if __has_attribute(no_reorder)
#	define SCENARIO_KEEP used, no_reorder
#else
#	define SCENARIO_KEEP used
#endif

#define SCENARIO_CAT_(a, b) a##b
#define SCENARIO_CAT(a, b)  SCENARIO_CAT_(a, b)

#define SCENARIO_REGISTER(name_, title_, looks_, program_, control_, list_)                        \
	static const struct scenario SCENARIO_CAT(scenario_, __COUNTER__)                          \
		__attribute__((SCENARIO_KEEP, section(".revenant.scenarios"), aligned(8))) = {     \
			.name = name_, .program = program_, .control = control_, .looks = looks_}; \
	_Static_assert(sizeof(title_) > 1, "the list shows a title");                              \
	static const char SCENARIO_CAT(scenario_list_, __COUNTER__)[]                              \
		__attribute__((SCENARIO_KEEP, section(".revenant.list"), aligned(1))) = list_

/* A line of the list; what stands in braces is for the reader to expand, as a shell does. */
#define SCENARIO_LIST(name, title)	 name "\t" title "\n"
#define SCENARIO_LIST_LOOKS(name, title) SCENARIO_LIST(name "/{load,store,fetch}", title)
#define LOOKS_ALL			 (LOOKS_LOAD | LOOKS_STORE | LOOKS_FETCH)

/* One case. */
#define SCENARIO(name, title, program) \
	SCENARIO_REGISTER(name, title, 0, program, 0, SCENARIO_LIST(name, title))

/* Three cases: the program's `look`s are loads, stores, fetches. */
#define SCENARIO_LOOKS(name, title, program) \
	SCENARIO_REGISTER(name, title, LOOKS_ALL, program, 0, SCENARIO_LIST_LOOKS(name, title))

/*
 * The same for a scenario that needs no flush at all (nothing may be stale from the start): its
 * control is a program of its own, which must show that the host retains this kind of entry.
 */
#define SCENARIO_WITH(name, title, program, control) \
	SCENARIO_REGISTER(name, title, 0, program, control, SCENARIO_LIST(name, title))
#define SCENARIO_LOOKS_WITH(name, title, program, control)          \
	SCENARIO_REGISTER(name, title, LOOKS_ALL, program, control, \
			  SCENARIO_LIST_LOOKS(name, title))

/*
 * The same program at each level: P(R) is the program in terms of the letter of the roots, "h" in
 * L1, "g" in an L2 without nested paging and in one with it. …_WITH: with a control C(R) of its
 * own.
 */
/* clang-format off */
#define IN_L2(program)	       "enter; " program "; exit"
#define IN_L2_NESTED(program)  "nroot n0; enter; " program "; exit"
#define AT_EACH_LEVEL(name, title, P)                                                            \
	SCENARIO_LOOKS(name ".l1", title " in L1", P("h"));                                      \
	SCENARIO_LOOKS(name ".l2", title " in L2", IN_L2(P("g")));                               \
	SCENARIO_LOOKS(name ".l2-nested", title " in L2 under nested paging", IN_L2_NESTED(P("g")))
#define AT_EACH_LEVEL_WITH(name, title, P, C)                                                    \
	SCENARIO_LOOKS_WITH(name ".l1", title " in L1", P("h"), C("h"));                         \
	SCENARIO_LOOKS_WITH(name ".l2", title " in L2", IN_L2(P("g")), IN_L2(C("g")));           \
	SCENARIO_LOOKS_WITH(name ".l2-nested", title " in L2 under nested paging",               \
			    IN_L2_NESTED(P("g")), IN_L2_NESTED(C("g")))
/* clang-format on */

extern const struct scenario __scenarios_start[], __scenarios_end[];

#endif
