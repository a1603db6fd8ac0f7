/* SPDX-License-Identifier: MIT */
/* What QEMU TCG does to the PDPTEs of PAE mode, and its repair. */
#ifndef GUESTS_PDPTES_H
#define GUESTS_PDPTES_H

#include <stdbool.h>

#include "lib/page.h"

/*
 * QEMU TCG sets the accessed bit in a PDPTE of PAE mode, which has none: there the bit is reserved
 * and makes the next load of the PDPTEs fail (SDM vol. 3, "PDPTE Registers"). Clears it in all
 * four; does not touch what is right. Returns whether something was wrong.
 */
static inline bool pdptes_repair(uint64_t *pdpt)
{
	bool wrong = false;

	for (unsigned i = 0; i < 4; i++) {
		if (pdpt[i] & PTE_A) {
			pdpt[i] &= ~(uint64_t)PTE_A;
			wrong = true;
		}
	}
	return wrong;
}

#endif
