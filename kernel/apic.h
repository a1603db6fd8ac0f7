/* SPDX-License-Identifier: MIT */
/* The local APIC, by MMIO (xAPIC) or MSRs (x2APIC), whichever mode the firmware left it in. */
#ifndef KERNEL_APIC_H
#define KERNEL_APIC_H

#include <stdint.h>

#define APIC_SPURIOUS_VECTOR 0xff

/* Enables this CPU's local APIC with all its local sources masked; on the boot CPU the two 8259s
 * are moved to vectors 0x20 to 0x2f and masked too. */
void apic_init(void);

/* This CPU's APIC ID. */
uint32_t apic_id(void);

void apic_eoi(void);
void apic_self_ipi(uint8_t vector);

/* The same to this one, by its timer: so many ns later under KVM, whose APICs count at 1 GHz. */
void apic_self_ipi_later(uint8_t vector, uint32_t ns);
/* To be called behind it: KVM starts a timer that has run down once more when a VM is restored. */
void apic_timer_stop(void);

/* Resets a CPU and starts it in real mode at page (a physical address below 1 MiB, 4 KiB aligned).
 * Takes some 10 ms. */
void apic_init_sipi(uint32_t apic_id, uint32_t page);

#endif
