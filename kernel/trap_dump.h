/* SPDX-License-Identifier: MIT */
#ifndef KERNEL_TRAP_DUMP_H
#define KERNEL_TRAP_DUMP_H

#include "kernel/trap.h"

/* Prints all there is to know about an exception that nobody expected and ends the VM (status 99).
 */
_Noreturn void trap_dump(const struct trap_frame *frame);

#endif
