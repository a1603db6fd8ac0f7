/* SPDX-License-Identifier: MIT */
/*
 * What a program's looks stand for, so that a corpus can be chosen by it: an event since the last
 * rewrite, the space and the level of the rewritten entry, who looks and how.
 */
#ifndef MODEL_SEARCH_KEYS_H
#define MODEL_SEARCH_KEYS_H

#include "model/lang/program.h"
#include "model/oracle/oracle.h"

struct keys {
	bool had[NR_EVENTS + 1][NR_SPACES][LEVEL_PML5E + 1][2][OP_BITS + 1][WAY_FEP + 1];
	unsigned nr;
};

/* Adds the keys of a program; returns how many are new. scratch: oracle_size() bytes. */
unsigned keys_add(struct keys *keys, struct oracle *scratch, enum vendor vendor,
		  const struct program *program);

/* The same, but only if at least so many are new. Returns whether they were. */
bool keys_add_if(struct keys *keys, unsigned least, struct oracle *scratch, enum vendor vendor,
		 const struct program *program);

#endif
