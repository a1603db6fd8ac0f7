/* SPDX-License-Identifier: MIT */
/*
 * The VM is saved and goes on as another: a new VM with new vCPUs, which get all that KVM gives of
 * the old ones, nested state with it. The memory stays where it is. So is a VM migrated, but that
 * both ends are here.
 */
#ifndef VMM_SAVE_H
#define VMM_SAVE_H

#include "vmm/common.h"

/* Can this host's KVM give and take nested state? */
bool save_works(void);

/* Called by the thread of a vCPU, with all vCPUs out of KVM_RUN and none with an exit to be served.
 */
void save_and_restore(void);

/*
 * The same, and then KVM's own walk of that vCPU's tables: the bytes that the guest has at the
 * linear address of the last save_look(), before any vCPU has run again.
 */
void save_and_look(void);
void save_look(unsigned vcpu, uint64_t address, volatile uint64_t *result);

#endif
