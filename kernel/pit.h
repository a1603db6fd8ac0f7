/* SPDX-License-Identifier: MIT */
/* The 8254 timer: the one clock whose rate needs no calibration. */
#ifndef KERNEL_PIT_H
#define KERNEL_PIT_H

/* Waits, polling, at least us microseconds (at most 50000); less where there is no such timer. */
void pit_delay(unsigned us);

#endif
