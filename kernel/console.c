/* SPDX-License-Identifier: MIT */
/*
 * A 16550 UART (National Semiconductor PC16550D data sheet, section 8 "Registers"), or what costs
 * an exit a line and not a byte: our own VMM's console, or, where the command line says
 * console=virtio, a virtio console.
 */
#include "kernel/console.h"

#include "kernel/cmdline.h"
#include "kernel/cpu.h"
#include "kernel/virtio_console.h"
#include "kernel/vmm.h"
#include "lib/pause.h"
#include "lib/port.h"

#define COM1	       0x3f8

#define UART_DATA      0 /* DLAB = 1: divisor, low byte */
#define UART_IER       1 /* DLAB = 1: divisor, high byte */
#define UART_IIR       2 /* read */
#define UART_FCR       2 /* write */
#define UART_LCR       3
#define UART_MCR       4
#define UART_LSR       5

#define IIR_FIFO       0xc0 /* both set: the FIFOs are on and work */
#define FCR_ENABLE     0x01
#define FCR_CLEAR      0x06
#define LCR_8N1	       0x03
#define LCR_DLAB       0x80
#define MCR_DTR_RTS    0x03
#define LSR_THRE       0x20 /* transmitter FIFO empty */
#define LSR_TEMT       0x40 /* and the shift register too */
#define FIFO_SIZE      16
#define DIVISOR_115200 1

#define PATIENCE       1000000 /* polls until we go on without the UART */

static unsigned fifo_size = 1;
static unsigned fifo_room;
static unsigned owner; /* of the lock: CPU's id + 1, or 0 */
static unsigned depth;
static bool (*write_line)(const char *text, size_t length); /* NULL: byte by byte to the UART */
static char line[VIRTIO_CONSOLE_MAX];
static unsigned line_length;
static bool joined; /* the line under way waits for the next one */

void console_init(void)
{
	outb(COM1 + UART_IER, 0);
	outb(COM1 + UART_LCR, LCR_DLAB);
	outb(COM1 + UART_DATA, DIVISOR_115200);
	outb(COM1 + UART_IER, 0);
	outb(COM1 + UART_LCR, LCR_8N1);
	outb(COM1 + UART_MCR, MCR_DTR_RTS);
	outb(COM1 + UART_FCR, FCR_ENABLE | FCR_CLEAR);
	if ((inb(COM1 + UART_IIR) & IIR_FIFO) == IIR_FIFO)
		fifo_size = FIFO_SIZE;
	if (vmm_present())
		write_line = vmm_write;
	else if (cmdline_flag("console=virtio") && virtio_console_init())
		write_line = virtio_console_write;
	console_putc('\n');
}

static void wait(uint8_t lsr)
{
	for (unsigned i = 0; i < PATIENCE && !(inb(COM1 + UART_LSR) & lsr); i++)
		pause();
}

/* Asks for room once per FIFO, not once per byte: in a VM each port access is an exit. */
static void uart_put(char c)
{
	if (!fifo_room) {
		wait(LSR_THRE);
		fifo_room = fifo_size;
	}
	fifo_room--;
	outb(COM1 + UART_DATA, (uint8_t)c);
}

static void flush_line(void)
{
	if (!write_line(line, line_length))
		write_line = NULL;
	for (unsigned i = 0; !write_line && i < line_length; i++)
		uart_put(line[i]);
	line_length = 0;
}

void console_putc(char c)
{
	console_lock();
	if (!write_line) {
		uart_put(c);
	} else {
		line[line_length++] = c;
		if ((c == '\n' && !joined) || line_length == sizeof(line))
			flush_line();
		joined &= c != '\n';
	}
	console_unlock();
}

void console_join(void)
{
	joined = true;
}

void console_drain(void)
{
	if (line_length)
		flush_line();
	wait(LSR_TEMT);
}

void console_lock(void)
{
	unsigned me = this_cpu()->id + 1, nobody = 0;

	if (__atomic_load_n(&owner, __ATOMIC_RELAXED) == me) {
		depth++;
		return;
	}
	while (!__atomic_compare_exchange_n(&owner, &nobody, me, false, __ATOMIC_ACQUIRE,
					    __ATOMIC_RELAXED)) {
		nobody = 0;
		pause();
	}
	depth = 1;
}

void console_unlock(void)
{
	if (--depth == 0)
		__atomic_store_n(&owner, 0, __ATOMIC_RELEASE);
}
