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

/* A parameter of KVM's, and its text as it was at the start. */
static struct parameter {
	int file;
	char text[16];
} pages = {-1, ""}, ratio = {-1, ""}, period = {-1, ""};
static bool forced;

static bool set(const struct parameter *p, const char *text)
{
	return p->file >= 0 && pwrite(p->file, text, strlen(text), 0) > 0;
}

static void open_parameter(struct parameter *p, const char *path)
{
	ssize_t length = -1;

	p->file = open(path, O_RDWR | O_CLOEXEC);
	if (p->file >= 0)
		length = pread(p->file, p->text, sizeof(p->text) - 1, 0);
	p->text[length < 0 ? 0 : length] = '\0';
}

void nx_pages_open(void)
{
	open_parameter(&pages, PARAMETER());
	open_parameter(&ratio, PARAMETER("_recovery_ratio"));
	open_parameter(&period, PARAMETER("_recovery_period_ms"));
}

bool nx_pages_split(bool on)
{
	const bool done = on == forced || set(&pages, on ? "force" : pages.text);

	if (done)
		forced = on;
	return done;
}

/* A shorter period wakes the thread. */
bool nx_pages_recover(void)
{
	const struct timespec patience = {.tv_nsec = PATIENCE_NS};
	const bool done = set(&ratio, "1") && set(&period, "1");

	nanosleep(&patience, NULL);
	return set(&period, period.text) && set(&ratio, ratio.text) && done;
}
