/* SPDX-License-Identifier: MIT */
/*
 * Output through a virtio console on the MMIO transport: one exit a line, where a 16550 costs one a
 * byte. On an emulated host that is most of a run's time.
 *
 * Virtual I/O Device (VIRTIO) Version 1.2, sections 2.7 "Split Virtqueues", 4.2 "Virtio Over MMIO"
 * and 5.3 "Console Device". Only what a console without interrupts needs.
 */
#ifndef KERNEL_VIRTIO_CONSOLE_H
#define KERNEL_VIRTIO_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Looks for a console among the transports at the places where QEMU's microvm machine has them, and
 * sets it up. False: there is none, or it does not want us. Only for a machine that is known to
 * have the transports there: elsewhere the addresses belong to something else.
 */
bool virtio_console_init(void);

/*
 * Writes length bytes (at most VIRTIO_CONSOLE_MAX) and waits until the device has them. False: it
 * does not take them; the console is then dead for good. Not to be called by two CPUs at a time.
 */
bool virtio_console_write(const char *text, size_t length);

#define VIRTIO_CONSOLE_MAX 1024

#endif
