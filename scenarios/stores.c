/* SPDX-License-Identifier: MIT */
/*
 * Entries rewritten by every kind of store (catalogue: C8).
 *
 * The rule. Hardware does not care how the bytes of an entry came to be: after a flush a walk reads
 * them as they are.
 *
 * How a host breaks it. It write-protects tables above the leaves and emulates each store to them;
 * from the store it has to work out which entries changed, and drop their shadows: of a store of
 * eight bytes, of less, of one that overlaps two entries, of a locked one, a string, a vector. For
 * some of them the instruction emulator writes memory on another way than for a MOV.
 *
 * What is seen. As in linear.c. A store in pieces leaves no entry on its way that was not meant:
 * see guests/entry.h.
 */
#include "scenarios/scenario.h"

/* Programs are broken at their steps, not where a line is full. */
/* clang-format off */

#define LEAF(R, way)                                                                             \
	"set " R "0.w0.pte A; load w0; set " R "0.w0.pte B by " way "; !invlpg w0; load w0 fresh"
#define UPPER(R, way)                                                                            \
	"set " R "0.w0.pte A; set " R "1.w0.pte B; load w0; set " R "0.w0.pde " R "1.w0.pt by " way "; " \
	"!invlpg w0; load w0 fresh"
/* L1 rewrites nested tables. */
#define NESTED_LEAF(way, flush)                                                                  \
	"nroot n0; set g0.w0.pte p0; set n0.p0.pte A; enter; load w0; exit; set n0.p0.pte B by " way "; " \
	flush "; enter; load w0 fresh; exit"
#define NESTED_UPPER(way, flush)                                                                 \
	"nroot n0; set g0.w0.pte p0; set n0.p0.pte A; set n1.p0.pte B; enter; load w0; exit; "   \
	"set n0.p0.pde n1.p0.pt by " way "; " flush "; enter; load w0 fresh; exit"

#define STORES(way, what)                                                                        \
	SCENARIO_REGISTER("store." way "-leaf", "a leaf rewritten by " what, 0, LEVELS_LONG, LEAF("@", way), 0, LEVELS_IN_LIST); \
	SCENARIO_REGISTER("store." way "-pde", "a PDE rewritten by " what, 0, LEVELS_LONG, UPPER("@", way), 0, LEVELS_IN_LIST); \
	SCENARIO("svm.store-" way "-leaf", "a nested leaf rewritten by " what, NESTED_LEAF(way, "!tag 2")); \
	SCENARIO("svm.store-" way "-pde", "a nested PDE rewritten by " what, NESTED_UPPER(way, "!tag 2")); \
	SCENARIO("vmx.store-" way "-leaf", "an EPT leaf rewritten by " what, NESTED_LEAF(way, "!invept 2")); \
	SCENARIO("vmx.store-" way "-pde", "an EPT PDE rewritten by " what, NESTED_UPPER(way, "!invept 2"))

STORES("4", "stores of 4 bytes");
STORES("1", "stores of 1 byte");
STORES("misaligned", "a store that overlaps the entry before");
STORES("xchg", "XCHG");
STORES("cmpxchg", "LOCK CMPXCHG");
STORES("stos", "REP STOSQ");
STORES("movs", "REP MOVSQ");
STORES("16", "a store of 16 bytes");
