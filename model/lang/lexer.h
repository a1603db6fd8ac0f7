/* SPDX-License-Identifier: MIT */
/* Words of a program's text, and what a word is made of. Private to model/. */
#ifndef MODEL_LANG_LEXER_H
#define MODEL_LANG_LEXER_H

#include <stdbool.h>

/* A word of the text, not NUL-terminated. `;` and `!` are words by themselves. */
struct word {
	const char *start;
	const char *end; /* == start: the end of the text */
	unsigned column; /* 1-based */
};

struct lexer {
	const char *text;
	const char *next;
};

/* Returns the next word and moves behind it. */
struct word lexer_next(struct lexer *lexer);
/* Returns the next word and stays. */
struct word lexer_peek(const struct lexer *lexer);

/* Moves behind the next word if it is that one. */
bool lexer_take(struct lexer *lexer, const char *s);

bool word_is(const struct word *word, const char *s);
static inline bool word_is_end(const struct word *word)
{
	return word->start == word->end;
}
/* The whole word as a decimal number of at most `max`, without superfluous zeros. */
bool word_number(const struct word *word, unsigned max, unsigned *n);

/* These eat what they find off the word's start, or return false and leave the word alone. */
bool eat_char(struct word *word, char c);
bool eat_digit(struct word *word, unsigned limit, unsigned *n); /* one digit, below limit */
bool eat_string(struct word *word, const char *s);

#endif
