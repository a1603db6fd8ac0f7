/* SPDX-License-Identifier: MIT */
#include "model/search/draw.h"

#include "model/lang/host_events.h"
#include "model/lang/verbs.h"

/* One of several kinds of steps, as often as its weight says. */
struct choice {
	uint8_t op;
	uint8_t weight;
	features needs; /* one of them must be on; 0: none */
};

static bool chance(struct generator *g, unsigned percent)
{
	return random_chance(&g->random, percent);
}

static unsigned below(struct generator *g, unsigned n)
{
	return random_below(&g->random, n);
}

static enum op choose(struct generator *g, const struct choice *choices, unsigned nr)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < nr; i++)
		if (!choices[i].needs || is_on(g, choices[i].needs))
			sum += choices[i].weight;
	sum = below(g, sum);
	for (unsigned i = 0;; i++) {
		if (choices[i].needs && !is_on(g, choices[i].needs))
			continue;
		if (sum < choices[i].weight)
			return choices[i].op;
		sum -= choices[i].weight;
	}
}
#define CHOOSE(g, choices) choose(g, choices, sizeof(choices) / sizeof((choices)[0]))

/* ---- parts of steps ---- */

static struct root root_of(struct generator *g, enum space space)
{
	const struct vm_position *vm = position_vm(&g->position);
	const struct root running = space == SPACE_H   ? position_here(&g->position)->root
				    : space == SPACE_G ? vm->root
						       : vm->nested_root;
	const unsigned pool = space == SPACE_N ? g->nroots : g->roots;

	if (running.space == space && chance(g, 70))
		return running;
	return (struct root){space, (uint8_t)below(g, pool)};
}

/* What L1 gives L2 next: most often another one than before. */
static struct root next_root(struct generator *g, struct root given)
{
	const unsigned pool = given.space == SPACE_N ? g->nroots : g->roots;

	if (given.space < NR_SPACES && pool > 1 && chance(g, 70))
		given.nr = (uint8_t)((given.nr + 1 + below(g, pool - 1)) % pool);
	return given;
}

/* That L2 or L1, whichever runs, may run on. */
static struct root own_root(struct generator *g)
{
	if (!position_in_l2(&g->position))
		return root_of(g, SPACE_H);
	return root_of(g, g->header.l2 == MODE_LONG && !g->header.bare && chance(g, 5) ? SPACE_H
										       : SPACE_G);
}

static uint8_t pcid_of(struct generator *g)
{
	return is_on(g, FEATURE(PCID)) && chance(g, 50) ? (uint8_t)below(g, 3) : 0;
}

static uint8_t tag_of(struct generator *g)
{
	if (is_on(g, FEATURE(UNTAGGED)) && chance(g, 30))
		return 0;
	if (chance(g, 65))
		return position_vm(&g->position)->tag;
	return (uint8_t)(1 + below(g, g->tags));
}

static uint8_t way_of(struct generator *g, enum op op)
{
	if (is_on(g, FEATURE(USER)) && chance(g, 40))
		return WAY_USER;
	if (op == OP_FETCH)
		return WAY_PLAIN;
	if (op == OP_LOAD && is_on(g, FEATURE(HOST)) && chance(g, 5))
		return WAY_SAVE;
	if (is_on(g, FEATURE(IO)) && chance(g, 25))
		return WAY_IO;
	return is_on(g, FEATURE(FEP)) && chance(g, 25) ? WAY_FEP : WAY_PLAIN;
}

/* ---- rewrites ---- */

static enum space space_of(struct generator *g)
{
	const bool in_l2 = position_in_l2(&g->position);
	const unsigned r = below(g, 100);

	if (is_on(g, FEATURE(NESTED)) && r < (is_on(g, FEATURE(INVEPT)) ? 50 : 30))
		return SPACE_N;
	if (g->header.l2 == MODE_UNPAGED)
		return SPACE_H;
	return r < (in_l2 ? 85 : g->of_l2 ? 95 : 60) ? SPACE_G : SPACE_H;
}

static uint8_t random_flags(struct generator *g)
{
	static const struct {
		features on;
		uint8_t flag, percent;
	} flags[] = {
		{FEATURE(RO), VF_RO, 45},	{FEATURE(NX), VF_NX, 25},
		{FEATURE(GLOBAL), VF_G, 60},	{FEATURE(SUPERVISOR), VF_S, 25},
		{FEATURE(CLEAR_AD), VF_NA, 25}, {FEATURE(CLEAR_AD), VF_ND, 25},
		{FEATURE(XO), VF_XO, 40},
	};
	uint8_t all = 0;

	for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (is_on(g, flags[i].on) && chance(g, flags[i].percent))
			all |= flags[i].flag;
	return all;
}

/* Those of them that an entry there can have. */
static uint8_t flags_in(uint8_t flags, enum space space)
{
	if (space != SPACE_N)
		return flags & (uint8_t)~VF_XO;
	return flags & (uint8_t) ~(VF_G | VF_S | (flags & VF_XO ? VF_RO | VF_NX : 0));
}

/* Most often those of the program's other entries: what differs then is the frame alone. */
static uint8_t flags_of(struct generator *g, enum space space)
{
	return flags_in(chance(g, 60) ? g->flags : random_flags(g), space);
}

void draw_flags(struct generator *g)
{
	g->flags = random_flags(g);
}

static uint8_t level_of(struct generator *g)
{
	if (is_on(g, FEATURE(UPPER)) && chance(g, 35))
		return (uint8_t)(LEVEL_PDE + below(g, 4));
	if (is_on(g, FEATURE(LARGE)) && chance(g, 50))
		return chance(g, 80) ? LEVEL_PDE : LEVEL_PDPTE;
	return LEVEL_PTE;
}

static void draw_leaf(struct generator *g, struct step *step)
{
	struct value *value = &step->value;
	const bool guest = step->entry.root.space == SPACE_G && is_on(g, FEATURE(NESTED));
	const features rights =
		FEATURE(RO) | FEATURE(NX) | FEATURE(XO) | FEATURE(SUPERVISOR) | FEATURE(CLEAR_AD);

	value->kind = guest && chance(g, 45) ? VALUE_WINDOW : VALUE_FRAME;
	/* a page that the host has in one frame, seen through one window of the same number */
	value->nr = value->kind == VALUE_FRAME ? (uint8_t)below(g, FRAME_DECOY)
		    : chance(g, 75)	       ? step->entry.window
					       : (uint8_t)below(g, g->windows);
	/* the same page, with other rights */
	if (value->kind == VALUE_FRAME && is_on(g, rights) &&
	    chance(g, is_on(g, FEATURE(BITS)) ? 50 : 25)) {
		value->nr = g->frame;
		value->flags = flags_in(random_flags(g), step->entry.root.space);
	}
	if (is_on(g, FEATURE(HOLE)) && value->kind == VALUE_FRAME && chance(g, 15))
		value->nr = FRAME_M;
	/* what a host finds that takes one half of a table for the other */
	if (g->header.l2 == MODE_32 && value->kind == VALUE_FRAME && chance(g, 15))
		value->nr = FRAME_DECOY;
}

static uint8_t way_of_store(struct generator *g)
{
	return is_on(g, FEATURE(WAYS)) && chance(g, 40)
		       ? (uint8_t)(WAY_4 + below(g, NR_WAYS - WAY_4))
		       : WAY_PLAIN;
}

/* Its own, or that of another root or window. */
static struct entry_ref table_below(struct generator *g, const struct entry_ref *entry)
{
	struct entry_ref table = *entry;

	table.level--;
	if (chance(g, 60))
		table.root = root_of(g, (enum space)entry->root.space);
	if (chance(g, 40))
		table.window = (uint8_t)below(g, g->windows);
	return table;
}

struct step draw_set(struct generator *g)
{
	const enum space space = space_of(g);
	struct step step = {.op = OP_SET, .way = way_of_store(g)};

	step.entry =
		(struct entry_ref){root_of(g, space), (uint8_t)below(g, g->windows), level_of(g)};
	step.value.flags = flags_of(g, space);
	if (is_on(g, FEATURE(NONE)) && chance(g, 15)) {
		step.value = (struct value){.kind = VALUE_NONE};
	} else if (step.entry.level == LEVEL_PTE ||
		   (is_on(g, FEATURE(LARGE)) && step.entry.level <= LEVEL_PDPTE && chance(g, 60))) {
		draw_leaf(g, &step);
	} else {
		step.value.kind = VALUE_TABLE;
		step.value.table = table_below(g, &step.entry);
	}
	return step;
}

struct step draw_leaf_of(struct generator *g, struct root root, unsigned window)
{
	struct step step = {.op = OP_SET, .way = way_of_store(g)};

	step.entry = (struct entry_ref){root, (uint8_t)window, LEVEL_PTE};
	step.value.flags = flags_of(g, (enum space)root.space);
	draw_leaf(g, &step);
	return step;
}

/* ---- looks ---- */

struct step draw_access(struct generator *g, unsigned window)
{
	static const struct choice accesses[] = {
		{OP_LOAD, 6, 0},
		{OP_STORE, 6, FEATURE(STORE)},
		{OP_FETCH, 4, FEATURE(FETCH)},
	};
	const enum op op = CHOOSE(g, accesses);

	return (struct step){.op = (uint8_t)op, .way = way_of(g, op), .window = (uint8_t)window};
}

struct step draw_look(struct generator *g, unsigned window)
{
	const struct last_look *last = &g->last[window];

	if (g->logging && chance(g, 60))
		return last->op == OP_STORE && chance(g, 60)
			       ? (struct step){.op = OP_LOGGED, .frame = {g->frame}}
			       : (struct step){.op = OP_STORE, .window = (uint8_t)window};
	if (is_on(g, FEATURE(BITS)) && chance(g, 20))
		return (struct step){.op = OP_BITS,
				     .window = (uint8_t)window,
				     .entry = {root_of(g, space_of(g)), (uint8_t)window,
					       level_of(g)}};
	if (last->op != NR_OPS && chance(g, 70))
		return (struct step){.op = last->op, .way = last->way, .window = (uint8_t)window};
	return draw_access(g, window);
}

/* ---- flushes ---- */

/* Often back to what was left, as it is there. */
static void draw_cr3(struct generator *g, struct step *step)
{
	if (is_on(g, FEATURE(PCID)) && chance(g, 35)) {
		const struct left_context *left = &g->left[position_in_l2(&g->position)];

		*step = (struct step){
			.op = OP_CR3, .root = left->root, .pcid = left->pcid, .arg = 1};
		return;
	}
	step->root = own_root(g);
	step->pcid = pcid_of(g);
	step->arg = is_on(g, FEATURE(PCID)) && chance(g, 35);
}

static void draw_nested_root(struct generator *g, struct step *step)
{
	step->root = root_of(g, SPACE_N);
	step->arg = is_on(g, FEATURE(EPT_AD)) && chance(g, 50);
}

/* Most often one that something is known of. */
static uint8_t frame_of(struct generator *g)
{
	return chance(g, 75) ? g->frame : (uint8_t)below(g, FRAME_DECOY);
}

static void draw_event(struct generator *g, struct step *step)
{
	static const uint8_t slots[] = {HOST_SWAP, HOST_MOVE, HOST_SLOT_REMOVE, HOST_SLOT_MOVE};
	const unsigned r = below(g, 100);

	/* the log is worth something where it is on, cleared, and looked at */
	if (g->logging && r < 40)
		step->arg = HOST_LOG_CLEAR;
	else if (is_on(g, FEATURE(STORE)) && r < 35)
		step->arg = (uint16_t)(HOST_LOG_ON + below(g, 4));
	else if (position_here(&g->position)->in_smm && r < 60)
		step->arg = HOST_SLOT_SMM;
	else
		step->arg = r < 70 ? slots[below(g, 4)] : (uint16_t)below(g, NR_HOST_EVENTS);
	for (unsigned i = 0; i < host_verbs[step->arg].nr_frames; i++)
		step->frame[i] = i ? (uint8_t)below(g, FRAME_DECOY) : frame_of(g);
}

/* Most often there and back between two. */
static unsigned other_cpu(struct generator *g)
{
	const unsigned all = pool_of_cpus(g), pool = all > 2 && chance(g, 60) ? 2 : all;

	return (g->position.cpu + 1 + below(g, pool - 1)) % pool;
}

/* The arguments of a step of that kind. */
static struct step arguments(struct generator *g, enum op op)
{
	struct step step = {.op = (uint8_t)op, .window = (uint8_t)below(g, g->windows)};

	switch (op) {
	case OP_CR3: draw_cr3(g, &step); break;
	case OP_INVPCID:
		step.type = (uint8_t)below(g, 4);
		if (step.type < 2)
			step.pcid = chance(g, 40) ? g->left[position_in_l2(&g->position)].pcid
						  : pcid_of(g);
		break;
	case OP_PGE:
	case OP_PCIDE:
	case OP_WP:
	case OP_SMEP:
	case OP_SMAP:
	case OP_NXE:
	case OP_MSR_EXIT: step.arg = (uint16_t)below(g, 2); break;
	case OP_PF_EXIT: step.arg = (uint16_t)below(g, 3); break;
	case OP_HV: step.arg = g->checked.now.no_hv[g->position.cpu]; break;
	case OP_ENTER_FAILING: step.type = (uint8_t)below(g, NR_FAILING); break;
	case OP_TAG: step.tag = tag_of(g); break;
	case OP_L2CR3:
		step.root = next_root(g, position_vm(&g->position)->root);
		step.pcid = pcid_of(g);
		break;
	case OP_NROOT:
		draw_nested_root(g, &step);
		step.root = next_root(g, step.root);
		if (chance(g, 10)) {
			step.root = ROOT_NONE;
			step.arg = 0;
		}
		break;
	case OP_VMFUNC: draw_nested_root(g, &step); break;
	case OP_TLBCTL: step.type = (const uint8_t[]){1, 3, 7, 7}[below(g, 4)]; break;
	case OP_INVLPGA: step.tag = chance(g, 20) ? 0 : tag_of(g); break;
	case OP_INVVPID:
		step.type = (const uint8_t[]){0, 1, 2, 3, 3}[below(g, 5)];
		step.tag = step.type == 2 ? 0 : tag_of(g);
		if (step.type != 2 && !step.tag)
			step.tag = 1; /* INVVPID takes no other */
		break;
	case OP_INVEPT:
		step.type = (uint8_t)(1 + below(g, 2));
		if (step.type == 1)
			draw_nested_root(g, &step);
		else
			step.root = (struct root){0};
		break;
	case OP_VM: step.arg = !position_here(&g->position)->vm; break;
	case OP_PV_FLUSH:
	case OP_INIT:
	case OP_CPU: step.arg = (uint16_t)other_cpu(g); break;
	case OP_STEAL:
	case OP_STOLEN:
	case OP_LOGGED: step.frame[0] = frame_of(g); break;
	case OP_PCPU: step.arg = (uint16_t)below(g, 2); break;
	case OP_HOST: draw_event(g, &step); break;
	default: break;
	}
	if (op != OP_INVLPG && op != OP_INVLPGA && !(op == OP_INVPCID && !step.type) &&
	    !(op == OP_INVVPID && !step.type))
		step.window = 0;
	if ((op == OP_INVLPG || op == OP_CR3) && is_on(g, FEATURE(FEP)) && chance(g, 25))
		step.way = WAY_FEP;
	if ((verbs[op].flags & BY_UNPAGED) && is_on(g, FEATURE(CYCLE)) && chance(g, 25))
		step.way = WAY_UNPAGED;
	return step;
}

struct step draw_flush(struct generator *g)
{
	static const struct choice own[] = {
		{OP_INVLPG, 5, FEATURE(INVLPG)},
		{OP_CR3, 4, FEATURE(CR3) | FEATURE(ROOTS)},
		{OP_PGE, 3, FEATURE(PGE)},
		{OP_INVPCID, 6, FEATURE(INVPCID)},
		{OP_PCIDE, 2, FEATURE(PCID)},
		{OP_SMEP, 3, FEATURE(SMEP)},
		{OP_PG_CYCLE, 3, FEATURE(CYCLE)},
		{OP_PAE_CYCLE, 6, FEATURE(CYCLE)},
		{OP_VMFUNC, 14, FEATURE(VMFUNC)},
		{OP_CR3, 6, FEATURE(PCID)},
		{OP_CR3, 1, 0},
	};
	static const struct choice given[] = {
		{OP_TAG, 4, FEATURE(TAGS)},
		{OP_TLBCTL, 8, FEATURE(TLBCTL)},
		{OP_INVLPGA, 4, FEATURE(INVLPGA)},
		{OP_INVVPID, 14, FEATURE(INVVPID)},
		{OP_INVEPT, 14, FEATURE(INVEPT)},
		{OP_PV_FLUSH, 6, FEATURE(PV)},
		{OP_INIT, 3, FEATURE(CPUS)},
		{OP_VMX_CYCLE, 1, FEATURE(HV)},
		{OP_ENTER_PENDING, 2, FEATURE(PENDING)},
		{OP_ENTER_HALTED, 1, FEATURE(PENDING)},
		{OP_ENTER_FAILING, 2, FEATURE(FAILING)},
		{OP_INVLPG, 1, 0},
	};
	const bool in_l2 = position_in_l2(&g->position);
	struct step step =
		arguments(g, !in_l2 && chance(g, 65) ? CHOOSE(g, given) : CHOOSE(g, own));

	step.irq = in_l2 && (verbs[step.op].flags & CAN_IRQ) && is_on(g, FEATURE(IRQ)) &&
		   chance(g, 25);
	return step;
}

/* ---- moves ---- */

struct step draw_move(struct generator *g)
{
	static const struct choice in_l1[] = {
		{OP_ENTER, 28, 0},
		{OP_CR3, 4, FEATURE(ROOTS)},
		{OP_CR3, 8, FEATURE(PCID)},
		{OP_NROOT, 12, FEATURE(NROOTS)},
		{OP_NROOT, 1, FEATURE(NESTED)},
		{OP_L2CR3, 6, FEATURE(ROOTS)},
		{OP_TAG, 3, FEATURE(TAGS) | FEATURE(UNTAGGED)},
		{OP_VM, 4, FEATURE(VMS)},
		{OP_CPU, 5, FEATURE(CPUS)},
		{OP_CLEAN, 3, FEATURE(CLEAN)},
		{OP_MSR_EXIT, 2, FEATURE(MSR)},
		{OP_PF_EXIT, 2, FEATURE(PF_EXIT)},
		{OP_HV, 5, FEATURE(HV)},
		{OP_PCIDE, 2, FEATURE(PCID)},
		{OP_WP, 2, FEATURE(WP)},
		{OP_SMAP, 2, FEATURE(SMAP)},
		{OP_NXE, 2, FEATURE(NXE)},
		{OP_ENTER_PENDING, 2, FEATURE(PENDING)},
		{OP_STEAL, 1, FEATURE(HOST)},
		{OP_STOLEN, 2, FEATURE(HOST)},
		{OP_HOST, 10, FEATURE(HOST)},
		{OP_LOGGED, 2, FEATURE(HOST)},
		{OP_SMI, 2, FEATURE(SMM)},
		{OP_PCPU, 5, FEATURE(PCPUS)},
	};
	static const struct choice in_l2[] = {
		{OP_EXIT, 14, 0},
		{OP_CR3, 4, FEATURE(ROOTS)},
		{OP_CR3, 8, FEATURE(PCID)},
		{OP_VMFUNC, 6, FEATURE(VMFUNC)},
		{OP_CPU, 4, FEATURE(CPUS)},
		{OP_RDMSR, 3, FEATURE(MSR)},
		{OP_PCIDE, 2, FEATURE(PCID)},
		{OP_WP, 2, FEATURE(WP)},
		{OP_SMAP, 2, FEATURE(SMAP)},
		{OP_NXE, 1, FEATURE(NXE)},
		{OP_HOST, 10, FEATURE(HOST)},
		{OP_LOGGED, 2, FEATURE(HOST)},
		{OP_SMI, 2, FEATURE(SMM)},
		{OP_PCPU, 5, FEATURE(PCPUS)},
	};
	static const struct choice in_smm[] = {{OP_RSM, 2, 0}, {OP_HOST, 1, 0}};

	if (position_here(&g->position)->in_smm)
		return arguments(g, CHOOSE(g, in_smm));
	return arguments(g, position_in_l2(&g->position) ? CHOOSE(g, in_l2) : CHOOSE(g, in_l1));
}

/* ---- the header ---- */

unsigned draw_header(struct generator *g, struct step steps[2])
{
	static const struct {
		uint8_t percent, op, mode;
		bool nested_pae;
	} headers[] = {
		{8, OP_L2MODE, MODE_PAE, false},     {8, OP_L2MODE, MODE_32, false},
		{5, OP_L2MODE, MODE_UNPAGED, false}, {7, OP_L2MODE, MODE_LA57, false},
		{6, OP_BARE, MODE_PAE, false},	     {6, OP_BARE, MODE_32, false},
		{3, OP_L2MODE, MODE_PAE, true},	     {2, OP_L2MODE, MODE_32, true},
	};
	unsigned r = below(g, 100);

	if (g->wanted != MODE_LONG && chance(g, 75)) {
		steps[0] =
			(struct step){.op = chance(g, 50) ? OP_BARE : OP_L2MODE, .arg = g->wanted};
		return 1;
	}
	for (unsigned i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		if (r < headers[i].percent) {
			steps[0] = (struct step){.op = headers[i].op, .arg = headers[i].mode};
			steps[1] = (struct step){.op = OP_NMODE, .arg = MODE_PAE};
			return 1 + headers[i].nested_pae;
		}
		r -= headers[i].percent;
	}
	return 0;
}
