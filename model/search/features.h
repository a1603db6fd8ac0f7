/* SPDX-License-Identifier: MIT */
/*
 * What a random program may use. Each program switches some on and leaves most out (a swarm), so
 * that those which are on meet each other often.
 */
#ifndef MODEL_SEARCH_FEATURES_H
#define MODEL_SEARCH_FEATURES_H

#include <stddef.h>
#include <stdint.h>

/*        name          what it lets a program do */
#define FEATURES(X)                                                                               \
	X(STORE, "store") /* look by stores */                                                    \
	X(FETCH, "fetch") /* look by fetches */                                                   \
	X(USER, "user")	  /* look from CPL 3 */                                                   \
	X(IO, "io")	  /* look through the host's emulator */                                  \
	X(FEP, "fep")	  /* the same, any instruction */                                         \
	X(BITS, "bits")	  /* read accessed and dirty bits */                                      \
	X(UPPER, "upper") /* rewrite above the leaf tables */                                     \
	X(LARGE, "large") /* large pages */                                                       \
	X(NONE, "none")	  /* entries that are not present */                                      \
	X(RO, "ro")                                                                               \
	X(NX, "nx")                                                                               \
	X(XO, "xo") /* nested entries that are executable only */                                 \
	X(GLOBAL, "global")                                                                       \
	X(SUPERVISOR, "supervisor")                                                               \
	X(CLEAR_AD, "clear-ad") /* entries without A or D */                                      \
	X(HOLE, "hole")		/* page M */                                                      \
	X(WAYS, "ways")		/* other kinds of stores to tables */                             \
	X(ROOTS, "roots")	/* several roots of a level */                                    \
	X(WINDOWS, "windows")	/* several windows */                                             \
	X(INVLPG, "invlpg")                                                                       \
	X(CR3, "cr3")                                                                             \
	X(PGE, "pge")                                                                             \
	X(PCID, "pcid")                                                                           \
	X(INVPCID, "invpcid")                                                                     \
	X(WP, "wp")                                                                               \
	X(SMEP, "smep")                                                                           \
	X(SMAP, "smap")                                                                           \
	X(NXE, "nxe")                                                                             \
	X(CYCLE, "cycle")	/* CR0.PG or CR4.PAE off and on */                                \
	X(TAGS, "tags")		/* several tags */                                                \
	X(UNTAGGED, "untagged") /* VPID off */                                                    \
	X(NESTED, "nested")	/* nested paging */                                               \
	X(NROOTS, "nroots")	/* several nested roots */                                        \
	X(EPT_AD, "ept-ad")                                                                       \
	X(TLBCTL, "tlbctl")                                                                       \
	X(INVLPGA, "invlpga")                                                                     \
	X(INVVPID, "invvpid")                                                                     \
	X(INVEPT, "invept")                                                                       \
	X(VMFUNC, "vmfunc")                                                                       \
	X(HV, "hv")	      /* SVM or VMX off for a while */                                    \
	X(MSR, "msr")	      /* the map of intercepted MSRs */                                   \
	X(PF_EXIT, "pf-exit") /* L1 intercepts L2's page faults */                                \
	X(CLEAN, "clean")     /* VMCB clean bits */                                               \
	X(PENDING, "pending") /* entries that an interrupt ends */                                \
	X(FAILING, "failing") /* entries that fail */                                             \
	X(IRQ, "irq")	      /* interrupts behind L2's flushes */                                \
	X(VMS, "vms")	      /* two L2s */                                                       \
	X(CPUS, "cpus")	      /* several vCPUs, in turns */                                       \
	X(PV, "pv")	      /* flushes of a vCPU that the host has preempted */                 \
	X(HOST, "host")	      /* the host acts below the VM */                                    \
	X(PCPUS, "pcpus")     /* … moves vCPUs to other physical CPUs */                        \
	X(SMM, "smm")	      /* SMI handlers that act */                                         \
	/* not in a swarm: on unless left out */                                                  \
	X(LEGACY_INVLPG, "legacy-invlpg") /* of an L2 in a 32-bit mode */                         \
	X(UNPAGED_SMEP, "unpaged-smep")	  /* SMEP and SMAP of a guest that may turn paging off */ \
	X(VMFUNC_SAME, "vmfunc-same")	  /* VMFUNC to the EPTP that is in use */                 \
	X(OWN_CR3, "own-cr3")		  /* L2 goes on with a CR3 of its own behind an exit */   \
	X(PV_IN_L2, "pv-in-l2")		  /* … preempted in an L2 with a tag of its own */      \
	X(SMI_IN_L2, "smi-in-l2")                                                                 \
	X(SMM_WRITES, "smm-writes")   /* SMI handlers that rewrite tables */                      \
	X(PAE_SAVE, "pae-save")	      /* a save in an L2 in PAE mode without nested paging */     \
	X(ASID_PCIDS, "asid-pcids")   /* a flush of an ASID of several PCIDs */                   \
	X(MISSED_ROOT, "missed-root") /* one left by a fault, by a flush, or with no tag */       \
	X(SLOT_SYNCED, "slot-synced") /* a page that was no memory becomes some */                \
	X(FAULT_GONE, "fault-gone")   /* a fault at an entry that is gone is a flush */

enum feature {
#define X(id, name) FEATURE_##id,
	FEATURES(X)
#undef X
	/* clang-format off */
	NR_FEATURES
	/* clang-format on */
};

_Static_assert(NR_FEATURES <= 64, "features are a set of 64 bits");

/* A set of them: bit 1 << enum feature. */
typedef uint64_t features;
#define FEATURE(id) ((features)1 << FEATURE_##id)

extern const char *const feature_names[NR_FEATURES];

/* The feature of that name, of so many characters. NR_FEATURES: there is none. */
enum feature feature_named(const char *name, size_t length);

#endif
