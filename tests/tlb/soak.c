/* SPDX-License-Identifier: MIT */
/*
 * The only process of an emulated Linux: churns its page tables and looks whether memory is what it
 * must be. An entry that the CPU's TLB keeps too long shows as a word of another page, as a signal,
 * or as a panic.
 *
 * /rounds says how many rounds. Prints a line for each, and at last `# END status=N`.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

enum { PAGE = 4096, PAGES = 512, CHILDREN = 6 };

static void fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
static void end(int status) __attribute__((noreturn));

static void end(int status)
{
	printf("# END status=%d\n", status);
	fflush(stdout);
	tcdrain(fileno(stdout));
	sync();
	reboot(RB_AUTOBOOT);
	_exit(status);
}

static void fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("not ok: ");
	vprintf(format, args);
	putchar('\n');
	va_end(args);
	fflush(stdout);
	_exit(1);
}

static uint64_t *map(size_t pages, int flags, int fd)
{
	void *at = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, flags, fd, 0);

	if (at == MAP_FAILED)
		fail("mmap: %m");
	return at;
}

static volatile uint64_t *word(uint64_t *base, unsigned page)
{
	return base + page * (PAGE / sizeof(*base)) + page % 32;
}

static void fill(uint64_t *base, unsigned pages, uint64_t value)
{
	for (unsigned p = 0; p < pages; p++)
		*word(base, p) = value + p;
}

static void expect(const char *what, uint64_t *base, unsigned pages, uint64_t value)
{
	for (unsigned p = 0; p < pages; p++) {
		uint64_t seen = *word(base, p);

		if (seen != value + p)
			fail("%s: page %u holds %llx and not %llx", what, p,
			     (unsigned long long)seen, (unsigned long long)(value + p));
	}
}

/* Copy on write: parent and children each see their own. */
static void forks(uint64_t round)
{
	uint64_t *memory = map(PAGES, MAP_PRIVATE | MAP_ANONYMOUS, -1), base = round << 32;
	int status;

	fill(memory, PAGES, base);
	for (unsigned c = 1; c <= CHILDREN; c++) {
		if (fork() == 0) {
			expect("a child's copy", memory, PAGES, base);
			fill(memory, PAGES, base + (uint64_t)c * 0x100000);
			sched_yield();
			expect("a child's own", memory, PAGES, base + (uint64_t)c * 0x100000);
			_exit(0);
		}
		if (c == CHILDREN / 2)
			fill(memory, PAGES / 2, base); /* breaks the sharing from this side */
	}
	expect("the parent's", memory, PAGES, base);
	while (wait(&status) > 0) {
		if (status)
			fail("a child ended with %x", status);
	}
	expect("the parent's, after its children", memory, PAGES, base);
	munmap(memory, PAGES * PAGE);
}

/* The same addresses, other pages: unmapped, moved, given back, replaced. */
static void mappings(uint64_t round)
{
	uint64_t *a = map(PAGES, MAP_PRIVATE | MAP_ANONYMOUS, -1), base = round << 32 | 1 << 30;
	uint64_t *b = map(PAGES, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	for (unsigned i = 0; i < 8; i++) {
		fill(a, PAGES, base + i * 0x10000);
		fill(b, PAGES, base + 0x8000000 + i * 0x10000);
		if (mremap(a, PAGES * PAGE, PAGES * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, b) != b)
			fail("mremap: %m");
		expect("moved", b, PAGES, base + i * 0x10000);
		if (mmap(a, PAGES * PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != a)
			fail("mmap: %m");
		for (unsigned p = 0; p < PAGES; p++) {
			if (*word(a, p))
				fail("a new page %u is not zero", p);
		}
		madvise(b, PAGES * PAGE, MADV_DONTNEED);
		for (unsigned p = 0; p < PAGES; p++) {
			if (*word(b, p))
				fail("a page given back, %u, is not zero", p);
		}
	}
	munmap(a, PAGES * PAGE);
	munmap(b, PAGES * PAGE);
}

static sigjmp_buf back;

static void on_signal(int number)
{
	siglongjmp(back, number);
}

/* A store to the page must fault, or must not. */
static void store(uint64_t *base, unsigned page, uint64_t value, int faults)
{
	int number = sigsetjmp(back, 1);

	if (!number) {
		*word(base, page) = value;
		if (faults)
			fail("a store to a read-only page %u went through", page);
	} else if (!faults) {
		fail("signal %d at a store to page %u", number, page);
	}
}

static void protections(uint64_t round)
{
	uint64_t *memory = map(PAGES, MAP_PRIVATE | MAP_ANONYMOUS, -1),
		 base = round << 32 | 2 << 28;

	fill(memory, PAGES, base);
	for (unsigned i = 0; i < 4; i++) {
		mprotect(memory, PAGES * PAGE, PROT_READ);
		expect("read-only", memory, PAGES, base);
		for (unsigned p = i; p < PAGES; p += 37)
			store(memory, p, 0, 1);
		mprotect(memory, PAGES * PAGE, PROT_READ | PROT_WRITE);
		for (unsigned p = i; p < PAGES; p += 37)
			store(memory, p, base + p, 0);
	}
	expect("writable again", memory, PAGES, base);
	munmap(memory, PAGES * PAGE);
}

/* Code that changes its page: the instructions' translations, too. */
static void code(uint64_t round)
{
	unsigned char *at =
		mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	for (unsigned i = 0; i < 16; i++) {
		uint32_t value = (uint32_t)(round * 64 + i);

		for (unsigned p = 0; p < 16; p++) {
			uint32_t returned = value * 16 + p;

			at[p * PAGE] = 0xb8; /* mov $imm32, %eax; ret */
			memcpy(at + p * PAGE + 1, &returned, 4);
			at[p * PAGE + 5] = 0xc3;
		}
		mprotect(at, 16 * PAGE, PROT_READ | PROT_EXEC);
		for (unsigned p = 0; p < 16; p++) {
			uint32_t (*function)(void) = (uint32_t(*)(void))(at + p * PAGE);

			if (function() != value * 16 + p)
				fail("code of page %u is an old one", p);
		}
		if (i % 2)
			madvise(at, 16 * PAGE, MADV_DONTNEED);
		mprotect(at, 16 * PAGE, PROT_READ | PROT_WRITE);
	}
	munmap(at, 16 * PAGE);
}

/* One file, mapped twice and cut short in between. */
static void files(uint64_t round)
{
	int fd = memfd_create("soak", 0);
	uint64_t base = round << 32 | 3 << 28, *a, *b;

	if (fd < 0 || ftruncate(fd, PAGES * PAGE))
		fail("memfd: %m");
	a = map(PAGES, MAP_SHARED, fd);
	b = map(PAGES, MAP_SHARED, fd);
	for (unsigned i = 0; i < 4; i++) {
		fill(a, PAGES, base + i * 0x10000);
		expect("the other mapping", b, PAGES, base + i * 0x10000);
		if (ftruncate(fd, 0) || ftruncate(fd, PAGES * PAGE))
			fail("ftruncate: %m");
		for (unsigned p = 0; p < PAGES; p++) {
			if (*word(b, p))
				fail("a page of a file cut short, %u, is not zero", p);
		}
	}
	munmap(a, PAGES * PAGE);
	munmap(b, PAGES * PAGE);
	close(fd);
}

/* Large pages, if the kernel gives any, and their splitting. */
static void large(uint64_t round)
{
	enum { MORE = 1024 };
	uint64_t *memory = map(3 * MORE, MAP_PRIVATE | MAP_ANONYMOUS, -1),
		 base = round << 32 | 5 << 28;
	uint64_t *whole = (uint64_t *)(((uintptr_t)memory + 0x1fffff) & ~(uintptr_t)0x1fffff);

	madvise(whole, MORE * PAGE, MADV_HUGEPAGE);
	fill(whole, MORE, base);
	munmap((char *)whole + 100 * PAGE, 7 * PAGE);
	expect("before the hole", whole, 100, base);
	madvise(whole, 64 * PAGE, MADV_DONTNEED);
	for (unsigned p = 0; p < 64; p++) {
		if (*word(whole, p))
			fail("a split large page's %u is not zero", p);
	}
	for (unsigned p = 107; p < MORE; p++) {
		if (*word(whole, p) != base + p)
			fail("behind the hole: page %u", p);
	}
	munmap(memory, 3 * MORE * PAGE);
}

static void churn(unsigned long rounds)
{
	struct sigaction action = {.sa_handler = on_signal};

	sigaction(SIGSEGV, &action, NULL);
	for (unsigned long round = 1; round <= rounds; round++) {
		forks(round);
		mappings(round);
		protections(round);
		code(round);
		files(round);
		large(round);
		printf("ok %lu\n", round);
		fflush(stdout);
	}
	_exit(0);
}

int main(void)
{
	struct termios port;
	unsigned long rounds;
	char line[64] = "";
	int status = 1;
	FILE *file;

	mkdir("/dev", 0755);
	mount("none", "/dev", "devtmpfs", 0, NULL);
	if (!freopen("/dev/ttyS1", "w", stdout))
		return 1;
	tcgetattr(fileno(stdout), &port);
	cfmakeraw(&port); /* or "\n" would become "\r\n" */
	tcsetattr(fileno(stdout), TCSANOW, &port);
	file = fopen("/rounds", "r");
	rounds = file && fgets(line, sizeof(line), file) ? strtoul(line, NULL, 10) : 10;
	/* Of the first process the kernel reports every signal. */
	if (fork() == 0)
		churn(rounds);
	wait(&status);
	end(status != 0);
}
