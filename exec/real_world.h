/* SPDX-License-Identifier: MIT */
/*
 * The world of a program in real memory: sentinel frames, windows, table pages.
 *
 * Each program gets table pages and linear addresses that no recent program used, so that what a
 * broken host still holds of one program cannot be taken for another's.
 */
#ifndef EXEC_REAL_WORLD_H
#define EXEC_REAL_WORLD_H

#include "hv/hv.h"
#include "model/lang/world.h"

/* Where things lie in a frame (bytes). Every word of 4 bytes but these names the frame. */
enum {
	FRAME_LOAD = 0x100,   /* what a load looks at */
	FRAME_STORES = 0x200, /* slots of 8 bytes, whose first 4 stores may hit */
	FRAME_STORE_SLOTS = 256,
	FRAME_STEAL = 0xc00, /* steal-time areas, one for each vCPU */
	FRAME_CODE = 0xf00,  /* a function that returns the frame's name in EAX */
};

/* Allocates frames and the pool of table pages. hv: NULL where there is none. */
void world_init(const struct hv *hv);

/* A new world for a program: fresh tables for all roots and entries it names, linked, all leaves
 * not present. */
void world_start(const struct program *program);

/* The number of this world. May it have an address in common with one since number `since`, of a
 * program whose L2 was in the same mode? */
unsigned world_turn(void);
bool world_repeats(unsigned since);
/* The same of L1's own addresses. */
bool world_repeats_own(unsigned since);

/* Linear address of w<window> in L1 (SPACE_H) or L2 (SPACE_G), the same in both while L2 is in L1's
 * mode; guest-physical address of p<window>. */
uint64_t world_linear(enum space space, unsigned window);
uint64_t world_guest_physical(unsigned window);

/* Physical address of a root's top table: what CR3 or nCR3 points at. */
uint64_t world_root(struct root root);

/* Where an entry lies in memory (linear == physical in L1 and L2), and how many bytes it has. */
uint64_t world_entry(struct entry_ref entry);
unsigned world_entry_size(struct entry_ref entry);

/* The raw form of a value in that entry. */
uint64_t world_encode(struct entry_ref entry, const struct value *value);

/* The accessed and dirty bits of an entry whose lower half that is: a result (RESULT_BITS_OF). */
uint32_t world_bits(struct entry_ref entry, uint32_t raw);

/* Before L2 is entered, and after: PDPTEs as they must be (guests/pdptes.h).
 * Returns whether one was wrong. */
bool world_repair(void);

/* What a load or a fetch found by that name, or what was hit by that store: a result (RESULT_…,
 * model/oracle/oracle.h). A store that hit no frame went to page M, if the program has one. */
bool world_has_hole(void);  /* is there a page M? */
bool world_uses_hole(void); /* does the program name it? Then the host may emulate its looks. */
uint32_t world_loaded(uint32_t name);
uint32_t world_fetched(uint32_t name);
uint32_t world_stored(unsigned slot, uint32_t token);

/* Of a frame's piece of memory (VMM_FRAME_SIZE): the first one's address; and where one lies whose
 * page is at page M. */
uint64_t world_frames(void);
uint64_t world_piece_at_hole(void);

/* Physical address of a frame. */
uint64_t world_frame(unsigned nr);

/* Can nested windows be had with this CPU's physical-address width? (36 bits and more) */
bool world_has_nested_windows(void);

#endif
