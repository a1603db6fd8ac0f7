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

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/lang/program.h"

struct scenario {
	const char *name; /* [a-z0-9.+-]+; its cases' names have the level and the look behind it */
	const char *program;
	const char *control; /* NULL: the program without its steps marked '!' */
	const char *known; /* NULL; or why current hosts are known to fail, which is no news then */
	uint8_t looks; /* 0: as it stands; else a case for each look of LOOKS_…, what `look` means
			*/
	uint16_t levels;   /* 0: as it stands; else a case for each level of the set: see
			    * AT_EACH_LEVEL */
	const char *fatal; /* NULL; or why the case ends current hosts: it runs only if the filter
			    * is its name */
};

enum { LOOKS_LOAD = 1, LOOKS_STORE = 2, LOOKS_FETCH = 4 };

/* Who runs the program, in which mode. Sets of them are `levels`. */
enum {
	AT_L1 = 1 << 1,
	AT_L2 = 1 << 2,
	AT_L2_NESTED = 1 << 3, /* under nested paging */
	AT_PAE_L1 = 1 << 4,
	AT_PAE_L2 = 1 << 5,
	AT_PAE_L2_NESTED = 1 << 6,
	AT_32_L1 = 1 << 7,
	AT_32_L2 = 1 << 8,
	AT_32_L2_NESTED = 1 << 9,
	AT_LA57_L2 = 1 << 10,
	AT_LA57_L2_NESTED = 1 << 11,

	LEVELS_LONG = AT_L1 | AT_L2 | AT_L2_NESTED,
	LEVELS_PAE = AT_PAE_L1 | AT_PAE_L2 | AT_PAE_L2_NESTED,
	LEVELS_PAE_FLAT = AT_PAE_L1 | AT_PAE_L2, /* where PDPTEs are registers on AMD, too */
	LEVELS_32 = AT_32_L1 | AT_32_L2 | AT_32_L2_NESTED,
	/* in VMX non-root operation CR0.PG can be cleared under EPT only */
	LEVELS_PG = AT_PAE_L1 | AT_PAE_L2_NESTED | AT_32_L1 | AT_32_L2_NESTED,
	LEVELS_PG_PAE = LEVELS_PG & LEVELS_PAE,
	LEVELS_ALL = LEVELS_LONG | LEVELS_PAE | LEVELS_32 | AT_LA57_L2 | AT_LA57_L2_NESTED,
	/* INVLPG there is fatal to hosts: scenarios/modes.c */
	LEVELS_INVLPG = LEVELS_ALL & ~(AT_PAE_L2 | AT_32_L2),
};

enum { SCENARIO_TEXT = 4096 }; /* room for the text of every case's program, and its NUL */

/* One of a scenario's cases. All zero: before the first. */
struct scenario_case {
	uint8_t next;  /* its number, from 1 */
	enum op look;  /* what `look` means */
	uint8_t level; /* 0: as it stands; else the number of its bit in `levels` */
};

/* Goes on to the next case. False: there is none. */
bool scenario_next_case(const struct scenario *scenario, struct scenario_case *c);

/* The case's name, and its program or (own_control) the control of its own that the scenario has.
 * At most size-1 characters and a NUL are written. */
void scenario_case_name(const struct scenario *scenario, const struct scenario_case *c, char *text,
			size_t size);
void scenario_case_program(const struct scenario *scenario, const struct scenario_case *c,
			   bool own_control, char *text, size_t size);

/* gcc may otherwise emit a file's scenarios in another order than they are written in. */
#if __has_attribute(no_reorder)
#	define SCENARIO_KEEP used, no_reorder
#else
#	define SCENARIO_KEEP used
#endif

#define SCENARIO_CAT_(a, b) a##b
#define SCENARIO_CAT(a, b)  SCENARIO_CAT_(a, b)

/* list_: what stands behind the name in the list; braces are for its reader to expand, as a shell
 * does. What follows are the other fields of the scenario. */
#define SCENARIO_ENTRY(name_, title_, list_, ...)                                       \
	static const struct scenario SCENARIO_CAT(scenario_, __COUNTER__)               \
		__attribute__((SCENARIO_KEEP, section(".revenant.scenarios"),           \
			       aligned(8))) = {.name = name_, __VA_ARGS__};             \
	_Static_assert(sizeof(title_) > 1, "the list shows a title");                   \
	static const char SCENARIO_CAT(scenario_list_, __COUNTER__)[]                   \
		__attribute__((SCENARIO_KEEP, section(".revenant.list"), aligned(1))) = \
			name_ list_ "\t" title_ "\n"

#define SCENARIO_REGISTER(name_, title_, looks_, levels_, program_, control_, list_)   \
	SCENARIO_ENTRY(name_, title_, list_, .program = program_, .control = control_, \
		       .looks = looks_, .levels = levels_)

/*
 * One case that current hosts are known to fail: it is reported as SKIP, with what was seen, but
 * where the filter is its name.
 */
#define SCENARIO_KNOWN(name_, title_, program_, known_) \
	SCENARIO_ENTRY(name_, title_, "", .program = program_, .known = known_)

/*
 * One case that ends current hosts, for a reason that is known. It runs only where the filter is
 * its name.
 */
#define SCENARIO_FATAL(name_, title_, program_, fatal_) \
	SCENARIO_ENTRY(name_, title_, "", .program = program_, .fatal = fatal_)

#define LOOKS_ALL		(LOOKS_LOAD | LOOKS_STORE | LOOKS_FETCH)
#define LOOKS_IN_LIST		"/{load,store,fetch}"
#define LEVELS_IN_LIST		".{l1,l2,l2-nested}"
#define LEVELS_PAE_IN_LIST	".pae-{l1,l2,l2-nested}"
#define LEVELS_PAE_FLAT_IN_LIST ".pae-{l1,l2}"
#define LEVELS_32_IN_LIST	".32-{l1,l2,l2-nested}"
#define LEVELS_PG_IN_LIST	".{pae-l1,pae-l2-nested,32-l1,32-l2-nested}"
#define LEVELS_PG_PAE_IN_LIST	".pae-{l1,l2-nested}"
#define LEVELS_ALL_IN_LIST                                                                        \
	".{l1,l2,l2-nested,pae-l1,pae-l2,pae-l2-nested,32-l1,32-l2,32-l2-nested,la57-l2,la57-l2-" \
	"nested}"
#define LEVELS_INVLPG_IN_LIST \
	".{l1,l2,l2-nested,pae-l1,pae-l2-nested,32-l1,32-l2-nested,la57-l2,la57-l2-nested}"

/* One case. */
#define SCENARIO(name, title, program) SCENARIO_REGISTER(name, title, 0, 0, program, 0, "")

/* Three cases: the program's `look`s are loads, stores, fetches. */
#define SCENARIO_LOOKS(name, title, program) \
	SCENARIO_REGISTER(name, title, LOOKS_ALL, 0, program, 0, LOOKS_IN_LIST)

/*
 * The same for a scenario that needs no flush at all (nothing may be stale from the start): its
 * control is a program of its own, which must show that the host retains this kind of entry.
 */
#define SCENARIO_WITH(name, title, program, control) \
	SCENARIO_REGISTER(name, title, 0, 0, program, control, "")
#define SCENARIO_LOOKS_WITH(name, title, program, control) \
	SCENARIO_REGISTER(name, title, LOOKS_ALL, 0, program, control, LOOKS_IN_LIST)

/*
 * The same program at each level, in each look: P(R) is the program in terms of the letter of the
 * roots, which becomes "h" in L1 (case ".l1") and "g" in an L2 without nested paging (".l2") and in
 * one with it (".l2-nested"). AT_LEVELS: at a set of levels LEVELS_…, other modes among them, where
 * the roots are "g" in L1, too, as it switches to tables of that mode (".pae-l1"). …_WITH: with a
 * control C(R) of its own. ONCE_…: as it stands, where only one kind of look makes sense.
 */
/* clang-format off */
#define ENTERED(program)	       "enter; " program "; exit"
#define ENTERED_NESTED(program) "nroot n0; enter; " program "; exit"
#define AT_EACH_LEVEL(name, title, P)                                                            \
	SCENARIO_REGISTER(name, title, LOOKS_ALL, LEVELS_LONG, P("@"), 0, LEVELS_IN_LIST LOOKS_IN_LIST)
#define AT_LEVELS(levels, name, title, P)                                                        \
	SCENARIO_REGISTER(name, title, LOOKS_ALL, levels, P("@"), 0, levels##_IN_LIST LOOKS_IN_LIST)
#define AT_LEVELS_WITH(levels, name, title, P, C)                                                \
	SCENARIO_REGISTER(name, title, LOOKS_ALL, levels, P("@"), C("@"), levels##_IN_LIST LOOKS_IN_LIST)
#define AT_EACH_LEVEL_WITH(name, title, P, C)                                                    \
	SCENARIO_REGISTER(name, title, LOOKS_ALL, LEVELS_LONG, P("@"), C("@"), LEVELS_IN_LIST LOOKS_IN_LIST)
#define ONCE_AT_EACH_LEVEL(name, title, P)                                                       \
	SCENARIO_REGISTER(name, title, 0, LEVELS_LONG, P("@"), 0, LEVELS_IN_LIST)
#define ONCE_AT_EACH_LEVEL_WITH(name, title, P, C)                                               \
	SCENARIO_REGISTER(name, title, 0, LEVELS_LONG, P("@"), C("@"), LEVELS_IN_LIST)

/* The control of what needs no flush: does this level keep a rewritten leaf at all? */
#define RETAINS(R) "set " R "0.w0.pte A; load w0; set " R "0.w0.pte B; load w0 either"
/* clang-format on */

extern const struct scenario __scenarios_start[], __scenarios_end[];

#endif
