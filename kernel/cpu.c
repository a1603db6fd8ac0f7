/* SPDX-License-Identifier: MIT */
#include "kernel/cpu.h"

#include <stddef.h>

#include "lib/cpuid.h"
#include "lib/cr.h"
#include "lib/msr.h"
#include "lib/segment.h"
#include "lib/string.h"

_Static_assert(offsetof(struct cpu, self) == 0, "this_cpu() relies on it");

struct cpu cpus[MAX_CPUS];
unsigned nr_cpus = 1;

static char vendor[13], hypervisor[13];
const char *cpu_vendor_name = vendor;
const char *cpu_hypervisor_name = hypervisor;

/* APM volume 3, E.3.1 "Function 0h: Maximum Standard Function Number and Vendor String" */
static void read_names(void)
{
	struct cpuid id = cpuid(0, 0);
	uint32_t words[3] = {id.ebx, id.edx, id.ecx};

	memcpy(vendor, words, sizeof(words));
	if (!cpuid_has(FEATURE_HYPERVISOR))
		return;
	id = cpuid(0x40000000, 0);
	memcpy(hypervisor, &id.ebx,
	       12); /* EBX, ECX, EDX, in this order: a convention of them all */
}

/* APM volume 2, 4.8 "Long-Mode Segment Descriptors"; 4.8.3 "System Descriptors" */
static void build_gdt(struct cpu *cpu)
{
	uint64_t tss = (uint64_t)&cpu->tss;

	cpu->gdt[GDT_CODE64 / 8] = 0x00af9b000000ffff;
	cpu->gdt[GDT_DATA / 8] = 0x00cf93000000ffff;
	cpu->gdt[GDT_CODE32 / 8] = 0x00cf9b000000ffff;
	cpu->gdt[GDT_TSS / 8] = 0x0000890000000000 | (tss & 0xff000000) << 32 |
				(tss & 0xffffff) << 16 | (sizeof(cpu->tss) - 1);
	cpu->gdt[GDT_TSS / 8 + 1] = tss >> 32;
	cpu->gdt[GDT_USER / 8 + 1] = 0x00cff3000000ffff;
	cpu->gdt[GDT_USER / 8 + 2] = 0x00affb000000ffff;

	cpu->tss.iomap_base = sizeof(cpu->tss);
	for (unsigned i = 0; i < 3; i++)
		cpu->tss.ist[i] = (uint64_t)cpu->ist_stack[i] + IST_STACK_SIZE;
}

static void load_gdt(struct cpu *cpu)
{
	struct descriptor_table table = {sizeof(cpu->gdt) - 1, (uint64_t)cpu->gdt};

	lgdt(&table);
	__asm__ volatile("push %0\n\t"
			 "lea 1f(%%rip), %%rax\n\t"
			 "push %%rax\n\t"
			 "lretq\n"
			 "1:\n\t"
			 "mov %1, %%ds\n\t"
			 "mov %1, %%es\n\t"
			 "mov %1, %%ss"
			 :
			 : "i"(GDT_CODE64), "r"(GDT_DATA)
			 : "rax", "memory");
	ltr(GDT_TSS);
}

/*
 * CR0 so that CR3 and CR4 read as what they were set to. QEMU's TCG since 9.1 lets such a read exit
 * only where reads of CR0 exit. KVM with npt=0 asks for those unless L1's CR0 is the CPU's own, and
 * L1 would see KVM's CR3 and CR4. It keeps CD from the CPU: with CD it asks. docs/emulators.md.
 */
static unsigned long choose_cr0(void)
{
	/* All bits, as INIT leaves CD and NW set and firmware may leave anything. */
	const unsigned long wanted = CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_PG;
	unsigned long root;

	write_cr0(wanted & ~CR0_WP);
	root = read_cr3();
	write_cr0(wanted);
	return read_cr3() == root ? wanted : wanted | CR0_CD;
}

void cpu_init(unsigned id)
{
	struct cpu *cpu = &cpus[id];

	cpu->self = cpu;
	cpu->id = id;
	build_gdt(cpu);
	load_gdt(cpu);
	wrmsr(MSR_GS_BASE, (uint64_t)cpu); /* after DS and its kin: loading GS clears the base */

	write_cr0(choose_cr0());
	write_cr4(CR4_PAE | CR4_MCE | CR4_OSFXSR | CR4_OSXMMEXCPT);
	/* APM volume 2, 6.1.1 "SYSCALL and SYSRET" */
	wrmsr(MSR_STAR, (uint64_t)(GDT_USER | 3) << 48);
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SCE);
	if (cpuid_has(FEATURE_NX))
		wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_NXE);
	if (id == 0)
		read_names();
}
