/* SPDX-License-Identifier: MIT */
/* Looks: which results the items that may be cached, and walks that begin at them, can give. */
#include "model/oracle/oracle_state.h"

/* One look at one window. */
struct looking {
	struct oracle *o;
	struct view view;
	struct access access;
	unsigned window;
	const struct context *nested; /* NULL: no nested paging */
	bool lost;		      /* a guest-physical window, and no nested tables to map it */
	/* A translation that may be cached lets the access through: its linear, its nested half. */
	bool cached, nested_cached;
};

/*
 * A store that is not denied sets the dirty bit in a leaf it reaches, unless a cached copy says
 * that it is set. In a linear leaf also if the nested half faults behind it. What a cached
 * translation lets through may set the bit in a leaf that is read-only by now.
 */
static void may_dirty(const struct looking *l, struct mem_entry *leaf, bool nested)
{
	if (l->access.op == OP_STORE && (!nested || l->view.regs.nested_bits))
		leaf->dirty |= MAY_BE_1;
}

/*
 * Where a walk starts: at the root, or at a cached pointer, with the permissions gathered above it.
 */
struct start {
	unsigned table;
	unsigned level; /* of the entries in it */
	uint8_t perms;
};

static struct start at_root(const struct looking *l, uint8_t root)
{
	return (struct start){root_table(root), top_level(l->o, root), 0};
}

static struct start at_pointer(const struct item *pointer)
{
	return (struct start){pointer->target, pointer->level - 1u, pointer->perms};
}

/*
 * Which of the permissions that a walk has gathered can make it fault: a fault that memory does not
 * confirm is legal only where faults may be spurious. All of them keep it from storing.
 */
static uint8_t faulting(const struct looking *l, const struct start *start, uint8_t read)
{
	return l->o->vendor->spurious_fault ? read | start->perms : read;
}

/* The faults of nested walks. */
static uint32_t nested_walk_faults(const struct looking *l, unsigned p, struct start start)
{
	unsigned table = start.table;
	uint8_t perms = 0;

	for (unsigned level = start.level;; level--) {
		struct mem_entry *entry = memory_entry(l->o, table, p, level);

		if (entry->kind == VALUE_NONE || is_reserved(entry, l->view.regs.nested_nxe))
			return RESULT_NPF;
		perms |= entry->flags & PERMS;
		if (entry->kind != VALUE_TABLE) {
			if (l->nested_cached || !nested_denied(l->access, perms | start.perms))
				may_dirty(l, entry, true);
			return nested_denied(l->access, faulting(l, &start, perms)) ? RESULT_NPF
										    : 0;
		}
		table = entry->table;
	}
}

/*
 * Cached with NX, used with L1's EFER.NXE clear: whether the bit counts is nowhere said. Where it
 * does the walk that follows faults, too.
 */
static uint8_t counted(const struct looking *l, uint8_t perms)
{
	return l->view.regs.nested_nxe ? perms : perms & (uint8_t)~PERM_NX;
}

/* What the nested half may give for a guest-physical window. */
static uint32_t nested_results(struct looking *l, unsigned p)
{
	const struct item_set *set = &l->nested->set[p];
	uint32_t results;

	for (unsigned i = 0; i < set->nr; i++)
		l->nested_cached |= set->item[i].kind != ITEM_POINTER &&
				    !nested_denied(l->access, counted(l, set->item[i].perms));
	results = nested_walk_faults(l, p, at_root(l, l->view.regs.nroot));

	for (unsigned i = 0; i < set->nr; i++) {
		const struct item *item = &set->item[i];

		if (item->kind == ITEM_POINTER)
			results |= nested_walk_faults(l, p, at_pointer(item));
		else if (!nested_denied(l->access, counted(l, item->perms)))
			results |= RESULT_FRAME(item->target);
		else if (l->o->vendor->spurious_fault)
			results |= RESULT_NPF;
	}
	return results;
}

/* A linear leaf leads to guest-physical memory: what may come of it. */
static uint32_t guest_results(struct looking *l, unsigned p)
{
	if (l->nested)
		return nested_results(l, p);
	l->lost = true;
	return 0;
}

/* The faults of linear walks. The frames that they lead to are items already. */
static uint32_t linear_walk_faults(struct looking *l, struct start start)
{
	unsigned table = start.table;
	uint8_t perms = 0;

	for (unsigned level = start.level;; level--) {
		struct mem_entry *entry = memory_entry(l->o, table, l->window, level);

		if (entry->kind == VALUE_NONE || is_reserved(entry, l->view.regs.nxe))
			return RESULT_PF;
		perms |= entry->flags & PERMS;
		if (entry->kind != VALUE_TABLE) {
			if (l->cached || !denied(l->access, perms | start.perms, &l->view.regs))
				may_dirty(l, entry, false);
			if (denied(l->access, faulting(l, &start, perms), &l->view.regs))
				return RESULT_PF;
			return entry->kind == VALUE_FRAME
				       ? 0
				       : guest_results(l, entry->nr) & RESULT_NPF;
		}
		table = entry->table;
	}
}

/* What a translation may give. */
static uint32_t translation_results(struct looking *l, const struct item *item)
{
	bool spurious = l->o->vendor->spurious_fault;

	if (denied(l->access, item->perms, &l->view.regs))
		return spurious ? RESULT_PF : 0;
	if (item->kind == ITEM_GUEST)
		return guest_results(l, item->target);
	if (nested_denied(l->access, item->perms >> PERM_NESTED_SHIFT))
		return spurious ? RESULT_NPF : 0;
	return RESULT_FRAME(item->target);
}

static uint32_t item_results(struct looking *l, const struct item *item)
{
	struct item without_nx = *item;

	if (item->kind == ITEM_POINTER)
		return linear_walk_faults(l, at_pointer(item));
	if (item->kind == ITEM_ABSENT)
		return RESULT_PF;
	if (l->view.regs.nxe || !(item->perms & PERM_NX))
		return translation_results(l, item);
	/* Cached with NX, used with EFER.NXE clear: whether the bit counts is nowhere said. */
	without_nx.perms &= (uint8_t)~PERM_NX;
	return translation_results(l, item) | translation_results(l, &without_nx);
}

/* Do the context's items serve the view? Those of another PCID do if they are global. */
static bool serves(const struct context *c, const struct view *view, const struct item *item)
{
	struct context_key key = view->linear;

	if (item->flags & ITEM_GLOBAL)
		key.pcid = c->key.pcid;
	return context_is(c, key);
}

/* Which halves of the access a cached translation may let through. */
static void find_cached(struct looking *l)
{
	const struct context_list *list = &l->o->linear;

	for (unsigned c = 0; c < list->nr; c++) {
		const struct item_set *set = &list->context[c].set[l->window];

		for (unsigned i = 0; i < set->nr; i++) {
			const struct item *item = &set->item[i];

			if (!serves(&list->context[c], &l->view, item) ||
			    item->kind == ITEM_POINTER || item->kind == ITEM_ABSENT)
				continue;
			l->cached |= !denied(l->access, item->perms, &l->view.regs);
			l->nested_cached |=
				item->guest &&
				!nested_denied(l->access, item->perms >> PERM_NESTED_SHIFT);
		}
	}
}

static uint32_t all_results(struct looking *l)
{
	const struct context_list *list = &l->o->linear;
	uint32_t results = linear_walk_faults(l, at_root(l, l->view.regs.root));

	for (unsigned c = 0; c < list->nr; c++) {
		const struct item_set *set = &list->context[c].set[l->window];

		for (unsigned i = 0; i < set->nr; i++) {
			if (serves(&list->context[c], &l->view, &set->item[i]))
				results |= item_results(l, &set->item[i]);
		}
	}
	return results;
}

static bool has_old(const struct item_set *set)
{
	for (unsigned i = 0; i < set->nr; i++) {
		if (set->item[i].flags & ITEM_OLD)
			return true;
	}
	return false;
}

bool look_is_certain(struct oracle *o, const struct view *view, const struct walk *now,
		     unsigned window)
{
	const struct context *nested;

	for (unsigned i = 0; i < o->linear.nr; i++) {
		const struct context *c = &o->linear.context[i];

		/* Whatever the PCID: it may be global. */
		if (c->key.cpu == view->cpu && c->key.tag == view->tag && has_old(&c->set[window]))
			return false;
	}
	if (!now->leaf[0] || now->leaf[0]->kind == VALUE_FRAME)
		return true;
	nested = context_get(o, &o->nested, view->nested);
	return nested && !has_old(&nested->set[now->leaf[0]->nr]);
}

/* The nested window that a linear walk through memory leads to, as a set of one or none. */
static uint8_t walk_target(struct oracle *o, unsigned table, unsigned level, unsigned window)
{
	for (;; level--) {
		const struct mem_entry *entry = memory_entry(o, table, window, level);

		if (entry->kind != VALUE_TABLE)
			return entry->kind == VALUE_WINDOW ? (uint8_t)(1u << entry->nr) : 0;
		table = entry->table;
	}
}

static uint8_t item_target(struct oracle *o, const struct item *item, unsigned window)
{
	switch (item->kind) {
	case ITEM_POINTER: return walk_target(o, item->target, item->level - 1u, window);
	case ITEM_GUEST: return (uint8_t)(1u << item->target);
	default: return item->guest ? (uint8_t)(1u << (item->guest - 1)) : 0;
	}
}

uint8_t look_targets(struct oracle *o, const struct view *view, unsigned window)
{
	uint8_t targets =
		walk_target(o, root_table(view->regs.root), top_level(o, view->regs.root), window);

	for (unsigned c = 0; c < o->linear.nr; c++) {
		const struct item_set *set = &o->linear.context[c].set[window];

		for (unsigned i = 0; i < set->nr; i++) {
			if (serves(&o->linear.context[c], view, &set->item[i]))
				targets |= item_target(o, &set->item[i], window);
		}
	}
	return targets;
}

/* Accessed and dirty bits in memory: all combinations of what each may be. */
static void look_at_bits(struct oracle *o, const struct entry_ref *ref, struct look *look)
{
	const struct mem_entry *entry =
		memory_entry(o, world_table(o->layout, *ref), ref->window, ref->level);

	for (unsigned bits = 0; bits < 4; bits++) {
		unsigned a = bits & 1, d = bits >> 1;

		if ((entry->accessed & (1 << a)) && (entry->dirty & (1 << d)))
			look->legal |= RESULT_BITS_OF(a, d);
	}
	look->current = RESULT_BITS_OF(!(entry->flags & VF_NA), !(entry->flags & VF_ND));
}

/* What is a page fault to L2, and an exit to L1 if that intercepts it. It drops nothing then. */
static uint32_t intercepted(const struct oracle *o, const struct step *step, uint32_t results)
{
	const uint8_t which = o->cpus[o->at.cpu].vms[position_here(&o->at)->vm].pf_exit;

	if (!position_in_l2(&o->at) || !(results & RESULT_PF) || which == PF_EXIT_NONE ||
	    step->way == WAY_SAVE || (which == PF_EXIT_WRITES && step->op != OP_STORE))
		return results;
	return (results & ~(uint32_t)RESULT_PF) | RESULT_EXIT;
}

void look_at(struct oracle *o, const struct step *step, struct look *look)
{
	struct looking l = {
		.o = o,
		.view = view_of(o, o->at.cpu),
		.access = access_of(step),
		.window = step->window,
	};

	*look = (struct look){.events = o->events, .space = o->set_space};
	if (step->op == OP_RDMSR) {
		look->current = o->cpus[o->at.cpu].vms[position_here(&o->at)->vm].msr_exit
					? RESULT_EXIT
					: RESULT_DIRECT;
		look->legal = look->current;
		return;
	}
	if (step->op == OP_LOGGED) {
		frames_look_logged(o, step->frame[0], look);
		return;
	}
	if (step->op == OP_STOLEN) {
		frames_look_stolen(o, step->frame[0], look);
		return;
	}
	if (step->op == OP_BITS) {
		look_at_bits(o, &step->entry, look);
		return;
	}
	if (l.view.regs.nroot != NO_ROOT)
		l.nested = context_get(o, &o->nested, l.view.nested);
	find_cached(&l);
	look->current = walk_now(o, &l.view, step->window, l.access).result;
	look->legal = look->current | all_results(&l);
	if (l.lost)
		o->why = "a guest-physical window without nested paging";
	o->seen[l.view.cpu][l.view.tag][step->window] |= (uint8_t)look->legal;
	look->current = frames_shown(o, look->current, step->op == OP_STORE);
	look->legal = frames_shown(o, look->legal, step->op == OP_STORE);
	look->current = intercepted(o, step, look->current);
	look->legal = intercepted(o, step, look->legal);
}

uint32_t oracle_frames(struct oracle *o, unsigned window)
{
	const struct step load = {.op = OP_LOAD, .window = (uint8_t)window};
	uint8_t *seen = &o->seen[o->at.cpu][view_of(o, o->at.cpu).tag][window];
	const uint8_t before = *seen;
	struct look look;

	look_at(o, &load, &look);
	*seen = before;
	o->why = NULL;
	return look.legal & RESULT_FRAMES;
}
