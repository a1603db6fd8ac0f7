/* SPDX-License-Identifier: MIT */
/* The vCPUs: a thread each, which runs the guest and serves its exits. */
#ifndef VMM_VCPU_H
#define VMM_VCPU_H

#include <sys/types.h>

#include "vmm/common.h"
#include "vmm/image.h"

/* Makes the vCPUs: the first one at the entry, the others where they wait for INIT and SIPI. */
void vcpus_create(int kvm, int vm, unsigned nr, struct image_entry entry);

/* Starts their threads. */
void vcpus_start(void);

/* Runs vCPU 0 in this thread; the process ends with the VM. */
_Noreturn void vcpus_run(void);

unsigned vcpus_number(void);
int vcpu_fd(unsigned vcpu);
pid_t vcpu_thread(unsigned vcpu);

/* Ends what the vCPU is about after an exit that has been served: its next instruction's state. */
void vcpu_complete(unsigned vcpu);

/*
 * Does for the vCPU, this thread's, what KVM does in front of its next instruction, which is not
 * run.
 */
void vcpu_almost_enter(unsigned vcpu);

/* New vCPUs of another VM in the place of all. */
void vcpus_renew(int kvm, int vm);

/*
 * Of the thread that serves an exit: `what` is done when it has served it, while no vCPU is in
 * KVM_RUN and none has an exit to be served.
 */
void vcpus_then(void (*what)(void));

/*
 * Called by the thread of a vCPU: until vcpus_go() no other one is in KVM_RUN. Not to be called
 * twice at a time.
 */
void vcpus_stop(void);
void vcpus_go(void);

#endif
