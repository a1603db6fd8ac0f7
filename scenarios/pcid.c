/* SPDX-License-Identifier: MIT */
/*
 * CR4.PCIDE and PCIDs (catalogue: D1 … D4, D6, D7).
 *
 * The rule. With CR4.PCIDE set, what is cached belongs to the PCID in CR3[11:0], but for global
 * pages, which are everyone's. MOV CR3 drops what belongs to the PCID that it loads, or nothing if
 * bit 63 of its operand is set. INVPCID drops a page of a PCID (0), a PCID (1), everything (2),
 * everything that is not global (3). Setting PCIDE drops nothing: all that is cached is PCID 0's.
 * Clearing it drops everything (SDM vol. 3, 5.10.1 "Process-Context Identifiers (PCIDs)" and
 * "Operations that Invalidate TLBs and Paging-Structure Caches"; APM vol. 2, 5.5.1 "Process Context
 * Identifier" and 5.5.3 "TLB Management").
 *
 * How a host breaks it. KVM keeps the roots that the guest left (prev_roots), shadows with them.
 * With PCIDs these are part of what the guest may expect to stay cached, so each flush of a PCID
 * must reach every root of that PCID, loaded or not; without PCIDs they are not, and KVM brings
 * them up to date when they are loaded again. A guest that changes CR4.PCIDE changes from one
 * regime to the other: what was left behind out of date under the first must not be taken up under
 * the second.
 *
 * What is seen. As in linear.c. "cached" is a root that was looked through, left without a flush,
 * rewritten, and loaded again without one: only the flush under test stands between the two. The
 * root that runs meanwhile under the same PCID does not map the window at all, or what is cached of
 * its upper levels could serve the look legally.
 */
#include "scenarios/scenario.h"

/* Programs are broken at their steps, not where a line is full. */
/* clang-format off */

/* Root 1 runs under PCID 1, is left, and is rewritten with these flags. Then it comes back. */
#define LEFT(R, flags)                                                                           \
	"pcide on; set " R "1.w0.pte A" flags "; cr3 " R "1 pcid 1; look w0; cr3 " R "0 noflush; " \
	"set " R "1.w0.pte B" flags "; "
#define BACK(R) "cr3 " R "1 pcid 1 noflush; look w0 fresh"

/* D1. Two roots under one PCID: a flush by loading one reaches the other. */
#define SAME_PCID(R)                                                                             \
	"set " R "2.w0.pml4e none; pcide on; set " R "1.w0.pte A; cr3 " R "1 pcid 1; look w0; "  \
	"cr3 " R "2 pcid 1 noflush; " \
	"set " R "1.w0.pte B; !cr3 " R "2 pcid 1; " BACK(R)
AT_EACH_LEVEL("pcid.two-roots", "MOV CR3 flushes its PCID, other roots' part of it, too", SAME_PCID);

/* MOV CR3 without bit 63 drops the PCID that it loads. */
#define LOAD_FLUSHES(R) LEFT(R, "") "!cr3 " R "1 pcid 1; " BACK(R)
AT_EACH_LEVEL("pcid.load", "MOV CR3 flushes the PCID that it loads", LOAD_FLUSHES);

/* D2. As the mail tells it: KVM frees its cached roots when PCIDE is set, or it comes out stale. */
#define ENABLE(R)                                                                                \
	"set " R "2.w0.pml4e none; set " R "1.w0.pte A; cr3 " R "1; look w0; cr3 " R "2; "       \
	"set " R "1.w0.pte B; invpcid 1; pcide on; cr3 " R "1 noflush; look w0 fresh"
AT_EACH_LEVEL_WITH("pcid.enable", "setting CR4.PCIDE revives nothing that an INVPCID dropped", ENABLE, RETAINS);
#define ENABLE_BARE(R)                                                                           \
	"set " R "2.w0.pml4e none; set " R "1.w0.pte A; cr3 " R "1; look w0; cr3 " R "2; "       \
	"set " R "1.w0.pte B; pcide on; cr3 " R "1 noflush; look w0 fresh"
AT_EACH_LEVEL_WITH("pcid.enable-left", "setting CR4.PCIDE revives nothing that a MOV CR3 dropped", ENABLE_BARE, RETAINS);

/* What was cached without PCIDs is PCID 0's, and goes with it. */
#define ENABLE_FLUSH(R)                                                                          \
	"set " R "0.w0.pte A; look w0; pcide on; set " R "0.w0.pte B; !cr3 " R "0; look w0 fresh"
AT_EACH_LEVEL("pcid.enable-load", "what was cached without PCIDs is PCID 0's", ENABLE_FLUSH);

/* D3. */
#define DISABLE(R) LEFT(R, "") "!pcide off; pcide on; " BACK(R)
AT_EACH_LEVEL("pcid.disable", "clearing CR4.PCIDE drops every PCID", DISABLE);
#define DISABLE_G(R)                                                                             \
	"pcide on; set " R "0.w0.pte A/g; cr3 " R "0 pcid 1; look w0; set " R "0.w0.pte B/g; "   \
	"!pcide off; look w0 fresh"
AT_EACH_LEVEL("pcid.disable-global", "clearing CR4.PCIDE drops global pages", DISABLE_G);

/* D4. Of the PCID that runs, and of one that does not. */
#define INVPCID(R, flags, flush)                                                                 \
	"pcide on; set " R "0.w0.pte A" flags "; cr3 " R "0 pcid 1; look w0; "                   \
	"set " R "0.w0.pte B" flags "; !" flush "; look w0 fresh"
#define INVPCID_0(R) INVPCID(R, "", "invpcid 0 w0 pcid 1")
#define INVPCID_1(R) INVPCID(R, "", "invpcid 1 pcid 1")
#define INVPCID_2(R) INVPCID(R, "/g", "invpcid 2")
#define INVPCID_3(R) INVPCID(R, "", "invpcid 3")
AT_EACH_LEVEL("pcid.invpcid-0", "INVPCID type 0 drops a page of the PCID that runs", INVPCID_0);
AT_EACH_LEVEL("pcid.invpcid-1", "INVPCID type 1 drops the PCID that runs", INVPCID_1);
AT_EACH_LEVEL("pcid.invpcid-2", "INVPCID type 2 drops a global page", INVPCID_2);
AT_EACH_LEVEL("pcid.invpcid-3", "INVPCID type 3 drops the PCID that runs", INVPCID_3);
#define CACHED_0(R) LEFT(R, "") "!invpcid 0 w0 pcid 1; " BACK(R)
#define CACHED_1(R) LEFT(R, "") "!invpcid 1 pcid 1; " BACK(R)
#define CACHED_2(R) LEFT(R, "/g") "!invpcid 2; " BACK(R)
#define CACHED_3(R) LEFT(R, "") "!invpcid 3; " BACK(R)
AT_EACH_LEVEL("pcid.invpcid-0-cached", "INVPCID type 0 drops a page of a PCID left before", CACHED_0);
AT_EACH_LEVEL("pcid.invpcid-1-cached", "INVPCID type 1 drops a PCID left before", CACHED_1);
AT_EACH_LEVEL("pcid.invpcid-2-cached", "INVPCID type 2 drops a global page of a PCID left before", CACHED_2);
AT_EACH_LEVEL("pcid.invpcid-3-cached", "INVPCID type 3 drops every PCID", CACHED_3);

/* D4. The exit to L1 follows at once: see linear.c, "A26". */
#define PENDING(name, title, setup, flush)                                                       \
	SCENARIO_LOOKS("pcid.irq-" name ".l2", title " just before an exit",                     \
		       "enter; " setup "!" flush " irq; enter; " BACK("g") "; exit");            \
	SCENARIO_LOOKS("pcid.irq-" name ".l2-nested", title " just before an exit, nested paging", \
		       "nroot n0; enter; " setup "!" flush " irq; enter; " BACK("g") "; exit")
PENDING("invpcid-1", "L2's INVPCID type 1", LEFT("g", ""), "invpcid 1 pcid 1");
PENDING("invpcid-2", "L2's INVPCID type 2", LEFT("g", "/g"), "invpcid 2");
PENDING("load", "L2's MOV CR3 to another root of the PCID", "set g2.w0.pml4e none; " LEFT("g", ""), "cr3 g2 pcid 1");

/* Flushes that are about every PCID. */
#define PGE(R) LEFT(R, "") "!pge off; !pge on; " BACK(R)
AT_EACH_LEVEL("pcid.pge", "toggling CR4.PGE drops every PCID", PGE);
#define INVLPG_G(R) LEFT(R, "/g") "!invlpg w0; " BACK(R)
AT_EACH_LEVEL("pcid.invlpg-global", "INVLPG drops a global page, whatever the PCID", INVLPG_G);

/* Each root is looked through before the switch: a host that stays on the old one shows its frame. */
#define SWITCH(R)                                                                                \
	"pcide on; set " R "0.w0.pte A; set " R "1.w0.pte B; look w0; cr3 " R "1 pcid 1 noflush; " \
	"look w0 fresh; cr3 " R "0 noflush; look w0 fresh; " BACK(R)
AT_EACH_LEVEL_WITH("pcid.switch", "MOV CR3 between two PCIDs with two frames, nothing flushed", SWITCH, RETAINS);

/* D7. L2 leaves and comes back between the rewrite and the switch; under the same tag that is no flush. */
#define D7(flush)                                                                                \
	"enter; pcide on; set g1.w0.pte A; cr3 g1 pcid 1; look w0; cr3 g0 noflush; exit; "       \
	"set g1.w0.pte B; enter; " flush "look w0 fresh; exit"
SCENARIO_LOOKS("pcid.exit-load.l2", "L2's PCID rewritten by L1; MOV CR3 in L2", D7("!cr3 g1 pcid 1; cr3 g1 pcid 1 noflush; "));
SCENARIO_LOOKS("pcid.exit-load.l2-nested", "L2's PCID rewritten by L1; MOV CR3 in L2, nested paging",
	       "nroot n0; " D7("!cr3 g1 pcid 1; cr3 g1 pcid 1 noflush; "));
SCENARIO_LOOKS("pcid.exit-invpcid.l2", "L2's PCID rewritten by L1; INVPCID in L2", D7("!invpcid 1 pcid 1; cr3 g1 pcid 1 noflush; "));
SCENARIO_LOOKS("pcid.exit-invpcid.l2-nested", "L2's PCID rewritten by L1; INVPCID in L2, nested paging",
	       "nroot n0; " D7("!invpcid 1 pcid 1; cr3 g1 pcid 1 noflush; "));
SCENARIO_LOOKS("pcid.entry-switch.l1", "L1's PCID rewritten before a stay in L2, flushed after it",
	       LEFT("h", "") "enter; exit; !invpcid 1 pcid 1; " BACK("h"));
