/* SPDX-License-Identifier: MIT */
/* Verdicts, as verdicts.def has them. */
#ifndef PLAN_VERDICT_H
#define PLAN_VERDICT_H

#include <stdbool.h>

#include "kernel/power.h"

enum verdict {
#define VERDICT(name, form, status, directive) VERDICT_##name,
#include "plan/verdicts.def"
#undef VERDICT
	/* clang-format off */
	NR_VERDICTS
	/* clang-format on */
};

/* Its name, in capitals. */
const char *verdict_name(enum verdict verdict);

/* How KTAP has it: "ok" or "not ok"; and what stands before its text, such as " # SKIP VACUOUS: ".
 */
bool verdict_is_ok(enum verdict verdict);
const char *verdict_directive(enum verdict verdict);

/* The status of a run with so many of each. */
enum power_status verdict_status(const unsigned counts[NR_VERDICTS]);

#endif
