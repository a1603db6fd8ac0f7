/* SPDX-License-Identifier: MIT */
/*
 * What lies above a leaf, and beside its frame: upper entries, shared tables, leaf sizes,
 * permissions, accessed and dirty bits (catalogue: C7 … C11, C15).
 *
 * The rule. After a flush a walk goes by the tables as they are, whichever entry was rewritten. An
 * entry that was not present is in no cache, so linking a table below it needs no flush (SDM vol.
 * 3, "Details of TLB Use", "Optional Invalidation"; APM vol. 2, 5.5.3 "TLB Management"). Hardware
 * sets a cleared accessed bit at the next use and a cleared dirty bit at the next store.
 *
 * How a host breaks it. A host that shadows page tables write-protects upper tables and traps each
 * store; a leaf table goes out of sync, and every way that leads to it must be marked for the next
 * flush: when it hangs below two entries, below two roots, or is linked anew while it is out of
 * sync (that one needs no flush of the guest, so the host has to sync it at the link). A sync that
 * compares frames alone overlooks permissions and accessed bits.
 *
 * What is seen. As in linear.c; and page faults as results, where a permission was taken away.
 */
#include "scenarios/scenario.h"

/* Programs are broken at their steps, not where a line is full. */
/* clang-format off */

/*
 * C7. The leaf table of w0 is used, unlinked, rewritten (out of sync), and linked below w2, which passes
 * through the same entry of it.
 */
#define LINK(R, entry, table)                                                                    \
	"set " R "0.w2." entry " none; invlpg w2; set " R "0.w0.pte A; look w0; "                \
	"set " R "0.w0." entry " none; invlpg w0; set " R "0.w0.pte B; "                         \
	"set " R "0.w2." entry " " R "0.w0." table "; look w2 fresh"
#define LINK_PT(R)   LINK(R, "pde", "pt")
#define LINK_PD(R)   LINK(R, "pdpte", "pd")
#define LINK_PDPT(R) LINK(R, "pml4e", "pdpt")
AT_LEVELS_WITH(LEVELS_INVLPG, "table.link-pt", "a PT rewritten while unlinked, then linked below a PDE not present", LINK_PT, RETAINS);
AT_EACH_LEVEL_WITH("table.link-pd", "a PD linked elsewhere, its PT rewritten meanwhile", LINK_PD, RETAINS);
AT_EACH_LEVEL_WITH("table.link-pdpt", "a PDPT linked elsewhere, its PT rewritten meanwhile", LINK_PDPT, RETAINS);

/*
 * A look that finds an entry missing repairs its own way down; only the neighbour in the table that is
 * linked shows whether all of it was synced. Here w3 finds frame G.
 */
#define LINK_BESIDE(R, upper, entry, table)                                                      \
	"set " R "0.w3." upper "; invlpg w3; set " R "0.w0.pte A; look w0; look w3; set " R "0.w0." entry " none; " \
	"invlpg w0; invlpg w3; set " R "0.w0.pte B; set " R "0.w0." entry " " R "0.w0." table "; look w3; look w0 fresh"
#define LINK_BESIDE_PT(R) LINK_BESIDE(R, "pdpte " R "0.w0.pd", "pde", "pt")
#define LINK_BESIDE_PD(R) LINK_BESIDE(R, "pml4e " R "0.w0.pdpt", "pdpte", "pd")
AT_EACH_LEVEL_WITH("table.link-pt-beside", "a PT rewritten while unlinked, then linked, its neighbour first", LINK_BESIDE_PT, RETAINS);
AT_EACH_LEVEL_WITH("table.link-pd-beside", "a PD unlinked, its PT rewritten, then linked, its neighbour first", LINK_BESIDE_PD, RETAINS);

/* Linked while out of sync, it stays so: the flush that is due after the next rewrite comes by its new way. */
#define LINK_UNSYNC(R)                                                                           \
	"set " R "0.w1.pde none; invlpg w1; set " R "0.w0.pte A; look w0; set " R "0.w0.pde none; invlpg w0; " \
	"set " R "0.w0.pte B; set " R "0.w1.pde " R "0.w0.pt; look w1; set " R "0.w0.pte C; !cr3 " R "0; look w1 fresh"
AT_EACH_LEVEL("table.link-unsync", "a PT rewritten while unlinked, linked, rewritten again", LINK_UNSYNC);

#define MAP(R) "look w0; set " R "0.w0.pte A; look w0 fresh"
AT_LEVELS_WITH(LEVELS_ALL, "table.map", "a leaf that was not present needs no flush", MAP, RETAINS);

/* C8. */
#define REPOINT(R, entry, table)                                                                 \
	"set " R "0.w0.pte A; set " R "1.w0.pte B; look w0; set " R "0.w0." entry " " R "1.w0."  \
	table "; !invlpg w0; look w0 fresh"
#define REPOINT_PDE(R)	 REPOINT(R, "pde", "pt")
#define REPOINT_PDPTE(R) REPOINT(R, "pdpte", "pd")
#define REPOINT_PML4E(R) REPOINT(R, "pml4e", "pdpt")
AT_LEVELS(LEVELS_INVLPG, "table.repoint-pde", "a PDE turns to another table", REPOINT_PDE);
AT_EACH_LEVEL("table.repoint-pdpte", "a PDPTE turns to another table", REPOINT_PDPTE);
AT_EACH_LEVEL("table.repoint-pml4e", "a PML4E turns to another table", REPOINT_PML4E);

/* C9. */
#define SHARED(R)                                                                                \
	"set " R "0.w1.pde " R "0.w0.pt; invlpg w1; set " R "0.w0.pte A; look w0; look w1; "     \
	"set " R "0.w0.pte B; !cr3 " R "0; look w0 fresh; look w1 fresh"
AT_LEVELS(LEVELS_INVLPG, "table.shared-pt", "one PT below two PDEs", SHARED);
#define SHARED_ROOTS(R)                                                                          \
	"set " R "1.w0.pml4e " R "0.w0.pdpt; set " R "0.w0.pte A; look w0; cr3 " R "1; look w0; "\
	"set " R "0.w0.pte B; !cr3 " R "0; look w0 fresh; !cr3 " R "1; look w0 fresh"
AT_EACH_LEVEL("table.shared-roots", "one PDPT below two roots", SHARED_ROOTS);

/* C15. */
#define SPLIT_2M(R)                                                                              \
	"set " R "0.w0.pte B; set " R "0.w0.pde A; invlpg w0; look w0; "                         \
	"set " R "0.w0.pde " R "0.w0.pt; !invlpg w0; look w0 fresh"
#define MERGE_2M(R) "set " R "0.w0.pte A; look w0; set " R "0.w0.pde B; !invlpg w0; look w0 fresh"
#define SPLIT_1G(R)                                                                              \
	"set " R "0.w0.pde B; set " R "0.w0.pdpte A; invlpg w0; look w0; "                       \
	"set " R "0.w0.pdpte " R "0.w0.pd; !invlpg w0; look w0 fresh"
#define MERGE_1G(R) "set " R "0.w0.pte B; look w0; set " R "0.w0.pdpte A; !invlpg w0; look w0 fresh"
AT_LEVELS(LEVELS_INVLPG, "table.split-2m", "a 2 MiB page is split into a table", SPLIT_2M);
AT_LEVELS(LEVELS_INVLPG, "table.merge-2m", "a table is merged into a 2 MiB page", MERGE_2M);
AT_EACH_LEVEL("table.split-1g", "a 1 GiB page is split into a table", SPLIT_1G);
AT_EACH_LEVEL("table.merge-1g", "a table is merged into a 1 GiB page", MERGE_1G);

/*
 * C15, C16. Two 2 MiB pages on one frame, of which the other one is read-only. The first one's dirty bit is
 * set by a store, which no host traps; until then its shadow, of small pages, may be the read-only one's.
 */
#define LARGE_DIRTY(R)                                                                           \
	"set " R "0.w0.pde A/nd; set " R "0.w1.pde A/ro; invlpg w0; invlpg w1; load w0; load w1; store w0 fresh; " \
	"store w1 fresh; load w1 fresh"
SCENARIO_WITH("table.dirty-2m.l1", "a store dirties a 2 MiB page, whose frame is read-only elsewhere, in L1",
	      LARGE_DIRTY("h"), RETAINS("h"));
SCENARIO_WITH("table.dirty-2m.l2", "a store dirties a 2 MiB page, whose frame is read-only elsewhere, in L2",
	      ENTERED(LARGE_DIRTY("g")), ENTERED(RETAINS("g")));

/* C10. */
#define PERMISSION(name, title, flag, kind)                                                      \
	SCENARIO("table." name ".l1", title " in L1",                                            \
		 "set h0.w0.pte A; " kind " w0; set h0.w0.pte A/" flag "; !invlpg w0; " kind " w0 fresh"); \
	SCENARIO("table." name ".l2", title " in L2",                                            \
		 "enter; set g0.w0.pte A; " kind " w0; set g0.w0.pte A/" flag "; !invlpg w0; " kind " w0 fresh; exit"); \
	SCENARIO("table." name ".l2-cr3", title " in L2, by MOV CR3",                            \
		 "enter; set g0.w0.pte A; " kind " w0; set g0.w0.pte A/" flag "; !cr3 g0; " kind " w0 fresh; exit"); \
	SCENARIO("table." name ".l2-nested", title " in L2 under nested paging",                 \
		 "nroot n0; enter; set g0.w0.pte A; " kind " w0; set g0.w0.pte A/" flag "; !invlpg w0; " kind \
		 " w0 fresh; exit")
PERMISSION("write-protect", "a page loses its write permission", "ro", "store");
PERMISSION("no-execute", "a page loses its execute permission", "nx", "fetch");

#define UNMAP(R) "set " R "0.w0.pte A; look w0; set " R "0.w0.pte none; !invlpg w0; look w0 fresh"
AT_EACH_LEVEL("table.unmap", "a page goes away", UNMAP);
#define UNMAP_CR3(R) "set " R "0.w0.pte A; look w0; set " R "0.w0.pte none; !cr3 " R "0; look w0 fresh"
AT_EACH_LEVEL("table.unmap-cr3", "a page goes away, by MOV CR3", UNMAP_CR3);

/* C11. */
#define BITS(name, title, flag, kind)                                                            \
	SCENARIO("table." name ".l1", title " in L1",                                            \
		 "set h0.w0.pte A; " kind " w0; set h0.w0.pte A/" flag "; !invlpg w0; " kind " w0; " \
		 "bits h0.w0.pte fresh");                                                        \
	SCENARIO("table." name ".l1-cr3", title " in L1, by MOV CR3",                            \
		 "set h0.w0.pte A; " kind " w0; set h0.w0.pte A/" flag "; !cr3 h0; " kind " w0; " \
		 "bits h0.w0.pte fresh");                                                        \
	SCENARIO("table." name ".l2", title " in L2",                                            \
		 "enter; set g0.w0.pte A; " kind " w0; set g0.w0.pte A/" flag "; !invlpg w0; " kind \
		 " w0; exit; bits g0.w0.pte fresh");                                             \
	SCENARIO("table." name ".l2-nested", title " in L2 under nested paging",                 \
		 "nroot n0; enter; set g0.w0.pte A; " kind " w0; set g0.w0.pte A/" flag "; !invlpg w0; " kind \
		 " w0; exit; bits g0.w0.pte fresh")
BITS("accessed", "a cleared accessed bit is set again by the next load", "na", "load");
BITS("dirty", "a cleared dirty bit is set again by the next store", "nd", "store");
