/* SPDX-License-Identifier: MIT */
#include "model/oracle/host_rules.h"

/* Linux, Documentation/virt/kvm/api.rst, by the name of the ioctl, and KVM's MMU notifiers. */
#define KVM_MEM                                                                        \
	"KVM_SET_USER_MEMORY_REGION: changes in the backing of the memory region are " \
	"automatically reflected into the guest"
#define KVM_SLOT "KVM_SET_USER_MEMORY_REGION"
#define KVM_LOG	 "KVM_GET_DIRTY_LOG: any pages dirtied since the last call"

const struct host_rule host_rules[NR_HOST_EVENTS] = {
	[HOST_DROP] = {HOST_ZEROS, KVM_MEM},
	[HOST_SWAP] = {HOST_EXCHANGED, KVM_MEM},
	[HOST_MOVE] = {HOST_NOTHING, KVM_MEM},
	[HOST_SLOT_REMOVE] = {HOST_GONE, KVM_SLOT},
	[HOST_SLOT_ADD] = {HOST_THERE, KVM_SLOT},
	[HOST_SLOT_RO] = {HOST_READ_ONLY, KVM_SLOT ", KVM_MEM_READONLY"},
	[HOST_SLOT_MOVE] = {HOST_ELSEWHERE, KVM_SLOT},
	[HOST_SLOT_SMM] = {HOST_IN_SMM, KVM_SLOT ", KVM_CAP_MULTI_ADDRESS_SPACE"},
	[HOST_COLLAPSE] = {HOST_NOTHING, KVM_MEM},
	[HOST_SPLIT] = {HOST_NOTHING, KVM_MEM},
	[HOST_NX_SPLIT] = {HOST_NOTHING, "kvm.nx_huge_pages"},
	[HOST_NX_RECOVER] = {HOST_NOTHING, "kvm.nx_huge_pages_recovery_period_ms"},
	[HOST_LOG_ON] = {HOST_LOG_BEGUN, KVM_LOG},
	[HOST_LOG_MANUAL] = {HOST_LOG_BEGUN, KVM_LOG "; KVM_CLEAR_DIRTY_LOG"},
	[HOST_LOG_ALL_SET] = {HOST_LOG_BEGUN, "KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2, "
					      "KVM_DIRTY_LOG_INITIALLY_SET"},
	[HOST_LOG_RING] = {HOST_LOG_BEGUN, "KVM_CAP_DIRTY_LOG_RING"},
	[HOST_LOG_CLEAR] = {HOST_LOG_CLEARED, KVM_LOG},
	[HOST_LOG_OFF] = {HOST_LOG_ENDED, KVM_LOG},
	[HOST_AGE] = {HOST_NOTHING, "kvm_mmu_notifier_clear_young()"},
	[HOST_PRESSURE] = {HOST_NOTHING, "KVM_SET_NR_MMU_PAGES"},
	[HOST_SMI] = {HOST_NOTHING, "KVM_SMI"},
	[HOST_SAVE] = {HOST_NOTHING, "KVM_GET_NESTED_STATE, KVM_SET_NESTED_STATE"},
};
