/* SPDX-License-Identifier: MIT */
/*
 * The log of dirty pages as rings, one for each vCPU, which say slot and page of each store that
 * was the first one (Linux, Documentation/virt/kvm/api.rst, "KVM_CAP_DIRTY_LOG_RING").
 */
#ifndef VMM_DIRTY_RING_H
#define VMM_DIRTY_RING_H

#include "vmm/common.h"

/* Bytes of a ring: a power of 2, more than what a CPU's own buffer (PML) may add at once. */
enum { DIRTY_RING_SIZE = 1 << 16 };

/* Maps the ring of a new vCPU, and unmaps it, if it has one. */
void dirty_ring_open(unsigned vcpu, int fd);
void dirty_ring_close(unsigned vcpu);

/* Takes all entries out of the rings, and says of each in which slot it is; the pages are clean
 * then. */
void dirty_rings_collect(unsigned vcpus, void (*dirty)(uint32_t slot));

#endif
