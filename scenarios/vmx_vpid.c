/* SPDX-License-Identifier: MIT */
/*
 * VPIDs: changed, switched off, used first after VMXON (catalogue: B1, B2, B3, B6, B7).
 *
 * The rule. Linear and combined mappings are tagged by the VPID. A VPID that was never used since
 * the last flush has none; VM entries and exits with a VPID drop nothing. With "enable VPID" off L2
 * shares VPID 0 with L1, and every VM entry and VM exit drops all mappings of VPID 0, global ones
 * too, for all PCIDs and EP4TAs. VMXOFF and VMXON need not drop anything (SDM vol. 3, 31.4.3.1
 * "Operations that Invalidate Cached Mappings", 31.4.3.2 "Operations that Need Not Invalidate
 * Cached Mappings").
 *
 * How a host breaks it. KVM runs all of an L1's L2s on one VPID of its own (vpid02) and does not
 * tag its shadow pages with VPIDs: it must take a changed VPID in VMCS12 for a flush of L2, and
 * VPID off for a flush of both levels, in the hardware and in the shadow pages (without EPT in L0),
 * for the roots that it keeps for later as well. And vpid02 itself goes back at VMXOFF: who gets it
 * next must not meet its old entries.
 *
 * What is seen. L2 without EPT ("flat") or under EPT ("ept") looks through a window; the leaf of
 * its own tables is rewritten between two frames that are both present; L2 looks again under the
 * other VPID, or across a transition without one.
 *
 * Not expressible: B2 (iii) in its sharp form takes up a root by a MOV CR3 that flushes nothing,
 * which needs PCIDs; global pages, which MOV CR3 leaves alone, stand in. B7 is sharpest where one
 * vCPU is out of VMX operation while the other one enters it; `vmx-cycle` does both in one step.
 */
#include "scenarios/vmx_controls.h"

#define SEED "set g0.w0.pte A; enter; look w0; exit; set g0.w0.pte B; "
#define LOOK "enter; look w0 fresh; exit"

/* A rewrite that only the transitions could have flushed: shows whether L2 keeps anything at all.
 */
#define KEEPS "set g0.w0.pte A; enter; load w0; exit; set g0.w0.pte B; enter; load w0 either; exit"

/* B1. */
FLAT_AND_EPT_LOOKS("vmx.vpid-change", "a new VPID after a leaf of L2 was rewritten",
		   SEED "!tag 2; " LOOK);
FLAT_AND_EPT("vmx.vpid-change.global", "a new VPID after a global leaf of L2 was rewritten",
	     "set g0.w0.pte A/g; enter; look w0; exit; set g0.w0.pte B/g; !tag 2; " LOOK);
FLAT_AND_EPT("vmx.vpid-change.2m", "a new VPID after a 2 MiB leaf of L2 was rewritten",
	     "set g0.w0.pde A; enter; look w0; exit; set g0.w0.pde B; !tag 2; " LOOK);
FLAT_AND_EPT("vmx.vpid-change.table", "a new VPID after L2's page table was exchanged",
	     "set g0.w0.pte A; set g1.w0.pte B; enter; look w0; exit; set g0.w0.pde g1.w0.pt; !tag "
	     "2; " LOOK);
FLAT_AND_EPT("vmx.vpid-change.chain", "VPIDs 1, 2, 3, a rewrite before each",
	     SEED "!tag 2; " LOOK "; set g0.w0.pte C; !tag 3; " LOOK);
FLAT_AND_EPT("vmx.vpid-change.back",
	     "back to VPID 1, with a flush: what it cached first is long dead",
	     SEED "!tag 2; " LOOK "; set g0.w0.pte C; !tag 1; !invvpid 1 1; " LOOK);
FLAT_AND_EPT("vmx.vpid-change.cached-root",
	     "a new VPID, and a root of L2 that was not loaded at the entry",
	     "set g0.w0.pte A/g; enter; look w0; cr3 g1; exit; set g0.w0.pte B/g; !tag 2; enter; "
	     "cr3 g0; "
	     "look w0 fresh; exit");
SCENARIO("vmx.vpid-change.two-vms", "the root of one VM in another, with a VPID of its own",
	 SEED "vm 1; l2cr3 g0; tag 1; !tag 2; " LOOK);

/*
 * B6. The entry that brings the new VPID fails; what the host had noted to flush for it is still
 * due.
 */
FLAT_AND_EPT_LOOKS("vmx.failed-entry",
		   "a new VPID in an entry that fails, then in one that does not",
		   SEED "!tag 2; enter-failing; " LOOK);

/* B1: the entry that brings the new VPID ends before L2's first instruction. */
FLAT_AND_EPT("vmx.vpid-change.then-exit",
	     "a new VPID in an entry that a pending interrupt ends at once",
	     SEED "!tag 2; enter-pending; " LOOK);

/* B2 (i). Without its `tag 0` the VM runs on VPID 1, where the old value may stay. */
FLAT_AND_EPT_LOOKS("vmx.vpid-off.entry", "an entry without VPID after L1 rewrote a leaf of L2",
		   "!tag 0; " SEED LOOK);
FLAT_AND_EPT("vmx.vpid-off.entry-global",
	     "an entry without VPID after L1 rewrote a global leaf of L2",
	     "!tag 0; set g0.w0.pte A/g; enter; look w0; exit; set g0.w0.pte B/g; " LOOK);
FLAT_AND_EPT("vmx.vpid-off.round-trip",
	     "an exit and an entry without VPID after L2 rewrote its own leaf",
	     "!tag 0; set g0.w0.pte A; enter; look w0; set g0.w0.pte B; exit; " LOOK);
FLAT_AND_EPT("vmx.vpid-off.cached-root",
	     "entries without VPID reach a root of L2 that is not loaded",
	     "!tag 0; set g1.w0.pte A/g; enter; cr3 g1; look w0; cr3 g0; exit; set g1.w0.pte B/g; "
	     "enter; "
	     "cr3 g1; look w0 fresh; exit");

/* B2 (ii). */
FLAT_AND_EPT_LOOKS(
	"vmx.vpid-off.same-cr3", "L1 and L2 on one root without VPID: L2's rewrite, then an exit",
	"!tag 0; l2cr3 h0; set h0.w0.pte A; look w0; enter; set h0.w0.pte B; exit; look w0 fresh");
FLAT_AND_EPT("vmx.vpid-off.same-cr3-l1",
	     "L1 and L2 on one root without VPID: L1's rewrite, then an entry",
	     "!tag 0; l2cr3 h0; set h0.w0.pte A; enter; look w0; exit; set h0.w0.pte B; " LOOK);
FLAT_AND_EPT("vmx.vpid-off.l1", "a stay in L2 without VPID drops L1's translations",
	     "!tag 0; set h0.w0.pte A; look w0; set h0.w0.pte B; enter; exit; look w0 fresh");
FLAT_AND_EPT("vmx.vpid-off.l1-pending",
	     "an entry without VPID that ends at once drops L1's translations",
	     "!tag 0; set h0.w0.pte A; look w0; set h0.w0.pte B; enter-pending; look w0 fresh");

/* B2 (iii). */
FLAT_AND_EPT("vmx.vpid-off.l1-cached-root",
	     "a stay in L2 without VPID reaches a root of L1 that is not loaded",
	     "!tag 0; set h1.w0.pte A/g; cr3 h1; look w0; cr3 h0; set h1.w0.pte B/g; enter; exit; "
	     "cr3 h1; "
	     "look w0 fresh");

/* B2, two VMs: one without VPID, the other with VPID 2 and the same root. */
SCENARIO("vmx.vpid-off.two-vms", "a VM without VPID, another one between its two stays",
	 "!tag 0; set g0.w0.pte A; vm 1; l2cr3 g0; vm 0; enter; look w0; exit; set g0.w0.pte "
	 "B; vm 1; "
	 "enter; exit; vm 0; " LOOK);

/*
 * B3. Without VPID L2's own flushes concern VPID 0, where a host keeps L2 with L1's entries; a host
 * that flushes the VPID it would otherwise use for L2 flushes the wrong one. All in one stay, as
 * each transition flushes, too; a stay with a VPID comes first.
 */
#define OWN(name, title, rewrite)                                         \
	FLAT_AND_EPT("vmx.vpid-off.own-" name, "L2 without VPID: " title, \
		     "enter; exit; tag 0; enter; " rewrite "; look w0 fresh; exit")
#define REWRITE	  "set g0.w0.pte A; look w0; set g0.w0.pte B; "
#define REWRITE_G "set g0.w0.pte A/g; look w0; set g0.w0.pte B/g; "
OWN("invlpg", "its INVLPG", REWRITE "!invlpg w0");
OWN("cr3", "its MOV CR3", REWRITE "!cr3 g0");
OWN("pge", "its toggle of CR4.PGE", REWRITE_G "!pge off; !pge on");
OWN("invpcid-1", "its INVPCID type 1", REWRITE "!invpcid 1");
OWN("invpcid-2", "its INVPCID type 2", REWRITE_G "!invpcid 2");

/* B7. VMXOFF and VMXON flush nothing, and must not lose what was flushed, nor what is still to be.
 */
FLAT_AND_EPT("vmx.vmxon.vpid-change", "a new VPID right after VMXOFF and VMXON",
	     SEED "vmx-cycle; !tag 2; " LOOK);
FLAT_AND_EPT("vmx.vmxon.invvpid", "INVVPID type 2 right after VMXOFF and VMXON",
	     SEED "vmx-cycle; !invvpid 2; " LOOK);
FLAT_AND_EPT("vmx.vmxon.invvpid-before", "INVVPID type 2 right before VMXOFF and VMXON",
	     SEED "!invvpid 2; vmx-cycle; " LOOK);
FLAT_AND_EPT("vmx.vmxon.vpid-off", "entries without VPID around VMXOFF and VMXON",
	     "!tag 0; " SEED "vmx-cycle; " LOOK);

/* Two vCPUs, one VPID, two frames: no value of the one may ever be seen by the other. */
#define TWO_CPUS(setup)                                                                           \
	setup "set g0.w0.pte A; set g1.w0.pte B; " LOOK "; cpu 1; " setup "l2cr3 g1; " LOOK       \
	      "; cpu 0; vmx-cycle; cpu 1; vmx-cycle; " LOOK "; cpu 0; " LOOK "; vmx-cycle; " LOOK \
	      "; cpu 1; " LOOK "; cpu 0"
SCENARIO_LOOKS_WITH("vmx.vmxon.two-cpus.flat", "two vCPUs on VPID 1, VMXOFF and VMXON on both",
		    TWO_CPUS(""), KEEPS);
SCENARIO_LOOKS_WITH("vmx.vmxon.two-cpus.ept",
		    "two vCPUs on VPID 1 under one EPT, VMXOFF and VMXON on both",
		    TWO_CPUS("nroot n0; "), KEEPS);
