/* SPDX-License-Identifier: MIT */
#include "vmm/check_request.h"

enum { PAGE = 4096, REAL_MODE = 1 << 20 /* where its addresses end */ };

/* What each request's arguments are. */
enum shape {
	UNKNOWN, /* no request */
	NOTHING,
	TEXT,
	AREA,	       /* of VMM_FRAMES */
	EVENT,	       /* nothing, but there must be frames */
	FRAME,	       /* a frame */
	FRAME_FRAME,   /* two that differ */
	HANDLER,       /* a page below 1 MiB, or 0; and there must be frames */
	FRAME_ADDRESS, /* a frame, and where it shall be: outside of memory */
};

static const unsigned char shapes[NR_VMM_OPS] = {
	[VMM_FEATURES] = NOTHING,
	[VMM_WRITE] = TEXT,
	[VMM_FRAMES] = AREA,
	[VMM_RESET] = EVENT,
	[VMM_DROP] = FRAME,
	[VMM_SWAP] = FRAME_FRAME,
	[VMM_MOVE] = FRAME,
	[VMM_SLOT_REMOVE] = FRAME,
	[VMM_COLLAPSE] = FRAME,
	[VMM_SPLIT] = FRAME,
	[VMM_SLOT_ADD] = FRAME,
	[VMM_SLOT_RO] = FRAME,
	[VMM_SLOT_MOVE] = FRAME_ADDRESS,
	[VMM_SLOT_SMM] = FRAME_ADDRESS,
	[VMM_LOG_ON] = EVENT,
	[VMM_LOG_MANUAL] = EVENT,
	[VMM_LOG_ALL_SET] = EVENT,
	[VMM_LOG_RING] = EVENT,
	[VMM_LOG_CLEAR] = EVENT,
	[VMM_LOG_OFF] = EVENT,
	[VMM_LOGGED] = FRAME,
	[VMM_NX_SPLIT] = EVENT,
	[VMM_NX_RECOVER] = EVENT,
	[VMM_AGE] = EVENT,
	[VMM_PRESSURE] = EVENT,
	[VMM_SMI] = HANDLER,
	[VMM_SAVE] = EVENT,
	[VMM_SAVE_LOAD] = EVENT,
};

static bool in_memory(uint64_t address, uint64_t length, uint64_t memory)
{
	return address <= memory && length <= memory - address;
}

/* Above all memory, below where a PC has its devices. */
#define DEVICES 0xfe000000ull

static bool is_free(uint64_t address, uint64_t memory)
{
	return address >= memory && address <= DEVICES - VMM_FRAME_SIZE && !(address % PAGE);
}

bool check_request(const struct vmm_request *r, uint64_t memory, unsigned frames)
{
	const uint64_t a = r->argument[0], b = r->argument[1], c = r->argument[2];

	switch (r->op < NR_VMM_OPS ? shapes[r->op] : UNKNOWN) {
	case NOTHING: return true;
	case TEXT: return b <= VMM_TEXT_MAX && in_memory(a, b, memory);
	case AREA:
		return !frames && !(a % VMM_FRAME_SIZE) && a && b == VMM_FRAME_SIZE && c >= 2 &&
		       c <= VMM_FRAMES_MAX && in_memory(a, b * c, memory);
	case EVENT: return frames;
	case HANDLER: return frames && a < REAL_MODE && !(a % PAGE);
	case FRAME: return a < frames;
	case FRAME_FRAME: return a < frames && b < frames && a != b;
	case FRAME_ADDRESS: return a < frames && is_free(b, memory);
	default: return false;
	}
}

bool check_address(uint64_t address, uint64_t memory)
{
	return !(address % 8) && in_memory(address, sizeof(struct vmm_request), memory);
}
