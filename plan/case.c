/* SPDX-License-Identifier: MIT */
#include "plan/case.h"

#include "boot/bootinfo.h"
#include "kernel/memory.h"

extern const char __scenarios_start[], __scenarios_end[]; /* scenarios/text.S */

static struct scenarios set;

static void *array(size_t size)
{
	return memory_reserve(set.room * size, 16);
}

bool cases_read(struct scenarios_error *error)
{
	const struct slice own = {__scenarios_start, __scenarios_end};
	const struct slice given = {(const char *)boot_info.module,
				    (const char *)boot_info.module + boot_info.module_size};

	set = (struct scenarios){.room = scenarios_room(own) + scenarios_room(given)};
	set.definition = array(sizeof(*set.definition));
	set.scenario = array(sizeof(*set.scenario));
	set.known = array(sizeof(*set.known));
	set.avoid = array(sizeof(*set.avoid));
	if (!scenarios_read(&set, own, error))
		return false;
	if (!boot_info.module_size)
		return true;
	/* what families share stays */
	set.nr_scenarios = set.nr_known = 0;
	return scenarios_read(&set, given, error) && scenarios_check(&set, error);
}

bool case_next(struct case_ref *c)
{
	if (!scenarios_next(&set, &c->of))
		return false;
	scenarios_print(&set, &c->of, PART_NAME, c->name, sizeof(c->name));
	return true;
}

const char *case_text(const struct case_ref *c, enum scenario_part part)
{
	static char *text;
	static size_t room;
	size_t size = scenarios_print(&set, &c->of, part, text, room) + 1;

	if (size > room) {
		/* memory is never given back: by doubling, no more than twice what is needed is
		 * lost */
		room = size > 2 * room ? size : 2 * room;
		text = memory_reserve(room, 1);
		scenarios_print(&set, &c->of, part, text, room);
	}
	return text;
}

/* ---- what is known ---- */

static bool parameter_is(struct slice value, struct slice wanted)
{
	return slice_equal(value, wanted) || (slice_is(wanted, "1") && slice_is(value, "Y")) ||
	       (slice_is(wanted, "0") && slice_is(value, "N"));
}

/* "ept=1" of a host "kvm,6.12.0,ept=Y". A parameter that it does not name is at its default: 1. */
static bool host_is(const char *host, struct slice wanted)
{
	struct slice name = slice_cut(&wanted, '='), words = slice_of(host);

	while (words.start < words.end) {
		struct slice value = slice_cut(&words, ',');

		if (slice_equal(slice_cut(&value, '='), name))
			return parameter_is(value, wanted);
	}
	return slice_is(wanted, "1");
}

/* What is known is of KVM; `lab,…` and `kvm,…` are such hosts. */
static bool is_of(enum vendor of, struct slice wanted, enum vendor vendor, const char *host)
{
	struct slice words = slice_of(host), kind = slice_cut(&words, ',');

	if (of != vendor || !(slice_is(kind, "kvm") || slice_is(kind, "lab")))
		return false;
	while (wanted.start < wanted.end)
		if (!host_is(host, slice_word(&wanted)))
			return false;
	return true;
}

const struct known *case_known(const struct case_ref *c, enum vendor vendor, const char *host,
			       const char *verdict, char *reason, size_t size)
{
	for (unsigned i = 0; i < set.nr_known; i++) {
		const struct known *known = &set.known[i];

		if (known->scenario != c->of.scenario ||
		    !is_of(known->vendor, known->host, vendor, host) ||
		    (verdict && !slice_is(known->verdict, verdict)))
			continue;
		scenarios_print_text(&set, &c->of, known->reason, reason, size);
		return known;
	}
	return NULL;
}

features cases_avoided(enum vendor vendor, const char *host)
{
	features avoided = 0;

	for (unsigned i = 0; i < set.nr_avoid; i++) {
		struct slice names = set.avoid[i].features;

		if (!is_of(set.avoid[i].vendor, set.avoid[i].host, vendor, host))
			continue;
		while (names.start < names.end) {
			const struct slice name = slice_word(&names);
			const enum feature f = feature_named(name.start, slice_length(name));

			if (f != NR_FEATURES)
				avoided |= (features)1 << f;
		}
	}
	return avoided;
}

bool glob_match(const char *glob, const char *text)
{
	const char *star = NULL, *retry = NULL;

	while (*text) {
		if (*glob == '*') {
			star = ++glob;
			retry = text;
		} else if (*glob == '?' || *glob == *text) {
			glob++;
			text++;
		} else if (star) {
			glob = star;
			text = ++retry;
		} else {
			return false;
		}
	}
	while (*glob == '*')
		glob++;
	return !*glob;
}

bool filter_match(const char *filter, const char *name)
{
	bool positive = false, chosen = false;

	while (*filter) {
		char glob[96];
		bool negative = *filter == '!';
		size_t n = 0;

		filter += negative;
		while (*filter && *filter != ',') {
			if (n < sizeof(glob) - 1)
				glob[n++] = *filter;
			filter++;
		}
		glob[n] = '\0';
		filter += *filter == ',';
		if (negative && glob_match(glob, name))
			return false;
		positive |= !negative;
		chosen |= !negative && glob_match(glob, name);
	}
	return chosen || !positive;
}
