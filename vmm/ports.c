/* SPDX-License-Identifier: MIT */
#include "vmm/ports.h"

#include <string.h>
#include <unistd.h>

#include "vmm/mover.h"
#include "vmm/request.h"
#include "vmm/uart.h"

/* kernel/power.c: how the image ends, its status and how much is added to it; and how it resets. */
#define EXIT_PORT   0xf4
#define EXIT_OFFSET 16
#define RESET_PORT  0xcf9

static bool in_range(unsigned port, unsigned base, unsigned nr)
{
	return port >= base && port < base + nr;
}

static void out(unsigned vcpu, unsigned port, unsigned size, uint32_t value)
{
	if (port == VMM_PORT && size == 4) {
		if (!request(vcpu, value))
			warn("vCPU %u: no request can lie at 0x%x", vcpu, value);
	} else if (in_range(port, COM1, UART_PORTS)) {
		uart_out(port - COM1, (uint8_t)value);
	} else if (in_range(port, COM2, UART_PORTS)) {
		mover_out(port - COM2, (uint8_t)value);
	} else if (port == EXIT_PORT) {
		_exit((uint8_t)value >= EXIT_OFFSET ? (uint8_t)value - EXIT_OFFSET : STATUS_ERROR);
	} else if (port == RESET_PORT) {
		_exit(0);
	}
}

static uint32_t in(unsigned port, unsigned size)
{
	if (port == VMM_PORT && size == 4)
		return VMM_MAGIC;
	if (in_range(port, COM1, UART_PORTS))
		return uart_in(port - COM1);
	if (in_range(port, COM2, UART_PORTS))
		return mover_in(port - COM2);
	return 0xffffffff; /* nobody there */
}

void ports_serve(unsigned vcpu, struct kvm_run *run)
{
	uint8_t *data = (uint8_t *)run + run->io.data_offset;

	for (uint32_t i = 0; i < run->io.count; i++, data += run->io.size) {
		uint32_t value = 0;

		if (run->io.direction == KVM_EXIT_IO_OUT) {
			memcpy(&value, data, run->io.size);
			out(vcpu, run->io.port, run->io.size, value);
		} else {
			value = in(run->io.port, run->io.size);
			memcpy(data, &value, run->io.size);
		}
	}
}
