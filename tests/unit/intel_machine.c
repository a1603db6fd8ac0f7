/* SPDX-License-Identifier: MIT */
/* See intel_machine.h. Comments name the part of SDM vol. 3, chapters 5 and 31, that is at work. */
#include "tests/unit/intel_machine.h"

#include <string.h>

enum { NO_EPT = NR_ROOTS, FAULT_NONE = 0, READS = 2 };

unsigned machine_random(struct machine *m, unsigned n)
{
	m->seed = m->seed * 1664525u + 1013904223u;
	return (m->seed >> 8) % n;
}

static struct machine_registers *registers(struct machine *m)
{
	return m->in_l2 ? &m->l2 : &m->l1;
}

static unsigned vpid(const struct machine *m)
{
	return m->in_l2 ? m->tag : 0;
}

static unsigned ep4ta(struct machine *m)
{
	const struct root root = registers(m)->nroot;

	return root.space == SPACE_N ? root.nr : NO_EPT;
}

/* ---- caches ---- */

static void insert(struct machine *m, struct machine_entry e)
{
	if (machine_random(m, 4))
		m->cache[machine_random(m, MACHINE_ENTRIES)] = e;
}

static bool is_guest(const struct machine_entry *e)
{
	return e->what == GUEST_TRANSLATION || e->what == GUEST_POINTER;
}

/* Some entry of that kind which may serve now, or NULL: also where there is one, at times. */
static struct machine_entry *find(struct machine *m, unsigned what, unsigned window)
{
	unsigned start = machine_random(m, MACHINE_ENTRIES);

	if (!machine_random(m, 3))
		return NULL;
	for (unsigned i = 0; i < MACHINE_ENTRIES; i++) {
		struct machine_entry *e = &m->cache[(start + i) % MACHINE_ENTRIES];

		if (e->what == what && e->window == window && e->nroot == ep4ta(m) &&
		    (is_guest(e) || e->vpid == vpid(m)))
			return e;
	}
	return NULL;
}

/* Which linear and combined mappings an operation drops. ANY: whatever it is. */
enum { ANY = 0x100, COMBINED_ONLY = 0x101 };
struct drop {
	unsigned vpid, nroot, window;
	bool not_vpid_0, globals, translations, pointers;
};

static bool meets(unsigned value, unsigned wanted)
{
	return wanted == ANY || (wanted == COMBINED_ONLY ? value != NO_EPT : value == wanted);
}

static void drop(struct machine *m, struct drop d)
{
	for (unsigned i = 0; i < MACHINE_ENTRIES; i++) {
		struct machine_entry *e = &m->cache[i];

		if (is_guest(e) || !meets(e->vpid, d.vpid) || !meets(e->nroot, d.nroot) ||
		    !meets(e->window, d.window) || (d.not_vpid_0 && !e->vpid))
			continue;
		if (e->what == TRANSLATION ? d.translations && (d.globals || !e->global)
					   : d.pointers)
			e->what = UNUSED;
	}
}

static void drop_guest_physical(struct machine *m, unsigned nroot, unsigned window)
{
	for (unsigned i = 0; i < MACHINE_ENTRIES; i++) {
		struct machine_entry *e = &m->cache[i];

		if (is_guest(e) && meets(e->nroot, nroot) && meets(e->window, window))
			e->what = UNUSED;
	}
}

/* 5.10.4.1, for the current VPID and all EP4TAs: what a change of CR4.PGE does. */
static void drop_vpid(struct machine *m, unsigned v, unsigned nroot, bool globals)
{
	drop(m, (struct drop){.vpid = v,
			      .nroot = nroot,
			      .window = ANY,
			      .globals = globals,
			      .translations = true,
			      .pointers = true});
}

static void drop_address(struct machine *m, unsigned v, unsigned nroot, unsigned window,
			 bool globals)
{
	drop(m, (struct drop){.vpid = v,
			      .nroot = nroot,
			      .window = window,
			      .globals = globals,
			      .translations = true,
			      .pointers = true});
}

/* ---- walks ---- */

static bool denies(enum op op, unsigned perms)
{
	return (op == OP_STORE && (perms & VF_RO)) || (op == OP_FETCH && (perms & VF_NX));
}

struct result {
	uint32_t bit;	/* what was seen */
	unsigned guest; /* of a violation: the nested window */
	unsigned perms;
	bool dirty;
};

/* Reads entries from a table on; leaves the last one in *leaf. False: one was not present. */
static bool descend(struct machine *m, struct machine_entry from, bool bits, struct value **leaf,
		    unsigned *perms)
{
	bool nested = is_guest(&from);
	enum space space = nested ? SPACE_N : SPACE_G;

	for (;;) {
		struct value *v = &m->mem[from.target]
					 [world_slot(&m->layout[space], from.window, --from.level)];

		if (v->kind == VALUE_NONE)
			return false;
		if (bits)
			v->flags &= (uint8_t)~VF_NA;
		from.perms |= v->flags & (VF_RO | VF_NX);
		*leaf = v;
		*perms = from.perms;
		if (v->kind != VALUE_TABLE)
			return true;
		from.target = world_table(m->layout, v->table);
		insert(m, from);
	}
}

/* A walk starts at the root, or at a pointer that is cached. */
static struct machine_entry start(struct machine *m, unsigned what, unsigned window)
{
	const struct machine_registers *r = registers(m);
	struct machine_entry *cached = find(m, what, window);

	if (cached)
		return *cached;
	return (struct machine_entry){.what = what,
				      .vpid = vpid(m),
				      .nroot = ep4ta(m),
				      .window = window,
				      .level = LEVEL_PML4E + 1,
				      .target = world_root_table(what == GUEST_POINTER ? r->nroot
										       : r->root)};
}

static struct result guest_physical(struct machine *m, unsigned p, enum op op)
{
	bool ad = registers(m)->ad;
	struct machine_entry *cached = find(m, GUEST_TRANSLATION, p), from;
	struct result violation = {.bit = RESULT_NPF, .guest = p};
	struct value *leaf;
	unsigned perms;

	if (cached && !(ad && op == OP_STORE && !cached->dirty)) {
		if (!denies(op, cached->perms))
			return (struct result){.bit = RESULT_FRAME(cached->target),
					       .perms = cached->perms,
					       .dirty = cached->dirty};
		if (machine_random(m, 2))
			return violation; /* 5.10.4.3: a fault that memory does not confirm */
	}
	from = start(m, GUEST_POINTER, p);
	if (!descend(m, from, ad, &leaf, &perms) || denies(op, perms))
		return violation;
	if (ad && op == OP_STORE)
		leaf->flags &= (uint8_t)~VF_ND;
	/* Without bit 6 of the EPTP it does not look at the dirty bit: it may believe it is set. */
	from.dirty = ad ? !(leaf->flags & VF_ND) : machine_random(m, 2);
	from.what = GUEST_TRANSLATION;
	from.target = leaf->nr;
	from.perms = perms;
	insert(m, from);
	return (struct result){
		.bit = RESULT_FRAME(leaf->nr), .perms = perms, .dirty = from.dirty || !ad};
}

static struct result access(struct machine *m, unsigned window, enum op op)
{
	struct machine_entry *cached = find(m, TRANSLATION, window), from;
	struct result r = {.dirty = true};
	struct value *leaf;
	unsigned perms;

	if (cached && (op != OP_STORE || cached->dirty)) {
		if (!denies(op, cached->perms | cached->nested_perms))
			return (struct result){.bit = RESULT_FRAME(cached->target)};
		if (machine_random(m, 2))
			return (struct result){.bit = denies(op, cached->perms) ? RESULT_PF
										: RESULT_NPF,
					       .guest = cached->level};
	}
	from = start(m, POINTER, window);
	if (!descend(m, from, true, &leaf, &perms) || denies(op, perms))
		return (struct result){.bit = RESULT_PF};
	if (leaf->kind == VALUE_WINDOW) {
		from.level = leaf->nr; /* remembered for a violation */
		r = guest_physical(m, leaf->nr, op);
		if (r.bit == RESULT_NPF)
			return r;
	} else {
		r.bit = RESULT_FRAME(leaf->nr);
	}
	if (op == OP_STORE)
		leaf->flags &= (uint8_t)~VF_ND;
	from.what = TRANSLATION;
	from.target = (unsigned)__builtin_ctz(r.bit);
	from.perms = perms;
	from.nested_perms = r.perms;
	from.global = (leaf->flags & VF_G) && registers(m)->pge;
	from.dirty = !(leaf->flags & VF_ND) && r.dirty;
	m->had_global[vpid(m)][ep4ta(m)] |= from.global;
	insert(m, from);
	return r;
}

/* The processor may walk at any time for addresses that nobody uses. */
static void speculate(struct machine *m)
{
	for (unsigned i = machine_random(m, 4); i; i--)
		access(m, machine_random(m, 2), OP_LOAD);
}

/* ---- operations ---- */

/* 31.4.3.1: with VPID off transitions drop VPID 0's linear and combined mappings. */
static void transition(struct machine *m)
{
	if (!m->tag)
		drop_vpid(m, 0, ANY, true);
}

static void enter(struct machine *m)
{
	m->in_l2 = true;
	transition(m);
}

static void leave(struct machine *m)
{
	speculate(m);
	transition(m);
	m->in_l2 = false;
}

static uint32_t look(struct machine *m, const struct step *step)
{
	struct result r = access(m, step->window, step->op);

	if (r.bit == RESULT_PF) {
		/* Global ones are not "associated with the current PCID". */
		drop_address(m, vpid(m), ANY, step->window, false);
	} else if (r.bit == RESULT_NPF) {
		drop_guest_physical(m, ep4ta(m), r.guest);
		drop_address(m, vpid(m), ep4ta(m), step->window, true);
		leave(m);
		enter(m);
	}
	return r.bit;
}

static void invlpg(struct machine *m, unsigned window)
{
	drop(m, (struct drop){vpid(m), ANY, window, .globals = true, .translations = true});
	drop(m, (struct drop){vpid(m), ANY, ANY, .pointers = true});
}

static void invpcid(struct machine *m, const struct step *step)
{
	if (step->type == 0)
		drop_address(m, vpid(m), ANY, step->window, false);
	else
		drop_vpid(m, vpid(m), ANY, step->type == 2);
}

static void invvpid(struct machine *m, const struct step *step)
{
	switch (step->type) {
	case 0: drop_address(m, step->tag, ANY, step->window, true); break;
	case 1: drop_vpid(m, step->tag, ANY, true); break;
	case 2: drop(m, (struct drop){ANY, ANY, ANY, true, true, true, true}); break;
	case 3: /* "information that was used for global translations" may stay */
		for (unsigned nroot = 0; nroot <= NO_EPT; nroot++)
			drop(m, (struct drop){step->tag, nroot, ANY, .translations = true,
					      .pointers = !m->had_global[step->tag][nroot]});
		break;
	}
}

static void invept(struct machine *m, const struct step *step)
{
	if (step->type == 1) {
		drop_guest_physical(m, step->root.nr, ANY);
		drop_vpid(m, ANY, step->root.nr, true);
	} else {
		drop_guest_physical(m, ANY, ANY);
		drop_vpid(m, ANY, COMBINED_ONLY, true);
	}
}

static void set_nested_root(struct machine *m, const struct step *step)
{
	m->l2.nroot = step->root;
	m->l2.ad = step->arg;
	/* 28.5.7.3 */
	if (step->op == OP_VMFUNC && !m->tag)
		drop_vpid(m, 0, COMBINED_ONLY, true);
}

static struct value *entry_at(struct machine *m, const struct entry_ref *ref)
{
	return &m->mem[world_table(m->layout, *ref)]
		      [world_slot(&m->layout[ref->root.space], ref->window, ref->level)];
}

static uint32_t bits(const struct value *v)
{
	if (v->kind == VALUE_NONE)
		return RESULT_BITS_OF(0, 0);
	return RESULT_BITS_OF(!(v->flags & VF_NA), !(v->flags & VF_ND));
}

static void carry_out(struct machine *m, const struct step *step)
{
	struct machine_registers *r = registers(m);

	switch (step->op) {
	case OP_SET: *entry_at(m, &step->entry) = step->value; break;
	case OP_CR3:
		r->root = step->root;
		drop_vpid(m, vpid(m), ANY, false);
		break;
	case OP_INVLPG: invlpg(m, step->window); break;
	case OP_INVPCID: invpcid(m, step); break;
	case OP_PGE:
		if (r->pge != step->arg)
			drop_vpid(m, vpid(m), ANY, true);
		r->pge = step->arg;
		break;
	case OP_TAG: m->tag = step->tag; break;
	case OP_L2CR3: m->l2.root = step->root; break;
	case OP_NROOT:
	case OP_VMFUNC: set_nested_root(m, step); break;
	case OP_INVVPID: invvpid(m, step); break;
	case OP_INVEPT: invept(m, step); break;
	case OP_ENTER: enter(m); break;
	case OP_EXIT: leave(m); break;
	case OP_ENTER_PENDING:
	case OP_ENTER_HALTED:
		enter(m);
		leave(m);
		break;
	}
	if (step->irq)
		leave(m);
}

uint32_t machine_step(struct machine *m, const struct step *step)
{
	uint32_t seen = 0;

	if (step->op == OP_BITS)
		return bits(entry_at(m, &step->entry));
	if (op_is_look(step->op))
		seen = look(m, step);
	else
		carry_out(m, step);
	speculate(m);
	return seen;
}

void machine_start(struct machine *m, uint32_t seed)
{
	memset(m, 0, sizeof(*m));
	world_layouts((struct header){0}, m->layout);
	m->seed = seed;
	m->tag = 1;
	m->l1 = (struct machine_registers){{SPACE_H, 0}, ROOT_NONE, true, false};
	m->l2 = (struct machine_registers){{SPACE_G, 0}, ROOT_NONE, true, false};
	for (unsigned i = 0; i < NR_SPACES * NR_ROOTS * NR_WINDOWS * 3; i++) {
		struct entry_ref ref = {
			.root = {(uint8_t)(i % NR_SPACES), (uint8_t)(i / NR_SPACES % NR_ROOTS)},
			.window = (uint8_t)(i / NR_SPACES / NR_ROOTS % NR_WINDOWS),
			.level = (uint8_t)(1 + i / NR_SPACES / NR_ROOTS / NR_WINDOWS)};
		struct value table = {.kind = VALUE_TABLE, .table = ref};

		ref.level++;
		*entry_at(m, &ref) = table;
	}
}
