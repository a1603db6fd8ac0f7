/* SPDX-License-Identifier: MIT */
/*
 * Permissions and the modes that give them a meaning: user and supervisor, CR0.WP, CR4.SMEP and
 * SMAP, EFER.NXE (catalogue: C10, C16, D6).
 *
 * The rule. What a translation allows is the conjunction of the entries on its way; what that means
 * for an access is decided by CPL and by CR0.WP, CR4.SMEP, CR4.SMAP as they are at that moment,
 * with nothing to be flushed (SDM vol. 3, 5.6.1 "Determination of Access Rights"; APM vol. 2, 5.6
 * "Page-Protection Checks"). Permissions taken away need a flush. NX is reserved while EFER.NXE is
 * clear: an entry that has it faults. Setting CR4.SMEP drops the current PCID on Intel.
 *
 * How a host breaks it. A shadow page has to give hardware the permissions that make the guest's
 * mode come true: with CR0.WP clear a read-only page of the user becomes a writable page of the
 * supervisor, and must turn back when the user comes. The modes are part of the shadow's role; a
 * mode that is forgotten there, or a role computed too late, serves the mode before.
 *
 * What is seen. As in linear.c, and page faults as results, by looks at CPL 0 and at CPL 3.
 */
#include "scenarios/scenario.h"

/* Programs are broken at their steps, not where a line is full. */
/* clang-format off */

/* The flushes once more, with the user looking. */
#define USER_INVLPG(R) "set " R "0.w0.pte A; look w0 by user; set " R "0.w0.pte B; !invlpg w0; look w0 by user fresh"
AT_EACH_LEVEL("access.user-invlpg", "INVLPG drops a page of the user's", USER_INVLPG);
#define USER_CR3(R) "set " R "0.w0.pte A; look w0 by user; set " R "0.w0.pte B; !cr3 " R "0; look w0 by user fresh"
AT_EACH_LEVEL("access.user-cr3", "MOV CR3 drops a page of the user's", USER_CR3);
/* What the supervisor looked through is the user's, too. */
#define BOTH_INVLPG(R)                                                                           \
	"set " R "0.w0.pte A; look w0; look w0 by user; set " R "0.w0.pte B; !invlpg w0; "       \
	"look w0 by user fresh; look w0 fresh"
AT_EACH_LEVEL("access.both-invlpg", "INVLPG drops a page for the user and the supervisor", BOTH_INVLPG);

/* C10. */
#define TO_SUPERVISOR(R)                                                                         \
	"set " R "0.w0.pte A; look w0 by user; set " R "0.w0.pte A/s; !invlpg w0; look w0 by user fresh; look w0 fresh"
AT_EACH_LEVEL("access.to-supervisor", "a page of the user's becomes the supervisor's", TO_SUPERVISOR);
#define TO_SUPERVISOR_PDE(R)                                                                     \
	"set " R "0.w0.pte A; look w0 by user; set " R "0.w0.pde " R "0.w0.pt/s; !invlpg w0; look w0 by user fresh"
AT_EACH_LEVEL("access.to-supervisor-pde", "a table of the user's becomes the supervisor's", TO_SUPERVISOR_PDE);
/* More is allowed than before. On Intel a cached entry may fault once; that drops it, and the next look succeeds. */
#define UPGRADE(R, from, look)                                                                   \
	"set " R "0.w0.pte A/" from "; load w0; set " R "0.w0.pte A; " look "; " look "; load w0 fresh"
#define TO_USER(R)    UPGRADE(R, "s", "load w0 by user")
#define TO_WRITE(R)   UPGRADE(R, "ro", "store w0")
#define TO_EXECUTE(R) UPGRADE(R, "nx", "fetch w0")
ONCE_AT_EACH_LEVEL_WITH("access.to-user", "a page of the supervisor's becomes the user's, no flush", TO_USER, RETAINS);
ONCE_AT_EACH_LEVEL_WITH("access.to-writable", "a read-only page becomes writable, no flush", TO_WRITE, RETAINS);
ONCE_AT_EACH_LEVEL_WITH("access.to-executable", "a page becomes executable, no flush", TO_EXECUTE, RETAINS);

/* C16. */
#define WP(R)                                                                                    \
	"set " R "0.w0.pte A/ro; load w0; store w0 fresh; wp off; store w0 fresh; load w0 by user fresh; " \
	"store w0 by user fresh; wp on; store w0 fresh; load w0 fresh"
ONCE_AT_EACH_LEVEL_WITH("access.wp", "CR0.WP decides what the supervisor may write", WP, RETAINS);
#define WP_USER(R)                                                                               \
	"wp off; set " R "0.w0.pte A/ro; load w0 by user; store w0 fresh; store w0 by user fresh; " \
	"store w0 fresh; load w0 by user fresh; wp on"
ONCE_AT_EACH_LEVEL_WITH("access.wp-user", "the user may not write what the supervisor may without CR0.WP", WP_USER, RETAINS);
#define WP_INVLPG(R)                                                                             \
	"wp off; set " R "0.w0.pte A/ro; look w0; set " R "0.w0.pte B/ro; !invlpg w0; look w0 fresh; wp on"
AT_EACH_LEVEL("access.wp-invlpg", "INVLPG drops a read-only page while CR0.WP is clear", WP_INVLPG);
#define WP_TABLE(R)                                                                              \
	"set " R "0.w0.pte A; set " R "0.w1.pde " R "0.w0.pt/ro; invlpg w1; load w1; store w0; "  \
	"store w1 fresh; wp off; store w1 fresh; wp on; store w1 fresh; store w0 fresh"
ONCE_AT_EACH_LEVEL_WITH("access.wp-table", "one PT below a writable and a read-only PDE, CR0.WP toggled", WP_TABLE, RETAINS);
/* Two VMs on one root: what is shadowed for the one is of no use to the other. */
SCENARIO_WITH("access.wp-two-vms", "one root of L2's under CR0.WP set and clear, in turn",
	      "set g0.w0.pte A/ro; vm 1; l2cr3 g0; enter; wp off; exit; vm 0; enter; load w0; store w0 fresh; exit; "
	      "vm 1; enter; store w0 fresh; exit; vm 0; enter; store w0 fresh; exit; vm 1; enter; store w0 fresh; exit",
	      ENTERED(RETAINS("g")));
#define SMEP(R)                                                                                  \
	"set " R "0.w0.pte A; set " R "0.w1.pte B/s; fetch w0; smep on; fetch w0 fresh; fetch w1 fresh; " \
	"fetch w0 by user fresh; load w0 fresh; smep off; fetch w0; fetch w0 fresh"
ONCE_AT_EACH_LEVEL_WITH("access.smep", "CR4.SMEP keeps the supervisor from the user's code", SMEP, RETAINS);
#define SMAP(R)                                                                                  \
	"set " R "0.w0.pte A; set " R "0.w1.pte B/s; load w0; smap on; load w0 fresh; load w1 fresh; " \
	"load w0 by user fresh; store w0 fresh; smap off; store w0; store w0 fresh; load w0 fresh"
ONCE_AT_EACH_LEVEL_WITH("access.smap", "CR4.SMAP keeps the supervisor from the user's data", SMAP, RETAINS);
#define SMAP_INVLPG(R)                                                                           \
	"smap on; set " R "0.w0.pte A/s; load w0; set " R "0.w0.pte B/s; !invlpg w0; load w0 fresh"
ONCE_AT_EACH_LEVEL("access.smap-invlpg", "INVLPG drops a page while CR4.SMAP is set", SMAP_INVLPG);

/* EFER is L1's own: an L2 on VMX has it from L1. */
SCENARIO("access.nxe-rewritten.l1", "NX is reserved while EFER.NXE is clear, in an entry rewritten then",
	 "set h0.w0.pte A; load w0; nxe off; set h0.w0.pte A/nx; !invlpg w0; load w0 fresh; nxe on; "
	 "load w0 fresh; fetch w0 fresh");
/* Seen on 6.12 and 7.3 at npt=0: the shadow of the entry, made while NXE was set, is taken up again. */
SCENARIO_KNOWN("access.nxe-reserved.l1", "NX is reserved while EFER.NXE is clear",
	       "set h0.w0.pte A/nx; load w0; nxe off; !invlpg w0; load w0 fresh; nxe on; load w0 fresh; fetch w0 fresh",
	       "KVM's shadow pages do not tell EFER.NXE set from clear (shadow_mmu_init_context() forces the role's bit)");
/* The last store makes a shadow entry the supervisor's, which SMEP must not let execute: by NX, the guest's or not. */
SCENARIO_WITH("access.nxe.l1", "a page without NX does not care for EFER.NXE",
	      "set h0.w0.pte A; set h0.w1.pte B/ro; fetch w0; nxe off; fetch w0 fresh; store w0 fresh; smep on; wp off; "
	      "store w1 fresh; load w1 fresh; wp on; smep off; nxe on; fetch w0 fresh", RETAINS("h"));
SCENARIO("access.nxe-invlpg.l1", "INVLPG drops a page while EFER.NXE is clear",
	 "nxe off; set h0.w0.pte A; load w0; set h0.w0.pte B; !invlpg w0; load w0 fresh; nxe on");

/* D6. A host that shadows has pages for CR4.SMEP set already, which it must sync when it is set again. */
#define SMEP_FLUSH(R)                                                                            \
	"smep on; set " R "0.w0.pte A; load w0; smep off; load w0; set " R "0.w0.pte B; !smep on; load w0 fresh"
ONCE_AT_EACH_LEVEL("vmx.smep-flush", "setting CR4.SMEP drops the current PCID", SMEP_FLUSH);
