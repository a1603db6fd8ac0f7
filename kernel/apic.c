/* SPDX-License-Identifier: MIT */
/* APM volume 2, chapter 16 "Advanced Programmable Interrupt Controller (APIC)". */
#include "kernel/apic.h"

#include <stdbool.h>

#include "kernel/pit.h"
#include "lib/msr.h"
#include "lib/pause.h"
#include "lib/port.h"

/* Registers: offsets in the page, 16.3.2 "APIC Registers"; MSR_X2APIC + offset / 16 in x2APIC mode
 */
#define APIC_ID		  0x020
#define APIC_TPR	  0x080
#define APIC_EOI	  0x0b0
#define APIC_SVR	  0x0f0
#define APIC_ICR	  0x300
#define APIC_ICR_HIGH	  0x310 /* not in x2APIC mode, where ICR has 64 bits */
#define APIC_LVT_TIMER	  0x320
#define APIC_LVT_LINT0	  0x350
#define APIC_TIMER_COUNT  0x380
#define APIC_TIMER_DIVIDE 0x3e0

#define SVR_ENABLE	  0x100
#define LVT_MASKED	  0x10000
#define TIMER_DIVIDE_1	  0x0b
#define ICR_INIT	  0x00500
#define ICR_STARTUP	  0x00600
#define ICR_PENDING	  0x01000
#define ICR_ASSERT	  0x04000
#define ICR_SELF	  0x40000

#define PIC1_COMMAND	  0x20
#define PIC1_DATA	  0x21
#define PIC2_COMMAND	  0xa0
#define PIC2_DATA	  0xa1
#define PIC_VECTORS	  0x20

static bool x2apic;
static uint64_t mmio;

static uint32_t read(unsigned reg)
{
	if (x2apic)
		return (uint32_t)rdmsr(MSR_X2APIC + reg / 16);
	return *(volatile uint32_t *)(mmio + reg);
}

static void write(unsigned reg, uint32_t value)
{
	if (x2apic)
		wrmsr(MSR_X2APIC + reg / 16, value);
	else
		*(volatile uint32_t *)(mmio + reg) = value;
}

/* Intel 8259A data sheet, "Initialization Command Words". Out of the exceptions' vectors, then
 * shut. */
static void pic_silence(void)
{
	outb(PIC1_COMMAND, 0x11); /* ICW1: edge, cascade, ICW4 follows */
	outb(PIC2_COMMAND, 0x11);
	outb(PIC1_DATA, PIC_VECTORS); /* ICW2 */
	outb(PIC2_DATA, PIC_VECTORS + 8);
	outb(PIC1_DATA, 0x04); /* ICW3: the second one hangs on input 2 */
	outb(PIC2_DATA, 0x02);
	outb(PIC1_DATA, 0x01); /* ICW4: 8086 mode */
	outb(PIC2_DATA, 0x01);
	outb(PIC1_DATA, 0xff); /* OCW1: all masked */
	outb(PIC2_DATA, 0xff);
}

void apic_init(void)
{
	uint64_t base = rdmsr(MSR_APIC_BASE);

	if (!(base & APIC_BASE_EN))
		wrmsr(MSR_APIC_BASE, base | APIC_BASE_EN);
	if (base & APIC_BASE_BSP) {
		x2apic = base & APIC_BASE_EXTD;
		mmio = base & APIC_BASE_ADDR;
		pic_silence();
	} else if (x2apic) { /* INIT leaves the mode alone, a reset does not: all CPUs in one mode
			      */
		wrmsr(MSR_APIC_BASE, base | APIC_BASE_EN | APIC_BASE_EXTD);
	}
	write(APIC_TPR, 0);
	write(APIC_LVT_TIMER, LVT_MASKED);
	write(APIC_LVT_LINT0, LVT_MASKED);
	write(APIC_SVR, SVR_ENABLE | APIC_SPURIOUS_VECTOR);
}

uint32_t apic_id(void)
{
	return x2apic ? read(APIC_ID) : read(APIC_ID) >> 24;
}

void apic_eoi(void)
{
	write(APIC_EOI, 0);
}

static void send(uint32_t destination, uint32_t command)
{
	if (x2apic) {
		wrmsr(MSR_X2APIC + APIC_ICR / 16, (uint64_t)destination << 32 | command);
		return;
	}
	write(APIC_ICR_HIGH, destination << 24);
	write(APIC_ICR, command);
	while (read(APIC_ICR) & ICR_PENDING)
		pause();
}

void apic_self_ipi(uint8_t vector)
{
	send(0, ICR_SELF | ICR_ASSERT | vector);
}

void apic_self_ipi_later(uint8_t vector, uint32_t ns)
{
	write(APIC_LVT_TIMER, vector); /* one shot */
	write(APIC_TIMER_DIVIDE, TIMER_DIVIDE_1);
	write(APIC_TIMER_COUNT, ns);
}

void apic_timer_stop(void)
{
	write(APIC_LVT_TIMER, LVT_MASKED);
	write(APIC_TIMER_COUNT, 0);
}

/* Delays: SDM volume 3A, "Typical BSP Initialization Sequence" of the chapter on multiple
 * processors */
void apic_init_sipi(uint32_t destination, uint32_t page)
{
	send(destination, ICR_ASSERT | ICR_INIT);
	pit_delay(10000);
	for (unsigned i = 0; i < 2; i++) {
		send(destination, ICR_ASSERT | ICR_STARTUP | page >> 12);
		pit_delay(200);
	}
}
