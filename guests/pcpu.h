/* SPDX-License-Identifier: MIT */
/*
 * Whoever moves our vCPUs between physical CPUs: a process beside the VM (lab/pcpu.sh), at the
 * other end of the second serial port. A request is a line of text, the answer one character.
 */
#ifndef GUESTS_PCPU_H
#define GUESTS_PCPU_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/pause.h"
#include "lib/port.h"

/* The 16550 at COM2: PC16550D data sheet, section 8 "Registers". */
#define PCPU_PORT   0x2f8
#define PCPU_LSR    (PCPU_PORT + 5)
#define PCPU_LSR_DR 0x01 /* a byte was received */

/* From the entry into L2, in ns; the request is sent, read and obeyed in less, and lab/pcpu.sh
 * waits longer. */
#define PCPU_TIMER 1000000000u

#define PCPU_MOVED '+'	       /* the answer, if all went well */
#define PCPU_HOME  ('-' - '0') /* in place of a physical CPU: where the vCPU began */

/* "VCPU CPU HOW\n", the first character in the lowest byte. stop: the whole VM stands still
 * until L1's timer (PCPU_TIMER) has expired, and the vCPU is on the other CPU when it goes on. */
static inline uint64_t pcpu_request(unsigned vcpu, int cpu, bool stop)
{
	const char text[] = {(char)('0' + vcpu), ' ', (char)('0' + cpu), ' ',
			     stop ? 's' : 'g',	 '\n'};
	uint64_t request = 0;

	for (unsigned i = sizeof(text); i--;)
		request = request << 8 | (uint8_t)text[i];
	return request;
}

static inline void pcpu_ask(uint64_t request)
{
	for (; request; request >>= 8)
		outb(PCPU_PORT, (uint8_t)request);
}

/* PCPU_MOVED, another answer, or PCPU_SILENT when none comes in a long while: each poll is an exit
 * to the VMM, of some microseconds on real machines and of more elsewhere. */
#define PCPU_SILENT   '!'
#define PCPU_PATIENCE 2000000
static inline uint8_t pcpu_answer(void)
{
	for (unsigned i = 0; i < PCPU_PATIENCE; i++) {
		if (inb(PCPU_LSR) & PCPU_LSR_DR)
			return inb(PCPU_PORT);
		pause();
	}
	return PCPU_SILENT;
}

#endif
