/* SPDX-License-Identifier: MIT */
/* Writes docs/oracle-rules.md from the rules themselves, to standard output. */
#include <stdio.h>

#include "model/oracle/host_rules.h"
#include "model/oracle/rules.h"

static const char head[] =
	"# The oracle's rules\n"
	"\n"
	"<!-- Made from model/oracle/rules.c by `make docs/oracle-rules.md`: do not edit. -->\n"
	"\n"
	"What each operation is obliged to drop from the caches of the CPU that runs it, as the "
	"oracle reads\n"
	"the manuals. Everything else may stay cached and may be served: both answers are legal "
	"then. Where a\n"
	"manual leaves a choice or is silent, the weaker duty stands here.\n"
	"\n"
	"- *tag*: the ASID (AMD) or VPID (Intel) that the operation runs with or is given; L1's is "
	"0.\n"
	"- *page*, *PCID*, *tag*, *all tags*: whose linear translations are dropped; on Intel "
	"combined\n"
	"  mappings are among them, of every nested root. Those of global pages only with *+ "
	"global*.\n"
	"- *upper levels*: paging-structure caches, of that scope whatever the address, or of the "
	"page.\n"
	"- *nested*: translations of guest-physical addresses; on Intel the combined mappings made "
	"from them,\n"
	"  too, whatever their tag. *Of the root*: tagged by EP4TA, bits 51:12 of the EPTP (its "
	"bit "
	"6 is no part).\n"
	"- *PDPTE registers*: in PAE mode, they are loaded from the table; *unless nested*: not "
	"under nested\n"
	"  paging.\n"
	"- Section numbers drift between editions of the manuals, titles stay: see "
	"model/oracle/rules.c.\n";

static const char how[] =
	"\n"
	"## What may be cached\n"
	"\n"
	"An entry comes into the caches as soon as a level that runs could read "
	"it (hardware may fill\n"
	"speculatively at any time) if it is present; it is copied with the "
	"permissions of its walk. A look may\n"
	"be served by any translation that may be cached, or by a walk through "
	"memory that begins at the root\n"
	"or at any upper entry that may be cached. Entries that are not present "
	"are never cached, but a PDPTE register may hold one. Accessed bits\n"
	"may be set by any walk, dirty bits only by stores that the entries in "
	"memory, or what may be cached of\n"
	"them, let through; they must be set by a look which nothing cached before "
	"their last rewrite can have\n"
	"served. With CR0.PG clear SMEP and SMAP mean nothing.\n"
	"\n"
	"## Who else has read the manuals\n"
	"\n"
	"Each vendor has a toy processor in `tests/unit/toy/`, written down from the manuals "
	"apart from these rows and\n"
	"as lazy as they allow. What it shows must be legal: 10,000 random programs a vendor in "
	"`make host-tests`,\n"
	"as many as you like with `make host-duels DUELS=1000000`. A row that is given one duty "
	"too many is found\n"
	"there; one that has too few is held by the unit tests alone, for no processor shows "
	"what is merely allowed.\n";

static const char *linear_scope(uint32_t effect)
{
	return effect & LIN_ALL	     ? "all tags"
	       : effect & LIN_TAGGED ? "all tags but 0"
	       : effect & LIN_TAG    ? "tag"
	       : effect & LIN_PCID   ? "PCID"
	       : effect & ANY_PCID   ? "page, any PCID"
	       : effect & LIN_PAGE   ? "page"
				     : NULL;
}

static const char *nested_scope(uint32_t effect, enum vendor vendor)
{
	return effect & NEST_ALL    ? "all nested"
	       : effect & NEST_TAG  ? vendor_rules[vendor].tag_covers_nested ? "nested of the tag"
									     : "nested of the root"
	       : effect & NEST_PAGE ? "nested of the page"
				    : NULL;
}

static void print_effect(const struct rule *rule, enum vendor vendor)
{
	uint32_t effect = rule->effect[vendor];
	const char *linear = linear_scope(effect), *nested = nested_scope(effect, vendor);

	if (!rule->source[vendor]) {
		printf(" | —");
		return;
	}
	printf(" | %s", effect ? "" : "nothing");
	if (linear)
		printf("%s%s%s", linear, effect & GLOBALS ? " + global" : "",
		       effect & COMBINED ? " (combined mappings only)" : "");
	if (effect & (UPPERS | UPPERS_PAGE | UPPERS_UNSHARED))
		printf(", upper levels%s", effect & UPPERS	  ? ""
					   : effect & UPPERS_PAGE ? " of the page"
								  : " where nothing was global");
	if (nested)
		printf("%s%s", linear ? ", " : "", nested);
	if (effect & (PDPTES | PDPTES_FLAT))
		printf("%sPDPTE registers%s", linear || nested ? ", " : "",
		       effect & PDPTES ? "" : " (unless nested)");
}

static void print_rules(void)
{
	printf("\n## Operations\n\n| operation | AMD drops | Intel drops | AMD's source | Intel's "
	       "source |\n"
	       "|---|---|---|---|---|\n");
	for (unsigned ev = 0; ev < NR_EVENTS; ev++) {
		printf("| %s", rules[ev].name);
		print_effect(&rules[ev], VENDOR_AMD);
		print_effect(&rules[ev], VENDOR_INTEL);
		for (unsigned v = 0; v < NR_VENDORS; v++)
			printf(" | %s", rules[ev].source[v] ? rules[ev].source[v] : "—");
		printf(" |\n");
	}
}

static void print_difference(const char *what, bool amd, bool intel)
{
	printf("| %s | %s | %s |\n", what, amd ? "yes" : "no", intel ? "yes" : "no");
}
#define DIFFERENCE(what, field) \
	print_difference(what, vendor_rules[VENDOR_AMD].field, vendor_rules[VENDOR_INTEL].field)

static void print_differences(void)
{
	printf("\n## Where the vendors' caches differ\n\n| | AMD | Intel |\n|---|---|---|\n");
	DIFFERENCE("the tag covers nested translations (else the nested root, EP4TA, does)",
		   tag_covers_nested);
	DIFFERENCE("linear to guest-physical may be cached apart from the nested half",
		   caches_guest_leaf);
	DIFFERENCE("a fault may come from a cached entry, without a new walk", spurious_fault);
	DIFFERENCE("L2 may run with tag 0, sharing L1's", untagged_l2);
	DIFFERENCE("nested accessed and dirty bits are set only below a root that asks for them",
		   nested_bits_optional);
	DIFFERENCE("PDPTEs of PAE mode under nested paging are read by walks (else they are "
		   "registers)",
		   nested_pdptes_in_memory);
	DIFFERENCE("L2 has an EFER of its own, and L1's decides whether NX is reserved in nested "
		   "tables (else L2 has L1's)",
		   l2_has_own_efer);
	DIFFERENCE("where they are registers, another CPU may read them on demand and cache them",
		   caches_pdptes);
	printf("| source | %s | %s |\n", vendor_rules[VENDOR_AMD].source,
	       vendor_rules[VENDOR_INTEL].source);
}

/* What an entry must share with a look to serve it. */
static void print_tags(void)
{
	const char *nested[NR_VENDORS], *combined[NR_VENDORS];

	for (unsigned v = 0; v < NR_VENDORS; v++) {
		bool by_tag = vendor_rules[v].tag_covers_nested;

		nested[v] = by_tag ? "ASID" : "EP4TA";
		combined[v] = by_tag ? "ASID and PCID" : "VPID, PCID and EP4TA";
	}
	printf("\n## What tags what\n\n| translation | AMD | Intel |\n|---|---|---|\n");
	printf("| linear, without nested paging (Intel: linear mappings) | ASID and PCID | VPID "
	       "and "
	       "PCID |\n");
	printf("| linear, under nested paging (Intel: combined mappings) | %s | %s |\n",
	       combined[VENDOR_AMD], combined[VENDOR_INTEL]);
	printf("| nested (Intel: guest-physical mappings) | %s | %s |\n", nested[VENDOR_AMD],
	       nested[VENDOR_INTEL]);
}

/* What the host does below the VM. */
static void print_host(void)
{
	static const char *const effects[] = {
		[HOST_NOTHING] = "what they saw before",
		[HOST_ZEROS] = "zeros, until somebody writes",
		[HOST_EXCHANGED] = "each frame as the other was",
		[HOST_GONE] = "page M",
		[HOST_THERE] = "memory, with what was in it",
		[HOST_READ_ONLY] = "the same; stores go nowhere",
		[HOST_ELSEWHERE] = "page M, and the frame at page M",
		[HOST_LOG_BEGUN] = "the same; every store from here on is in the log",
		[HOST_LOG_CLEARED] = "the same; what was in the log is not any more",
		[HOST_LOG_ENDED] = "the same",
	};

	printf("\n## What the host does below the VM\n\nTo the guest nothing has happened: no "
	       "flush is needed, and nothing that may be cached tells of it.\nSo every later look, "
	       "of every level on every CPU, must see the new truth.\n\n"
	       "| host | looks see | the host's own word |\n|---|---|---|\n");
	for (unsigned nr = 0; nr < NR_HOST_EVENTS; nr++) {
		const struct host_verb *verb = &host_verbs[nr];

		printf("| %s%s%s | %s | %s |\n", verb->name, verb->what ? " " : "",
		       verb->what ? verb->what : "", effects[host_rules[nr].effect],
		       host_rules[nr].source);
	}
}

int main(void)
{
	printf("%s", head);
	print_tags();
	print_rules();
	print_differences();
	print_host();
	printf("%s", how);
	return 0;
}
