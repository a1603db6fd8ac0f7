/* SPDX-License-Identifier: MIT */
/* ACPI specification 6.4; section titles are given where a layout is used. */
#include "kernel/acpi.h"

#include <stddef.h>

#include "boot/bootinfo.h"
#include "lib/string.h"

/* 5.2.5.3 "Root System Description Pointer (RSDP) Structure" */
struct rsdp {
	char signature[8];	   /* 0x00 */
	uint8_t checksum;	   /* 0x08; of the first 20 bytes */
	char oem_id[6];		   /* 0x09 */
	uint8_t revision;	   /* 0x0f; 2 and up: the rest is there */
	uint32_t rsdt;		   /* 0x10 */
	uint32_t length;	   /* 0x14 */
	uint64_t xsdt;		   /* 0x18 */
	uint8_t extended_checksum; /* 0x20 */
	uint8_t reserved[3];
} __attribute__((packed));

_Static_assert(sizeof(struct rsdp) == 36, "size of the RSDP");

#define RSDP_V1_SIZE 20

/* 5.2.6 "System Description Table Header" */
struct table {
	char signature[4];   /* 0x00 */
	uint32_t length;     /* 0x04; with this header */
	uint8_t revision;    /* 0x08 */
	uint8_t checksum;    /* 0x09 */
	uint8_t creator[26]; /* 0x0a */
} __attribute__((packed));

_Static_assert(sizeof(struct table) == 36, "size of a table header");

/* 5.2.9 "Fixed ACPI Description Table (FADT)" */
struct fadt {
	struct table header;	   /* 0x00 */
	uint32_t firmware_ctrl;	   /* 0x24 */
	uint32_t dsdt;		   /* 0x28 */
	uint8_t skipped0[20];	   /* 0x2c */
	uint32_t pm1a_cnt;	   /* 0x40 */
	uint32_t pm1b_cnt;	   /* 0x44 */
	uint8_t skipped1[40];	   /* 0x48 */
	uint32_t flags;		   /* 0x70 */
	uint8_t reset_space;	   /* 0x74; 5.2.3.2 "Generic Address Structure" */
	uint8_t reset_geometry[3]; /* 0x75 */
	uint64_t reset_address;	   /* 0x78 */
	uint8_t reset_value;	   /* 0x80 */
	uint8_t skipped2[11];	   /* 0x81 */
	uint64_t x_dsdt;	   /* 0x8c */
} __attribute__((packed));

_Static_assert(offsetof(struct fadt, pm1a_cnt) == 0x40, "FADT");
_Static_assert(offsetof(struct fadt, flags) == 0x70, "FADT");
_Static_assert(offsetof(struct fadt, x_dsdt) == 0x8c, "FADT");

#define FADT_RESET_REG_SUP (1U << 10)
#define SPACE_IO	   1

/* 5.2.12 "Multiple APIC Description Table (MADT)" */
#define MADT_FIRST_ENTRY 0x2c
#define MADT_LAPIC	 0 /* 5.2.12.2 "Processor Local APIC Structure" */
#define MADT_X2APIC	 9 /* 5.2.12.12 "Processor Local x2APIC Structure" */
#define MADT_ENABLED	 1U

struct acpi_info acpi;

static bool sum_is_zero(const void *data, size_t size)
{
	const uint8_t *p = data;
	uint8_t sum = 0;

	while (size--)
		sum += *p++;
	return sum == 0;
}

static const struct table *checked(uint64_t address, const char *signature)
{
	const struct table *t = (const void *)address;

	if (!address || memcmp(t->signature, signature, 4) || t->length < sizeof(*t) ||
	    !sum_is_zero(t, t->length))
		return NULL;
	return t;
}

static bool is_rsdp(const struct rsdp *r)
{
	return !memcmp(r->signature, "RSD PTR ", 8) && sum_is_zero(r, RSDP_V1_SIZE) &&
	       (r->revision < 2 || sum_is_zero(r, sizeof(*r)));
}

/* 5.2.5.1 "Finding the RSDP on IA-PC Systems" */
static const struct rsdp *find_rsdp(void)
{
	uint64_t ebda = 0;

	if (boot_info.rsdp)
		return is_rsdp((const void *)boot_info.rsdp) ? (const void *)boot_info.rsdp : NULL;
	memcpy(&ebda, (const void *)0x40eUL, 2); /* segment; BIOS data area */
	ebda <<= 4;
	for (uint64_t a = ebda; a < ebda + 1024; a += 16)
		if (is_rsdp((const void *)a))
			return (const void *)a;
	for (uint64_t a = 0xe0000; a < 0x100000; a += 16)
		if (is_rsdp((const void *)a))
			return (const void *)a;
	return NULL;
}

/* A table by its signature, in the XSDT (64-bit entries) or else the RSDT (32-bit entries). */
static const struct table *find_table(const struct rsdp *rsdp, const char *signature)
{
	const struct table *root = rsdp->revision >= 2 ? checked(rsdp->xsdt, "XSDT") : NULL;
	size_t entry_size = root ? 8 : 4;

	if (!root)
		root = checked(rsdp->rsdt, "RSDT");
	if (!root)
		return NULL;
	for (size_t i = 0; i + entry_size <= root->length - sizeof(*root); i += entry_size) {
		const struct table *t;
		uint64_t address = 0;

		memcpy(&address, (const uint8_t *)(root + 1) + i, entry_size);
		t = checked(address, signature);
		if (t)
			return t;
	}
	return NULL;
}

static void add_cpu(uint32_t apic_id, uint32_t flags)
{
	if ((flags & MADT_ENABLED) && acpi.nr_cpus < MAX_CPUS)
		acpi.apic_id[acpi.nr_cpus++] = apic_id;
}

static void read_madt(const struct table *madt)
{
	const uint8_t *p = (const uint8_t *)madt + MADT_FIRST_ENTRY;
	const uint8_t *end = (const uint8_t *)madt + madt->length;

	for (; p + 2 <= end && p[1] >= 2 && p + p[1] <= end; p += p[1]) {
		uint32_t id, flags;

		if (p[0] == MADT_LAPIC && p[1] >= 8) {
			memcpy(&flags, p + 4, 4);
			add_cpu(p[3], flags);
		} else if (p[0] == MADT_X2APIC && p[1] >= 16) {
			memcpy(&id, p + 4, 4);
			memcpy(&flags, p + 8, 4);
			add_cpu(id, flags);
		}
	}
}

/* One integer of a package: 20.2.3 "Data Objects Encoding". Only single bytes make sense here. */
static const uint8_t *aml_byte(const uint8_t *p, uint8_t *value)
{
	*value = 0;
	if (*p == 0x0a) { /* BytePrefix */
		*value = p[1];
		return p + 2;
	}
	if (*p == 0x01) /* OneOp; else ZeroOp, or what we do not know */
		*value = 1;
	return p + 1;
}

/*
 * 7.4.2.6 "System \_S5 State": Name (_S5, Package () { SLP_TYPa, SLP_TYPb, ... }). No interpreter:
 * the object is constant, so its encoding can be found by its bytes: name, PackageOp, PkgLength
 * (whose top two bits say how many more bytes it has), number of elements, elements.
 */
static bool read_s5(const struct table *dsdt)
{
	const uint8_t *end = (const uint8_t *)dsdt + dsdt->length - 16;

	for (const uint8_t *p = (const uint8_t *)(dsdt + 1); p < end; p++) {
		if (memcmp(p, "_S5_\x12", 5))
			continue;
		p += 5;
		p += 1 + (*p >> 6) + 1;
		p = aml_byte(p, &acpi.slp_typ_a);
		aml_byte(p, &acpi.slp_typ_b);
		return true;
	}
	return false;
}

static void read_fadt(const struct fadt *fadt)
{
	const struct table *dsdt = NULL;

	if (fadt->header.length >= sizeof(*fadt))
		dsdt = checked(fadt->x_dsdt, "DSDT");
	if (!dsdt)
		dsdt = checked(fadt->dsdt, "DSDT");
	if (dsdt && read_s5(dsdt)) {
		acpi.pm1a_cnt = (uint16_t)fadt->pm1a_cnt;
		acpi.pm1b_cnt = (uint16_t)fadt->pm1b_cnt;
	}
	if (fadt->header.length > offsetof(struct fadt, reset_value) &&
	    (fadt->flags & FADT_RESET_REG_SUP) && fadt->reset_space == SPACE_IO) {
		acpi.reset_port = (uint16_t)fadt->reset_address;
		acpi.reset_value = fadt->reset_value;
	}
}

void acpi_init(void)
{
	const struct rsdp *rsdp = find_rsdp();
	const struct table *madt, *fadt;

	if (!rsdp)
		return;
	madt = find_table(rsdp, "APIC");
	if (madt)
		read_madt(madt);
	fadt = find_table(rsdp, "FACP");
	if (fadt)
		read_fadt((const struct fadt *)fadt);
}
