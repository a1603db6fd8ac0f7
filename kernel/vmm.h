/* SPDX-License-Identifier: MIT */
/* The VMM below, if it is our own (vmm/): what the image asks it for. */
#ifndef KERNEL_VMM_H
#define KERNEL_VMM_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/vmm_protocol.h"

/* Is it ours? Looks once, at the first call. */
bool vmm_present(void);

/* A set of enum vmm_feature; 0 where it is not ours. */
uint32_t vmm_features(void);

/* Carries out a request, which must lie below 4 GiB. Returns its status. */
enum vmm_status vmm_ask(struct vmm_request *request);

/* Writes to its console: one exit, whatever the length (at most VMM_TEXT_MAX). */
bool vmm_write(const char *text, size_t length);

#endif
