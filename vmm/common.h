/* SPDX-License-Identifier: MIT */
/* What all parts of the VMM share. */
#ifndef VMM_COMMON_H
#define VMM_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MAX_VCPUS = 64 };

enum { STATUS_USAGE = 2, STATUS_ERROR = 99 };

/* Says on standard error what is wrong, and ends: an error of ours, not of the host under test. */
_Noreturn void die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* One line on standard error. */
void warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* ioctl() that must succeed; what: its name, for the error. */
int must_ioctl(int fd, unsigned long request, void *argument, const char *what);

#endif
