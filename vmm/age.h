/* SPDX-License-Identifier: MIT */
/*
 * Accessed bits harvested, as the host's kernel does to find out which memory is idle: KVM marks
 * what it has of those pages as not accessed, and need not flush.
 */
#ifndef VMM_AGE_H
#define VMM_AGE_H

#include "vmm/common.h"

/* Opens what it takes, which needs root. */
void age_open(void);

/* Of the guest's memory from that address on, page by page. False: the host's kernel has no
 * CONFIG_IDLE_PAGE_TRACKING, or this was not started as root. */
bool age_pages(uint64_t address, uint64_t length);

#endif
