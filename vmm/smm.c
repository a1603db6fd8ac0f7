/* SPDX-License-Identifier: MIT */
/* SDM volume 3, "SMRAM" and "SMI Handler Execution Environment"; APM volume 2, 10.3 "SMM Operating
 * Environment". */
#include "vmm/smm.h"

#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>

#include "vmm/ram.h"
#include "vmm/vcpu.h"
#include "vmm/vm.h"

#define SMBASE	    0x30000 /* of all vCPUs, after reset */
#define SMRAM_SIZE  0x10000
#define SMI_HANDLER 0x8000 /* offset of its first instruction */

static void write_handler(uint64_t to)
{
	static const uint8_t rsm[] = {0x0f, 0xaa};
	const uint16_t segment = (uint16_t)(to >> 4);
	const uint8_t jump[] = {0xea, 0, 0, (uint8_t)segment, (uint8_t)(segment >> 8)};
	uint8_t *handler = (uint8_t *)ram_file(ram_size() + SMBASE) + SMI_HANDLER;

	if (to)
		memcpy(handler, jump, sizeof(jump));
	else
		memcpy(handler, rsm, sizeof(rsm));
}

bool smm_create(void)
{
	static bool created;

	if (!created)
		created = ioctl(vm_fd(), KVM_CHECK_EXTENSION, KVM_CAP_X86_SMM) > 0 &&
			  ioctl(vm_fd(), KVM_CHECK_EXTENSION, KVM_CAP_MULTI_ADDRESS_SPACE) >= 2 &&
			  ram_second_space(SMBASE, SMRAM_SIZE);
	return created;
}

bool smm_interrupt(unsigned vcpu, uint64_t handler)
{
	write_handler(handler);
	return smm_create() && !ioctl(vcpu_fd(vcpu), KVM_SMI, 0);
}
