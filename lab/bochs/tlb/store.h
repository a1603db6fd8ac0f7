/* SPDX-License-Identifier: MIT */
/*
 * A store of translations that forgets nothing until an event obliges it to.
 *
 * It holds what SDM vol. 3, 31.4.1 "Information That May Be Cached", calls linear, combined and
 * guest-physical mappings; on AMD, linear translations to system-physical memory and nested ones,
 * all of them under an ASID (APM vol. 2, 15.16 TLB Control). All are fragments of 4 KiB, also those
 * of larger pages; whoever drops one fragment of a larger linear page drops all that it has (SDM
 * vol. 3, 5.10.4.1). Paging-structure caches it has none of.
 *
 * It knows neither page tables nor an emulator.
 */
#ifndef TLB_STORE_H
#define TLB_STORE_H

#include "events.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

namespace tlb
{

const uint64_t NO_ROOT = ~UINT64_C(0);

/* Who looks. */
struct place {
	uint32_t tag;  /* ASID or VPID; 0: the host's, or none */
	uint32_t pcid; /* 0 while CR4.PCIDE is 0 */
	uint64_t root; /* EP4TA (bits 51:12 of the EPTP); NO_ROOT: no EPT, and always on AMD */
};

struct translation {
	uint64_t frame;	 /* physical address of 4 KiB */
	uint64_t mask;	 /* of the linear page: its bytes less 1, at least 0xfff */
	uint32_t rights; /* enum right */
	uint32_t key;	 /* protection key */
	uint32_t memory; /* memory type of the tables, as the caller means it */
};

/* What an event is about. */
struct operand {
	place at = {0, 0, NO_ROOT};
	uint64_t address = 0;  /* linear; of EV_NESTED_FAULT guest-physical */
	bool any_pcid = false; /* with LIN_PAGE: also where the rule does not say ANY_PCID */
	/* EV_NESTED_FAULT: the linear address that led there, if one did */
	bool has_linear = false;
	uint64_t linear = 0;
};

enum kind { LINEAR, COMBINED_MAPPING, NESTED, NR_KINDS };

struct counters {
	uint64_t served, differed, added;
};

class store
{
      public:
	/* Keeps at most that many translations: when full it gives all of them up, and counts that.
	 */
	store(enum vendor manual, size_t most);
	~store();

	/*
	 * The translation of a linear address that FITS, or nullptr. It is valid until the store is
	 * next changed.
	 */
	template <typename Fits>
	const translation *find_linear(const place &at, uint64_t address, bool fetch, Fits fits)
	{
		entry **link = chain_of(at.tag, address);

		while (entry *e = *link) {
			if (const drop_mark *mark = killer(*e)) {
				remove(link, mark->event);
			} else if (serves(*e, at, address, fetch) && fits(e->value)) {
				count_served(*e);
				return &e->value;
			} else {
				link = &e->next;
			}
		}
		return nullptr;
	}

	/* Takes the place of one of the same page, tags and access (fetch or not). */
	void add_linear(const place &at, uint64_t address, bool fetch, const translation &value);

	/* Guest-physical: under the root, on AMD under the tag. */
	template <typename Fits>
	const translation *find_nested(const place &at, uint64_t address, Fits fits)
	{
		return find_linear(nested_place(at), address | NESTED_SPACE, false, fits);
	}
	void add_nested(const place &at, uint64_t address, const translation &value);

	/* What an event obliges to drop (events.h); never anything else. */
	void drop(unsigned event, const operand &operand);

	/* The last translation that was found is another than the tables have now. */
	void count_difference();

	/* How many translations could be served now; gives the room of the others back. */
	size_t live();

	/* Numbers so far. */
	counters by_kind[NR_KINDS] = {};
	uint64_t events[NR_ALL_EVENTS] = {}; /* how often */
	/* Translations, counted when their room is needed; the last: replaced by a newer walk. */
	uint64_t dropped[NR_ALL_EVENTS + 1] = {};
	uint64_t overflows = 0;
	/* Of each tag; visit(tag, counters). */
	template <typename Visit> void each_tag(Visit visit) const
	{
		for (const auto &pair : tags)
			visit(pair.first, pair.second->numbers);
	}

      private:
	/* When something was last dropped, by the clock of drops and additions; and by what. */
	struct drop_mark {
		uint64_t at = 0;
		unsigned event = 0;
	};
	struct tag_state {
		drop_mark leaves, globals, combined_leaves, combined_globals;
		counters numbers = {};
	};
	struct pcid_state {
		drop_mark leaves;
	};
	struct root_state {
		drop_mark all;
	};
	struct entry {
		entry *next; /* of the chain */
		uint64_t page, born, root_number;
		uint32_t tag_number, pcid_number;
		tag_state *tag;
		pcid_state *pcid; /* that it was made in */
		root_state *root; /* nullptr: of no nested root */
		bool fetch, global, nested;
		translation value;
		entry *large_next, **large_link; /* the other fragments; nullptr: a 4 KiB page */
	};

	/* Above all addresses: guest-physical pages share the chains with linear ones. */
	static const uint64_t NESTED_SPACE = UINT64_C(1) << 62;
	static const unsigned CHAIN_BITS = 18;

	enum vendor vendor;
	size_t limit, used = 0;
	uint64_t clock = 0;
	std::vector<entry *> chains;
	std::vector<std::unique_ptr<entry[]>> slabs;
	entry *free_entries = nullptr;
	std::unordered_map<uint32_t, std::unique_ptr<tag_state>> tags;
	std::unordered_map<uint64_t, std::unique_ptr<pcid_state>> pcids;
	std::unordered_map<uint64_t, std::unique_ptr<root_state>> roots;
	/* Fragments of each page that is larger than 4 KiB (its elements stay where they are). */
	std::unordered_map<uint64_t, entry *> larges;
	drop_mark everything, tagged, all_nested;
	counters *found[2] = {}; /* that the last one served counts in */

	entry **chain_of(uint32_t tag, uint64_t address)
	{
		uint64_t hash = (address >> 12) * UINT64_C(0x9e3779b97f4a7c15) +
				tag * UINT64_C(0xc2b2ae3d27d4eb4f);

		return &chains[hash >> (64 - CHAIN_BITS)];
	}
	tag_state *state_of_tag(uint32_t tag);
	pcid_state *state_of_pcid(uint32_t tag, uint32_t pcid);
	root_state *state_of_root(uint64_t root);
	static uint64_t large_key(uint32_t tag, uint64_t address, uint64_t mask);
	place nested_place(const place &at) const;
	entry *add(const place &at, uint64_t address, bool fetch, const translation &value);
	static bool serves(const entry &e, const place &at, uint64_t address, bool fetch)
	{
		return e.page == address >> 12 && e.tag_number == at.tag &&
		       e.root_number == at.root && e.fetch == fetch &&
		       (e.global || e.pcid_number == at.pcid);
	}
	/* What has dropped it; nullptr: nothing. */
	const drop_mark *killer(const entry &e) const;
	enum kind kind_of(const entry &e) const;
	void count_served(entry &e);
	void remove(entry **link, unsigned event);
	entry *take_free();
	void sweep();
	void drop_pages(unsigned event, const operand &operand, bool globals);
	void drop_page(unsigned event, const operand &operand, uint64_t address, bool globals);
	void drop_nested_page(unsigned event, const operand &operand);
};

} // namespace tlb

#endif
