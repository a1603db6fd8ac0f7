/* SPDX-License-Identifier: MIT */
/* How host tools and tests write sets of results: "A [B] #PF", the current one in brackets. */
#ifndef TESTS_TOOLS_RESULTS_H
#define TESTS_TOOLS_RESULTS_H

#include <stddef.h>

#include "model/oracle/oracle.h"

/* Writes the set of legal results, in the order of their bits; cut off if text is too small. */
void results_print(const struct look *look, char *text, size_t size);

#endif
