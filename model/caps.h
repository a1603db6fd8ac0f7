/* SPDX-License-Identifier: MIT */
/* Capabilities: what a program may ask of the host. Nothing else tells the vendors apart. */
#ifndef MODEL_CAPS_H
#define MODEL_CAPS_H

#include <stdint.h>

/*        name          what a SKIP says, with the remedy */
#define CAPS(X)                                                                                 \
	X(HV, "hv", "no SVM or VMX: load kvm_amd or kvm_intel with nested=1 and use -cpu host") \
	X(NPT, "nested-paging", "no nested paging in L1: use a host with NPT or EPT enabled")   \
	X(TLBCTL, "tlb-control", "TLB_CONTROL is SVM's")                                        \
	X(FLUSHASID, "flush-by-asid",                                                           \
	  "CPUID 8000000A EDX[6] FlushByAsid is clear: use an L0 kernel of 6.7 or later, not "  \
	  "bare TCG")                                                                           \
	X(CLEAN, "vmcb-clean",                                                                  \
	  "CPUID 8000000A EDX[5] VmcbClean is clear: use a host whose KVM shows it to L1")      \
	X(INVLPGA, "invlpga", "INVLPGA is SVM's")                                               \
	X(PAGE1G, "pdpe1gb", "no 1 GiB pages: use a CPU model with pdpe1gb")                    \
	X(PCID, "pcid", "no PCID: QEMU TCG has none; use real hardware or --emulator bochs")    \
	X(INVPCID, "invpcid",                                                                   \
	  "no INVPCID: QEMU TCG has none; use real hardware or --emulator bochs")               \
	X(CPUS2, "cpus2", "needs 2 vCPUs: run with --smp 2")                                    \
	X(CPUS4, "cpus4", "needs 4 vCPUs: run with --smp 4")

enum cap_bit {
#define X(id, name, remedy) CAP_BIT_##id,
	CAPS(X)
#undef X
	/* clang-format off */
	NR_CAPS
	/* clang-format on */
};

enum cap {
#define X(id, name, remedy) CAP_##id = 1u << CAP_BIT_##id,
	CAPS(X)
#undef X
};

/* bit: 0 … NR_CAPS-1 */
const char *cap_name(enum cap_bit bit);
const char *cap_remedy(enum cap_bit bit);

#endif
