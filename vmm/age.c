/* SPDX-License-Identifier: MIT */
/* Linux, Documentation/admin-guide/mm/idle_page_tracking.rst and pagemap.rst. */
#include "vmm/age.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vmm/ram.h"

enum { PAGE = 4096, PAGES_AT_ONCE = 512, WORD = sizeof(uint64_t), WORD_BITS = 64 };

#define ENTRY_PRESENT (1ull << 63)
#define ENTRY_FRAME   ((1ull << 55) - 1)

#ifndef MADV_COLD /* Linux 5.4 */
#	define MADV_COLD 20
#endif

static int pagemap = -1, idle = -1;

void age_open(void)
{
	pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	idle = open("/sys/kernel/mm/page_idle/bitmap", O_RDWR | O_CLOEXEC);
}

/* The bitmap takes whole words: a bit that is clear changes nothing. */
static bool mark_idle(uint64_t frame)
{
	const uint64_t bit = 1ull << frame % WORD_BITS;

	return pwrite(idle, &bit, WORD, (off_t)(frame / WORD_BITS * WORD)) == WORD;
}

/* Only pages on the kernel's lists of pages in use can be idle; MADV_COLD puts new ones there. */
bool age_pages(uint64_t address, uint64_t length)
{
	uint64_t entries[PAGES_AT_ONCE];
	const uintptr_t at = (uintptr_t)ram_at(address, length);
	bool done = idle >= 0 && length <= PAGES_AT_ONCE * PAGE;
	const ssize_t bytes = (ssize_t)(length / PAGE * WORD);

	if (done)
		madvise((void *)at, length, MADV_COLD);
	done = done && pread(pagemap, entries, (size_t)bytes, (off_t)(at / PAGE * WORD)) == bytes;
	for (unsigned i = 0; done && i < length / PAGE; i++)
		if (entries[i] & ENTRY_PRESENT)
			done = (entries[i] & ENTRY_FRAME) && mark_idle(entries[i] & ENTRY_FRAME);
	return done;
}
