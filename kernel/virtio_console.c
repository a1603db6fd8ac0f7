/* SPDX-License-Identifier: MIT */
#include "kernel/virtio_console.h"

#include <stdint.h>

#include "lib/cpuid.h"
#include "lib/pause.h"
#include "lib/string.h"

/* QEMU, hw/i386/microvm: where the transports are, and how many at most. */
#define TRANSPORT_BASE 0xfeb00000
#define TRANSPORT_SIZE 0x200
#define NR_TRANSPORTS  24

/* 4.2.2 "MMIO Device Register Layout" */
#define MAGIC_VALUE	0x000
#define VERSION		0x004
#define DEVICE_ID	0x008
#define DRIVER_FEATURES 0x020
#define DRIVER_SELECT	0x024
#define QUEUE_SELECT	0x030
#define QUEUE_SIZE	0x038
#define QUEUE_READY	0x044
#define QUEUE_NOTIFY	0x050
#define STATUS		0x070
#define QUEUE_DESC_LOW	0x080
#define QUEUE_AVAIL_LOW 0x090
#define QUEUE_USED_LOW	0x0a0

#define MAGIC		0x74726976
#define VERSION_MODERN	2
#define ID_CONSOLE	3

#define ACKNOWLEDGE	0x01 /* 2.1 "Device Status Field" */
#define DRIVER		0x02
#define DRIVER_OK	0x04
#define FEATURES_OK	0x08
#define FEATURE_V1_WORD 1 /* 6 "Reserved Feature Bits": VIRTIO_F_VERSION_1 is bit 32 */
#define FEATURE_V1	0x1

#define TRANSMIT_QUEUE	1	  /* 5.3.2 "Virtqueues": of port 0 */
#define AVAIL_NO_IRQ	1	  /* 2.7.6 "The Virtqueue Available Ring" */
#define PATIENCE	100000000 /* polls */

/* One descriptor is enough: each line is waited for. */
static struct {
	struct {
		uint64_t address;
		uint32_t length;
		uint16_t flags, next;
	} desc[1];
	struct {
		uint16_t flags, index, ring[1], used_event;
	} avail __attribute__((aligned(2)));
	struct {
		uint16_t flags, index;
		struct {
			uint32_t id, length;
		} ring[1];
		uint16_t avail_event;
	} used __attribute__((aligned(4)));
} queue __attribute__((aligned(16)));

static char buffer[VIRTIO_CONSOLE_MAX];
static volatile uint32_t *transport; /* NULL: no console */

static volatile uint32_t *find_console(void)
{
	for (unsigned i = 0; i < NR_TRANSPORTS; i++) {
		volatile uint32_t *at =
			(volatile uint32_t *)(uintptr_t)(TRANSPORT_BASE + i * TRANSPORT_SIZE);

		if (at[MAGIC_VALUE / 4] == MAGIC && at[VERSION / 4] == VERSION_MODERN &&
		    at[DEVICE_ID / 4] == ID_CONSOLE)
			return at;
	}
	return NULL;
}

static void set(unsigned where, uint32_t value)
{
	transport[where / 4] = value;
}

static void set_address(unsigned where, const void *what)
{
	set(where, (uint32_t)(uintptr_t)what);
	set(where + 4, (uint32_t)((uintptr_t)what >> 32));
}

bool virtio_console_init(void)
{
	transport = find_console();
	if (!transport)
		return false;
	set(STATUS, 0);
	set(STATUS, ACKNOWLEDGE | DRIVER);
	set(DRIVER_SELECT, 0);
	set(DRIVER_FEATURES, 0);
	set(DRIVER_SELECT, FEATURE_V1_WORD);
	set(DRIVER_FEATURES, FEATURE_V1);
	set(STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK);
	if (!(transport[STATUS / 4] & FEATURES_OK)) {
		transport = NULL;
		return false;
	}
	queue.avail.flags = AVAIL_NO_IRQ;
	set(QUEUE_SELECT, TRANSMIT_QUEUE);
	set(QUEUE_SIZE, 1);
	set_address(QUEUE_DESC_LOW, &queue.desc);
	set_address(QUEUE_AVAIL_LOW, &queue.avail);
	set_address(QUEUE_USED_LOW, &queue.used);
	set(QUEUE_READY, 1);
	set(STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
	return true;
}

bool virtio_console_write(const char *text, size_t length)
{
	uint16_t next = queue.avail.index + 1;

	if (!transport)
		return false;
	memcpy(buffer, text, length);
	queue.desc[0].address = (uintptr_t)buffer;
	queue.desc[0].length = (uint32_t)length;
	__atomic_store_n(&queue.avail.index, next, __ATOMIC_RELEASE);
	cpuid(0, 0); /* an exit before one that is emulated: docs/emulators.md, EXITINTINFO */
	set(QUEUE_NOTIFY, TRANSMIT_QUEUE);
	for (unsigned i = 0; i < PATIENCE; i++) {
		if (__atomic_load_n(&queue.used.index, __ATOMIC_ACQUIRE) == next)
			return true;
		pause();
	}
	transport = NULL;
	return false;
}
