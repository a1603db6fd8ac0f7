/* SPDX-License-Identifier: MIT */
#include "store.h"

#include "rights.h"

namespace tlb
{

static const size_t SLAB = 4096; /* entries */

store::store(enum vendor manual, size_t most)
    : vendor(manual), limit(most), chains(size_t(1) << CHAIN_BITS)
{
}

store::~store() = default;

/* ---- States: made when first named, never given back ---- */

template <typename Map, typename Key> static auto *state_in(Map &map, Key key)
{
	auto &state = map[key];

	if (!state)
		state.reset(new typename Map::mapped_type::element_type);
	return state.get();
}

store::tag_state *store::state_of_tag(uint32_t tag)
{
	return state_in(tags, tag);
}

store::pcid_state *store::state_of_pcid(uint32_t tag, uint32_t pcid)
{
	return state_in(pcids, uint64_t(tag) << 32 | pcid);
}

store::root_state *store::state_of_root(uint64_t root)
{
	return state_in(roots, root);
}

/* Where a guest-physical translation lives: its tag is the EP4TA on Intel, the ASID on AMD. */
place store::nested_place(const place &at) const
{
	if (vendor_rules[vendor].tag_covers_nested)
		return {at.tag, 0, at.tag};
	return {0, 0, at.root};
}

/* ---- Entries ---- */

/* The later drops that concern an entry; the first of them is what it fell to. */
const store::drop_mark *store::killer(const entry &e) const
{
	const drop_mark *first = nullptr;
	auto look_at = [&](const drop_mark &mark) {
		if (mark.at > e.born && (!first || mark.at < first->at))
			first = &mark;
	};

	if (!e.nested) {
		look_at(everything);
		look_at(e.global ? e.tag->globals : e.tag->leaves);
		if (!e.global)
			look_at(e.pcid->leaves);
		if (e.tag_number)
			look_at(tagged);
		if (e.root)
			look_at(e.global ? e.tag->combined_globals : e.tag->combined_leaves);
	}
	if (e.root) {
		look_at(all_nested);
		look_at(e.root->all);
	}
	return first;
}

enum kind store::kind_of(const entry &e) const
{
	return e.nested ? NESTED : e.root ? COMBINED_MAPPING : LINEAR;
}

void store::count_served(entry &e)
{
	found[0] = &by_kind[kind_of(e)];
	found[1] = &e.tag->numbers;
	found[0]->served++;
	found[1]->served++;
}

void store::count_difference()
{
	found[0]->differed++;
	found[1]->differed++;
}

/* Takes an entry out of its chain. */
void store::remove(entry **link, unsigned event)
{
	entry *e = *link;

	*link = e->next;
	if (e->large_link) {
		*e->large_link = e->large_next;
		if (e->large_next)
			e->large_next->large_link = e->large_link;
	}
	dropped[event]++;
	used--;
	e->next = free_entries;
	free_entries = e;
}

void store::sweep()
{
	for (entry *&chain : chains) {
		entry **link = &chain;

		while (entry *e = *link) {
			if (const drop_mark *mark = killer(*e))
				remove(link, mark->event);
			else
				link = &e->next;
		}
	}
}

size_t store::live()
{
	sweep();
	return used;
}

store::entry *store::take_free()
{
	entry *e;

	if (used >= limit) {
		sweep();
		/* Sweeping over and over to win a few would be slow. */
		if (used >= limit - limit / 8) {
			overflows++;
			drop(EV_RESET, {});
			sweep();
		}
	}
	if (!free_entries) {
		slabs.emplace_back(new entry[SLAB]);
		for (size_t i = 0; i < SLAB; i++) {
			slabs.back()[i].next = free_entries;
			free_entries = &slabs.back()[i];
		}
	}
	e = free_entries;
	free_entries = e->next;
	used++;
	return e;
}

uint64_t store::large_key(uint32_t tag, uint64_t address, uint64_t mask)
{
	/* The low bits of a page's base are free: its size goes there, the tag above. */
	return ((address & ~mask) | (mask >> 20 & 0xfff)) ^ (uint64_t(tag) << 44 | tag >> 20);
}

store::entry *store::add(const place &at, uint64_t address, bool fetch, const translation &value)
{
	bool global = value.rights & R_GLOBAL;
	entry **chain = chain_of(at.tag, address), **link = chain, *e;

	while ((e = *link)) {
		if (const drop_mark *mark = killer(*e))
			remove(link, mark->event);
		else if (serves(*e, at, address, fetch) && e->global == global)
			remove(link, NR_ALL_EVENTS);
		else
			link = &e->next;
	}
	e = take_free();
	e->page = address >> 12;
	e->born = ++clock;
	e->root_number = at.root;
	e->tag_number = at.tag;
	e->pcid_number = at.pcid;
	e->tag = state_of_tag(at.tag);
	e->pcid = state_of_pcid(at.tag, at.pcid);
	e->root = at.root == NO_ROOT ? nullptr : state_of_root(at.root);
	e->fetch = fetch;
	e->global = global;
	e->nested = false;
	e->value = value;
	e->large_link = nullptr;
	e->next = *chain;
	*chain = e;
	return e;
}

void store::add_linear(const place &at, uint64_t address, bool fetch, const translation &value)
{
	entry *e = add(at, address, fetch, value);

	by_kind[kind_of(*e)].added++;
	e->tag->numbers.added++;
	if (value.mask > 0xfff) {
		entry *&first = larges[large_key(at.tag, address, value.mask)];

		e->large_next = first;
		e->large_link = &first;
		if (first)
			first->large_link = &e->large_next;
		first = e;
	}
}

void store::add_nested(const place &at, uint64_t address, const translation &value)
{
	entry *e = add(nested_place(at), address | NESTED_SPACE, false, value);

	e->nested = true;
	by_kind[NESTED].added++;
	e->tag->numbers.added++;
}

/* ---- Events ---- */

/* The fragment of one linear page of 4 KiB, in the tag of the operand. */
void store::drop_page(unsigned event, const operand &operand, uint64_t address, bool globals)
{
	entry **link = chain_of(operand.at.tag, address);

	while (entry *e = *link) {
		bool mine =
			e->page == address >> 12 && e->tag_number == operand.at.tag && !e->nested;

		if (mine &&
		    (e->global ? globals : operand.any_pcid || e->pcid_number == operand.at.pcid))
			remove(link, event);
		else
			link = &e->next;
	}
}

/* All that translates a linear address: the page that it is in, whatever its size. */
void store::drop_pages(unsigned event, const operand &operand, bool globals)
{
	static const uint64_t sizes[] = {UINT64_C(1) << 21, UINT64_C(1) << 22, UINT64_C(1) << 30};
	uint64_t address = operand.address;

	drop_page(event, operand, address, globals);
	for (uint64_t size : sizes) {
		auto list = larges.find(large_key(operand.at.tag, address, size - 1));
		std::vector<uint64_t> fragments;

		if (list == larges.end())
			continue;
		/* Keys may collide, hence the test; dropping more than its due is allowed anyhow.
		 */
		for (entry *e = list->second; e; e = e->large_next) {
			if ((e->page << 12 & ~(size - 1)) == (address & ~(size - 1)))
				fragments.push_back(e->page << 12);
		}
		for (uint64_t fragment : fragments)
			drop_page(event, operand, fragment, globals);
	}
}

/*
 * "An EPT violation invalidates any guest-physical mappings … that would be used to translate the
 * guest-physical address …. If that guest-physical address was the translation of a linear address,
 * the EPT violation also invalidates any combined mappings for that linear address associated with
 * the current PCID, the current VPID and the current EP4TA." (SDM vol. 3, 31.4.3.1)
 */
void store::drop_nested_page(unsigned event, const operand &operand)
{
	place at = nested_place(operand.at);
	uint64_t address = operand.address | NESTED_SPACE;
	entry **link = chain_of(at.tag, address);

	while (entry *e = *link) {
		if (e->nested && serves(*e, at, address, false))
			remove(link, event);
		else
			link = &e->next;
	}
	if (!operand.has_linear || operand.at.root == NO_ROOT)
		return;
	link = chain_of(operand.at.tag, operand.linear);
	while (entry *e = *link) {
		bool mine = !e->global && !e->nested && e->pcid_number == operand.at.pcid &&
			    e->tag_number == operand.at.tag && e->root_number == operand.at.root;

		if (mine && e->page == operand.linear >> 12)
			remove(link, event);
		else
			link = &e->next;
	}
}

void store::drop(unsigned event, const operand &operand)
{
	const uint32_t effect = rule_of(event).effect[vendor];
	const drop_mark now = {++clock, event};
	tag_state *tag;

	events[event]++;
	if (!effect)
		return;
	tag = state_of_tag(operand.at.tag);
	if (effect & LIN_ALL)
		everything = now;
	if (effect & LIN_TAGGED)
		tagged = now;
	if (effect & LIN_TAG) {
		(effect & COMBINED ? tag->combined_leaves : tag->leaves) = now;
		if (effect & GLOBALS)
			(effect & COMBINED ? tag->combined_globals : tag->globals) = now;
	}
	if (effect & LIN_PCID) {
		state_of_pcid(operand.at.tag, operand.at.pcid)->leaves = now;
		if (effect & GLOBALS)
			tag->globals = now;
	}
	if (effect & LIN_PAGE) {
		tlb::operand of_page = operand;

		of_page.any_pcid |= (effect & ANY_PCID) != 0;
		drop_pages(event, of_page, effect & GLOBALS);
	}
	if (effect & NEST_ALL)
		all_nested = now;
	if (effect & NEST_TAG)
		state_of_root(nested_place(operand.at).root)->all = now;
	if (effect & NEST_PAGE)
		drop_nested_page(event, operand);
}

} // namespace tlb
