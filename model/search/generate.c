/* SPDX-License-Identifier: MIT */
#include "model/search/generate.h"

#include "model/lang/host_events.h"
#include "model/lang/parse.h"
#include "model/lang/verbs.h"
#include "model/search/draw.h"
#include "model/search/left_out.h"
#include "model/search/swarm.h"

/* freestanding: the image and the host both have them */
void *memset(void *s, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);

enum {
	FRAMES = (1 << NR_FRAMES) - 1,
	SHORTEST = 8, /* steps, and up to LONGER more */
	LONGER = 26,
	LONGEST_STAY = 12, /* steps in one stay in L2: its mailbox holds a few more */
	PROPOSALS = 8,	   /* tried at a time, before another idea gets its turn */
	WATCH = 14,	   /* steps in which it should show what a flush has killed */
	TRY = 5,	   /* … what a change of rights has done, and the host has not */
};

/* ---- what may come next ---- */

/* Room for the exits that would end the program now. */
enum { CLOSING = 2 * NR_CPUS + 1 };

static void push(struct program *p, struct step step)
{
	p->step[p->nr_steps++] = step;
}

/* Ends the program in L1 on every vCPU, with SVM or VMX on. */
static void close_program(struct program *p, const struct state *now)
{
	const struct position *at = &now->at;
	unsigned cpu = at->cpu;

	for (unsigned i = 0; i < NR_CPUS; i++) {
		/* the one that runs first */
		const unsigned nr = (at->cpu + i) % NR_CPUS;

		if (nr == at->cpu && at->cpus[nr].in_smm)
			push(p, (struct step){.op = OP_RSM});
		if (!at->cpus[nr].in_l2 && !now->no_hv[nr])
			continue;
		if (nr != cpu)
			push(p, (struct step){.op = OP_CPU, .arg = (uint16_t)nr});
		cpu = nr;
		push(p, at->cpus[nr].in_l2 ? (struct step){.op = OP_EXIT}
					   : (struct step){.op = OP_HV, .arg = 1});
	}
}

/*
 * Has the host what the program needs with one step more? In 64-bit modes that is what its steps
 * need, but for SMIs.
 */
static bool has_needs(const struct generator *g, const struct program *p)
{
	const struct program last = {.nr_steps = 1, .step = &p->step[p->nr_steps - 1]};
	const bool by_step =
		mode_is_64bit(g->header.l2) && !g->header.bare &&
		(caps_have(&g->caps, CAP_SMI_IN_L2) || !is_on(g, FEATURE(SMM) | FEATURE(HOST)));
	const struct caps needs = program_needs(by_step ? &last : p);

	return caps_missing(&needs, &g->caps) == NR_CAPS;
}

/* Do the steps from that one on make a program that ends? Writes the exits behind them. */
static bool is_sound(const struct generator *g, unsigned first)
{
	struct program *p = g->program;
	struct check check = g->checked;
	unsigned i = first;

	for (; i < p->nr_steps; i++)
		if (!check_step(&check, &p->step[i]))
			return false;
	close_program(p, &check.now);
	for (; i < p->nr_steps; i++)
		if (!check_step(&check, &p->step[i]))
			return false;
	return check_end(&check, &p->step[i - 1]);
}

/* Twice in a row it does what it did. */
static bool is_again(const struct program *p, const struct step *step)
{
	return p->nr_steps && !op_is_look(step->op) &&
	       !memcmp(&p->step[p->nr_steps - 1], step, sizeof(*step));
}

static bool is_allowed(struct generator *g, struct step step)
{
	struct program *p = g->program;
	const unsigned length = p->nr_steps;
	bool ok;

	if (step_is_left_out(g, &step) || is_again(p, &step) || length + 1 + CLOSING > p->room)
		return false;
	push(p, step);
	ok = has_needs(g, p) && is_sound(g, length);
	p->nr_steps = length;
	return ok;
}

/* Carries the step out on the trial copy. False: it has no meaning there. */
static bool try_step(struct generator *g, const struct step *step, struct look *look)
{
	const char *why;

	oracle_copy(g->trial, g->live);
	if (!oracle_step(g->trial, step, look, &why))
		return false;
	if (op_is_look(step->op))
		oracle_judge(g->trial, step, look, look->current);
	return !effect_is_left_out(g, step, look);
}

static void note_look(struct generator *g, const struct step *step, const struct look *look)
{
	const uint8_t window = step->window;

	if (step->op > OP_FETCH)
		return;
	if (look->legal & FRAMES) { /* what can only fault shows nothing */
		g->last[window] = (struct last_look){step->op, step->way};
		g->last_window = window;
	}
	g->dead_looks += !!(g->ever[window] & ~look->legal & FRAMES);
	g->kept_looks += look->legal != look->current;
	g->ever[window] |= look->legal;
	g->looked = true;
	for (unsigned frame = 0; frame < FRAME_DECOY; frame++)
		if (look->current & RESULT_FRAME(frame))
			g->frame = (uint8_t)frame;
}

/* A bit that was cleared is set again by an access behind a flush. */
static void look_at_bits_next(struct generator *g, const struct entry_ref *entry)
{
	g->due[0] = (struct step){.op = OP_BITS, .window = entry->window, .entry = *entry};
	g->due[1] = draw_access(g, entry->window);
	g->due[2] = (struct step){.op = NR_OPS};
	g->nr_due = 3;
}

/* What was logged, and is not any more, is logged again. */
static void look_at_log_next(struct generator *g)
{
	g->due[0] = (struct step){.op = OP_LOGGED, .frame = {g->frame}};
	g->due[1] = (struct step){.op = OP_STORE, .window = g->last_window};
	g->nr_due = 2;
}

/* Behind what the host does nothing may look different, behind a change of rights it must. */
static void note_change(struct generator *g, const struct step *step)
{
	g->untried -= !!g->untried;
	switch (step->op) {
	case OP_HOST:
	case OP_PCPU:
	case OP_STEAL:
	case OP_WP:
	case OP_SMEP:
	case OP_SMAP:
	case OP_NXE: g->untried = TRY; break;
	default: break;
	}
	if (step->op == OP_SET && (step->value.flags & (VF_NA | VF_ND)) && is_on(g, FEATURE(BITS)))
		look_at_bits_next(g, &step->entry);
	if (step->op == OP_HOST && step->arg >= HOST_LOG_ON && step->arg <= HOST_LOG_OFF)
		g->logging = step->arg != HOST_LOG_OFF;
	if (step->op == OP_HOST && step->arg == HOST_LOG_CLEAR)
		look_at_log_next(g);
}

/* Carries the step out where the last flush was left out. A look that shows the difference ends it.
 */
static void watch(struct generator *g, const struct step *step, const struct look *look)
{
	struct look other = {0};
	const char *why;

	if (!g->watching)
		return;
	g->watching--;
	if (!oracle_step(g->unflushed, step, &other, &why))
		g->watching = 0;
	else if (op_is_look(step->op)) {
		oracle_judge(g->unflushed, step, &other, look->current);
		if (other.legal & ~look->legal)
			g->watching = 0;
	}
}

/* The step that is on trial becomes one of the program. */
static void keep_step(struct generator *g, const struct step *step, const struct look *look)
{
	struct oracle *live = g->live;

	g->live = g->trial;
	g->trial = live;
	push(g->program, *step);
	if (op_is_look(step->op))
		note_look(g, step, look);
	note_change(g, step);
	watch(g, step, look);
	left_out_follow(g, step, look);
	if (step->op == OP_CR3)
		g->left[position_in_l2(&g->position)] =
			(struct left_context){position_root(&g->position), running_modes(g)->pcid};
	position_follow(&g->position, step);
	check_step(&g->checked, &g->program->step[g->program->nr_steps - 1]);
	g->stays = position_in_l2(&g->position) ? (uint8_t)(g->stays + 1) : 0;
}

static bool add(struct generator *g, struct step step)
{
	struct look look = {0};

	if (!is_allowed(g, step) || !try_step(g, &step, &look))
		return false;
	keep_step(g, &step, &look);
	return true;
}

/* ---- ideas ---- */

/* The windows at which one could see now that the last flush was left out. */
static unsigned windows_that_differ(const struct generator *g, struct oracle *flushed,
				    struct oracle *unflushed)
{
	unsigned telling = 0;

	for (unsigned w = 0; w < g->windows; w++)
		if (oracle_frames(unflushed, w) & ~oracle_frames(flushed, w))
			telling |= 1u << w;
	return telling;
}

/* The same behind that step. Spoils the trial and the scout. */
static unsigned telling_behind(struct generator *g, const struct step *step)
{
	const char *why;

	oracle_copy(g->trial, g->live);
	oracle_copy(g->scout, g->unflushed);
	if (!oracle_step(g->trial, step, &(struct look){0}, &why) ||
	    !oracle_step(g->scout, step, &(struct look){0}, &why))
		return 0;
	return windows_that_differ(g, g->trial, g->scout);
}

static bool look_at(struct generator *g, unsigned windows)
{
	for (unsigned i = 0; i < PROPOSALS; i++) {
		const unsigned w = random_below(&g->random, g->windows);

		if ((windows >> w & 1) && add(g, draw_look(g, w)))
			return true;
	}
	return false;
}

static bool rewrite(struct generator *g)
{
	for (unsigned i = 0; i < PROPOSALS; i++)
		if (add(g, draw_set(g)))
			return true;
	return false;
}

/* A rewrite that leaves something that may be cached out of date. */
static bool outdate(struct generator *g)
{
	const unsigned before = oracle_outdated(g->live);

	for (unsigned i = 0; i < PROPOSALS; i++) {
		const struct step step = draw_set(g);
		struct look look = {0};

		if (!is_allowed(g, step) || !try_step(g, &step, &look) ||
		    (oracle_outdated(g->trial) <= before && i < PROPOSALS - 1))
			continue;
		keep_step(g, &step, &look);
		return true;
	}
	return false;
}

static bool move(struct generator *g)
{
	for (unsigned i = 0; i < PROPOSALS; i++)
		if (add(g, draw_move(g)))
			return true;
	return false;
}

/* Goes where it shows what the last flush has killed, if one move leads there. */
static bool move_there(struct generator *g)
{
	for (unsigned i = 0; i < PROPOSALS; i++) {
		const struct step step = draw_move(g);

		if (is_allowed(g, step) && telling_behind(g, &step))
			return add(g, step);
	}
	return false;
}

/* No move shows it: sooner or later that is not worth more of them. */
static bool give_up(struct generator *g)
{
	if (random_chance(&g->random, 60))
		return false;
	g->watching = 0;
	return true;
}

/* It acts at the next entry only. */
static bool is_for_later(enum op op)
{
	return op == OP_TLBCTL || op == OP_TAG;
}

/* A flush, most often one that kills something outdated. What it was is watched for from then on.
 */
static bool flush(struct generator *g)
{
	const bool must_kill = random_chance(&g->random, 65);
	/* a fault drops what it came from (Intel) */
	const bool by_fault = is_on(g, FEATURE(RO) | FEATURE(NONE) | FEATURE(NX)) &&
			      random_chance(&g->random, 40);
	const unsigned before = oracle_outdated(g->live);

	for (unsigned i = 0; i < PROPOSALS; i++) {
		const struct step step =
			by_fault ? draw_access(g, random_below(&g->random, g->windows))
				 : draw_flush(g);
		struct look look = {0};
		bool kills;

		if (!is_allowed(g, step) || !try_step(g, &step, &look))
			continue;
		kills = is_for_later(step.op) || oracle_outdated(g->trial) < before;
		if (by_fault && (look.legal & FRAMES))
			continue;
		if (must_kill && !kills && i < PROPOSALS - 1)
			continue;
		if (kills) {
			g->watching = 0;
			oracle_copy(g->unflushed, g->live);
		}
		keep_step(g, &step, &look);
		if (kills)
			g->watching = WATCH;
		if (step.irq) /* what is left of it is the exit */
			g->watching = 0;
		return true;
	}
	return false;
}

/* Maps a window for whoever runs, so that a look finds a frame behind it. */
static bool map_here(struct generator *g, unsigned window)
{
	const bool nested = position_in_l2(&g->position) &&
			    position_vm(&g->position)->nested_root.space == SPACE_N;
	bool any = g->header.l2 != MODE_UNPAGED &&
		   add(g, draw_leaf_of(g, position_root(&g->position), window));

	if (nested)
		any |= add(g, draw_leaf_of(g, position_vm(&g->position)->nested_root, window));
	return any;
}

/* A window through which nothing has been seen yet: map it, and look. */
static bool seed(struct generator *g)
{
	const unsigned window = random_below(&g->random, g->windows);

	if (random_chance(&g->random, 70))
		return map_here(g, window) && look_at(g, 1u << window);
	return rewrite(g) && random_chance(&g->random, 70) && look_at(g, ~0u);
}

static void do_what_is_due(struct generator *g)
{
	const struct step *due = &g->due[--g->nr_due];

	if (due->op == NR_OPS)
		flush(g);
	else if (!add(g, *due)) /* it is another level's */
		move(g);
}

/* One idea for the program as it stands. */
static void go_on(struct generator *g)
{
	const unsigned telling = g->watching ? windows_that_differ(g, g->live, g->unflushed) : 0;
	const unsigned r = random_below(&g->random, 100);

	/* most of what PCIDs can do takes that they are on */
	if (is_on(g, FEATURE(PCID)) && !running_modes(g)->pcide && random_chance(&g->random, 25) &&
	    add(g, (struct step){.op = OP_PCIDE, .arg = 1}))
		return;
	if (position_in_l2(&g->position) && g->stays >= LONGEST_STAY)
		add(g, (struct step){.op = OP_EXIT});
	else if (telling && r < 75)
		look_at(g, telling);
	else if (g->watching && !telling && r < 70)
		(void)(move_there(g) || give_up(g) || move(g));
	else if (g->nr_due && r < 65)
		do_what_is_due(g);
	else if (g->untried && r < 75)
		(void)(r < 50 ? look_at(g, ~0u) : move(g));
	else if (oracle_outdated(g->live))
		(void)(r < 50	? flush(g)
		       : r < 60 ? look_at(g, ~0u)
		       : r < 85 ? move(g)
				: rewrite(g));
	else if (g->looked && r < 40)
		outdate(g);
	else if (g->of_l2 && !position_in_l2(&g->position))
		(void)((r < 75 && add(g, (struct step){.op = OP_ENTER})) || move(g));
	else
		(void)(r < 65 ? seed(g) : r < 75 ? look_at(g, ~0u) : r < 95 ? move(g) : flush(g));
}

/* ---- a program ---- */

/* All of it, or nothing. */
static void add_header(struct generator *g)
{
	struct program *p = g->program;
	const unsigned nr = draw_header(g, p->step);
	struct caps needs;

	p->nr_steps = nr;
	g->header = program_header(p);
	check_start(&g->checked, g->header, &g->refused);
	needs = program_needs(p);
	if (!nr || (is_sound(g, 0) && caps_missing(&needs, &g->caps) == NR_CAPS))
		return;
	p->nr_steps = 0;
	g->header = program_header(p);
}

static void begin(struct generator *g, struct program *program)
{
	const char *why;

	g->program = program;
	program->nr_steps = 0;
	g->on = swarm(g);
	g->windows = is_on(g, FEATURE(WINDOWS)) ? (random_chance(&g->random, 20) ? 4 : 2) : 1;
	g->roots = is_on(g, FEATURE(ROOTS)) ? (uint8_t)(2 + random_below(&g->random, 3)) : 1;
	g->nroots = is_on(g, FEATURE(NROOTS)) ? (uint8_t)(2 + random_below(&g->random, 2)) : 1;
	g->tags = is_on(g, FEATURE(TAGS)) ? 3 : 1;
	g->of_l2 = random_chance(&g->random, 50);
	g->stays = 0;
	draw_flags(g);
	g->watching = 0;
	g->looked = g->logging = g->smm_looked = g->smm_missed = false;
	g->frame = 0;
	g->untried = g->nr_due = g->last_window = 0;
	memset(g->left, 0, sizeof(g->left));
	g->left[1].root.space = SPACE_G;
	g->dead_looks = g->kept_looks = 0;
	memset(g->ever, 0, sizeof(g->ever));
	g->left_running = g->waits = 0;
	memset(g->ran, 0, sizeof(g->ran));
	memset(g->missed, 0, sizeof(g->missed));
	memset(g->pcids, 0, sizeof(g->pcids));
	for (unsigned i = 0; i < NR_CPUS * NR_VMS; i++)
		g->given[i / NR_VMS][i % NR_VMS] =
			(struct given_cr3){.root = {SPACE_G, (uint8_t)(i % NR_VMS)}};
	for (unsigned w = 0; w < NR_WINDOWS; w++)
		g->last[w].op = NR_OPS;
	add_header(g);
	g->of_l2 &= !g->header.bare;
	check_start(&g->checked, g->header, &g->refused);
	position_start(&g->position, g->header);
	oracle_start(g->live, g->vendor, is_on(g, FEATURE(CPUS)) ? pool_of_cpus(g) : 1);
	for (unsigned i = 0; i < program->nr_steps; i++) {
		check_step(&g->checked, &program->step[i]);
		oracle_step(g->live, &program->step[i], &(struct look){0}, &why);
	}
	if (is_on(g, FEATURE(UNTAGGED)) && random_chance(&g->random, 80))
		add(g, (struct step){.op = OP_TAG});
	if (is_on(g, FEATURE(NESTED)))
		add(g, (struct step){.op = OP_NROOT, .root = {SPACE_N, 0}});
}

void generate(struct generator *g, uint64_t seed_, uint64_t nr, struct program *program)
{
	unsigned length;

	g->random = random_of(seed_, nr);
	begin(g, program);
	length = program->nr_steps + SHORTEST + random_below(&g->random, LONGER);
	/* an idea that finds nothing allowed costs a turn, too */
	for (unsigned turns = 0; program->nr_steps < length && turns < 4 * length; turns++)
		go_on(g);
	if (random_chance(&g->random, 70))
		look_at(g, ~0u);
	close_program(program, &g->checked.now);
}
