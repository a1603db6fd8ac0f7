/* SPDX-License-Identifier: MIT */
/*
 * EPT: INVEPT, EP4TA, EPT violations, accessed and dirty bits (catalogue: B10, B11, B12, B14, B15,
 * B18).
 *
 * The rule. Guest-physical mappings are tagged by EP4TA alone, bits 51:12 of the EPTP: another
 * EP4TA never meets them, another VPID and another bit 6 of the EPTP do. INVEPT drops them and the
 * combined mappings made from them, for all VPIDs: type 1 those of one EP4TA, type 2 all. An EPT
 * violation drops the mappings of its guest-physical address for the current EP4TA, and the
 * combined ones of its linear address for the current VPID. Nothing else need drop any: no
 * transition, no INVVPID, no flush of L2's own (SDM vol. 3, 31.4.3.1 "Operations that Invalidate
 * Cached Mappings", 31.4.3.2 "Operations that Need Not Invalidate Cached Mappings"). Bits 8 and 9
 * of EPT entries are accessed and dirty bits below an EPTP with bit 6 set, after an INVEPT if the
 * same EP4TA ran without (31.3.5 "Accessed and Dirty Flags for EPT", 31.4.3.4 "Guidelines for Use
 * of the INVEPT Instruction").
 *
 * How a host breaks it. KVM shadows EPT12. Its shadow of a leaf table goes out of sync at L1's
 * first store and is brought up at an INVEPT: of the current root, and of the three that it keeps
 * for later, found by their EP4TA and not by the whole EPTP. At an EPT violation that it hands to
 * L1 it must sync the entry, or a permission that L1 took away comes back with the next access.
 *
 * What is seen. L2 looks through a window whose guest-physical page L1 remaps between two frames;
 * one VMCS with its fields rewritten (another VMCS would make KVM drop its cached roots), and
 * variants with two VMs. An EPT violation is a result like a frame.
 *
 * Not expressible: page-modification logging and mode-based execute control (B15), the HLT activity
 * state (B18), an access that the host emulates (B12).
 */
#include "scenarios/scenario.h"

#define NESTED "nroot n0; set g0.w0.pte p0; "
#define SEED   NESTED "set n0.p0.pte A; enter; look w0; exit; set n0.p0.pte B; "
#define LOOK   "enter; look w0 fresh; exit"

/* Retention of guest-physical mappings across transitions: the control of what needs no flush. */
#define KEEPS                                                                                    \
	NESTED "set n0.p0.pte A; enter; load w0; exit; set n0.p0.pte B; enter; load w0 either; " \
	       "exit"

/* B10. P(type, operands) */
#define EACH_TYPE(P)    \
	P("1", "1 n0"); \
	P("2", "2")

#define PLAIN(type, operands)                                                                      \
	SCENARIO_LOOKS("vmx.invept-" type, "INVEPT type " type " after an EPT leaf was rewritten", \
		       SEED "!invept " operands "; " LOOK);                                        \
	SCENARIO("vmx.invept-" type ".2m",                                                         \
		 "INVEPT type " type " after a 2 MiB EPT leaf was rewritten",                      \
		 NESTED "set n0.p0.pde A; enter; look w0; exit; set n0.p0.pde B; "                 \
			"!invept " operands "; " LOOK);                                            \
	SCENARIO("vmx.invept-" type ".all-vpids",                                                  \
		 "INVEPT type " type " while another VPID is in use",                              \
		 SEED "tag 2; enter; exit; !invept " operands "; tag 1; " LOOK);                   \
	SCENARIO("vmx.invept-" type ".vpid-off", "INVEPT type " type " for an L2 without VPID",    \
		 "tag 0; " SEED "!invept " operands "; " LOOK);                                    \
	SCENARIO("vmx.invept-" type ".l2-leaf",                                                    \
		 "INVEPT type " type " drops combined mappings of a leaf of L2",                   \
		 "nroot n0; set g0.w0.pte A; enter; look w0; exit; set g0.w0.pte B; "              \
		 "!invept " operands "; " LOOK);                                                   \
	SCENARIO("vmx.invept-" type ".other-current",                                              \
		 "INVEPT type " type " of a root that is not in use",                              \
		 SEED "set n1.p0.pte C; nroot n1; " LOOK "; !invept " operands                     \
		      "; nroot n0; " LOOK);                                                        \
	SCENARIO("vmx.invept-" type ".without-ept",                                                \
		 "INVEPT type " type " while the VM has EPT off",                                  \
		 SEED "nroot none; !invept " operands "; nroot n0; " LOOK);                        \
	SCENARIO("vmx.invept-" type ".then-exit",                                                  \
		 "INVEPT type " type ", then an entry that ends at once",                          \
		 SEED "!invept " operands "; enter-pending; " LOOK);                               \
	SCENARIO("vmx.invept-" type ".two-vms",                                                    \
		 "INVEPT type " type " for a VM that was not the last to run",                     \
		 SEED "vm 1; nroot n1; set g1.w0.pte p0; set n1.p0.pte C; " LOOK                   \
		      "; !invept " operands "; vm 0; " LOOK);                                      \
	SCENARIO("vmx.invept-" type ".shared-root",                                                \
		 "INVEPT type " type " of a root that two VMs share",                              \
		 SEED "vm 1; l2cr3 g0; nroot n0; !invept " operands "; " LOOK "; vm 0; " LOOK)
EACH_TYPE(PLAIN);

SCENARIO("vmx.invept-1.cached-root",
	 "INVEPT of a root that the host keeps for later, three roots on",
	 SEED "nroot n1; enter; exit; nroot n2; enter; exit; nroot n3; enter; exit; !invept 1 n0; "
	      "nroot n0; " LOOK);
SCENARIO("vmx.invept-1.evicted-root", "INVEPT of a root that the host keeps no more, five roots on",
	 SEED
	 "nroot n1; enter; exit; nroot n2; enter; exit; nroot n3; enter; exit; nroot n4; enter; "
	 "exit; nroot n5; enter; exit; !invept 1 n0; nroot n0; " LOOK);

SCENARIO("vmx.invept-1.write-protect", "an EPT leaf loses its write permission",
	 NESTED "set n0.p0.pte A; enter; store w0; exit; set n0.p0.pte A/ro; !invept 1 n0; enter; "
		"store w0 fresh; exit");
SCENARIO("vmx.invept-1.no-execute", "an EPT leaf loses its execute permission",
	 NESTED "set n0.p0.pte A; enter; fetch w0; exit; set n0.p0.pte A/nx; !invept 1 n0; enter; "
		"fetch w0 fresh; exit");
SCENARIO_LOOKS("vmx.invept-1.unmap", "an EPT leaf goes away",
	       NESTED
	       "set n0.p0.pte A; enter; look w0; exit; set n0.p0.pte none; !invept 1 n0; " LOOK);
SCENARIO_LOOKS("vmx.invept-1.write-protect-and-move",
	       "an EPT leaf turns to another frame, read-only",
	       NESTED
	       "set n0.p0.pte A; enter; look w0; exit; set n0.p0.pte B/ro; !invept 1 n0; " LOOK);
SCENARIO_LOOKS_WITH("vmx.ept-edit.map", "an EPT leaf that was not present needs no flush",
		    NESTED "enter; look w0; exit; set n0.p0.pte A; " LOOK, KEEPS);

#define UPPER(level, table)                                                               \
	SCENARIO("vmx.invept-1.levels." level, "an EPT " level " turns to another table", \
		 NESTED "set n0.p0.pte A; set n1.p0.pte B; enter; look w0; exit; "        \
			"set n0.p0." level " n1.p0." table "; !invept 1 n0; " LOOK)
UPPER("pde", "pt");
UPPER("pdpte", "pd");
UPPER("pml4e", "pdpt");
SCENARIO("vmx.invept-1.levels.split-2m", "a 2 MiB EPT leaf is split into a table",
	 NESTED "set n0.p0.pte B; set n0.p0.pde A; enter; look w0; exit; set n0.p0.pde n0.p0.pt; "
		"!invept 1 n0; " LOOK);
SCENARIO("vmx.invept-1.levels.merge-2m", "an EPT table is merged into a 2 MiB leaf",
	 NESTED "set n0.p0.pte A; enter; look w0; exit; set n0.p0.pde B; !invept 1 n0; " LOOK);
SCENARIO("vmx.invept-1.levels.split-1g", "a 1 GiB EPT leaf is split into a table",
	 NESTED
	 "set n0.p0.pde B; set n0.p0.pdpte A; enter; look w0; exit; set n0.p0.pdpte n0.p0.pd; "
	 "!invept 1 n0; " LOOK);
SCENARIO("vmx.invept-1.levels.merge-1g", "an EPT table is merged into a 1 GiB leaf",
	 NESTED "set n0.p0.pte B; enter; look w0; exit; set n0.p0.pdpte A; !invept 1 n0; " LOOK);

/* B11. One EP4TA, with and without accessed and dirty bits: a host must not look for the whole
 * EPTP. */
SCENARIO("vmx.invept-ep4ta.ad-given", "INVEPT with bit 6 of the EPTP set, for a root used without",
	 SEED "!invept 1 n0 ad; " LOOK);
SCENARIO("vmx.invept-ep4ta.ad-current",
	 "INVEPT while the root is in use with accessed and dirty bits",
	 SEED "nroot n0 ad; enter; exit; !invept 1 n0 ad; nroot n0; " LOOK);
SCENARIO("vmx.invept-ep4ta.plain-given",
	 "INVEPT with bit 6 of the EPTP clear, for a root used with it",
	 "nroot n0 ad; set g0.w0.pte p0; set n0.p0.pte A; enter; look w0; exit; set n0.p0.pte B; "
	 "!invept 1 n0; " LOOK);
SCENARIO_LOOKS("vmx.invept-ep4ta.both",
	       "INVEPT of a root that L2 looked through both with and without bit 6",
	       NESTED "set n0.p0.pte A; enter; look w0; exit; nroot n0 ad; enter; look w0; exit; "
		      "set n0.p0.pte B; !invept 1 n0; " LOOK "; nroot n0; " LOOK);

/*
 * B12. The page is never executable, so the fetch violates whatever is cached, and what was cached
 * of the page is gone after that: the permission that L1 took away, the frame that it changed. The
 * controls are the same programs without the fetch. The violation of an emulated access (KVM's
 * forced-emulation prefix, INS) takes another way through the host: the language has no step for
 * it.
 */
#define VIOLATION(name, title, first, second, before, after, look)                \
	SCENARIO_WITH("vmx.ept-violation." name, title,                           \
		      NESTED "set n0.p0.pte " first "; enter; " look              \
			     "; exit; set n0.p0.pte " second "; " before          \
			     "enter; fetch w0 fresh; " after look " fresh; exit", \
		      NESTED "set n0.p0.pte " first "; enter; " look              \
			     "; exit; set n0.p0.pte " second "; enter; " look " either; exit")
VIOLATION("write-protect", "an EPT violation drops a write permission that L1 took away", "A/nx",
	  "A/ro/nx", "", "", "store w0");
VIOLATION("move", "an EPT violation drops a frame that L1 replaced", "A/nx", "B/nx", "", "",
	  "load w0");
VIOLATION("move-store", "an EPT violation drops a frame that L1 replaced, seen by a store", "A/nx",
	  "B/nx", "", "", "store w0");
VIOLATION("re-entry", "an EPT violation, another exit and an entry", "A/nx", "A/ro/nx", "",
	  "exit; enter; ", "store w0");
VIOLATION("ep4ta", "an EPT violation under the same EP4TA with accessed and dirty bits", "A/nx",
	  "A/ro/nx", "nroot n0 ad; ", "exit; nroot n0; enter; ", "store w0");
/* Intel may fault once on a permission that was widened; the fetch's violation has cleared that. */
VIOLATION("widened", "an EPT violation, then a write permission that L1 gave", "A/ro/nx", "A/nx",
	  "", "", "store w0");

/* B14. No flush is needed: each EP4TA has mappings of its own. */
#define STAY(root) "nroot " root "; " LOOK "; "
#define SIX                                                                                     \
	"set n0.p0.pte A; set n1.p0.pte B; set n2.p0.pte C; set n3.p0.pte D; set n4.p0.pte E; " \
	"set n5.p0.pte F; "
SCENARIO_LOOKS_WITH("vmx.eptp-change", "two EPTPs in turns, two frames, no flush",
		    NESTED "set n0.p0.pte A; set n1.p0.pte B; repeat 20; " STAY("n0")
			    STAY("n1") "end",
		    KEEPS);
SCENARIO_WITH("vmx.eptp-change.round", "around six EPTPs, more than KVM keeps, and back, no flush",
	      NESTED SIX STAY("n0") STAY("n1") STAY("n2") STAY("n3") STAY("n4") STAY("n5")
		      STAY("n4") STAY("n0"),
	      KEEPS);
SCENARIO("vmx.eptp-change.round-edit",
	 "around six EPTPs, the first rewritten and invalidated meanwhile",
	 NESTED SIX STAY("n0") STAY("n1") STAY("n2") STAY("n3") STAY("n4")
		 STAY("n5") "set n0.p0.pte G; !invept 1 n0; nroot n0; " LOOK);
SCENARIO("vmx.eptp-change.new-root",
	 "an EPTP never used, with the tables of the one that was rewritten",
	 NESTED
	 "set n1.p0.pml4e n0.p0.pdpt; set n0.p0.pte A; enter; look w0; exit; set n0.p0.pte B; "
	 "!nroot n1; " LOOK);

/* B15. */
#define AD NESTED "nroot n0 ad; "
SCENARIO("vmx.ept-ad.accessed", "a cleared accessed bit of EPT is set again by the next access",
	 AD "set n0.p0.pte A; enter; load w0; exit; set n0.p0.pte A/na; !invept 1 n0 ad; enter; "
	    "load w0; exit; "
	    "bits n0.p0.pte fresh");
SCENARIO("vmx.ept-ad.dirty", "a cleared dirty bit of EPT is set again by the next store",
	 AD "set n0.p0.pte A; enter; store w0; exit; set n0.p0.pte A/nd; !invept 1 n0 ad; enter; "
	    "store w0; exit; "
	    "bits n0.p0.pte fresh");
SCENARIO("vmx.ept-ad.enable", "accessed and dirty bits of EPT are set once the EPTP asks for them",
	 NESTED "set n0.p0.pte A/na/nd; enter; store w0; exit; bits n0.p0.pte fresh; nroot n0 ad; "
		"!invept 1 n0 ad; enter; store w0; exit; bits n0.p0.pte fresh");
SCENARIO("vmx.ept-ad.upper",
	 "a cleared accessed bit of an EPT table's entry is set again by the next access",
	 AD "set n0.p0.pte A; enter; load w0; exit; set n0.p0.pde n0.p0.pt/na; !invept 1 n0 ad; "
	    "enter; load w0; "
	    "exit; bits n0.p0.pde fresh");
SCENARIO_WITH("vmx.ept-ad.disabled",
	      "without bit 6 of the EPTP no accessed or dirty bit of EPT is set",
	      NESTED "set n0.p0.pte A/na/nd; enter; load w0; store w0; exit; bits n0.p0.pte fresh",
	      KEEPS);

/*
 * B18. An entry that ends before L2's first instruction brings a new CR3, which the VMCS must have
 * afterwards. A host may carry out the one into the activity state HLT without its CPU.
 */
#define NEW_CR3(name, title, setup, entry)                                        \
	SCENARIO("vmx.guest-cr3." name, title,                                    \
		 setup "set g0.w0.pte A; set g1.w0.pte B; enter; look w0; exit; " \
		       "!tag 2; l2cr3 g1; " entry "; " LOOK)
NEW_CR3("ept", "a new CR3 in an entry that ends at once, under EPT", "nroot n0; ", "enter-pending");
NEW_CR3("flat", "a new CR3 in an entry that ends at once", "", "enter-pending");
NEW_CR3("halted.ept", "a new CR3 in an entry into a halt that ends at once, under EPT",
	"nroot n0; ", "enter-halted");
NEW_CR3("halted.flat", "a new CR3 in an entry into a halt that ends at once", "", "enter-halted");
