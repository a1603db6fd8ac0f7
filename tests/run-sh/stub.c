/* SPDX-License-Identifier: MIT */
/*
 * A stand-in for the image, to test run.sh with: it speaks the serial protocol and misbehaves on
 * purpose. The case named `stub.die` resets the machine, `stub.hang` prints one line and stops.
 * 32-bit, entered by PVH: EBX points to the hvm_start_info, whose byte 24 holds the address of the
 * command line (Xen, "PVH boot ABI").
 *
 *   gcc -m32 -ffreestanding -fno-pic -fno-stack-protector -O1 -nostdlib -static \
 *       -Wl,--build-id=none -Wl,-Ttext=0x100000 -o stub.elf stub.c
 */
#include <stdint.h>

enum { COM1 = 0x3f8, EXIT_PORT = 0xf4, RESET_PORT = 0xcf9, PVH_CMDLINE = 24 };

__asm__(".pushsection .note.Xen, \"a\", @note\n"
	".long 4, 4, 18\n" /* XEN_ELFNOTE_PHYS32_ENTRY */
	".asciz \"Xen\"\n"
	".long _start\n"
	".popsection\n"
	".globl _start\n"
	"_start: mov $stack_top, %esp\n"
	"push %ebx\n"
	"call stub_main\n"
	".lcomm stack, 4096\n"
	".set stack_top, stack + 4096\n");

static void out8(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static void print(const char *text)
{
	while (*text)
		out8(COM1, (uint8_t)*text++);
}

static void print_number(unsigned int n)
{
	if (n > 9)
		print_number(n / 10);
	out8(COM1, (uint8_t)('0' + n % 10));
}

/* The number after `key` in the command line; `otherwise` if the key is not there. */
static unsigned int number_of(const char *line, const char *key, unsigned int otherwise)
{
	for (; *line; line++) {
		unsigned int i = 0, n = 0;

		while (key[i] && line[i] == key[i])
			i++;
		if (key[i])
			continue;
		for (; line[i] >= '0' && line[i] <= '9'; i++)
			n = n * 10 + (unsigned int)(line[i] - '0');
		return n;
	}
	return otherwise;
}

static const struct {
	const char *name, *result; /* result NULL: die; "": hang */
} cases[] = {
	{"stub.pass", "ok"},
	{"stub.die", 0},
	{"stub.skip", "SKIP needs a feature"},
	{"stub.hang", ""},
	{"stub.stale", "STALE saw B, expected A"},
	{"stub.last", "ok"},
};

static void result(unsigned int k, const char *name, const char *text)
{
	int passed = text[0] == 'o';
	int skipped = text[0] == 'S' && text[1] == 'K';

	print(passed || skipped ? "ok " : "not ok ");
	print_number(k);
	print(" ");
	print(name);
	if (!passed) {
		print(" # ");
		print(text);
	}
	print("\r\n");
	if (!passed && !skipped)
		print("# | replay: map w0 A; load w0\r\n");
}

void stub_main(const char *start_info);
void stub_main(const char *start_info)
{
	const char *line = *(const char *const *)(start_info + PVH_CMDLINE);
	unsigned int count = sizeof(cases) / sizeof(cases[0]);

	print("KTAP version 1\r\n# revenant stub args=");
	print(line);
	print("\r\n1..");
	print_number(count);
	print("\r\n");
	for (unsigned int k = number_of(line, "from=", 1); k <= count; k++) {
		const char *text = cases[k - 1].result;

		print("# case ");
		print_number(k);
		print(" ");
		print(cases[k - 1].name);
		print("\r\n");
		if (!text) {
			print("# about to die\r\n");
			out8(RESET_PORT, 6);
		}
		while (!text || !*text)
			__asm__ volatile("hlt");
		result(k, cases[k - 1].name, text);
	}
	print("# retention stub|4K|yes|2/3\r\n# summary PASS=2\r\n# END status=1\r\n");
	out8(EXIT_PORT, 17);
	out8(RESET_PORT, 6); /* no isa-debug-exit here */
	for (;;)
		__asm__ volatile("hlt");
}
