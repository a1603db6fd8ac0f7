/* SPDX-License-Identifier: MIT */
/* The parts of a toy processor, among themselves. */
#ifndef TESTS_UNIT_TOY_TOY_WALK_H
#define TESTS_UNIT_TOY_TOY_WALK_H

#include "tests/unit/toy/toy.h"

/* Some entry that may serve now, or NULL: by habit also where there is one. */
struct toy_entry *cache_find(struct toy *t, enum toy_kind kind, unsigned window);
/* Returns where it lies now, or NULL. All of *e that is not set must be 0. */
struct toy_entry *cache_insert(struct toy *t, const struct toy_entry *e);

struct access {
	enum op op; /* OP_LOAD, OP_STORE, OP_FETCH */
	bool user;
	bool speculative; /* nobody asked: nothing is denied, nothing becomes dirty */
	bool from_memory; /* nothing cached may serve */
};

struct result {
	uint32_t seen; /* one bit of a set of results */
	unsigned via;  /* of RESULT_NPF: the guest-physical window */
};

/* A memory access in the current context: translates, caches, sets bits, faults. */
struct result walk_access(struct toy *t, unsigned window, struct access a);

#endif
