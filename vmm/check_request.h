/* SPDX-License-Identifier: MIT */
/* Does a request make sense? Nothing here touches the VM: it is tested alone. */
#ifndef VMM_CHECK_REQUEST_H
#define VMM_CHECK_REQUEST_H

#include <stdbool.h>

#include "lib/vmm_protocol.h"

/* memory: bytes of it; frames: how many there are, 0 before VMM_FRAMES. */
bool check_request(const struct vmm_request *r, uint64_t memory, unsigned frames);

/* Can a request lie there? */
bool check_address(uint64_t address, uint64_t memory);

#endif
