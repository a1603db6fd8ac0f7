/* SPDX-License-Identifier: MIT */
#include "plan/verdict.h"

static const struct {
	const char *name;
	const char *directive;
	bool ok;		  /* to any reader of KTAP: passed, or skipped */
	enum power_status status; /* of a run that has it; the worst counts */
} verdicts[NR_VERDICTS] = {
	[VERDICT_PASS] = {"PASS", "", true, STATUS_CLEAN},
	[VERDICT_VACUOUS] = {"VACUOUS", " # SKIP VACUOUS: ", true, STATUS_NOTHING},
	[VERDICT_SKIP] = {"SKIP", " # SKIP ", true, STATUS_NOTHING},
	[VERDICT_KNOWN] = {"KNOWN", " # SKIP KNOWN ", true, STATUS_NOTHING},
	[VERDICT_ERROR] = {"ERROR", " # ERROR ", false, STATUS_ERROR},
	[VERDICT_CRASH] = {"CRASH", " # CRASH ", false, STATUS_WRONG},
	[VERDICT_WILD] = {"WILD", " # WILD ", false, STATUS_WRONG},
	[VERDICT_LEAK] = {"LEAK", " # LEAK ", false, STATUS_WRONG},
	[VERDICT_STALE] = {"STALE", " # STALE ", false, STATUS_WRONG},
};

const char *verdict_name(enum verdict verdict)
{
	return verdicts[verdict].name;
}

const char *verdict_directive(enum verdict verdict)
{
	return verdicts[verdict].directive;
}

bool verdict_is_ok(enum verdict verdict)
{
	return verdicts[verdict].ok;
}

enum power_status verdict_status(const unsigned counts[NR_VERDICTS])
{
	/* what is wrong with the host first, then what is wrong with us, then what passed */
	static const enum power_status order[] = {STATUS_WRONG, STATUS_ERROR, STATUS_CLEAN};

	for (unsigned i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		for (unsigned v = 0; v < NR_VERDICTS; v++)
			if (counts[v] && verdicts[v].status == order[i])
				return order[i];
	return STATUS_NOTHING;
}
