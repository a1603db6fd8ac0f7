/* SPDX-License-Identifier: MIT */
/*
 * The guest's memory: a file without a name, mapped once. Guest-physical address A is the byte A of
 * the mapping, whatever page of the file is behind it: so a page that the guest has can be another
 * one in the next moment, and the kernel tells KVM.
 */
#ifndef VMM_RAM_H
#define VMM_RAM_H

#include "vmm/common.h"

/* Memory of so many bytes, a multiple of 2 MiB, for the VM of that descriptor. */
void ram_create(int vm, uint64_t size);

uint64_t ram_size(void);

/* The bytes at a guest-physical address; NULL if they are not all in memory. */
void *ram_at(uint64_t address, uint64_t length);

/* The same of what the guest sees there, wherever the slot is; NULL: no memory. */
void *ram_seen_at(uint64_t address, uint64_t length);

/* ---- the file behind it ---- */

/* The file has twice as many bytes again, from ram_size() on, that the guest does not see. */

/* The bytes at an offset of the file, whatever the guest sees of them. */
void *ram_file(uint64_t offset);

/* Puts the file's bytes at that offset behind a guest-physical address, in one go. */
void ram_map(uint64_t address, uint64_t length, uint64_t offset);

/* Gives the file's pages back: they read as zeros, and whoever has them mapped loses them. */
void ram_drop(uint64_t offset, uint64_t length);

/* Makes large pages (2 MiB) of the small ones. False: the host's kernel has none for files. */
bool ram_collapse(uint64_t address, uint64_t length);

/* Puts the words that are not zero at `from` over those at `to`, or, with under, only where those
 * are zero. */
void ram_merge(uint64_t to, uint64_t from, uint64_t length, bool under);

/* Copies what there is in the file; what was never written to stays so. */
void ram_copy(uint64_t to, uint64_t from, uint64_t length);

/* ---- KVM's memory slots ---- */

/*
 * A slot of memory at a guest-physical address `at`, of the bytes that are at `address`; length 0
 * removes it. flags: KVM_MEM_…. False: KVM does not want it.
 */
bool ram_slot(uint32_t slot, uint64_t at, uint64_t address, uint64_t length, uint32_t flags);

/*
 * Is a page of a slot of 2 MiB in the bitmap of dirty pages? Which begins anew with that, or, if it
 * is cleared by a call of its own (vm_log_manual()), with clear alone.
 */
bool ram_log(uint32_t slot, bool clear);

/* The bytes at `address` are at the guest-physical address `at`, too, in SMM alone; length 0: not
 * any more. */
bool ram_slot_smm(uint64_t at, uint64_t address, uint64_t length);

/* Cuts the one slot of all memory in two, slots 0 and 1, with a gap between. */
void ram_split(uint64_t address, uint64_t length);

/*
 * From now on SMM sees the same slots, but that at `address` it sees the file's bytes from
 * ram_size() + address on.
 */
bool ram_second_space(uint64_t address, uint64_t length);

/* All slots once more, in another VM. */
void ram_move_to(int vm);

#endif
