/* SPDX-License-Identifier: MIT */
/* What KVM tells its guest of each vCPU, and takes from it: the steal-time area. */
#ifndef EXEC_PV_H
#define EXEC_PV_H

#include <stdbool.h>

/* Does the host say when it has preempted a vCPU, and flush that vCPU on demand? */
bool pv_present(void);

/* Hands this CPU's area to the host, or takes it back. */
void pv_arm(bool on);

/*
 * Waits until the host has preempted another CPU that was armed; with `flush` then asks it to flush
 * that vCPU's translations before it runs again. False: it did not preempt it in a long while.
 */
bool pv_wait_preempted(unsigned cpu, bool flush);

#endif
