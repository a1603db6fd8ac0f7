/* SPDX-License-Identifier: MIT */
/*
 * The linear space that the image itself runs in: linear == physical for the first 4 GiB and for
 * all RAM above, below PML4 entry 1; everything writable and executable, supervisor, not global,
 * A and D set beforehand so that the CPU never writes to these tables. What is not RAM is
 * uncached.
 */
#ifndef KERNEL_PAGING_H
#define KERNEL_PAGING_H

#include <stdint.h>

/* Builds the tables and loads them into CR3 of this CPU. After memory_init(). */
void paging_init(void);

/* Physical address of the PML4. */
uint64_t paging_kernel_root(void);

/* Its entry 0, the only present one: other roots that the image shall survive on need it too. */
uint64_t paging_kernel_pml4e(void);

/*
 * What goes into entry 1 of each PML4, so that CPL 3 finds the first 512 GiB of physical memory
 * behind it, of which the image alone is there, read-only (guests/user.h).
 */
uint64_t paging_user_pml4e(void);
/* Physical address of the PD of the first GiB: the other modes with entries of 8 bytes can use it.
 */
uint64_t paging_kernel_pd(void);

/*
 * Physical address of a PAE root that maps the first GiB to itself, as it must be now. This CPU's:
 * what QEMU TCG sets there (guests/pdptes.h) would meet another's #VMEXIT, at which KVM loads it.
 */
uint64_t paging_pae_root(void);

#endif
