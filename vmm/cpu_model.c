/* SPDX-License-Identifier: MIT */
#include "vmm/cpu_model.h"

#include <linux/kvm.h>

enum { MAX_LEAVES = 256 };

#define LEAF_FEATURES	 0x1 /* EBX 31:24: APIC ID; ECX 31: this is a VM */
#define LEAF_TOPOLOGY	 0xb /* EDX: x2APIC ID */
#define LEAF_TOPOLOGY_V2 0x1f

void cpu_model_set(int kvm, int vcpu, unsigned apic_id)
{
	static struct {
		struct kvm_cpuid2 head;
		struct kvm_cpuid_entry2 leaf[MAX_LEAVES];
	} cpuid;

	cpuid.head.nent = MAX_LEAVES;
	must_ioctl(kvm, KVM_GET_SUPPORTED_CPUID, &cpuid, "KVM_GET_SUPPORTED_CPUID");
	for (unsigned i = 0; i < cpuid.head.nent; i++) {
		struct kvm_cpuid_entry2 *leaf = &cpuid.leaf[i];

		if (leaf->function == LEAF_FEATURES) {
			leaf->ebx = (leaf->ebx & 0x00ffffff) | apic_id << 24;
			leaf->ecx |= 1u << 31;
		}
		if (leaf->function == LEAF_TOPOLOGY || leaf->function == LEAF_TOPOLOGY_V2)
			leaf->edx = apic_id;
	}
	must_ioctl(vcpu, KVM_SET_CPUID2, &cpuid, "KVM_SET_CPUID2");
}
