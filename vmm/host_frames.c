/* SPDX-License-Identifier: MIT */
/*
 * Each frame has pages of the file, its home, and as many spare ones in the part of the file that
 * the guest does not see. What the guest has written wanders: `swap` exchanges who has which pages,
 * `move` takes a frame's pages to its spare ones and back.
 */
#include "vmm/host_frames.h"

#include <linux/kvm.h>
#include <string.h>

#include "lib/vmm_protocol.h"
#include "vmm/age.h"
#include "vmm/dirty_ring.h"
#include "vmm/ram.h"
#include "vmm/vcpu.h"
#include "vmm/vm.h"

enum { FIRST_SLOT = 2, SMALL_PAGE = 4096 };

static struct frame {
	uint64_t address; /* guest-physical, and its home's offset in the file */
	unsigned pages;	  /* whose pages are behind it: a frame's number */
	bool kept;   /* of the pages with this number: what was in them when they were dropped */
	bool away;   /* of the pages with this number: they are the spare ones */
	uint64_t at; /* where its slot is; NOWHERE */
	bool read_only;
	bool logged; /* since the last clear */
} frames[VMM_FRAMES_MAX];
static unsigned nr_frames;
static uint64_t mask; /* offset of what is put where pages were taken away */
static enum log_kind logging;
static bool in_smm; /* SMM has a slot of its own */

#define NOWHERE UINT64_MAX

static uint64_t offset_of(unsigned pages)
{
	return frames[pages].address + (frames[pages].away ? ram_size() : 0);
}

static bool set_slot(unsigned frame)
{
	const struct frame *f = &frames[frame];
	const uint32_t flags =
		(logging ? KVM_MEM_LOG_DIRTY_PAGES : 0) | (f->read_only ? KVM_MEM_READONLY : 0);

	return ram_slot(FIRST_SLOT + frame, f->at, f->address, VMM_FRAME_SIZE, flags);
}

static void note_dirty(uint32_t slot)
{
	const uint32_t frame = (uint16_t)slot - FIRST_SLOT; /* above are SMM's slots of the same */

	if (frame < nr_frames)
		frames[frame].logged = true;
}

static void read_log(unsigned frame, bool clear)
{
	if (logging == LOG_RING)
		dirty_rings_collect(vcpus_number(), note_dirty);
	else if (logging && frames[frame].at != NOWHERE && ram_log(FIRST_SLOT + frame, clear))
		frames[frame].logged = true;
}

static bool remove_slot(unsigned frame)
{
	read_log(frame, false);
	frames[frame].at = NOWHERE;
	return ram_slot(FIRST_SLOT + frame, frames[frame].address, frames[frame].address, 0, 0);
}

unsigned frames_number(void)
{
	return nr_frames;
}

void frames_create(uint64_t address, unsigned nr)
{
	nr_frames = nr - 1;
	mask = address + nr_frames * (uint64_t)VMM_FRAME_SIZE;
	ram_split(address, nr_frames * (uint64_t)VMM_FRAME_SIZE);
	for (unsigned i = 0; i < nr_frames; i++) {
		const uint64_t at = address + i * (uint64_t)VMM_FRAME_SIZE;

		frames[i] = (struct frame){.address = at, .pages = i, .at = at};
		set_slot(i);
	}
}

static void map(unsigned frame)
{
	ram_map(frames[frame].address, VMM_FRAME_SIZE, offset_of(frames[frame].pages));
}

static uint64_t kept_at(unsigned pages)
{
	return frames[pages].address + 2 * ram_size();
}

void frames_drop(unsigned frame)
{
	const unsigned pages = frames[frame].pages;

	ram_merge(kept_at(pages), offset_of(pages), VMM_FRAME_SIZE, false);
	frames[pages].kept = true;
	ram_drop(offset_of(pages), VMM_FRAME_SIZE);
}

static void fill_again(unsigned pages)
{
	ram_merge(offset_of(pages), kept_at(pages), VMM_FRAME_SIZE, true);
	ram_drop(kept_at(pages), VMM_FRAME_SIZE);
	frames[pages].kept = false;
}

void frames_swap(unsigned a, unsigned b)
{
	const unsigned pages = frames[a].pages;

	frames[a].pages = frames[b].pages;
	frames[b].pages = pages;
	map(a);
	map(b);
}

/* From home to the spare pages, or back; what is in the old ones stays there, too. */
static void carry(unsigned pages)
{
	const uint64_t from = offset_of(pages);

	frames[pages].away = !frames[pages].away;
	ram_drop(offset_of(pages), VMM_FRAME_SIZE);
	ram_copy(offset_of(pages), from, VMM_FRAME_SIZE);
}

void frames_move(unsigned frame)
{
	const unsigned pages = frames[frame].pages;
	const uint64_t old = offset_of(pages);

	carry(pages);
	map(frame);
	ram_copy(old, mask, VMM_FRAME_SIZE);
}

bool frames_collapse(unsigned frame)
{
	return ram_collapse(frames[frame].address, VMM_FRAME_SIZE);
}

/* A hole in a large page cuts it; the first page of a frame is nobody's. */
void frames_split(unsigned frame)
{
	ram_drop(offset_of(frames[frame].pages), SMALL_PAGE);
}

bool frames_slot_remove(unsigned frame)
{
	return remove_slot(frame);
}

/* A slot's flags and place: it goes, and comes back so. */
static bool put_slot(unsigned frame, uint64_t at, bool read_only)
{
	struct frame *f = &frames[frame];

	if (f->at == at && f->read_only == read_only)
		return true;
	if (f->at != NOWHERE)
		remove_slot(frame);
	f->at = at;
	f->read_only = read_only;
	return set_slot(frame);
}

bool frames_slot_add(unsigned frame)
{
	return put_slot(frame, frames[frame].address, false);
}

bool frames_slot_ro(unsigned frame)
{
	return put_slot(frame, frames[frame].address, true);
}

/* One call where there is a slot: KVM moves it. */
bool frames_slot_move(unsigned frame, uint64_t to)
{
	struct frame *f = &frames[frame];

	if (f->at == NOWHERE || f->read_only)
		return put_slot(frame, to, false);
	f->at = to;
	return set_slot(frame);
}

bool frames_slot_smm(unsigned frame, uint64_t at)
{
	in_smm = true;
	return ram_slot_smm(at, frames[frame].address, VMM_FRAME_SIZE);
}

static bool set_log(enum log_kind kind)
{
	bool done = true;

	logging = kind;
	for (unsigned i = 0; i < nr_frames; i++) {
		frames[i].logged = false;
		if (frames[i].at != NOWHERE)
			done &= set_slot(i);
	}
	return done;
}

bool frames_log(enum log_kind kind)
{
	static const uint64_t manual[] = {
		[LOG_MANUAL] = KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE,
		[LOG_ALL_SET] = KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE | KVM_DIRTY_LOG_INITIALLY_SET,
		[LOG_RING] = 0,
	};

	return (logging == kind || set_log(LOG_NONE)) && vm_log_manual(manual[kind]) &&
	       set_log(kind);
}

bool frames_age(void)
{
	bool done = true;

	for (unsigned i = 0; i < nr_frames; i++)
		done &= age_pages(frames[i].address, VMM_FRAME_SIZE);
	return done;
}

void frames_log_clear(void)
{
	for (unsigned i = 0; i < nr_frames; i++) {
		read_log(i, logging == LOG_MANUAL || logging == LOG_ALL_SET);
		frames[i].logged = false;
	}
}

void frames_log_keep(void)
{
	for (unsigned i = 0; i < nr_frames; i++)
		read_log(i, false);
}

bool frames_logged(unsigned frame)
{
	read_log(frame, false);
	return frames[frame].logged;
}

void frames_reset(void)
{
	if (logging)
		frames_log(LOG_NONE);
	if (in_smm)
		ram_slot_smm(0, 0, 0);
	in_smm = false;
	for (unsigned i = 0; i < nr_frames; i++) {
		const bool elsewhere = frames[i].pages != i || frames[i].away;

		put_slot(i, frames[i].address, false);
		if (frames[i].kept)
			fill_again(i);
		if (frames[i].away)
			carry(i);
		frames[i].pages = i;
		if (elsewhere)
			map(i);
	}
}
