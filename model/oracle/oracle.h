/* SPDX-License-Identifier: MIT */
/*
 * The oracle: an executable reading of the manuals. It is told every step of a program and says,
 * for each look, which results the architecture allows.
 *
 * For every CPU and every tag it keeps what *may* be cached of each window's walk: an item enters
 * when it can be read from memory while its context can run (hardware may fill speculatively at any
 * time), and leaves only by an invalidation that the manual guarantees (rules.c). An item is what
 * hardware keeps: a translation (a leaf, with the permissions gathered on its walk), or a
 * paging-structure-cache entry (a pointer to a lower table, from which a walk may continue in
 * current memory). Entries that are not present are never cached.
 */
#ifndef MODEL_ORACLE_ORACLE_H
#define MODEL_ORACLE_ORACLE_H

#include "model/lang/program.h"
#include "model/lang/world.h"
#include "model/oracle/rules.h"

/* Results of a look, as bits of a set. Frames A … H are bits 0 … 7. */
enum {
	RESULT_PF = 1 << 8,    /* a page fault of the level that looked */
	RESULT_NPF = 1 << 9,   /* a nested page fault, EPT violation: an exit to L1 */
	RESULT_WILD = 1 << 10, /* what no frame holds */
	/* of OP_BITS: bit (10 + 1 + accessed + 2 * dirty) */
	RESULT_BITS = 1 << 11,
	/* of OP_RDMSR; the second of a page fault, too, that L1 intercepts */
	RESULT_DIRECT = 1 << 15,
	RESULT_EXIT = 1 << 16,
	/* of what the host does below the VM: zeros; a page that it has taken away */
	RESULT_ZERO = 1 << 17,
	RESULT_GONE = 1 << 18,
	/* of OP_LOGGED */
	RESULT_LOGGED = 1 << 19,
	RESULT_UNLOGGED = 1 << 20,
	/* of OP_STOLEN */
	RESULT_WRITTEN = 1 << 21,
	RESULT_UNWRITTEN = 1 << 22,
	NR_RESULTS = 23, /* bits that a result may have */
};
#define RESULT_FRAME(nr)		(1u << (nr))
#define RESULT_FRAMES			((1u << NR_FRAMES) - 1)
#define RESULT_BITS_OF(accessed, dirty) (RESULT_BITS << ((accessed) + 2 * (dirty)))

enum judgement {
	JUDGED_CURRENT,	 /* what the tables say now */
	JUDGED_RETAINED, /* legal, but not what the tables say now: the host retains */
	JUDGED_STALE,
	JUDGED_LEAK,
	JUDGED_WILD,
};

struct look {
	uint32_t legal;	  /* set of legal results */
	uint32_t current; /* the one result of a walk that nothing cached serves */
	uint64_t events;  /* the events (1 << enum event) since the last `set`, on any CPU */
	uint8_t space;	  /* enum space of the entry that was rewritten last */
};

struct oracle; /* oracle_size() bytes, given by the caller; see oracle_state.h for the inside */

size_t oracle_size(void);

/* A copy to try steps on: only what is in use is copied, a small part of oracle_size(). */
void oracle_copy(struct oracle *to, const struct oracle *from);

/*
 * The state at a program's start. All caches are empty but for what L1 may read speculatively.
 * cpus: program_cpus(), 1 … NR_CPUS: on each of them L1 runs from the start.
 */
void oracle_start(struct oracle *oracle, enum vendor vendor, unsigned cpus);

/*
 * From now on these events (1 << enum event) drop nothing: an oracle of a CPU that lacks them. What
 * it allows and the true one does not is what would show that.
 */
void oracle_skip(struct oracle *oracle, uint64_t events);

/*
 * Carries out one step. For a look fills *look (else leaves it alone) before the look's own effects
 * on the caches. Returns false when the step has no defined meaning (the program reaches memory
 * that does not exist, or is too large for the oracle's sets); then *why says so in one sentence.
 */
bool oracle_step(struct oracle *oracle, const struct step *step, struct look *look,
		 const char **why);

/* Did the last step fail because the program is too large for the oracle's sets? Nothing is wrong
 * with such a program; it only cannot be judged. */
bool oracle_is_full(const struct oracle *oracle);

/*
 * Judges what a look saw: exactly one bit. A fault that is not legal is STALE: an old permission,
 * or an old entry that was not present. Call it after oracle_step() of that look and before the
 * next step; the effects of a fault that was seen are carried out here.
 */
enum judgement oracle_judge(struct oracle *oracle, const struct step *step, const struct look *look,
			    uint32_t seen);

/* Does the author's expectation agree with the legal set? EXPECT_NOTHING always does. */
bool oracle_agrees(const struct step *step, const struct look *look);

/* The frames, a bit each, that a load of who runs may see in that window. Nothing is carried out.
 */
uint32_t oracle_frames(struct oracle *oracle, unsigned window);

/* How many entries that may be cached, in all contexts, may be older than what they are copies of.
 */
unsigned oracle_outdated(const struct oracle *oracle);

/* Does the walk of that look, through memory as it is, end at an entry that is not present? */
bool oracle_is_absent(struct oracle *oracle, const struct step *look);

#endif
