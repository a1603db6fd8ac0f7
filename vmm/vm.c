/* SPDX-License-Identifier: MIT */
#include "vmm/vm.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>

#include "vmm/dirty_ring.h"

/* Three pages for VMX without unrestricted guests, and one more: outside of all memory. */
#define IDENTITY_MAP 0xfffbc000ull
#define TSS	     0xfffbd000ull

#define LEAST_PAGES  64	       /* KVM_MIN_ALLOC_MMU_PAGES */
#define MOST_PAGES   (1 << 20) /* more than this VM can use: what was before cannot be asked for */

static int kvm, vm;
static bool ring;     /* the next VM's log is in rings */
static bool has_ring; /* this one's is */
static uint64_t manual;

static bool enable(int fd, uint32_t capability, uint64_t argument)
{
	struct kvm_enable_cap enable = {.cap = capability, .args = {argument}};

	return !ioctl(fd, KVM_ENABLE_CAP, &enable);
}

static int create(void)
{
	int fd = must_ioctl(kvm, KVM_CREATE_VM, NULL, "KVM_CREATE_VM");
	uint64_t identity_map = IDENTITY_MAP;
	struct kvm_pit_config pit = {.flags = KVM_PIT_SPEAKER_DUMMY};

	must_ioctl(fd, KVM_SET_TSS_ADDR, (void *)TSS, "KVM_SET_TSS_ADDR");
	must_ioctl(fd, KVM_SET_IDENTITY_MAP_ADDR, &identity_map, "KVM_SET_IDENTITY_MAP_ADDR");
	must_ioctl(fd, KVM_CREATE_IRQCHIP, NULL, "KVM_CREATE_IRQCHIP");
	must_ioctl(fd, KVM_CREATE_PIT2, &pit, "KVM_CREATE_PIT2");
	has_ring = ring && enable(fd, KVM_CAP_DIRTY_LOG_RING, DIRTY_RING_SIZE);
	if (manual)
		enable(fd, KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2, manual);
	return fd;
}

void vm_open(void)
{
	kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (kvm < 0)
		die("/dev/kvm: %s", strerror(errno));
	if (ioctl(kvm, KVM_GET_API_VERSION, 0) != KVM_API_VERSION)
		die("/dev/kvm speaks another version than %d", KVM_API_VERSION);
	vm = create();
}

void vm_renew(void)
{
	vm = create();
}

int vm_kvm(void)
{
	return kvm;
}

int vm_fd(void)
{
	return vm;
}

bool vm_choose_ring(bool on)
{
	ring = on;
	return !on || ioctl(vm, KVM_CHECK_EXTENSION, KVM_CAP_DIRTY_LOG_RING) >= DIRTY_RING_SIZE;
}

bool vm_has_ring(void)
{
	return has_ring;
}

bool vm_log_manual(uint64_t how)
{
	const bool done = how == manual || enable(vm, KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2, how);

	if (done)
		manual = how;
	return done;
}

bool vm_pressure(void)
{
	return !ioctl(vm, KVM_SET_NR_MMU_PAGES, LEAST_PAGES) &&
	       !ioctl(vm, KVM_SET_NR_MMU_PAGES, MOST_PAGES);
}
