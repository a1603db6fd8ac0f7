/* SPDX-License-Identifier: MIT */
/* What the parts of the parser share. Private to model/. */
#ifndef MODEL_LANG_PARSE_H
#define MODEL_LANG_PARSE_H

#include "model/lang/lexer.h"
#include "model/lang/program.h"
#include "model/lang/world.h"

struct parser {
	struct lexer lexer;
	enum op look;
	struct program_error *error;
};

/* Sets the error and returns false. found: the word to quote, or NULL. */
bool parse_fail(struct program_error *error, unsigned column, const char *what,
		const struct word *found);

/* Reads the arguments of step->op. */
bool parse_arguments(struct parser *p, struct step *step);

/*
 * Checks what can be known of a program without running it, with or without the steps marked '!'.
 * Returns true, or false with the column and the reason in *error.
 */
bool program_check(const struct program *program, bool without_flushes,
		   struct program_error *error);

/* A program's header, and what follows from it. */
struct mode_check {
	struct header header;
	struct layout layout[NR_SPACES];
	bool large_window; /* a leaf above a pte holds a guest-physical window */
	bool second_place; /* L2 looks through a window with the second place of its PT */
	bool hole, nested; /* L2's tables map page M; L2 has nested tables */
	struct program_error *error;
};
/* The same for one step that is not of the header. in_l2: L2 runs. */
bool check_in_mode(struct mode_check *mode, const struct step *step, bool in_l2);

#endif
