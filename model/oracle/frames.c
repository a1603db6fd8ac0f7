/* SPDX-License-Identifier: MIT */
/*
 * What a frame shows. Host events change it below the VM: nothing that the guest may cache tells of
 * it, so whatever leads to the frame sees the new truth at once.
 */
#include "model/oracle/host_rules.h"
#include "model/oracle/oracle_state.h"

void frames_start(struct oracle *o)
{
	for (unsigned nr = 0; nr < NR_FRAMES; nr++)
		o->frames[nr] =
			(struct frame_state){.page = RESULT_FRAME(nr), .takes = RESULT_FRAME(nr)};
	o->logging = o->rings = false;
	o->frame_in_smm = 0;
}

/* What a look sees that gets to the frame. */
static uint32_t shows(const struct oracle *o, unsigned nr, bool store)
{
	const struct frame_state *f = &o->frames[nr];

	if (nr == FRAME_M && position_here(&o->at)->in_smm && o->frame_in_smm) {
		f = &o->frames[o->frame_in_smm - 1];
		return store ? f->takes : f->page;
	}
	for (unsigned other = 0; nr == FRAME_M && other < FRAME_M; other++)
		if (o->frames[other].slot == SLOT_ELSEWHERE)
			f = &o->frames[other];
	if (nr != FRAME_M && (f->slot == SLOT_GONE || f->slot == SLOT_ELSEWHERE ||
			      (f->slot == SLOT_READ_ONLY && store)))
		f = &o->frames[FRAME_M];
	return store ? f->takes : f->page;
}

uint32_t frames_shown(const struct oracle *o, uint32_t results, bool store)
{
	uint32_t shown = results & ~(uint32_t)RESULT_FRAMES;

	for (unsigned nr = 0; nr < NR_FRAMES; nr++)
		if (results & RESULT_FRAME(nr))
			shown |= shows(o, nr, store);
	return shown;
}

void frames_stored(struct oracle *o, uint32_t seen)
{
	for (unsigned nr = 0; nr < FRAME_M; nr++)
		if (o->frames[nr].slot == SLOT_THERE && o->frames[nr].takes == seen)
			o->frames[nr].written = true;
}

static const char no_log[] = "the host logs nothing: host log on first";

void frames_look_logged(struct oracle *o, unsigned nr, struct look *look)
{
	const bool written = o->frames[nr].written;

	if (!o->logging)
		o->why = no_log;
	look->current = written ? RESULT_LOGGED : RESULT_UNLOGGED;
	/* more in the log than was written is legal */
	look->legal = look->current | RESULT_LOGGED;
}

void frames_look_stolen(struct oracle *o, unsigned nr, struct look *look)
{
	if (o->frames[nr].slot != SLOT_THERE)
		o->why = "the host writes to memory only: host slot add first";
	look->legal = look->current =
		o->cpus[o->at.cpu].steals == nr + 1 ? RESULT_WRITTEN : RESULT_UNWRITTEN;
}

static void set_log(struct oracle *o, bool on)
{
	o->logging = on;
	for (unsigned nr = 0; nr < NR_FRAMES; nr++)
		o->frames[nr].written = false;
}

static void move_slot(struct oracle *o, struct frame_state *f)
{
	for (unsigned nr = 0; nr < FRAME_M; nr++)
		if (o->frames[nr].slot == SLOT_ELSEWHERE && &o->frames[nr] != f)
			o->why = "one slot at a time can be at page M";
	f->slot = SLOT_ELSEWHERE;
}

void frames_event(struct oracle *o, const struct step *step)
{
	struct frame_state *f = &o->frames[step->frame[0]], *g = &o->frames[step->frame[1]];
	const struct frame_state before = *f;

	switch (host_rules[step->arg].effect) {
	case HOST_NOTHING: break;
	case HOST_ZEROS: f->page = RESULT_ZERO; break;
	case HOST_EXCHANGED:
		f->page = g->page, f->takes = g->takes;
		g->page = before.page, g->takes = before.takes;
		break;
	case HOST_GONE: f->slot = SLOT_GONE; break;
	case HOST_THERE: f->slot = SLOT_THERE; break;
	case HOST_READ_ONLY: f->slot = SLOT_READ_ONLY; break;
	case HOST_ELSEWHERE: move_slot(o, f); break;
	case HOST_IN_SMM:
		if (o->frame_in_smm || o->logging)
			o->why = "one frame at a time can be SMM's page M, and none that is logged";
		o->frame_in_smm = (uint8_t)(step->frame[0] + 1);
		break;
	case HOST_LOG_BEGUN:
		if (o->frame_in_smm)
			o->why = "SMM's page M is not logged";
		o->rings |= step->arg == HOST_LOG_RING;
		if (o->rings && step->arg != HOST_LOG_RING)
			o->why = "a VM whose log is in rings has no bitmap";
		set_log(o, true);
		break;
	case HOST_LOG_CLEARED:
		if (!o->logging)
			o->why = no_log;
		else
			set_log(o, true);
		break;
	case HOST_LOG_ENDED: set_log(o, false); break;
	}
}
