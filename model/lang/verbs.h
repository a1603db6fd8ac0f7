/* SPDX-License-Identifier: MIT */
/*
 * The words of the language, shared by the parser, the printer and the checks: one row per
 * operation. Private to model/.
 */
#ifndef MODEL_LANG_VERBS_H
#define MODEL_LANG_VERBS_H

#include "model/lang/program.h"

/* What stands behind a verb. */
enum shape {
	SHAPE_NOTHING,
	SHAPE_WINDOW,	   /* w1 */
	SHAPE_WINDOW_TAG,  /* w1 2 */
	SHAPE_ENTRY,	   /* g0.w1.pte */
	SHAPE_ENTRY_VALUE, /* g0.w1.pte B/ro */
	SHAPE_CR3,	   /* h1, h1 pcid 2, h1 noflush, h1 pcid 2 noflush */
	SHAPE_L2CR3,	   /* g1, g1 pcid 2 */
	SHAPE_NESTED_ROOT, /* n1, n1 ad, or `none` */
	SHAPE_EPTP,	   /* n1, n1 ad */
	SHAPE_INVPCID,	   /* 0 w1, 0 w1 pcid 2, 1, 1 pcid 2, 2, 3 */
	SHAPE_INVVPID,	   /* 0 w1 2, 1 2, 2, 3 2 */
	SHAPE_INVEPT,	   /* 1 n0, 1 n0 ad, 2 */
	SHAPE_SWITCH,	   /* on, off */
	SHAPE_PF_EXIT,	   /* on, off, writes */
	SHAPE_TLBCTL,	   /* 1, 3, 7 */
	SHAPE_TAG,	   /* 0 … NR_TAGS-1 */
	SHAPE_CPU,	   /* 0 … NR_CPUS-1 */
	SHAPE_PCPU,	   /* 0 … NR_PCPUS-1 */
	SHAPE_VM,	   /* 0 … NR_VMS-1 */
	SHAPE_FAILING,	   /* cr0, mode, …, or nothing */
	SHAPE_COUNT,	   /* 1 … MAX_REPEAT */
	SHAPE_FRAME,	   /* A … G */
	SHAPE_HOST,	   /* drop A, swap A B, slot remove A, log on, … */
	SHAPE_MODE,	   /* long, pae, 32, unpaged, la57 */
};

enum { MAX_REPEAT = 10000 };

/* Who may carry an operation out, and which marks it bears. */
enum verb_flags {
	IN_L1 = 1 << 0,
	IN_L2 = 1 << 1,
	CAN_FLUSH = 1 << 2, /* '!': it may be the flush under test */
	CAN_IRQ = 1 << 3,   /* `irq`: an interrupt may follow it, if it runs in L2 */
	/* `by …`: which ways it knows */
	BY_USER = 1 << 4,
	BY_EMULATOR = 1 << 5, /* io */
	BY_FEP = 1 << 6,
	BY_STORES = 1 << 7, /* 4 … 16 */
	BY_UNPAGED = 1 << 11,
	BY_SAVE = 1 << 12,
	IN_SMM = 1 << 13,
	IN_HEADER = 1 << 8,
	/* Who runs behind it: model/lang/position.c. Both: L2 is entered, and left at once. */
	ENTERS = 1 << 9,
	LEAVES = 1 << 10,
};

struct verb {
	const char *name;
	uint8_t shape;
	uint16_t flags;
};

extern const struct verb verbs[NR_OPS];

extern const char space_names[NR_SPACES + 1];	       /* by enum space */
extern const char *const entry_names[LEVEL_PML5E + 1]; /* by enum level; [0] is unused */
extern const char
	*const table_names[LEVEL_PML5E + 1]; /* by the level of the entries in the table */
extern const char *const mode_names[NR_MODES];

extern const char *const failing_names[NR_FAILING]; /* [FAILS_LATE] is unused */
extern const char *const way_names[NR_WAYS];	    /* [WAY_PLAIN] is unused */

enum { NR_VALUE_FLAGS = 7 };
extern const char *const flag_names[NR_VALUE_FLAGS]; /* flag i is 1 << i of enum value_flags */

#endif
