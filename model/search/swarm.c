/* SPDX-License-Identifier: MIT */
#include "model/search/swarm.h"

const char *const feature_names[NR_FEATURES] = {
#define X(id, name) [FEATURE_##id] = name,
	FEATURES(X)
#undef X
};

enum feature feature_named(const char *name, size_t length)
{
	unsigned f = 0;

	for (; f < NR_FEATURES; f++) {
		const char *of = feature_names[f];
		size_t i = 0;

		while (i < length && of[i] && of[i] == name[i])
			i++;
		if (i == length && !of[i])
			break;
	}
	return (enum feature)f;
}

/* What seldom comes together by itself, and some of it must; with the mode it wants, if any. */
static const struct profile {
	features on;
	uint8_t mode;
} profiles[] = {
	{FEATURE(TLBCTL) | FEATURE(INVVPID) | FEATURE(TAGS), MODE_LONG},
	{FEATURE(TLBCTL) | FEATURE(INVVPID) | FEATURE(ROOTS), MODE_LONG},
	{FEATURE(TLBCTL) | FEATURE(INVVPID) | FEATURE(INVLPGA) | FEATURE(VMS), MODE_LONG},
	{FEATURE(TLBCTL) | FEATURE(GLOBAL) | FEATURE(TAGS), MODE_LONG},
	{FEATURE(INVVPID) | FEATURE(UNTAGGED) | FEATURE(GLOBAL), MODE_LONG},
	{FEATURE(NESTED) | FEATURE(INVEPT) | FEATURE(TLBCTL), MODE_LONG},
	{FEATURE(NESTED) | FEATURE(NROOTS) | FEATURE(INVEPT) | FEATURE(EPT_AD), MODE_LONG},
	{FEATURE(NESTED) | FEATURE(NROOTS) | FEATURE(VMFUNC), MODE_LONG},
	{FEATURE(NESTED) | FEATURE(VMFUNC) | FEATURE(UNTAGGED), MODE_LONG},
	{FEATURE(NESTED) | FEATURE(VMFUNC) | FEATURE(UNTAGGED) | FEATURE(EPT_AD), MODE_LONG},
	{FEATURE(NESTED) | FEATURE(UPPER) | FEATURE(LARGE), MODE_LONG},
	{FEATURE(NESTED) | FEATURE(RO) | FEATURE(STORE), MODE_LONG},
	{FEATURE(NESTED) | FEATURE(XO) | FEATURE(FETCH) | FEATURE(INVEPT), MODE_LONG},
	{FEATURE(NESTED) | FEATURE(NONE) | FEATURE(RO) | FEATURE(STORE), MODE_LONG},
	{FEATURE(NONE) | FEATURE(RO) | FEATURE(NX) | FEATURE(STORE) | FEATURE(FETCH), MODE_LONG},
	{FEATURE(PCID) | FEATURE(INVPCID) | FEATURE(ROOTS), MODE_LONG},
	{FEATURE(PCID) | FEATURE(PGE) | FEATURE(INVLPG) | FEATURE(GLOBAL) | FEATURE(ROOTS),
	 MODE_LONG},
	{FEATURE(PCID) | FEATURE(ROOTS) | FEATURE(NONE) | FEATURE(RO), MODE_LONG},
	{FEATURE(ROOTS) | FEATURE(UPPER) | FEATURE(CR3), MODE_LONG},
	{FEATURE(ROOTS) | FEATURE(TAGS) | FEATURE(CR3), MODE_LONG},
	{FEATURE(ROOTS) | FEATURE(WP) | FEATURE(SMEP) | FEATURE(SMAP) | FEATURE(USER), MODE_LONG},
	{FEATURE(HOLE) | FEATURE(IO) | FEATURE(ROOTS), MODE_LONG},
	{FEATURE(BITS) | FEATURE(CLEAR_AD) | FEATURE(STORE), MODE_LONG},
	{FEATURE(BITS) | FEATURE(CLEAR_AD) | FEATURE(STORE) | FEATURE(NESTED) | FEATURE(EPT_AD),
	 MODE_LONG},
	{FEATURE(CYCLE) | FEATURE(PGE), MODE_PAE},
	{FEATURE(CYCLE), MODE_PAE},
	{FEATURE(UPPER) | FEATURE(CR3) | FEATURE(PGE) | FEATURE(SMEP), MODE_PAE},
	{FEATURE(UPPER) | FEATURE(LARGE) | FEATURE(ROOTS), MODE_32},
	{FEATURE(CPUS) | FEATURE(PV), MODE_LONG},
	{FEATURE(CPUS) | FEATURE(NESTED) | FEATURE(INVEPT) | FEATURE(TLBCTL), MODE_LONG},
	{FEATURE(PENDING) | FEATURE(FAILING) | FEATURE(TAGS) | FEATURE(TLBCTL), MODE_LONG},
	{FEATURE(UPPER) | FEATURE(WAYS), MODE_LONG},
	{FEATURE(CYCLE) | FEATURE(INVLPG), MODE_32},
	{FEATURE(WINDOWS) | FEATURE(INVLPG) | FEATURE(CR3), MODE_32},
	{FEATURE(VMS) | FEATURE(WP) | FEATURE(RO) | FEATURE(STORE), MODE_LONG},
	{FEATURE(SMEP) | FEATURE(SMAP) | FEATURE(USER) | FEATURE(FETCH), MODE_LONG},
	{FEATURE(LARGE) | FEATURE(CLEAR_AD) | FEATURE(RO) | FEATURE(STORE) | FEATURE(WINDOWS),
	 MODE_LONG},
	{FEATURE(UPPER) | FEATURE(WINDOWS) | FEATURE(NONE) | FEATURE(INVLPG), MODE_LONG},
	{FEATURE(IO) | FEATURE(WP) | FEATURE(SMAP) | FEATURE(RO) | FEATURE(STORE), MODE_LONG},
	{FEATURE(IO) | FEATURE(NXE) | FEATURE(NX) | FEATURE(FETCH), MODE_LONG},
	{FEATURE(FEP) | FEATURE(CR3) | FEATURE(INVLPG), MODE_LONG},
	{FEATURE(HOST), MODE_LONG},
	{FEATURE(HOST) | FEATURE(STORE), MODE_LONG},
	{FEATURE(HOST) | FEATURE(STORE) | FEATURE(NESTED), MODE_LONG},
	{FEATURE(HOST) | FEATURE(ROOTS), MODE_LONG},
	{FEATURE(HOST) | FEATURE(NESTED) | FEATURE(NROOTS), MODE_LONG},
	{FEATURE(HOST) | FEATURE(HOLE) | FEATURE(WINDOWS), MODE_LONG},
	{FEATURE(HOST) | FEATURE(HOLE) | FEATURE(SMM), MODE_LONG},
	{FEATURE(HOST) | FEATURE(CPUS), MODE_LONG},
	{FEATURE(PCPUS) | FEATURE(HOST) | FEATURE(STORE), MODE_LONG},
};
enum { NR_PROFILES = sizeof(profiles) / sizeof(profiles[0]) };

/* What would be on in vain on this host. */
static features lacking(const struct generator *g)
{
	static const struct {
		enum cap cap;
		features on;
	} needs[] = {
		{CAP_NPT, FEATURE(NESTED) | FEATURE(NROOTS)},
		{CAP_EPT_XO, FEATURE(XO)},
		{CAP_VMFUNC, FEATURE(VMFUNC)},
		{CAP_UNTAGGED, FEATURE(UNTAGGED)},
		{CAP_PCID, FEATURE(PCID)},
		{CAP_FEP, FEATURE(FEP)},
		{CAP_PVFLUSH, FEATURE(PV)},
		{CAP_HOST, FEATURE(HOST) | FEATURE(SMM)},
		{CAP_PCPUS, FEATURE(PCPUS)},
	};
	features lacks = g->cpus > 1 ? 0 : FEATURE(CPUS) | FEATURE(PV);

	for (unsigned i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
		if (!caps_have(&g->caps, needs[i].cap))
			lacks |= needs[i].on;
	return lacks;
}

static const struct profile *some_profile(struct generator *g, features lacks)
{
	const struct profile *profile;

	do
		profile = &profiles[random_below(&g->random, NR_PROFILES)];
	while (profile->on & lacks);
	return profile;
}

features swarm(struct generator *g)
{
	static const features always = (FEATURE(FAULT_GONE) << 1) - FEATURE(LEGACY_INVLPG);
	const features lacks = lacking(g);
	const bool profiled = random_chance(&g->random, 60);
	features on = 0;

	g->wanted = MODE_LONG;
	if (random_chance(&g->random, 10))
		return always & ~g->left_out;
	if (profiled) {
		const struct profile *profile = some_profile(g, lacks);

		on = profile->on;
		g->wanted = profile->mode;
	}
	for (unsigned f = 0; f < NR_FEATURES; f++)
		if (random_chance(&g->random, profiled ? 15 : 30))
			on |= (features)1 << f;
	/* what other features stand on is on more often, and what stands on few of them */
	if (random_chance(&g->random, 40))
		on |= FEATURE(NESTED);
	if ((on & FEATURE(NESTED)) && random_chance(&g->random, 40))
		on |= FEATURE(NROOTS);
	/* and what few hosts have, where it is there */
	if ((on & FEATURE(PV)) || random_chance(&g->random, 50))
		on |= FEATURE(CPUS);
	if (random_chance(&g->random, 40))
		on |= FEATURE(FEP) | FEATURE(PCPUS);
	return (on | always) & ~lacks & ~g->left_out;
}
