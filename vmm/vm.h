/* SPDX-License-Identifier: MIT */
/* The VM: KVM's interrupt controllers and timer, and what concerns it as a whole. */
#ifndef VMM_VM_H
#define VMM_VM_H

#include "vmm/common.h"

/* /dev/kvm, and a VM of it without memory and vCPUs. */
void vm_open(void);

int vm_kvm(void); /* descriptors */
int vm_fd(void);

/* Another VM in its place, as vm_open() makes it; the old one's descriptor is the caller's. */
void vm_renew(void);

/*
 * From the next vm_renew() on the VM's log of dirty pages is in rings (dirty_ring.h), or is not.
 * False: this KVM has none.
 */
bool vm_choose_ring(bool on);
bool vm_has_ring(void);

/* How the log's bitmaps are cleared and begin: KVM_DIRTY_LOG_…; 0: by reading them. False: not
 * here. */
bool vm_log_manual(uint64_t how);

/* The limit of shadow pages, down to the least that KVM allows and up again. */
bool vm_pressure(void);

#endif
