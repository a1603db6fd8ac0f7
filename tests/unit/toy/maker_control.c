/* SPDX-License-Identifier: MIT */
/* Flushes, what L1 gives L2, and who runs. */
#include "tests/unit/toy/maker_state.h"

#include <string.h>

/* ---- what a level does to its own translations ---- */

static void put_pcid(struct maker *m, bool pcide)
{
	if (pcide && maker_die(m, 3))
		maker_put(m, " pcid %u", maker_die(m, 3));
}

static void cr3(struct maker *m)
{
	struct context *c = maker_own(m);

	c->root = maker_root_of(m, maker_in_l2(m) ? 'g' : 'h');
	c->pcid = c->pcide ? maker_die(m, 3) : 0;
	maker_step(m, "cr3 %c%u", maker_in_l2(m) ? 'g' : 'h', c->root);
	if (c->pcid)
		maker_put(m, " pcid %u", c->pcid);
	if (c->pcide && !maker_die(m, 2))
		maker_put(m, " noflush");
}

static void pcide(struct maker *m)
{
	struct context *c = maker_own(m);
	bool wanted = c->pcide ? maker_die(m, 3) : maker_die(m, 4);

	if (wanted && !c->pcide && c->pcid)
		return;
	maker_step(m, "pcide %s", wanted ? "on" : "off");
	c->pcide = wanted;
}

/* Most often to what it is not. */
static void turn(struct maker *m, unsigned bit)
{
	static const char *const names[] = {"pge", "smep", "smap", "wp"};
	static const bool at_first[] = {true, false, false, true};
	struct context *c = maker_own(m);

	if (maker_die(m, 6))
		c->turned[bit] = !c->turned[bit];
	maker_step(m, "%s %s", names[bit], at_first[bit] != c->turned[bit] ? "on" : "off");
}

void maker_own_flush(struct maker *m)
{
	unsigned what = maker_has(m, PCIDS) && !maker_die(m, 3)	   ? 10
			: maker_has(m, RIGHTS) && !maker_die(m, 3) ? 13
								   : maker_die(m, 16);
	const char *before = m->text + strlen(m->text);
	bool l2 = maker_in_l2(m), legacy = l2 && m->mode != MODE_LONG && m->mode != MODE_LA57;

	if (what < 3)
		maker_step(m, "invlpg w%u", maker_window(m));
	else if (what < 6 && !(l2 && m->mode == MODE_UNPAGED))
		cr3(m);
	else if (what < 9) {
		unsigned type = maker_die(m, 4);

		maker_step(m, "invpcid %u", type);
		if (type == 0)
			maker_put(m, " w%u", maker_window(m));
		if (type < 2)
			put_pcid(m, maker_own(m)->pcide);
	} else if (what < 10)
		turn(m, 0);
	else if (what < 12 && maker_has(m, PCIDS) && !legacy && !m->bare)
		pcide(m);
	else if (what < 14 && maker_has(m, RIGHTS))
		turn(m, 1 + maker_die(m, m->bare ? 2 : 3));
	else if (what < 15 && maker_has(m, NX_OFF) && !l2 && !m->bare) {
		m->no_nxe[m->cpu] = maker_die(m, 2);
		maker_step(m, "nxe %s", m->no_nxe[m->cpu] ? "off" : "on");
		return;
	} else if (l2 && m->mode == MODE_PAE && maker_die(m, 2))
		maker_step(m, "pae-cycle");
	else if (l2 && (m->mode == MODE_PAE || m->mode == MODE_32) &&
		 (m->bare || (maker_has(m, NESTED) && !maker_has(m, TOGGLED))))
		maker_step(m, "pg-cycle");
	else
		maker_step(m, "invlpg w%u", maker_window(m));
	if (l2 && !m->bare && *before && !strstr(before, "wp") && !strstr(before, "smap") &&
	    !strstr(before, "cycle") && maker_now(m, IRQS, 4)) {
		maker_put(m, " irq");
		m->in_l2[m->cpu] = false;
	}
}

/* ---- what L1 gives and does to L2 ---- */

static void nroot(struct maker *m)
{
	if (maker_now(m, TOGGLED, 3) && m->mode != MODE_UNPAGED)
		maker_step(m, "nroot none");
	else
		maker_step(m, "nroot n%u%s", maker_l2_of(m)->nroot = maker_die(m, m->roots),
			   maker_die(m, 3) ? "" : " ad");
}

static void vendor_flush(struct maker *m)
{
	unsigned tag = 1 + maker_die(m, m->tags);

	if (!maker_die(m, 12)) {
		maker_step(m, "hv off; hv on");
		return;
	}
	if (m->vendor == VENDOR_AMD) {
		if (maker_die(m, 2))
			maker_step(m, "invlpga w%u %u", maker_window(m), maker_die(m, 6) ? tag : 0);
		else
			maker_step(m, "tlbctl %s", PICK(m, "1", "3", "7"));
		return;
	}
	switch (maker_die(m, 7)) {
	case 0: maker_step(m, "invvpid 0 w%u %u", maker_window(m), tag); break;
	case 1: maker_step(m, "invvpid 1 %u", tag); break;
	case 2: maker_step(m, "invvpid 2"); break;
	case 3: maker_step(m, "invvpid 3 %u", tag); break;
	case 4:
		maker_step(m, "invept 1 n%u%s", maker_die(m, m->roots),
			   maker_die(m, 2) ? "" : " ad");
		break;
	case 5: maker_step(m, "invept 2"); break;
	case 6: maker_step(m, "vmx-cycle"); break;
	}
}

void maker_enter(struct maker *m)
{
	const char *how = "enter";
	unsigned vm = m->vm[m->cpu];

	if (maker_has(m, NESTED) && !m->knows_nested[m->cpu][vm]) {
		m->knows_nested[m->cpu][vm] = true;
		maker_step(m, "nroot n%u", maker_l2_of(m)->nroot);
	}
	if (!m->bare && maker_now(m, SHORT_ENTRIES, 3))
		how = m->vendor == VENDOR_AMD
			      ? PICK(m, "enter-pending", "enter-failing")
			      : PICK(m, "enter-pending", "enter-halted", "enter-failing");
	maker_step(m, "%s", how);
	m->in_l2[m->cpu] = !strcmp(how, "enter");
}

void maker_leave(struct maker *m)
{
	maker_step(m, "exit");
	m->in_l2[m->cpu] = false;
}

static void l2cr3(struct maker *m)
{
	struct context *c = maker_l2_of(m);

	if (m->mode == MODE_UNPAGED)
		return;
	c->pcid = c->pcide ? maker_die(m, 3) : 0;
	c->root = maker_root_of(m, 'g');
	maker_step(m, "l2cr3 %c%u",
		   m->mode == MODE_LONG && !maker_die(m, 8) && maker_has(m, L1_LOOKS) ? 'h' : 'g',
		   c->root);
	if (c->pcid)
		maker_put(m, " pcid %u", c->pcid);
}

void maker_give(struct maker *m)
{
	switch (maker_die(m, m->bare ? 2 : 10)) {
	case 0: l2cr3(m); break;
	case 1: maker_enter(m); break;
	case 2:
		if (maker_has(m, TAGS))
			maker_step(m, "tag %u",
				   m->vendor == VENDOR_INTEL &&
						   !maker_die(m, maker_has(m, UNTAGGED) ? 2 : 4)
					   ? 0
					   : 1 + maker_die(m, m->tags));
		break;
	case 3:
	case 4:
		if (maker_has(m, NESTED)) {
			m->knows_nested[m->cpu][m->vm[m->cpu]] = true;
			nroot(m);
		}
		break;
	case 5:
		if (maker_has(m, MSRS))
			maker_step(m, "msr-exit %s", PICK(m, "on", "off"));
		break;
	case 6:
		if (maker_has(m, PARAVIRTUAL) && m->cpu != 1)
			maker_step(m, "pv-flush 1");
		else if (!maker_die(m, 4))
			maker_step(m, "clean");
		break;
	default: vendor_flush(m); break;
	}
}

/* ---- who runs ---- */

void maker_go(struct maker *m)
{
	unsigned cpus = 2;

	if (maker_now(m, CPUS, 2)) {
		m->cpu = maker_die(m, cpus);
		maker_step(m, "cpu %u", m->cpu);
	} else if (maker_now(m, VMS, 2) && !maker_in_l2(m) && !m->bare) {
		m->vm[m->cpu] = maker_die(m, NR_VMS);
		maker_step(m, "vm %u", m->vm[m->cpu]);
	} else if (maker_now(m, PARAVIRTUAL, 2) && !maker_in_l2(m) && !m->bare && m->cpu != 1) {
		maker_step(m, "%s 1", PICK(m, "pv-flush", "pv-flush", "preempted"));
	} else if (maker_now(m, CPUS, 4) && !m->bare) {
		maker_step(m, "pcpu %u", maker_die(m, 2));
		if (maker_in_l2(m) && !maker_die(m, 2)) {
			maker_put(m, " irq");
			m->in_l2[m->cpu] = false;
		}
	} else if (!maker_in_l2(m)) {
		maker_enter(m);
	} else if (m->vendor == VENDOR_INTEL && maker_has(m, NESTED) && !maker_has(m, TOGGLED) &&
		   maker_die(m, 2)) {
		maker_step(m, "vmfunc n%u%s", maker_l2_of(m)->nroot = maker_die(m, m->roots),
			   maker_die(m, 2) ? "" : " ad");
	} else {
		maker_leave(m);
	}
}
