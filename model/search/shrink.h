/* SPDX-License-Identifier: MIT */
/* Cuts a program that shows something down to the shortest that still does. */
#ifndef MODEL_SEARCH_SHRINK_H
#define MODEL_SEARCH_SHRINK_H

#include "model/lang/program.h"

/* Does the program still show it? Called with programs that program_check() accepts, and no others.
 */
typedef bool shrink_test(const struct program *program, void *argument);

/*
 * Leaves steps out and makes others simpler, as long as test(candidate, argument) says yes, and
 * calls it `budget` times at the most. spare: for the candidates, with room for as many steps. The
 * program is what is left; it has been seen to pass the test last, or is as it was. Returns how
 * many times it asked.
 */
unsigned shrink(struct program *program, struct program *spare, shrink_test *test, void *argument,
		unsigned budget);

/*
 * The same program in the names that come first: its first window is w0, its first frame A, and so
 * on. Two programs of the same text then are of one kind. What is special keeps its name: page M,
 * tag 0, PCID 0, the roots on which L1 and the VMs begin.
 */
void normalise(struct program *program);

#endif
