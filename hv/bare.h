/* SPDX-License-Identifier: MIT */
/* L1 itself in a 32-bit paging mode. */
#ifndef HV_BARE_H
#define HV_BARE_H

#include "hv/hv.h"

/*
 * Has vm_create, vm_reset (MODE_PAE, MODE_32), set_root, enter, describe; all other verbs are NULL.
 * An enter always comes back with HV_EXIT_CALL. Only outside of VMX operation, where CR0.PG cannot
 * be cleared: hv->suspend() first.
 */
extern const struct hv hv_bare;

/* Where the 32-bit agent calls L1; its argument is the VM. */
void bare_leave(void);

/*
 * Runs 32-bit code in PAE mode on tables that map L1's memory to itself, with EDI = argument, both
 * below 4 GiB. It ends by calling bare_leave() with what bare_caller() returns, the CPU's own.
 */
void bare_call(void (*fn)(void), void *argument);
struct hv_vm *bare_caller(void);

#endif
