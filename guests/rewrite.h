/* SPDX-License-Identifier: MIT */
/* Rewriting an entry of a table with every kind of store that a guest may use. */
#ifndef GUESTS_REWRITE_H
#define GUESTS_REWRITE_H

#include <stdint.h>

#include "model/lang/program.h"

/*
 * Makes the entry hold that value. However many stores it takes, no walk can find more in the entry
 * than what it held before, what it shall hold, or that it is not present. Entries beside it keep
 * their values.
 */
void write_entry(volatile uint64_t *entry, uint64_t value, enum way way);

#endif
