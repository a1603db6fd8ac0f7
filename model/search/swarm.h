/* SPDX-License-Identifier: MIT */
/* Which features a random program has. */
#ifndef MODEL_SEARCH_SWARM_H
#define MODEL_SEARCH_SWARM_H

#include "model/search/generate.h"

/* Some of those that the host has the means for and that are not left out; wants a mode for them.
 */
features swarm(struct generator *g);

#endif
