/* SPDX-License-Identifier: MIT */
/*
 * The guest's console, on standard output: whole lines by a request, and a UART at COM1 for what
 * comes before them, and for an image that does not know the VMM.
 */
#ifndef VMM_UART_H
#define VMM_UART_H

#include "vmm/common.h"

/* Returns when all of it is written. */
void console_write(const void *text, size_t length);

#define UART_PORTS 8
#define COM1	   0x3f8

/* A register of COM1, 0 … 7. */
void uart_out(unsigned reg, uint8_t value);
uint8_t uart_in(unsigned reg);

#endif
