/* SPDX-License-Identifier: MIT */
/*
 * Translation of a linear address, and of a guest-physical one.
 *
 * The tables themselves lie in guest-physical memory that nested tables map to itself, writable and
 * dirty, for good: so what the nested walk of a guest's table finds never matters.
 */
#include "tests/unit/toy/toy_walk.h"

enum { PERMS = VF_RO | VF_NX | VF_S | VF_XO };

struct walk {
	struct toy_entry at; /* as far as it has come */
	struct value *leaf;
	struct toy_entry *pointers[LEVEL_PML5E + 1]; /* used, or cached on the way */
	unsigned nr_pointers;
};

static enum mode mode_of(const struct toy *t, bool nested)
{
	if (nested)
		return t->header.nested_pae ? MODE_PAE : MODE_LONG;
	return t->cpu->in_l2 ? t->header.l2 : MODE_LONG;
}

/* SVM has an EFER for each level, VMX (as L1 enters here) one for both. */
static bool linear_nxe(const struct toy *t)
{
	return t->vendor->efer_of_l2 ? toy_regs(t)->nxe : t->cpu->l1.nxe;
}

/* APM vol. 2, 15.25.2 "Replicated State": the host's own registers control nested walks. */
static bool nested_nxe(const struct toy *t)
{
	return !t->vendor->efer_of_l2 || t->cpu->l1.nxe;
}

/* SDM vol. 3, 5.6 "Access Rights"; APM vol. 2, 5.6 "Page-Protection Checks". */
static bool denies(struct toy *t, struct access a, unsigned perms)
{
	const struct toy_regs *r = toy_regs(t);
	bool supervisor_page = perms & VF_S;

	if (a.speculative)
		return false;
	if (a.user && supervisor_page)
		return true;
	if (a.op == OP_FETCH) {
		/* NX was cached when EFER.NXE was set; whether it counts now nobody says. */
		if ((perms & VF_NX) && (linear_nxe(t) || toy_random(t, 2)))
			return true;
		return r->smep && !a.user && !supervisor_page;
	}
	if (a.op == OP_STORE && (perms & VF_RO) && (a.user || r->wp))
		return true;
	return r->smap && !a.user && !supervisor_page;
}

static bool nested_denies(struct toy *t, struct access a, unsigned perms)
{
	if (a.op == OP_FETCH)
		return (perms & VF_NX) && (nested_nxe(t) || toy_random(t, 2));
	return (perms & VF_XO) || (a.op == OP_STORE && (perms & VF_RO));
}

static void note_pointer(struct walk *w, struct toy_entry *pointer)
{
	if (pointer && w->nr_pointers <= LEVEL_PML5E)
		w->pointers[w->nr_pointers++] = pointer;
}

/* From where it is down to a leaf. False: an entry is not present, or has reserved bits set. */
static bool descend(struct toy *t, struct walk *w, enum space space, bool sets_bits)
{
	bool nested = space == SPACE_N;

	for (;;) {
		unsigned level = --w->at.level;
		/* PDPTEs of PAE paging have no such bits: SDM, "PDPTE Registers"; APM, 5.3.2. */
		bool plain = mode_of(t, nested) == MODE_PAE && level == LEVEL_PDPTE;
		struct value *v =
			&t->mem[w->at.target][world_slot(&t->layout[space], w->at.window, level)];

		if (v->kind == VALUE_NONE)
			return false;
		/* EFER.NXE = 0: NX is a reserved bit. */
		if ((v->flags & VF_NX) && !(nested ? nested_nxe(t) : linear_nxe(t)))
			return false;
		if (sets_bits && !plain)
			v->flags &= (uint8_t)~VF_NA;
		w->at.perms |= v->flags & PERMS;
		w->leaf = v;
		if (v->kind != VALUE_TABLE)
			return true;
		w->at.target = (uint8_t)world_table(t->layout, v->table);
		note_pointer(w, cache_insert(t, &w->at));
	}
}

/* A walk begins at the root, or at a pointer that is cached. */
static struct walk begin(struct toy *t, enum toy_kind kind, unsigned window, struct root root,
			 bool from_memory)
{
	struct toy_entry *cached = from_memory ? NULL : cache_find(t, kind, window);
	struct walk w = {0};

	if (cached) {
		w.at = *cached;
		w.at.for_global = false;
		note_pointer(&w, cached);
	} else {
		w.at = (struct toy_entry){.kind = (uint8_t)kind,
					  .tag = (uint8_t)toy_tag(t),
					  .pcid = toy_pcid(toy_regs(t)),
					  .nroot = (uint8_t)toy_nroot(toy_regs(t)),
					  .level = t->layout[root.space].top + 1,
					  .target = (uint8_t)world_root_table(root)};
	}
	w.at.window = (uint8_t)window;
	w.at.via = TOY_NONE;
	return w;
}

/* ---- guest-physical addresses ---- */

struct nested {
	bool violation;
	unsigned frame, perms;
	bool dirty;
};

static struct nested guest_physical(struct toy *t, unsigned p, struct access a)
{
	const struct toy_regs *r = toy_regs(t);
	struct toy_entry *cached = a.from_memory ? NULL : cache_find(t, TOY_NESTED_LEAF, p);
	struct walk w;

	if (cached && (a.op != OP_STORE || cached->dirty || !r->ad)) {
		if (!nested_denies(t, a, cached->perms))
			return (struct nested){.frame = cached->target,
					       .perms = cached->perms,
					       .dirty = cached->dirty || !r->ad};
		if (t->vendor->faults_from_cache && toy_random(t, 8) < t->habits.faults)
			return (struct nested){.violation = true};
	}
	w = begin(t, TOY_NESTED_POINTER, p, r->nroot, a.from_memory);
	w.at.pcid = 0; /* a guest-physical address has none */
	if (!descend(t, &w, SPACE_N, r->ad) || nested_denies(t, a, w.at.perms))
		return (struct nested){.violation = true};
	if (r->ad && a.op == OP_STORE)
		w.leaf->flags &= (uint8_t)~VF_ND;
	/* Who does not look at the dirty bit may believe that it is set. */
	w.at.dirty = r->ad ? !(w.leaf->flags & VF_ND) : toy_random(t, 2);
	w.at.kind = TOY_NESTED_LEAF;
	w.at.target = w.leaf->nr;
	w.at.level = 0;
	cache_insert(t, &w.at);
	return (struct nested){
		.frame = w.leaf->nr, .perms = w.at.perms, .dirty = w.at.dirty || !r->ad};
}

/* ---- linear addresses ---- */

/* The table walk's first half. False: a page fault. */
static bool walk_linear(struct toy *t, struct walk *w, unsigned window, struct access a)
{
	const struct toy_regs *r = toy_regs(t);

	*w = begin(t, TOY_POINTER, window, r->root, a.from_memory);
	if (w->at.level > LEVEL_PDPTE && t->vendor->has_pdptes(t)) {
		const struct value *pdpte = &r->pdpte[window];

		if (pdpte->kind != VALUE_TABLE)
			return false;
		w->at.target = (uint8_t)world_table(t->layout, pdpte->table);
		w->at.level = LEVEL_PDPTE;
	}
	return descend(t, w, r->root.space, true) && !denies(t, a, w->at.perms);
}

/* The frame is known: caches it. */
static void keep_leaf(struct toy *t, struct walk *w, unsigned frame, const struct nested *n)
{
	w->at.kind = TOY_LEAF;
	w->at.level = 0;
	w->at.target = (uint8_t)frame;
	w->at.nested_perms = (uint8_t)n->perms;
	if (w->leaf)
		w->at.dirty = !(w->leaf->flags & VF_ND);
	w->at.dirty &= n->dirty;
	for (unsigned i = 0; w->at.global && i < w->nr_pointers; i++)
		w->pointers[i]->for_global = true;
	cache_insert(t, &w->at);
}

/* The linear half, where it is cached apart and suffices. */
static bool find_guest_leaf(struct toy *t, struct walk *w, unsigned window, struct access a)
{
	struct toy_entry *cached = a.from_memory ? NULL : cache_find(t, TOY_GUEST_LEAF, window);

	if (!cached || (a.op == OP_STORE && !cached->dirty) || denies(t, a, cached->perms))
		return false;
	*w = (struct walk){.at = *cached};
	w->at.via = cached->target;
	return true;
}

static void keep_guest_leaf(struct toy *t, const struct walk *w)
{
	struct toy_entry e = w->at;

	if (!t->vendor->caches_guest_leaves || w->leaf->kind != VALUE_WINDOW)
		return;
	e.kind = TOY_GUEST_LEAF;
	e.level = 0;
	e.target = w->leaf->nr;
	e.via = TOY_NONE;
	e.global = (w->leaf->flags & VF_G) && toy_regs(t)->pge;
	e.dirty = !(w->leaf->flags & VF_ND);
	cache_insert(t, &e);
}

/* Reads the linear tables. False: a page fault. */
static bool read_linear(struct toy *t, struct walk *w, unsigned window, struct access a)
{
	if (!walk_linear(t, w, window, a))
		return false;
	/* It is dirty before the nested walk, or behind it: APM vol. 2, 15.25.6. */
	if (a.op == OP_STORE && toy_random(t, 2))
		w->leaf->flags &= (uint8_t)~VF_ND;
	if (w->leaf->kind == VALUE_WINDOW)
		w->at.via = w->leaf->nr;
	w->at.global = (w->leaf->flags & VF_G) && toy_regs(t)->pge;
	keep_guest_leaf(t, w);
	return true;
}

static struct result translate(struct toy *t, unsigned window, struct access a)
{
	bool unpaged = t->cpu->in_l2 && t->header.l2 == MODE_UNPAGED;
	struct nested n = {.dirty = true};
	struct walk w;

	if (unpaged) {
		w = begin(t, TOY_LEAF, window, (struct root){SPACE_N, 0}, true);
		w.at.via = (uint8_t)window;
		w.at.dirty = true;
	} else if (!find_guest_leaf(t, &w, window, a) && !read_linear(t, &w, window, a)) {
		return (struct result){RESULT_PF, TOY_NONE};
	}
	if (w.at.via == TOY_NONE) {
		n.frame = w.leaf->nr;
	} else {
		if (toy_nroot(toy_regs(t)) == TOY_NONE) /* no memory there: it has no meaning */
			return (struct result){RESULT_WILD, TOY_NONE};
		n = guest_physical(t, w.at.via, a);
		if (n.violation)
			return (struct result){RESULT_NPF, w.at.via};
	}
	if (a.op == OP_STORE && w.leaf)
		w.leaf->flags &= (uint8_t)~VF_ND;
	keep_leaf(t, &w, n.frame, &n);
	return (struct result){RESULT_FRAME(n.frame), TOY_NONE};
}

struct result walk_access(struct toy *t, unsigned window, struct access a)
{
	bool unpaged = t->cpu->in_l2 && t->header.l2 == MODE_UNPAGED;
	struct toy_entry *cached = a.from_memory ? NULL : cache_find(t, TOY_LEAF, window);
	struct result r;

	if (cached && (a.op != OP_STORE || cached->dirty)) {
		bool denied = !unpaged && denies(t, a, cached->perms);

		if (!denied && !nested_denies(t, a, cached->nested_perms))
			return (struct result){RESULT_FRAME(cached->target), TOY_NONE};
		if (t->vendor->faults_from_cache && toy_random(t, 8) < t->habits.faults)
			return (struct result){denied ? RESULT_PF : RESULT_NPF, cached->via};
	}
	r = translate(t, window, a);
	if (!t->vendor->faults_from_cache && (r.seen & (RESULT_PF | RESULT_NPF)) &&
	    !a.speculative && !a.from_memory) {
		a.from_memory = true;
		r = translate(t, window, a);
	}
	return r;
}
