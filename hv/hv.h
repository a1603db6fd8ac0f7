/* SPDX-License-Identifier: MIT */
/*
 * The verbs of a hypervisor: all that the executor asks of SVM or VMX. Each backend offers one
 * constant table of them; hv_select() takes the one whose hardware is there. Nothing above this
 * header knows a vendor, except through capabilities (model/caps.h) and the oracle's rules.
 */
#ifndef HV_HV_H
#define HV_HV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/lang/program.h"
#include "model/oracle/rules.h"

/* All verbs that take a VM run on the CPU it belongs to. */
struct hv_vm; /* a virtual machine of one vCPU, of a type that only its backend knows */

enum hv_exit_kind {
	HV_EXIT_CALL,	      /* the agent's CPUID; RIP is behind it */
	HV_EXIT_INTERRUPT,    /* an external interrupt, still pending in L1 */
	HV_EXIT_MSR,	      /* RDMSR of the MSR of set_msr_exit() */
	HV_EXIT_NESTED_FAULT, /* #NPF or EPT violation: address and the rest are valid */
	HV_EXIT_PAGE_FAULT,   /* of L2's own, of set_pf_exit(): the same */
	HV_EXIT_OTHER,	      /* anything else: nobody expected it */
};

enum hv_interrupt {
	HV_INTERRUPT_NONE,	   /* none waits */
	HV_INTERRUPT_FIRST,	   /* before L2's first instruction */
	HV_INTERRUPT_HALTED,	   /* before L2, which starts in a halt, is woken; VMX only */
	HV_INTERRUPT_WHEN_ENABLED, /* as soon as L2 enables interrupts, by an STI */
	HV_INTERRUPT_LATER,	   /* whenever it comes; l2_run() only */
};

struct hv_exit {
	enum hv_exit_kind kind;
	uint64_t address;	 /* guest-physical of a nested fault, linear of a page fault */
	uint64_t error;		 /* the vendor's error code or exit qualification */
	bool store, fetch, user; /* what it says of the access; user: of a page fault */
};

/* Fills in what the error code of a page fault says (AMD: of a nested one, too). */
void hv_note_page_fault(struct hv_exit *exit, uint64_t error, uint64_t address);

/* How L2 starts: CPL 0, flat segments, L1's GDT. */
struct hv_start {
	enum mode mode;
	bool nested_pae; /* L1 enters it from PAE mode; with CAP_NPT_PAE only */
	uint64_t rip, rsp, rdi;
	uint64_t idt_base;
	uint32_t idt_limit;
};

/* What an entry of the nested tables says, in no vendor's format. */
struct hv_nested_entry {
	uint64_t address; /* physical, of a frame (aligned to its size) or of the next table */
	uint8_t level;	  /* 1 … 4 */
	bool leaf, unreadable, writable, executable, accessed, dirty;
};

struct hv {
	const char *name;
	enum vendor vendor;

	/* Is the hardware there and not locked away? */
	bool (*present)(void);
	/* Adds the capabilities that this backend's hardware has, CAP_HV among them. */
	void (*caps)(struct caps *caps);
	/* Turns virtualization on for the CPU that it runs on. False: it could not. */
	bool (*cpu_start)(void);

	/* A new VM of this CPU; it keeps the memory for good. */
	struct hv_vm *(*vm_create)(void);
	/* Back to the state before the first instruction, out of L2, with no nested paging and
	 * CR4.PGE (and PSE, outside of 64-bit mode) set. set_tag() and set_root() must follow
	 * before an enter. */
	void (*vm_reset)(struct hv_vm *vm, const struct hv_start *start);

	/* What the next enter finds. Tags: 1 … 7 (0: VPID off, where the vendor has that). */
	void (*set_tag)(struct hv_vm *vm, unsigned tag);
	void (*set_root)(struct hv_vm *vm, uint64_t cr3); /* and its PDPTEs, where they count */
	/* table 0: no nested paging. accessed_dirty: the tables' bits are used (VMX: EPTP bit 6).
	 */
	void (*set_nested_root)(struct hv_vm *vm, uint64_t table, bool accessed_dirty);
	/* Nested root that L2 can take by itself under that number (VMFUNC); NULL without it. */
	void (*set_function_root)(struct hv_vm *vm, unsigned nr, uint64_t table,
				  bool accessed_dirty);
	/* A flush that is part of the next enter, and of that one only (AMD: TLB_CONTROL). NULL
	 * without CAP_TLBCTL. */
	void (*set_flush)(struct hv_vm *vm, unsigned type);
	/* The next enter, and that one only, declares unchanged what was not set since the last one
	 * (AMD: VMCB clean bits). NULL without CAP_CLEAN. */
	void (*set_clean)(struct hv_vm *vm);
	/* RIP of the next enter, all other registers as L2 left them. */
	void (*set_rip)(struct hv_vm *vm, uint64_t rip);
	/* Does L2's RDMSR of IA32_KERNEL_GS_BASE exit? Rewrites the map of MSRs in place; at a
	 * reset it does not. NULL without CAP_MSRMAP. */
	void (*set_msr_exit)(struct hv_vm *vm, bool exits);
	/* Which page faults of L2's exit. PF_EXIT_WRITES: with CAP_VMX only. */
	void (*set_pf_exit)(struct hv_vm *vm, enum pf_exit which);
	/* When an interrupt that waits in L1 shall leave L2; stays until it is set again. */
	void (*set_interrupt)(struct hv_vm *vm, enum hv_interrupt when);

	/* Enters L2 and comes back with the exit. Interrupts are off in L1 before and after. */
	void (*enter)(struct hv_vm *vm, struct hv_exit *exit);

	/* An entry that fails for that reason; what was set for the next one stays set. False: it
	 * did not fail so. Where failing_may_enter() it is enough that an interrupt has left L2 at
	 * once.
	 */
	bool (*enter_failing)(struct hv_vm *vm, enum failing why);

	/* Invalidates one linear address of a tag (AMD: INVLPGA). NULL without CAP_INVLPGA. */
	void (*flush_address)(uint64_t address, unsigned tag);
	/* INVVPID and INVEPT, by type; NULL without CAP_VMX. Only types that caps() has. */
	void (*flush_tag)(unsigned type, uint64_t address, unsigned tag);
	void (*flush_nested)(unsigned type, uint64_t table, bool accessed_dirty);
	/* Leaves VMX operation on this CPU, or clears EFER.SVME; its VMs keep their state. And
	 * back. */
	void (*suspend)(struct hv_vm *const *vms, unsigned nr);
	void (*resume)(void);
	/* Meanwhile, and only then, L1 may turn its own paging off (VMX). */
	bool fixes_paging;
	/* Invalidates everything of every tag on this CPU. May enter the VM: only when L2 is idle.
	 */
	void (*flush_all)(struct hv_vm *vm);

	uint64_t (*nested_entry)(const struct hv_nested_entry *entry);
	/* Reads an entry of the nested tables back. */
	bool (*nested_accessed)(uint64_t raw);
	bool (*nested_dirty)(uint64_t raw);

	/* One line about the last exit, its code by name. At most size-1 characters. */
	void (*describe)(const struct hv_vm *vm, char *text, size_t size);
	/* All of the VM's state to the console, each line after "# | ". */
	void (*dump)(const struct hv_vm *vm);
};

/* The backends; a null table entry ends the list. */
extern const struct hv *const hv_backends[];
extern const struct hv hv_svm, hv_vmx;

/* The backend whose hardware is there, or NULL. */
const struct hv *hv_select(void);

#endif
