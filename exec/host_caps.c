/* SPDX-License-Identifier: MIT */
#include "exec/host_caps.h"

#include "exec/exec.h"
#include "exec/pv.h"
#include "exec/real_world.h"
#include "kernel/cmdline.h"
#include "kernel/cpu.h"
#include "lib/cpuid.h"
#include "lib/string.h"
#include "model/lang/caps.h"

static uint32_t cap_if(bool has, uint32_t cap)
{
	return has ? cap : 0;
}

static uint32_t cpu_caps(void)
{
	return cap_if(cpuid_has(FEATURE_PAGE1G), CAP_PAGE1G) |
	       cap_if(cpuid_has(FEATURE_PCID), CAP_PCID) |
	       cap_if(cpuid_has(FEATURE_INVPCID), CAP_INVPCID) |
	       cap_if(cpuid_has(FEATURE_SMEP), CAP_SMEP) |
	       cap_if(cpuid_has(FEATURE_SMAP), CAP_SMAP) |
	       cap_if(cpuid_has(FEATURE_LA57), CAP_LA57) | cap_if(nr_cpus >= 2, CAP_CPUS2) |
	       cap_if(nr_cpus >= 4, CAP_CPUS4);
}

uint32_t host_caps(const struct hv *hv, bool fep, bool pcpus)
{
	uint32_t caps = cpu_caps() | (hv ? hv->caps() : 0);
	char lacks[32];

	if (!world_has_nested_windows())
		caps &= ~(uint32_t)CAP_NPT;
	if (!cmdline_value("lacks", lacks, sizeof(lacks)) || strcmp(lacks, "legacy-paging"))
		caps |= CAP_LEGACY;
	return caps | cap_if(fep && exec_has_fep(), CAP_FEP) | cap_if(pcpus, CAP_PCPUS) |
	       cap_if(world_has_hole(), CAP_HOLE) | cap_if(pv_present(), CAP_PVFLUSH);
}
