/* SPDX-License-Identifier: MIT */
/*
 * May a cached translation serve an access? A translation keeps the bits that its walk gathered,
 * and each use weighs them anew under the registers of that moment: so a change of CR0.WP,
 * CR4.SMEP, CR4.SMAP, EFLAGS.AC or PKRU works at once, without any invalidation.
 */
#ifndef TLB_RIGHTS_H
#define TLB_RIGHTS_H

#include <cstdint>

namespace tlb
{

/* Gathered on a walk. Of the nested tables all three permissions where there are none. */
enum right : uint32_t {
	R_WRITE = 1 << 0,
	R_USER = 1 << 1,
	R_NO_EXECUTE = 1 << 2,
	R_GLOBAL = 1 << 3,
	R_DIRTY = 1 << 4, /* the leaf's dirty bit was set: a store need not walk for it */
	R_NESTED_READ = 1 << 5,
	R_NESTED_WRITE = 1 << 6,
	R_NESTED_EXECUTE = 1 << 7,
	R_NESTED_DIRTY = 1 << 8,
};
const uint32_t R_NOT_NESTED = R_NESTED_READ | R_NESTED_WRITE | R_NESTED_EXECUTE | R_NESTED_DIRTY;

struct access {
	bool write, fetch, user;
	bool wp, smep, smap; /* smap: as it works now, with EFLAGS.AC in mind */
	bool nested_dirty;   /* a store needs a dirty bit in the nested tables, too */
	uint32_t pkru;	     /* 0: no protection keys */
};

/* The nested half: a translation of a guest-physical address. */
bool nested_suffices(uint32_t rights, const access &access);

/* A translation of a linear address; key: the page's protection key. */
bool suffices(uint32_t rights, unsigned key, const access &access);

} // namespace tlb

#endif
