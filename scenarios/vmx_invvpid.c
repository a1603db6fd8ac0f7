/* SPDX-License-Identifier: MIT */
/*
 * INVVPID (catalogue: B8).
 *
 * The rule. INVVPID drops linear and combined mappings: type 0 those of one linear address and
 * VPID, type 1 those of a VPID, type 2 those of every VPID but 0, type 3 those of a VPID that are
 * not global; all of them for all PCIDs and EP4TAs, whether or not the VPID or EPT is in use (SDM
 * vol. 3, 31.4.3.1 "Operations that Invalidate Cached Mappings"). Guest-physical mappings are not
 * its business.
 *
 * How a host breaks it. KVM emulates the instruction for L1: it must flush its own VPID for L2
 * (vpid02, whatever VPID L1 names), and without EPT in L0 free or sync the shadow pages of L2, also
 * those of roots that it keeps for later, and also while VMCS12 has the VPID switched off.
 *
 * What is seen. L1 rewrites a leaf of L2's tables, invalidates, and L2 looks under the same VPID.
 *
 * The wrong address, the wrong VPID, and a global page under type 3 are in vmx_survival.c. With no
 * current VMCS at all: the language has no step for that.
 */
#include "scenarios/vmx_controls.h"

#define SEED   "set g0.w0.pte A; enter; look w0; exit; set g0.w0.pte B; "
#define SEED_G "set g0.w0.pte A/g; enter; look w0; exit; set g0.w0.pte B/g; "
#define LOOK   "enter; look w0 fresh; exit"

/* P(type, operands): for each type. */
#define EACH_TYPE(P)      \
	P("0", "0 w0 1"); \
	P("1", "1 1");    \
	P("2", "2");      \
	P("3", "3 1")
#define EACH_TYPE_BUT_3(P) \
	P("0", "0 w0 1");  \
	P("1", "1 1");     \
	P("2", "2")

#define PLAIN(type, operands)                                                        \
	FLAT_AND_EPT_LOOKS("vmx.invvpid-" type,                                      \
			   "INVVPID type " type " after a leaf of L2 was rewritten", \
			   SEED "!invvpid " operands "; " LOOK)
EACH_TYPE(PLAIN);

#define GLOBAL(type, operands)                                          \
	FLAT_AND_EPT("vmx.invvpid-" type ".global",                     \
		     "INVVPID type " type " drops a global page of L2", \
		     SEED_G "!invvpid " operands "; " LOOK)
EACH_TYPE_BUT_3(GLOBAL);

#define LARGE(type, operands)                                                                     \
	FLAT_AND_EPT("vmx.invvpid-" type ".2m", "INVVPID type " type " drops a 2 MiB page of L2", \
		     "set g0.w0.pde A; enter; look w0; exit; set g0.w0.pde B; !invvpid " operands \
		     "; " LOOK)
EACH_TYPE(LARGE);

/* Type 3 may keep what was used for global translations: it is not asked for upper levels. */
#define TABLE(type, operands)                                                                      \
	FLAT_AND_EPT(                                                                              \
		"vmx.invvpid-" type ".table",                                                      \
		"INVVPID type " type " after L2's page table was exchanged",                       \
		"set g0.w0.pte A; set g1.w0.pte B; enter; look w0; exit; set g0.w0.pde g1.w0.pt; " \
		"!invvpid " operands "; " LOOK)
EACH_TYPE_BUT_3(TABLE);

/* The VM has VPID off, or another one, while L1 invalidates VPID 1. */
#define VPID_OFF(type, operands)                                      \
	SCENARIO("vmx.invvpid-" type ".vpid-off",                     \
		 "INVVPID type " type " while the VMCS has VPID off", \
		 SEED "tag 0; !invvpid " operands "; tag 1; " LOOK)
EACH_TYPE(VPID_OFF);
#define OTHER_VPID(type, operands)                                               \
	SCENARIO("vmx.invvpid-" type ".not-last",                                \
		 "INVVPID type " type " of a VPID that was not the last to run", \
		 SEED "tag 2; enter; exit; !invvpid " operands "; tag 1; " LOOK)
EACH_TYPE(OTHER_VPID);

/* The variant with two VMs. */
#define TWO_VMS(type, operands)                                                          \
	SCENARIO("vmx.invvpid-" type ".two-vms",                                         \
		 "INVVPID type " type " for a VM that was not the last to run",          \
		 "set g0.w0.pte A; set g1.w0.pte C; enter; look w0; exit; vm 1; enter; " \
		 "look w0; exit; "                                                       \
		 "set g0.w0.pte B; !invvpid " operands "; vm 0; " LOOK)
EACH_TYPE(TWO_VMS);

/*
 * The root that is rewritten is not the one in use: the host has it in its cache. The other one
 * maps what the first shall map later, as upper entries of either may be kept by type 3: A is the
 * one wrong answer.
 */
#define CACHED_ROOT(type, operands)                                                \
	SCENARIO("vmx.invvpid-" type ".cached-root",                               \
		 "INVVPID type " type " where L2 runs on another root",            \
		 SEED "set g1.w0.pte B; l2cr3 g1; enter; exit; !invvpid " operands \
		      "; l2cr3 g0; " LOOK)
EACH_TYPE(CACHED_ROOT);

/* A flush that the host has only noted must not get lost in an entry that ends at once. */
#define THEN_EXIT(type, operands)                                          \
	SCENARIO("vmx.invvpid-" type ".then-exit",                         \
		 "INVVPID type " type ", then an entry that ends at once", \
		 SEED "!invvpid " operands "; enter-pending; " LOOK)
EACH_TYPE(THEN_EXIT);

SCENARIO("vmx.invvpid-0.two-roots",
	 "INVVPID type 0 where one VPID ran two roots with one leaf table",
	 "set g2.w0.pml4e g0.w0.pdpt; set g0.w0.pte A; enter; look w0; exit; l2cr3 g2; "
	 "enter; look w0; "
	 "exit; set g0.w0.pte B; !invvpid 0 w0 1; " LOOK "; l2cr3 g0; " LOOK);
