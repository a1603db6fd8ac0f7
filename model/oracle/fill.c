/* SPDX-License-Identifier: MIT */
/* Filling: hardware may read, at any time, whatever the level that runs could reach. */
#include "model/oracle/oracle_state.h"

struct view view_of(const struct oracle *o, unsigned cpu)
{
	const struct cpu_position *at = &o->at.cpus[cpu];
	const struct vm_position *vm = &at->vms[at->vm];
	const bool in_l2 = position_of_l2(at);
	/* what an SMI handler sets */
	static const struct registers in_smm = {.pge = true, .wp = true, .nxe = true};
	struct view view = {
		.regs = at->in_smm ? in_smm
			: in_l2	   ? o->cpus[cpu].vms[at->vm].regs
				   : o->cpus[cpu].l1,
		.cpu = (uint8_t)cpu,
		.tag = in_l2 ? vm->tag : 0,
	};

	view.regs.root = root_number(in_l2 ? vm->root : at->root);
	view.regs.nroot = in_l2 ? root_number(vm->nested_root) : NO_ROOT;
	view.regs.nested_nxe = !o->vendor->l2_has_own_efer || o->cpus[cpu].l1.nxe;
	if (in_l2 && !o->vendor->l2_has_own_efer)
		view.regs.nxe = o->cpus[cpu].l1.nxe;

	/* With CR0.PG clear no address is a user's: SDM vol. 3, 5.6 "Access Rights". */
	if (in_l2 && o->header.l2 == MODE_UNPAGED)
		view.regs.smep = view.regs.smap = false;
	view.regs.pdptes = in_l2 && o->header.l2 == MODE_PAE &&
			   !(o->vendor->nested_pdptes_in_memory && view.regs.nroot != NO_ROOT);
	view.linear = (struct context_key){
		.cpu = view.cpu,
		.tag = view.tag,
		.pcid = view.regs.pcide ? view.regs.pcid : 0,
		.nroot = view.regs.nroot,
	};
	view.nested = view.linear;
	view.nested.pcid = 0; /* linear addresses are not theirs */
	if (o->vendor->tag_covers_nested)
		view.linear.nroot = view.nested.nroot = NO_ROOT;
	else
		view.nested.tag = 0;
	return view;
}

/* One window that is being filled. */
struct filler {
	struct oracle *o;
	struct context *c;
	const struct context *nested; /* of linear ones under nested paging, else NULL */
	unsigned window;
};

/* Combined translations: the linear one with each that the nested tables may give for its target.
 */
static void add_combined(struct filler *f, struct item item)
{
	const struct item_set *set = &f->nested->set[item.target];

	for (unsigned i = 0; i < set->nr; i++) {
		struct item combined = item;

		if (set->item[i].kind == ITEM_POINTER)
			continue;
		combined.kind = ITEM_FRAME;
		combined.guest = item.target + 1;
		combined.target = set->item[i].target;
		combined.perms |= (uint8_t)(set->item[i].perms << PERM_NESTED_SHIFT);
		combined.flags |= set->item[i].flags & ITEM_OLD;
		item_add(f->o, &f->c->set[f->window], combined);
	}
}

static void add_leaf(struct filler *f, const struct mem_entry *entry, struct item item)
{
	item.kind = entry->kind == VALUE_FRAME ? ITEM_FRAME : ITEM_GUEST;
	item.target = entry->nr;
	if ((entry->flags & VF_G) && f->c->last.pge) {
		item.flags |= ITEM_GLOBAL;
		f->c->had_global = true;
	}
	if (item.kind == ITEM_GUEST && f->nested && !f->o->vendor->caches_guest_leaf)
		add_combined(f, item);
	else
		item_add(f->o, &f->c->set[f->window], item);
}

/* Returns whether it is old. */
static uint8_t add_one(struct filler *f, struct item pointer)
{
	struct item_set *set = &f->c->set[f->window];
	struct item *item = &set->item[item_add(f->o, set, pointer)];

	item->flags |= ITEM_WALKED;
	return item->flags & ITEM_OLD;
}

/* A table that the walk goes on in; where PDPTEs are registers, one of these, too, or alone. */
static uint8_t add_pointer(struct filler *f, struct item pointer)
{
	bool is_register = pointer.level == LEVEL_PDPTE && f->c->last.pdptes;
	struct item loaded = pointer;
	uint8_t old = 0;

	loaded.flags |= ITEM_REGISTER;
	if (is_register)
		old |= add_one(f, loaded);
	if (!is_register || f->o->vendor->caches_pdptes)
		old |= add_one(f, pointer);
	return old;
}

/* Walks down from a table whose entries are of that level. from: what is gathered so far. */
static void fill_from(struct filler *f, unsigned table, unsigned level, struct item from)
{
	struct item_set *set = &f->c->set[f->window];

	for (;; level--) {
		struct mem_entry *entry = memory_entry(f->o, table, f->window, level);

		if (entry->kind == VALUE_NONE) {
			if (level == LEVEL_PDPTE && f->c->last.pdptes)
				item_add(f->o, set,
					 (struct item){.kind = ITEM_ABSENT, .level = LEVEL_PDPTE});
			return;
		}
		/* Reserved bits are found when the entry is used: nothing is cached. */
		if (is_reserved(entry, f->c->last.nxe))
			return;
		if (table / TABLES_PER_SPACE != SPACE_N || f->c->last.nested_bits)
			entry->accessed |= MAY_BE_1;
		from.perms |= entry->flags & PERMS;
		from.level = (uint8_t)level;
		if (entry->kind != VALUE_TABLE) {
			add_leaf(f, entry, from);
			return;
		}
		from.kind = ITEM_POINTER;
		from.target = (uint8_t)entry->table;
		_Static_assert(NR_TABLES <= UINT8_MAX, "an item's target is a byte");
		from.flags |= add_pointer(f, from);
		table = entry->table;
	}
}

static void fill_window(struct filler *f)
{
	struct item_set *set = &f->c->set[f->window];

	_Static_assert(MAX_ITEMS <= UINT8_MAX, "their number is a byte");
	for (unsigned i = 0; i < set->nr; i++)
		set->item[i].flags &= (uint8_t)~ITEM_WALKED;
	fill_from(f, root_table(f->c->last.root), top_level(f->o, f->c->last.root),
		  (struct item){0});
	/* Walks add pointers behind this one, with all that lies below them already walked. */
	for (unsigned i = 0; i < set->nr; i++) {
		struct item item = set->item[i];

		item.flags &= (uint8_t)~ITEM_REGISTER; /* what lies below it is not */
		if (item.kind == ITEM_POINTER && !(item.flags & ITEM_WALKED))
			fill_from(f, item.target, item.level - 1u, item);
	}
}

static void fill_windows(struct filler *f)
{
	for (f->window = 0; f->window < NR_WINDOWS; f->window++) {
		if (f->c->refill & (1 << f->window))
			fill_window(f);
	}
	f->c->refill = 0;
}

/* The context runs with these registers. */
static void run(struct context *c, struct registers regs)
{
	bool same = c->last.root == regs.root && c->last.nroot == regs.nroot &&
		    c->last.pge == regs.pge && c->last.nxe == regs.nxe &&
		    c->last.nested_bits == regs.nested_bits && c->last.pdptes == regs.pdptes;

	if (same)
		return;
	c->refill = ALL_WINDOWS;
	/* What was cached while nested bits were not wanted need not set them afterwards. */
	if (c->last.root != regs.root || (regs.nested_bits && !c->last.nested_bits))
		context_age(c, ALL_WINDOWS, LEVEL_PML5E);
	c->last = regs;
}

/* Keeps the frames that walks lead to, for telling what a wrong result is. */
static void remember_walks(struct oracle *o, const struct view *view, uint8_t windows)
{
	for (unsigned w = 0; w < NR_WINDOWS; w++) {
		if (windows & (1 << w)) {
			/* what the tables say, whoever may look */
			struct view all = *view;
			uint32_t frame;

			all.regs.smap = false;
			frame = walk_now(o, &all, w, (struct access){.op = OP_LOAD}).result &
				(RESULT_PF - 1);

			o->walked[view->regs.root][view->regs.nroot - SPACE_N * NR_ROOTS][w] |=
				(uint8_t)frame;
			o->seen[view->cpu][view->tag][w] |= (uint8_t)frame;
		}
	}
}

static void fill_cpu(struct oracle *o, unsigned cpu)
{
	struct view view = view_of(o, cpu);
	struct filler f = {.o = o};
	struct context *nested = NULL;

	if (view.regs.nroot != NO_ROOT) {
		nested = f.c = context_get(o, &o->nested, view.nested);
		if (!nested)
			return;
		run(nested, (struct registers){.root = view.regs.nroot,
					       .nroot = NO_ROOT,
					       .nxe = view.regs.nested_nxe,
					       .nested_bits = view.regs.nested_bits});
		fill_windows(&f);
	}
	f.c = context_get(o, &o->linear, view.linear);
	if (!f.c)
		return;
	run(f.c, view.regs);
	f.nested = nested;
	if (f.c->refill)
		remember_walks(o, &view, f.c->refill);
	fill_windows(&f);
}

void fill(struct oracle *o)
{
	for (unsigned cpu = 0; cpu < o->nr_cpus; cpu++)
		fill_cpu(o, cpu);
}
