/* SPDX-License-Identifier: MIT */
/*
 * What may survive on VMX: survival.c for VPIDs and EPT, and the wrong operands of INVVPID and
 * INVEPT.
 *
 * The rule. VM entries and exits with a VPID drop nothing, without one only VPID 0's mappings and
 * never guest-physical ones; INVVPID concerns one VPID and no guest-physical mappings, INVEPT one
 * EP4TA and no linear mappings; VMXOFF and VMXON need not drop anything (SDM vol. 3, 31.4.3.2
 * "Operations that Need Not Invalidate Cached Mappings"; docs/oracle-rules.md).
 *
 * No host can break it: the old value and the new one are both legal. These programs only ask
 * whether the host keeps translations there: PASS, it was seen to; VACUOUS, it flushes more than it
 * must, and what depends on that cannot be tested on it. A value of another context is wrong here,
 * too.
 */
#include "scenarios/scenario.h"

#define FLAT "set g0.w0.pte A; enter; load w0; exit; set g0.w0.pte B; "
#define EPT  "nroot n0; " FLAT
#define NESTED \
	"nroot n0; set g0.w0.pte p0; set n0.p0.pte A; enter; load w0; exit; set n0.p0.pte B; "
#define LOOK "enter; load w0 either; exit"

SCENARIO("vmx.survival.transition.ept", "L2's page under EPT across an exit and an entry",
	 EPT LOOK);
SCENARIO("vmx.survival.transition.nested", "an EPT page across an exit and an entry", NESTED LOOK);
SCENARIO("vmx.survival.vpid-off.nested", "an EPT page across an exit and an entry without VPID",
	 "tag 0; " NESTED LOOK);
SCENARIO("vmx.survival.vpid-off.other-vpid", "L2's page while the VM runs without VPID",
	 FLAT "tag 0; enter; exit; tag 1; " LOOK);
SCENARIO("vmx.survival.other-vpid.flat", "L2's page while another VPID runs",
	 FLAT "tag 2; enter; exit; tag 1; " LOOK);
SCENARIO("vmx.survival.other-vpid.ept", "L2's page under EPT while another VPID runs",
	 EPT "tag 2; enter; exit; tag 1; " LOOK);
SCENARIO("vmx.survival.other-vpid.nested", "an EPT page under a VPID never used",
	 NESTED "tag 2; " LOOK);
SCENARIO("vmx.survival.other-vm", "L2's page while another VM runs",
	 FLAT "vm 1; enter; exit; vm 0; " LOOK);
SCENARIO("vmx.survival.other-eptp.nested", "an EPT page while another EPTP runs",
	 NESTED "nroot n1; enter; exit; nroot n0; " LOOK);
SCENARIO("vmx.survival.other-eptp.without", "L2's page without EPT while it runs with EPT",
	 FLAT "nroot n0; enter; exit; nroot none; " LOOK);
SCENARIO("vmx.survival.ad-bit", "an EPT page under the same EP4TA with accessed and dirty bits",
	 NESTED "nroot n0 ad; " LOOK);

SCENARIO("vmx.survival.invvpid-0-other-window", "L2's page across INVVPID type 0 of another page",
	 FLAT "invvpid 0 w1 1; " LOOK);
SCENARIO("vmx.survival.invvpid-0-other-vpid", "L2's page across INVVPID type 0 of another VPID",
	 FLAT "invvpid 0 w0 2; " LOOK);
SCENARIO("vmx.survival.invvpid-1-other-vpid", "L2's page across INVVPID type 1 of another VPID",
	 FLAT "invvpid 1 2; " LOOK);
SCENARIO("vmx.survival.invvpid-3-other-vpid", "L2's page across INVVPID type 3 of another VPID",
	 FLAT "invvpid 3 2; " LOOK);
SCENARIO("vmx.survival.invvpid-3-global", "L2's global page across INVVPID type 3",
	 "set g0.w0.pte A/g; enter; load w0; exit; set g0.w0.pte B/g; invvpid 3 1; " LOOK);
SCENARIO("vmx.survival.invvpid-2.l1", "L1's page across INVVPID type 2, which spares VPID 0",
	 "set h0.w0.pte A; load w0; set h0.w0.pte B; invvpid 2; load w0 either");
SCENARIO("vmx.survival.invvpid-1.nested", "an EPT page across INVVPID type 1",
	 NESTED "invvpid 1 1; " LOOK);
SCENARIO("vmx.survival.invvpid-2.nested", "an EPT page across INVVPID type 2",
	 NESTED "invvpid 2; " LOOK);
SCENARIO("vmx.survival.invept-1-other", "an EPT page across INVEPT of another EPTP",
	 NESTED "invept 1 n1; " LOOK);
SCENARIO("vmx.survival.invept-2.flat", "L2's page without EPT across INVEPT type 2",
	 FLAT "invept 2; " LOOK);
SCENARIO("vmx.survival.invept-2.l1", "L1's page across INVEPT type 2",
	 "set h0.w0.pte A; load w0; set h0.w0.pte B; invept 2; load w0 either");

SCENARIO("vmx.survival.vmxon.flat", "L2's page across VMXOFF and VMXON", FLAT "vmx-cycle; " LOOK);
SCENARIO("vmx.survival.vmxon.nested", "an EPT page across VMXOFF and VMXON",
	 NESTED "vmx-cycle; " LOOK);
SCENARIO("vmx.survival.vmxon.l1", "L1's page across VMXOFF and VMXON",
	 "set h0.w0.pte A; load w0; set h0.w0.pte B; vmx-cycle; load w0 either");
SCENARIO("vmx.survival.vmfunc", "an EPT page while L2 has switched to another EPTP",
	 "nroot n0; set g0.w0.pte p0; set n0.p0.pte A; set n1.p0.pte C; enter; load w0; vmfunc n1; "
	 "set n0.p0.pte B; "
	 "vmfunc n0; load w0 either; exit");
SCENARIO("vmx.survival.own-flush.nested", "an EPT page across flushes of L2's own",
	 NESTED "enter; invlpg w0; cr3 g0; pge off; pge on; load w0 either; exit");
SCENARIO("vmx.survival.cr4-pge.l1", "L1's global page across a stay in which L2 clears its CR4.PGE",
	 "set h0.w0.pte A/g; load w0; set h0.w0.pte B/g; enter; pge off; exit; load w0 either");
