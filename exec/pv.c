/* SPDX-License-Identifier: MIT */
/* Linux, Documentation/virt/kvm/x86/cpuid.rst and msr.rst; the flag: uapi/asm/kvm_para.h. */
#include "exec/pv.h"

#include "kernel/cpu.h"
#include "lib/cpuid.h"
#include "lib/msr.h"
#include "lib/pause.h"
#include "lib/string.h"

#define KVM_LEAF_FEATURES  0x40000001
#define FEATURE_STEAL_TIME (1u << 5)
#define FEATURE_TLB_FLUSH  (1u << 9)

#define MSR_KVM_STEAL_TIME 0x4b564d03
#define STEAL_TIME_ENABLED 1

#define VCPU_PREEMPTED	   1
#define VCPU_FLUSH_TLB	   2

/* Some slices of a host's scheduler, in polls of 10 ns and more. */
#define PATIENCE 4000000

static struct steal_time {
	uint64_t steal;
	uint32_t version, flags;
	volatile uint8_t preempted; /* 0 while the vCPU runs; the host takes and clears it then */
	uint8_t reserved[47];
} __attribute__((aligned(64))) own[MAX_CPUS], *areas[MAX_CPUS]; /* L1's own, and those in use */

_Static_assert(sizeof(struct steal_time) == PV_AREA_SIZE, "the host's layout");

bool pv_present(void)
{
	const uint32_t both = FEATURE_STEAL_TIME | FEATURE_TLB_FLUSH;

	return !strcmp(cpu_hypervisor_name, "KVMKVMKVM") &&
	       (cpuid(KVM_LEAF_FEATURES, 0).eax & both) == both;
}

void pv_arm(bool on)
{
	if (on)
		pv_move((uint64_t)&own[this_cpu()->id]);
	else
		wrmsr(MSR_KVM_STEAL_TIME, 0);
}

void pv_move(uint64_t address)
{
	struct steal_time *area = (struct steal_time *)address;

	memset(area, 0, sizeof(*area));
	areas[this_cpu()->id] = area;
	wrmsr(MSR_KVM_STEAL_TIME, address | STEAL_TIME_ENABLED);
}

/* The vCPU may come back between two looks: then it is not preempted any more. */
static bool ask_flush(volatile uint8_t *preempted)
{
	uint8_t old = VCPU_PREEMPTED;

	return __atomic_compare_exchange_n(preempted, &old, VCPU_PREEMPTED | VCPU_FLUSH_TLB, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

bool pv_wait_preempted(unsigned cpu, bool flush)
{
	volatile uint8_t *preempted = &areas[cpu]->preempted;

	for (unsigned i = 0; i < PATIENCE; i++) {
		if (*preempted && (!flush || ask_flush(preempted)))
			return true;
		pause();
	}
	return false;
}
