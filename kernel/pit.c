/* SPDX-License-Identifier: MIT */
/* Intel 8254 data sheet, "Mode definitions": in mode 0, OUT rises when the count is over. */
#include "kernel/pit.h"

#include "lib/pause.h"
#include "lib/port.h"

#define PIT_HZ	      1193182UL
#define PIT_CHANNEL2  0x42
#define PIT_COMMAND   0x43
#define PIT_CH2_MODE0 0xb0 /* channel 2, low then high byte, mode 0, binary */

#define PORT_B	      0x61 /* PC/AT system control port B */
#define PORT_B_GATE2  0x01
#define PORT_B_SPKR   0x02
#define PORT_B_OUT2   0x20

#define PATIENCE      10000000

void pit_delay(unsigned us)
{
	unsigned long count = us * PIT_HZ / 1000000 + 1;

	outb(PORT_B, (inb(PORT_B) & ~PORT_B_SPKR) | PORT_B_GATE2);
	outb(PIT_COMMAND, PIT_CH2_MODE0);
	outb(PIT_CHANNEL2, (uint8_t)count);
	outb(PIT_CHANNEL2, (uint8_t)(count >> 8));
	for (unsigned i = 0; i < PATIENCE && !(inb(PORT_B) & PORT_B_OUT2); i++)
		pause();
}
