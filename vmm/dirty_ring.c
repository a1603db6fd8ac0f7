/* SPDX-License-Identifier: MIT */
#include "vmm/dirty_ring.h"

#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "vmm/vm.h"

enum { ENTRIES = DIRTY_RING_SIZE / sizeof(struct kvm_dirty_gfn), PAGE = 4096 };

static struct ring {
	struct kvm_dirty_gfn *entries;
	uint32_t next;
} rings[MAX_VCPUS];

void dirty_ring_open(unsigned vcpu, int fd)
{
	void *at = mmap(NULL, DIRTY_RING_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			KVM_DIRTY_LOG_PAGE_OFFSET * PAGE);

	if (at == MAP_FAILED)
		die("vCPU %u: its ring of dirty pages cannot be mapped", vcpu);
	rings[vcpu] = (struct ring){.entries = at};
}

void dirty_ring_close(unsigned vcpu)
{
	if (rings[vcpu].entries)
		munmap(rings[vcpu].entries, DIRTY_RING_SIZE);
	rings[vcpu].entries = NULL;
}

static void collect(struct ring *ring, void (*dirty)(uint32_t slot))
{
	for (;; ring->next++) {
		struct kvm_dirty_gfn *entry = &ring->entries[ring->next % ENTRIES];

		if (!(__atomic_load_n(&entry->flags, __ATOMIC_ACQUIRE) & KVM_DIRTY_GFN_F_DIRTY))
			break;
		dirty(entry->slot);
		__atomic_store_n(&entry->flags, KVM_DIRTY_GFN_F_RESET, __ATOMIC_RELEASE);
	}
}

void dirty_rings_collect(unsigned vcpus, void (*dirty)(uint32_t slot))
{
	for (unsigned i = 0; i < vcpus; i++)
		collect(&rings[i], dirty);
	must_ioctl(vm_fd(), KVM_RESET_DIRTY_RINGS, NULL, "KVM_RESET_DIRTY_RINGS");
}
