/* SPDX-License-Identifier: MIT */
/* Linux, Documentation/admin-guide/kernel-parameters.txt, kvm.nx_huge_pages and what follows. */
#include "vmm/nx_pages.h"

#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PARAMETER(name) "/sys/module/kvm/parameters/nx_huge_pages" name

/* Several periods of KVM's thread, which counts in ticks of 10 ms at most. */
enum { PATIENCE_NS = 50 * 1000 * 1000 };

static int pages = -1, ratio = -1, period = -1;
static bool forced, was_on;

static bool set(int file, const char *text)
{
	return file >= 0 && pwrite(file, text, strlen(text), 0) > 0;
}

void nx_pages_open(void)
{
	char now = 'N';

	pages = open(PARAMETER(), O_RDWR | O_CLOEXEC);
	ratio = open(PARAMETER("_recovery_ratio"), O_RDWR | O_CLOEXEC);
	period = open(PARAMETER("_recovery_period_ms"), O_RDWR | O_CLOEXEC);
	was_on = pages >= 0 && pread(pages, &now, sizeof(now), 0) == 1 && now == 'Y';
}

bool nx_pages_split(bool on)
{
	if (on == forced)
		return true;
	forced = on && set(pages, "force");
	return on ? forced : set(pages, was_on ? "force" : "off");
}

/* A shorter period wakes the thread; 0 is the default, and a ratio of 60, too. */
bool nx_pages_recover(void)
{
	const struct timespec patience = {.tv_nsec = PATIENCE_NS};
	const bool done = set(ratio, "1") && set(period, "1");

	nanosleep(&patience, NULL);
	return set(period, "0") && set(ratio, "60") && done;
}
