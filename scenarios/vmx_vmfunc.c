/* SPDX-License-Identifier: MIT */
/*
 * EPTP switching by VMFUNC (catalogue: B13).
 *
 * The rule. VMFUNC leaf 0 makes an entry of the EPTP list the VM's EPTP; from then on mappings of
 * the new EP4TA are used and made, and no other, with no flush. What the old one has cached stays
 * for when it comes back. With VPID off the switch drops the combined mappings of VPID 0, for all
 * EP4TAs (SDM vol. 3, 28.5.7.3 "EPTP Switching").
 *
 * How a host breaks it. KVM emulates the switch: it loads another root for EPT12, out of those that
 * it keeps for later or made new, and must write the EPTP back to VMCS12. A root out of its cache
 * may be out of sync; an INVEPT of L1's that came while another root was in use must have reached
 * it.
 *
 * What is seen. L2 switches between two roots that map its page to two frames.
 *
 * Not expressible: an entry of the EPTP list that L1 rewrites (the list is fixed).
 */
#include "scenarios/scenario.h"

#define TWO  "nroot n0; set g0.w0.pte p0; set n0.p0.pte A; set n1.p0.pte B; "
#define LOOK "enter; look w0 fresh; exit"

#define KEEPS                                                                                  \
	"nroot n0; set g0.w0.pte p0; set n0.p0.pte A; enter; load w0; exit; set n0.p0.pte B; " \
	"enter; "                                                                              \
	"load w0 either; exit"

SCENARIO_LOOKS_WITH(
	"vmx.vmfunc.switch", "L2 switches between two EPTPs, no flush",
	TWO "enter; repeat 8; look w0 fresh; vmfunc n1; look w0 fresh; vmfunc n0; end; exit",
	KEEPS);
SCENARIO_WITH("vmx.vmfunc.stays", "the EPTP that L2 switched to is the one of its next entry",
	      TWO "enter; look w0 fresh; vmfunc n1; exit; " LOOK "; nroot n0; " LOOK, KEEPS);
SCENARIO_WITH(
	"vmx.vmfunc.round", "L2 switches around six EPTPs, more than KVM keeps",
	TWO
	"set n2.p0.pte C; set n3.p0.pte D; set n4.p0.pte E; set n5.p0.pte F; enter; look w0 fresh; "
	"vmfunc n1; look w0 fresh; vmfunc n2; look w0 fresh; vmfunc n3; look w0 fresh; vmfunc n4; "
	"look w0 fresh; vmfunc n5; look w0 fresh; vmfunc n0; look w0 fresh; exit",
	KEEPS);

/* The first root is rewritten while the second one is in use. */
SCENARIO_LOOKS("vmx.vmfunc.invept-1", "INVEPT type 1 of a root that L2 switches back to",
	       TWO
	       "enter; look w0; vmfunc n1; exit; set n0.p0.pte C; !invept 1 n0; enter; vmfunc n0; "
	       "look w0 fresh; exit");
SCENARIO("vmx.vmfunc.invept-2", "INVEPT type 2, then L2 switches back to a root that was rewritten",
	 TWO "enter; look w0; vmfunc n1; exit; set n0.p0.pte C; !invept 2; enter; vmfunc n0; "
	     "look w0 fresh; "
	     "exit");
/* Rewritten by L2 itself, which cannot invalidate: the new root shares the rewritten table. */
SCENARIO("vmx.vmfunc.new-root", "L2 rewrites an EPT leaf and switches to a root never used",
	 "nroot n0; set g0.w0.pte p0; set n1.p0.pml4e n0.p0.pdpt; set n0.p0.pte A; enter; look w0; "
	 "set n0.p0.pte B; !vmfunc n1; look w0 fresh; exit");
/* L2's own leaf: combined mappings of the other EP4TA know nothing of the old value. */
SCENARIO("vmx.vmfunc.l2-leaf", "L2 rewrites its own leaf and switches to a root never used",
	 "nroot n0; set g0.w0.pte A; enter; look w0; set g0.w0.pte B; !vmfunc n1; look w0 "
	 "fresh; exit");
SCENARIO("vmx.vmfunc.own-invlpg", "L2's INVLPG reaches what it cached under another EPTP",
	 "nroot n0; set g0.w0.pte A; enter; look w0; vmfunc n1; set g0.w0.pte B; !invlpg w0; "
	 "vmfunc n0; "
	 "look w0 fresh; exit");

/* With VPID off. Both roots are warm: KVM flushes when it builds the shadow of one. */
#define VPID_OFF(flags)                                                                       \
	"!tag 0; nroot n0; set g0.w0.pte C; enter; load w0; vmfunc n1; load w0; vmfunc n0; "  \
	"set g0.w0.pte A" flags "; invlpg w0; load w0; set g0.w0.pte B" flags "; vmfunc n1; " \
	"vmfunc n0; load w0 fresh; exit"
SCENARIO("vmx.vmfunc.vpid-off", "VMFUNC without VPID drops combined mappings of VPID 0",
	 VPID_OFF(""));
SCENARIO("vmx.vmfunc.vpid-off-global", "VMFUNC without VPID drops global combined mappings, too",
	 VPID_OFF("/g"));
