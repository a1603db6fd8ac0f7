/* SPDX-License-Identifier: MIT */
/* ACPI specification 6.4; section titles are given where a layout is used. */
#include "vmm/madt.h"

#include <string.h>

#include "vmm/ram.h"

#define LOCAL_APIC 0xfee00000

/* 5.2.5.3 "Root System Description Pointer (RSDP) Structure" */
struct rsdp {
	char signature[8];
	uint8_t checksum; /* of the first 20 bytes */
	char oem_id[6];
	uint8_t revision;
	uint32_t rsdt, length;
	uint64_t xsdt;
	uint8_t extended_checksum, reserved[3];
} __attribute__((packed));

/* 5.2.6 "System Description Table Header" */
struct table {
	char signature[4];
	uint32_t length;
	uint8_t revision, checksum;
	char oem_id[6], oem_table_id[8];
	uint32_t oem_revision, creator_id, creator_revision;
} __attribute__((packed));

struct xsdt {
	struct table head;
	uint64_t madt;
} __attribute__((packed));

/* 5.2.12 "Multiple APIC Description Table (MADT)", 5.2.12.2 "Processor Local APIC Structure" */
struct madt {
	struct table head;
	uint32_t local_apic, flags;
	struct {
		uint8_t type, length, processor, apic_id;
		uint32_t flags;
	} __attribute__((packed)) cpu[MAX_VCPUS];
} __attribute__((packed));

_Static_assert(sizeof(struct rsdp) == 36 && sizeof(struct table) == 36, "ACPI's sizes");

#define ENABLED 1

/* What makes the bytes add up to 0. */
static uint8_t checksum(const void *data, size_t size)
{
	const uint8_t *p = data;
	uint8_t sum = 0;

	while (size--)
		sum += *p++;
	return (uint8_t)-sum;
}

static void head(struct table *t, const char *signature, size_t size)
{
	memcpy(t->signature, signature, sizeof(t->signature));
	memcpy(t->oem_id, "REVENA", sizeof(t->oem_id));
	t->length = (uint32_t)size;
	t->revision = 1;
	t->checksum = checksum(t, size);
}

uint64_t madt_build(uint64_t address, unsigned cpus)
{
	const uint64_t xsdt_at = address + 64, madt_at = xsdt_at + sizeof(struct xsdt);
	struct rsdp *rsdp = ram_at(address, sizeof(*rsdp));
	struct xsdt *xsdt = ram_at(xsdt_at, sizeof(*xsdt));
	struct madt *madt = ram_at(madt_at, sizeof(*madt));

	madt->local_apic = LOCAL_APIC;
	for (unsigned i = 0; i < cpus; i++) {
		madt->cpu[i].length = sizeof(madt->cpu[i]);
		madt->cpu[i].processor = madt->cpu[i].apic_id = (uint8_t)i;
		madt->cpu[i].flags = ENABLED;
	}
	head(&madt->head, "APIC", offsetof(struct madt, cpu) + cpus * sizeof(madt->cpu[0]));
	xsdt->madt = madt_at;
	head(&xsdt->head, "XSDT", sizeof(*xsdt));
	memcpy(rsdp->signature, "RSD PTR ", sizeof(rsdp->signature));
	rsdp->revision = 2;
	rsdp->length = sizeof(*rsdp);
	rsdp->xsdt = xsdt_at;
	rsdp->checksum = checksum(rsdp, offsetof(struct rsdp, length));
	rsdp->extended_checksum = checksum(rsdp, sizeof(*rsdp));
	return address;
}
