/* SPDX-License-Identifier: MIT */
/* Looks from CPL 3: see user.S. */
#ifndef GUESTS_USER_H
#define GUESTS_USER_H

#include <stdint.h>

/* Linear address of physical address 0 for CPL 3: entry 1 of each PML4 (kernel/paging.h). */
#define USER_IMAGE (1ull << 39)

/*
 * Runs one of the codes below at CPL 3, with its address and value. stack: where RSP0 of this CPU's
 * TSS lies. Ends with an exception: at user_end, seen from CPL 3, when all went well; then RAX is
 * what was loaded, or what the function at address returned.
 */
_Noreturn void user_run(const void *code, uint64_t address, uint64_t value, uint64_t stack);

extern const char user_load[], user_store[], user_fetch[], user_end[];

#endif
