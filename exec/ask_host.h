/* SPDX-License-Identifier: MIT */
/* What a program asks of the host: the VMM below (kernel/vmm.h) acts on the world's frames. */
#ifndef EXEC_ASK_HOST_H
#define EXEC_ASK_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/vmm_protocol.h"
#include "model/lang/program.h"

/* Does the VMM do such things? */
bool host_acts(void);

/* The frames are the VMM's to act on. Once before the first step; false: it does not want them. */
bool host_begin(void);

/*
 * The request that a step OP_HOST, OP_LOGGED, OP_SMI (address: its handler) or a look by WAY_SAVE
 * is, for whoever sends it. It is good until so many others were made as fit into a mailbox.
 */
struct vmm_request *host_request(const struct step *step, uint64_t address);

/* All frames where they were, but for what is in them. */
void host_end(void);

#endif
