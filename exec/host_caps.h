/* SPDX-License-Identifier: MIT */
/* What this machine can do: asked of CPUID, the backend, the platform and the command line, once.
 */
#ifndef EXEC_HOST_CAPS_H
#define EXEC_HOST_CAPS_H

#include <stdbool.h>

#include "hv/hv.h"

/*
 * The capabilities (enum cap, model/lang/caps.h) of the machine and of what stands beside it.
 * hv: NULL where there is none. fep: the host is said to carry out forced-emulation prefixes.
 * pcpus: somebody moves vCPUs (lab/pcpu.sh). After exec_init().
 */
uint32_t host_caps(const struct hv *hv, bool fep, bool pcpus);

#endif
