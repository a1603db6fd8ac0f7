/* SPDX-License-Identifier: MIT */
/* Effects: what an event takes out of the caches of the CPU that ran it. */
#include "model/oracle/oracle_state.h"

/* What an event takes out of one window's set. */
struct cut {
	bool leaves;   /* translations that are not global */
	bool globals;  /* those that are */
	bool pointers; /* paging-structure caches */
	bool pdptes;   /* PDPTE registers */
};

bool is_pdpte(const struct item *item)
{
	return item->kind == ITEM_ABSENT || (item->flags & ITEM_REGISTER);
}

static void cut_set(struct context *c, unsigned window, struct cut cut)
{
	struct item_set *set = &c->set[window];
	unsigned kept = 0;

	if (!cut.leaves && !cut.globals && !cut.pointers && !cut.pdptes)
		return;
	for (unsigned i = 0; i < set->nr; i++) {
		struct item item = set->item[i];
		bool gone = is_pdpte(&item)		? cut.pdptes
			    : item.kind == ITEM_POINTER ? cut.pointers
			    : item.flags & ITEM_GLOBAL	? cut.globals
							: cut.leaves;

		if (!gone)
			set->item[kept++] = item;
	}
	set->nr = (uint8_t)kept;
	c->refill |= (uint8_t)(1u << window);
}

/* Is the context of a tag that the effect is about, whatever tag the event is about? */
static bool in_all_tags(uint32_t effect, const struct context_key *key)
{
	return (effect & LIN_ALL) || ((effect & LIN_TAGGED) && key->tag);
}

/* The part of an effect on linear and combined mappings that is about linear addresses. */
static struct cut cut_linear(uint32_t effect, const struct context_key *key, bool in_tag,
			     bool in_pcid, bool in_window)
{
	struct cut cut = {0};
	bool all = in_all_tags(effect, key);

	cut.leaves = all || ((effect & LIN_TAG) && in_tag) || ((effect & LIN_PCID) && in_pcid) ||
		     ((effect & LIN_PAGE) && in_pcid && in_window);
	/* A global page is every PCID's. */
	cut.globals = (effect & GLOBALS) && (cut.leaves || ((effect & LIN_PCID) && in_tag) ||
					     ((effect & LIN_PAGE) && in_tag && in_window));
	if (effect & UPPERS)
		cut.pointers = all || ((effect & LIN_TAG) && in_tag) ||
			       ((effect & (LIN_PCID | LIN_PAGE)) && in_pcid);
	if (effect & UPPERS_PAGE)
		cut.pointers |= in_pcid && in_window;
	return cut;
}

/*
 * The part on combined mappings that is about the nested tables they were made from. A page's are
 * those "associated with the current PCID", which a global one is not.
 */
static void cut_combined(struct cut *cut, uint32_t effect, bool in_nroot, bool in_pcid,
			 bool in_window)
{
	bool all = (effect & NEST_ALL) || ((effect & NEST_TAG) && in_nroot);
	bool page = (effect & NEST_PAGE) && in_nroot && in_pcid && in_window;

	cut->globals |= all;
	cut->leaves |= all || page;
	cut->pointers |= all || page;
}

static bool loads_pdptes(const struct context *c, uint32_t effect, const struct view *view)
{
	return context_is(c, view->linear) &&
	       ((effect & PDPTES) || ((effect & PDPTES_FLAT) && view->regs.nroot == NO_ROOT));
}

static void cut_linear_context(const struct oracle *o, struct context *c, uint32_t effect,
			       const struct view *view, const struct operand *operand)
{
	bool combined = !o->vendor->tag_covers_nested && c->key.nroot != NO_ROOT;
	bool in_tag = c->key.tag == operand->tag;
	bool in_pcid = in_tag && c->key.pcid == operand->pcid;
	bool in_nroot = c->key.nroot == operand->nroot;

	if (effect & ANY_PCID)
		in_pcid = in_tag;

	if ((effect & COMBINED) && !combined)
		return;

	for (unsigned w = 0; w < NR_WINDOWS; w++) {
		bool in_window = w == operand->window;
		struct cut cut = cut_linear(effect, &c->key, in_tag, in_pcid, in_window);

		if (effect & UPPERS_UNSHARED)
			cut.pointers |= in_tag && !c->had_global;
		if (combined)
			cut_combined(&cut, effect, in_nroot, in_pcid, in_window);
		cut.pdptes = loads_pdptes(c, effect, view);
		cut_set(c, w, cut);
	}
}

static void cut_nested_context(const struct oracle *o, struct context *c, uint32_t effect,
			       const struct view *view, const struct operand *operand)
{
	struct context_key key = view->nested;
	bool mine;

	if (o->vendor->tag_covers_nested)
		key.tag = operand->tag;
	else
		key.nroot = operand->nroot;
	mine = context_is(c, key);
	for (unsigned p = 0; p < NR_WINDOWS; p++) {
		if ((effect & NEST_ALL) || ((effect & NEST_TAG) && mine) ||
		    ((effect & NEST_PAGE) && mine && (operand->nested_windows & (1 << p))))
			cut_set(c, p, (struct cut){true, true, true, false});
	}
}

void event(struct oracle *o, enum event ev, const struct view *view, struct operand operand)
{
	uint32_t effect = o->rules[ev].effect[o->vendor_nr];

	if (!o->rules[ev].source[o->vendor_nr]) {
		o->why = "this vendor has no such operation";
		return;
	}
	o->events |= 1ull << ev;
	_Static_assert(NR_EVENTS <= 64, "events are a set");
	if (!effect || o->skipped >> ev & 1)
		return;
	for (unsigned i = 0; i < o->linear.nr; i++) {
		if (o->linear.context[i].key.cpu == view->cpu)
			cut_linear_context(o, &o->linear.context[i], effect, view, &operand);
	}
	for (unsigned i = 0; i < o->nested.nr; i++) {
		if (o->nested.context[i].key.cpu == view->cpu)
			cut_nested_context(o, &o->nested.context[i], effect, view, &operand);
	}
}
