/* SPDX-License-Identifier: MIT */
/*
 * What assembly has to know of C. A room's *_offsets.c names it, is compiled to assembly that is
 * never linked, and the Makefile makes a header of it, of the same name.
 */
#ifndef LIB_OFFSETS_H
#define LIB_OFFSETS_H

#include <stddef.h>

/* "#define name value". */
#define CONSTANT(name) __asm__ volatile(".ascii \"->" #name " %0\"" : : "i"(name))

/* The same with where a member lies, in bytes. */
#define OFFSET(name, type, member) \
	__asm__ volatile(".ascii \"->" #name " %0\"" : : "i"(offsetof(struct type, member)))

#endif
