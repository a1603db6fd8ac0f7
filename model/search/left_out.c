/* SPDX-License-Identifier: MIT */
#include "model/search/left_out.h"

#include "model/lang/host_events.h"
#include "model/lang/verbs.h"
#include "model/search/draw.h"

/* Has L2 loaded another CR3 than the one that L1 has given it last? */
static bool has_own_cr3(const struct generator *g)
{
	return !g->header.bare &&
	       g->given[g->position.cpu][position_here(&g->position)->vm].is_gone;
}

static bool is_legacy_invlpg(const struct generator *g, const struct step *step)
{
	return !g->header.bare && !mode_is_64bit(g->header.l2) && position_in_l2(&g->position) &&
	       (step->op == OP_INVLPG || step->op == OP_INVPCID);
}

/* Of a guest that may turn paging off. */
static bool is_unpaged_smep(const struct generator *g, const struct step *step)
{
	return (step->op == OP_SMEP || step->op == OP_SMAP) && !mode_is_64bit(g->header.l2) &&
	       (g->header.bare || position_in_l2(&g->position));
}

/* What is of L1's own is set for an SMI that comes in L2. */
static bool is_smi_in_l2(const struct generator *g, const struct step *step)
{
	return (step->op == OP_SMI || (step->op == OP_HOST && step->arg == HOST_SMI)) &&
	       !g->header.bare && position_in_l2(&g->position);
}

/* The EPTP that is in use, A/D bit and all. */
static bool is_vmfunc_same(const struct generator *g, const struct step *step)
{
	const struct vm_position *vm = position_vm(&g->position);

	return step->op == OP_VMFUNC && step->root.space == vm->nested_root.space &&
	       step->root.nr == vm->nested_root.nr && !step->arg == !vm->nested_ad;
}

/* SMM rewrites a table, or sees one that was rewritten since it has looked through it. */
static bool is_smm_write(const struct generator *g, const struct step *step)
{
	return position_here(&g->position)->in_smm &&
	       (step->op == OP_SET || (g->smm_missed && step->op <= OP_FETCH));
}

/* The VM is saved in L2. */
static bool is_save_in_l2(const struct generator *g, const struct step *step)
{
	return (step->way == WAY_SAVE || (step->op == OP_HOST && host_verbs[step->arg].renews)) &&
	       position_in_l2(&g->position);
}

static bool is_pae_save(const struct generator *g, const struct step *step)
{
	return is_save_in_l2(g, step) && !g->header.bare && g->header.l2 == MODE_PAE &&
	       position_vm(&g->position)->nested_root.space != SPACE_N;
}

/* L2 goes on with its own CR3 behind an exit, or behind its VM's rescue. */
static bool is_own_cr3_used(const struct generator *g, const struct step *step)
{
	return has_own_cr3(g) &&
	       ((verbs[step->op].flags & ENTERS) || step->op == OP_RDMSR || is_save_in_l2(g, step));
}

/* Of L1's, while the vCPU is in an L2 with a tag of its own. */
static bool is_pv_in_l2(const struct generator *g, const struct step *step)
{
	const struct cpu_position *cpu;

	if (step->op != OP_PV_FLUSH)
		return false;
	cpu = &g->position.cpus[step->arg];
	return cpu->in_l2 && cpu->vms[cpu->vm].tag;
}

static unsigned number_of(struct root root)
{
	return root.space * NR_ROOTS + root.nr;
}

static uint32_t bit_of(struct root root)
{
	return 1u << number_of(root);
}

static unsigned running_tag(const struct generator *g)
{
	return position_in_l2(&g->position) ? position_vm(&g->position)->tag : 0;
}

/* A root that a step takes up as it was left, and for whom. */
struct taken {
	struct root root;
	uint8_t pcid, tag;
};

static bool takes_up(const struct generator *g, const struct step *step, struct taken *taken)
{
	const struct vm_position *vm = position_vm(&g->position);
	const struct modes *l2 = g->checked.now.l2[g->position.cpu];

	if (verbs[step->op].flags & ENTERS)
		*taken =
			(struct taken){vm->root, l2[position_here(&g->position)->vm].pcid, vm->tag};
	else
		*taken = (struct taken){step->root, step->pcid, (uint8_t)running_tag(g)};
	return (verbs[step->op].flags & ENTERS) || (step->op == OP_CR3 && step->arg);
}

/* One that has run under another PCID. */
static bool is_root_of_others(const struct generator *g, const struct step *step)
{
	struct taken taken;

	return takes_up(g, step, &taken) && (g->pcids[number_of(taken.root)] & ~(1u << taken.pcid));
}

/* … or that a fault, a flush of L2's or an L2 without VPID has left. */
static bool is_missed_root(const struct generator *g, const struct step *step)
{
	struct taken taken;

	return is_root_of_others(g, step) ||
	       (takes_up(g, step, &taken) &&
		(g->missed[g->position.cpu][taken.tag] & bit_of(taken.root)));
}

/* A flush of an ASID, where it may have several PCIDs, or a root of several. */
static bool is_asid_of_pcids(const struct generator *g, const struct step *step)
{
	return is_on(g, FEATURE(PCID)) && caps_have(&g->caps, CAP_PCID) &&
	       (step->op == OP_TLBCTL || step->op == OP_TAG || is_root_of_others(g, step));
}

/* A memory slot comes to where it was seen that there is none. */
static bool is_slot_synced(const struct generator *g, const struct step *step)
{
	bool seen = false;

	for (unsigned w = 0; w < NR_WINDOWS; w++)
		seen |= !!(g->ever[w] & RESULT_FRAME(FRAME_M));
	return seen && step->op == OP_HOST && step->arg >= HOST_SLOT_ADD &&
	       step->arg <= HOST_SLOT_SMM;
}

/* What the executor refuses: an interrupt for an L2 that was left running, one left running on each
 * vCPU, as one must carry the program out, and a wait for another vCPU where that may be the one.
 */
static bool is_undoable(const struct generator *g, const struct step *step)
{
	const uint8_t here = (uint8_t)(1u << g->position.cpu);

	if (position_is_left(&g->position, step))
		return (g->left_running | here) == (1u << g->cpus) - 1;
	if (step->op == OP_INIT)
		return (g->left_running | here | 1u << step->arg) == (1u << g->cpus) - 1;
	return (step->irq && (g->waits & here)) || (step->op == OP_PV_FLUSH && g->left_running & 1);
}

bool step_is_left_out(const struct generator *g, const struct step *step)
{
	static const struct {
		features unless;
		bool (*is)(const struct generator *g, const struct step *step);
	} kinds[] = {
		{FEATURE(LEGACY_INVLPG), is_legacy_invlpg},
		{FEATURE(UNPAGED_SMEP), is_unpaged_smep},
		{FEATURE(VMFUNC_SAME), is_vmfunc_same},
		{FEATURE(OWN_CR3), is_own_cr3_used},
		{FEATURE(MISSED_ROOT), is_missed_root},
		{FEATURE(ASID_PCIDS), is_asid_of_pcids},
		{FEATURE(SMI_IN_L2), is_smi_in_l2},
		{FEATURE(SMM_WRITES), is_smm_write},
		{FEATURE(PAE_SAVE), is_pae_save},
		{FEATURE(PV_IN_L2), is_pv_in_l2},
		{FEATURE(SLOT_SYNCED), is_slot_synced},
	};

	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!is_on(g, kinds[i].unless) && kinds[i].is(g, step))
			return true;
	return is_undoable(g, step);
}

/* A nested fault that some TLB has not taken: an emulated one, or under one of two EPTPs. */
static bool may_keep_right(const struct generator *g, const struct step *step,
			   const struct look *look)
{
	return (look->current & RESULT_NPF) &&
	       (step->way == WAY_IO || step->way == WAY_FEP || is_on(g, FEATURE(EPT_AD)));
}

bool effect_is_left_out(const struct generator *g, const struct step *step, const struct look *look)
{
	const bool faults = step->op <= OP_FETCH && (look->current & (RESULT_PF | RESULT_NPF));

	if (step->way == WAY_SAVE && (look->current & RESULT_NPF))
		return true; /* a VMM cannot tell at which level nothing was */
	if ((look->legal & (RESULT_EXIT | RESULT_NPF)) && !is_on(g, FEATURE(OWN_CR3)) &&
	    has_own_cr3(g))
		return true; /* L1 enters again behind it */
	return faults && !is_on(g, FEATURE(FAULT_GONE)) &&
	       (oracle_is_absent(g->live, step) || may_keep_right(g, step, look)) &&
	       oracle_outdated(g->trial) < oracle_outdated(g->live);
}

/* ---- what must be known for it ---- */

static void follow_vcpus(struct generator *g, const struct step *step)
{
	const uint8_t here = (uint8_t)(1u << g->position.cpu);

	if (position_is_left(&g->position, step)) {
		g->left_running |= here;
		g->waits |= here;
	}
	if (step->op == OP_INIT)
		g->left_running |= (uint8_t)(1u << step->arg);
	if (step->irq || (verbs[step->op].flags & LEAVES))
		g->waits &= (uint8_t)~here;
}

static void follow_roots(struct generator *g, const struct step *step, const struct look *look)
{
	const unsigned tag = running_tag(g);
	uint32_t *ran = &g->ran[g->position.cpu][tag], *missed = &g->missed[g->position.cpu][tag];
	const uint32_t root = bit_of(position_root(&g->position));

	*ran |= root;
	g->pcids[number_of(position_root(&g->position))] |= (uint8_t)(1u << running_modes(g)->pcid);
	if (position_in_l2(&g->position) && !tag)
		for (unsigned vpid = 1; vpid < NR_TAGS; vpid++)
			g->missed[g->position.cpu][vpid] |= root;
	if (step->op <= OP_FETCH && (look->current & RESULT_PF))
		*missed |= *ran & ~root;
	if (position_in_l2(&g->position) && step->op == OP_INVPCID)
		*missed |= *ran & ~root;
	if (position_in_l2(&g->position) && step->op == OP_CR3 && !step->arg)
		*missed |= *ran;
	if (step->op == OP_CR3 && !step->arg)
		*missed &= ~bit_of(step->root);
	for (unsigned cpu_tag = 0; step->op == OP_INVVPID && cpu_tag < NR_TAGS; cpu_tag++)
		if (step->type == 2 || cpu_tag == step->tag)
			g->missed[g->position.cpu][cpu_tag] = 0;
}

static void follow_smm(struct generator *g, const struct step *step)
{
	const bool in_smm = position_here(&g->position)->in_smm;

	g->smm_looked |= in_smm && step->op <= OP_FETCH;
	g->smm_missed |= !in_smm && step->op == OP_SET && g->smm_looked;
}

void left_out_follow(struct generator *g, const struct step *step, const struct look *look)
{
	struct given_cr3 *given = &g->given[g->position.cpu][position_here(&g->position)->vm];

	follow_vcpus(g, step);
	follow_roots(g, step, look);
	follow_smm(g, step);
	if (step->op == OP_L2CR3)
		*given = (struct given_cr3){step->root, step->pcid, false};
	if (step->op == OP_CR3 && position_in_l2(&g->position))
		given->is_gone = step->root.space != given->root.space ||
				 step->root.nr != given->root.nr || step->pcid != given->pcid;
}
