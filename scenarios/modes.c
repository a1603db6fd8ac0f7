/* SPDX-License-Identifier: MIT */
/*
 * Paging modes other than L1's own (catalogue: C6, C19, D6, and C1 … C5, C7 … C9, C15 in them).
 *
 * The rule. A level's flushes do the same in every mode. Turning CR0.PG off drops everything; a
 * change of CR4.PAE drops what is not global (SDM vol. 3, "Operations that Invalidate TLBs and
 * Paging-Structure Caches"; APM vol. 2, 5.5.3 "TLB Management").
 *
 * How a host breaks it. A host that shadows page tables keeps, for a guest in PAE mode, four
 * shadows in place of one; of 32-bit paging it shadows each table by several ("quadrants": a
 * guest's PD by four, its PT by two), as its own entries are twice as long; for five levels its
 * shadow has one more. Roots of these shadows are not cached as 64-bit ones are, and what the host
 * remembers of the guest's mode must be renewed at each change of it.
 *
 * What is seen. As in linear.c; the programs there and in tables.c run in these modes, too. L1
 * itself is in another mode between `enter` and `exit` of a program that begins with `bare`.
 */
#include "scenarios/scenario.h"

/* Programs are broken at their steps, not where a line is full. */
/* clang-format off */

/* C6. KVM drops all its roots at such a change of mode, so it has to be the shadow pages that are stale. */
#define PG(R) "set " R "0.w0.pte A; look w0; set " R "0.w0.pte B; !pg-cycle; look w0 fresh"
AT_LEVELS(LEVELS_PG, "mode.pg", "CR0.PG off and on again drops a rewritten page", PG);
#define PG_G(R) "set " R "0.w0.pte A/g; look w0; set " R "0.w0.pte B/g; !pg-cycle; look w0 fresh"
AT_LEVELS(LEVELS_PG, "mode.pg-global", "CR0.PG off and on again drops a rewritten global page", PG_G);

/* D6. For the moment in between the root is a 32-bit one. */
#define PAE(R) "set " R "0.w0.pte A; look w0; set " R "0.w0.pte B; !pae-cycle; look w0 fresh"
AT_LEVELS(LEVELS_PAE, "mode.pae", "CR4.PAE off and on again drops a rewritten page", PAE);

/* C19. w0 … w3 lie in the four quarters of the linear space, w1 and w3 in second halves of PTs. */
#define QUADRANTS(R)                                                                             \
	"set " R "0.w0.pte A; set " R "0.w1.pte B; set " R "0.w2.pte C; set " R "0.w3.pte D; look w0; look w1; " \
	"look w2; look w3; set " R "0.w0.pte D; set " R "0.w1.pte C; set " R "0.w2.pte B; set " R "0.w3.pte A; " \
	"!cr3 " R "0; look w0 fresh; look w1 fresh; look w2 fresh; look w3 fresh"
AT_LEVELS(LEVELS_32, "mode.quadrants", "PTEs in every quadrant of 32-bit tables", QUADRANTS);
#define QUADRANTS_PDE(R)                                                                         \
	"set " R "0.w0.pde A; set " R "0.w1.pde B; set " R "0.w2.pde C; set " R "0.w3.pde D; look w0; look w1; " \
	"look w2; look w3; set " R "0.w0.pde D; set " R "0.w1.pde C; set " R "0.w2.pde B; set " R "0.w3.pde A; " \
	"!cr3 " R "0; look w0 fresh; look w1 fresh; look w2 fresh; look w3 fresh"
AT_LEVELS(LEVELS_32, "mode.quadrants-4m", "PDEs of 4 MiB pages in every quadrant", QUADRANTS_PDE);
#define QUADRANTS_PT(R)                                                                          \
	"set " R "1.w1.pte A; set " R "0.w1.pte B; look w1; set " R "0.w1.pde " R "1.w1.pt; !cr3 " R "0; look w1 fresh; " \
	"set " R "0.w1.pde C; !cr3 " R "0; look w1 fresh; set " R "0.w1.pde " R "0.w1.pt; !cr3 " R "0; look w1 fresh"
AT_LEVELS(LEVELS_32, "mode.quadrants-pde", "a PDE turns to another table, to 4 MiB and back", QUADRANTS_PT);

/*
 * Frame G lies at w1's place in the first half of its PT, too: a host that reads there finds the
 * entry as it was, and leaves the shadow as it is.
 */
#define HALF(R) "set " R "0.w1.pte G; look w1; set " R "0.w1.pte C; !cr3 " R "0; look w1 fresh"
AT_LEVELS(LEVELS_32, "mode.quadrants-half", "a PTE in the second half of a 32-bit PT", HALF);

/* A level that is not in L1's mode, and L1, on the same host: neither's flush is the other's. */
SCENARIO_LOOKS("mode.pae-and-long", "L2 in PAE mode rewrites L1's table, and L1 its",
	       "l2mode pae; set h0.w0.pte A; set g0.w0.pte C; look w0; enter; set h0.w0.pte B; look w0; set g0.w0.pte D; "
	       "!cr3 g0; look w0 fresh; exit; !invlpg w0; look w0 fresh");
SCENARIO_LOOKS("mode.32-and-long", "L2 in 32-bit paging rewrites L1's table, and L1 its",
	       "l2mode 32; set h0.w0.pte A; set g0.w0.pte C; look w0; enter; set h0.w0.pte B; look w0; set g0.w0.pte D; "
	       "!cr3 g0; look w0 fresh; exit; !invlpg w0; look w0 fresh");
SCENARIO_LOOKS("mode.pae-l1-and-long", "L1 in PAE mode rewrites its 64-bit table",
	       "bare pae; set h0.w0.pte A; look w0; set h0.w0.pte B; !enter; !exit; look w0 fresh");
SCENARIO_LOOKS_WITH("mode.leak", "L1 in 64-bit mode and L2 in PAE mode in turns",
		    "l2mode pae; set h0.w0.pte A; set g0.w0.pte B; repeat 20; look w0 fresh; enter; look w0 fresh; exit; end",
		    ENTERED(RETAINS("g")));

/* What L1 does to an L2 in these modes. */
#define TAG(mode)                                                                                \
	SCENARIO_LOOKS("mode.tag." mode, "a new tag for an L2 in another mode",                  \
		       "l2mode " mode "; set g0.w0.pte A; enter; look w0; exit; set g0.w0.pte B; !tag 2; enter; " \
		       "look w0 fresh; exit");                                                   \
	SCENARIO_LOOKS("mode.tag." mode "-nested", "a new tag for an L2 in another mode, nested paging", \
		       "l2mode " mode "; nroot n0; set g0.w0.pte A; enter; look w0; exit; set g0.w0.pte B; !tag 2; enter; " \
		       "look w0 fresh; exit");                                                   \
	SCENARIO_LOOKS("svm.mode.nested-edit." mode, "a new ASID after a nested leaf was rewritten", \
		       "l2mode " mode "; nroot n0; set g0.w0.pte p0; set n0.p0.pte A; enter; look w0; exit; " \
		       "set n0.p0.pte B; !tag 2; enter; look w0 fresh; exit");                   \
	SCENARIO_LOOKS("vmx.mode.nested-edit." mode, "INVEPT after a nested leaf was rewritten", \
		       "l2mode " mode "; nroot n0; set g0.w0.pte p0; set n0.p0.pte A; enter; look w0; exit; " \
		       "set n0.p0.pte B; !invept 1 n0; enter; look w0 fresh; exit")
TAG("pae");
TAG("32");
TAG("la57");

/* With paging off L2's linear addresses are guest-physical: the nested tables are all there is. */
SCENARIO_LOOKS("svm.mode.nested-edit.unpaged", "a new ASID after a nested leaf of an unpaged L2 was rewritten",
	       "l2mode unpaged; nroot n0; set n0.p0.pte A; enter; look w0; exit; set n0.p0.pte B; !tag 2; enter; "
	       "look w0 fresh; exit");
SCENARIO_LOOKS("vmx.mode.nested-edit.unpaged", "INVEPT after a nested leaf of an unpaged L2 was rewritten",
	       "l2mode unpaged; nroot n0; set n0.p0.pte A; enter; look w0; exit; set n0.p0.pte B; !invept 1 n0; enter; "
	       "look w0 fresh; exit");
SCENARIO_LOOKS("svm.mode.nested-pde.unpaged", "the same for a leaf of 2 MiB",
	       "l2mode unpaged; nroot n0; set n0.p0.pde A; enter; look w0; exit; set n0.p0.pde B; !tag 2; enter; "
	       "look w0 fresh; exit");
SCENARIO_LOOKS("svm.mode.new-root.unpaged", "an unpaged L2 under another nested root",
	       "l2mode unpaged; nroot n0; set n0.p0.pte A; set n1.p0.pte B; enter; look w0; exit; nroot n1; !tag 2; enter; "
	       "look w0 fresh; exit");

/* LA57: the level that only this mode has. */
#define PML5E(R)                                                                                 \
	"set " R "0.w0.pte A; set " R "1.w0.pte B; look w0; set " R "0.w0.pml5e " R "1.w0.pml4; !cr3 " R "0; look w0 fresh"
SCENARIO_LOOKS("mode.pml5e.la57", "a PML5E turns to another table", "l2mode la57; " ENTERED(PML5E("g")));
SCENARIO_LOOKS("mode.pml5e.la57-nested", "a PML5E turns to another table, nested paging",
	       "l2mode la57; " ENTERED_NESTED(PML5E("g")));

/*
 * Fatal to hosts that shadow (npt=0, ept=0). INVLPG is a flush of all cached roots; while the CPU is
 * in PAE mode or 32-bit paging KVM can walk the current root only, and has a BUG_ON() against any
 * other (shadow_walk_init_using_root()). It used to be true that such a guest has no cached roots,
 * as a change of mode drops them all; but at an entry into L2 they stay, and are L1's 64-bit ones.
 * Seen with 6.12.117 and 7.3.4.
 */
#define FATAL "it panics current hosts at npt=0 and ept=0 (BUG_ON in shadow_walk_init_using_root): ask for it by its full name"
SCENARIO_FATAL("mode.invlpg-fatal.pae-l2", "INVLPG of an L2 in PAE mode while L1's roots are cached",
	       "l2mode pae; enter; set g0.w0.pte A; load w0; set g0.w0.pte B; !invlpg w0; load w0 fresh; exit", FATAL);
SCENARIO_FATAL("mode.invlpg-fatal.32-l2", "INVLPG of an L2 in 32-bit paging while L1's roots are cached",
	       "l2mode 32; enter; set g0.w0.pte A; load w0; set g0.w0.pte B; !invlpg w0; load w0 fresh; exit", FATAL);
