/* SPDX-License-Identifier: MIT */
/* The console: a 16550 UART at COM1, 115200 8N1, polled. Lines end in "\n" alone. */
#ifndef KERNEL_CONSOLE_H
#define KERNEL_CONSOLE_H

#include <stdarg.h>
#include <stddef.h>

/* Sets the UART up and begins a line: firmware may have left its cursor in one. this_cpu() must
 * work by then. */
void console_init(void);

void console_putc(char c);

/*
 * The next line waits for the one behind it, and costs no exit of its own: for what nobody needs to
 * know before that.
 */
void console_join(void);

/* Waits (bounded) until the last byte has left the UART: a VM that ends drops what is queued. */
void console_drain(void);

/*
 * The console's lock, for output that must not be torn apart by another CPU. It nests on one CPU,
 * so an exception handler may print although its CPU held the lock when it trapped.
 */
void console_lock(void);
void console_unlock(void);

/*
 * printf's subset: %d %i %u %x %X %p %s %c %% with flags '-' and '0', a width, a precision for
 * %s (each a number or '*'), and the lengths l, ll and z. One call is one uninterrupted output.
 * Usable on every CPU and in exception handlers.
 */
__attribute__((format(printf, 1, 2))) void printk(const char *fmt, ...);
void vprintk(const char *fmt, va_list args);

/* As C99's snprintf: at most size bytes with the NUL; returns the length the whole text has. */
__attribute__((format(printf, 3, 4))) int snprintk(char *buf, size_t size, const char *fmt, ...);
int vsnprintk(char *buf, size_t size, const char *fmt, va_list args);

#endif
