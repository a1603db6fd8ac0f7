/* SPDX-License-Identifier: MIT */
/* Between Bochs' CPU and the store: what its registers mean for tags and rights. */
#include "bochs.h"
#include "cpu/cpu.h"
#include "cpu/cpuid.h"
#define LOG_THIS BX_CPU(0)->
#if BX_SUPPORT_SVM
#	include "cpu/svm.h"
#endif

#include "events.h"
#include "hooks.h"
#include "rights.h"
#include "store.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <unistd.h>
#include <vector>

namespace tlb
{

bool on;

static const size_t MOST_TRANSLATIONS = 2 << 20;
static const Bit32u PAGE = 0xfff;

/* As translate_linear() packs them. */
enum { ACCESS_NX = 0x1, ACCESS_WRITE = 0x2, ACCESS_USER = 0x4, ACCESS_GLOBAL = 0x100 };
enum { ENTRY_DIRTY = 0x40, ENTRY_KEY_SHIFT = 59, EPTP_ACCESSED_DIRTY = 0x40 };

/* Of each CPU. Bochs runs them in turn, so nothing here needs a lock. */
struct unit {
	class store *store;
	Bit32u asid; /* of the last VMRUN */
};
static std::vector<unit> units;
static enum vendor vendor;
static bool check, open_drops;
static const char *mode;
static const char *skip; /* REVENANT_TLB_SKIP: an event that is ignored, a CPU's fault for tests */
static Bit64u seed;	 /* 0: nothing is forgotten */

/* No walk is interrupted by another CPU's. */
static struct {
	Bit64u leaf;
	Bit32u nested;
} walk;

static unit &unit_of(const BX_CPU_C *cpu)
{
	return units[cpu->bx_cpuid];
}

static class store *store_of(const BX_CPU_C *cpu)
{
	return unit_of(cpu).store;
}

/* ---- Registers ---- */

static bool in_ept(BX_CPU_C *cpu)
{
#if BX_SUPPORT_VMX >= 2
	return cpu->in_vmx_guest && cpu->vmcs.vmexec_ctrls2.EPT_ENABLE();
#else
	return false;
#endif
}

static Bit32u tag_now(BX_CPU_C *cpu)
{
#if BX_SUPPORT_VMX >= 2
	if (cpu->in_vmx_guest)
		return cpu->vmcs.vmexec_ctrls2.VPID_ENABLE() ? cpu->vmcs.vpid : 0;
#endif
#if BX_SUPPORT_SVM
	if (cpu->in_svm_guest)
		return unit_of(cpu).asid;
#endif
	return 0;
}

static Bit64u ep4ta(Bit64u eptp)
{
	return eptp >> 12 & BX_CONST64(0xffffffffff);
}

static struct place here(BX_CPU_C *cpu)
{
	struct place at = {tag_now(cpu), 0, NO_ROOT};

	if (cpu->cr4.get_PCIDE())
		at.pcid = cpu->cr3 & 0xfff;
	if (in_ept(cpu))
		at.root = ep4ta(cpu->vmcs.eptptr);
	return at;
}

static struct access access_now(BX_CPU_C *cpu, unsigned user, unsigned rw)
{
	struct access access = {};

	access.write = rw & 1;
	access.fetch = rw == BX_EXECUTE;
	access.user = user;
	access.wp = cpu->cr0.get_WP();
	access.smep = cpu->cr4.get_SMEP();
	access.smap = cpu->cr4.get_SMAP() && !cpu->get_AC();
	access.nested_dirty = !in_ept(cpu) || (cpu->vmcs.eptptr & EPTP_ACCESSED_DIRTY);
#if BX_SUPPORT_PKEYS
	if (cpu->cr4.get_PKE())
		access.pkru = cpu->pkru;
#endif
	return access;
}

/* What the CPU models in use do not have, and the store knows nothing of: it stands aside. */
static bool is_beyond(BX_CPU_C *cpu, unsigned rw)
{
	if (rw & 4) /* shadow stacks */
		return true;
#if BX_SUPPORT_VMX >= 2
	if (in_ept(cpu) && (cpu->vmcs.vmexec_ctrls2.MBE_CTRL() ||
			    cpu->vmcs.vmexec_ctrls2.SUBPAGE_WR_PROTECT_CTRL()))
		return true;
#endif
	return cpu->cr4.get_PKS();
}

/* ---- Forgetting ---- */

static Bit64u next_random(void) /* xorshift64 */
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static bool forgets(void)
{
	return seed && next_random() % 8 == 0;
}

static void drop(BX_CPU_C *cpu, unsigned event, const struct operand &operand)
{
	if (skip && !strcmp(skip, rule_of(event).name))
		return;
	store_of(cpu)->drop(event, operand);
	if (seed && next_random() % 1024 == 0)
		store_of(cpu)->drop(EV_RESET, operand);
}

/* ---- Looks ---- */

void begin_walk(void)
{
	walk = {0, R_NOT_NESTED};
}

void saw_leaf(Bit64u entry)
{
	walk.leaf = entry;
}

void saw_nested_leaf(Bit32u allowed)
{
	walk.nested = allowed;
}

bool find(BX_CPU_C *cpu, bx_address laddr, unsigned user, unsigned rw, struct result *result)
{
	const struct access access = access_now(cpu, user, rw);
	bx_phy_address fresh;

	if (is_beyond(cpu, rw))
		return false;
	const translation *t = store_of(cpu)->find_linear(
		here(cpu), laddr, access.fetch, [&](const translation &have) {
			return suffices(have.rights, have.key, access) && !forgets();
		});
	if (!t)
		return false;
	result->address = t->frame | (laddr & PAGE);
	result->mask = (Bit32u)t->mask;
	result->access = t->memory;
	result->key = access.pkru ? t->key : 0;
	if (check && (!cpu->dbg_xlate_linear2phy(laddr, &fresh) ||
		      (fresh ^ result->address) & ~(bx_phy_address)PAGE))
		store_of(cpu)->count_difference();
	return true;
}

void add(BX_CPU_C *cpu, bx_address laddr, unsigned rw, const struct result &result)
{
	translation t = {};

	if (is_beyond(cpu, rw))
		return;
	t.frame = result.address & ~(bx_phy_address)PAGE;
	t.mask = result.mask;
	t.memory = result.access;
	t.key = (Bit32u)(walk.leaf >> ENTRY_KEY_SHIFT) & 0xf;
	t.rights = walk.nested;
	t.rights |= result.access & ACCESS_WRITE ? R_WRITE : 0;
	t.rights |= result.access & ACCESS_USER ? R_USER : 0;
	t.rights |= result.access & ACCESS_NX ? R_NO_EXECUTE : 0;
	t.rights |= result.access & ACCESS_GLOBAL ? R_GLOBAL : 0;
	t.rights |= walk.leaf & ENTRY_DIRTY ? R_DIRTY : 0;
	store_of(cpu)->add_linear(here(cpu), laddr, rw == BX_EXECUTE, t);
}

static bool nested_differs(BX_CPU_C *cpu, bx_phy_address guest, bx_phy_address host)
{
	bx_phy_address fresh;
	bool there;

#if BX_SUPPORT_SVM
	if (!in_ept(cpu))
		there = cpu->dbg_translate_guest_physical_npt(guest, &fresh);
	else
#endif
		there = cpu->dbg_translate_guest_physical_ept(guest, &fresh);
	return !there || (fresh ^ host) & ~(bx_phy_address)PAGE;
}

bool find_nested(BX_CPU_C *cpu, bx_phy_address guest, unsigned rw, bx_phy_address *host)
{
	const struct access access = access_now(cpu, 0, rw);

	if (is_beyond(cpu, rw))
		return false;
	const translation *t =
		store_of(cpu)->find_nested(here(cpu), guest, [&](const translation &have) {
			return nested_suffices(have.rights, access) && !forgets();
		});
	if (!t)
		return false;
	*host = t->frame | (guest & PAGE);
	walk.nested = t->rights;
	if (check && nested_differs(cpu, guest, *host))
		store_of(cpu)->count_difference();
	return true;
}

void add_nested(BX_CPU_C *cpu, bx_phy_address guest, bx_phy_address host, Bit32u allowed)
{
	translation t = {};

	walk.nested = allowed;
	if (is_beyond(cpu, BX_READ))
		return;
	t.frame = host & ~(bx_phy_address)PAGE;
	t.mask = PAGE;
	t.rights = allowed;
	store_of(cpu)->add_nested(here(cpu), guest, t);
}

/* ---- Events ---- */

/* One that is about the tags in use. */
static void drop_here(BX_CPU_C *cpu, unsigned event)
{
	drop(cpu, event, {here(cpu)});
}

void invlpg(BX_CPU_C *cpu, bx_address laddr)
{
	struct operand operand = {here(cpu), laddr};

	operand.any_pcid = open_drops; /* "may invalidate" others' (SDM vol. 3, 5.10.4.1) */
	drop(cpu, EV_INVLPG, operand);
}

void invpcid(BX_CPU_C *cpu, unsigned type, unsigned pcid, bx_address laddr)
{
	struct operand operand = {here(cpu), laddr};

	operand.at.pcid = pcid;
	drop(cpu, EV_INVPCID_0 + type, operand);
}

/* CR3 and with it the PCID are the new ones. */
void mov_cr3(BX_CPU_C *cpu, bool keeps)
{
	drop_here(cpu, keeps && !open_drops ? EV_MOV_CR3_NOFLUSH : EV_MOV_CR3);
}

void task_switch(BX_CPU_C *cpu)
{
	drop_here(cpu, EV_TASK_SWITCH);
}

void smm(BX_CPU_C *cpu)
{
	drop_here(cpu, EV_SMM);
}

void cr0_changed(BX_CPU_C *cpu, Bit32u before)
{
	Bit32u now = cpu->cr0.get32();

	if (((before ^ now) & BX_CR0_PG_MASK) &&
	    (vendor == VENDOR_AMD || (before & BX_CR0_PG_MASK)))
		drop_here(cpu, EV_PG_TOGGLE);
}

void cr4_changed(BX_CPU_C *cpu, Bit32u before)
{
	Bit32u now = cpu->cr4.get32(), changed = before ^ now;

	if (changed & BX_CR4_PGE_MASK)
		drop_here(cpu, EV_PGE_TOGGLE);
	if (changed & BX_CR4_PCIDE_MASK)
		drop_here(cpu, now & BX_CR4_PCIDE_MASK ? EV_PCIDE_SET : EV_PCIDE_CLEAR);
	if (changed & now & BX_CR4_SMEP_MASK)
		drop_here(cpu, EV_SMEP_SET);
	/* AMD names PSE together with PAE. */
	if ((changed & BX_CR4_PAE_MASK) || (vendor == VENDOR_AMD && (changed & BX_CR4_PSE_MASK)))
		drop_here(cpu, EV_PAE_TOGGLE);
}

bool page_fault(BX_CPU_C *cpu, bx_address laddr)
{
	if (open_drops) {
		invlpg(cpu, laddr);
		return true;
	}
	drop(cpu, EV_PAGE_FAULT, {here(cpu), laddr});
	return rule_of(EV_PAGE_FAULT).effect[vendor];
}

static void vmx_switch(BX_CPU_C *cpu, enum event tagged, enum event untagged)
{
	/* With VPID off the guest's tag is 0, as its host's is. */
	drop(cpu, cpu->vmcs.vmexec_ctrls2.VPID_ENABLE() ? tagged : untagged, {{0, 0, NO_ROOT}});
}

void vm_entry(BX_CPU_C *cpu)
{
	vmx_switch(cpu, EV_ENTER, EV_ENTER_UNTAGGED);
}

void vm_exit(BX_CPU_C *cpu)
{
	vmx_switch(cpu, EV_EXIT, EV_EXIT_UNTAGGED);
}

void vmfunc(BX_CPU_C *cpu)
{
	vmx_switch(cpu, EV_VMFUNC, EV_VMFUNC_UNTAGGED);
}

void ept_violation(BX_CPU_C *cpu, bx_phy_address guest, bool has_linear, bx_address laddr)
{
	drop(cpu, EV_NESTED_FAULT, {here(cpu), guest, false, has_linear, laddr});
}

void invept(BX_CPU_C *cpu, unsigned type, Bit64u eptp)
{
	drop(cpu, EV_INVEPT_1 + type - 1, {{0, 0, ep4ta(eptp)}});
}

void invvpid(BX_CPU_C *cpu, unsigned type, unsigned vpid, bx_address laddr)
{
	drop(cpu, EV_INVVPID_0 + type, {{vpid, 0, NO_ROOT}, laddr});
}

void vmrun(BX_CPU_C *cpu, Bit32u new_asid, unsigned tlb_control)
{
	unit_of(cpu).asid = new_asid;
	drop_here(cpu, tlb_control == 1	  ? EV_TLBCTL_1
		       : tlb_control == 3 ? EV_TLBCTL_3
		       : tlb_control == 7 ? EV_TLBCTL_7
					  : EV_ENTER);
}

/* The manual names the page and the ASID only: whatever the PCID. */
void invlpga(BX_CPU_C *cpu, bx_address laddr, Bit32u of_asid)
{
	drop(cpu, EV_INVLPGA, {{of_asid, 0, NO_ROOT}, laddr, true});
}

/* ---- Beginning and end ---- */

static void print(const counters &n)
{
	fprintf(stderr, ": added %llu, served %llu", (unsigned long long)n.added,
		(unsigned long long)n.served);
	if (check)
		fprintf(stderr, ", of which stale %llu", (unsigned long long)n.differed);
	fputc('\n', stderr);
}

static void add_to(counters &sum, const counters &n)
{
	sum.added += n.added;
	sum.served += n.served;
	sum.differed += n.differed;
}

/* The numbers of all CPUs together. */
static void report(void)
{
	static const char *const kinds[NR_KINDS] = {"linear", "combined", "nested"};
	std::map<uint32_t, counters> tags;
	unsigned long long live = 0, overflows = 0;

	for (const unit &u : units) {
		live += u.store->live();
		overflows += u.store->overflows;
		u.store->each_tag([&](uint32_t tag, const counters &n) { add_to(tags[tag], n); });
	}
	fprintf(stderr, "tlb: mode %s, vendor %s, %llu translations live, %llu overflows\n", mode,
		vendor_rules[vendor].name, live, overflows);
	for (unsigned kind = 0; kind < NR_KINDS; kind++) {
		counters sum = {};

		for (const unit &u : units)
			add_to(sum, u.store->by_kind[kind]);
		fprintf(stderr, "tlb: %s", kinds[kind]);
		print(sum);
	}
	for (unsigned event = 0; event < NR_ALL_EVENTS; event++) {
		unsigned long long events = 0, dropped = 0;

		for (const unit &u : units) {
			events += u.store->events[event];
			dropped += u.store->dropped[event];
		}
		if (events)
			fprintf(stderr, "tlb: event %s: %llu, dropped %llu\n", rule_of(event).name,
				events, dropped);
	}
	for (const auto &tag : tags) {
		fprintf(stderr, "tlb: tag %u", tag.first);
		print(tag.second);
	}
	for (size_t nr = 0; units.size() > 1 && nr < units.size(); nr++) {
		counters sum = {};

		for (const counters &n : units[nr].store->by_kind)
			add_to(sum, n);
		fprintf(stderr, "tlb: CPU %zu", nr);
		print(sum);
	}
}

/* Bochs has no handler of its own. Should the signal come in the middle of an output, it dies. */
static void end(int)
{
	alarm(1);
	signal(SIGALRM, SIG_DFL);
	report();
	_exit(0);
}

static void start(void)
{
	const char *text = getenv("REVENANT_TLB");

	mode = text && *text ? text : "off";
	if (!strcmp(mode, "off"))
		return;
	if (!strncmp(mode, "random:", 7))
		seed = strtoull(mode + 7, NULL, 10) + 1; /* xorshift64 stays at 0 for ever */
	else if (strcmp(mode, "keep"))
		BX_PANIC(("REVENANT_TLB is off, keep or random:SEED, not %s", mode));
	text = getenv("REVENANT_TLB_CHECK");
	check = text && !strcmp(text, "1");
	text = getenv("REVENANT_TLB_OPEN");
	open_drops = text && !strcmp(text, "drop");
	skip = getenv("REVENANT_TLB_SKIP");
	vendor = BX_CPU(0)->is_cpu_extension_supported(BX_ISA_SVM) ? VENDOR_AMD : VENDOR_INTEL;
	for (int nr = 0; nr < BX_SMP_PROCESSORS; nr++)
		units.push_back({new store(vendor, MOST_TRANSLATIONS), 0});
	atexit(report);
	signal(SIGTERM, end);
	on = true;
}

void reset(BX_CPU_C *cpu)
{
	static bool started;

	if (!started) {
		started = true;
		start();
	} else if (on) {
		drop(cpu, EV_RESET, {here(cpu)});
	}
}

} // namespace tlb
