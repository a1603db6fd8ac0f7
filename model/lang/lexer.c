/* SPDX-License-Identifier: MIT */
#include "model/lang/lexer.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_mark(char c)
{
	return c == ';' || c == '!';
}

struct word lexer_peek(const struct lexer *lexer)
{
	struct word word = {.start = lexer->next};

	while (is_blank(*word.start))
		word.start++;
	word.end = word.start;
	if (is_mark(*word.end)) {
		word.end++;
	} else {
		while (*word.end && !is_blank(*word.end) && !is_mark(*word.end))
			word.end++;
	}
	word.column = (unsigned)(word.start - lexer->text) + 1;
	return word;
}

struct word lexer_next(struct lexer *lexer)
{
	struct word word = lexer_peek(lexer);

	lexer->next = word.end;
	return word;
}

bool lexer_take(struct lexer *lexer, const char *s)
{
	struct word word = lexer_peek(lexer);

	if (!word_is(&word, s))
		return false;
	lexer->next = word.end;
	return true;
}

bool eat_char(struct word *word, char c)
{
	if (word_is_end(word) || *word->start != c)
		return false;
	word->start++;
	return true;
}

bool eat_digit(struct word *word, unsigned limit, unsigned *n)
{
	unsigned digit;

	if (word_is_end(word) || *word->start < '0' || *word->start > '9')
		return false;
	digit = (unsigned)(*word->start - '0');
	if (digit >= limit)
		return false;
	word->start++;
	*n = digit;
	return true;
}

bool eat_string(struct word *word, const char *s)
{
	struct word rest = *word;

	while (*s) {
		if (!eat_char(&rest, *s++))
			return false;
	}
	*word = rest;
	return true;
}

bool word_is(const struct word *word, const char *s)
{
	struct word rest = *word;

	return eat_string(&rest, s) && word_is_end(&rest);
}

bool word_number(const struct word *word, unsigned max, unsigned *n)
{
	struct word rest = *word;
	unsigned value = 0, digit;

	if (word_is_end(word) || (*word->start == '0' && word->end - word->start > 1))
		return false;
	while (!word_is_end(&rest)) {
		if (!eat_digit(&rest, 10, &digit))
			return false;
		value = 10 * value + digit;
		if (value > max)
			return false;
	}
	*n = value;
	return true;
}
