/* SPDX-License-Identifier: MIT */
#include "exec/host_caps.h"

#include "exec/ask_host.h"
#include "exec/exec.h"
#include "exec/pv.h"
#include "exec/real_world.h"
#include "kernel/cpu.h"
#include "kernel/vmm.h"
#include "lib/cpuid.h"
#include "lib/cr.h"
#include "lib/string.h"

static void cpu_caps(struct caps *caps)
{
	caps_add_if(caps, cpuid_has(FEATURE_PAGE1G), CAP_PAGE1G);
	caps_add_if(caps, cpuid_has(FEATURE_PCID), CAP_PCID);
	caps_add_if(caps, cpuid_has(FEATURE_INVPCID), CAP_INVPCID);
	caps_add_if(caps, cpuid_has(FEATURE_SMEP), CAP_SMEP);
	caps_add_if(caps, cpuid_has(FEATURE_SMAP), CAP_SMAP);
	caps_add_if(caps, cpuid_has(FEATURE_LA57), CAP_LA57);
	caps_add(caps, CAP_LEGACY); /* as far as CPUID says: see lacks= */
	caps_add(caps, CAP_PDPTES);
	caps_add_if(caps, !(read_cr0() & CR0_CD), CAP_SMI_IN_L2);
	caps_add_if(caps, nr_cpus >= 2, CAP_CPUS2);
	caps_add_if(caps, nr_cpus >= 4, CAP_CPUS4);
}

const char *host_caps_drop(struct caps *caps, const char *names)
{
	while (*names) {
		enum cap cap = cap_named(names);

		if (cap == NR_CAPS)
			return names;
		caps_drop(caps, cap);
		names += strlen(cap_name(cap));
		names += *names == ',';
	}
	return NULL;
}

struct caps host_caps(const struct hv *hv, bool fep, bool pcpus)
{
	struct caps caps = {0};

	cpu_caps(&caps);
	if (hv)
		hv->caps(&caps);
	if (!world_has_nested_windows())
		caps_drop(&caps, CAP_NPT);
	caps_add_if(&caps, fep && exec_has_fep(), CAP_FEP);
	caps_add_if(&caps, pcpus || vmm_features() & VMM_MOVES, CAP_PCPUS);
	caps_add_if(&caps, host_acts(), CAP_HOST);
	caps_add_if(&caps, world_has_hole(), CAP_HOLE);
	caps_add_if(&caps, pv_present(), CAP_PVFLUSH);
	return caps;
}
