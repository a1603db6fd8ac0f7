/* SPDX-License-Identifier: MIT */
#include "model/lang/caps.h"

static const struct {
	const char *name, *remedy;
} caps[NR_CAPS] = {
#define X(id, name, remedy) [CAP_BIT_##id] = {name, remedy},
	CAPS(X)
#undef X
};

const char *cap_name(enum cap_bit bit)
{
	return caps[bit].name;
}

const char *cap_remedy(enum cap_bit bit)
{
	return caps[bit].remedy;
}
