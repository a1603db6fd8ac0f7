/* SPDX-License-Identifier: MIT */
#include "kernel/world.h"

#include "kernel/console.h"
#include "kernel/memory.h"
#include "kernel/paging.h"
#include "kernel/power.h"
#include "kernel/string.h"
#include "kernel/x86.h"

#define KIB 1024ull
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

/*
 * Frames lie 2 MiB apart at the same offset, and every window has the low 30 bits of frame A's
 * address: so a leaf of 4 KiB, of 2 MiB (any frame) or of 1 GiB (frame A) makes a window show the
 * frame itself.
 */
#define FRAME_SPACING (2 * MIB)
#define FRAME_OFFSET  (0xb5 * PAGE_SIZE)
#define WINDOW_LOW    (GIB - 1)
/* Page M: above the memory of a VM of less than 3 GiB, below where firmware puts devices. */
#define HOLE	   0xd0000000ull

#define POOL_PAGES 2048 /* table pages; the largest program takes NR_TABLES of them */
#define ENTRIES	   512

/* PML4 slots of linear windows: 64 … 191, taken in turn by programs. */
#define SLOT_FIRST 64
#define SLOT_TURNS 32

/* PDPT slots of nested windows: those below map memory, the highest depends on MAXPHYADDR. */
#define NESTED_FIRST 8
#define IDENTITY_GIB 4

#define NAME_WORD    0x7265760000000000ull /* | frame number */
#define NAME_CODE    0x52560000u	   /* | frame number */

static bool uses_hole;	    /* the program names page M */
static uint64_t hole_holds; /* what a load from page M gives */
static const struct hv *backend;
static uint64_t frames; /* physical address of the first 2 MiB */
static uint64_t *pool;	/* POOL_PAGES pages */
static unsigned pool_next;
static uint64_t *tables[NR_TABLES];	 /* of the current program; NULL: not used by it */
static unsigned turn;			 /* counts programs */
static uint64_t *identity[IDENTITY_GIB]; /* nested PDs that map memory to itself */
static unsigned nested_slots;		 /* usable slots of a nested PDPT */

uint64_t world_frame(unsigned nr)
{
	return nr == FRAME_M ? HOLE : frames + nr * FRAME_SPACING + FRAME_OFFSET;
}

uint64_t world_linear(unsigned window)
{
	uint64_t slot = SLOT_FIRST + (uint64_t)(turn % SLOT_TURNS) * NR_WINDOWS + window;

	return slot << 39 | (world_frame(0) & WINDOW_LOW);
}

static unsigned nested_slot(unsigned window)
{
	unsigned turns = (nested_slots - NESTED_FIRST) / NR_WINDOWS;

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

static void fill_frame(unsigned nr)
{
	uint64_t *word = (uint64_t *)world_frame(nr);
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

void world_init(const struct hv *hv)
{
	unsigned bits =
		cpuid(0x80000000, 0).eax >= 0x80000008 ? cpuid(0x80000008, 0).eax & 0xff : 36;

	backend = hv;
	nested_slots = bits >= 39 ? ENTRIES : bits > 30 ? 1u << (bits - 30) : 0;
	/* so aligned that the addresses of frames differ in one byte: see guests/entry.c */
	frames = (uint64_t)memory_reserve(NR_FRAMES * FRAME_SPACING, NR_FRAMES * FRAME_SPACING);
	for (unsigned nr = 0; nr < FRAME_M; nr++)
		fill_frame(nr);
	if (world_has_hole())
		hole_holds = *(volatile uint64_t *)(HOLE + FRAME_LOAD);
	pool = memory_reserve(POOL_PAGES * PAGE_SIZE, PAGE_SIZE);
	if (hv)
		build_identity();
}

static uint64_t *new_table(void)
{
	uint64_t *table = pool + pool_next * ENTRIES;

	pool_next = (pool_next + 1) % POOL_PAGES;
	memset(table, 0, PAGE_SIZE);
	return table;
}

/* Index in its table page of the entry that a window passes through. */
static unsigned entry_index(struct entry_ref e)
{
	uint64_t address =
		e.root.space == SPACE_N ? world_guest_physical(e.window) : world_linear(e.window);

	return address >> (12 + 9 * (e.level - 1)) & (ENTRIES - 1);
}

uint64_t *world_entry(struct entry_ref e)
{
	uint64_t *table = tables[world_table(e)];

	if (!table)
		panic("no table page for root %u of space %u", e.root.nr, e.root.space);
	return table + entry_index(e);
}

uint64_t world_root(struct root root)
{
	return (uint64_t)tables[world_root_table(root)];
}

static uint64_t encode_nested(const struct value *v, uint64_t address, unsigned level, bool leaf)
{
	return backend->nested_entry(&(struct hv_nested_entry){.address = address,
							       .level = (uint8_t)level,
							       .leaf = leaf,
							       .writable = !(v->flags & VF_RO),
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
	if (leaf) {
		raw |= level > LEVEL_PTE ? PTE_PS : 0;
		raw |= v->flags & VF_G ? PTE_G : 0;
	}
	return raw;
}

uint64_t world_encode(struct entry_ref e, const struct value *v)
{
	bool leaf = v->kind != VALUE_TABLE;
	uint64_t address;

	switch (v->kind) {
	case VALUE_FRAME: address = world_frame(v->nr); break;
	case VALUE_WINDOW: address = world_guest_physical(v->nr); break;
	case VALUE_TABLE: address = (uint64_t)tables[world_table(v->table)]; break;
	default: return 0;
	}
	if (leaf)
		address &= ~((PAGE_SIZE << (9 * (e.level - 1))) - 1);
	return e.root.space == SPACE_N ? encode_nested(v, address, e.level, leaf)
				       : encode_linear(v, address, e.level, leaf);
}

void world_bits(struct entry_ref e, bool *accessed, bool *dirty)
{
	uint64_t raw = *(volatile uint64_t *)world_entry(e);

	if (e.root.space == SPACE_N) {
		*accessed = backend->nested_accessed(raw);
		*dirty = backend->nested_dirty(raw);
	} else {
		*accessed = raw & PTE_A;
		*dirty = raw & PTE_D;
	}
}

/* Links the tables of one window below a root: entry → next lower table, everything allowed. */
static void link_window(struct root root, unsigned window)
{
	for (unsigned level = LEVEL_PML4E; level > LEVEL_PTE; level--) {
		struct entry_ref e = {root, (uint8_t)window, (uint8_t)level};
		struct value next = {.kind = VALUE_TABLE, .table = e};

		next.table.level--;
		if (!tables[world_table(next.table)])
			tables[world_table(next.table)] = new_table();
		*world_entry(e) = world_encode(e, &next);
	}
}

static void use_root(struct root root, unsigned windows)
{
	unsigned top = world_root_table(root);

	if (root.space >= NR_SPACES || tables[top])
		return;
	tables[top] = new_table();
	if (root.space != SPACE_N) {
		tables[top][0] = paging_kernel_pml4e();
		tables[top][1] = paging_user_pml4e();
	}
	for (unsigned window = 0; window < NR_WINDOWS; window++)
		if (windows & 1u << window)
			link_window(root, window);
	if (root.space != SPACE_N)
		return;
	for (unsigned gib = 0; gib < IDENTITY_GIB; gib++)
		tables[top + 1][gib] = backend->nested_entry(
			&(struct hv_nested_entry){.address = (uint64_t)identity[gib],
						  .level = 3,
						  .writable = true,
						  .executable = true,
						  .accessed = true});
}

static bool names_entry(const struct step *s)
{
	return s->op == OP_SET || s->op == OP_BITS;
}

/* The windows that a program names, linear and nested ones together: a bit each. */
static unsigned windows_of(const struct program *program)
{
	unsigned windows = 1;

	for (unsigned i = 0; i < program->nr_steps; i++) {
		const struct step *s = &program->step[i];

		windows |= 1u << (names_entry(s) ? s->entry.window : s->window);
		if (s->op == OP_SET && s->value.kind == VALUE_WINDOW)
			windows |= 1u << s->value.nr;
		if (s->op == OP_SET && s->value.kind == VALUE_TABLE)
			windows |= 1u << s->value.table.window;
	}
	return windows;
}

void world_start(const struct program *program)
{
	unsigned windows = windows_of(program);

	turn++;
	memset(tables, 0, sizeof(tables));
	uses_hole = false;
	use_root((struct root){SPACE_H, 0}, windows);
	for (uint8_t vm = 0; vm < NR_VMS; vm++)
		use_root((struct root){SPACE_G, vm}, windows);
	for (unsigned i = 0; i < program->nr_steps; i++) {
		const struct step *s = &program->step[i];

		if (s->op == OP_CR3 || s->op == OP_L2CR3 || s->op == OP_NROOT ||
		    s->op == OP_VMFUNC || s->op == OP_INVEPT)
			use_root(s->root, windows);
		if (names_entry(s))
			use_root(s->entry.root, windows);
		if (s->op == OP_SET && s->value.kind == VALUE_TABLE)
			use_root(s->value.table.root, windows);
		uses_hole |=
			s->op == OP_SET && s->value.kind == VALUE_FRAME && s->value.nr == FRAME_M;
	}
}

bool world_has_hole(void)
{
	return !memory_is_ram(HOLE, HOLE + PAGE_SIZE);
}

int world_frame_of_name(uint64_t name)
{
	if (uses_hole && name == hole_holds)
		return FRAME_M;
	return (name & ~7ull) == NAME_WORD ? (int)(name & 7) : -1;
}

int world_frame_of_code(uint64_t name)
{
	return (name & ~7ull) == NAME_CODE ? (int)(name & 7) : -1;
}

int world_frame_of_store(unsigned slot, uint64_t token)
{
	for (unsigned nr = 0; nr < FRAME_M; nr++) {
		volatile uint64_t *word = (uint64_t *)(world_frame(nr) + FRAME_STORES) + slot;

		if (*word == token)
			return (int)nr;
	}
	return uses_hole ? FRAME_M : -1;
}
