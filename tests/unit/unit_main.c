/* SPDX-License-Identifier: MIT */
/* All unit tests. Exit code: the number of failures, 255 at most. */
#include "tests/unit/play.h"

int main(void)
{
	int failures = 0;

	failures += test_parse();
	failures += test_access();
	failures += test_program();
	failures += test_rules();
	failures += test_bits();
	failures += test_host_events();
	failures += test_traps();
	failures += test_judge();
	failures += test_finding();
	failures += test_classes();
	failures += test_modes();
	failures += test_intel();
	failures += test_intel_parse();
	failures += test_search();
	failures += test_toy();
	failures += test_laws();
	failures += test_planted_rows();
	failures += test_scenarios();
	return failures < 255 ? failures : 255;
}
