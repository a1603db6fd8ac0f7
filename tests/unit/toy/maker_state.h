/* SPDX-License-Identifier: MIT */
/* The parts of the maker of programs, among themselves. */
#ifndef TESTS_UNIT_TOY_MAKER_STATE_H
#define TESTS_UNIT_TOY_MAKER_STATE_H

#include "tests/unit/toy/maker.h"

/* What a program may use, each at random. */
enum feature {
	NESTED,	 /* nested paging, L2's tables map guest-physical windows */
	TOGGLED, /* nested paging on and off */
	GLOBAL,
	PCIDS,
	USERS, /* looks at CPL 3, supervisor pages */
	RIGHTS,
	NX_OFF,
	CPUS,
	VMS,
	TAGS,
	UPPER, /* rewrites of upper entries */
	LARGE,
	ABSENT,
	DENIED, /* ro, nx */
	BITS,
	L1_LOOKS,
	IRQS,
	SHORT_ENTRIES,
	MSRS,
	PARAVIRTUAL,
	NR_FEATURES,
	/* of themes only */
	IN_PAE = NR_FEATURES,
	UNTAGGED,
};

struct maker {
	uint32_t seed;
	enum vendor vendor;
	uint32_t features;
	char *text;
	unsigned steps;
	enum mode mode;
	bool bare, nested_pae;
	unsigned windows, nested_windows; /* that there are */
	unsigned pool, roots, tags;	  /* that are used */
	/* who runs */
	unsigned cpu, vm[NR_CPUS];
	bool in_l2[NR_CPUS], no_nxe[NR_CPUS], knows_nested[NR_CPUS][NR_VMS];
	struct context {
		bool pcide;
		unsigned pcid, root, nroot;
		bool turned[4]; /* bits that the program has turned: see turn() */
	} l1[NR_CPUS], l2[NR_CPUS][NR_VMS];
};

/* ---- maker_state.c ---- */

unsigned maker_die(struct maker *m, unsigned n);
bool maker_has(const struct maker *m, enum feature f);
/* Off, or on at times. */
bool maker_now(struct maker *m, enum feature f, unsigned one_in);
/* More of the last step's text; another step. */
__attribute__((format(printf, 2, 3))) void maker_put(struct maker *m, const char *format, ...);
__attribute__((format(printf, 2, 3))) void maker_step(struct maker *m, const char *format, ...);
bool maker_in_l2(const struct maker *m);
struct context *maker_l2_of(struct maker *m);
struct context *maker_own(struct maker *m);
/* A root: most often the one in use. */
unsigned maker_root_of(struct maker *m, char space);
const char *maker_pick(struct maker *m, const char *const *words, unsigned n);
#define PICK(m, ...)                                      \
	maker_pick(m, (const char *const[]){__VA_ARGS__}, \
		   sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

/* ---- maker_tables.c: rewrites and looks ---- */

unsigned maker_window(struct maker *m);
unsigned maker_nested_window(struct maker *m);
void maker_set_table(struct maker *m, char space, char kind, unsigned root, unsigned win);
void maker_set_leaf(struct maker *m, char space, char kind, unsigned root, unsigned win);
void maker_set(struct maker *m);
void maker_look_at(struct maker *m, unsigned win);
void maker_look(struct maker *m);

/* ---- maker_control.c ---- */

/* What a level does to its own translations; what L1 gives and does to L2; who runs. */
void maker_own_flush(struct maker *m);
void maker_give(struct maker *m);
void maker_enter(struct maker *m);
void maker_leave(struct maker *m);
void maker_go(struct maker *m);

#endif
