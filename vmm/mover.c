/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "vmm/mover.h"

#include <sched.h>
#include <string.h>
#include <time.h>

#include "vmm/vcpu.h"

enum { DATA, LSR = 5 };

#define LSR_EMPTY    0x60
#define LSR_RECEIVED 0x01

/* `s`: the VM stands still while a timer that it has set, PCPU_TIMER of guests/pcpu.h, expires. */
#define STILL ((struct timespec){.tv_sec = 1, .tv_nsec = 200000000})

static cpu_set_t allowed, home;
static char line[16];
static unsigned length;
static char answer; /* 0: none waits */

void mover_init(bool pin)
{
	sched_getaffinity(0, sizeof(allowed), &allowed);
	home = allowed;
	for (unsigned cpu = 0; pin && cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &allowed))
			continue;
		CPU_ZERO(&home);
		CPU_SET(cpu, &home);
		sched_setaffinity(0, sizeof(home), &home); /* and so of the threads to come */
		return;
	}
}

bool mover_works(void)
{
	return CPU_COUNT(&allowed) > 1;
}

/* The Nth of the CPUs that this process may use. */
static bool nth_cpu(unsigned n, cpu_set_t *set)
{
	for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &allowed) || n--)
			continue;
		CPU_ZERO(set);
		CPU_SET(cpu, set);
		return true;
	}
	return false;
}

static bool move(const char *text)
{
	const unsigned vcpu = (unsigned)(text[0] - '0');
	const bool still = text[4] == 's';
	cpu_set_t set = home;
	bool moved;

	if (vcpu >= vcpus_number() || text[1] != ' ' || text[3] != ' ' ||
	    (!still && text[4] != 'g'))
		return false;
	if (text[2] != '-' && !nth_cpu((unsigned)(text[2] - '0'), &set))
		return false;
	if (still) {
		vcpus_stop();
		nanosleep(&STILL, NULL);
	}
	moved = !sched_setaffinity(vcpu_thread(vcpu), sizeof(set), &set);
	if (still)
		vcpus_go();
	return moved;
}

void mover_out(unsigned reg, uint8_t value)
{
	if (reg != DATA)
		return;
	if (value != '\n') {
		if (length < sizeof(line) - 1)
			line[length++] = (char)value;
		return;
	}
	answer = length == strlen("V C H") && move(line) ? '+' : '-';
	length = 0;
}

uint8_t mover_in(unsigned reg)
{
	uint8_t value = (uint8_t)answer;

	if (reg == LSR)
		return (uint8_t)(LSR_EMPTY | (answer ? LSR_RECEIVED : 0));
	if (reg == DATA)
		answer = 0;
	return reg == DATA ? value : 0;
}
