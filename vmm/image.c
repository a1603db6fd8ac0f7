/* SPDX-License-Identifier: MIT */
/*
 * Where things lie below 1 MiB: a page for each of the start information (with the memory map) and
 * the command line, then the ACPI tables where firmware has them, in a range that is no RAM.
 */
#include "vmm/image.h"

#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/madt.h"
#include "vmm/ram.h"

#define LOW_END	     0x9f000 /* of the RAM below the tables */
#define START_INFO   0xe0000
#define COMMAND_LINE 0xe1000
#define ACPI_TABLES  0xe2000
#define HIGH_BEGIN   0x100000

#define PVH_MAGIC    0x336ec578
#define NOTE_ENTRY   18 /* XEN_ELFNOTE_PHYS32_ENTRY, xen/include/public/elfnote.h */

/* xen/include/public/arch-x86/hvm/start_info.h, version 1 */
struct start_info {
	uint32_t magic, version, flags, nr_modules;
	uint64_t modules, cmdline, rsdp, memmap;
	uint32_t memmap_entries, reserved;
};

struct memmap_entry {
	uint64_t base, size;
	uint32_t type, reserved; /* types as in an E820 map */
};

struct module {
	uint64_t base, size, cmdline, reserved;
};

enum { RAM = 1, ACPI = 3 };

/* The image, as a file in our memory. */
struct image {
	const char *path;
	const uint8_t *bytes;
	uint64_t size;
};

static struct image map_image(const char *path)
{
	struct image image = {.path = path};
	struct stat stat;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &stat))
		die("no file '%s' that can be read", path);
	image.size = (uint64_t)stat.st_size;
	image.bytes = mmap(NULL, image.size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (image.bytes == MAP_FAILED)
		die("'%s' cannot be read, or is empty", path);
	close(fd);
	return image;
}

/* A part of the file that must be there. */
static const void *part(const struct image *image, uint64_t offset, uint64_t length)
{
	if (offset > image->size || length > image->size - offset)
		die("image '%s' is cut off", image->path);
	return image->bytes + offset;
}

static const Elf64_Phdr *headers(const struct image *image, unsigned *nr)
{
	const Elf64_Ehdr *elf = part(image, 0, sizeof(*elf));

	if (memcmp(elf->e_ident, ELFMAG, SELFMAG) || elf->e_ident[EI_CLASS] != ELFCLASS64 ||
	    elf->e_machine != EM_X86_64)
		die("image '%s' is no 64-bit ELF file: use build/revenant.elf", image->path);
	*nr = elf->e_phnum;
	return part(image, elf->e_phoff, (uint64_t)*nr * sizeof(Elf64_Phdr));
}

/* Entry point of a note segment, 0 if it has none. */
static uint32_t entry_of(const struct image *image, const Elf64_Phdr *segment)
{
	const uint8_t *note = part(image, segment->p_offset, segment->p_filesz);
	const uint8_t *end = note + segment->p_filesz;

	while ((uint64_t)(end - note) >= sizeof(Elf64_Nhdr)) {
		Elf64_Nhdr head;
		uint64_t name, descriptor;
		uint32_t entry;

		memcpy(&head, note, sizeof(head));
		note += sizeof(head);
		name = (head.n_namesz + 3ull) & ~3ull;
		descriptor = (head.n_descsz + 3ull) & ~3ull;
		if (name + descriptor > (uint64_t)(end - note))
			return 0;
		if (head.n_type == NOTE_ENTRY && head.n_namesz == 4 && !memcmp(note, "Xen", 4) &&
		    head.n_descsz >= sizeof(entry)) {
			memcpy(&entry, note + name, sizeof(entry));
			return entry;
		}
		note += name + descriptor;
	}
	return 0;
}

/* Copies all segments to their physical addresses; returns the entry point. */
static uint32_t load_segments(const struct image *image)
{
	unsigned nr;
	const Elf64_Phdr *segment = headers(image, &nr);
	uint32_t entry = 0;

	for (const Elf64_Phdr *end = segment + nr; segment < end; segment++) {
		void *to;

		if (segment->p_type == PT_NOTE && !entry)
			entry = entry_of(image, segment);
		if (segment->p_type != PT_LOAD || !segment->p_memsz)
			continue;
		to = ram_at(segment->p_paddr, segment->p_memsz);
		if (!to || segment->p_filesz > segment->p_memsz || segment->p_paddr < HIGH_BEGIN)
			die("image '%s' does not fit into the VM's memory: give it more (--memory)",
			    image->path);
		/* what follows p_filesz is zero: the memory is new */
		memcpy(to, part(image, segment->p_offset, segment->p_filesz), segment->p_filesz);
	}
	if (!entry)
		die("image '%s' has no PVH note, so it cannot be entered", image->path);
	return entry;
}

/* All that the image is told, as one: where each part is follows from where the whole is. */
struct told {
	struct start_info info;
	struct memmap_entry map[3];
	struct module module;
};

#define TOLD(part) (START_INFO + offsetof(struct told, part))

/* A file beside the image, at the end of the memory. */
static struct module load_module(const char *path)
{
	const struct image file = map_image(path);
	const uint64_t at = (ram_size() - file.size) & ~0xfffull;
	void *to = file.size < ram_size() ? ram_at(at, file.size) : NULL;

	if (!to)
		die("'%s' does not fit into the VM's memory: give it more (--memory)", path);
	memcpy(to, file.bytes, file.size);
	munmap((void *)file.bytes, file.size);
	return (struct module){.base = at, .size = file.size};
}

static void tell(const char *module, const char *arguments, unsigned cpus)
{
	struct told *told = ram_at(START_INFO, sizeof(*told));
	size_t length = strlen(arguments) + 1;

	if (length > ACPI_TABLES - COMMAND_LINE)
		die("the arguments have %zu bytes: at most %d", length - 1,
		    ACPI_TABLES - COMMAND_LINE - 1);
	memcpy(ram_at(COMMAND_LINE, length), arguments, length);
	told->map[0] = (struct memmap_entry){0, LOW_END, RAM, 0};
	told->map[1] = (struct memmap_entry){START_INFO, HIGH_BEGIN - START_INFO, ACPI, 0};
	told->map[2] = (struct memmap_entry){HIGH_BEGIN, ram_size() - HIGH_BEGIN, RAM, 0};
	if (module)
		told->module = load_module(module);
	told->info = (struct start_info){
		.magic = PVH_MAGIC,
		.version = 1,
		.nr_modules = module != NULL,
		.modules = TOLD(module),
		.cmdline = COMMAND_LINE,
		.rsdp = madt_build(ACPI_TABLES, cpus),
		.memmap = TOLD(map),
		.memmap_entries = 3,
	};
}

struct image_entry image_load(const char *path, const char *module, const char *arguments,
			      unsigned cpus)
{
	const struct image image = map_image(path);
	const uint32_t entry = load_segments(&image);

	munmap((void *)image.bytes, image.size);
	tell(module, arguments, cpus);
	return (struct image_entry){entry, START_INFO};
}
