/* SPDX-License-Identifier: MIT */
/*
 * A level's own flushes: INVLPG, MOV CR3, CR4.PGE (catalogue: C1 … C5, A20, A26).
 *
 * The rule. INVLPG drops the page from the TLB, global or not; MOV CR3 drops all that is not
 * global; any change of CR4.PGE drops everything (APM vol. 2, 5.5.3 "TLB Management"; SDM vol. 3,
 * "Operations that Invalidate TLBs and Paging-Structure Caches").
 *
 * How a host breaks it. A host that shadows page tables (npt=0, ept=0) lets a leaf table go out of
 * sync with its shadow, and must bring the two together at each of these flushes, for the current
 * root and for the roots that it keeps for later. A missed sync, a cached root taken up again
 * without one, a flush request that is lost on the way to L1: each shows the old page. With nested
 * paging in L0 the faults would lie in the hardware TLB (an ASID or VPID that is not flushed).
 *
 * What is seen. A frame through a window; the window's leaf is rewritten to another frame that is
 * present, too (a page that is not present would fault, and the fault itself repairs the shadow);
 * the flush; the window again, which must show the new frame.
 *
 * The same programs run in L1 ("l1"), in an L2 without nested paging ("l2") and in an L2 with
 * nested paging ("l2-nested"), where L1 intercepts none of the flushes; and in other paging modes
 * (see modes.c): L1 and L2 in PAE mode ("pae-l1", …) and 32-bit paging, L2 with five levels. A page
 * of 2 MiB has 4 MiB in 32-bit paging.
 */
#include "scenarios/scenario.h"

/* Programs are broken at their steps, not where a line is full. */
/* clang-format off */

/* C1. The self-test of the harness, too: its control must show the old page on any host that caches. */
#define INVLPG(R) "set " R "0.w0.pte A; look w0; set " R "0.w0.pte B; !invlpg w0; look w0 fresh"
AT_LEVELS(LEVELS_INVLPG, "linear.invlpg", "INVLPG drops a rewritten 4 KiB page", INVLPG);

#define INVLPG_2M(R) "set " R "0.w0.pde A; look w0; set " R "0.w0.pde B; !invlpg w0; look w0 fresh"
AT_LEVELS(LEVELS_INVLPG, "linear.invlpg-2m", "INVLPG drops a rewritten 2 MiB page", INVLPG_2M);

#define INVLPG_G(R) "set " R "0.w0.pte A/g; look w0; set " R "0.w0.pte B/g; !invlpg w0; look w0 fresh"
AT_LEVELS(LEVELS_INVLPG, "linear.invlpg-global", "INVLPG drops a rewritten global page", INVLPG_G);

/* C2. */
#define SAME(R) "set " R "0.w0.pte A; look w0; set " R "0.w0.pte B; !cr3 " R "0; look w0 fresh"
AT_LEVELS(LEVELS_ALL, "linear.cr3-same", "MOV CR3 of the same root drops a rewritten page", SAME);

/* C3. While root 0 is loaded, a leaf of root 1 is rewritten; root 1 comes out of the host's cache. */
#define PREV(R)                                                                                  \
	"set " R "0.w0.pte C; set " R "1.w0.pte A; cr3 " R "1; look w0; !cr3 " R "0; "           \
	"set " R "1.w0.pte B; !cr3 " R "1; look w0 fresh"
AT_LEVELS(LEVELS_ALL, "linear.cr3-cached", "MOV CR3 back to a root rewritten meanwhile", PREV);

/* Each root is looked through before the switch: a host that stays on the old one shows its frame. */
#define SWITCH(R)                                                                                \
	"set " R "0.w0.pte A; set " R "1.w0.pte B; look w0; cr3 " R "1; look w0 fresh; "         \
	"cr3 " R "0; look w0 fresh"
AT_EACH_LEVEL_WITH("linear.cr3-switch", "MOV CR3 between two roots with two frames", SWITCH, RETAINS);

#define ROTATE(R)                                                                                \
	"set " R "1.w0.pte A; cr3 " R "1; look w0; !cr3 " R "2; !cr3 " R "3; !cr3 " R "0; "      \
	"set " R "1.w0.pte B; !cr3 " R "1; look w0 fresh"
AT_EACH_LEVEL("linear.cr3-rotation", "MOV CR3 around four roots, one rewritten meanwhile", ROTATE);

/* C4. More roots than KVM keeps (one current and three previous): the root is found again by its hash. */
#define EVICT(R)                                                                                 \
	"set " R "1.w0.pte A; cr3 " R "1; look w0; !cr3 " R "2; !cr3 " R "3; !cr3 " R "4; "      \
	"!cr3 " R "5; !cr3 " R "0; set " R "1.w0.pte B; !cr3 " R "1; look w0 fresh"
AT_LEVELS(LEVELS_ALL, "linear.cr3-evicted", "MOV CR3 back to a root that the host had evicted", EVICT);

/* C5, A20. */
#define PGE(R)                                                                                   \
	"set " R "0.w0.pte A/g; look w0; set " R "0.w0.pte B/g; !pge off; !pge on; look w0 fresh"
AT_LEVELS(LEVELS_ALL, "linear.pge", "toggling CR4.PGE drops a rewritten global page", PGE);

#define PGE_PREV(R)                                                                              \
	"set " R "0.w0.pte C; set " R "1.w0.pte A/g; cr3 " R "1; look w0; cr3 " R "0; "          \
	"set " R "1.w0.pte B/g; !pge off; !pge on; cr3 " R "1; look w0 fresh"
AT_LEVELS(LEVELS_ALL, "linear.pge-cached", "toggling CR4.PGE reaches roots that are not loaded", PGE_PREV);

/* A20. Only one of the two writes: hardware sees L2's new CR4 through VMRUN, which itself flushes nothing. */
#define PGE_OFF(R) "set " R "0.w0.pte A/g; look w0; set " R "0.w0.pte B/g; !pge off; look w0 fresh; pge on"
AT_EACH_LEVEL("linear.pge-off", "clearing CR4.PGE drops a rewritten global page", PGE_OFF);

SCENARIO_LOOKS("linear.pge-across-exit.l2", "CR4.PGE cleared in one stay in L2 and set in the next",
	       "enter; set g0.w0.pte A/g; look w0; set g0.w0.pte B/g; !pge off; exit; enter; !pge on; "
	       "look w0 fresh; exit");
SCENARIO_LOOKS("linear.pge-across-entry.l1", "CR4.PGE cleared in L1 before a stay in L2, set after it",
	       "set h0.w0.pte A/g; look w0; set h0.w0.pte B/g; !pge off; enter; exit; !pge on; look w0 fresh");

/*
 * A26. L2 flushes while an interrupt that L1 intercepts is pending: the exit follows at once. A
 * host that notes the flush as a request and serves it later may serve it in L1's context; L2
 * comes back under the same tag with no other flush.
 */
#define PENDING(name, title, setup, flush)                                                       \
	SCENARIO_LOOKS("linear.irq-" name ".l2", title " just before an exit",                   \
		       "enter; " setup "; !" flush " irq; enter; look w0 fresh; exit");          \
	SCENARIO_LOOKS("linear.irq-" name ".l2-nested", title " just before an exit, nested paging", \
		       "nroot n0; enter; " setup "; !" flush " irq; enter; look w0 fresh; exit")
#define REWRITE	  "set g0.w0.pte A; look w0; set g0.w0.pte B"
#define REWRITE_G "set g0.w0.pte A/g; look w0; set g0.w0.pte B/g"

PENDING("invlpg", "L2's INVLPG", REWRITE, "invlpg w0");
PENDING("cr3", "L2's MOV CR3", REWRITE, "cr3 g0");
PENDING("pge", "L2's CR4.PGE toggle", REWRITE_G "; !pge off", "pge on");
PENDING("invpcid-1", "L2's INVPCID type 1", REWRITE, "invpcid 1");
PENDING("invpcid-2", "L2's INVPCID type 2", REWRITE_G, "invpcid 2");
