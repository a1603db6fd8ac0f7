/* SPDX-License-Identifier: MIT */
/*
 * vCPUs moved between physical CPUs (catalogue: A10, B9, B25).
 *
 * The rule. An instruction that invalidates translations does so on the logical processor that
 * executes it (SDM vol. 3, 5.10.4 "Invalidation of TLBs and Paging-Structure Caches"; APM vol. 2,
 * 5.5.3 "TLB Management"). A vCPU is one logical processor to its L1, wherever the host lets it
 * run: what it has flushed anywhere is flushed, and no other vCPU's translations are ever its own.
 *
 * How a host breaks it. Each physical CPU keeps what a vCPU left there under its ASID or VPID.
 * kvm_amd must take a new ASID on each CPU that a vCPU comes to, kvm_intel flush there. ASIDs are
 * numbered by each CPU for itself, so one that was taken on CPU 1 belongs to somebody else on
 * CPU 0. KVM keeps one ASID for a vCPU's two VMCBs, L1's and L2's, but notes for each VMCB where it
 * ran last: before "KVM: SVM: Trigger new ASID allocation in both VMCBs on pCPU switch" a VMCB that
 * did not run on CPU 1 did not notice that the vCPU had been there, and ran on CPU 0 with CPU 1's
 * ASID.
 *
 * What is seen. A flush on one CPU, then a look on the other; two vCPUs with two frames at one
 * linear address, on one physical CPU.
 */
#include "scenarios/scenario.h"

/* Programs are broken at their steps, not where a line is full. */
/* clang-format off */

#define KEEPS_L1 "set h0.w0.pte A; load w0; set h0.w0.pte B; load w0 either"
#define KEEPS_L2 "set g0.w0.pte A; enter; load w0; set g0.w0.pte B; load w0 either; exit"

#define KEEPS_ACROSS "set g0.w0.pte A; enter; load w0; exit; set g0.w0.pte B; enter; load w0 either; exit"

/* B25; of A10 what is about one VMCB. */
SCENARIO_LOOKS_WITH("migration.l1", "a flush on one physical CPU, a look on the other",
		    "pcpu 0; set h0.w0.pte A; look w0; pcpu 1; set h0.w0.pte B; invlpg w0; look w0 fresh; "
		    "pcpu 0; look w0 fresh",
		    KEEPS_L1);
SCENARIO_LOOKS_WITH("migration.l2", "the same in L2, which stays in L2 as it moves",
		    "pcpu 0; set g0.w0.pte A; enter; look w0; pcpu 1; set g0.w0.pte B; invlpg w0; "
		    "look w0 fresh; pcpu 0; look w0 fresh; exit",
		    KEEPS_L2);
SCENARIO_WITH("migration.l2-nested", "the same under nested paging",
	      "nroot n0; set n0.p0.pte A; set n0.p1.pte B; pcpu 0; set g0.w0.pte p0; enter; load w0; pcpu 1; "
	      "set g0.w0.pte p1; invlpg w0; load w0 fresh; pcpu 0; load w0 fresh; exit",
	      KEEPS_L2);

/*
 * B9. L1 flushes L2's VPID on another physical CPU than L2 ran on: CVE-2026-89929. The flush that
 * comes with a VMCS to another CPU covers it, as long as there is one.
 */
SCENARIO_LOOKS_WITH("vmx.migration.invvpid", "INVVPID on one physical CPU, L2 before and after on the other",
		    "pcpu 0; set g0.w0.pte A; enter; look w0; exit; pcpu 1; set g0.w0.pte B; invvpid 1 1; "
		    "pcpu 0; enter; look w0 fresh; exit",
		    KEEPS_ACROSS);

/*
 * A10. L2 goes to the other physical CPU and comes back, and L1 did not run there. When L2 comes
 * back, an interrupt is pending that ends it before its first instruction: so it is L1's VMCB that
 * runs first, where it ran last. Then the other vCPU takes one ASID after the other on that CPU.
 */
#define AWAY_IN_L2(HERE, THERE)                                                                    \
	"set h0.w0.pte A; set h1.w0.pte B; cpu 1; cr3 h1; pcpu " THERE "; cpu 0; pcpu " HERE "; "   \
	"load w0 fresh; enter; exit; enter; pcpu " THERE "; pcpu " HERE " irq; load w0 fresh; "     \
	"repeat 8; cpu 1; pcpu " HERE "; load w0 fresh; cpu 0; load w0 fresh; cpu 1; pcpu " THERE "; " \
	"cpu 0; end"
SCENARIO_WITH("migration.away-in-l2", "L2 away and back, L1 interrupts it; another vCPU in the old place",
	      AWAY_IN_L2("1", "0"), KEEPS_L1);
