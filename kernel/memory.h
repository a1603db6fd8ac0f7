/* SPDX-License-Identifier: MIT */
/* Physical memory, handed out once and never taken back. */
#ifndef KERNEL_MEMORY_H
#define KERNEL_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Takes over the usable memory of boot_info between 1 MiB and 4 GiB, less the image itself
 * and its module. */
void memory_init(void);

/*
 * Returns size bytes (> 0) of zeroed memory below 4 GiB at a multiple of align (a power of two).
 * The pointer is also the physical address. The caller owns it for good. Panics when there is
 * none left. For the boot CPU only, or under the caller's own lock.
 */
void *memory_alloc(size_t size, size_t align);

/* The same without zeroing: for large blocks of which little is touched (each page that is touched
 * costs L0 a fault). */
void *memory_reserve(size_t size, size_t align);

/* Does the firmware's map call any of it memory? */
bool memory_is_ram(uint64_t base, uint64_t end);

/* Bytes not yet handed out; they need not be contiguous. */
size_t memory_left(void);

#endif
