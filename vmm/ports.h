/* SPDX-License-Identifier: MIT */
/* The I/O ports that the VMM answers; PIC, PIT and APICs are in the kernel. */
#ifndef VMM_PORTS_H
#define VMM_PORTS_H

#include <linux/kvm.h>

#include "vmm/common.h"

/* Serves a KVM_EXIT_IO. Ends the process when the guest does. */
void ports_serve(unsigned vcpu, struct kvm_run *run);

#endif
