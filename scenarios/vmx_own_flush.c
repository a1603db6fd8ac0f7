/* SPDX-License-Identifier: MIT */
/*
 * L2's own flushes under a VPID, and L1's CR4.PGE around VM exits (catalogue: B4, B5, B23).
 *
 * The rule. INVLPG, MOV CR3, INVPCID and a change of CR4.PGE drop linear and combined mappings of
 * the current VPID, for all EP4TAs: in L2 those of L2's VPID, in L1 those of VPID 0 (SDM vol.
 * 3, 31.4.3.1 "Operations that Invalidate Cached Mappings"). The transitions add nothing to that.
 *
 * How a host breaks it. Where KVM handles L2's flush itself (it shadows, or it emulates the
 * instruction) it notes a request and serves it before the next entry: in L1's context if a VM exit
 * to L1 came between, or with L1's VPID. And it lets L1 own only those bits of CR4 which change no
 * translations: PGE must trap.
 *
 * What is seen. L2 rewrites its own leaf, flushes, leaves L2 (by itself, or by an interrupt that
 * was pending at the flush), and looks at its next entry under the same VPID.
 *
 * B5 with one VM is linear.irq-*; changes of CR4.PAE, SMEP and PCIDE are not in the language.
 */
#include "scenarios/vmx_controls.h"

#define LOOK	  "enter; look w0 fresh; exit"
#define REWRITE	  "set g0.w0.pte A; look w0; set g0.w0.pte B; "
#define REWRITE_G "set g0.w0.pte A/g; look w0; set g0.w0.pte B/g; "

/* B4, then B5 with a second VM, whose VPID and root are others, between flush and look. */
#define OWN(name, title, rewrite, flush)                                                          \
	FLAT_AND_EPT("vmx.own-flush." name, title ", then an exit",                               \
		     "enter; " rewrite "!" flush "; exit; " LOOK);                                \
	SCENARIO("vmx.own-flush." name ".two-vms", title " just before an exit, then another VM", \
		 "enter; " rewrite "!" flush " irq; vm 1; enter; exit; vm 0; " LOOK)
OWN("invlpg", "L2's INVLPG", REWRITE, "invlpg w0");
OWN("cr3", "L2's MOV CR3", REWRITE, "cr3 g0");
OWN("pge", "L2's clearing of CR4.PGE", REWRITE_G, "pge off");
OWN("invpcid-1", "L2's INVPCID type 1", REWRITE, "invpcid 1");
OWN("invpcid-2", "L2's INVPCID type 2", REWRITE_G, "invpcid 2");

/* The flush reaches what the VPID cached under other EPTPs, and without EPT. */
SCENARIO("vmx.own-flush.all-ep4tas", "L2's INVLPG under another EPTP than it looked through",
	 "nroot n0; enter; " REWRITE "exit; nroot n1; enter; !invlpg w0; exit; nroot n0; " LOOK);
SCENARIO("vmx.own-flush.without-ept", "L2's INVLPG without EPT, after it looked under EPT",
	 "nroot n0; enter; " REWRITE "exit; nroot none; enter; !invlpg w0; exit; nroot n0; " LOOK);
SCENARIO("vmx.own-flush.with-ept", "L2's INVLPG under EPT, after it looked without",
	 "enter; " REWRITE "exit; nroot n0; enter; !invlpg w0; exit; nroot none; " LOOK);

/* B23. */
FLAT_AND_EPT("vmx.cr4-pge.after-exit", "L1 clears CR4.PGE right after a stay in L2",
	     "set h0.w0.pte A/g; look w0; set h0.w0.pte B/g; enter; exit; !pge off; look w0 fresh; "
	     "pge on");
FLAT_AND_EPT("vmx.cr4-pge.l2-toggled", "L1 clears CR4.PGE after L2 has cleared its own",
	     "set h0.w0.pte A/g; look w0; set h0.w0.pte B/g; enter; pge off; exit; !pge off; look "
	     "w0 fresh; pge on");
FLAT_AND_EPT("vmx.cr4-pge.l1-toggled", "L2 clears CR4.PGE after L1 has cleared its own",
	     "set g0.w0.pte A/g; enter; look w0; exit; set g0.w0.pte B/g; pge off; enter; !pge "
	     "off; look w0 fresh; "
	     "exit; pge on");
