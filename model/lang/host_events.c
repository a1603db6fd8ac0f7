/* SPDX-License-Identifier: MIT */
#include "model/lang/host_events.h"

#include <stddef.h>

const struct host_verb host_verbs[NR_HOST_EVENTS] = {
	[HOST_DROP] = {"drop", NULL, 1, true, false},
	[HOST_SWAP] = {"swap", NULL, 2, false, false},
	[HOST_MOVE] = {"move", NULL, 1, false, false},
	[HOST_SLOT_REMOVE] = {"slot", "remove", 1, true, false},
	[HOST_SLOT_ADD] = {"slot", "add", 1, false, false},
	[HOST_SLOT_RO] = {"slot", "ro", 1, false, false},
	[HOST_SLOT_MOVE] = {"slot", "move", 1, true, false},
	[HOST_SLOT_SMM] = {"slot", "smm", 1, true, false},
	[HOST_COLLAPSE] = {"collapse", NULL, 1, false, false},
	[HOST_SPLIT] = {"split", NULL, 1, false, false},
	[HOST_NX_SPLIT] = {"nx", "split", 0, false, false},
	[HOST_NX_RECOVER] = {"nx", "recover", 0, false, false},
	[HOST_LOG_ON] = {"log", "on", 0, false, false},
	[HOST_LOG_MANUAL] = {"log", "manual", 0, false, false},
	[HOST_LOG_ALL_SET] = {"log", "all-set", 0, false, false},
	[HOST_LOG_RING] = {"log", "ring", 0, false, true},
	[HOST_LOG_CLEAR] = {"log", "clear", 0, false, false},
	[HOST_LOG_OFF] = {"log", "off", 0, false, false},
	[HOST_AGE] = {"age", NULL, 0, false, false},
	[HOST_PRESSURE] = {"pressure", NULL, 0, false, false},
	[HOST_SMI] = {"smi", NULL, 0, false, false},
	[HOST_SAVE] = {"save", NULL, 0, false, true},
};
