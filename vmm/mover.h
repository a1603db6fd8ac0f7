/* SPDX-License-Identifier: MIT */
/*
 * Whoever moves vCPUs between this machine's CPUs, at COM2: the same lines as lab/pcpu.sh takes
 * beside a QEMU, "VCPU CPU HOW", answered by one character (guests/pcpu.h).
 */
#ifndef VMM_MOVER_H
#define VMM_MOVER_H

#include "vmm/common.h"

#define COM2 0x2f8

/* pin: all vCPUs begin on the first CPU, and come back to it; else wherever the host likes. */
void mover_init(bool pin);

/* Are there several CPUs to move between? */
bool mover_works(void);

/* A register of COM2, 0 … 7. */
void mover_out(unsigned reg, uint8_t value);
uint8_t mover_in(unsigned reg);

#endif
