/* SPDX-License-Identifier: MIT */
/*
 * The executor: turns the steps of a program into instructions, and writes down what each look saw.
 * It judges nothing; the oracle goes through the same program afterwards (kernel/judge.h).
 */
#ifndef EXEC_EXEC_H
#define EXEC_EXEC_H

#include <stdbool.h>

#include "hv/hv.h"
#include "model/lang/program.h"

enum { MAX_LOOKS = 16384 }; /* looks of one run, loops unrolled */

struct seen {
	uint32_t result; /* RESULT_…, model/oracle.h */
	uint64_t raw;	 /* the value itself, or the error code of a fault */
};

struct run {
	unsigned nr_seen;
	unsigned nr_found; /* of them: so many stores have been looked up */
	struct seen seen[MAX_LOOKS];
	bool crashed; /* something nobody expected; `why` says what, the machine is sound again */
	bool lacking; /* beside refused: no error, but what the host cannot do, or what is too long
		       */
	bool refused; /* our own limit: `why` says which */
	char why[200];
};

/* hv: NULL where there is none. Allocates what each CPU needs. False: the backend could not start.
 */
bool exec_init(const struct hv *hv);

/* Carries out a program. without_flushes: leaves out the steps marked '!'. The result stays valid
 * until the next call. */
const struct run *exec_run(const struct program *program, bool without_flushes);

/* Does the host carry out what stands behind the forced-emulation prefix? */
bool exec_has_fep(void);

/* Cycles of one VMRUN → #VMEXIT round trip of an empty mailbox, the fewest of `tries`. 0: no hv. */
uint64_t exec_round_trip(unsigned tries);

#endif
