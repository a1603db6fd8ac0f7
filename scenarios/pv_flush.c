/* SPDX-License-Identifier: MIT */
/*
 * A flush that the host carries out for L1 while the vCPU waits, perhaps in L2 (catalogue: E5).
 *
 * The rule. It is KVM's own (Linux, Documentation/virt/kvm/x86/cpuid.rst, KVM_FEATURE_PV_TLB_FLUSH;
 * msr.rst, MSR_KVM_STEAL_TIME; arch/x86/include/uapi/asm/kvm_para.h): the host says which vCPUs it
 * has preempted, and where one is, the guest may set KVM_VCPU_FLUSH_TLB in place of sending it an
 * interrupt. So what that interrupt's handler would have dropped must be gone before the vCPU goes
 * on: L1's translations, of all PCIDs, global ones, too, wherever the vCPU was preempted. Of L2's
 * translations nothing is said, and nothing is expected.
 *
 * How a host breaks it. It flushes the context in which it finds the vCPU. In L2 that has a tag of
 * its own (VPID), and with one neither VM entry nor VM exit drops anything: what L1 has cached
 * under its tag is served once L2 is left.
 *
 * What is seen. Another vCPU rewrites L1's table and asks for the flush while the vCPU spins, in L1
 * or in L2. That takes a host with more vCPUs than CPUs, and a TLB that keeps. An entry and an exit
 * come first: a KVM that runs a new VMCS for L2 flushes everything.
 */
#include "scenarios/scenario.h"

/* Programs are broken at their steps, not where a line is full. */
/* clang-format off */

/* The wait is the control's, too: what it leaves out is the flag only. */
#define FLUSHED "preempted 1; !pv-flush 1"

SCENARIO_LOOKS("pv-flush.l1", "the host's flush of a vCPU that was preempted in L1",
	       "cpu 1; set h0.w0.pte A; look w0; cpu 0; set h0.w0.pte B; " FLUSHED "; cpu 1; look w0 fresh");
SCENARIO("pv-flush.l1-global", "the same of a global page",
	 "cpu 1; set h0.w0.pte A/g; load w0; cpu 0; set h0.w0.pte B/g; " FLUSHED "; cpu 1; load w0 fresh");
SCENARIO("pv-flush.l1-pcid", "the same of a PCID that is not in use at the time",
	 "cpu 1; pcide on; cr3 h0 pcid 1; set h0.w0.pte A; load w0; cr3 h1 pcid 2; cpu 0; set h0.w0.pte B; "
	 FLUSHED "; cpu 1; cr3 h0 pcid 1 noflush; load w0 fresh");

#define IN_L2(setup, g)                                                                                   \
	"cpu 1; " setup "enter; exit; set h0.w0.pte A" g "; load w0; enter; cpu 0; set h0.w0.pte B" g "; " \
	FLUSHED "; cpu 1; exit; load w0 fresh"
#define WRONG_VPID "KVM flushes L2's VPID (kvm_vcpu_flush_tlb_guest()): docs/findings.md"

SCENARIO_KNOWN("pv-flush.l2", "the host's flush of a vCPU that was preempted in L2", IN_L2("", ""), WRONG_VPID);
SCENARIO_KNOWN("pv-flush.l2-global", "the same of a global page of L1's", IN_L2("", "/g"), WRONG_VPID);
SCENARIO_KNOWN("pv-flush.l2-nested", "the same with L2 under nested paging", IN_L2("nroot n0; ", ""), WRONG_VPID);

/* Both are legal. The table of retention tells whose tag was flushed. */
SCENARIO("pv-flush.l2-own", "what becomes of L2's own translations then",
	 "cpu 1; enter; exit; set g0.w0.pte A; enter; load w0; cpu 0; set g0.w0.pte B; " FLUSHED "; cpu 1; "
	 "load w0 either; exit");
