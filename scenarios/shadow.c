/* SPDX-License-Identifier: MIT */
/*
 * What a host's shadow pages make hard: roots that are not loaded, one table under two permissions,
 * a table written to often (catalogue: C1, C5, C8, C12, C16, B1).
 *
 * The rule. A flush concerns a tag, not the root that happens to be loaded: INVLPG drops the page
 * and a new ASID or VPID has no entries, whichever root brought them in (APM vol. 2, 5.5.3 "TLB
 * Management", 15.16.1 "TLB Flush"; SDM vol. 3, "Operations that Invalidate TLBs and
 * Paging-Structure Caches"). A page may be written if every entry on the way allows it (APM vol. 2,
 * 5.6 "Page-Protection Checks"; SDM vol. 3, "Determination of Access Rights"). On Intel a page
 * fault drops what is cached of the page.
 *
 * How a host breaks it. It keeps shadow roots for later and syncs, at the flush, only the one that
 * is loaded; it shares the shadow of a table between a writable and a read-only way to it; it stops
 * shadowing a table that is written to often, and leaves the old shadow linked; it injects a page
 * fault without a sync of the page.
 *
 * What is seen. As in linear.c and tables.c.
 */
#include "scenarios/scenario.h"

/* Programs are broken at their steps, not where a line is full. */
/* clang-format off */

/*
 * L1 lets one VM run on g0, then on g1, where the flush falls, then on g0 again. The roots share their
 * lower tables, so that what is cached of g1's upper entries leads nowhere else.
 */
#define OTHER_ROOT(global, flush)                                                                \
	"set g1.w0.pml4e g0.w0.pdpt; set g0.w0.pte A" global "; enter; look w0; exit; l2cr3 g1; set g0.w0.pte B" global "; " \
	flush "; l2cr3 g0; enter; look w0 fresh; exit"
SCENARIO_LOOKS("shadow.other-root.invlpg", "L2's INVLPG under another root than the page's",
	       OTHER_ROOT("", "enter; !invlpg w0; exit"));
SCENARIO_LOOKS("shadow.other-root.invlpg-global", "L2's INVLPG under another root than the global page's",
	       OTHER_ROOT("/g", "enter; !invlpg w0; exit"));
SCENARIO_LOOKS("shadow.other-root.pge", "L2's CR4.PGE toggle under another root than the global page's",
	       OTHER_ROOT("/g", "enter; !pge off; !pge on; exit"));
SCENARIO_LOOKS("shadow.other-root.tag", "a new ASID or VPID under another root than the page's",
	       OTHER_ROOT("", "!tag 2; enter; exit"));

/* C16. */
#define READ_ONLY(R)                                                                             \
	"set " R "0.w0.pte A; set " R "0.w1.pde " R "0.w0.pt/ro; invlpg w1; load w1; store w0; " \
	"store w1 fresh; store w0 fresh"
SCENARIO_WITH("shadow.read-only-table.l1", "one PT below a writable and a read-only PDE in L1",
	      READ_ONLY("h"), RETAINS("h"));
SCENARIO_WITH("shadow.read-only-table.l2", "one PT below a writable and a read-only PDE in L2",
	      "enter; " READ_ONLY("g") "; exit", "enter; " RETAINS("g") "; exit");

/* C9. As table.shared-roots, flushed first where the shared table was linked last. */
#define SECOND_ROOT(R)                                                                           \
	"set " R "1.w0.pml4e " R "0.w0.pdpt; set " R "0.w0.pte A; look w0; cr3 " R "1; look w0; " \
	"set " R "0.w0.pte B; !cr3 " R "1; look w0 fresh; !cr3 " R "0; look w0 fresh"
AT_EACH_LEVEL("shadow.second-root", "one PDPT below two roots, the second one flushed first", SECOND_ROOT);

/* C8. L1 writes to one table of L2 or of the nested ones again and again; the page in question comes last. */
SCENARIO_LOOKS("shadow.flood", "four entries of L2's root table rewritten, one after the other",
	       "set g0.w0.pte A; set g1.w0.pte B; enter; look w0; exit; set g0.w1.pml4e g1.w1.pdpt; "
	       "set g0.w2.pml4e g1.w2.pdpt; set g0.w3.pml4e g1.w3.pdpt; set g0.w0.pml4e g1.w0.pdpt; "
	       "!tag 2; enter; look w0 fresh; exit");

/*
 * C7. A look that finds an entry missing repairs its own way down; only another page below the table
 * that is linked shows whether all of it was synced. The nested windows share their upper tables.
 */
SCENARIO_LOOKS("shadow.link-beside", "nested tables linked below a new root, one of their leaves rewritten",
	       "nroot n0; set g0.w0.pte p0; set g0.w1.pte p1; set n0.p0.pte A; set n0.p1.pte C; enter; look w0; "
	       "exit; set n0.p0.pte B; set n1.p0.pml4e n0.p0.pdpt; !nroot n1; !tag 2; enter; look w1; "
	       "look w0 fresh; exit");

/*
 * C12. AMD promises nothing of the kind. A store faults, not a fetch: Bochs 3.0 drops only the one of its
 * two TLBs that the fault came from (docs/emulators.md).
 */
#define FAULT(R) "set " R "0.w0.pte A/ro; load w0; set " R "0.w0.pte B/ro; store w0 fresh; load w0 fresh"
SCENARIO_WITH("vmx.page-fault.l1", "a page fault drops a frame that was replaced, in L1",
	      FAULT("h"), RETAINS("h"));
SCENARIO_WITH("vmx.page-fault.l2", "a page fault drops a frame that was replaced, in L2",
	      "enter; " FAULT("g") "; exit", "enter; " RETAINS("g") "; exit");
