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

static const uint8_t handler[] = {0x0f, 0xaa}; /* RSM */

static bool create(void)
{
	uint8_t *smram = ram_file(ram_size() + SMBASE);

	if (ioctl(vm_fd(), KVM_CHECK_EXTENSION, KVM_CAP_X86_SMM) <= 0 ||
	    ioctl(vm_fd(), KVM_CHECK_EXTENSION, KVM_CAP_MULTI_ADDRESS_SPACE) < 2)
		return false;
	memcpy(smram + SMI_HANDLER, handler, sizeof(handler));
	return ram_second_space(SMBASE, SMRAM_SIZE);
}

bool smm_interrupt(unsigned vcpu)
{
	static bool created;

	if (!created)
		created = create();
	return created && !ioctl(vcpu_fd(vcpu), KVM_SMI, 0);
}
