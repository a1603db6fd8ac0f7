/* SPDX-License-Identifier: MIT */
/*
 * The virtual machine control block and SVM's registers.
 * APM vol. 2, appendix B "Layout of VMCB": table B-1 "VMCB Layout, Control Area", table B-2 "VMCB
 * Layout, State Save Area"; chapter 15 "Secure Virtual Machine". Offsets in bytes.
 */
#ifndef SVM_VMCB_H
#define SVM_VMCB_H

#include <stddef.h>
#include <stdint.h>

#include "lib/msr.h"

/* MSRs, 15.30 "SVM Related MSRs" */
#define MSR_VM_CR	0xc0010114
#define MSR_VM_HSAVE_PA 0xc0010117
#define VM_CR_SVMDIS	(1u << 4)

/* CPUID, APM vol. 3, appendix E.4 "Extended Feature Function Numbers" */
#define CPUID_SVM	      0x8000000a /* EBX: number of ASIDs, EDX: features */
#define CPUID_SVM_NP	      (1u << 0)
#define CPUID_SVM_VMCBCLEAN   (1u << 5)
#define CPUID_SVM_FLUSHBYASID (1u << 6)

/* Intercepts: word of vmcb_control.intercept, bit. Table B-1, offsets 000h to 017h. */
#define INTERCEPT3_INTR	    (1u << 0)
#define INTERCEPT3_NMI	    (1u << 1)
#define INTERCEPT3_INIT	    (1u << 3)
#define INTERCEPT2_PF	    (1u << 14) /* exceptions by vector */
#define INTERCEPT3_CPUID    (1u << 18)
#define INTERCEPT3_HLT	    (1u << 24)
#define INTERCEPT3_MSR_PROT (1u << 28)
#define INTERCEPT3_SHUTDOWN (1u << 31)
#define INTERCEPT4_VMRUN    (1u << 0) /* must be set: 15.5.1 "Basic Operation" */
#define INTERCEPT4_VMMCALL  (1u << 1)

/* TLB_CONTROL, 15.16.1 "TLB Flush"; 3 and 7 with CPUID FlushByAsid only */
#define TLB_CONTROL_NOTHING	   0
#define TLB_CONTROL_ALL		   1
#define TLB_CONTROL_ASID	   3
#define TLB_CONTROL_ASID_NONGLOBAL 7

/* nested_control, 15.25.3 "Enabling Nested Paging" */
#define NESTED_NP_ENABLE (1ull << 0)

/*
 * Clean bits, 15.15.3 "VMCB Clean Field": a bit that is set lets the CPU take that group of fields
 * from its cache. Only the groups that L1 changes have names here; the others are in CLEAN_ALL.
 */
#define CLEAN_NOTHING 0u
#define CLEAN_ASID    (1u << 2)
#define CLEAN_NP                                                                        \
	(1u << 4) /* nCR3, gPAT; nested_control's NP_ENABLE belongs to CLEAN_INTERCEPTS \
		   */
#define CLEAN_CRX	 (1u << 5) /* CR0, CR3, CR4, EFER */
#define CLEAN_INTERCEPTS (1u << 0)
#define CLEAN_ALL	 0x1fffu /* bits 0 to 12 are defined; the others must be zero */

/* Exit codes, appendix C "SVM Intercept Exit Codes" */
/* EVENTINJ, 15.20 "Event Injection" */
#define EVENT_VALID	  (1ull << 31)
#define EVENT_TYPE_1	  (1ull << 8) /* reserved */

#define SVM_EXIT_PF	  0x04e
#define SVM_EXIT_INTR	  0x060
#define SVM_EXIT_NMI	  0x061
#define SVM_EXIT_CPUID	  0x072
#define SVM_EXIT_HLT	  0x078
#define SVM_EXIT_MSR	  0x07c
#define SVM_EXIT_SHUTDOWN 0x07f
#define SVM_EXIT_VMRUN	  0x080
#define SVM_EXIT_VMMCALL  0x081
#define SVM_EXIT_NPF	  0x400
#define SVM_EXIT_INVALID  0xffffffffffffffffull

struct vmcb_control {
	uint32_t intercept[6];	     /* 000 */
	uint8_t reserved_018[0x24];  /* 018 */
	uint16_t pause_threshold;    /* 03c */
	uint16_t pause_count;	     /* 03e */
	uint64_t iopm_base;	     /* 040 */
	uint64_t msrpm_base;	     /* 048 */
	uint64_t tsc_offset;	     /* 050 */
	uint32_t asid;		     /* 058 */
	uint8_t tlb_control;	     /* 05c */
	uint8_t reserved_05d[3];     /* 05d */
	uint64_t interrupt_control;  /* 060 */
	uint64_t interrupt_state;    /* 068 bit 0: interrupt shadow */
	uint64_t exit_code;	     /* 070 */
	uint64_t exit_info1;	     /* 078 */
	uint64_t exit_info2;	     /* 080 */
	uint64_t exit_int_info;	     /* 088 */
	uint64_t nested_control;     /* 090 */
	uint64_t avic_apic_bar;	     /* 098 */
	uint64_t ghcb;		     /* 0a0 */
	uint64_t event_injection;    /* 0a8 */
	uint64_t nested_cr3;	     /* 0b0 */
	uint64_t lbr_control;	     /* 0b8 */
	uint32_t clean;		     /* 0c0 */
	uint32_t reserved_0c4;	     /* 0c4 */
	uint64_t next_rip;	     /* 0c8 */
	uint8_t fetched_bytes[16];   /* 0d0 */
	uint8_t reserved_0e0[0x320]; /* 0e0 */
} __attribute__((packed));
_Static_assert(offsetof(struct vmcb_control, iopm_base) == 0x040, "table B-1");
_Static_assert(offsetof(struct vmcb_control, asid) == 0x058, "table B-1");
_Static_assert(offsetof(struct vmcb_control, exit_code) == 0x070, "table B-1");
_Static_assert(offsetof(struct vmcb_control, nested_control) == 0x090, "table B-1");
_Static_assert(offsetof(struct vmcb_control, nested_cr3) == 0x0b0, "table B-1");
_Static_assert(offsetof(struct vmcb_control, clean) == 0x0c0, "table B-1");
_Static_assert(offsetof(struct vmcb_control, next_rip) == 0x0c8, "table B-1");
_Static_assert(sizeof(struct vmcb_control) == 0x400, "table B-1");

/* Attributes as in a descriptor, bits 55:52 and 47:40 put together. */
struct vmcb_segment {
	uint16_t selector;
	uint16_t attributes;
	uint32_t limit;
	uint64_t base;
} __attribute__((packed));
_Static_assert(sizeof(struct vmcb_segment) == 16, "table B-2");

#define SEGMENT_CODE64 0x029b /* long mode, present, DPL 0, code, readable, accessed */
#define SEGMENT_CODE32 0x0c9b /* 32-bit, the same else */
#define SEGMENT_DATA   0x0c93 /* present, DPL 0, data, writable, accessed */

struct vmcb_save {
	struct vmcb_segment es, cs, ss, ds, fs, gs;	  /* 000 */
	struct vmcb_segment gdtr, ldtr, idtr, tr;	  /* 060 */
	uint8_t reserved_0a0[0x2b];			  /* 0a0 */
	uint8_t cpl;					  /* 0cb */
	uint32_t reserved_0cc;				  /* 0cc */
	uint64_t efer;					  /* 0d0 */
	uint8_t reserved_0d8[0x70];			  /* 0d8 */
	uint64_t cr4;					  /* 148 */
	uint64_t cr3;					  /* 150 */
	uint64_t cr0;					  /* 158 */
	uint64_t dr7;					  /* 160 */
	uint64_t dr6;					  /* 168 */
	uint64_t rflags;				  /* 170 */
	uint64_t rip;					  /* 178 */
	uint8_t reserved_180[0x58];			  /* 180 */
	uint64_t rsp;					  /* 1d8 */
	uint8_t reserved_1e0[0x18];			  /* 1e0 */
	uint64_t rax;					  /* 1f8 */
	uint64_t star, lstar, cstar, sfmask;		  /* 200 */
	uint64_t kernel_gs_base;			  /* 220 */
	uint64_t sysenter_cs, sysenter_esp, sysenter_eip; /* 228 */
	uint64_t cr2;					  /* 240 */
	uint8_t reserved_248[0x20];			  /* 248 */
	uint64_t pat;					  /* 268 */
	uint8_t reserved_270[0x990];			  /* 270 */
} __attribute__((packed));
_Static_assert(offsetof(struct vmcb_save, gdtr) == 0x060, "table B-2");
_Static_assert(offsetof(struct vmcb_save, cpl) == 0x0cb, "table B-2");
_Static_assert(offsetof(struct vmcb_save, efer) == 0x0d0, "table B-2");
_Static_assert(offsetof(struct vmcb_save, cr4) == 0x148, "table B-2");
_Static_assert(offsetof(struct vmcb_save, rflags) == 0x170, "table B-2");
_Static_assert(offsetof(struct vmcb_save, rsp) == 0x1d8, "table B-2");
_Static_assert(offsetof(struct vmcb_save, rax) == 0x1f8, "table B-2");
_Static_assert(offsetof(struct vmcb_save, cr2) == 0x240, "table B-2");
_Static_assert(offsetof(struct vmcb_save, pat) == 0x268, "table B-2");

struct vmcb {
	struct vmcb_control control;
	struct vmcb_save save;
} __attribute__((packed, aligned(4096)));
_Static_assert(sizeof(struct vmcb) == 4096, "one page");

#endif
