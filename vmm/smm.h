/* SPDX-License-Identifier: MIT */
/* System management mode: SMRAM that only it sees, with the first instruction of a handler. */
#ifndef VMM_SMM_H
#define VMM_SMM_H

#include "vmm/common.h"

/* Gives SMM an address space of its own. False: this KVM has none. */
bool smm_create(void);

/*
 * An SMI of that vCPU, taken before its next instruction. Its handler is the guest's code at that
 * address below 1 MiB, or does nothing (0). False: this KVM has none.
 */
bool smm_interrupt(unsigned vcpu, uint64_t handler);

#endif
