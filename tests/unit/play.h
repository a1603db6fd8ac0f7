/* SPDX-License-Identifier: MIT */
/* Playing programs through the oracle, in one line of a test. */
#ifndef TESTS_UNIT_PLAY_H
#define TESTS_UNIT_PLAY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/oracle/oracle.h"

/* A program with room for all steps of a text. Whoever calls owns nothing: it lasts until the tests
 * end. */
struct program room_for(const char *text);
struct program room_for_steps(unsigned steps);
/* Parses a text that must be right; its `look`s are loads. */
struct program parsed(const char *text);

/* One program on one oracle, played from look to look. */
struct player {
	struct oracle *oracle;
	struct program program;
	struct program_cursor cursor;
	bool control; /* leave out the steps marked '!' */
	const struct step *step;
	struct look look;
	const char *why;
};

struct player play(enum vendor vendor, const char *text);
/* Goes on to the next look. Returns false at the end or when the program is undefined (why is set).
 */
bool play_look(struct player *p);
/* Judges the look with what it "saw", before the next step. */
enum judgement play_saw(struct player *p, uint32_t seen);
void play_end(struct player *p);

/*
 * Plays a program to its end, each look seeing what is current, and checks that the legal results
 * of its looks are these: "[A]; A [B]". Every `fresh` and `either` must agree.
 */
void assert_looks_at(const char *file, int line, enum vendor vendor, const char *text,
		     const char *looks);
#define assert_looks(vendor, text, looks) assert_looks_at(__FILE__, __LINE__, vendor, text, looks)
#define assert_both(text, looks)                         \
	do {                                             \
		assert_looks(VENDOR_AMD, text, looks);   \
		assert_looks(VENDOR_INTEL, text, looks); \
	} while (0)

/* The program is refused by the oracle, with a reason that holds these words. */
void assert_undefined(enum vendor vendor, const char *text, const char *words);

/* The program needs these capabilities: "hv,nested-paging". */
void assert_needs_at(const char *file, int line, const char *text, const char *names);
#define assert_needs(text, names) assert_needs_at(__FILE__, __LINE__, text, names)

/* The groups of tests; each returns the number of failures. */
int test_parse(void);
int test_access(void);
int test_program(void);
int test_rules(void);
int test_bits(void);
int test_traps(void);
int test_judge(void);
int test_finding(void);
int test_classes(void);
int test_modes(void);
int test_intel(void);
int test_intel_parse(void);
int test_search(void);
int test_toy(void);
int test_laws(void);
int test_planted_rows(void);
int test_host_events(void);
int test_scenarios(void);

#endif
