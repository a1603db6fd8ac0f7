/* SPDX-License-Identifier: MIT */
/*
 * The command line: words separated by blanks, "key=value" or "flag". A word "replay=" takes all
 * the rest of the line, blanks included, and so is always the last.
 */
#ifndef KERNEL_CMDLINE_H
#define KERNEL_CMDLINE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Copies the value of the first word "key=value" to buf, cut to size with its NUL. Returns buf, or
 * NULL when there is no such word. Not for "replay".
 */
const char *cmdline_value(const char *key, char *buf, size_t size);

/* Is there a word that is exactly this? */
bool cmdline_flag(const char *word);

/* The text after "replay=" up to the end of the line, or NULL. */
const char *cmdline_replay(void);

/*
 * Walks over the words before "replay=": begin with NULL and pass the last result. Returns the word
 * (not terminated) and its length, or NULL at the end.
 */
const char *cmdline_next(const char *word, size_t *length);

/* Is a word that cmdline_next() gave exactly this one? */
bool cmdline_is(const char *word, size_t length, const char *name);

#endif
