/* SPDX-License-Identifier: MIT */
/* What a vCPU says it is: all that the host's KVM can give. */
#ifndef VMM_CPU_MODEL_H
#define VMM_CPU_MODEL_H

#include "vmm/common.h"

void cpu_model_set(int kvm, int vcpu, unsigned apic_id);

#endif
