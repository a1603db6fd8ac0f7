/* SPDX-License-Identifier: MIT */
/* What the VMM gives up once all is set up. */
#ifndef VMM_SANDBOX_H
#define VMM_SANDBOX_H

/*
 * From here on all threads of the process are nobody's (if it was root), gain no privileges by any
 * program, and have only the system calls that running a VM takes. A kernel without one of these
 * leaves it out.
 */
void sandbox_enter(void);

#endif
