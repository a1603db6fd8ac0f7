/* SPDX-License-Identifier: MIT */
#include "exec/real_world.h"

#include "guests/pdptes.h"
#include "kernel/console.h"
#include "kernel/memory.h"
#include "kernel/paging.h"
#include "kernel/power.h"
#include "lib/cpuid.h"
#include "lib/hole.h"
#include "lib/page.h"
#include "lib/string.h"
#include "model/lang/host_events.h"
#include "model/oracle/oracle.h"

#define KIB 1024ull
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

/*
 * Frames lie 2 MiB apart at the same offset, and every window of 64-bit modes has the low 30 bits
 * of frame A's address: so a leaf of 4 KiB, of 2 MiB (any frame) or of 1 GiB (frame A) makes a
 * window show the frame itself; but a large one a window with the second place of its PT the page
 * beside it, of the same name. Windows of 32-bit modes have the low 21 bits; a leaf of 4 MiB shows
 * another page of the frame's name, a twin, of which there is one for each half.
 */
#define FRAME_SPACING (2 * MIB)
#define TWIN_SIZE     (4 * MIB)
#define FRAME_OFFSET  (0xb0 * PAGE_SIZE)
#define WINDOW_LOW    (GIB - 1)
#define WINDOW_LOW_32 (2 * MIB - 1)

/* Where all of this, the image and its data lie: linear is physical there in 32-bit modes. */
#define LOW (512 * MIB)

/*
 * Where in its page a PAE root has its 32 bytes: CR3 names them, but with CR4.PAE clear it names
 * the page, which then is a PD. Linear addresses that these entries would map are used by nobody.
 */
#define PDPT_OFFSET 0xfe0

#define POOL_PAGES  2048 /* table pages; the largest program takes NR_TABLES of them */
#define ENTRIES	    512

/* PML4 slots of linear windows: 64 … 191, taken in turn by programs. */
#define SLOT_FIRST 64
#define SLOT_TURNS 32

/* PDPT slots of nested windows: those below map memory, the highest depends on MAXPHYADDR. */
#define NESTED_FIRST 8
#define IDENTITY_GIB 4

/* What the host leaves where it has taken a page away has the last frame's place and name. */
#define MASK	  FRAME_M

#define NAME_WORD 0x72650000u /* | frame number */
#define NAME_CODE 0x52560000u /* | frame number */

static bool uses_hole;	    /* the program names page M */
static uint32_t hole_holds; /* what a load from page M gives */
static bool drops, acts;    /* the host gives pages of frames back; acts on them */
static const struct hv *backend;
static uint64_t frames; /* physical address of the first 2 MiB */
static uint64_t twins;	/* physical address of the first 4 MiB */
static uint64_t *pool;	/* POOL_PAGES pages */
static unsigned pool_next;
static void *tables[NR_TABLES];		 /* of the current program; NULL: not used by it */
static struct header header;		 /* of the current program */
static struct layout layouts[NR_SPACES]; /* of the current program */
/* Counts programs. Before the first nothing was flushed that they may count on. */
static unsigned turn = SLOT_TURNS;
static uint64_t *identity[IDENTITY_GIB]; /* nested PDs that map memory to itself */
static unsigned nested_slots;		 /* usable slots of a nested PDPT */
static uint64_t *low_pml4;		 /* below a PML5: what L2 needs of L1's memory */

uint64_t world_frame(unsigned nr)
{
	return nr == FRAME_M ? HOLE : frames + nr * FRAME_SPACING + FRAME_OFFSET;
}

/* Where a leaf of 2 MiB or 1 GiB makes a window with the second place of its PT look. */
static uint64_t world_second(unsigned nr)
{
	return world_frame(nr) ^ PAGE_SIZE;
}

/* half: 0 or 1 */
static uint64_t world_twin(unsigned nr, unsigned half)
{
	return twins + nr * TWIN_SIZE + half * (TWIN_SIZE / 2) + FRAME_OFFSET;
}

static enum mode mode_of(enum space space)
{
	if (space == SPACE_N && header.nested_pae)
		return MODE_PAE;
	return space == SPACE_G ? header.l2 : MODE_LONG;
}

static uint64_t linear64(unsigned window)
{
	uint64_t slot = SLOT_FIRST + (uint64_t)(turn % SLOT_TURNS) * NR_WINDOWS + window;

	uint64_t page =
		layouts[SPACE_H].second_place >> window & 1 ? world_second(0) : world_frame(0);

	return slot << 39 | (page & WINDOW_LOW);
}

/* In the second half of a GiB of its own: the first one's first half is LOW. */
static uint64_t linear32(unsigned window)
{
	uint64_t in_gib = GIB / 2 + turn % 128 * 4 * MIB;

	return (window + 1) % 4 * GIB + in_gib;
}

uint64_t world_linear(enum space space, unsigned window)
{
	uint64_t low = world_frame(0) & WINDOW_LOW_32;

	switch (mode_of(space)) {
	case MODE_PAE: return linear32(window) | low;
	case MODE_32: return (linear32(window) + window % 2 * (TWIN_SIZE / 2)) | low;
	case MODE_UNPAGED: return world_guest_physical(window);
	case MODE_LA57: return (1 + turn % 255ull) << 48 | linear64(window);
	default: return linear64(window);
	}
}

static unsigned nested_slot(unsigned window)
{
	unsigned turns = (nested_slots - NESTED_FIRST) / NR_WINDOWS;

	if (layouts[SPACE_N].windows < NR_WINDOWS) /* only slots 1 to 3 are within 32 bits */
		return 1 + (window + turn) % 3;
	return NESTED_FIRST + turn % turns * NR_WINDOWS + window;
}

uint64_t world_guest_physical(unsigned window)
{
	return (uint64_t)nested_slot(window) << 30 | (world_frame(0) & WINDOW_LOW);
}

bool world_has_nested_windows(void)
{
	return nested_slots >= NESTED_FIRST + NR_WINDOWS;
}

static void fill_frame(uint64_t address, unsigned nr)
{
	uint32_t *word = (uint32_t *)address;
	uint8_t *code = (uint8_t *)word + FRAME_CODE;
	uint32_t name = NAME_CODE | nr;

	for (unsigned i = 0; i < PAGE_SIZE / sizeof(*word); i++)
		word[i] = NAME_WORD | nr;
	code[0] = 0xb8; /* mov $name, %eax; ret */
	memcpy(code + 1, &name, sizeof(name));
	code[5] = 0xc3;
}

/* The part of the nested tables that all roots share and that never changes: memory, mapped to
 * itself. */
static void build_identity(void)
{
	for (unsigned gib = 0; gib < IDENTITY_GIB; gib++) {
		identity[gib] = memory_alloc(PAGE_SIZE, PAGE_SIZE);
		for (unsigned i = 0; i < ENTRIES; i++)
			identity[gib][i] = backend->nested_entry(
				&(struct hv_nested_entry){.address = gib * GIB + i * 2 * MIB,
							  .level = 2,
							  .leaf = true,
							  .writable = true,
							  .executable = true,
							  .accessed = true,
							  .dirty = true});
	}
}

static void fill_frames(void)
{
	for (unsigned nr = 0; nr < NR_FRAMES; nr++) {
		uint64_t page = frames + nr * FRAME_SPACING + FRAME_OFFSET;

		fill_frame(page, nr);
		fill_frame(page ^ PAGE_SIZE, nr);
	}
}

void world_init(const struct hv *hv)
{
	unsigned bits = cpuid_physical_bits();

	backend = hv;
	nested_slots = bits >= 39 ? ENTRIES : bits > 30 ? 1u << (bits - 30) : 0;
	/* so aligned that the addresses of frames differ in one byte: see guests/entry.c */
	frames = (uint64_t)memory_reserve(NR_FRAMES * FRAME_SPACING, NR_FRAMES * FRAME_SPACING);
	twins = (uint64_t)memory_reserve(FRAME_M * TWIN_SIZE, TWIN_SIZE);
	fill_frames();
	for (unsigned nr = 0; nr < FRAME_M; nr++) {
		fill_frame(world_twin(nr, 0), nr);
		fill_frame(world_twin(nr, 1), nr);
	}
	if (world_has_hole())
		hole_holds = *(volatile uint32_t *)(HOLE + FRAME_LOAD);
	low_pml4 = memory_alloc(PAGE_SIZE, PAGE_SIZE);
	low_pml4[0] = paging_kernel_pml4e();
	low_pml4[1] = paging_user_pml4e();
	pool = memory_reserve(POOL_PAGES * PAGE_SIZE, PAGE_SIZE);
	if ((uint64_t)(pool + POOL_PAGES * ENTRIES) > LOW)
		panic("no memory below %llu MiB for the world's tables", LOW / MIB);
	if (hv)
		build_identity();
}

/*
 * An earlier program may have had it as a table that KVM shadows. A MOV to such a page is emulated,
 * three of them until KVM lets go of it (x86_page_table_writing_insn()). A STOS makes it do so at
 * once.
 */
static void *new_table(void)
{
	uint64_t *table = pool + pool_next * ENTRIES;
	uint64_t *first = table;

	__asm__ volatile("stosq" : "+D"(first) : "a"(0ull) : "memory");
	pool_next = (pool_next + 1) % POOL_PAGES;
	memset(table, 0, PAGE_SIZE);
	return table;
}

/* Index in its table page of the entry that a window passes through. */
static uint64_t pdpt_offset(enum space space)
{
	return space == SPACE_G && header.l2 == MODE_PAE ? PDPT_OFFSET : 0;
}

static unsigned entry_index(struct entry_ref e)
{
	uint64_t address = e.root.space == SPACE_N ? world_guest_physical(e.window)
						   : world_linear(e.root.space, e.window);

	if (mode_of(e.root.space) == MODE_32)
		return address >> (12 + 10 * (e.level - 1)) & (2 * ENTRIES - 1);
	return address >> (12 + 9 * (e.level - 1)) & (ENTRIES - 1);
}

unsigned world_entry_size(struct entry_ref e)
{
	return mode_of(e.root.space) == MODE_32 ? 4 : 8;
}

uint64_t world_entry(struct entry_ref e)
{
	uint64_t table = (uint64_t)tables[world_table(layouts, e)];

	if (!table)
		panic("no table page for root %u of space %u", e.root.nr, e.root.space);
	if (e.level == LEVEL_PDPTE)
		table += pdpt_offset(e.root.space);
	return table + entry_index(e) * world_entry_size(e);
}

static void write_entry(struct entry_ref e, uint64_t raw)
{
	if (world_entry_size(e) == 4)
		*(uint32_t *)world_entry(e) = (uint32_t)raw;
	else
		*(uint64_t *)world_entry(e) = raw;
}

uint64_t world_root(struct root root)
{
	return (uint64_t)tables[world_root_table(root)] + pdpt_offset(root.space);
}

static uint64_t encode_nested(const struct value *v, uint64_t address, unsigned level, bool leaf)
{
	return backend->nested_entry(
		&(struct hv_nested_entry){.address = address,
					  .level = (uint8_t)level,
					  .leaf = leaf,
					  .unreadable = v->flags & VF_XO,
					  .writable = !(v->flags & (VF_RO | VF_XO)),
					  .executable = !(v->flags & VF_NX),
					  .accessed = !(v->flags & VF_NA),
					  .dirty = !(v->flags & VF_ND)});
}

static uint64_t encode_linear(const struct value *v, uint64_t address, unsigned level, bool leaf)
{
	uint64_t raw = address | PTE_P;

	raw |= v->flags & VF_RO ? 0 : PTE_W;
	raw |= v->flags & VF_NX ? PTE_NX : 0;
	raw |= v->flags & VF_S ? 0 : PTE_U;
	raw |= v->flags & VF_NA ? 0 : PTE_A;
	raw |= v->flags & VF_ND ? 0 : PTE_D; /* ignored above a leaf, and never changed there */
	raw |= v->flags & VF_G ? PTE_G : 0;
	raw |= leaf && level > LEVEL_PTE ? PTE_PS : 0;
	return raw;
}

static bool is_4m(struct entry_ref e)
{
	return mode_of(e.root.space) == MODE_32 && e.level == LEVEL_PDE;
}

uint64_t world_encode(struct entry_ref e, const struct value *v)
{
	unsigned bits = mode_of(e.root.space) == MODE_32 ? 10 : 9; /* of a table's index */
	bool leaf = v->kind != VALUE_TABLE;
	uint64_t address;

	switch (v->kind) {
	case VALUE_FRAME: address = is_4m(e) ? world_twin(v->nr, 0) : world_frame(v->nr); break;
	case VALUE_WINDOW: address = world_guest_physical(v->nr); break;
	case VALUE_TABLE: address = (uint64_t)tables[world_table(layouts, v->table)]; break;
	default: return 0;
	}
	if (leaf)
		address &= ~((PAGE_SIZE << (bits * (e.level - 1u))) - 1);
	/* All other bits are reserved: SDM vol. 3, "PDPTE Registers". */
	if (mode_of(e.root.space) == MODE_PAE && e.level == LEVEL_PDPTE)
		return address | PTE_P;
	return e.root.space == SPACE_N ? encode_nested(v, address, e.level, leaf)
				       : encode_linear(v, address, e.level, leaf);
}

uint32_t world_bits(struct entry_ref e, uint32_t raw)
{
	if (e.root.space == SPACE_N)
		return RESULT_BITS_OF(backend->nested_accessed(raw), backend->nested_dirty(raw));
	return RESULT_BITS_OF(!!(raw & PTE_A), !!(raw & PTE_D));
}

/* Links the tables of one window below a root, down to that of the `lowest` level: entry → next
 * lower table, everything allowed. */
static void link_tables(struct root root, unsigned window, unsigned lowest)
{
	for (unsigned level = layouts[root.space].top; level > lowest; level--) {
		struct entry_ref e = {root, (uint8_t)window, (uint8_t)level};
		struct value next = {.kind = VALUE_TABLE, .table = e};
		void **table;

		next.table.level--;
		table = &tables[world_table(layouts, next.table)];
		if (!*table)
			*table = new_table();
		write_entry(e, world_encode(e, &next));
	}
}

/* Links L1's memory, as far as the image needs it, below a linear root. */
static void link_low(enum mode mode, void *table)
{
	const uint32_t leaf = PTE_P | PTE_W | PTE_A | PTE_D | PTE_PS;
	uint64_t *entry = table;
	uint32_t *pde = table;

	switch (mode) {
	case MODE_PAE:
		*(uint64_t *)((uint64_t)table + PDPT_OFFSET) = paging_kernel_pd() | PTE_P;
		/* and what a 32-bit PD has there, for the time that `pae-cycle` takes */
		__attribute__((fallthrough));
	case MODE_32:
		for (uint32_t i = 0; i < LOW / (4 * MIB); i++)
			pde[i] = i * (uint32_t)(4 * MIB) | leaf;
		break;
	case MODE_LA57: entry[0] = (uint64_t)low_pml4 | PTE_P | PTE_W | PTE_U | PTE_A; break;
	default: entry[0] = paging_kernel_pml4e(); entry[1] = paging_user_pml4e();
	}
}

/* What lies in the other place of a window's PT: see model/lang/world.h. */
static void put_decoy(struct root root, unsigned window)
{
	const struct entry_ref pte = {root, (uint8_t)window, LEVEL_PTE};
	const struct value decoy = {.kind = VALUE_FRAME, .nr = FRAME_DECOY};
	const uint64_t raw = world_encode(pte, &decoy);
	const unsigned apart = mode_of(root.space) == MODE_32 ? PAGE_SIZE / 2 : sizeof(raw);

	memcpy((void *)(world_entry(pte) ^ apart), &raw, world_entry_size(pte));
}

/* Links L1's memory below a nested root. */
static void link_identity(struct root root)
{
	unsigned gibs = layouts[SPACE_N].windows < NR_WINDOWS ? 1 : IDENTITY_GIB;
	uint64_t *pdpt;

	link_tables(root, 0, LEVEL_PDPTE);
	pdpt = tables[world_table(layouts, (struct entry_ref){root, 0, LEVEL_PDPTE})];
	for (unsigned gib = 0; gib < gibs; gib++)
		pdpt[gib] = header.nested_pae ? (uint64_t)identity[gib] | PTE_P
					      : backend->nested_entry(&(struct hv_nested_entry){
							.address = (uint64_t)identity[gib],
							.level = 3,
							.writable = true,
							.executable = true,
							.accessed = true});
}

static void use_root(struct root root)
{
	void **top;

	if (root.space >= NR_SPACES)
		return;
	top = &tables[world_root_table(root)];
	if (*top)
		return;
	*top = new_table();
	if (root.space == SPACE_N)
		link_identity(root);
	else
		link_low(mode_of(root.space), *top);
}

/*
 * Table pages cost: each is cleared, and a host that shadows them has an exit for each that an
 * earlier program had. So a window has tables only below roots with entries that the program names;
 * below the others a walk ends in the root, with the same fault.
 */
static void use_entry(struct entry_ref e)
{
	use_root(e.root);
	e.level = LEVEL_PTE;
	if (e.window >= layouts[e.root.space].windows || tables[world_table(layouts, e)])
		return;
	link_tables(e.root, e.window, LEVEL_PTE);
	if (layouts[e.root.space].second_place)
		put_decoy(e.root, e.window);
}

static bool names_entry(const struct step *s)
{
	return s->op == OP_SET || s->op == OP_BITS;
}

/* What the host does to frames changes what looks may find. */
static void note_host_step(const struct step *s)
{
	if (s->op != OP_HOST)
		return;
	acts = true;
	drops |= s->arg == HOST_DROP;
	uses_hole |= s->arg >= HOST_SLOT_REMOVE && s->arg <= HOST_SLOT_MOVE;
}

void world_start(const struct program *program)
{
	turn++;
	header = program_header(program);
	world_layouts(header, layouts);
	memset(tables, 0, sizeof(tables));
	uses_hole = drops = acts = false;
	use_root((struct root){SPACE_H, 0});
	for (uint8_t vm = 0; vm < program_vms(program); vm++)
		use_root((struct root){SPACE_G, vm});
	for (unsigned i = 0; i < program->nr_steps; i++) {
		const struct step *s = &program->step[i];

		if (s->op == OP_CR3 || s->op == OP_L2CR3 || s->op == OP_NROOT ||
		    s->op == OP_VMFUNC || s->op == OP_INVEPT)
			use_root(s->root);
		if (names_entry(s))
			use_entry(s->entry);
		if (s->op == OP_SET && s->value.kind == VALUE_TABLE)
			use_entry(s->value.table);
		uses_hole |=
			s->op == OP_SET && s->value.kind == VALUE_FRAME && s->value.nr == FRAME_M;
		note_host_step(s);
	}
}

bool world_uses_hole(void)
{
	return uses_hole;
}

uint64_t world_frames(void)
{
	return frames;
}

uint64_t world_piece_at_hole(void)
{
	return HOLE - FRAME_OFFSET;
}

bool world_has_hole(void)
{
	return !memory_is_ram(HOLE, HOLE + PAGE_SIZE);
}

bool world_repair(void)
{
	bool wrong = false;

	for (uint8_t nr = 0; header.l2 == MODE_PAE && nr < NR_ROOTS; nr++) {
		const struct root root = {SPACE_G, nr};

		if (tables[world_root_table(root)])
			wrong |= pdptes_repair((uint64_t *)world_root(root));
	}
	return wrong;
}

unsigned world_turn(void)
{
	return turn;
}

bool world_repeats_own(unsigned since)
{
	return turn - since >= SLOT_TURNS;
}

/* Narrow address spaces have room for few; and all PAE worlds share the PDPTEs. */
bool world_repeats(unsigned since)
{
	return !mode_is_64bit(header.l2) || header.nested_pae || world_repeats_own(since);
}

static uint32_t result_of(uint32_t name, uint32_t kind)
{
	if ((name & ~7u) != kind)
		return RESULT_WILD;
	return (name & 7) == MASK ? RESULT_GONE : RESULT_FRAME(name & 7);
}

uint32_t world_loaded(uint32_t name)
{
	if (uses_hole && name == hole_holds)
		return RESULT_FRAME(FRAME_M);
	return drops && !name ? RESULT_ZERO : result_of(name, NAME_WORD);
}

uint32_t world_fetched(uint32_t name)
{
	return result_of(name, NAME_CODE);
}

static bool holds(uint64_t address, uint32_t token)
{
	return *(volatile uint32_t *)address == token;
}

/* By the page's name: the host may have put it elsewhere since. */
uint32_t world_stored(unsigned slot, uint32_t token)
{
	for (unsigned nr = 0; nr < FRAME_M; nr++) {
		uint64_t offset = FRAME_STORES + slot * sizeof(uint64_t);

		if (holds(world_frame(nr) + offset, token) ||
		    holds(world_second(nr) + offset, token) ||
		    (header.l2 == MODE_32 && (holds(world_twin(nr, 0) + offset, token) ||
					      holds(world_twin(nr, 1) + offset, token))))
			return acts ? result_of(*(uint32_t *)(world_frame(nr) + FRAME_LOAD),
						NAME_WORD)
				    : RESULT_FRAME(nr);
	}
	return uses_hole ? RESULT_FRAME(FRAME_M) : acts ? RESULT_GONE : RESULT_WILD;
}
