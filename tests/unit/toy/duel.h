/* SPDX-License-Identifier: MIT */
/* A program on a toy processor, with the oracle as the judge. */
#ifndef TESTS_UNIT_TOY_DUEL_H
#define TESTS_UNIT_TOY_DUEL_H

#include "model/oracle/oracle.h"
#include "tests/unit/toy/maker.h"

/* What the looks of a program saw. */
struct trace {
	unsigned nr;
	uint32_t seen[MAKER_STEPS];
};

struct duel {
	enum vendor vendor;
	const struct rule *rules; /* the table that the oracle goes by; NULL: the true one */
	const struct vendor_rules *caches; /* … and how caches differ; NULL: the true one */
	/* what came of the last one */
	const struct step *wrong; /* the look that the oracle called illegal, or NULL */
	uint32_t saw, legal;
	bool whole;	 /* the oracle gave every step a meaning */
	uint64_t events; /* 1 << enum event, of those that there were */
	/* what came of all */
	unsigned looks, retained;
};

/* Runs a program without loops; seed: the processor's habits and dice. */
struct trace duel_run(enum vendor vendor, const struct program *program, uint32_t seed);
/* Returns whether all that was seen is legal. */
bool duel_judge(struct duel *d, const struct program *program, const struct trace *trace);
/* Both. */
bool duel_play(struct duel *d, const struct program *program, uint32_t seed);

/* Makes the program of a lost duel as short as it stays lost with some seed, which is returned. */
uint32_t duel_shrink(struct duel *d, struct program *program, uint32_t seed);

#endif
