/* SPDX-License-Identifier: MIT */
/*
 * The four PDPTEs of PAE mode (catalogue: B16, B17, C18, A22).
 *
 * The rule. They are registers: MOV CR3 loads them from the table in memory, and so do, on Intel,
 * changes of CR0.PG, CR4.PGE, CR4.PAE (SDM vol. 3, "PDPTE Registers"). A VM entry loads them, too,
 * from the table that the new CR3 names, or, with EPT, from fields of the VMCS, which the VM exit
 * before it had stored ("Loading Page-Directory-Pointer-Table Entries"). With AMD's nested paging
 * they are no registers, but read when a walk needs them, and cached as other entries are (APM
 * vol. 2, 15.25.10 "Legacy PAE Mode"). Until they are loaded the old ones count, even one that is
 * not present.
 *
 * How a host breaks it. KVM keeps copies of them for each of its MMUs, marks them as known or not,
 * and reads them again at the events that it intercepts; with two-dimensional paging it takes them
 * from hardware when it needs them. A copy that is not renewed at VMRUN, at VM entry or at one of
 * the register writes shows the old table.
 *
 * What is seen. As in linear.c, with the window's PDPTE turned from one PD to another.
 *
 * With nested paging on AMD, KVM's copy is forgotten at each run of hardware, and from 7.2 on at
 * VMRUN, too. `pdpte.emulated…` walk by the copy, with OUTS and INS. The second one alone is out of
 * reach: VMRUN exits from a run of hardware, so it could matter only after L2's state was restored
 * from a saved one, or by SMM.
 */
#include "scenarios/scenario.h"

/* Programs are broken at their steps, not where a line is full. */
/* clang-format off */

#define TURN(R) "set " R "0.w0.pdpte " R "1.w0.pd"
#define SEED(R) "set " R "0.w0.pte A; set " R "1.w0.pte B"
#define BY(R, flush) SEED(R) "; look w0; " TURN(R) "; " flush "; look w0 fresh"

/* C18. */
#define CR3_SAME(R) BY(R, "!cr3 " R "0")
AT_LEVELS(LEVELS_PAE, "pdpte.cr3-same", "MOV CR3 of the same root loads a rewritten PDPTE", CR3_SAME);
#define CR3_BACK(R)                                                                              \
	SEED(R) "; set " R "2.w0.pte C; look w0; cr3 " R "2; look w0; " TURN(R) "; !cr3 " R "0; look w0 fresh"
AT_LEVELS_WITH(LEVELS_PAE, "pdpte.cr3-back", "MOV CR3 back to a root whose PDPTE was rewritten meanwhile", CR3_BACK, RETAINS);
#define CR3_UNMAP(R) SEED(R) "; look w0; set " R "0.w0.pdpte none; !cr3 " R "0; look w0 fresh"
AT_LEVELS(LEVELS_PAE, "pdpte.unmap", "MOV CR3 loads a PDPTE that is no longer present", CR3_UNMAP);
#define CR3_MAP(R)                                                                               \
	SEED(R) "; set " R "0.w0.pdpte none; cr3 " R "0; look w0; set " R "0.w0.pdpte " R "0.w0.pd; !cr3 " R "0; look w0 fresh"
AT_LEVELS(LEVELS_PAE_FLAT, "pdpte.map", "MOV CR3 loads a PDPTE that was not present", CR3_MAP);
SCENARIO_LOOKS("vmx.pdpte.map", "MOV CR3 loads a PDPTE that was not present, under EPT",
	       "l2mode pae; " ENTERED_NESTED(CR3_MAP("g")));
/* The copies of one root's PDPTEs are no use for another's. */
#define CR3_TURNS(R)                                                                             \
	SEED(R) "; look w0; repeat 10; cr3 " R "1; look w0 fresh; cr3 " R "0; look w0 fresh; end"
AT_LEVELS_WITH(LEVELS_PAE, "pdpte.turns", "two PAE roots in turns", CR3_TURNS, RETAINS);

/* C6, D6, B17. */
#define PG_CYCLE(R)  BY(R, "!pg-cycle")
AT_LEVELS(LEVELS_PG_PAE, "pdpte.pg", "CR0.PG off and on again loads a rewritten PDPTE", PG_CYCLE);
#define PAE_CYCLE(R) BY(R, "!pae-cycle")
AT_LEVELS(LEVELS_PAE, "pdpte.pae", "CR4.PAE off and on again loads a rewritten PDPTE", PAE_CYCLE);
#define PGE_OFF(R)   BY(R, "!pge off") "; pge on"
AT_LEVELS(LEVELS_PAE, "vmx.pdpte.pge-off", "clearing CR4.PGE loads a rewritten PDPTE", PGE_OFF);
#define PGE_ON(R)    "pge off; " BY(R, "!pge on")
AT_LEVELS(LEVELS_PAE, "vmx.pdpte.pge-on", "setting CR4.PGE loads a rewritten PDPTE", PGE_ON);

/* B16. First form, without nested paging: the entry reads the table. The new tag is for what else is cached. */
SCENARIO_LOOKS("pdpte.entry", "an entry into L2 loads a rewritten PDPTE",
	       "l2mode pae; " SEED("g") "; enter; look w0; exit; " TURN("g") "; !tag 2; enter; look w0 fresh; exit");
SCENARIO_LOOKS_WITH("vmx.pdpte.entry-untagged", "a VM entry with VPID off loads a rewritten PDPTE",
		    "l2mode pae; tag 0; " SEED("g") "; enter; look w0; exit; " TURN("g") "; enter; look w0 fresh; exit",
		    "l2mode pae; " ENTERED(RETAINS("g")));
SCENARIO_LOOKS("pdpte.entry-root", "L1 gives L2 another PAE root",
	       "l2mode pae; " SEED("g") "; enter; look w0; exit; l2cr3 g1; !tag 2; enter; look w0 fresh; exit; l2cr3 g0; "
	       "!tag 3; enter; look w0 fresh; exit");
SCENARIO_LOOKS("pdpte.two-vms", "two L2s in PAE mode in turns, and a rewritten PDPTE of one",
	       "l2mode pae; " SEED("g") "; enter; look w0; exit; vm 1; enter; look w0; exit; vm 0; "
	       "set g0.w0.pdpte g1.w0.pd; !tag 3; enter; look w0 fresh; exit");

/* B16, second form, under EPT: the entry takes what L1 wrote into the VMCS. */
SCENARIO_LOOKS("vmx.pdpte.fields", "a VM entry under EPT loads the PDPTEs that L1 wrote",
	       "l2mode pae; nroot n0; " SEED("g") "; enter; look w0; exit; " TURN("g") "; !l2cr3 g0; !tag 2; enter; "
	       "look w0 fresh; exit");
/* Third form: L2's own load, which the exit stores and the next entry loads again. */
SCENARIO_LOOKS("pdpte.across-exit", "PDPTEs that L2 loaded, across an exit and an entry",
	       "l2mode pae; nroot n0; " SEED("g") "; enter; look w0; " TURN("g") "; !cr3 g0; exit; enter; look w0 fresh; exit");
SCENARIO_LOOKS("pdpte.across-exit.flat", "PDPTEs that L2 loaded, across an exit and an entry, without nested paging",
	       "l2mode pae; " SEED("g") "; enter; look w0; " TURN("g") "; !cr3 g0; exit; enter; look w0 fresh; exit");
SCENARIO_LOOKS("svm.pdpte.nested", "a new ASID after a PDPTE was rewritten under nested paging",
	       "l2mode pae; nroot n0; " SEED("g") "; enter; look w0; exit; " TURN("g") "; !tag 2; enter; look w0 fresh; exit");

/* A22. */
SCENARIO("pdpte.emulated", "OUTS and INS through a rewritten PDPTE",
	 "l2mode pae; nroot n0; " SEED("g") "; enter; load w0 by io; load w0; " TURN("g") "; !cr3 g0; load w0 by io fresh; "
	 "store w0 by io fresh; exit");
SCENARIO("svm.pdpte.emulated-first", "L2's first instruction after VMRUN is an OUTS, on another PAE root",
	 "l2mode pae; nroot n0; " SEED("g") "; enter; load w0 by io; load w0; exit; l2cr3 g1; !tag 2; enter; "
	 "load w0 by io fresh; exit; l2cr3 g0; " TURN("g") "; !tag 3; enter; load w0 by io fresh; load w0 fresh; exit");
SCENARIO("pdpte.emulated.flat", "OUTS of an L2 without nested paging, on another PAE root",
	 "l2mode pae; " SEED("g") "; enter; load w0 by io; load w0; exit; l2cr3 g1; !tag 2; enter; load w0 by io fresh; "
	 "exit; l2cr3 g0; " TURN("g") "; !tag 3; enter; load w0 by io fresh; load w0 fresh; exit");
