/* SPDX-License-Identifier: MIT */
/*
 * Random programs, made along the oracle: at each point it is known whether something outdated may
 * be cached (then a flush, or a look, or another place), whether a flush has just killed something
 * (then go where it would show, and look), or whether nothing is cached yet (then look, to seed).
 * Blind steps give few looks that matter.
 */
#ifndef MODEL_SEARCH_GENERATE_H
#define MODEL_SEARCH_GENERATE_H

#include "model/lang/caps.h"
#include "model/lang/check.h"
#include "model/lang/position.h"
#include "model/lang/program.h"
#include "model/oracle/oracle.h"
#include "model/search/features.h"
#include "model/search/random.h"

struct generator {
	/* set by the caller */
	enum vendor vendor;
	struct caps caps;  /* what the host has; nothing else is generated */
	unsigned cpus;	   /* that the VM has; programs use NR_CPUS of them at the most */
	features left_out; /* never used */
	/* oracle_size() bytes each: after the steps so far, and to try the next on; the same as if
	   the last flush had been left out */
	struct oracle *live, *trial, *unflushed, *scout;

	/* of the program under way */
	struct random random;
	features on;
	uint8_t wanted; /* the mode that goes with them; MODE_LONG: any */
	struct header header;
	struct position position;
	struct program *program;
	struct check checked; /* behind the steps so far */
	bool of_l2;	      /* it is about L2: L1 looks at little of its own */
	uint8_t windows;      /* pools: windows 0 … windows-1, and so on */
	uint8_t roots, nroots, tags;
	uint8_t flags; /* enum value_flags, that most entries have */
	/* CR3 that L1 has given a VM, and whether L2 has loaded another one since */
	struct given_cr3 {
		struct root root;
		uint8_t pcid;
		bool is_gone;
	} given[NR_CPUS][NR_VMS];
	struct left_context {
		struct root root;
		uint8_t pcid;
	} left[2];		     /* by the last MOV CR3 of L1, of L2 */
	uint8_t left_running, waits; /* vCPUs, a bit each: their L2, ever; now */
	/* roots, a bit each: that have run under a tag; those of them that the last fault or flush
	   there was not about */
	uint32_t ran[NR_CPUS][NR_TAGS], missed[NR_CPUS][NR_TAGS];
	uint8_t pcids[NR_SPACES * NR_ROOTS]; /* under which a root has run, a bit each */
	bool smm_looked, smm_missed;	     /* an SMI handler has; a table was rewritten since */
	uint8_t stays;			     /* steps in one stay in L2 so far */
	struct last_look {
		uint8_t op, way;
	} last[NR_WINDOWS];
	uint8_t last_window;	   /* through which somebody looked last */
	uint32_t ever[NR_WINDOWS]; /* results that were legal at some time */
	bool looked;		   /* somebody has looked, so something is cached */
	uint8_t frame;		   /* that a look has seen last */
	bool logging;		   /* the host logs dirty pages */
	struct step
		due[3]; /* what would show the last change, the next step last; NR_OPS: a flush */
	uint8_t nr_due;
	uint8_t untried;     /* steps in which somebody should look whether something has changed */
	uint8_t watching;    /* steps for which it still is asked what the last flush has killed */
	unsigned dead_looks; /* of the program: a look that a host could have failed */
	unsigned kept_looks; /* looks at which something outdated was legal */
	struct program_error refused;
};

enum {
	GENERATED_STEPS = 256
}; /* that there should be room for; no more are written than there is */

/* Writes the program that belongs to seed and nr. The same generator, the same program. */
void generate(struct generator *g, uint64_t seed, uint64_t nr, struct program *program);

#endif
