/* SPDX-License-Identifier: MIT */
#include "exec/ask_host.h"

#include "exec/real_world.h"
#include "guests/agent.h"
#include "kernel/vmm.h"
#include "model/lang/host_events.h"

static const uint8_t requests_of[NR_HOST_EVENTS] = {
	[HOST_DROP] = VMM_DROP,
	[HOST_SWAP] = VMM_SWAP,
	[HOST_MOVE] = VMM_MOVE,
	[HOST_SLOT_REMOVE] = VMM_SLOT_REMOVE,
	[HOST_SLOT_ADD] = VMM_SLOT_ADD,
	[HOST_SLOT_RO] = VMM_SLOT_RO,
	[HOST_SLOT_MOVE] = VMM_SLOT_MOVE,
	[HOST_SLOT_SMM] = VMM_SLOT_SMM,
	[HOST_COLLAPSE] = VMM_COLLAPSE,
	[HOST_SPLIT] = VMM_SPLIT,
	[HOST_LOG_ON] = VMM_LOG_ON,
	[HOST_LOG_MANUAL] = VMM_LOG_MANUAL,
	[HOST_LOG_ALL_SET] = VMM_LOG_ALL_SET,
	[HOST_LOG_RING] = VMM_LOG_RING,
	[HOST_NX_SPLIT] = VMM_NX_SPLIT,
	[HOST_NX_RECOVER] = VMM_NX_RECOVER,
	[HOST_LOG_CLEAR] = VMM_LOG_CLEAR,
	[HOST_LOG_OFF] = VMM_LOG_OFF,
	[HOST_AGE] = VMM_AGE,
	[HOST_PRESSURE] = VMM_PRESSURE,
	[HOST_SMI] = VMM_SMI,
	[HOST_SAVE] = VMM_SAVE,
};

static struct vmm_request requests[AGENT_RING];
static unsigned next;

bool host_acts(void)
{
	return vmm_features() & VMM_EVENTS;
}

bool host_begin(void)
{
	static bool known;
	static struct vmm_request frames = {.op = VMM_FRAMES};

	if (known)
		return true;
	frames.argument[0] = world_frames();
	frames.argument[1] = VMM_FRAME_SIZE;
	frames.argument[2] = NR_FRAMES; /* the last one is what is left behind */
	known = vmm_ask(&frames) == VMM_DONE;
	return known;
}

struct vmm_request *host_request(const struct step *step, uint64_t address)
{
	struct vmm_request *r = &requests[next++ % AGENT_RING];

	if (step->way == WAY_SAVE) {
		*r = (struct vmm_request){.op = VMM_SAVE_LOAD, .argument = {address}};
		return r;
	}
	if (step->op == OP_SMI) {
		*r = (struct vmm_request){.op = VMM_SMI, .argument = {address}};
		return r;
	}
	*r = (struct vmm_request){
		.op = step->op == OP_LOGGED ? VMM_LOGGED : requests_of[step->arg],
		.argument = {step->frame[0], step->frame[1]},
	};
	if (r->op == VMM_SLOT_MOVE || r->op == VMM_SLOT_SMM)
		r->argument[1] = world_piece_at_hole();
	return r;
}

void host_end(void)
{
	static struct vmm_request reset = {.op = VMM_RESET};

	vmm_ask(&reset);
}
