/* SPDX-License-Identifier: MIT */
/* Pieces of a text. */
#ifndef SCENARIOS_SLICE_H
#define SCENARIOS_SLICE_H

#include <stdbool.h>
#include <stddef.h>

/* From start to before end; no NUL. Empty: start == end. */
struct slice {
	const char *start, *end;
};

static inline struct slice slice_of(const char *text)
{
	struct slice s = {text, text};

	while (*s.end)
		s.end++;
	return s;
}

static inline size_t slice_length(struct slice s)
{
	return (size_t)(s.end - s.start);
}

static inline bool slice_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static inline bool slice_equal(struct slice a, struct slice b)
{
	if (slice_length(a) != slice_length(b))
		return false;
	while (a.start < a.end)
		if (*a.start++ != *b.start++)
			return false;
	return true;
}

static inline bool slice_is(struct slice s, const char *text)
{
	while (s.start < s.end && *text && *s.start == *text)
		s.start++, text++;
	return s.start == s.end && !*text;
}

/* Without blanks at both ends. */
static inline struct slice slice_trim(struct slice s)
{
	while (s.start < s.end && slice_is_blank(*s.start))
		s.start++;
	while (s.start < s.end && slice_is_blank(s.end[-1]))
		s.end--;
	return s;
}

/* Takes what stands before the first `mark` off the slice, the mark too; all of it if there is
 * none. Both parts come trimmed. */
static inline struct slice slice_cut(struct slice *rest, char mark)
{
	struct slice first = {rest->start, rest->start};

	while (first.end < rest->end && *first.end != mark)
		first.end++;
	rest->start = first.end < rest->end ? first.end + 1 : first.end;
	*rest = slice_trim(*rest);
	return slice_trim(first);
}

/* Takes the first word off the slice. Empty: there is none. */
static inline struct slice slice_word(struct slice *rest)
{
	struct slice word;

	*rest = slice_trim(*rest);
	word = (struct slice){rest->start, rest->start};
	while (word.end < rest->end && !slice_is_blank(*word.end))
		word.end++;
	rest->start = word.end;
	*rest = slice_trim(*rest);
	return word;
}

/* Takes the first line off the slice, its end too. */
static inline struct slice slice_line(struct slice *rest)
{
	struct slice line = {rest->start, rest->start};

	while (line.end < rest->end && *line.end != '\n')
		line.end++;
	rest->start = line.end < rest->end ? line.end + 1 : line.end;
	return line;
}

#endif
