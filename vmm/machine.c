/* SPDX-License-Identifier: MIT */
/*
 * vmm [--smp N] [--memory MIB] [--pin] [--whole-host] [--module FILE] IMAGE [ARGUMENTS]
 *
 * Runs the image, an ELF file with a PVH note, as a VM of /dev/kvm, with ARGUMENTS as its command
 * line. Its console is standard output. The exit status is what the image says at its exit port; 0
 * too if it resets; 1 if KVM cannot run it; 2 usage; 99 an error of the VMM's own.
 *
 * --whole-host: it may do what concerns all VMs of this machine, as root.
 *
 * It needs /dev/kvm and nothing else, and drops the rest: sandbox.h.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "vmm/age.h"
#include "vmm/common.h"
#include "vmm/image.h"
#include "vmm/mover.h"
#include "vmm/nx_pages.h"
#include "vmm/ram.h"
#include "vmm/sandbox.h"
#include "vmm/vcpu.h"
#include "vmm/vm.h"

#define MEMORY_MIN 16
#define MEMORY_MAX 3072 /* above begin the holes of a PC */

struct options {
	unsigned smp, memory; /* MiB */
	bool pin, whole_host;
	const char *image, *module, *arguments;
};

static void say(const char *fmt, va_list args)
{
	fputs("vmm: ", stderr);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
}

void warn(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(fmt, args);
	va_end(args);
}

void die(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(fmt, args);
	_exit(STATUS_ERROR);
}

int must_ioctl(int fd, unsigned long request, void *argument, const char *what)
{
	int result = ioctl(fd, request, argument);

	if (result < 0)
		die("%s: %s", what, strerror(errno));
	return result;
}

static _Noreturn void usage(const char *why)
{
	fprintf(stderr,
		"vmm: %s\nusage: vmm [--smp N] [--memory MIB] [--pin] [--whole-host] [--module "
		"FILE] "
		"IMAGE [ARGUMENTS]\n",
		why);
	exit(STATUS_USAGE);
}

static unsigned number(const char *text, unsigned min, unsigned max, const char *why)
{
	char *end;
	unsigned long n = text ? strtoul(text, &end, 10) : 0;

	if (!text || !*text || *end || n < min || n > max)
		usage(why);
	return (unsigned)n;
}

static struct options read_options(char **argv)
{
	struct options o = {.smp = 1, .memory = 256, .arguments = ""};

	for (argv++; *argv && !strncmp(*argv, "--", 2); argv++) {
		if (!strcmp(*argv, "--smp"))
			o.smp = number(*++argv, 1, MAX_VCPUS, "--smp takes a number from 1 to 64");
		else if (!strcmp(*argv, "--memory"))
			o.memory = number(*++argv, MEMORY_MIN, MEMORY_MAX,
					  "--memory takes MiB, from 16 to 3072");
		else if (!strcmp(*argv, "--pin"))
			o.pin = true;
		else if (!strcmp(*argv, "--whole-host"))
			o.whole_host = true;
		else if (!strcmp(*argv, "--module"))
			o.module = *++argv;
		else
			usage("unknown option");
		if (!*argv)
			break;
	}
	if (!*argv)
		usage("no image");
	o.image = *argv++;
	if (*argv)
		o.arguments = *argv++;
	if (*argv)
		usage("more than an image and its arguments: quote them");
	return o;
}

int main(int argc, char **argv)
{
	const struct options o = read_options(argv);

	(void)argc;
	vm_open();
	ram_create(vm_fd(), (uint64_t)o.memory << 20);
	mover_init(o.pin);
	vcpus_create(vm_kvm(), vm_fd(), o.smp, image_load(o.image, o.module, o.arguments, o.smp));
	age_open();
	if (o.whole_host)
		nx_pages_open();
	vcpus_start();
	sandbox_enter();
	vcpus_run();
}
