/* SPDX-License-Identifier: MIT */
/* Which invalidations a program would miss. */
#ifndef TESTS_TOOLS_MISSED_H
#define TESTS_TOOLS_MISSED_H

#include "model/oracle/oracle.h"

/*
 * The events (1 << enum event) of which the program shows that a CPU drops nothing at them, if that
 * CPU keeps whatever it has used, and uses it: a load, store or fetch may then see a frame that was
 * seen through that window before, and that is not legal.
 */
uint64_t missed_events(enum vendor vendor, const struct program *program);

#endif
