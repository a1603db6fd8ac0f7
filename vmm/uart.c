/* SPDX-License-Identifier: MIT */
/*
 * The UART is as much of a 16550 (PC16550D data sheet, section 8 "Registers") as a guest that polls
 * needs: what is sent is gone at once, nothing is ever received.
 */
#include "vmm/uart.h"

#include <errno.h>
#include <unistd.h>

enum { DATA, IER, IIR_FCR, LCR, MCR, LSR, MSR, SCRATCH };

#define IIR_FIFO_NONE 0xc1 /* FIFOs on, no interrupt pending */
#define LCR_DLAB      0x80
#define LSR_EMPTY     0x60 /* transmitter's FIFO and shift register */

static uint8_t registers[UART_PORTS];
static char line[256];
static size_t length;

void console_write(const void *text, size_t size)
{
	const char *next = text;

	while (size) {
		ssize_t written = write(STDOUT_FILENO, next, size);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			_exit(STATUS_ERROR); /* nobody listens */
		next += written;
		size -= (size_t)written;
	}
}

static void put(char c)
{
	line[length++] = c;
	if (c == '\n' || length == sizeof(line)) {
		console_write(line, length);
		length = 0;
	}
}

void uart_out(unsigned reg, uint8_t value)
{
	if (reg == DATA && !(registers[LCR] & LCR_DLAB))
		put((char)value);
	else
		registers[reg] = value;
}

uint8_t uart_in(unsigned reg)
{
	switch (reg) {
	case DATA: return 0;
	case IIR_FCR: return IIR_FIFO_NONE;
	case LSR: return LSR_EMPTY;
	default: return registers[reg];
	}
}
