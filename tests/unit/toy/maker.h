/* SPDX-License-Identifier: MIT */
/*
 * Random programs for the tests. The same seed makes the same text, today. Each program switches on
 * some of what the language has, and draws windows, roots and tags from small pools, so that things
 * meet.
 */
#ifndef TESTS_UNIT_TOY_MAKER_H
#define TESTS_UNIT_TOY_MAKER_H

#include "model/oracle/oracle.h"

enum { MAKER_TEXT = 6000 };

enum {
	MAKER_STEPS = 256, /* of one program, at most */
	MAKER_KEPT = 4,	   /* programs that stay while others are made */
};

/* Writes a valid program; text: MAKER_TEXT characters. Returns it parsed: the last MAKER_KEPT stay.
 */
struct program maker_program(enum vendor vendor, uint32_t seed, char *text);

#endif
