/* SPDX-License-Identifier: MIT */
/* What KVM tells its guest of each vCPU, and takes from it: the steal-time area. */
#ifndef EXEC_PV_H
#define EXEC_PV_H

#include <stdbool.h>
#include <stdint.h>

/* Bytes of an area; where in it is what the host counts up as it writes, 4 bytes. */
enum { PV_AREA_SIZE = 64, PV_AREA_VERSION = 8 };

/* Does the host say when it has preempted a vCPU, and flush that vCPU on demand? */
bool pv_present(void);

/* Hands this CPU's area to the host, or takes it back. */
void pv_arm(bool on);

/* This CPU's area is at that address from now on, a multiple of its size. */
void pv_move(uint64_t address);

/*
 * Waits until the host has preempted another CPU that was armed; with `flush` then asks it to flush
 * that vCPU's translations before it runs again. False: it did not preempt it in a long while.
 */
bool pv_wait_preempted(unsigned cpu, bool flush);

#endif
