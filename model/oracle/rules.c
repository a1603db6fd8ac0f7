/* SPDX-License-Identifier: MIT */
/*
 * The manuals' rules. Where a manual leaves a choice or is silent, the weaker duty stands here: the
 * oracle must never call legal hardware a bug. Section numbers drift between editions, titles do
 * not: those of the APM are of revision 3.43, those of the SDM of 2025. (Before, paging was chapter
 * 4; VMX non-root operation 25, 26 or 27; translation under VMX 28.3, 28.4, 29.4 or 30.4. What the
 * newest edition calls EPTRTA was EP4TA: bits 51:12 of the EPTP, the address of its first table.)
 *
 * Intel's three kinds of mappings, as the oracle keeps them (SDM vol. 3, 31.4.1 "Information That
 * May Be Cached", 31.4.2 "Creating and Using Cached Translation Information"):
 *
 *   linear           linear address to physical, made and used while EPT is off;
 *                    tagged by VPID and PCID
 *   guest-physical   guest-physical address to physical; tagged by EP4TA alone
 *   combined         linear address to physical through both sets of tables, made and used while
 *                    EPT is on; tagged by VPID, PCID and EP4TA
 *
 * Each kind has translations and paging-structure-cache entries. VPID is 0 outside of VMX non-root
 * operation, and in it with "enable VPID" off. AMD's ASID tags all of it, and nothing else does.
 */
#include "rules.h"

#include <stddef.h>

#define APM_TLB	  "APM vol. 2, 5.5.3 TLB Management"
#define APM_ASID  "APM vol. 2, 15.16 TLB Control"
#define APM_FLUSH "APM vol. 2, 15.16.1 TLB Flush"
#define APM_PAGE  "APM vol. 2, 15.16.2 Invalidate Page, Alternate ASID"
#define APM_PCID  "APM vol. 3, INVPCID, Invalidate TLB Entries in a Specified PCID"
#define APM_TCE \
	"APM vol. 2, 3.1.7 Extended Feature Enable Register (EFER), Translation Cache Extension"
#define APM_SMEP  "APM vol. 2, 5.6.5 Supervisor-Mode Execution Prevention (CR4.SMEP) Bit"
#define APM_PDPTE "5.5.3 (Handling of PDPT Entries in PAE Mode)"
#define SDM_TLB	  "SDM vol. 3, 5.10.4.1 Operations that Invalidate TLBs and Paging-Structure Caches"
#define SDM_VMX	  "SDM vol. 3, 31.4.3.1 Operations that Invalidate Cached Mappings"
#define SDM_NEED  "SDM vol. 3, 31.4.3.2 Operations that Need Not Invalidate Cached Mappings"

#define SDM_PDPTE "5.4.1 PDPTE Registers"
#define SDM_ENTRY "SDM vol. 3, 28.3.2.4 Loading Page-Directory-Pointer-Table Entries"
#define APM_PAE	  "15.25.10 Legacy PAE Mode"
#define SDM_EPTP  "SDM vol. 3, 28.5.7.3 EPTP Switching"

/* No manual's, but the host's own word. */
#define KVM_PV                                                          \
	"Linux, Documentation/virt/kvm/x86/cpuid.rst, KVM CPUID bits, " \
	"KVM_FEATURE_PV_TLB_FLUSH; msr.rst, KVM-specific MSRs, "        \
	"MSR_KVM_STEAL_TIME"

#define EVERY_TAG (LIN_ALL | GLOBALS | UPPERS)
#define WHOLE_TAG (LIN_TAG | GLOBALS | UPPERS)

const struct rule rules[NR_EVENTS] = {
	[EV_INVLPG] =
		{
			"invlpg",
			/* AMD: with EFER.TCE=0, which is how the image runs. */
			{LIN_PAGE | GLOBALS | UPPERS, LIN_PAGE | GLOBALS | UPPERS},
			{APM_TLB "; " APM_TCE, SDM_TLB},
		},
	[EV_MOV_CR3] =
		{
			"mov-cr3",
			{LIN_PCID | UPPERS | PDPTES, LIN_PCID | UPPERS | PDPTES},
			{APM_TLB "; " APM_PAE, SDM_TLB "; " SDM_PDPTE},
		},
	[EV_MOV_CR3_NOFLUSH] =
		{
			"mov-cr3-noflush",
			{0, 0},
			{APM_TLB, SDM_TLB},
		},
	[EV_PCIDE_SET] =
		{
			"cr4-pcide-set",
			/* What was cached before is PCID 0's. */
			{0, 0},
			{APM_TLB, SDM_TLB},
		},
	[EV_PCIDE_CLEAR] =
		{
			"cr4-pcide-clear",
			{WHOLE_TAG, WHOLE_TAG},
			{APM_TLB, SDM_TLB},
		},
	[EV_SMEP_SET] =
		{
			"cr4-smep-set",
			/* "For the current PCID"; a global entry is no PCID's. AMD names no such
			   duty, and needs none: it is the fetch that is checked, whatever the age
			   of the translation. */
			{0, LIN_PCID | UPPERS | PDPTES},
			{APM_TLB "; " APM_SMEP, SDM_TLB "; " SDM_PDPTE},
		},
	[EV_SMEP_CLEAR] =
		{
			"cr4-smep-clear",
			/* Nothing is invalidated, but "modifying" it loads the PDPTEs all the same.
			 */
			{0, PDPTES},
			{APM_TLB, SDM_TLB "; " SDM_PDPTE},
		},
	[EV_PGE_TOGGLE] =
		{
			"cr4-pge",
			/* AMD: as for CR0.PG, but there the weaker duty stands: no register is
			   said to be loaded. */
			{WHOLE_TAG, WHOLE_TAG | PDPTES},
			{APM_TLB "; only the current ASID: " APM_FLUSH, SDM_TLB "; " SDM_PDPTE},
		},
	[EV_PG_TOGGLE] =
		{
			"cr0-pg",
			/* AMD's PDPTEs: under SVM, where L1 itself runs, they are upper entries as
			   others, and such a change drops these. (Native registers of older
			   processors are loaded by MOV CR3 alone.) */
			{WHOLE_TAG | PDPTES, WHOLE_TAG | PDPTES},
			{APM_TLB "; " APM_PDPTE, SDM_TLB "; " SDM_PDPTE},
		},
	[EV_PAE_TOGGLE] =
		{
			"cr4-pae",
			/* AMD: "the entire TLB … including global pages". Of global pages the SDM
			   does not speak there. */
			{WHOLE_TAG | PDPTES, LIN_PCID | UPPERS | PDPTES},
			{APM_TLB "; " APM_PDPTE, SDM_TLB "; " SDM_PDPTE},
		},
	[EV_INVPCID_0] =
		{
			"invpcid-0",
			/* AMD: with EFER.TCE=0 all upper levels, as INVLPG. */
			{LIN_PAGE | UPPERS, LIN_PAGE | UPPERS_PAGE},
			{APM_PCID "; " APM_TCE, SDM_TLB},
		},
	[EV_INVPCID_1] =
		{
			"invpcid-1",
			{LIN_PCID | UPPERS, LIN_PCID | UPPERS},
			{APM_PCID, SDM_TLB},
		},
	[EV_INVPCID_2] =
		{
			"invpcid-2",
			{WHOLE_TAG, WHOLE_TAG},
			{APM_PCID, SDM_TLB},
		},
	[EV_INVPCID_3] =
		{
			"invpcid-3",
			{LIN_TAG | UPPERS, LIN_TAG | UPPERS},
			{APM_PCID, SDM_TLB},
		},
	[EV_PAGE_FAULT] =
		{
			"page-fault",
			/* AMD walks again before it reports; what stays cached behind that is not
			   promised. */
			{0, LIN_PAGE | UPPERS_PAGE},
			{APM_TLB, SDM_TLB},
		},
	[EV_NESTED_FAULT] =
		{
			"nested-fault",
			{0, NEST_PAGE},
			{APM_TLB, SDM_VMX},
		},
	[EV_PDPTE_FIELDS] =
		{
			"pdpte-fields",
			/* Of a VM under EPT: the executor writes them with `l2cr3` and `nroot`. */
			{0, PDPTES},
			{NULL, SDM_ENTRY},
		},
	[EV_ENTER] =
		{
			"enter",
			{PDPTES_FLAT, PDPTES_FLAT},
			{APM_ASID "; " APM_PAE, SDM_NEED "; " SDM_ENTRY},
		},
	[EV_EXIT] =
		{
			"exit",
			{0, 0},
			{APM_ASID, SDM_NEED},
		},
	[EV_ENTER_UNTAGGED] =
		{
			"enter-untagged",
			{0, WHOLE_TAG | PDPTES_FLAT},
			{NULL, SDM_VMX "; " SDM_ENTRY},
		},
	[EV_EXIT_UNTAGGED] =
		{
			"exit-untagged",
			{0, WHOLE_TAG | PDPTES_FLAT},
			{NULL, SDM_VMX},
		},
	[EV_TLBCTL_1] =
		{
			"tlb-control-1",
			{EVERY_TAG | NEST_ALL, 0},
			{APM_FLUSH, NULL},
		},
	[EV_TLBCTL_3] =
		{
			"tlb-control-3",
			{WHOLE_TAG | NEST_TAG, 0},
			{APM_FLUSH, NULL},
		},
	[EV_TLBCTL_7] =
		{
			"tlb-control-7",
			/* After a change of nested tables the manual asks for 3 or 1: so 7 promises
			   nothing there. */
			{LIN_TAG | UPPERS, 0},
			{APM_FLUSH, NULL},
		},
	[EV_INVLPGA] =
		{
			"invlpga",
			/* It *may* flush upper levels; it gives no means to reach nested
			   translations. */
			{LIN_PAGE | GLOBALS, 0},
			{APM_PAGE "; " APM_TLB, NULL},
		},
	[EV_INVVPID_0] =
		{
			"invvpid-0",
			/* All mappings that would translate the address, for all PCIDs and EP4TAs.
			 */
			{0, LIN_PAGE | ANY_PCID | GLOBALS | UPPERS_PAGE},
			{NULL, SDM_VMX},
		},
	[EV_INVVPID_1] =
		{
			"invvpid-1",
			{0, WHOLE_TAG},
			{NULL, SDM_VMX},
		},
	[EV_INVVPID_2] =
		{
			"invvpid-2",
			/* L1's own VPID, 0, is not among them. */
			{0, LIN_TAGGED | GLOBALS | UPPERS},
			{NULL, SDM_VMX},
		},
	[EV_INVVPID_3] =
		{
			"invvpid-3",
			/* "Information that was used for global translations" may stay: that could
			   be an upper entry, too, where there was a global translation at all. */
			{0, LIN_TAG | UPPERS_UNSHARED},
			{NULL, SDM_VMX},
		},
	[EV_INVEPT_1] =
		{
			"invept-1",
			/* Of the EP4TA given, for all VPIDs; whatever bit 6 of the EPTP given. */
			{0, NEST_TAG},
			{NULL, SDM_VMX},
		},
	[EV_INVEPT_2] =
		{
			"invept-2",
			{0, NEST_ALL},
			{NULL, SDM_VMX},
		},
	[EV_VMX_CYCLE] =
		{
			"vmxoff-vmxon",
			{0, 0},
			{NULL, SDM_NEED},
		},
	[EV_VMFUNC] =
		{
			"vmfunc",
			{0, 0},
			{NULL, SDM_EPTP},
		},
	[EV_VMFUNC_UNTAGGED] =
		{
			"vmfunc-untagged",
			/* Combined mappings of VPID 0, of all EP4TAs; not its linear ones. */
			{0, WHOLE_TAG | COMBINED},
			{NULL, SDM_EPTP},
		},
	[EV_INIT] =
		{
			"init",
			/* AMD: the APM says "unmodified" of the TLB, and that it is flushed; so it
			   is the way back that counts, where CR0.PG is set. Intel: the TLBs "are
			   invalidated as with a hardware reset". */
			{WHOLE_TAG, EVERY_TAG | NEST_ALL},
			{APM_TLB, "SDM vol. 3, 11.1 Initialization Overview"},
		},
	[EV_PV_FLUSH] =
		{
			"pv-flush",
			/* Of the vCPU that was preempted, L1's own, as its INVPCID of all contexts
			   would: it stands for an interrupt to L1. Of L2's nothing is promised. */
			{WHOLE_TAG, WHOLE_TAG},
			{KVM_PV, KVM_PV},
		},
};

const struct vendor_rules vendor_rules[NR_VENDORS] = {
	[VENDOR_AMD] =
		{
			.name = "amd",
			.tag_covers_nested = true,
			.caches_guest_leaf = true,
			.spurious_fault = false,
			.untagged_l2 = false,
			.nested_bits_optional = false,
			.nested_pdptes_in_memory = true,
			.l2_has_own_efer = true,
			.caches_pdptes = true,
			/* Of nested tables, too: "a table entry"; and a hypervisor is asked for a
			   flush only where it takes permissions away (15.16.1). */
			.source = APM_ASID
			"; " APM_TLB " (Invalidation of Table Entry Upgrades); "
			"15.16.1 TLB Flush; " APM_PAE "; 15.25.2 Replicated State"
			"; APM vol. 2, 5.5.3 TLB Management (Handling of PDPT Entries in "
			"PAE Mode)",
		},
	[VENDOR_INTEL] =
		{
			.name = "intel",
			.tag_covers_nested = false,
			.caches_guest_leaf = false,
			.spurious_fault = true,
			.untagged_l2 = true,
			.nested_bits_optional = true,
			.nested_pdptes_in_memory = false,
			.l2_has_own_efer = false,
			.caches_pdptes = false,
			.source = "SDM vol. 3, 31.4.2 Creating and Using Cached Translation "
				  "Information; "
				  "31.3.5 Accessed and Dirty Flags for EPT; "
				  "5.10.4.3 Optional Invalidation; 28.3.2.1 Loading Guest Control "
				  "Registers, Debug Registers, and MSRs",
		},
};
