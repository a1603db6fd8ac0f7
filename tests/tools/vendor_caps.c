/* SPDX-License-Identifier: MIT */
#include "tests/tools/vendor_caps.h"

static const enum cap svms[] = {CAP_SVM,   CAP_TLBCTL,	CAP_FLUSHASID,
				CAP_CLEAN, CAP_INVLPGA, CAP_NPT_PAE};
static const enum cap vmxs[] = {CAP_VMX,      CAP_UNTAGGED, CAP_INVVPID0, CAP_INVVPID1,
				CAP_INVVPID2, CAP_INVVPID3, CAP_INVEPT1,  CAP_INVEPT2,
				CAP_EPT_AD,   CAP_EPT_XO,   CAP_VMFUNC};

#define NR(array) (sizeof(array) / sizeof((array)[0]))

struct caps vendor_caps(enum vendor vendor)
{
	const enum cap *others = vendor == VENDOR_AMD ? vmxs : svms;
	const unsigned nr = vendor == VENDOR_AMD ? NR(vmxs) : NR(svms);
	struct caps caps = {0};

	for (unsigned cap = 0; cap < NR_CAPS; cap++)
		caps_add(&caps, (enum cap)cap);
	for (unsigned i = 0; i < nr; i++)
		caps_drop(&caps, others[i]);
	return caps;
}
