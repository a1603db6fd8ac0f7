/* SPDX-License-Identifier: MIT */
#include "kernel/clock.h"

#include "kernel/pit.h"
#include "lib/pause.h"

#define MEASURED_US 20000

uint64_t clock_tsc_hz(void)
{
	const uint64_t begin = rdtsc_ordered();

	pit_delay(MEASURED_US);
	return (rdtsc_ordered() - begin) * (1000000 / MEASURED_US) + 1;
}
