/* SPDX-License-Identifier: MIT */
/*
 * The store of lab/bochs/tlb/ by itself: what every event drops and what it leaves, the tags, large
 * pages, rights at the moment of use, and a long random run against a store that is a plain list.
 */
#include "rights.h"
#include "store.h"

#include <cstdio>
#include <cstdlib>
#include <vector>

using namespace tlb;

static unsigned failures;

#define CHECK(condition)                                                                \
	do {                                                                            \
		if (!(condition)) {                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
			failures++;                                                     \
		}                                                                       \
	} while (0)

static const uint64_t X = 0xffff888000123000, Y = 0x7f0000456000, GUEST = 0x5004b5000;
static const place HOST = {0, 0, NO_ROOT};

static translation frame(uint64_t nr, uint32_t rights = R_NOT_NESTED, uint64_t mask = 0xfff)
{
	return {nr << 12, mask, rights, 0, 0};
}

static bool always(const translation &)
{
	return true;
}

/* The frame number, or 0. */
static uint64_t look(store &s, const place &at, uint64_t address, bool fetch = false)
{
	const translation *t = s.find_linear(at, address, fetch, always);

	return t ? t->frame >> 12 : 0;
}

static uint64_t look_nested(store &s, const place &at, uint64_t address)
{
	const translation *t = s.find_nested(at, address, always);

	return t ? t->frame >> 12 : 0;
}

static void tags(void)
{
	store s(VENDOR_INTEL, 1000);
	const place one = {1, 0, NO_ROOT}, pcid = {1, 7, NO_ROOT}, ept = {1, 0, 0x99};

	s.add_linear(one, X, false, frame(1));
	CHECK(look(s, one, X + 0xabc) == 1);
	CHECK(!look(s, one, X, true)); /* instructions apart */
	CHECK(!look(s, one, X + 0x1000));
	CHECK(!look(s, HOST, X));
	CHECK(!look(s, pcid, X));
	CHECK(!look(s, ept, X)); /* linear and combined apart */
	CHECK(!look_nested(s, ept, X));
	s.add_linear(pcid, X, false, frame(2));
	s.add_linear(ept, X, false, frame(3));
	CHECK(look(s, one, X) == 1 && look(s, pcid, X) == 2 && look(s, ept, X) == 3);
	s.add_linear(one, X, false, frame(4)); /* a newer walk replaces */
	CHECK(look(s, one, X) == 4);
	s.add_linear(pcid, Y, false, frame(5, R_NOT_NESTED | R_GLOBAL));
	CHECK(look(s, one, Y) == 5);		      /* every PCID's … */
	CHECK(!look(s, HOST, Y) && !look(s, ept, Y)); /* … but one VPID's and EP4TA's */
	s.add_nested(ept, GUEST, frame(6));
	CHECK(look_nested(s, {2, 3, 0x99}, GUEST) == 6); /* EP4TA alone */
	CHECK(!look_nested(s, {1, 0, 0x98}, GUEST));
	CHECK(s.live() == 5);
}

static void tags_of_amd(void)
{
	store s(VENDOR_AMD, 1000);

	s.add_nested({1, 0, NO_ROOT}, GUEST, frame(1));
	CHECK(look_nested(s, {1, 5, NO_ROOT}, GUEST) == 1); /* ASID alone */
	CHECK(!look_nested(s, {2, 0, NO_ROOT}, GUEST));
}

/*
 * One translation of each sort, and which of them an event leaves. Tags 0, 1 and 2; PCIDs 0 and 7;
 * roots 0x99 and 0x98 (Intel); X and Y; global and not; linear, combined and nested.
 */
struct sort {
	place at;
	uint64_t address;
	bool global, nested;
};

static std::vector<sort> sorts_of(enum vendor vendor)
{
	std::vector<uint64_t> roots = {NO_ROOT};
	std::vector<sort> sorts;

	if (vendor == VENDOR_INTEL)
		roots.insert(roots.end(), {0x99, 0x98});
	for (uint32_t tag : {0, 1, 2}) {
		for (uint64_t root : roots) {
			for (uint32_t pcid : {0, 7}) {
				sorts.push_back({{tag, pcid, root}, X, false, false});
				sorts.push_back({{tag, pcid, root}, Y, false, false});
			}
			sorts.push_back({{tag, 0, root}, X + 0x1000, true, false});
			sorts.push_back({{tag, 0, root}, Y + 0x1000, true, false});
		}
		if (vendor == VENDOR_AMD)
			sorts.push_back({{tag, 0, NO_ROOT}, GUEST, false, true});
	}
	if (vendor == VENDOR_INTEL) {
		sorts.push_back({{0, 0, 0x99}, GUEST, false, true});
		sorts.push_back({{0, 0, 0x98}, GUEST, false, true});
		sorts.push_back({{0, 0, 0x99}, GUEST + 0x1000, false, true});
	}
	return sorts;
}

/* The event must drop what DUE says, and nothing else. */
template <typename Due>
static void drops(int line, enum vendor vendor, unsigned event, const operand &operand, Due due)
{
	for (bool fetch : {false, true}) {
		store s(vendor, 1000);
		const std::vector<sort> sorts = sorts_of(vendor);

		for (size_t i = 0; i < sorts.size(); i++) {
			uint32_t rights = R_NOT_NESTED | (sorts[i].global ? R_GLOBAL + 0u : 0);

			if (sorts[i].nested)
				s.add_nested(sorts[i].at, sorts[i].address, frame(i + 1, rights));
			else
				s.add_linear(sorts[i].at, sorts[i].address, fetch,
					     frame(i + 1, rights));
		}
		s.drop(event, operand);
		for (size_t i = 0; i < sorts.size(); i++) {
			const sort &sort = sorts[i];
			uint64_t seen = sort.nested ? look_nested(s, sort.at, sort.address)
						    : look(s, sort.at, sort.address, fetch);

			if (seen == (due(sort) ? 0 : i + 1))
				continue;
			fprintf(stderr,
				"line %d: %s, %s: tag %u pcid %u root %llx address %llx%s%s: %s\n",
				line, vendor_rules[vendor].name, rule_of(event).name, sort.at.tag,
				sort.at.pcid, (unsigned long long)sort.at.root,
				(unsigned long long)sort.address, sort.global ? " global" : "",
				sort.nested ? " nested" : "", seen ? "kept" : "dropped");
			failures++;
		}
	}
}
#define AT(...)             \
	tlb::operand        \
	{                   \
		__VA_ARGS__ \
	}
#define DROPS(vendor, event, operand, due) \
	drops(__LINE__, vendor, event, operand, [](const sort &s) { return due; })

/* Of the operand's page are X and, global, X + 0x1000: two operands. */
static void linear_events(enum vendor v)
{
	const uint64_t G = X + 0x1000;

	DROPS(v, EV_INVLPG, AT({1, 7, NO_ROOT}, X),
	      s.at.tag == 1 && s.at.pcid == 7 && s.address == X);
	DROPS(v, EV_INVLPG, AT({1, 7, NO_ROOT}, G), s.at.tag == 1 && s.address == X + 0x1000);
	DROPS(v, EV_INVPCID_0, AT({1, 7, NO_ROOT}, X),
	      s.at.tag == 1 && s.at.pcid == 7 && s.address == X);
	DROPS(v, EV_INVPCID_0, AT({1, 0, NO_ROOT}, G), false && s.global);
	DROPS(v, EV_MOV_CR3, AT({1, 7, NO_ROOT}),
	      s.at.tag == 1 && s.at.pcid == 7 && !s.global && !s.nested);
	DROPS(v, EV_MOV_CR3_NOFLUSH, AT({1, 7, NO_ROOT}), false && s.global);
	DROPS(v, EV_INVPCID_1, AT({1, 7, NO_ROOT}),
	      s.at.tag == 1 && s.at.pcid == 7 && !s.global && !s.nested);
	DROPS(v, EV_INVPCID_2, AT({1, 7, NO_ROOT}), s.at.tag == 1 && !s.nested);
	DROPS(v, EV_INVPCID_3, AT({1, 7, NO_ROOT}), s.at.tag == 1 && !s.nested && !s.global);
	DROPS(v, EV_PGE_TOGGLE, AT({1, 7, NO_ROOT}), s.at.tag == 1 && !s.nested);
	DROPS(v, EV_PCIDE_SET, AT({1, 7, NO_ROOT}), false && s.global);
	DROPS(v, EV_PCIDE_CLEAR, AT({1, 7, NO_ROOT}), s.at.tag == 1 && !s.nested);
	DROPS(v, EV_PG_TOGGLE, AT({1, 7, NO_ROOT}), s.at.tag == 1 && !s.nested);
	DROPS(v, EV_ENTER, AT({1, 7, NO_ROOT}), false && s.global);
	DROPS(v, EV_EXIT, AT({0, 7, NO_ROOT}), false && s.global);
	DROPS(v, EV_SMM, AT({0, 0, NO_ROOT}), true || s.global);
	DROPS(v, EV_RESET, AT({0, 0, NO_ROOT}), true || s.global);
}

static void intel_events(void)
{
	const enum vendor v = VENDOR_INTEL;

	DROPS(v, EV_PAGE_FAULT, AT({1, 7, 0x99}, X),
	      s.at.tag == 1 && s.at.pcid == 7 && s.address == X);
	DROPS(v, EV_SMEP_SET, AT({1, 7, 0x99}),
	      s.at.tag == 1 && s.at.pcid == 7 && !s.global && !s.nested);
	DROPS(v, EV_SMEP_CLEAR, AT({1, 7, 0x99}), false && s.global);
	DROPS(v, EV_PAE_TOGGLE, AT({1, 7, 0x99}),
	      s.at.tag == 1 && s.at.pcid == 7 && !s.global && !s.nested);
	DROPS(v, EV_ENTER_UNTAGGED, AT({0, 0, NO_ROOT}), s.at.tag == 0 && !s.nested);
	DROPS(v, EV_EXIT_UNTAGGED, AT({0, 0, NO_ROOT}), s.at.tag == 0 && !s.nested);
	DROPS(v, EV_INVVPID_0, AT({1, 0, NO_ROOT}, X), s.at.tag == 1 && s.address == X);
	DROPS(v, EV_INVVPID_0, AT({1, 0, NO_ROOT}, X + 0x1000),
	      s.at.tag == 1 && s.address == X + 0x1000);
	DROPS(v, EV_INVVPID_1, AT({1, 0, NO_ROOT}), s.at.tag == 1 && !s.nested);
	DROPS(v, EV_INVVPID_2, AT({1, 0, NO_ROOT}), s.at.tag != 0 && !s.nested);
	DROPS(v, EV_INVVPID_3, AT({1, 0, NO_ROOT}), s.at.tag == 1 && !s.nested && !s.global);
	DROPS(v, EV_INVEPT_1, AT({1, 7, 0x99}), s.at.root == 0x99);
	DROPS(v, EV_INVEPT_2, AT({1, 7, 0x99}), s.at.root != NO_ROOT);
	DROPS(v, EV_VMX_CYCLE, AT({0, 0, NO_ROOT}), false && s.global);
	DROPS(v, EV_VMFUNC, AT({0, 0, NO_ROOT}), false && s.global);
	DROPS(v, EV_VMFUNC_UNTAGGED, AT({0, 0, NO_ROOT}),
	      s.at.tag == 0 && s.at.root != NO_ROOT && !s.nested);
	DROPS(v, EV_NESTED_FAULT, AT({1, 7, 0x99}, GUEST, false, true, X),
	      (s.nested && s.at.root == 0x99 && s.address == GUEST) ||
		      (s.at.tag == 1 && s.at.pcid == 7 && s.at.root == 0x99 && s.address == X));
	DROPS(v, EV_NESTED_FAULT, AT({1, 7, 0x99}, GUEST, false, false, X),
	      s.nested && s.at.root == 0x99 && s.address == GUEST);
}

static void amd_events(void)
{
	const enum vendor v = VENDOR_AMD;

	DROPS(v, EV_PAGE_FAULT, AT({1, 7, NO_ROOT}, X), false && s.global);
	DROPS(v, EV_NESTED_FAULT, AT({1, 7, NO_ROOT}, GUEST, false, true, X), false && s.global);
	DROPS(v, EV_PAE_TOGGLE, AT({1, 7, NO_ROOT}), s.at.tag == 1 && !s.nested);
	DROPS(v, EV_TLBCTL_1, AT({1, 7, NO_ROOT}), true || s.global);
	DROPS(v, EV_TLBCTL_3, AT({1, 7, NO_ROOT}), s.at.tag == 1);
	DROPS(v, EV_TLBCTL_7, AT({1, 7, NO_ROOT}), s.at.tag == 1 && !s.global && !s.nested);
	DROPS(v, EV_INVLPGA, AT({1, 0, NO_ROOT}, X, true), s.at.tag == 1 && s.address == X);
	DROPS(v, EV_INVLPGA, AT({1, 0, NO_ROOT}, X + 0x1000, true),
	      s.at.tag == 1 && s.address == X + 0x1000);
}

/* INVLPG of any address in a larger page drops all of it, in its tag. */
static void large_pages(void)
{
	for (uint64_t mask : {UINT64_C(0x1fffff), UINT64_C(0x3fffff), UINT64_C(0x3fffffff)}) {
		store s(VENDOR_INTEL, 1000);
		const uint64_t base = 0x7f00c0000000;
		const place other = {1, 0, NO_ROOT};

		for (uint64_t offset : {UINT64_C(0), UINT64_C(0x5000), mask & ~UINT64_C(0xfff)}) {
			s.add_linear(HOST, base + offset, false, frame(1, R_NOT_NESTED, mask));
			s.add_linear(HOST, base + offset, true,
				     frame(1, R_NOT_NESTED | R_GLOBAL, mask));
			s.add_linear(other, base + offset, false, frame(2, R_NOT_NESTED, mask));
		}
		s.add_linear(HOST, base + mask + 1, false, frame(3, R_NOT_NESTED, mask));
		s.drop(EV_INVLPG, {HOST, base + 0x9000});
		CHECK(!look(s, HOST, base) && !look(s, HOST, base + 0x5000));
		CHECK(!look(s, HOST, base + (mask & ~UINT64_C(0xfff))));
		CHECK(!look(s, HOST, base + 0x5000, true));
		CHECK(look(s, other, base) == 2 && look(s, HOST, base + mask + 1) == 3);
		s.drop(EV_INVPCID_0, {{1, 3, NO_ROOT}, base}); /* another PCID */
		CHECK(look(s, other, base) == 2);
		s.drop(EV_INVVPID_1, {other});
		CHECK(!look(s, other, base + 0x5000));
		CHECK(s.live() == 1);
	}
}

static void newer_ones_stay(void)
{
	store s(VENDOR_INTEL, 1000);

	s.add_linear(HOST, X, false, frame(1));
	s.drop(EV_PGE_TOGGLE, {HOST});
	s.add_linear(HOST, X, false, frame(2));
	CHECK(look(s, HOST, X) == 2);
	CHECK(s.live() == 1 && s.events[EV_PGE_TOGGLE] == 1 && s.dropped[EV_PGE_TOGGLE] == 1);
}

static void counts(void)
{
	store s(VENDOR_INTEL, 1000);
	const place ept = {3, 0, 0x99};

	s.add_linear(ept, X, false, frame(1));
	look(s, ept, X);
	s.count_difference();
	look(s, HOST, X);
	CHECK(s.by_kind[COMBINED_MAPPING].added == 1 && s.by_kind[COMBINED_MAPPING].served == 1);
	CHECK(s.by_kind[COMBINED_MAPPING].differed == 1 && s.by_kind[LINEAR].served == 0);
	s.each_tag([](uint32_t tag, const counters &n) { CHECK(n.served == (tag == 3)); });
}

/* When full: first what is dead anyhow, then everything. */
static void overflow(void)
{
	store s(VENDOR_INTEL, 64);

	for (uint64_t i = 0; i < 60; i++)
		s.add_linear({1, 0, NO_ROOT}, i << 12, false, frame(1));
	s.drop(EV_INVVPID_1, {{1, 0, NO_ROOT}});
	for (uint64_t i = 0; i < 40; i++)
		s.add_linear(HOST, i << 12, false, frame(1));
	CHECK(!s.overflows && s.live() == 40);
	for (uint64_t i = 40; i < 100; i++)
		s.add_linear(HOST, i << 12, false, frame(1));
	CHECK(s.overflows == 1 && s.live() == 100 - 64);
}

static void rights(void)
{
	const uint32_t all = R_NOT_NESTED, user = all | R_USER, dirty = all | R_WRITE | R_DIRTY;
	access a = {};

	CHECK(suffices(all, 0, a));
	a.user = true;
	CHECK(!suffices(all, 0, a) && suffices(user, 0, a));
	a.write = true;
	CHECK(!suffices(user | R_WRITE, 0, a)); /* the dirty bit is not known to be set */
	CHECK(suffices(user | R_WRITE | R_DIRTY, 0, a));
	a.user = false;
	CHECK(suffices(all | R_DIRTY, 0, a)); /* CR0.WP=0 */
	a.wp = true;
	CHECK(!suffices(all | R_DIRTY, 0, a) && suffices(dirty, 0, a));
	a.smap = true;
	CHECK(suffices(dirty, 0, a) && !suffices(dirty | R_USER, 0, a));
	a = {};
	a.fetch = true;
	CHECK(suffices(user, 0, a) && !suffices(all | R_NO_EXECUTE, 0, a));
	a.smap = true;
	CHECK(suffices(user, 0, a));
	a.smep = true;
	CHECK(!suffices(user, 0, a) && suffices(all, 0, a));
	a = {};
	a.write = a.nested_dirty = true;
	CHECK(!suffices(dirty & ~(uint32_t)R_NESTED_DIRTY, 0, a));
	CHECK(!suffices(dirty & ~(uint32_t)R_NESTED_WRITE, 0, a));
	a.nested_dirty = false;
	CHECK(suffices(dirty & ~(uint32_t)R_NESTED_DIRTY, 0, a));
	a = {};
	CHECK(!nested_suffices(R_NESTED_EXECUTE, a) && nested_suffices(R_NESTED_READ, a));
	a.pkru = 1 << 6; /* key 3: no access */
	CHECK(!suffices(user, 3, a) && suffices(all, 3, a) && suffices(user, 2, a));
	a.pkru = 2 << 6; /* key 3: no writes */
	CHECK(suffices(user, 3, a));
	a.write = true;
	CHECK(suffices(dirty | R_USER, 3, a)); /* a supervisor with CR0.WP=0 */
	a.wp = true;
	CHECK(!suffices(dirty | R_USER, 3, a));
}

/* ---- Against a plain list ---- */

struct item {
	sort what;
	uint64_t frame;
};

static bool hit(const operand &o, const sort &s, uint32_t effect)
{
	bool in_tag = s.at.tag == o.at.tag, in_pcid = in_tag && s.at.pcid == o.at.pcid;
	bool in_page = s.address == o.address;
	bool chosen = (effect & LIN_ALL) || ((effect & LIN_TAGGED) && s.at.tag) ||
		      ((effect & LIN_TAG) && in_tag);

	if ((effect & COMBINED) && s.at.root == NO_ROOT)
		chosen = false;
	if ((effect & NEST_ALL) || ((effect & NEST_TAG) && s.at.root == o.at.root)) {
		if (s.at.root != NO_ROOT)
			return true;
	}
	if (s.global)
		return (effect & GLOBALS) && (chosen || ((effect & LIN_PAGE) && in_tag && in_page));
	return chosen || ((effect & LIN_PCID) && in_pcid) ||
	       ((effect & LIN_PAGE) && (effect & ANY_PCID ? in_tag : in_pcid) && in_page);
}

static void random_run(unsigned seed)
{
	static const unsigned events[] = {
		EV_INVLPG,    EV_MOV_CR3,   EV_PGE_TOGGLE,    EV_INVPCID_0,	  EV_INVPCID_1,
		EV_INVPCID_3, EV_INVVPID_0, EV_INVVPID_1,     EV_INVVPID_2,	  EV_INVVPID_3,
		EV_INVEPT_1,  EV_INVEPT_2,  EV_EXIT_UNTAGGED, EV_VMFUNC_UNTAGGED,
	};
	store s(VENDOR_INTEL, 100000);
	std::vector<item> list;

	srand(seed);
	for (unsigned step = 0; step < 20000 && !failures; step++) {
		const place at = {(uint32_t)rand() % 3, (uint32_t)rand() % 2,
				  rand() % 2 ? NO_ROOT : 0x90 + (uint64_t)rand() % 2};
		/* A page is either always global or never, lest two answers be right. */
		const sort what = {at, (uint64_t)(rand() % 8) << 12, false, false};
		const bool global = what.address >= 0x6000;
		uint64_t seen = 0;

		if (rand() % 8 == 0) {
			unsigned event = events[rand() % (sizeof(events) / sizeof(events[0]))];
			operand o = {at, what.address};
			std::vector<item> kept;

			s.drop(event, o);
			for (const item &i : list) {
				if (!hit(o, i.what, rule_of(event).effect[VENDOR_INTEL]))
					kept.push_back(i);
			}
			list = kept;
		}
		for (const item &i : list) {
			if (i.what.address == what.address && i.what.at.tag == at.tag &&
			    i.what.at.root == at.root && (global || i.what.at.pcid == at.pcid))
				seen = i.frame;
		}
		CHECK(look(s, at, what.address) == seen);
		if (!seen) {
			s.add_linear(at, what.address, false,
				     frame(step + 1, R_NOT_NESTED | (global ? R_GLOBAL + 0u : 0)));
			list.push_back({{at, what.address, global, false}, step + 1});
		}
	}
	CHECK(s.live() == list.size());
}

int main()
{
	tags();
	tags_of_amd();
	linear_events(VENDOR_INTEL);
	linear_events(VENDOR_AMD);
	intel_events();
	amd_events();
	large_pages();
	newer_ones_stay();
	counts();
	overflow();
	rights();
	for (unsigned seed = 1; seed <= 10; seed++)
		random_run(seed);
	printf("%u failures\n", failures);
	return failures != 0;
}
