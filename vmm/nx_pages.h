/* SPDX-License-Identifier: MIT */
/*
 * KVM's large pages that are not executable (its parameter nx_huge_pages, against an erratum of
 * some CPUs): one from which code is fetched is cut, and made whole again some time later.
 */
#ifndef VMM_NX_PAGES_H
#define VMM_NX_PAGES_H

#include "vmm/common.h"

/* Opens what it takes, which needs root. */
void nx_pages_open(void);

/* From now on it is so; or as it was at the start. False: this was not started as root. */
bool nx_pages_split(bool on);

/* All that were cut are made whole. False: the same, or a KVM that cannot be told when. */
bool nx_pages_recover(void);

#endif
