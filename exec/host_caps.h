/* SPDX-License-Identifier: MIT */
/* What this machine can do: asked of CPUID, the backend, the platform and the command line, once.
 */
#ifndef EXEC_HOST_CAPS_H
#define EXEC_HOST_CAPS_H

#include <stdbool.h>

#include "hv/hv.h"
#include "model/lang/caps.h"

/*
 * The capabilities of the machine and of what stands beside it. hv: NULL where there is none.
 * fep: the host is said to carry out forced-emulation prefixes. pcpus: somebody moves vCPUs
 * (lab/pcpu.sh). After exec_init().
 */
struct caps host_caps(const struct hv *hv, bool fep, bool pcpus);

/* Takes "NAME,NAME" out of the set: what run.sh has found the host unfit for. Returns NULL, or
 * where there is a name that is no capability's. */
const char *host_caps_drop(struct caps *caps, const char *names);

#endif
