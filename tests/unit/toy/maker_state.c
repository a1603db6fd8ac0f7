/* SPDX-License-Identifier: MIT */
#include "tests/unit/toy/maker_state.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

unsigned maker_die(struct maker *m, unsigned n)
{
	m->seed = m->seed * 1664525u + 1013904223u;
	return (m->seed >> 9) % n;
}

bool maker_has(const struct maker *m, enum feature f)
{
	return m->features >> f & 1;
}

/* Off, or on at times. */
bool maker_now(struct maker *m, enum feature f, unsigned one_in)
{
	return maker_has(m, f) && !maker_die(m, one_in);
}

void maker_put(struct maker *m, const char *format, ...)
{
	size_t len = strlen(m->text);
	va_list args;

	va_start(args, format);
	vsnprintf(m->text + len, MAKER_TEXT - len, format, args);
	va_end(args);
}

void maker_step(struct maker *m, const char *format, ...)
{
	size_t len = strlen(m->text);
	va_list args;

	if (len)
		maker_put(m, "; ");
	len = strlen(m->text);
	va_start(args, format);
	vsnprintf(m->text + len, MAKER_TEXT - len, format, args);
	va_end(args);
	m->steps++;
}

bool maker_in_l2(const struct maker *m)
{
	return m->in_l2[m->cpu];
}

struct context *maker_l2_of(struct maker *m)
{
	return &m->l2[m->cpu][m->vm[m->cpu]];
}

struct context *maker_own(struct maker *m)
{
	return maker_in_l2(m) ? maker_l2_of(m) : &m->l1[m->cpu];
}

/* A root: most often the one in use. */
unsigned maker_root_of(struct maker *m, char space)
{
	if (!maker_die(m, 3))
		return maker_die(m, m->roots);
	return space == 'h'   ? m->l1[m->cpu].root
	       : space == 'g' ? maker_l2_of(m)->root
			      : maker_l2_of(m)->nroot;
}

const char *maker_pick(struct maker *m, const char *const *words, unsigned n)
{
	return words[maker_die(m, n)];
}
