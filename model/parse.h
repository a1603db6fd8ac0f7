/* SPDX-License-Identifier: MIT */
/* What the parts of the parser share. Private to model/. */
#ifndef MODEL_PARSE_H
#define MODEL_PARSE_H

#include "lexer.h"
#include "program.h"

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

#endif
