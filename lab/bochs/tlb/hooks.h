/* SPDX-License-Identifier: MIT */
/*
 * The hooks that hooks.patch puts into Bochs' CPU. Bochs' own TLB stays as it is, a cache in front
 * of the store: it flushes where it always did, which is at least wherever the store drops
 * something, and on a miss the store is asked before the page tables are.
 *
 * Environment, read once, at the first reset of the CPU:
 *
 *   REVENANT_TLB        off (or nothing): Bochs as it is; keep: nothing is forgotten unless it must
 *                       be; random:SEED: now and then a translation is, or all of them
 *   REVENANT_TLB_OPEN   keep (or nothing); drop: where a manual leaves it open, what could be
 * dropped is REVENANT_TLB_CHECK  1: every translation served is compared with the page tables, and
 * counted if it differs
 *
 * The counters go to standard error when the emulator ends, by itself or by SIGTERM.
 */
#ifndef TLB_HOOKS_H
#define TLB_HOOKS_H

class BX_CPU_C;

namespace tlb
{

extern bool on;

/* All that follows is about one CPU: each has a store of its own. */

/* RESET, INIT: INIT, too, finds a CPU that has been there before. */
void reset(BX_CPU_C *cpu);

/* ---- Looks, in translate_linear() ---- */

/* What a walk finds out on its way, for add(). Each walk begins with begin_walk(). */
void begin_walk(void);
void saw_leaf(Bit64u entry);	      /* of the linear tables, as it is in memory now */
void saw_nested_leaf(Bit32u allowed); /* enum right, R_NESTED_… only */

struct result {
	bx_phy_address address;	  /* physical, of the byte */
	Bit32u mask, access, key; /* as translate_linear() calls lpf_mask, combined_access, pkey */
};
bool find(BX_CPU_C *cpu, bx_address laddr, unsigned user, unsigned rw, struct result *result);
void add(BX_CPU_C *cpu, bx_address laddr, unsigned rw, const struct result &result);

/* ---- Guest-physical looks, in translate_guest_physical() and nested_walk() ---- */
bool find_nested(BX_CPU_C *cpu, bx_phy_address guest, unsigned rw, bx_phy_address *host);
void add_nested(BX_CPU_C *cpu, bx_phy_address guest, bx_phy_address host, Bit32u allowed);

/* ---- Events ---- */

void invlpg(BX_CPU_C *cpu, bx_address laddr);
void invpcid(BX_CPU_C *cpu, unsigned type, unsigned pcid, bx_address laddr);
void mov_cr3(BX_CPU_C *cpu, bool keeps); /* keeps: bit 63 of the source operand, with CR4.PCIDE */
void task_switch(BX_CPU_C *cpu);
void smm(BX_CPU_C *cpu); /* SMI, RSM */
void cr0_changed(BX_CPU_C *cpu, Bit32u before);
void cr4_changed(BX_CPU_C *cpu, Bit32u before);
/* Before it is delivered, or becomes a VM exit. True: Bochs' own TLB must drop the page. */
bool page_fault(BX_CPU_C *cpu, bx_address laddr);
void vm_entry(BX_CPU_C *cpu);
void vm_exit(BX_CPU_C *cpu);
void vmfunc(BX_CPU_C *cpu);
void ept_violation(BX_CPU_C *cpu, bx_phy_address guest, bool has_linear, bx_address laddr);
void invept(BX_CPU_C *cpu, unsigned type, Bit64u eptp);
void invvpid(BX_CPU_C *cpu, unsigned type, unsigned vpid, bx_address laddr);
void vmrun(BX_CPU_C *cpu, Bit32u asid, unsigned tlb_control);
void invlpga(BX_CPU_C *cpu, bx_address laddr, Bit32u asid);

} // namespace tlb

#endif
