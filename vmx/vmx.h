/* SPDX-License-Identifier: MIT */
/* What the files of this room share. */
#ifndef VMX_VMX_H
#define VMX_VMX_H

#include "hv/hv.h"
#include "model/lang/program.h"
#include "vmx/vmlaunch.h"

/* A list of EPTPs for VMFUNC: without A/D bits, then with them, by the number of the nested root.
 */
enum { EPTP_LIST_ENTRIES = 2 * NR_ROOTS };

/* Fields that only VMWRITE changes, as the VMCS has them: a write or a read of one may be an exit.
 * Not the EPTP: L2's VMFUNC changes it, too (28.5.7.3 "EPTP Switching"). */
struct vmx_fields {
	uint64_t pin, primary, secondary, vpid, functions, host_cr0, host_cr3, host_cr4;
};

struct vmx_vm {
	uint64_t *vmcs;	     /* 4 KiB; its physical address, too */
	uint8_t *msr_bitmap; /* 4 KiB, or NULL without "use MSR bitmaps" */
	uint64_t *eptp_list; /* 4 KiB, or NULL without VMFUNC */
	struct vmx_registers registers;
	enum mode mode; /* that the VMCS was filled for */
	bool launched;
	bool intercepts_pf;
	bool gives_pdptes; /* L1 has given a root, and with it the PDPTEs of the next entry */
	bool called;	   /* the last exit was the agent's call */
	struct vmx_fields fields;
	bool filled; /* the fields that stay have been written, and L2 has kept to its ways since */
	uint32_t exit_reason;
	uint32_t error; /* VM-instruction error of an entry that failed; 0: none */
};

/* The controls that this CPU allows, read once. */
struct vmx_controls {
	uint32_t pin, primary, secondary, exit, entry; /* what every VM has */
	bool has_secondary, has_vpid, has_ept, has_vmfunc;
	uint32_t with_ept; /* what the secondary controls have while EPT is on */
	uint64_t ept_vpid_cap;
};
extern struct vmx_controls vmx_controls;

/* Fills vmx_controls. False: a control that L2 needs cannot be had; *missing names it. */
bool vmx_read_controls(const char **missing);

bool vmx_cpu_start(void);
/* Makes the VM's VMCS current on this CPU, unless it is: KVM drops nested roots at each VMPTRLD. */
void vmx_load(struct vmx_vm *vm);
/* Forgets which VMCS is current. */
void vmx_forget(void);
void vmx_suspend(struct hv_vm *const *vms, unsigned nr);
void vmx_resume(void);
uint64_t vmx_eptp(uint64_t table, bool accessed_dirty);

void vmx_flush_tag(unsigned type, uint64_t address, unsigned tag);
void vmx_flush_nested(unsigned type, uint64_t table, bool accessed_dirty);
void vmx_flush_all(struct hv_vm *vm);

void vmx_describe(const struct hv_vm *vm, char *text, size_t size);
void vmx_dump(const struct hv_vm *vm);

#endif
