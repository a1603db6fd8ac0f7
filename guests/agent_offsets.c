/* SPDX-License-Identifier: MIT */
#include "guests/agent.h"
#include "guests/user.h"
#include "lib/offsets.h"
#include "lib/rflags.h"

void agent_offsets(void);

void agent_offsets(void)
{
	CONSTANT(AGENT_BLOCK_SIZE);
	CONSTANT(USER_IMAGE);
	CONSTANT(RFLAGS_R1);
}
