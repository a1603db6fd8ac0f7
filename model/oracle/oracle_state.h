/* SPDX-License-Identifier: MIT */
/* The inside of the oracle. Private to model/. */
#ifndef MODEL_ORACLE_ORACLE_STATE_H
#define MODEL_ORACLE_ORACLE_STATE_H

#include "model/lang/position.h"
#include "model/oracle/oracle.h"

/* ---- Memory: what the tables hold (memory.c) ---- */

/* What a bit in memory may be: the hardware sets accessed and dirty bits when it likes. */
enum { MAY_BE_0 = 1 << 0, MAY_BE_1 = 1 << 1 };

/* Small, for a search copies all of them for each step that it tries. */
struct mem_entry {
	uint8_t kind; /* enum value_kind */
	/* enum value_flags; VF_NA and VF_ND as hardware leaves them that neither caches nor guesses
	 */
	uint8_t flags;
	uint8_t nr : 4;			 /* frame or nested window */
	uint8_t accessed : 2, dirty : 2; /* sets of MAY_BE_… */
	uint8_t table;			 /* VALUE_TABLE: its number */
};
_Static_assert(NR_TABLES <= 256 && NR_FRAMES <= 16, "they fit");

/* A root as a number: space * NR_ROOTS + nr. */
enum { NR_ROOT_NUMBERS = NR_SPACES * NR_ROOTS, NO_ROOT = NR_ROOT_NUMBERS };

static inline uint8_t root_number(struct root root)
{
	return root.space < NR_SPACES ? (uint8_t)(root.space * NR_ROOTS + root.nr) : NO_ROOT;
}

static inline unsigned root_table(uint8_t root)
{
	return (unsigned)root * TABLES_PER_ROOT;
}

/* ---- Caches: what hardware may hold (caches.c) ---- */

/* Permissions gathered on a walk: those of the linear tables, and those of the nested ones above
 * them. */
enum {
	PERM_RO = VF_RO,
	PERM_NX = VF_NX,
	PERM_S = VF_S,
	PERMS = PERM_RO | PERM_NX | PERM_S,
	PERM_NESTED_SHIFT = 4,
	PERM_NR = PERM_S, /* of nested tables, which have no PERM_S: not readable */
};

enum item_kind {
	ITEM_POINTER, /* paging-structure cache: target is the table a walk goes on in */
	ITEM_FRAME,   /* translation: target is a frame */
	ITEM_GUEST,   /* translation to guest-physical only: target is a nested window */
	ITEM_ABSENT,  /* a PDPTE register that says not present: walks end there */
};

enum item_flags {
	ITEM_GLOBAL = 1 << 0,
	/*
	 * May have been cached before some entry on its way was last rewritten, so a look that it
	 * serves need not read that entry, nor set its accessed bit. No item is old: all of them
	 * are copies of what a walk would read now.
	 */
	ITEM_OLD = 1 << 1,
	ITEM_WALKED = 1 << 2,	/* while its set is filled: a walk has gone on from this pointer */
	ITEM_REGISTER = 1 << 3, /* a PDPTE register: see is_pdpte() */
};

struct item {
	uint8_t kind;
	uint8_t level; /* of the entry it copies */
	uint8_t perms; /* gathered down to and with that entry */
	uint8_t flags;
	uint8_t target;
	uint8_t guest; /* combined: the nested window that it goes through, plus 1; else 0 */
};

/*
 * Room for the items of one window; a program that needs more is too complex. Intel's combined ones
 * are the product of what a window's linear leaf and a nested leaf have held.
 */
enum { MAX_ITEMS = 240, ALL_WINDOWS = (1 << NR_WINDOWS) - 1 };

struct item_set {
	uint8_t nr;
	struct item item[MAX_ITEMS];
};

/* What tells cached entries apart. A part that does not tag these entries is 0, or NO_ROOT. */
struct context_key {
	uint8_t cpu;
	uint8_t tag;
	uint8_t pcid;
	uint8_t nroot;
};

/* The registers that a walk starts from. */
struct registers {
	uint8_t root;
	uint8_t nroot; /* NO_ROOT: no nested paging */
	uint8_t pcid;
	bool pge, pcide, wp, smep, smap, nxe;
	bool pdptes;	  /* PAE mode, and the PDPTEs are registers that certain events load */
	bool nested_bits; /* walks of the nested tables set accessed and dirty bits */
	bool nested_nxe;  /* NX is no reserved bit in them */
};

struct context {
	struct context_key key;
	struct registers last; /* when it last ran */
	uint8_t refill;	       /* windows whose set may lack what can be read from memory now */
	bool had_global;       /* a global translation may have been made in it, at any time */
	struct item_set set[NR_WINDOWS];
};

/* VPIDs, PCIDs and nested roots on all CPUs: more than a program is likely to use. */
enum { MAX_CONTEXTS = 2 * NR_CPUS * NR_TAGS };

struct context_list {
	unsigned nr;
	struct context context[MAX_CONTEXTS];
};

/* ---- The machine ---- */

/* Roots are not kept here: they are the position's. */
struct vm_state {
	struct registers regs;
	uint8_t tlbctl; /* for the next enter; 0: none */
	bool msr_exit;
	uint8_t pf_exit; /* enum pf_exit */
	bool pdptes;	 /* L1 has given PDPTEs for the next enter */
	bool ran;	 /* the VM has been entered; last: its context then */
	struct context_key last;
};

struct cpu_state {
	struct registers l1;
	uint8_t steals; /* the frame that holds its steal-time area: its number + 1; 0: none */
	struct vm_state vms[NR_VMS];
};

/* A frame as the host has it. */
struct frame_state {
	uint32_t page;	/* what its page holds, as a load sees it: a result */
	uint32_t takes; /* whose page that is, as it is found where a store went: the same, unless
			   zero */
	uint8_t slot;
	bool written; /* since the log was begun or cleared, for certain */
};
enum { SLOT_THERE, SLOT_GONE, SLOT_READ_ONLY, SLOT_ELSEWHERE };

struct oracle {
	const struct rule *rules; /* NR_EVENTS of them */
	const struct vendor_rules *vendor;
	uint8_t vendor_nr;
	uint8_t nr_cpus;
	uint8_t set_space; /* of the last rewrite */
	bool foreign;	   /* some entry holds another window's or root's table */
	bool full;	   /* the program was too complex: why says of what */
	uint64_t events;
	uint64_t skipped; /* events that drop nothing here: see oracle_skip() */
	uint32_t targets; /* frames that an entry held at any time */
	const char *why;  /* the program lost its meaning */
	struct header header;
	struct frame_state frames[NR_FRAMES];
	bool logging;
	bool rings;	      /* the VM's log is in rings, if it has one */
	uint8_t frame_in_smm; /* whose memory page M is in SMM: its number + 1; 0: nobody's */
	struct layout layout[NR_SPACES];
	struct position at; /* who runs */
	struct cpu_state cpus[NR_CPUS];
	struct mem_entry mem[NR_TABLES][NR_WINDOWS];
	/* Frames that walks led to, and that looks could see: they tell STALE from LEAK. */
	uint8_t walked[NR_ROOT_NUMBERS][NR_ROOTS + 1][NR_WINDOWS];
	uint8_t seen[NR_CPUS][NR_TAGS][NR_WINDOWS];
	struct context_list linear; /* from here on only what .nr counts is initialised */
	struct context_list nested;
};

/* Who looks: one level on one CPU. */
struct view {
	struct context_key linear, nested;
	struct registers regs;
	uint8_t cpu;
	uint8_t tag;
};

/* entries.c */
void memory_start(struct oracle *o);
void memory_set(struct oracle *o, const struct step *step);
static inline struct mem_entry *memory_entry(struct oracle *o, unsigned table, unsigned window,
					     unsigned level)
{
	return &o->mem[table][world_slot(&o->layout[table / TABLES_PER_SPACE], window, level)];
}
/* The level of the entries in a root's table. */
static inline unsigned top_level(const struct oracle *o, uint8_t root)
{
	return o->layout[root / NR_ROOTS].top;
}

/* frames.c */
void frames_start(struct oracle *o);
/* What looks see whose walks give these results. */
uint32_t frames_shown(const struct oracle *o, uint32_t results, bool store);
void frames_stored(struct oracle *o, uint32_t seen);
void frames_look_logged(struct oracle *o, unsigned nr, struct look *look);
void frames_look_stolen(struct oracle *o, unsigned nr, struct look *look);
void frames_event(struct oracle *o, const struct step *step);

/* caches.c */
/* The context with that key, made if there is none; NULL (and o->why) when there are too many. */
struct context *context_get(struct oracle *o, struct context_list *list, struct context_key key);
static inline bool context_is(const struct context *c, struct context_key key)
{
	return c->key.cpu == key.cpu && c->key.tag == key.tag && c->key.pcid == key.pcid &&
	       c->key.nroot == key.nroot;
}
/* Adds an item unless there is one; returns its index in the set. An item once old stays old. */
unsigned item_add(struct oracle *o, struct item_set *set, struct item item);
/* Marks the items of the windows that need not read entries of that level again. */
void context_age(struct context *c, uint8_t windows, unsigned level);

/* fill.c */
struct view view_of(const struct oracle *o, unsigned cpu);
/* Adds to the caches of all CPUs what they can read from memory now. */
void fill(struct oracle *o);

/* effects.c */
struct operand {
	uint8_t tag;
	uint8_t pcid;
	uint8_t nroot; /* where it tags nested translations */
	uint8_t window;
	uint8_t nested_windows; /* set: of an event about a guest-physical page */
};
/* Is the item a PDPTE register, no cache? Then only a load changes it. */
bool is_pdpte(const struct item *item);
void event(struct oracle *o, enum event ev, const struct view *view, struct operand operand);

/* walk.c */
struct walk {
	unsigned nr, nr_linear;	     /* entries read, linear ones first */
	struct mem_entry *entry[10]; /* five linear and five nested ones */
	struct mem_entry *leaf[2];   /* linear, nested; NULL: not reached */
	uint32_t result;
};
/* How a look goes about it: decides, with the registers, what permissions mean. */
struct access {
	uint8_t op; /* enum op */
	bool user;
};
static inline struct access access_of(const struct step *step)
{
	return (struct access){.op = step->op, .user = step->way == WAY_USER};
}
/* Do linear tables with these permissions deny the access? */
bool denied(struct access access, uint8_t perms, const struct registers *regs);
/* The same for nested tables. */
bool nested_denied(struct access access, uint8_t perms);
/* Does a walk fault at an entry with these flags, whatever the access? */
static inline bool is_reserved(const struct mem_entry *entry, bool nxe)
{
	return (entry->flags & VF_NX) && !nxe;
}
/* The walk from the root registers, through memory only. */
struct walk walk_now(struct oracle *o, const struct view *view, unsigned window,
		     struct access access);

/* oracle.c */
/* The current VM of the current vCPU is entered, with what L1 asked for; or left. */
void enter_l2(struct oracle *o);
void leave_l2(struct oracle *o);

/* look.c */
void look_at(struct oracle *o, const struct step *step, struct look *look);
/* Are all items that can serve a look at the window copies of what a walk reads now? */
bool look_is_certain(struct oracle *o, const struct view *view, const struct walk *now,
		     unsigned window);
/* The nested windows that a look at the window may go through, as a set. */
uint8_t look_targets(struct oracle *o, const struct view *view, unsigned window);

#endif
