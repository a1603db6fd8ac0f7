/* SPDX-License-Identifier: MIT */
/* What the guest asks for by VMM_PORT. */
#ifndef VMM_REQUEST_H
#define VMM_REQUEST_H

#include "lib/vmm_protocol.h"
#include "vmm/common.h"

/*
 * Carries out the request at that guest-physical address and answers it there. Called by the thread
 * of a vCPU, one at a time. Returns false if there can be no request at that address.
 */
bool request(unsigned vcpu, uint32_t address);

#endif
