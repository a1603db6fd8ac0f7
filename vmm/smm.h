/* SPDX-License-Identifier: MIT */
/* System management mode: SMRAM that only it sees, with a handler in it that does nothing. */
#ifndef VMM_SMM_H
#define VMM_SMM_H

#include "vmm/common.h"

/* An SMI of that vCPU, taken before its next instruction. False: this KVM has none. */
bool smm_interrupt(unsigned vcpu);

#endif
