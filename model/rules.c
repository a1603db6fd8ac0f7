/* SPDX-License-Identifier: MIT */
/*
 * The manuals' rules. Where a manual leaves a choice or is silent, the weaker duty stands here: the
 * oracle must never call legal hardware a bug. Section numbers drift between editions, titles do
 * not: paging was chapter 4 of the SDM before it was 5, the translation of guests 28.3 and 29.4
 * before 30.4; "TLB Management" was 5.5.2 of the APM before the PCID came in.
 */
#include "rules.h"

#include <stddef.h>

#define APM_TLB	  "APM vol. 2, 5.5.3 TLB Management"
#define APM_ASID  "APM vol. 2, 15.16 TLB Control"
#define APM_FLUSH "APM vol. 2, 15.16.1 TLB Flush"
#define APM_PAGE  "APM vol. 2, 15.16.2 Invalidate Page, Alternate ASID"
#define APM_PCID  "APM vol. 3, INVPCID, Invalidate TLB Entries in a Specified PCID"
#define SDM_TLB	  "SDM vol. 3, 5.10.4.1 Operations that Invalidate TLBs and Paging-Structure Caches"
#define SDM_VMX	  "SDM vol. 3, 30.4.3.1 Operations that Invalidate Cached Mappings"
#define SDM_NEED  "SDM vol. 3, 30.4.3.2 Operations that Need Not Invalidate Cached Mappings"

#define EVERY_TAG (LIN_ALL | GLOBALS | UPPERS)
#define WHOLE_TAG (LIN_TAG | GLOBALS | UPPERS)

const struct rule rules[NR_EVENTS] = {
	[EV_INVLPG] =
		{
			"invlpg",
			/* AMD: with EFER.TCE=0, which is how the image runs. */
			{LIN_PAGE | GLOBALS | UPPERS, LIN_PAGE | GLOBALS | UPPERS},
			{APM_TLB, SDM_TLB},
		},
	[EV_MOV_CR3] =
		{
			"mov-cr3",
			{LIN_PCID | UPPERS, LIN_PCID | UPPERS},
			{APM_TLB, SDM_TLB},
		},
	[EV_PGE_TOGGLE] =
		{
			"cr4-pge",
			{WHOLE_TAG, WHOLE_TAG},
			{APM_TLB "; only the current ASID: " APM_FLUSH, SDM_TLB},
		},
	[EV_INVPCID_0] =
		{
			"invpcid-0",
			/* AMD says nothing of upper levels. */
			{LIN_PAGE, LIN_PAGE | UPPERS_PAGE},
			{APM_PCID, SDM_TLB},
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
	[EV_ENTER] =
		{
			"enter",
			{0, 0},
			{APM_ASID, SDM_NEED},
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
			{0, WHOLE_TAG},
			{NULL, SDM_VMX},
		},
	[EV_EXIT_UNTAGGED] =
		{
			"exit-untagged",
			{0, WHOLE_TAG},
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
};

const struct vendor_rules vendor_rules[NR_VENDORS] = {
	[VENDOR_AMD] =
		{
			.name = "amd",
			.tag_covers_nested = true,
			.caches_guest_leaf = true,
			.spurious_fault = false,
			.untagged_l2 = false,
			.source = APM_ASID "; " APM_TLB " (Invalidation of Table Entry Upgrades)",
		},
	[VENDOR_INTEL] =
		{
			.name = "intel",
			.tag_covers_nested = false,
			.caches_guest_leaf = false,
			.spurious_fault = true,
			.untagged_l2 = true,
			.source = "SDM vol. 3, 30.4.2 Creating and Using Cached Translation "
				  "Information; "
				  "5.10.4.3 Optional Invalidation",
		},
};
