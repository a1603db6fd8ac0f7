/* SPDX-License-Identifier: MIT */
/* Pseudo-random numbers that a seed fixes: splitmix64. */
#ifndef MODEL_SEARCH_RANDOM_H
#define MODEL_SEARCH_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct random {
	uint64_t state;
};

/* Seeds that are near each other give sequences that are not. */
static inline struct random random_of(uint64_t seed, uint64_t nr)
{
	return (struct random){seed * 0x9e3779b97f4a7c15ull ^ nr * 0xd1342543de82ef95ull};
}

static inline uint64_t random_next(struct random *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

/* 0 … n-1; n at least 1 */
static inline unsigned random_below(struct random *r, unsigned n)
{
	return (unsigned)((random_next(r) >> 32) * n >> 32);
}

static inline bool random_chance(struct random *r, unsigned percent)
{
	return random_below(r, 100) < percent;
}

#endif
