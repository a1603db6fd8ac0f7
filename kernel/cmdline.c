/* SPDX-License-Identifier: MIT */
#include "kernel/cmdline.h"

#include "boot/bootinfo.h"
#include "lib/string.h"

#define REPLAY "replay="

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The first word at or after p, "replay=" included; its end is "" . */
static const char *skip_blanks(const char *p)
{
	while (blank(*p))
		p++;
	return p;
}

const char *cmdline_next(const char *word, size_t *length)
{
	const char *p = boot_info.cmdline;
	size_t n = 0;

	if (word)
		for (p = word; *p && !blank(*p);)
			p++;
	p = skip_blanks(p);
	if (!*p || !strncmp(p, REPLAY, strlen(REPLAY)))
		return NULL;
	while (p[n] && !blank(p[n]))
		n++;
	*length = n;
	return p;
}

const char *cmdline_value(const char *key, char *buf, size_t size)
{
	size_t length, key_length = strlen(key);

	for (const char *w = cmdline_next(NULL, &length); w; w = cmdline_next(w, &length)) {
		if (length <= key_length || strncmp(w, key, key_length) || w[key_length] != '=')
			continue;
		w += key_length + 1;
		length -= key_length + 1;
		if (length > size - 1)
			length = size - 1;
		memcpy(buf, w, length);
		buf[length] = '\0';
		return buf;
	}
	return NULL;
}

bool cmdline_is(const char *word, size_t length, const char *name)
{
	return length == strlen(name) && !strncmp(word, name, length);
}

bool cmdline_flag(const char *word)
{
	size_t length;

	for (const char *w = cmdline_next(NULL, &length); w; w = cmdline_next(w, &length))
		if (cmdline_is(w, length, word))
			return true;
	return false;
}

const char *cmdline_replay(void)
{
	const char *p = skip_blanks(boot_info.cmdline);

	while (*p && strncmp(p, REPLAY, strlen(REPLAY))) {
		while (*p && !blank(*p))
			p++;
		p = skip_blanks(p);
	}
	return *p ? p + strlen(REPLAY) : NULL;
}
