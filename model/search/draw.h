/* SPDX-License-Identifier: MIT */
/*
 * Random steps. They know the pools and the features of the program under way, and need not be
 * allowed where it stands: generate.c keeps those that are.
 */
#ifndef MODEL_SEARCH_DRAW_H
#define MODEL_SEARCH_DRAW_H

#include "model/search/generate.h"

/* PCIDs of who runs. */
static inline const struct modes *running_modes(const struct generator *g)
{
	const struct state *now = &g->checked.now;

	return position_in_l2(&now->at) ? &now->l2[now->at.cpu][position_here(&now->at)->vm]
					: &now->l1[now->at.cpu];
}

static inline bool is_on(const struct generator *g, features f)
{
	return g->on & f;
}

static inline unsigned pool_of_cpus(const struct generator *g)
{
	return g->cpus < NR_CPUS ? g->cpus : NR_CPUS;
}

/* The flags that most of the program's entries have. */
void draw_flags(struct generator *g);
/* A rewrite of some entry, most often on the way of what runs. */
struct step draw_set(struct generator *g);
/* The leaf at the lowest level of that root's window gets something to look at. */
struct step draw_leaf_of(struct generator *g, struct root root, unsigned window);
/* An access through that window, of any kind. */
struct step draw_access(struct generator *g, unsigned window);
/* A look through that window, most often of the kind that looked before. */
struct step draw_look(struct generator *g, unsigned window);
/* What invalidates something, of any scope. */
struct step draw_flush(struct generator *g);
/* What leads to another place: an entry, an exit, another root, VM or vCPU. */
struct step draw_move(struct generator *g);
/* What fixes the paging modes: up to 2 steps of a header; returns how many. */
unsigned draw_header(struct generator *g, struct step steps[2]);

#endif
