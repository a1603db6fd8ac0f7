/* SPDX-License-Identifier: MIT */
/* Seconds of the machine itself: an emulator's may be longer or shorter than the wall's. */
#ifndef KERNEL_CLOCK_H
#define KERNEL_CLOCK_H

#include <stdint.h>

/* Cycles of the TSC in a second, measured against the PIT for some 20 ms; at least 1. */
uint64_t clock_tsc_hz(void);

#endif
