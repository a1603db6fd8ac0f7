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
#include <unistd.h>

/* One emulated CPU: the store needs no lock, and there is one of each of these. */
#if BX_SUPPORT_SMP
#	error "one CPU, please: a store for each would be needed"
#endif

namespace tlb
{

bool on;

static const size_t MOST_TRANSLATIONS = 2 << 20;
static const Bit32u PAGE = 0xfff;

/* As translate_linear() packs them. */
enum { ACCESS_NX = 0x1, ACCESS_WRITE = 0x2, ACCESS_USER = 0x4, ACCESS_GLOBAL = 0x100 };
enum { ENTRY_DIRTY = 0x40, ENTRY_KEY_SHIFT = 59, EPTP_ACCESSED_DIRTY = 0x40 };

static class store *the_store;
static enum vendor vendor;
static bool check, open_drops;
static const char *mode;
static const char *skip; /* REVENANT_TLB_SKIP: an event that is ignored, a CPU's fault for tests */
static Bit64u seed;	 /* 0: nothing is forgotten */
static Bit32u asid;	 /* of the last VMRUN */

static struct {
	Bit64u leaf;
	Bit32u nested;
} walk;

/* ---- Registers ---- */

static bool in_ept(void)
{
#if BX_SUPPORT_VMX >= 2
	return BX_CPU(0)->in_vmx_guest && BX_CPU(0)->vmcs.vmexec_ctrls2.EPT_ENABLE();
#else
	return false;
#endif
}

static Bit32u tag_now(void)
{
#if BX_SUPPORT_VMX >= 2
	if (BX_CPU(0)->in_vmx_guest)
		return BX_CPU(0)->vmcs.vmexec_ctrls2.VPID_ENABLE() ? BX_CPU(0)->vmcs.vpid : 0;
#endif
#if BX_SUPPORT_SVM
	if (BX_CPU(0)->in_svm_guest)
		return asid;
#endif
	return 0;
}

static Bit64u ep4ta(Bit64u eptp)
{
	return eptp >> 12 & BX_CONST64(0xffffffffff);
}

static struct place here(void)
{
	struct place at = {tag_now(), 0, NO_ROOT};

	if (BX_CPU(0)->cr4.get_PCIDE())
		at.pcid = BX_CPU(0)->cr3 & 0xfff;
	if (in_ept())
		at.root = ep4ta(BX_CPU(0)->vmcs.eptptr);
	return at;
}

static struct access access_now(unsigned user, unsigned rw)
{
	struct access access = {};

	access.write = rw & 1;
	access.fetch = rw == BX_EXECUTE;
	access.user = user;
	access.wp = BX_CPU(0)->cr0.get_WP();
	access.smep = BX_CPU(0)->cr4.get_SMEP();
	access.smap = BX_CPU(0)->cr4.get_SMAP() && !BX_CPU(0)->get_AC();
	access.nested_dirty = !in_ept() || (BX_CPU(0)->vmcs.eptptr & EPTP_ACCESSED_DIRTY);
#if BX_SUPPORT_PKEYS
	if (BX_CPU(0)->cr4.get_PKE())
		access.pkru = BX_CPU(0)->pkru;
#endif
	return access;
}

/* What the CPU models in use do not have, and the store knows nothing of: it stands aside. */
static bool is_beyond(unsigned rw)
{
	if (rw & 4) /* shadow stacks */
		return true;
#if BX_SUPPORT_VMX >= 2
	if (in_ept() && (BX_CPU(0)->vmcs.vmexec_ctrls2.MBE_CTRL() ||
			 BX_CPU(0)->vmcs.vmexec_ctrls2.SUBPAGE_WR_PROTECT_CTRL()))
		return true;
#endif
	return BX_CPU(0)->cr4.get_PKS();
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

static void drop(unsigned event, const struct operand &operand)
{
	if (skip && !strcmp(skip, rule_of(event).name))
		return;
	the_store->drop(event, operand);
	if (seed && next_random() % 1024 == 0)
		the_store->drop(EV_RESET, operand);
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

bool find(bx_address laddr, unsigned user, unsigned rw, struct result *result)
{
	const struct access access = access_now(user, rw);
	bx_phy_address fresh;

	if (is_beyond(rw))
		return false;
	const translation *t =
		the_store->find_linear(here(), laddr, access.fetch, [&](const translation &have) {
			return suffices(have.rights, have.key, access) && !forgets();
		});
	if (!t)
		return false;
	result->address = t->frame | (laddr & PAGE);
	result->mask = (Bit32u)t->mask;
	result->access = t->memory;
	result->key = access.pkru ? t->key : 0;
	if (check && (!BX_CPU(0)->dbg_xlate_linear2phy(laddr, &fresh) ||
		      (fresh ^ result->address) & ~(bx_phy_address)PAGE))
		the_store->count_difference();
	return true;
}

void add(bx_address laddr, unsigned rw, const struct result &result)
{
	translation t = {};

	if (is_beyond(rw))
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
	the_store->add_linear(here(), laddr, rw == BX_EXECUTE, t);
}

static bool nested_differs(bx_phy_address guest, bx_phy_address host)
{
	bx_phy_address fresh;
	bool there;

#if BX_SUPPORT_SVM
	if (!in_ept())
		there = BX_CPU(0)->dbg_translate_guest_physical_npt(guest, &fresh);
	else
#endif
		there = BX_CPU(0)->dbg_translate_guest_physical_ept(guest, &fresh);
	return !there || (fresh ^ host) & ~(bx_phy_address)PAGE;
}

bool find_nested(bx_phy_address guest, unsigned rw, bx_phy_address *host)
{
	const struct access access = access_now(0, rw);

	if (is_beyond(rw))
		return false;
	const translation *t = the_store->find_nested(here(), guest, [&](const translation &have) {
		return nested_suffices(have.rights, access) && !forgets();
	});
	if (!t)
		return false;
	*host = t->frame | (guest & PAGE);
	walk.nested = t->rights;
	if (check && nested_differs(guest, *host))
		the_store->count_difference();
	return true;
}

void add_nested(bx_phy_address guest, bx_phy_address host, Bit32u allowed)
{
	translation t = {};

	walk.nested = allowed;
	if (is_beyond(BX_READ))
		return;
	t.frame = host & ~(bx_phy_address)PAGE;
	t.mask = PAGE;
	t.rights = allowed;
	the_store->add_nested(here(), guest, t);
}

/* ---- Events ---- */

/* One that is about the tags in use. */
static void drop_here(unsigned event)
{
	drop(event, {here()});
}

void invlpg(bx_address laddr)
{
	struct operand operand = {here(), laddr};

	operand.any_pcid = open_drops; /* "may invalidate" others' (SDM vol. 3, 5.10.4.1) */
	drop(EV_INVLPG, operand);
}

void invpcid(unsigned type, unsigned pcid, bx_address laddr)
{
	struct operand operand = {here(), laddr};

	operand.at.pcid = pcid;
	drop(EV_INVPCID_0 + type, operand);
}

/* CR3 and with it the PCID are the new ones. */
void mov_cr3(bool keeps)
{
	drop_here(keeps && !open_drops ? EV_MOV_CR3_NOFLUSH : EV_MOV_CR3);
}

void task_switch(void)
{
	drop_here(EV_TASK_SWITCH);
}

void smm(void)
{
	drop_here(EV_SMM);
}

void cr0_changed(Bit32u before)
{
	Bit32u now = BX_CPU(0)->cr0.get32();

	if (((before ^ now) & BX_CR0_PG_MASK) &&
	    (vendor == VENDOR_AMD || (before & BX_CR0_PG_MASK)))
		drop_here(EV_CR0_PG);
}

void cr4_changed(Bit32u before)
{
	Bit32u now = BX_CPU(0)->cr4.get32(), changed = before ^ now;

	if (changed & BX_CR4_PGE_MASK)
		drop_here(EV_PGE_TOGGLE);
	if (changed & BX_CR4_PCIDE_MASK)
		drop_here(now & BX_CR4_PCIDE_MASK ? EV_PCIDE_SET : EV_PCIDE_CLEAR);
	if (changed & now & BX_CR4_SMEP_MASK)
		drop_here(EV_SMEP_SET);
	if ((changed & BX_CR4_PAE_MASK) || (vendor == VENDOR_AMD && (changed & BX_CR4_PSE_MASK)))
		drop_here(EV_CR4_FORMAT);
}

bool page_fault(bx_address laddr)
{
	if (open_drops) {
		invlpg(laddr);
		return true;
	}
	drop(EV_PAGE_FAULT, {here(), laddr});
	return rule_of(EV_PAGE_FAULT).effect[vendor];
}

static void vmx_switch(enum event tagged, enum event untagged)
{
	/* With VPID off the guest's tag is 0, as its host's is. */
	drop(BX_CPU(0)->vmcs.vmexec_ctrls2.VPID_ENABLE() ? tagged : untagged, {{0, 0, NO_ROOT}});
}

void vm_entry(void)
{
	vmx_switch(EV_ENTER, EV_ENTER_UNTAGGED);
}

void vm_exit(void)
{
	vmx_switch(EV_EXIT, EV_EXIT_UNTAGGED);
}

void vmfunc(void)
{
	vmx_switch(EV_VMFUNC, EV_VMFUNC_UNTAGGED);
}

void ept_violation(bx_phy_address guest, bool has_linear, bx_address laddr)
{
	drop(EV_NESTED_FAULT, {here(), guest, false, has_linear, laddr});
}

void invept(unsigned type, Bit64u eptp)
{
	drop(EV_INVEPT_1 + type - 1, {{0, 0, ep4ta(eptp)}});
}

void invvpid(unsigned type, unsigned vpid, bx_address laddr)
{
	drop(EV_INVVPID_0 + type, {{vpid, 0, NO_ROOT}, laddr});
}

void vmrun(Bit32u new_asid, unsigned tlb_control)
{
	asid = new_asid;
	drop_here(tlb_control == 1   ? EV_TLBCTL_1
		  : tlb_control == 3 ? EV_TLBCTL_3
		  : tlb_control == 7 ? EV_TLBCTL_7
				     : EV_ENTER);
}

/* The manual names the page and the ASID only: whatever the PCID. */
void invlpga(bx_address laddr, Bit32u of_asid)
{
	drop(EV_INVLPGA, {{of_asid, 0, NO_ROOT}, laddr, true});
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

static void report(void)
{
	static const char *const kinds[NR_KINDS] = {"linear", "combined", "nested"};

	fprintf(stderr, "tlb: mode %s, vendor %s, %zu translations live, %llu overflows\n", mode,
		vendor_rules[vendor].name, the_store->live(),
		(unsigned long long)the_store->overflows);
	for (unsigned kind = 0; kind < NR_KINDS; kind++) {
		fprintf(stderr, "tlb: %s", kinds[kind]);
		print(the_store->by_kind[kind]);
	}
	for (unsigned event = 0; event < NR_ALL_EVENTS; event++) {
		if (the_store->events[event])
			fprintf(stderr, "tlb: event %s: %llu, dropped %llu\n", rule_of(event).name,
				(unsigned long long)the_store->events[event],
				(unsigned long long)the_store->dropped[event]);
	}
	the_store->each_tag([](uint32_t tag, const counters &n) {
		fprintf(stderr, "tlb: tag %u", tag);
		print(n);
	});
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
	the_store = new store(vendor, MOST_TRANSLATIONS);
	atexit(report);
	signal(SIGTERM, end);
	on = true;
}

void reset(void)
{
	static bool started;

	if (!started) {
		started = true;
		start();
	} else if (on) {
		drop(EV_RESET, {here()});
	}
}

} // namespace tlb
