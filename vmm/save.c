/* SPDX-License-Identifier: MIT */
/*
 * What makes up a vCPU, and in which order a new one takes it: the modes (SREGS) before what
 * depends on them, the nested state last (Linux, Documentation/virt/kvm/api.rst,
 * KVM_SET_NESTED_STATE).
 */
#include "vmm/save.h"

#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/vmm_protocol.h"
#include "vmm/cpu_model.h"
#include "vmm/host_frames.h"
#include "vmm/ram.h"
#include "vmm/vcpu.h"
#include "vmm/vm.h"

enum {
	MAX_MSRS = 1024,
	MSRS_AT_ONCE = 255,
	XSAVE_MAX = 16384,
	NESTED_MAX = 16384,
	NR_IRQCHIPS = 3
};

static struct {
	struct kvm_msr_list head;
	uint32_t index[MAX_MSRS];
} msrs;

static struct state {
	struct kvm_sregs sregs;
	struct kvm_sregs2 sregs2;
	struct kvm_msr_entry msr[MAX_MSRS];
	uint32_t nr_msrs; /* those of the list that could be read */
	struct kvm_xcrs xcrs;
	uint8_t xsave[XSAVE_MAX] __attribute__((aligned(8)));
	struct kvm_lapic_state lapic;
	struct kvm_vcpu_events events;
	struct kvm_mp_state mp_state;
	struct kvm_debugregs debugregs;
	struct kvm_regs regs;
	uint8_t nested[NESTED_MAX] __attribute__((aligned(8)));
} states[MAX_VCPUS];

static struct {
	struct kvm_irqchip chip[NR_IRQCHIPS];
	struct kvm_pit_state2 pit;
	struct kvm_clock_data clock;
} devices;

static bool has_sregs2, has_nested;

static bool has(int capability)
{
	return ioctl(vm_kvm(), KVM_CHECK_EXTENSION, capability) > 0;
}

bool save_works(void)
{
	const int nested = ioctl(vm_kvm(), KVM_CHECK_EXTENSION, KVM_CAP_NESTED_STATE);
	const int xsave = ioctl(vm_kvm(), KVM_CHECK_EXTENSION, KVM_CAP_XSAVE2);

	has_nested = nested > 0;
	msrs.head.nmsrs = MAX_MSRS;
	return nested <= NESTED_MAX && xsave <= XSAVE_MAX && has(KVM_CAP_XSAVE) &&
	       !ioctl(vm_kvm(), KVM_GET_MSR_INDEX_LIST, &msrs);
}

#define GET(fd, name, field) must_ioctl(fd, KVM_GET_##name, field, "KVM_GET_" #name)
#define SET(fd, name, field) must_ioctl(fd, KVM_SET_##name, field, "KVM_SET_" #name)

/* KVM stops at one that it does not take: those are left out. Returns how many there are then. */
static uint32_t pass_msrs(int fd, unsigned long request, struct kvm_msr_entry *msr, uint32_t nr)
{
	static struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entry[MSRS_AT_ONCE];
	} some;
	uint32_t taken = 0;

	for (uint32_t next = 0; next < nr;) {
		const uint32_t n = nr - next < MSRS_AT_ONCE ? nr - next : MSRS_AT_ONCE;
		int done;

		some.head.nmsrs = n;
		memcpy(some.entry, msr + next, n * sizeof(*msr));
		done = ioctl(fd, request, &some);
		if (done < 0)
			done = 0;
		memcpy(msr + taken, some.entry, (unsigned)done * sizeof(*msr));
		taken += (unsigned)done;
		next += (unsigned)done + ((unsigned)done < n);
	}
	return taken;
}

/* The list holds MSRs that this vCPU has not. */
static void get_msrs(int fd, struct state *s)
{
	for (uint32_t i = 0; i < msrs.head.nmsrs; i++)
		s->msr[i] = (struct kvm_msr_entry){.index = msrs.index[i]};
	s->nr_msrs = pass_msrs(fd, KVM_GET_MSRS, s->msr, msrs.head.nmsrs);
}

static void get_vcpu(int fd, struct state *s)
{
	GET(fd, MP_STATE, &s->mp_state);
	if (has_sregs2)
		GET(fd, SREGS2, &s->sregs2);
	else
		GET(fd, SREGS, &s->sregs);
	get_msrs(fd, s);
	GET(fd, XCRS, &s->xcrs);
	if (has(KVM_CAP_XSAVE2))
		GET(fd, XSAVE2, s->xsave);
	else
		GET(fd, XSAVE, s->xsave);
	GET(fd, LAPIC, &s->lapic);
	GET(fd, VCPU_EVENTS, &s->events);
	GET(fd, DEBUGREGS, &s->debugregs);
	GET(fd, REGS, &s->regs);
	((struct kvm_nested_state *)s->nested)->size = NESTED_MAX;
	if (has_nested)
		GET(fd, NESTED_STATE, s->nested);
}

static void set_vcpu(int fd, struct state *s)
{
	if (has_sregs2)
		SET(fd, SREGS2, &s->sregs2);
	else
		SET(fd, SREGS, &s->sregs);
	pass_msrs(fd, KVM_SET_MSRS, s->msr, s->nr_msrs); /* some may be read only */
	SET(fd, XCRS, &s->xcrs);
	SET(fd, XSAVE, s->xsave);
	SET(fd, LAPIC, &s->lapic);
	SET(fd, VCPU_EVENTS, &s->events);
	SET(fd, MP_STATE, &s->mp_state);
	SET(fd, DEBUGREGS, &s->debugregs);
	SET(fd, REGS, &s->regs);
	if (has_nested)
		SET(fd, NESTED_STATE, s->nested);
}

static void get_devices(int vm)
{
	for (uint32_t i = 0; i < NR_IRQCHIPS; i++) {
		devices.chip[i].chip_id = i;
		GET(vm, IRQCHIP, &devices.chip[i]);
	}
	GET(vm, PIT2, &devices.pit);
	GET(vm, CLOCK, &devices.clock);
}

static void set_devices(int vm)
{
	for (uint32_t i = 0; i < NR_IRQCHIPS; i++)
		SET(vm, IRQCHIP, &devices.chip[i]);
	SET(vm, PIT2, &devices.pit);
	devices.clock.flags = 0;
	SET(vm, CLOCK, &devices.clock);
}

static void go_on_as_another(void)
{
	const unsigned nr = vcpus_number();
	const int old = vm_fd();

	for (unsigned i = 0; i < nr; i++) {
		vcpu_complete(i);
		get_vcpu(vcpu_fd(i), &states[i]);
	}
	get_devices(old);
	frames_log_keep();
	vm_renew();
	ram_move_to(vm_fd());
	vcpus_renew(vm_kvm(), vm_fd());
	set_devices(vm_fd());
	for (unsigned i = 0; i < nr; i++)
		set_vcpu(vcpu_fd(i), &states[i]);
	close(old);
}

void save_and_restore(void)
{
	has_sregs2 = has(KVM_CAP_SREGS2);
	go_on_as_another();
}

static struct {
	unsigned vcpu;
	uint64_t address;
	volatile uint64_t *result;
} look;

void save_look(unsigned vcpu, uint64_t address, volatile uint64_t *result)
{
	look.vcpu = vcpu;
	look.address = address;
	look.result = result;
}

void save_and_look(void)
{
	struct kvm_translation t = {.linear_address = look.address};
	const uint32_t *word;

	has_sregs2 = false;
	go_on_as_another();
	vcpu_almost_enter(look.vcpu);
	must_ioctl(vcpu_fd(look.vcpu), KVM_TRANSLATE, &t, "KVM_TRANSLATE");
	word = t.valid ? ram_seen_at(t.physical_address, sizeof(*word)) : NULL;
	*look.result = !t.valid ? VMM_UNMAPPED : word ? *word : UINT32_MAX;
}
