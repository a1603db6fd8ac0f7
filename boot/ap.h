/* SPDX-License-Identifier: MIT */
/* How an application processor finds its way into 64-bit mode. */
#ifndef BOOT_AP_H
#define BOOT_AP_H

#include <stdint.h>

/* Real-mode code; it is copied to a page below 1 MiB, whose number is the SIPI's vector. */
extern const uint8_t ap_trampoline[], ap_trampoline_end[];

/* What the next AP to be started takes; one at a time. */
struct ap_boot {
	uint64_t root;	     /* physical address of its PML4, below 4 GiB */
	uint64_t stack;	     /* its end */
	void (*entry)(void); /* called in 64-bit mode, interrupts off; must not return */
};

extern struct ap_boot ap_boot;

#endif
