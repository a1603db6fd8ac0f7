/* SPDX-License-Identifier: MIT */
#include "model/lang/text.h"

struct text text_start(char *buf, size_t size)
{
	if (size)
		buf[0] = '\0';
	return (struct text){.buf = buf, .size = size};
}

void text_char(struct text *t, char c)
{
	if (t->len + 1 < t->size) {
		t->buf[t->len] = c;
		t->buf[t->len + 1] = '\0';
	}
	t->len++;
}

void text_string(struct text *t, const char *s)
{
	while (*s)
		text_char(t, *s++);
}

void text_number(struct text *t, unsigned n)
{
	char digits[10]; /* of 2^32 - 1 */
	unsigned i = 0;

	do {
		digits[i++] = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	while (i)
		text_char(t, digits[--i]);
}
