/* SPDX-License-Identifier: MIT */
/*
 * Capabilities: what a program may ask of the host. Nothing else tells the vendors apart. A new one
 * is a row of the table and the place that finds out about it (a backend, or exec/host_caps.c).
 */
#ifndef MODEL_LANG_CAPS_H
#define MODEL_LANG_CAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INVVPID_REMEDY(type) \
	"L1 has no INVVPID of type " type ": use an Intel host, kvm_intel with vpid=1"
#define INVEPT_REMEDY(type) "L1 has no INVEPT of type " type ": use an Intel host with ept=1"

/*        name          what a SKIP says, with the remedy */
#define CAPS(X)                                                                                   \
	X(HV, "hv", "no SVM or VMX: load kvm_amd or kvm_intel with nested=1 and use -cpu host")   \
	X(NPT, "nested-paging", "no nested paging in L1: use a host with NPT or EPT enabled")     \
	X(SVM, "svm", "it is about SVM: use an AMD host")                                         \
	X(TLBCTL, "tlb-control", "TLB_CONTROL is SVM's")                                          \
	X(FLUSHASID, "flush-by-asid",                                                             \
	  "CPUID 8000000A EDX[6] FlushByAsid is clear: use a host whose KVM shows it to L1 (6.7 " \
	  "or later)")                                                                            \
	X(CLEAN, "vmcb-clean",                                                                    \
	  "CPUID 8000000A EDX[5] VmcbClean is clear: use a host whose KVM shows it to L1")        \
	X(INVLPGA, "invlpga", "INVLPGA is SVM's")                                                 \
	X(VMX, "vmx", "it is about VMX: use an Intel host")                                       \
	X(UNTAGGED, "untagged", "an L2 that shares L1's tag (VPID off) is VMX's")                 \
	X(INVVPID0, "invvpid-0", INVVPID_REMEDY("0"))                                             \
	X(INVVPID1, "invvpid-1", INVVPID_REMEDY("1"))                                             \
	X(INVVPID2, "invvpid-2", INVVPID_REMEDY("2"))                                             \
	X(INVVPID3, "invvpid-3", INVVPID_REMEDY("3"))                                             \
	X(INVEPT1, "invept-1", INVEPT_REMEDY("1"))                                                \
	X(INVEPT2, "invept-2", INVEPT_REMEDY("2"))                                                \
	X(EPT_AD, "ept-ad",                                                                       \
	  "no accessed and dirty bits in EPT: use an Intel host that has them (ept=1, eptad=1)")  \
	X(EPT_XO, "ept-xo",                                                                       \
	  "no pages in EPT that are executable only: use an Intel host that has them (ept=1)")    \
	X(VMFUNC, "vmfunc", "no EPTP switching by VMFUNC: use an Intel host with ept=1")          \
	X(PAGE1G, "pdpe1gb", "no 1 GiB pages: use a CPU model with pdpe1gb")                      \
	X(LEGACY, "legacy-paging",                                                                \
	  "L1 cannot run in 32-bit paging modes here, as run.sh knows: another host, or "         \
	  "--emulator bochs")                                                                     \
	X(PDPTES, "pdptes",                                                                       \
	  "the CPU below sets reserved bits in PDPTEs (QEMU TCG): real hardware, or "             \
	  "--emulator bochs")                                                                     \
	X(SMI_IN_L2, "smi-in-l2",                                                                 \
	  "an SMI in L2 takes CR0.CD from L1, which needs it here: npt=1, or --emulator bochs")   \
	X(UNPAGED, "unpaged",                                                                     \
	  "L2 cannot run unpaged: use a host with NPT, or EPT and unrestricted guests")           \
	X(NPT_PAE, "npt-pae", "nested tables in another format than 64-bit L1's are SVM's")       \
	X(LA57, "la57", "no five-level paging: use a CPU model with la57")                        \
	X(PCID, "pcid", "no PCID: use a CPU that has it; in the lab, --emulator bochs")           \
	X(INVPCID, "invpcid", "no INVPCID: use a CPU that has it; in the lab, --emulator bochs")  \
	X(SMEP, "smep", "no SMEP: use a CPU model that has it")                                   \
	X(SMAP, "smap", "no SMAP: use a CPU model that has it")                                   \
	X(FEP, "fep",                                                                             \
	  "no forced-emulation prefix: a KVM host with kvm.force_emulation_prefix=1 has it")      \
	X(HOLE, "hole", "the page at 0xd0000000 is memory: give the VM less than 3 GiB")          \
	X(MSRMAP, "msr-map", "VMX without MSR bitmaps: use a host whose KVM shows them to L1")    \
	X(PVFLUSH, "pv-flush",                                                                    \
	  "no paravirtual TLB flush, CPUID 40000001 EAX[5] and [9]: use a KVM host whose "        \
	  "kernel has CONFIG_SCHED_INFO")                                                         \
	X(PCPUS, "pcpus",                                                                         \
	  "nobody moves vCPUs to other physical CPUs here: use --host-cpus 2 with --host lab, "   \
	  "or --host kvm on a machine with several")                                              \
	X(HOST, "host-events",                                                                    \
	  "the host does nothing below this VM: use --vmm own (with --host lab or --host kvm)")   \
	X(CPUS2, "cpus2", "needs 2 vCPUs: run with --smp 2")                                      \
	X(CPUS4, "cpus4", "needs 4 vCPUs: run with --smp 4")

enum cap {
#define X(id, name, remedy) CAP_##id,
	CAPS(X)
#undef X
	/* clang-format off */
	NR_CAPS
	/* clang-format on */
};

/* A set of them. All zero: none. */
struct caps {
	uint32_t word[(NR_CAPS + 31) / 32];
};

static inline bool caps_have(const struct caps *caps, enum cap cap)
{
	return caps->word[cap / 32] >> cap % 32 & 1;
}

static inline void caps_add(struct caps *caps, enum cap cap)
{
	caps->word[cap / 32] |= 1u << cap % 32;
}

static inline void caps_add_if(struct caps *caps, bool has, enum cap cap)
{
	if (has)
		caps_add(caps, cap);
}

static inline void caps_drop(struct caps *caps, enum cap cap)
{
	caps->word[cap / 32] &= ~(1u << cap % 32);
}

void caps_add_all(struct caps *caps, const struct caps *more);

/* The first capability that is in `needs` and not in `has`; NR_CAPS: there is none. */
enum cap caps_missing(const struct caps *needs, const struct caps *has);

const char *cap_name(enum cap cap);
const char *cap_remedy(enum cap cap);

/* The capability of that name, which ends at its NUL, at a comma or at a blank. NR_CAPS: none. */
enum cap cap_named(const char *name);

/* Their names with commas between, cut to size with its NUL. Returns the length of the whole. */
size_t caps_print(const struct caps *caps, char *text, size_t size);

#endif
