/* SPDX-License-Identifier: MIT */
/*
 * Frames: pieces of the guest's memory that the host acts on, each with a memory slot of its own.
 * Numbers of frames are those of lib/vmm_protocol.h, and have been checked.
 */
#ifndef VMM_HOST_FRAMES_H
#define VMM_HOST_FRAMES_H

#include "vmm/common.h"

/* All of it stands still meanwhile: vcpus_stop(). */
void frames_create(uint64_t address, unsigned nr);

/* How many there are: 0 before frames_create(). */
unsigned frames_number(void);

/* Puts pages and slots back; what is in the pages stays, wherever the guest wrote it. */
void frames_reset(void);

void frames_drop(unsigned frame);
void frames_swap(unsigned a, unsigned b);
void frames_move(unsigned frame);

/* One page of 2 MiB, if the host's kernel has such for files (THP); and again many. */
bool frames_collapse(unsigned frame);
void frames_split(unsigned frame);

/* False: KVM does not do it here. */
bool frames_slot_remove(unsigned frame);
bool frames_slot_add(unsigned frame);
bool frames_slot_ro(unsigned frame);
bool frames_slot_move(unsigned frame, uint64_t to);
bool frames_slot_smm(unsigned frame, uint64_t at);

/* Dirty logging of all frames: lib/vmm_protocol.h. Of rings vcpus_stop() tells all that CPUs have
 * logged so far. */
enum log_kind { LOG_NONE, LOG_BITMAP, LOG_MANUAL, LOG_ALL_SET, LOG_RING };
bool frames_log(enum log_kind kind);

/* The accessed bits of all frames are harvested. False: not here. */
bool frames_age(void);

void frames_log_clear(void);
void frames_log_keep(void); /* what is in it now: the slots will be others */
bool frames_logged(unsigned frame);

#endif
