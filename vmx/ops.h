/* SPDX-License-Identifier: MIT */
/* VMX's instructions. False: VMfail; with an error number in VM_INSTRUCTION_ERROR where a VMCS is
 * current. */
#ifndef VMX_OPS_H
#define VMX_OPS_H

#include <stdbool.h>
#include <stdint.h>

#include "vmx/vmcs.h"

/* SDM vol. 3, "Conventions": VMfail sets CF or ZF. */
#define VMX_OP(instruction, ...)                                                             \
	({                                                                                   \
		bool ok_;                                                                    \
		__asm__ volatile(instruction : "=@cca"(ok_) : __VA_ARGS__ : "memory", "cc"); \
		ok_;                                                                         \
	})

static inline bool vmxon(const uint64_t *region)
{
	return VMX_OP("vmxon %1", "m"(*region));
}

static inline void vmxoff(void)
{
	__asm__ volatile("vmxoff" : : : "memory", "cc");
}

static inline bool vmclear(const uint64_t *vmcs)
{
	return VMX_OP("vmclear %1", "m"(*vmcs));
}

static inline bool vmptrld(const uint64_t *vmcs)
{
	return VMX_OP("vmptrld %1", "m"(*vmcs));
}

static inline bool vmwrite(enum vmcs_field field, uint64_t value)
{
	return VMX_OP("vmwrite %1, %2", "r"(value), "r"((uint64_t)field));
}

static inline uint64_t vmread(enum vmcs_field field)
{
	uint64_t value = 0;

	__asm__ volatile("vmread %1, %0" : "+r"(value) : "r"((uint64_t)field) : "memory", "cc");
	return value;
}

/* Type 0: address and tag; 1: tag; 2: all; 3: tag, global translations stay. */
static inline bool invvpid(uint64_t type, uint64_t vpid, uint64_t address)
{
	const struct {
		uint64_t vpid, address;
	} descriptor = {vpid, address};

	return VMX_OP("invvpid %1, %2", "m"(descriptor), "r"(type));
}

/* Type 1: the EPTP's EP4TA; 2: all. */
static inline bool invept(uint64_t type, uint64_t eptp)
{
	const struct {
		uint64_t eptp, zero;
	} descriptor = {eptp, 0};

	return VMX_OP("invept %1, %2", "m"(descriptor), "r"(type));
}

#endif
