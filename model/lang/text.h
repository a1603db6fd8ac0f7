/* SPDX-License-Identifier: MIT */
/* A text that grows in a buffer of fixed size; what does not fit is counted but not written. */
#ifndef MODEL_LANG_TEXT_H
#define MODEL_LANG_TEXT_H

#include <stddef.h>

struct text {
	char *buf;   /* the caller's; always ends in a NUL if size > 0 */
	size_t size; /* bytes, with the NUL; 0: only count */
	size_t len;  /* characters of the whole text, without the NUL */
};

/* Begins an empty text in buf. */
struct text text_start(char *buf, size_t size);
void text_char(struct text *t, char c);
void text_string(struct text *t, const char *s);
void text_number(struct text *t, unsigned n);

#endif
