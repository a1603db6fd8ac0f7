/* SPDX-License-Identifier: MIT */
/*
 * A toy Intel processor: walks, caches and invalidations written down from the SDM a second time,
 * apart from model/, and as lazy as the manual allows. It caches at random, uses what it has cached
 * at random, drops only what it must, and faults without need where it may. What it shows is legal,
 * so the oracle must say so.
 */
#ifndef TESTS_UNIT_INTEL_MACHINE_H
#define TESTS_UNIT_INTEL_MACHINE_H

#include "model/oracle/oracle.h"

enum { MACHINE_ENTRIES = 96 };

/* Linear and combined mappings are told apart by .nroot, guest-physical ones by .what. */
struct machine_entry {
	enum { UNUSED, TRANSLATION, POINTER, GUEST_TRANSLATION, GUEST_POINTER } what;
	unsigned vpid, nroot, window, level, target;
	unsigned perms, nested_perms;
	bool global, dirty;
};

struct machine_registers {
	struct root root, nroot;
	bool pge, ad;
};

struct machine {
	uint32_t seed;
	struct layout layout[NR_SPACES];
	struct value mem[NR_TABLES][NR_WINDOWS];
	struct machine_entry cache[MACHINE_ENTRIES];
	bool had_global[NR_TAGS][NR_ROOTS + 1]; /* a global translation was made there */
	struct machine_registers l1, l2;
	unsigned tag;
	bool in_l2;
};

/* A number below n. */
unsigned machine_random(struct machine *m, unsigned n);

/* As at a program's start; one vCPU, VM 0. */
void machine_start(struct machine *m, uint32_t seed);

/* Carries out a step. Returns what a look saw, as one bit of a set of results; else 0. */
uint32_t machine_step(struct machine *m, const struct step *step);

#endif
