/* SPDX-License-Identifier: MIT */
/*
 * The handler of SMIs: an agent (guests/agent.h) that runs in SMM, in 64-bit mode on L1's tables,
 * a CPU's own. What is posted to its mailbox is carried out at the next SMI that goes to
 * smi_entry(), up to an ACTION_RSM.
 */
#ifndef EXEC_SMI_H
#define EXEC_SMI_H

#include "guests/agent.h"

/* Allocates a CPU's handler. */
struct agent *smi_create(void);

/* Nothing is posted. */
void smi_reset(struct agent *handler);

/*
 * Where the next SMI's handler begins, in real mode, below 1 MiB: it is that one, and runs on that
 * CR3. 0: there is no such page.
 */
uint64_t smi_entry(struct agent *handler, uint64_t cr3);

#endif
