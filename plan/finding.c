/* SPDX-License-Identifier: MIT */
#include "plan/finding.h"

#include "kernel/console.h"
#include "kernel/memory.h"
#include "lib/string.h"

struct retention retention[RETENTION_ROWS][NR_SPACES];

static struct oracle *oracle;
static enum vendor judge_vendor;

static struct position position;

void judge_init(enum vendor vendor)
{
	judge_vendor = vendor;
	oracle = memory_alloc(oracle_size(), 64);
}

static void count_retention(const struct look *look, bool retained)
{
	if (look->legal == look->current)
		return;
	for (unsigned row = 0; row < RETENTION_ROWS; row++) {
		if (row == NR_EVENTS ? look->events : !(look->events & 1ull << row))
			continue;
		retention[row][look->space].tries++;
		retention[row][look->space].hits += retained;
	}
}

/* ---- one line about it ---- */

static size_t append(char *text, size_t size, size_t n, const char *word)
{
	if (n >= size)
		return n;
	return n + (size_t)snprintk(text + n, size - n, "%s%s", n ? " " : "", word);
}

static void results_text(uint32_t results, char *text, size_t size)
{
	static const struct {
		uint32_t result;
		const char *word;
	} words[] = {
		{RESULT_PF, "page-fault"},
		{RESULT_NPF, "nested-fault"},
		{RESULT_WILD, "no-frame"},
		{RESULT_BITS << 0, "a=0,d=0"},
		{RESULT_BITS << 1, "a=1,d=0"},
		{RESULT_BITS << 2, "a=0,d=1"},
		{RESULT_BITS << 3, "a=1,d=1"},
		{RESULT_DIRECT, "no-exit"},
		{RESULT_EXIT, "exit"},
		{RESULT_ZERO, "zeros"},
		{RESULT_GONE, "a-page-taken-away"},
		{RESULT_LOGGED, "logged"},
		{RESULT_UNLOGGED, "not-logged"},
		{RESULT_WRITTEN, "written"},
		{RESULT_UNWRITTEN, "not-written"},
	};
	size_t n = 0;

	text[0] = '\0';
	for (unsigned nr = 0; nr < NR_FRAMES; nr++)
		if (results & RESULT_FRAME(nr))
			n = append(text, size, n, (char[2]){frame_letter(nr), '\0'});
	for (unsigned i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (results & words[i].result)
			n = append(text, size, n, words[i].word);
}

void finding_text(const struct finding *f, char *text, size_t size)
{
	char seen[48], legal[80];

	results_text(f->seen.result, seen, sizeof(seen));
	results_text(f->look.legal, legal, sizeof(legal));
	snprintk(text, size, "saw %s, legal: %s", seen, legal);
}

static enum verdict verdict_of(enum judgement judgement)
{
	switch (judgement) {
	case JUDGED_STALE: return VERDICT_STALE;
	case JUDGED_LEAK: return VERDICT_LEAK;
	case JUDGED_WILD: return VERDICT_WILD;
	default: return VERDICT_PASS;
	}
}

/* One more thing that is wrong with a run: the most severe is its verdict, and what else there is
 * is told behind it. */
static void add(struct finding *f, enum verdict verdict, const char *what)
{
	const size_t length = strlen(f->text);

	if (verdict < f->verdict) {
		snprintk(f->text + length, sizeof(f->text) - length, "; then %s: %s",
			 verdict_name(verdict), what);
		return;
	}
	f->verdict = verdict;
	snprintk(f->text, sizeof(f->text), "%s", what);
}

/* ---- judging ---- */

static void judge_look(const struct program *program, const struct step *step,
		       const struct look *look, const struct seen *seen, struct finding *f)
{
	enum judgement judgement = oracle_judge(oracle, step, look, seen->result);
	char text[128];

	if (judgement == JUDGED_CURRENT || judgement == JUDGED_RETAINED) {
		f->retained |= judgement == JUDGED_RETAINED;
		count_retention(look, judgement == JUDGED_RETAINED);
		return;
	}
	f->wrong = true;
	f->step = step;
	f->step_nr = (unsigned)(step - program->step) + 1;
	f->position = position;
	f->look = *look;
	f->seen = *seen;
	finding_text(f, text, sizeof(text));
	add(f, verdict_of(judgement), text);
}

/* Goes through the steps with the oracle, as far as the run went. Returns why that makes no sense,
 * or NULL. */
static const char *judge_steps(const struct program *program, bool without_flushes,
			       const struct run *run, struct finding *f)
{
	struct program_cursor cursor = {0};
	const bool stopped = run->crashed || run->refused;
	const struct step *step;
	unsigned looks = 0;

	while (!f->wrong && (step = program_next(program, &cursor, without_flushes))) {
		struct look look = {0};
		const char *why = NULL;

		if (stopped && op_is_look(step->op) && looks == run->nr_seen)
			return NULL;
		if (!oracle_step(oracle, step, &look, &why))
			return why;
		if (op_is_look(step->op)) {
			if (!without_flushes && !oracle_agrees(step, &look))
				return "the oracle does not agree with the author's expectation";
			if (looks == run->nr_seen)
				return "the run has fewer looks than its program";
			judge_look(program, step, &look, &run->seen[looks++], f);
		}
		position_follow(&position, step);
	}
	return !f->wrong && looks < run->nr_seen ? "the run has more looks than its program" : NULL;
}

void judge(const struct program *program, bool without_flushes, const struct run *run,
	   struct finding *f)
{
	const char *why;

	*f = (struct finding){0};
	oracle_start(oracle, judge_vendor, program_cpus(program));
	position_start(&position, program_header(program));
	why = judge_steps(program, without_flushes, run, f);
	if (why)
		add(f, oracle_is_full(oracle) ? VERDICT_SKIP : VERDICT_ERROR, why);
	if (why && !oracle_is_full(oracle))
		return; /* what comes of a program that makes no sense says nothing of the host */
	if (run->crashed)
		add(f, VERDICT_CRASH, run->why);
	else if (run->refused)
		add(f, run->lacking ? VERDICT_SKIP : VERDICT_ERROR, run->why);
}

bool finding_explained(const struct program *program, const struct finding *f, uint64_t events)
{
	struct program_cursor cursor = {0};
	const struct step *step;
	const char *why;

	oracle_start(oracle, judge_vendor, program_cpus(program));
	oracle_skip(oracle, events);
	while ((step = program_next(program, &cursor, false))) {
		struct look look = {0};

		if (!oracle_step(oracle, step, &look, &why))
			return false;
		if (!op_is_look(step->op))
			continue;
		if (step == &program->step[f->step_nr - 1] && (look.legal & f->seen.result))
			return true;
		oracle_judge(oracle, step, &look, look.current);
	}
	return false;
}
