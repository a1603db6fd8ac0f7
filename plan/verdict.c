/* SPDX-License-Identifier: MIT */
#include "plan/verdict.h"

enum form { FORM_ok, FORM_skip, FORM_red };

static const struct {
	const char *name, *directive;
	enum form form;
	enum power_status status;
} verdicts[NR_VERDICTS] = {
#define VERDICT(name_, form_, status_, directive_) \
	[VERDICT_##name_] = {#name_, directive_, FORM_##form_, (enum power_status)(status_)},
#include "plan/verdicts.def"
#undef VERDICT
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
	return verdicts[verdict].form != FORM_red;
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
