/* SPDX-License-Identifier: MIT */
/*
 * The guest may write to its request at any time: it is read once, and what was read is checked and
 * carried out.
 */
#include "vmm/request.h"

#include <string.h>

#include "vmm/check_request.h"
#include "vmm/host_frames.h"
#include "vmm/mover.h"
#include "vmm/nx_pages.h"
#include "vmm/ram.h"
#include "vmm/save.h"
#include "vmm/smm.h"
#include "vmm/uart.h"
#include "vmm/vcpu.h"
#include "vmm/vm.h"

static enum vmm_status done_if(bool done)
{
	return done ? VMM_DONE : VMM_CANNOT;
}

static enum vmm_status create_frames(const struct vmm_request *r)
{
	vcpus_stop();
	frames_create(r->argument[0], (unsigned)r->argument[2]);
	vcpus_go();
	return VMM_DONE;
}

/* As it was started. */
static void reset(void)
{
	vcpus_stop();
	frames_reset();
	nx_pages_split(false);
	vcpus_go();
	if (vm_has_ring() && vm_choose_ring(false))
		vcpus_then(save_and_restore);
}

/* A slot that is not there for a moment must not be looked at; a CPU says what it has logged (PML)
 * as it leaves the guest. */
static bool quietly(bool (*how)(unsigned frame), unsigned frame)
{
	bool done;

	vcpus_stop();
	done = how(frame);
	vcpus_go();
	return done;
}

static enum vmm_status save(void (*how)(void))
{
	if (!save_works())
		return VMM_CANNOT;
	vcpus_then(how);
	return VMM_DONE;
}

static void begin_rings(void)
{
	save_and_restore();
	frames_log(LOG_RING);
}

static enum vmm_status log_by_rings(void)
{
	if (vm_has_ring())
		return done_if(frames_log(LOG_RING));
	return vm_choose_ring(true) && frames_log(LOG_NONE) ? save(begin_rings) : VMM_CANNOT;
}

static enum vmm_status log_in_bitmap(enum log_kind kind)
{
	return done_if(!vm_has_ring() && frames_log(kind));
}

static enum vmm_status save_load(unsigned vcpu, uint64_t address, volatile uint64_t *result)
{
	save_look(vcpu, address, result);
	return save(save_and_look);
}

/* result: where what is known only when it is over belongs. */
static enum vmm_status act(unsigned vcpu, struct vmm_request *r, volatile uint64_t *result)
{
	const unsigned a = (unsigned)r->argument[0], b = (unsigned)r->argument[1];

	switch (r->op) {
	case VMM_RESET: reset(); break;
	case VMM_DROP: frames_drop(a); break;
	case VMM_SWAP: frames_swap(a, b); break;
	case VMM_MOVE: frames_move(a); break;
	case VMM_SLOT_REMOVE: return done_if(frames_slot_remove(a));
	case VMM_SLOT_ADD: return done_if(quietly(frames_slot_add, a));
	case VMM_SLOT_RO: return done_if(quietly(frames_slot_ro, a));
	case VMM_SLOT_MOVE: return done_if(frames_slot_move(a, r->argument[1]));
	case VMM_SLOT_SMM: return done_if(smm_create() && frames_slot_smm(a, r->argument[1]));
	case VMM_COLLAPSE: return done_if(frames_collapse(a));
	case VMM_SPLIT: frames_split(a); break;
	case VMM_LOG_ON: return log_in_bitmap(LOG_BITMAP);
	case VMM_LOG_MANUAL: return log_in_bitmap(LOG_MANUAL);
	case VMM_LOG_ALL_SET: return log_in_bitmap(LOG_ALL_SET);
	case VMM_LOG_RING: return log_by_rings();
	case VMM_LOG_CLEAR: frames_log_clear(); break;
	case VMM_LOG_OFF: return done_if(frames_log(LOG_NONE));
	case VMM_LOGGED:
		r->result = vm_has_ring() ? quietly(frames_logged, a) : frames_logged(a);
		break;
	case VMM_SMI: return done_if(smm_interrupt(vcpu, r->argument[0]));
	case VMM_SAVE: return save(save_and_restore);
	case VMM_SAVE_LOAD: return save_load(vcpu, r->argument[0], result);
	case VMM_NX_SPLIT: return done_if(nx_pages_split(true));
	case VMM_NX_RECOVER: return done_if(nx_pages_recover());
	case VMM_AGE: return done_if(frames_age());
	case VMM_PRESSURE: return done_if(vm_pressure());
	default: return VMM_CANNOT;
	}
	return VMM_DONE;
}

static enum vmm_status carry_out(unsigned vcpu, struct vmm_request *r, volatile uint64_t *result)
{
	if (!check_request(r, ram_size(), frames_number()))
		return VMM_NONSENSE;
	switch (r->op) {
	case VMM_FEATURES: r->result = VMM_EVENTS | (mover_works() ? VMM_MOVES : 0); break;
	case VMM_WRITE:
		console_write(ram_at(r->argument[0], r->argument[1]), r->argument[1]);
		break;
	case VMM_FRAMES: return create_frames(r);
	default: return act(vcpu, r, result);
	}
	return VMM_DONE;
}

bool request(unsigned vcpu, uint32_t address)
{
	struct vmm_request *shared, r;

	if (!check_address(address, ram_size()))
		return false;
	shared = ram_at(address, sizeof(*shared));
	memcpy(&r, shared, sizeof(r));
	r.result = 0;
	r.status = carry_out(vcpu, &r, &shared->result);
	shared->result = r.result;
	__atomic_store_n(&shared->status, r.status, __ATOMIC_RELEASE);
	return true;
}
