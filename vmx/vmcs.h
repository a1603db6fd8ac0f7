/* SPDX-License-Identifier: MIT */
/*
 * VMX as the hardware defines it: VMCS field encodings, capability MSRs, controls, exit reasons,
 * VM-instruction errors. SDM vol. 3, appendix A "VMX Capability Reporting Facility", appendix B
 * "Field Encoding in VMCS", appendix C "VMX Basic Exit Reasons"; chapter "Virtual Machine Control
 * Structures".
 */
#ifndef VMX_VMCS_H
#define VMX_VMCS_H

#include <stdint.h>

#include "lib/cr.h"
#include "lib/msr.h"

/* ---- field encodings, appendix B: width and type as the table's headings ---- */

enum vmcs_field {
	/* 16-bit control */
	VPID = 0x0000,
	/* 16-bit guest state */
	GUEST_ES_SELECTOR = 0x0800,
	GUEST_CS_SELECTOR = 0x0802,
	GUEST_SS_SELECTOR = 0x0804,
	GUEST_DS_SELECTOR = 0x0806,
	GUEST_FS_SELECTOR = 0x0808,
	GUEST_GS_SELECTOR = 0x080a,
	GUEST_LDTR_SELECTOR = 0x080c,
	GUEST_TR_SELECTOR = 0x080e,
	/* 16-bit host state */
	HOST_ES_SELECTOR = 0x0c00,
	HOST_CS_SELECTOR = 0x0c02,
	HOST_SS_SELECTOR = 0x0c04,
	HOST_DS_SELECTOR = 0x0c06,
	HOST_FS_SELECTOR = 0x0c08,
	HOST_GS_SELECTOR = 0x0c0a,
	HOST_TR_SELECTOR = 0x0c0c,
	/* 64-bit control */
	MSR_BITMAP = 0x2004,
	ENTRY_MSR_LOAD_ADDRESS = 0x200a,
	VM_FUNCTION_CONTROLS = 0x2018,
	EPT_POINTER = 0x201a,
	EPTP_LIST = 0x2024,
	/* 64-bit read-only */
	GUEST_PHYSICAL_ADDRESS = 0x2400,
	/* 64-bit guest state */
	VMCS_LINK_POINTER = 0x2800,
	GUEST_DEBUGCTL = 0x2802,
	GUEST_PDPTE0 = 0x280a, /* to 3: 2 apart */
	/* 32-bit control */
	PIN_CONTROLS = 0x4000,
	PRIMARY_CONTROLS = 0x4002,
	EXCEPTION_BITMAP = 0x4004,
	PAGE_FAULT_MASK = 0x4006,
	PAGE_FAULT_MATCH = 0x4008,
	CR3_TARGET_COUNT = 0x400a,
	EXIT_CONTROLS = 0x400c,
	EXIT_MSR_STORE_COUNT = 0x400e,
	EXIT_MSR_LOAD_COUNT = 0x4010,
	ENTRY_CONTROLS = 0x4012,
	ENTRY_MSR_LOAD_COUNT = 0x4014,
	ENTRY_INTERRUPTION_INFO = 0x4016,
	SECONDARY_CONTROLS = 0x401e,
	/* 32-bit read-only */
	VM_INSTRUCTION_ERROR = 0x4400,
	EXIT_REASON = 0x4402,
	EXIT_INTERRUPTION_INFO = 0x4404,
	EXIT_INTERRUPTION_ERROR = 0x4406,
	EXIT_INSTRUCTION_LENGTH = 0x440c,
	/* 32-bit guest state */
	GUEST_ES_LIMIT = 0x4800,
	GUEST_CS_LIMIT = 0x4802,
	GUEST_SS_LIMIT = 0x4804,
	GUEST_DS_LIMIT = 0x4806,
	GUEST_FS_LIMIT = 0x4808,
	GUEST_GS_LIMIT = 0x480a,
	GUEST_LDTR_LIMIT = 0x480c,
	GUEST_TR_LIMIT = 0x480e,
	GUEST_GDTR_LIMIT = 0x4810,
	GUEST_IDTR_LIMIT = 0x4812,
	GUEST_ES_RIGHTS = 0x4814,
	GUEST_CS_RIGHTS = 0x4816,
	GUEST_SS_RIGHTS = 0x4818,
	GUEST_DS_RIGHTS = 0x481a,
	GUEST_FS_RIGHTS = 0x481c,
	GUEST_GS_RIGHTS = 0x481e,
	GUEST_LDTR_RIGHTS = 0x4820,
	GUEST_TR_RIGHTS = 0x4822,
	GUEST_INTERRUPTIBILITY = 0x4824,
	GUEST_ACTIVITY = 0x4826,
	GUEST_SYSENTER_CS = 0x482a,
	/* 32-bit host state */
	HOST_SYSENTER_CS = 0x4c00,
	/* natural-width control */
	CR0_GUEST_HOST_MASK = 0x6000,
	CR4_GUEST_HOST_MASK = 0x6002,
	CR0_READ_SHADOW = 0x6004,
	CR4_READ_SHADOW = 0x6006,
	/* natural-width read-only */
	EXIT_QUALIFICATION = 0x6400,
	GUEST_LINEAR_ADDRESS = 0x640a,
	/* natural-width guest state */
	GUEST_CR0 = 0x6800,
	GUEST_CR3 = 0x6802,
	GUEST_CR4 = 0x6804,
	GUEST_ES_BASE = 0x6806,
	GUEST_CS_BASE = 0x6808,
	GUEST_SS_BASE = 0x680a,
	GUEST_DS_BASE = 0x680c,
	GUEST_FS_BASE = 0x680e,
	GUEST_GS_BASE = 0x6810,
	GUEST_LDTR_BASE = 0x6812,
	GUEST_TR_BASE = 0x6814,
	GUEST_GDTR_BASE = 0x6816,
	GUEST_IDTR_BASE = 0x6818,
	GUEST_DR7 = 0x681a,
	GUEST_RSP = 0x681c,
	GUEST_RIP = 0x681e,
	GUEST_RFLAGS = 0x6820,
	GUEST_PENDING_DEBUG = 0x6822,
	GUEST_SYSENTER_ESP = 0x6824,
	GUEST_SYSENTER_EIP = 0x6826,
	/* natural-width host state */
	HOST_CR0 = 0x6c00,
	HOST_CR3 = 0x6c02,
	HOST_CR4 = 0x6c04,
	HOST_FS_BASE = 0x6c06,
	HOST_GS_BASE = 0x6c08,
	HOST_TR_BASE = 0x6c0a,
	HOST_GDTR_BASE = 0x6c0c,
	HOST_IDTR_BASE = 0x6c0e,
	HOST_SYSENTER_ESP = 0x6c10,
	HOST_SYSENTER_EIP = 0x6c12,
	HOST_RSP = 0x6c14, /* vmx/vmlaunch.S */
	HOST_RIP = 0x6c16,
};

enum { ACTIVITY_HLT = 1 }; /* of GUEST_ACTIVITY; 0: active */

/* ---- MSRs, appendix A ---- */

#define MSR_FEATURE_CONTROL	   0x03a
#define MSR_VMX_BASIC		   0x480
#define MSR_VMX_PIN_CONTROLS	   0x481
#define MSR_VMX_PRIMARY_CONTROLS   0x482
#define MSR_VMX_EXIT_CONTROLS	   0x483
#define MSR_VMX_ENTRY_CONTROLS	   0x484
#define MSR_VMX_CR0_FIXED0	   0x486
#define MSR_VMX_CR0_FIXED1	   0x487
#define MSR_VMX_CR4_FIXED0	   0x488
#define MSR_VMX_CR4_FIXED1	   0x489
#define MSR_VMX_SECONDARY_CONTROLS 0x48b
#define MSR_VMX_EPT_VPID_CAP	   0x48c
#define MSR_VMX_TRUE_PIN	   0x48d /* pin, primary, exit, entry in the order of 0x481 … 0x484 */
#define MSR_VMX_VMFUNC		   0x491

#define FEATURE_CONTROL_LOCKED	   (1u << 0)
#define FEATURE_CONTROL_VMX	   (1u << 2) /* outside SMX operation */
#define VMX_BASIC_REVISION	   0x7fffffffu
#define VMX_BASIC_TRUE_CONTROLS	   (1ull << 55)

/* IA32_VMX_EPT_VPID_CAP, A.10 "VPID and EPT Capabilities" */
#define EPT_CAP_XO		 (1ull << 0)
#define EPT_CAP_4_LEVELS	 (1ull << 6)
#define EPT_CAP_WB		 (1ull << 14)
#define EPT_CAP_2M		 (1ull << 16)
#define EPT_CAP_1G		 (1ull << 17)
#define EPT_CAP_INVEPT		 (1ull << 20)
#define EPT_CAP_AD		 (1ull << 21)
#define EPT_CAP_INVEPT_TYPE(t)	 (1ull << (24 + (t))) /* t: 1, 2 */
#define VPID_CAP_INVVPID	 (1ull << 32)
#define VPID_CAP_INVVPID_TYPE(t) (1ull << (40 + (t))) /* t: 0 … 3 */

/* ---- controls, "VM-Execution Control Fields", "VM-Exit Control Fields", "VM-Entry Control Fields"
 * ---- */

#define PIN_EXTERNAL_INTERRUPT	 (1u << 0)
#define PRIMARY_INTERRUPT_WINDOW (1u << 2)
#define PRIMARY_HLT		 (1u << 7)
#define PRIMARY_INVLPG		 (1u << 9)
#define PRIMARY_CR3_LOAD	 (1u << 15)
#define PRIMARY_CR3_STORE	 (1u << 16)
#define PRIMARY_MSR_BITMAPS	 (1u << 28)
#define PRIMARY_SECONDARY	 (1u << 31)
#define SECONDARY_EPT		 (1u << 1)
#define SECONDARY_VPID		 (1u << 5)
#define SECONDARY_UNRESTRICTED	 (1u << 7) /* with SECONDARY_EPT only */
#define SECONDARY_INVPCID	 (1u << 12)
#define SECONDARY_VMFUNC	 (1u << 13)
#define EXIT_HOST_64		 (1u << 9)
#define ENTRY_GUEST_64		 (1u << 9)
#define VMFUNC_EPTP_SWITCHING	 (1ull << 0)

/* EPTP, "Extended-Page-Table Pointer (EPTP)": write-back, walk of 4 levels, bit 6 A/D */
#define EPTP_WB_4_LEVELS 0x1eull
#define EPTP_AD		 (1ull << 6)
#define EPTP_RESERVED	 (1ull << 8)

/* EPT entries, "EPT Translation Mechanism" */
#define EPT_R	 (1ull << 0)
#define EPT_W	 (1ull << 1)
#define EPT_X	 (1ull << 2)
#define EPT_WB	 (6ull << 3) /* memory type of a leaf */
#define EPT_LEAF (1ull << 7) /* above level 1 */
#define EPT_A	 (1ull << 8) /* with EPTP_AD; else ignored */
#define EPT_D	 (1ull << 9)

/* Segment access rights, "Guest Register State" */
#define RIGHTS_CODE64	0xa09b
#define RIGHTS_CODE32	0xc09b
#define RIGHTS_DATA	0xc093
#define RIGHTS_TSS_BUSY 0x008b
#define RIGHTS_UNUSABLE 0x10000

/* "Exit Qualification for EPT Violations" */
#define QUALIFICATION_WRITE (1u << 1)
#define QUALIFICATION_FETCH (1u << 2)

/* Basic exit reasons, appendix C */
#define VMX_EXIT_EXCEPTION	  0
#define VMX_EXIT_INTERRUPT	  1
#define VMX_EXIT_TRIPLE_FAULT	  2
#define VMX_EXIT_INTERRUPT_WINDOW 7
#define VMX_EXIT_CPUID		  10
#define VMX_EXIT_HLT		  12
#define VMX_EXIT_INVLPG		  14
#define VMX_EXIT_VMCALL		  18
#define VMX_EXIT_CR		  28
#define VMX_EXIT_MSR_READ	  31
#define VMX_EXIT_MSR_WRITE	  32
#define VMX_EXIT_GUEST_STATE	  33
#define VMX_EXIT_MSR_LOADING	  34
#define VMX_EXIT_EPT_VIOLATION	  48
#define VMX_EXIT_EPT_MISCONFIG	  49
#define VMX_EXIT_INVPCID	  58
#define VMX_EXIT_VMFUNC		  59
#define VMX_EXIT_ENTRY_FAILED	  (1u << 31)

/* "VM-Instruction Error Numbers" */
#define VMX_ERROR_CONTROLS 7

/* VM-entry interruption-information field */
#define INTERRUPTION_VALID  (1u << 31)
#define INTERRUPTION_TYPE_1 (1u << 8) /* reserved */

#endif
