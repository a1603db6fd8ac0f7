/* SPDX-License-Identifier: MIT */
/*
 * What each operation is obliged to invalidate: the manuals' rules, one row per event, both vendors
 * side by side in rules.c. Nothing else in the project knows such a rule.
 */
#ifndef MODEL_ORACLE_RULES_H
#define MODEL_ORACLE_RULES_H

#include <stdbool.h>
#include <stdint.h>

enum vendor { VENDOR_AMD, VENDOR_INTEL, NR_VENDORS };

enum event {
	EV_INVLPG,
	EV_MOV_CR3,
	EV_MOV_CR3_NOFLUSH, /* bit 63 of the operand set */
	EV_PGE_TOGGLE,
	EV_PCIDE_SET,
	EV_PCIDE_CLEAR,
	EV_SMEP_SET,
	EV_SMEP_CLEAR,
	EV_PG_TOGGLE,  /* CR0.PG off, then on; perhaps another paging mode meanwhile */
	EV_PAE_TOGGLE, /* CR4.PAE off, then on, while CR0.PG is set */
	EV_INVPCID_0,
	EV_INVPCID_1,
	EV_INVPCID_2,
	EV_INVPCID_3,
	EV_PAGE_FAULT,
	EV_NESTED_FAULT,
	EV_PDPTE_FIELDS,   /* L1 writes the PDPTEs that the next VM entry loads */
	EV_ENTER,	   /* VMRUN, VM entry with a VPID */
	EV_EXIT,	   /* #VMEXIT, VM exit with a VPID */
	EV_ENTER_UNTAGGED, /* VM entry with VPID off (tag 0) */
	EV_EXIT_UNTAGGED,
	EV_TLBCTL_1,
	EV_TLBCTL_3,
	EV_TLBCTL_7,
	EV_INVLPGA,
	EV_INVVPID_0,
	EV_INVVPID_1,
	EV_INVVPID_2,
	EV_INVVPID_3,
	EV_INVEPT_1,
	EV_INVEPT_2,
	EV_VMX_CYCLE,	    /* VMXOFF, then VMXON */
	EV_VMFUNC,	    /* EPTP switching with a VPID */
	EV_VMFUNC_UNTAGGED, /* … with VPID off (tag 0) */
	EV_INIT,	    /* INIT of a vCPU in L1, which has come back to 64-bit mode */
	EV_PV_FLUSH,	    /* the host flushes another vCPU for L1, at KVM_VCPU_FLUSH_TLB */
	NR_EVENTS
};

/*
 * The effect of an event: what can no longer be in the caches of the CPU that ran it. Linear
 * translations (on Intel: linear and combined mappings) are chosen by a scope, nested
 * (guest-physical) ones by another.
 */
enum effect {
	LIN_PAGE =
		1 << 0, /* leaves of the operand's window in the event's tag (any PCID if global) */
	LIN_PCID = 1 << 1,    /* leaves of all windows in the event's tag and PCID: of MOV CR3 the
			       * new one, of INVPCID its operand's */
	LIN_TAG = 1 << 2,     /* … in the event's tag (ASID, VPID), all PCIDs */
	LIN_ALL = 1 << 3,     /* … in all tags */
	GLOBALS = 1 << 4,     /* global leaves, too */
	UPPERS_PAGE = 1 << 5, /* paging-structure caches on the way of the operand's window */
	UPPERS = 1 << 6,      /* paging-structure caches of the scope, whatever the address */
	NEST_PAGE = 1 << 7,   /* nested translations of the faulting guest-physical page */
	NEST_TAG = 1 << 8,    /* nested translations of the event's nested tag: ASID, EP4TA */
	NEST_ALL = 1 << 9,
	LIN_TAGGED = 1 << 10,  /* leaves in all tags but 0 */
	COMBINED = 1 << 11,    /* of LIN_…: only what nested paging made (combined mappings) */
	ANY_PCID = 1 << 12,    /* LIN_PAGE is meant for all PCIDs */
	PDPTES = 1 << 13,      /* the level's PDPTE registers are loaded (PAE mode) */
	PDPTES_FLAT = 1 << 14, /* … without nested paging */
	/* paging-structure caches of the tag, where no global translation was ever made: what was
	 * used for one may stay */
	UPPERS_UNSHARED = 1 << 15,
};

struct rule {
	const char *name;	     /* as it stands in the retention table, [a-z0-9-]+ */
	uint32_t effect[NR_VENDORS]; /* set of enum effect */
	const char
		*source[NR_VENDORS]; /* manual, section and title; NULL: there is no such
				      * event. Where the manual is silent the weaker duty stands. */
};

extern const struct rule rules[NR_EVENTS];

/* Where the vendors' models of the caches differ. */
struct vendor_rules {
	const char *name;
	bool tag_covers_nested; /* an ASID tags nested translations; else the nested root (EP4TA)
				   does */
	bool caches_guest_leaf; /* linear → guest-physical may be cached apart from the nested part
				 */
	bool spurious_fault;	/* a fault may be raised from a cached entry, without a new walk */
	bool untagged_l2; /* L2 may run with tag 0 (VPID off), sharing L1's; else tag 0 is L1's own
			   */
	bool nested_bits_optional;    /* nested accessed and dirty bits are set only below a nested
				       * root that asks for them (EPTP bit 6); else always */
	bool nested_pdptes_in_memory; /* in PAE mode under nested paging walks read the PDPTEs in
				       * memory and may cache them; else they are registers */
	bool l2_has_own_efer; /* L2's EFER is its own, and L1's decides whether NX is reserved in
			       * nested tables; else L2 has L1's, and there it never is */
	bool caches_pdptes;   /* where they are registers, another CPU of this vendor reads them on
			       * demand and caches them as it does other upper entries */
	const char *source;   /* of all of these: manual, section and title */
};

extern const struct vendor_rules vendor_rules[NR_VENDORS];

#endif
