/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "vmm/ram.h"

#include <fcntl.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { FILE_PARTS = 3, LARGE_PAGE = 2 << 20, SMALL_PAGE = 4096 };

/* Numbers of slots: the guest's; those that only SMM has; and what makes one SMM's (its address
 * space, KVM_CAP_MULTI_ADDRESS_SPACE). */
enum { MAX_SLOTS = 32, SMRAM_SLOT = MAX_SLOTS, REST_SLOT, OWN_SLOT, SMM_SPACE = 1 << 16 };

static uint8_t *base; /* what the guest sees */
static uint8_t *all;  /* the whole file */
static uint64_t size; /* of the guest's memory; the file is three times as long */
static int file;
static int vm;
static struct kvm_userspace_memory_region slots[MAX_SLOTS]; /* as KVM has them; size 0: none */
static uint64_t smram, smram_size;			    /* 0: SMM has no memory of its own */

/* At a multiple of 2 MiB, so that large pages can be behind it. */
static uint8_t *map_file(uint64_t length)
{
	uint8_t *at = mmap(NULL, length + LARGE_PAGE, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (at != MAP_FAILED)
		at = mmap((uint8_t *)(((uintptr_t)at + LARGE_PAGE - 1) & -(uintptr_t)LARGE_PAGE),
			  length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE | MAP_FIXED,
			  file, 0);
	if (at == MAP_FAILED)
		die("the host has not %llu MiB for the guest", (unsigned long long)size >> 20);
	return at;
}

void ram_create(int vm_fd, uint64_t bytes)
{
	vm = vm_fd;
	size = bytes;
	file = memfd_create("guest", MFD_CLOEXEC);
	if (file < 0 || ftruncate(file, (off_t)(FILE_PARTS * size)))
		die("no memory file: the host's kernel needs CONFIG_TMPFS and CONFIG_MEMFD_CREATE");
	base = map_file(size);
	all = map_file(FILE_PARTS * size);
	ram_slot(0, 0, 0, size, 0);
}

uint64_t ram_size(void)
{
	return size;
}

void *ram_at(uint64_t address, uint64_t length)
{
	if (address > size || length > size - address)
		return NULL;
	return base + address;
}

void *ram_seen_at(uint64_t address, uint64_t length)
{
	for (unsigned i = 0; i < MAX_SLOTS; i++) {
		const uint64_t at = address - slots[i].guest_phys_addr;

		if (address >= slots[i].guest_phys_addr && length <= slots[i].memory_size &&
		    at <= slots[i].memory_size - length)
			return (uint8_t *)slots[i].userspace_addr + at;
	}
	return NULL;
}

void *ram_file(uint64_t offset)
{
	return all + offset;
}

void ram_map(uint64_t address, uint64_t length, uint64_t offset)
{
	if (mmap(base + address, length, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_NORESERVE | MAP_FIXED, file, (off_t)offset) == MAP_FAILED)
		die("memory at 0x%llx cannot be mapped anew", (unsigned long long)address);
}

void ram_drop(uint64_t offset, uint64_t length)
{
	if (fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset,
		      (off_t)length))
		die("pages at 0x%llx cannot be given back", (unsigned long long)offset);
}

#ifndef MADV_COLLAPSE /* Linux 6.1 */
#	define MADV_COLLAPSE 25
#endif

bool ram_collapse(uint64_t address, uint64_t length)
{
	return !madvise(base + address, length, MADV_COLLAPSE);
}

/* Goes on to the next bytes that there are, from *data (an offset) on and before end: their number;
 * 0: there are none. */
static size_t next_data(off_t *data, off_t end)
{
	off_t hole;

	*data = lseek(file, *data, SEEK_DATA);
	if (*data < 0 || *data >= end)
		return 0;
	hole = lseek(file, *data, SEEK_HOLE);
	return (size_t)((hole < end ? hole : end) - *data);
}

static bool is_zero(const uint8_t *page)
{
	return !page[0] && !memcmp(page, page + 1, SMALL_PAGE - 1);
}

/* Where a large page was, all is data; but a page of zeros is as good as none, and costs less. */
void ram_copy(uint64_t to, uint64_t from, uint64_t length)
{
	const off_t end = (off_t)(from + length);
	off_t data = (off_t)from;

	for (size_t n; (n = next_data(&data, end)); data += (off_t)n)
		for (off_t page = data; page < data + (off_t)n; page += SMALL_PAGE)
			if (!is_zero(all + page))
				memcpy(all + to + ((uint64_t)page - from), all + page, SMALL_PAGE);
}

void ram_merge(uint64_t to, uint64_t from, uint64_t length, bool under)
{
	const off_t end = (off_t)(from + length);
	off_t data = (off_t)from;

	for (size_t n; (n = next_data(&data, end)); data += (off_t)n) {
		const uint32_t *source = (const uint32_t *)(all + data);
		uint32_t *target = (uint32_t *)(all + to + ((uint64_t)data - from));

		for (size_t i = 0; i < n / sizeof(*source); i++)
			if (source[i] && !(under && target[i]))
				target[i] = source[i];
	}
}

static bool put(uint32_t slot, uint64_t at, const uint8_t *bytes, uint64_t length, uint32_t flags)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot,
		.flags = flags,
		.guest_phys_addr = at,
		.memory_size = length,
		.userspace_addr = (uint64_t)bytes,
	};

	return !ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region);
}

/* The slot as SMM sees it; SMRAM lies in slot 0. */
static bool put_smm(const struct kvm_userspace_memory_region *slot)
{
	const uint64_t end = smram + smram_size;

	if (slot->slot || !slot->memory_size)
		return put(SMM_SPACE | slot->slot, slot->guest_phys_addr,
			   (uint8_t *)slot->userspace_addr, slot->memory_size, slot->flags);
	return put(SMM_SPACE | 0, 0, base, smram, 0) &&
	       put(SMM_SPACE | SMRAM_SLOT, smram, all + size + smram, smram_size, 0) &&
	       put(SMM_SPACE | REST_SLOT, end, base + end, slot->memory_size - end, 0);
}

bool ram_second_space(uint64_t address, uint64_t length)
{
	bool done = true;

	smram = address;
	smram_size = length;
	for (unsigned i = 0; i < MAX_SLOTS; i++)
		if (slots[i].memory_size)
			done &= put_smm(&slots[i]);
	return done;
}

bool ram_slot(uint32_t slot, uint64_t at, uint64_t address, uint64_t length, uint32_t flags)
{
	slots[slot] = (struct kvm_userspace_memory_region){
		.slot = slot,
		.flags = flags,
		.guest_phys_addr = at,
		.memory_size = length,
		.userspace_addr = (uint64_t)(base + address),
	};
	return !ioctl(vm, KVM_SET_USER_MEMORY_REGION, &slots[slot]) &&
	       (!smram_size || put_smm(&slots[slot]));
}

bool ram_slot_smm(uint64_t at, uint64_t address, uint64_t length)
{
	return put(SMM_SPACE | OWN_SLOT, at, base + address, length, 0);
}

static bool read_log(uint32_t slot, bool clear)
{
	enum { PAGES = LARGE_PAGE / 4096, WORDS = PAGES / 64 };
	uint64_t bits[WORDS] = {0}, any = 0;
	struct kvm_dirty_log log = {.slot = slot, .dirty_bitmap = bits};
	struct kvm_clear_dirty_log cleared = {
		.slot = slot, .num_pages = PAGES, .dirty_bitmap = bits};

	ioctl(vm, KVM_GET_DIRTY_LOG, &log);
	if (clear)
		ioctl(vm, KVM_CLEAR_DIRTY_LOG, &cleared);
	for (unsigned i = 0; i < WORDS; i++)
		any |= bits[i];
	return any;
}

bool ram_log(uint32_t slot, bool clear)
{
	const bool any = read_log(slot, clear);

	return (smram_size && read_log(SMM_SPACE | slot, clear)) || any;
}

void ram_split(uint64_t address, uint64_t length)
{
	ram_slot(0, 0, 0, 0, 0);
	ram_slot(0, 0, 0, address, 0);
	if (address + length < size)
		ram_slot(1, address + length, address + length, size - address - length, 0);
}

void ram_move_to(int vm_fd)
{
	vm = vm_fd;
	for (unsigned i = 0; i < MAX_SLOTS; i++)
		if (slots[i].memory_size)
			must_ioctl(vm, KVM_SET_USER_MEMORY_REGION, &slots[i],
				   "KVM_SET_USER_MEMORY_REGION");
	if (smram_size)
		ram_second_space(smram, smram_size);
}
