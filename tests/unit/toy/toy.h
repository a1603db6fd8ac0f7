/* SPDX-License-Identifier: MIT */
/*
 * Toy processors: walks, caches and invalidations, written down from the manuals a second time,
 * apart from model/ (whose rules.c and effects.c were not read for it), and as lazy as the manuals
 * allow. They cache at random or all, use what they have cached at random or always, drop only what
 * they must, and fault without need where they may. What they show is legal, so the oracle must say
 * so.
 *
 * toy.c has what the vendors share: steps, registers, walks. toy_intel.c and toy_amd.c have what
 * each operation invalidates, and what a cached entry may serve for.
 *
 * A vCPU is a processor here. That its host moves it to another one is none of its business.
 */
#ifndef TESTS_UNIT_TOY_TOY_H
#define TESTS_UNIT_TOY_TOY_H

#include "model/oracle/oracle.h"

enum { TOY_ENTRIES = 64, TOY_NONE = 0xff, TOY_ANY = 0xfe };

enum toy_kind {
	TOY_UNUSED,
	TOY_LEAF,	/* linear address → frame */
	TOY_GUEST_LEAF, /* linear address → guest-physical one, apart from the nested half */
	TOY_POINTER,	/* upper part of it → table */
	TOY_NESTED_LEAF,
	TOY_NESTED_POINTER, /* the same of guest-physical addresses */
	NR_TOY_KINDS
};

struct toy_entry {
	uint8_t kind;
	uint8_t tag, pcid;
	uint8_t nroot; /* of nested tables, TOY_NONE: none. Intel's EP4TA */
	uint8_t window;
	uint8_t level;		     /* of a pointer: one more than that of the table's entries */
	uint8_t target;		     /* a frame, or a table's number */
	uint8_t via;		     /* of a linear leaf: the guest-physical window, or TOY_NONE */
	uint8_t perms, nested_perms; /* VF_RO, VF_NX, VF_S, VF_XO that were met */
	bool global, dirty;
	bool for_global; /* a pointer on the way to a global leaf */
};

struct toy_regs {
	struct root root, nroot;
	uint8_t pcid;
	bool ad; /* nested accessed and dirty bits */
	bool pge, pcide, wp, smep, smap, nxe;
	struct value pdpte[NR_WINDOWS]; /* the registers, where there are some */
};

struct toy_vm {
	struct toy_regs regs;
	uint8_t tag, tlb_control;
	bool msr_exits;
	bool gives_pdptes;		       /* L1 writes the fields before the next entry */
	struct value pdpte_fields[NR_WINDOWS]; /* of a VMCS */
};

struct toy_cpu {
	struct toy_regs l1;
	struct toy_vm vm[NR_VMS];
	uint8_t current_vm;
	bool in_l2;
	unsigned next; /* where the next entry goes */
	struct toy_entry cache[TOY_ENTRIES];
};

/* In how many of eight cases: fixed for a program. 8 and 0 are extremes that find things. */
struct toy_habits {
	uint8_t keeps[NR_TOY_KINDS], uses, faults, speculates;
	bool locks_pdptes; /* AMD: an older processor, which does so outside of guest mode */
};

struct toy {
	const struct toy_vendor *vendor;
	uint32_t seed;
	struct toy_habits habits;
	struct header header;
	struct layout layout[NR_SPACES];
	unsigned nr_cpus;
	struct toy_cpu *cpu; /* the current one */
	struct toy_cpu cpus[NR_CPUS];
	struct value mem[NR_TABLES][NR_WINDOWS];
};

/* What tells the vendors apart. */
struct toy_vendor {
	/* May the entry serve the current context? Window and kind are right. */
	bool (*serves)(const struct toy *t, const struct toy_entry *e);
	/* May linear → guest-physical be cached apart? */
	bool caches_guest_leaves;
	/* Has L2 an EFER of its own? */
	bool efer_of_l2;
	/* Nested tables have accessed and dirty bits in any case. */
	bool always_ad;
	/* Does a fault that only something cached gives reach software? */
	bool faults_from_cache;
	/* Are PDPTEs of PAE paging in registers, in the current context? */
	bool (*has_pdptes)(const struct toy *t);
	/* What a step invalidates and loads. `changed`: a bit has another value than before. */
	void (*invalidate)(struct toy *t, const struct step *step, bool changed);
	void (*enter)(struct toy *t);
	void (*leave)(struct toy *t);
	/* A fault that was seen. via: the guest-physical window of a nested one. */
	void (*fault)(struct toy *t, uint32_t seen, unsigned window, unsigned via);
};

extern const struct toy_vendor toy_intel, toy_amd;

/* A number below n. */
unsigned toy_random(struct toy *t, unsigned n);

/* As at a program's start. */
void toy_start(struct toy *t, enum vendor vendor, const struct program *program, uint32_t seed);

/* Carries out a step. Returns what a look saw, as one bit of a set of results; else 0. */
uint32_t toy_step(struct toy *t, const struct step *step);

/* ---- for the vendors ---- */

static inline struct toy_vm *toy_vm(const struct toy *t)
{
	return &t->cpu->vm[t->cpu->current_vm];
}

static inline struct toy_regs *toy_regs(const struct toy *t)
{
	return t->cpu->in_l2 ? &toy_vm(t)->regs : &t->cpu->l1;
}

/* The current ASID or VPID. */
static inline unsigned toy_tag(const struct toy *t)
{
	return t->cpu->in_l2 && !t->header.bare ? toy_vm(t)->tag : 0;
}

/* "If CR4.PCIDE = 0, the current PCID is always 000H": SDM vol. 3, 5.10.1; APM vol. 2, 5.5.1. */
static inline uint8_t toy_pcid(const struct toy_regs *r)
{
	return r->pcide ? r->pcid : 0;
}

static inline unsigned toy_nroot(const struct toy_regs *r)
{
	return r->nroot.space == SPACE_N ? r->nroot.nr : TOY_NONE;
}

/* What is to go of linear (and combined) entries; each of the first four may be TOY_ANY. */
struct toy_drop {
	uint8_t tag, nroot;
	uint8_t pcid;	/* of pointers and of leaves that are not global */
	uint8_t window; /* of leaves */
	bool leaves;	/* … that are not global */
	bool globals;
	enum { POINTERS_STAY, POINTERS_OF_WINDOW, POINTERS_ALL, POINTERS_NOT_FOR_GLOBAL } pointers;
};
void toy_drop(struct toy_cpu *cpu, const struct toy *t, struct toy_drop drop);

/* The same of guest-physical ones; each may be TOY_ANY. */
void toy_drop_nested(struct toy_cpu *cpu, const struct toy *t, unsigned tag, unsigned nroot,
		     unsigned window);

/* Fills in what the PDPTEs of the tables below r's root are in memory now. */
void toy_read_pdptes(const struct toy *t, const struct toy_regs *r, struct value *pdptes);

#endif
