/* SPDX-License-Identifier: MIT */
/*
 * L1 flushes L2: a new ASID, TLB_CONTROL (catalogue: A1, A2, A4, A7, A8).
 *
 * The rule. An ASID tags all that L2 caches, the nested translations (guest-physical to physical),
 * too; VMRUN and #VMEXIT flush nothing by themselves. L1 gets rid of old entries by an ASID that
 * was not used since the last flush, or by TLB_CONTROL: 1 drops every ASID, L1's own among them, 3
 * the guest's ASID, 7 the guest's non-global entries (APM vol. 2, 15.16 "TLB Control", 15.16.1
 * "TLB Flush").
 *
 * How a host breaks it. KVM runs all of an L1's L2s under one ASID and does not tag its shadow
 * pages with ASIDs at all: it must take a new ASID in VMCB12 for a flush, sync the shadow of the
 * nested tables (or of L2's, without nested paging), and it must do so for the roots that it
 * keeps, not only for the current one. Today it syncs and flushes at every nested transition; work
 * to stop that is under way (RFC v2 "KVM: nSVM: Flush the TLB if L1 changes L2's ASID in vmcb12"),
 * and each way to get it wrong is a case below.
 *
 * What is seen. L2 looks through a window; L1 rewrites the leaf of the nested tables ("nested") or
 * of L2's own ("flat", L2 without nested paging) between two frames that are both present; L1
 * flushes; L2 looks again. On a host that over-flushes all of it is VACUOUS.
 */
#include "scenarios/scenario.h"

/* Programs are broken at their steps, not where a line is full. */
/* clang-format off */

#define NESTED "nroot n0; set g0.w0.pte p0; "

/* A1. */
SCENARIO_LOOKS("svm.asid-change.nested", "a new ASID after a nested leaf was rewritten",
	       NESTED "set n0.p0.pte A; enter; look w0; exit; set n0.p0.pte B; !tag 2; enter; "
		      "look w0 fresh; exit");
SCENARIO_LOOKS("svm.asid-change.flat", "a new ASID after a leaf of L2 was rewritten by L1",
	       "set g0.w0.pte A; enter; look w0; exit; set g0.w0.pte B; !tag 2; enter; look w0 fresh; exit");
SCENARIO_LOOKS("svm.asid-change.nested-2m", "a new ASID after a 2 MiB nested leaf was rewritten",
	       NESTED "set n0.p0.pde A; enter; look w0; exit; set n0.p0.pde B; !tag 2; enter; "
		      "look w0 fresh; exit");
SCENARIO_LOOKS("svm.asid-chain.nested", "ASIDs 1, 2, 3, a rewrite before each",
	       NESTED "set n0.p0.pte A; enter; look w0; exit; set n0.p0.pte B; !tag 2; enter; look w0 fresh; "
		      "exit; set n0.p0.pte C; !tag 3; enter; look w0 fresh; exit");
SCENARIO_LOOKS("svm.asid-back.nested", "back to ASID 1, with a flush: what it cached first is long dead",
	       NESTED "set n0.p0.pte A; enter; look w0; exit; set n0.p0.pte B; !tag 2; enter; look w0 fresh; "
		      "exit; set n0.p0.pte C; !tag 1; !tlbctl 1; enter; look w0 fresh; exit");
SCENARIO_LOOKS("svm.asid-back.flat", "back to ASID 1, with a flush, L2 without nested paging",
	       "set g0.w0.pte A; enter; look w0; exit; set g0.w0.pte B; !tag 2; enter; look w0 fresh; exit; "
	       "set g0.w0.pte C; !tag 1; !tlbctl 1; enter; look w0 fresh; exit");

/* A2. */
#define TLBCTL(type)                                                                                    \
	SCENARIO_LOOKS("svm.tlbctl-" type ".nested", "TLB_CONTROL " type " after a nested leaf was rewritten", \
		       NESTED "set n0.p0.pte A; enter; look w0; exit; set n0.p0.pte B; !tlbctl " type    \
			      "; enter; look w0 fresh; exit");                                           \
	TLBCTL_FLAT(type)
#define TLBCTL_FLAT(type)                                                                               \
	SCENARIO_LOOKS("svm.tlbctl-" type ".flat", "TLB_CONTROL " type " after a leaf of L2 was rewritten", \
		       "set g0.w0.pte A; enter; look w0; exit; set g0.w0.pte B; !tlbctl " type           \
		       "; enter; look w0 fresh; exit")
TLBCTL("1");
TLBCTL("3");
/* Whether 7 reaches nested translations the manual does not say: flat only. */
TLBCTL_FLAT("7");

SCENARIO_LOOKS("svm.tlbctl-1-global.flat", "TLB_CONTROL 1 drops L2's global pages, too",
	       "set g0.w0.pte A/g; enter; look w0; exit; set g0.w0.pte B/g; !tlbctl 1; enter; "
	       "look w0 fresh; exit");
SCENARIO_LOOKS("svm.tlbctl-3-global.flat", "TLB_CONTROL 3 drops L2's global pages, too",
	       "set g0.w0.pte A/g; enter; look w0; exit; set g0.w0.pte B/g; !tlbctl 3; enter; "
	       "look w0 fresh; exit");

/* A4. */
SCENARIO_LOOKS("svm.tlbctl-1-l1", "TLB_CONTROL 1 drops L1's own translations",
	       "set h0.w0.pte A; look w0; set h0.w0.pte B; !tlbctl 1; enter; exit; look w0 fresh");
SCENARIO_LOOKS("svm.tlbctl-1-l1.by-l2", "TLB_CONTROL 1 drops L1's translations that L2 rewrote",
	       "set h0.w0.pte A; look w0; enter; set h0.w0.pte B; exit; !tlbctl 1; enter; exit; "
	       "look w0 fresh");
SCENARIO_LOOKS("svm.tlbctl-1-l1-global", "TLB_CONTROL 1 drops L1's own global pages",
	       "set h0.w0.pte A/g; look w0; set h0.w0.pte B/g; !tlbctl 1; enter; exit; look w0 fresh");

/*
 * A7. The nested root is no part of the tag: what ASID 1 caches below n1 may serve it below n0. So
 * n1 maps the frame that n0 shall map later, and the dead frame A is the one wrong answer. The
 * flush comes while another nested root is in use; the ASID is the same, so what it cached of the
 * first root is dead as well. A host that syncs only the current root at the flush, and takes the
 * first one out of its cache later, shows the old page.
 */
#define OTHER_ROOT(type)                                                                                \
	SCENARIO_LOOKS("svm.flush-under-other-ncr3.tlbctl-" type,                                        \
		       "TLB_CONTROL " type " under nested root n1, then back to n0",                     \
		       NESTED "set n0.p0.pte A; set n1.p0.pte B; enter; look w0; exit; "                 \
			      "set n0.p0.pte B; nroot n1; !tlbctl " type                                 \
			      "; enter; exit; nroot n0; enter; look w0 fresh; exit")
OTHER_ROOT("1");
OTHER_ROOT("3");
SCENARIO_LOOKS("svm.flush-under-other-ncr3.asid", "ASID 2 used first under nested root n1, then under n0",
	       NESTED "set n0.p0.pte A; set n1.p0.pte B; enter; look w0; exit; set n0.p0.pte B; nroot n1; "
		      "!tag 2; enter; exit; nroot n0; enter; look w0 fresh; exit");

/*
 * A8. The flush is a part of VMRUN, even of one that an interrupt ends before L2's first
 * instruction. A host that forgets a flush which it had only planned shows the old page at the
 * next entry.
 */
#define THEN_EXIT(type, kind, rewrite)                                                                  \
	SCENARIO_LOOKS("svm.flush-then-exit.tlbctl-" type "." kind,                                      \
		       "TLB_CONTROL " type " in a VMRUN that a pending interrupt ends at once",          \
		       rewrite "; !tlbctl " type "; enter-pending; enter; look w0 fresh; exit")
#define REWRITE_NESTED NESTED "set n0.p0.pte A; enter; look w0; exit; set n0.p0.pte B"
#define REWRITE_FLAT   "set g0.w0.pte A; enter; look w0; exit; set g0.w0.pte B"
THEN_EXIT("1", "nested", REWRITE_NESTED);
THEN_EXIT("3", "nested", REWRITE_NESTED);
THEN_EXIT("1", "flat", REWRITE_FLAT);
THEN_EXIT("3", "flat", REWRITE_FLAT);
SCENARIO_LOOKS("svm.flush-then-exit.asid.nested", "a new ASID in a VMRUN that a pending interrupt ends",
	       REWRITE_NESTED "; !tag 2; enter-pending; enter; look w0 fresh; exit");
