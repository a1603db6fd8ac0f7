/* SPDX-License-Identifier: MIT */
/*
 * Accesses that the host's instruction emulator carries out, and pages with nothing behind them
 * (catalogue: C12, C13, C14, C17, C24, D5, B12).
 *
 * The rule. The architecture knows no emulator: INS and OUTS go through the same translation as a
 * MOV, in the same modes, and their faults have the same effects.
 *
 * How a host breaks it. KVM's emulator walks the guest's tables in software, by what it remembers
 * of the guest's modes (CR0.WP, CR4.SMAP, EFER.NXE), which need not be what hardware runs by; the
 * two walks fall apart when that memory is stale. For accesses to MMIO it also remembers the last
 * address and where it led, and must forget it at every flush of that address. INVLPG and MOV CR3
 * that are emulated must do what the real ones do.
 *
 * What is seen. As in linear.c; `by io` is a look of INS or OUTS, `by fep` one instruction behind
 * KVM's forced-emulation prefix, page M an address where there is no memory.
 */
#include "scenarios/scenario.h"

/* Programs are broken at their steps, not where a line is full. */
/* clang-format off */

/* C1 for the emulator. */
#define IO_INVLPG(R)                                                                             \
	"set " R "0.w0.pte A; load w0; load w0 by io; set " R "0.w0.pte B; !invlpg w0; load w0 by io fresh; " \
	"store w0 by io fresh; load w0 fresh"
ONCE_AT_EACH_LEVEL("emulated.invlpg", "INVLPG drops a page that OUTS and INS look at", IO_INVLPG);

/* C17. */
#define IO_SMAP(R)                                                                               \
	"set " R "0.w0.pte A; load w0 by io; smap on; load w0 by io fresh; store w0 by io fresh; " \
	"smap off; load w0; load w0 by io fresh; smap on; load w0 by io fresh; load w0 fresh"
ONCE_AT_EACH_LEVEL_WITH("emulated.smap", "OUTS and INS obey CR4.SMAP", IO_SMAP, RETAINS);
#define IO_WP(R)                                                                                 \
	"set " R "0.w0.pte A/ro; load w0; store w0 by io fresh; wp off; store w0 by io fresh; store w0 fresh; " \
	"wp on; store w0 by io fresh; store w0 fresh"
ONCE_AT_EACH_LEVEL_WITH("emulated.wp", "INS obeys CR0.WP", IO_WP, RETAINS);
SCENARIO("emulated.nxe.l1", "OUTS obeys EFER.NXE",
	 "set h0.w0.pte A/nx; load w0 by io; nxe off; !invlpg w0; load w0 by io fresh; nxe on; load w0 by io fresh");
/* L1's modes are not L2's: each enters with its own. */
#define SMAP_LEVELS                                                                              \
	"set h0.w0.pte A; set g0.w0.pte B; smap on; enter; load w0 by io fresh; smap on; exit; smap off; " \
	"load w0 by io fresh; enter; load w0 by io fresh; smap off; exit; smap on; load w0 by io fresh"
SCENARIO_WITH("emulated.smap-levels", "L1's CR4.SMAP is not L2's", SMAP_LEVELS, RETAINS("h"));
SCENARIO_WITH("emulated.smap-levels.nested", "L1's CR4.SMAP is not L2's under nested paging",
	      "nroot n0; " SMAP_LEVELS, RETAINS("h"));
SCENARIO_WITH("emulated.wp-levels", "L1's CR0.WP is not L2's",
	      "set h0.w0.pte A/ro; set g0.w0.pte B/ro; wp off; enter; store w0 by io fresh; wp off; exit; wp on; "
	      "store w0 by io fresh; enter; store w0 by io fresh; wp on; exit; wp off; store w0 by io fresh", RETAINS("h"));

/* C12, B12. The emulator may find the permission gone before hardware does; its fault counts as any. */
#define IO_FAULT(R)                                                                              \
	"set " R "0.w0.pte A; store w0; set " R "0.w0.pte A/ro; store w0 by io; store w0; load w0"
ONCE_AT_EACH_LEVEL_WITH("emulated.page-fault", "a page fault of INS, then a MOV", IO_FAULT, RETAINS);
SCENARIO_WITH("vmx.emulated-ept-violation", "an EPT violation of INS, then a MOV",
	      "nroot n0; set g0.w0.pte p0; set n0.p0.pte A; enter; store w0; exit; set n0.p0.pte A/ro; enter; "
	      "store w0 by io; store w0; load w0; exit", ENTERED(RETAINS("g")));

/*
 * C13. KVM 7.3 keeps the address of the last access to MMIO with its permissions but for the read one, which
 * its checks ask for: so there only stores are served from what it remembers.
 */
#define M_INVLPG(R)                                                                              \
	"set " R "0.w0.pte M; load w0 fresh; set " R "0.w0.pte A; !invlpg w0; load w0 by io fresh; load w0 fresh"
ONCE_AT_EACH_LEVEL("emulated.hole-invlpg", "INVLPG drops a page without memory", M_INVLPG);
#define M_CR3(R)                                                                                 \
	"set " R "0.w0.pte M; load w0 fresh; set " R "0.w0.pte A; !cr3 " R "0; load w0 by io fresh; load w0 fresh"
ONCE_AT_EACH_LEVEL("emulated.hole-cr3", "MOV CR3 drops a page without memory", M_CR3);
#define M_SWITCH(R)                                                                              \
	"set " R "0.w0.pte M; set " R "1.w0.pte A; store w0; cr3 " R "1; store w0 by io fresh; load w0 by io fresh; " \
	"cr3 " R "0; load w0 by io fresh; store w0 fresh; cr3 " R "1; store w0 by io fresh; load w0 fresh"
ONCE_AT_EACH_LEVEL_WITH("emulated.hole-switch", "MOV CR3 between a root with memory and one without", M_SWITCH, RETAINS);
#define M_STORE(R)                                                                               \
	"set " R "0.w0.pte M; store w0 fresh; set " R "0.w0.pte A; !invlpg w0; store w0 by io fresh; store w0 fresh"
ONCE_AT_EACH_LEVEL("emulated.hole-store", "INVLPG drops a page without memory that was stored to", M_STORE);
#define M_STORE_CR3(R)                                                                           \
	"set " R "0.w0.pte M; store w0 fresh; set " R "0.w0.pte A; !cr3 " R "0; store w0 by io fresh; store w0 fresh"
ONCE_AT_EACH_LEVEL("emulated.hole-store-cr3", "MOV CR3 drops a page without memory that was stored to", M_STORE_CR3);
#define M_LEVELS                                                                                 \
	"set h0.w0.pte M; set g0.w0.pte A; load w0; enter; load w0 by io fresh; load w0 fresh; exit; " \
	"load w0 by io fresh; load w0 fresh; enter; load w0 by io fresh; exit"
SCENARIO_WITH("emulated.hole-levels", "an address without memory in L1 is memory in L2", M_LEVELS, RETAINS("h"));
SCENARIO_WITH("emulated.hole-levels.nested", "an address without memory in L1 is memory in L2 under nested paging",
	      "nroot n0; " M_LEVELS, RETAINS("h"));
/* The guest-physical page loses its memory, or gains it. */
SCENARIO("svm.hole-nested", "a guest-physical page without memory gets some",
	 "nroot n0; set g0.w0.pte p0; set n0.p0.pte M; enter; load w0 fresh; exit; set n0.p0.pte A; !tag 2; enter; "
	 "load w0 by io fresh; load w0 fresh; exit");
SCENARIO("vmx.hole-nested", "a guest-physical page without memory gets some",
	 "nroot n0; set g0.w0.pte p0; set n0.p0.pte M; enter; load w0 fresh; exit; set n0.p0.pte A; !invept 2; enter; "
	 "load w0 by io fresh; load w0 fresh; exit");

/* C14. */
#define TO_M(R, flags, look)                                                                     \
	"set " R "0.w0.pte A" flags "; load w0; set " R "0.w0.pte M; !invlpg w0; " look " w0 fresh; load w0 fresh"
#define RAM_TO_M(R)    TO_M(R, "", "load")
#define RO_TO_M(R)     TO_M(R, "/ro", "store")
#define RAM_TO_M_IO(R)                                                                           \
	"set " R "0.w0.pte A; load w0; set " R "0.w0.pte M; !invlpg w0; load w0 by io fresh; load w0 fresh"
ONCE_AT_EACH_LEVEL("emulated.memory-to-hole", "a page loses its memory", RAM_TO_M);
ONCE_AT_EACH_LEVEL("emulated.read-only-to-hole", "a read-only page loses its memory and is stored to", RO_TO_M);
ONCE_AT_EACH_LEVEL("emulated.memory-to-hole-io", "a page loses its memory and is looked at by OUTS", RAM_TO_M_IO);

/* C24, D5: the flush itself is emulated. */
#define FEP_INVLPG(R) "set " R "0.w0.pte A; look w0; set " R "0.w0.pte B; !invlpg w0 by fep; look w0 fresh"
AT_EACH_LEVEL("emulated.fep-invlpg", "an emulated INVLPG drops a page", FEP_INVLPG);
#define FEP_CR3(R) "set " R "0.w0.pte A; look w0; set " R "0.w0.pte B; !cr3 " R "0 by fep; look w0 fresh"
AT_EACH_LEVEL("emulated.fep-cr3", "an emulated MOV CR3 drops a page", FEP_CR3);
#define FEP_LOAD(R)                                                                              \
	"set " R "0.w0.pte A; load w0 by fep; set " R "0.w0.pte B; !invlpg w0; load w0 by fep fresh; " \
	"store w0 by fep fresh; load w0 fresh"
ONCE_AT_EACH_LEVEL("emulated.fep-access", "INVLPG drops a page that emulated MOVs look at", FEP_LOAD);
#define FEP_SMAP(R)                                                                              \
	"set " R "0.w0.pte A; load w0 by fep; smap on; load w0 by fep fresh; smap off; load w0; load w0 by fep fresh"
ONCE_AT_EACH_LEVEL_WITH("emulated.fep-smap", "an emulated MOV obeys CR4.SMAP", FEP_SMAP, RETAINS);
