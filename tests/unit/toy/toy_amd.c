/* SPDX-License-Identifier: MIT */
/*
 * AMD: APM vol. 2, 5.5 "Translation-Lookaside Buffer (TLB)", 15.16 "TLB Control", 15.25 "Nested
 * Paging".
 *
 * Caches are tagged with ASID and PCID: "TLB entries are tagged with Address Space Identifier
 * (ASID) bits to distinguish different guest virtual address spaces when shadow page tables are
 * used, or different guest physical address spaces when nested page tables are used" (15.16). So
 * nothing tells nested tables, or none, of one ASID apart.
 */
#include "tests/unit/toy/toy.h"

/* 5.5.1 "Process Context Identifier", 5.5.2 "Global Pages"; 15.16: global only within an ASID */
static bool serves(const struct toy *t, const struct toy_entry *e)
{
	if (e->tag != toy_tag(t))
		return false;
	if (e->kind == TOY_NESTED_LEAF || e->kind == TOY_NESTED_POINTER)
		return true;
	return e->pcid == toy_pcid(toy_regs(t)) || e->global;
}

/*
 * 5.5.3 "TLB Management", "Handling of PDPT Entries in PAE Mode": older processors lock them when
 * CR3 is written, others read them on demand; all read them on demand under nested paging (15.25.10
 * "Legacy PAE Mode").
 */
static bool has_pdptes(const struct toy *t)
{
	return t->cpu->in_l2 && t->header.l2 == MODE_PAE && t->habits.locks_pdptes &&
	       toy_nroot(toy_regs(t)) == TOY_NONE;
}

static void load_pdptes(struct toy *t)
{
	if (has_pdptes(t))
		toy_read_pdptes(t, toy_regs(t), toy_regs(t)->pdpte);
}

/*
 * 15.16.1 "TLB Flush": what is done at either level "affects only the TLB entries belonging to the
 * current ASID".
 */
static struct toy_drop of_tag(unsigned tag)
{
	return (struct toy_drop){
		.tag = (uint8_t)tag, .nroot = TOY_ANY, .pcid = TOY_ANY, .window = TOY_ANY};
}

/* "Implicit Invalidations": "the entire TLB […], including global pages" */
static void drop_tag(struct toy *t, unsigned tag)
{
	struct toy_drop d = of_tag(tag);

	d.leaves = d.globals = true;
	d.pointers = POINTERS_ALL;
	toy_drop(t->cpu, t, d);
}

/* 5.5.1: what is not global of a PCID. Upper entries: "Caching of Upper Level Translation Table
 * Entries", by the same mechanisms. */
static void drop_pcid(struct toy *t, unsigned tag, unsigned pcid)
{
	struct toy_drop d = of_tag(tag);

	d.pcid = (uint8_t)pcid;
	d.leaves = true;
	d.pointers = POINTERS_ALL;
	toy_drop(t->cpu, t, d);
}

/*
 * 5.5.3 "Explicit Invalidations": global or not. "Invalidation of Cached Upper-level Entries by
 * INVLPG": all, as EFER.TCE is clear.
 */
static void invlpg(struct toy *t, const struct step *step)
{
	struct toy_drop d = of_tag(toy_tag(t));

	d.pcid = toy_pcid(toy_regs(t));
	d.window = step->window;
	d.leaves = d.globals = true;
	d.pointers = POINTERS_ALL;
	toy_drop(t->cpu, t, d);
}

/*
 * 15.16.2 "Invalidate Page, Alternate ASID". Nobody says of which PCIDs: 0 is the one that an ASID
 * has in any case. "INVLPGA may flush all upper-level entries": those of the page it must.
 */
static void invlpga(struct toy *t, const struct step *step)
{
	struct toy_drop d = of_tag(step->tag);

	d.pcid = 0;
	d.window = step->window;
	d.leaves = d.globals = true;
	d.pointers = POINTERS_OF_WINDOW;
	toy_drop(t->cpu, t, d);
}

/*
 * APM vol. 3, "INVPCID". Of upper entries: EFER.TCE is clear, and then "these instructions",
 * INVPCID is one of them, remove all of them (vol. 2, 3.1.7 "Extended Feature Enable Register
 * (EFER)").
 */
static void invpcid(struct toy *t, const struct step *step)
{
	struct toy_drop d = of_tag(toy_tag(t));

	d.leaves = true;
	d.pointers = POINTERS_ALL;
	switch (step->type) {
	case 0:
		d.pcid = step->pcid;
		d.window = step->window;
		break;
	case 1: d.pcid = step->pcid; break;
	case 2: d.globals = true; break;
	case 3: break;
	}
	toy_drop(t->cpu, t, d);
}

/* Of L1's ASID on that vCPU. */
static void pv_flush(struct toy *t, const struct step *step)
{
	struct toy_drop d = of_tag(0);

	d.leaves = d.globals = true;
	d.pointers = POINTERS_ALL;
	toy_drop(&t->cpus[step->arg], t, d);
}

static void invalidate(struct toy *t, const struct step *step, bool changed)
{
	switch (step->op) {
	case OP_CR3:
		if (!step->arg)
			drop_pcid(t, toy_tag(t), step->pcid);
		load_pdptes(t);
		break;
	case OP_INVLPG: invlpg(t, step); break;
	case OP_INVPCID: invpcid(t, step); break;
	case OP_INVLPGA: invlpga(t, step); break;
	case OP_INIT: /* the way back turns paging on */
	case OP_PV_FLUSH: pv_flush(t, step); break;
	/* 5.5.3 "Implicit Invalidations"; no other bit is in that list */
	case OP_PGE:
		if (changed)
			drop_tag(t, toy_tag(t));
		break;
	case OP_PCIDE:
		if (changed && !step->arg)
			drop_tag(t, toy_tag(t));
		break;
	case OP_PG_CYCLE:
	case OP_PAE_CYCLE:
		drop_tag(t, toy_tag(t));
		load_pdptes(t);
		break;
	}
}

/*
 * "The VMRUN instruction and #VMEXIT write the CR0, CR3, CR4 and EFER registers, but these writes
 * do not flush the TLB" (15.16), and Table 15-9 "TLB Control Byte Encodings". `bare`: CR0.PG is
 * modified.
 */
static void enter(struct toy *t)
{
	struct toy_vm *vm = toy_vm(t);

	switch (vm->tlb_control) {
	case 1: /* "for all ASIDs, for both global and non-global pages" */
		for (unsigned tag = 0; tag < NR_TAGS; tag++)
			drop_tag(t, tag);
		toy_drop_nested(t->cpu, t, TOY_ANY, TOY_ANY, TOY_ANY);
		break;
	case 3:
		drop_tag(t, vm->tag);
		toy_drop_nested(t->cpu, t, vm->tag, TOY_ANY, TOY_ANY);
		break;
	case 7: drop_pcid(t, vm->tag, TOY_ANY); break;
	}
	vm->tlb_control = 0;
	if (t->header.bare)
		drop_tag(t, 0);
	load_pdptes(t);
}

static void leave(struct toy *t)
{
	if (t->header.bare)
		drop_tag(t, 0);
}

/*
 * "Use of Cached Entries When Reporting a Page Fault Exception": a fault comes only from memory,
 * see toy_walk.c. That entries which led there are flushed is what "current AMD64 processors" do;
 * nobody may rely on it.
 */
static void fault(struct toy *t, uint32_t seen, unsigned window, unsigned via)
{
	(void)t;
	(void)seen;
	(void)window;
	(void)via;
}

const struct toy_vendor toy_amd = {
	.serves = serves,
	/* "Translations from guest linear to system physical address are cached" (15.25.1). Of the
	 * first half alone it says nothing. */
	.caches_guest_leaves = true,
	.efer_of_l2 = true,
	.always_ad = true,
	.has_pdptes = has_pdptes,
	.invalidate = invalidate,
	.enter = enter,
	.leave = leave,
	.fault = fault,
};
