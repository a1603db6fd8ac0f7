/* SPDX-License-Identifier: MIT */
/* Drives one L2: hands its agent actions and enters it until they are carried out. */
#ifndef EXEC_L2_H
#define EXEC_L2_H

#include <stdbool.h>
#include <stddef.h>

#include "guests/agent.h"
#include "hv/hv.h"

struct l2 {
	const struct hv *hv;
	struct hv_vm *vm;
	struct agent *agent;
	bool is_64bit;
	struct agent_entry entry; /* of the agent that runs */
	bool spoilt; /* the CPU below was seen to set bits in PDPTEs, since the reset */
};

/* Allocates what an L2 needs; it keeps it for good. */
void l2_create(struct l2 *l2, const struct hv *hv);

/* L2 as it is before its first instruction, as the header says. On the CPU it belongs to. */
void l2_reset(struct l2 *l2, struct header header);

/* Puts an action behind those that wait in the mailbox. The copy that is returned has the outcome
 * once L2 ran; it stays valid for AGENT_RING further actions. */
struct action *mailbox_post(struct mailbox *mailbox, const struct action *action);

/*
 * Enters L2 until its mailbox is empty. A nested fault ends the action under way, and L2 goes on
 * behind it. Unless `when` is HV_INTERRUPT_NONE an interrupt is sent to L1 first (…_LATER: the
 * timer will send it), and the exit for it is the end. On the CPU it belongs to, interrupts off.
 * Returns false when something happened that nobody expected; then `why` says what, and all of the
 * VM's state is on the console if it was an exit.
 */
bool l2_run(struct l2 *l2, enum hv_interrupt when, char *why, size_t size);

/* An entry that fails, for that reason. False: it did not. The same conditions. */
bool l2_fail(struct l2 *l2, enum failing why);

#endif
