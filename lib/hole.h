/* SPDX-License-Identifier: MIT */
#ifndef LIB_HOLE_H
#define LIB_HOLE_H

/* Page M: above the memory of a VM of less than 3 GiB, below where firmware puts devices. */
#define HOLE 0xd0000000ull

#endif
