/* SPDX-License-Identifier: MIT */
/*
 * Programs: the one language in which a scenario, a fuzz case and a bug report are written.
 *
 * A program is a list of steps on a small world:
 *
 *   frames    A … G     physical pages; looking at one tells its name
 *             M         a page of the physical space with neither memory nor device behind it
 *   windows   w0 … w3   linear addresses through which a level looks
 *             p0 … p3   guest-physical addresses, translated by the nested tables
 *   roots     h0 … h5   L1's linear tables ("host")
 *             g0 … g5   L2's linear tables ("guest")
 *             n0 … n5   nested tables (NPT, EPT)
 *   entries   g0.w1.pde the one entry of root g0 at level pde on the way of window w1
 *   tables    g0.w1.pt  the table page that holds g0.w1.pte
 *
 * Every window has tables of its own at every level below the root, so each entry on its way can be
 * rewritten alone. In 64-bit modes w3 passes through the entry of PTs beside that of the others;
 * what it finds in another window's PT, and they in its own, is frame G. (Nested windows share the
 * root's entry and the table below it: see world.h.)
 *
 * A program may begin with a header: `l2mode pae` fixes the paging mode of L2, and with it the
 * levels that its tables (g) have and the windows that fit; see world.h. The default is long mode
 * with four levels. `bare pae` makes the same program one of L1 alone: `enter` switches L1 itself
 * to that mode, on the roots g, and `exit` switches it back.
 *
 * When a program starts all tables are linked and all leaves are not present; L1 runs on h0; all
 * of a CPU's virtual machines are out of L2, VM v with tag v+1, root g<v>, no nested paging,
 * CR4.PGE, CR0.WP and EFER.NXE set, CR4.PCIDE, SMEP and SMAP clear.
 */
#ifndef MODEL_LANG_PROGRAM_H
#define MODEL_LANG_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/lang/caps.h"

enum {
	NR_FRAMES = 8,
	NR_WINDOWS = 4,
	NR_ROOTS = 6,
	NR_SPACES = 3,
	NR_VMS = 4,
	NR_CPUS = 4,
	NR_PCPUS = 4,
	FRAME_M = NR_FRAMES - 1,
	FRAME_DECOY = FRAME_M - 1, /* G: see struct layout */
	NR_PCIDS = 4,
	NR_TAGS = 8, /* 0 … 7; tag 0 is L1's own (AMD) or "VPID off" (Intel) */
};

/* Which tables: L1's linear ones, L2's linear ones, the nested ones. */
enum space { SPACE_H, SPACE_G, SPACE_N };

/* Levels as the manuals count them: 1 = PTE in a PT … 5 = PML5E in a PML5. */
enum level { LEVEL_PTE = 1, LEVEL_PDE, LEVEL_PDPTE, LEVEL_PML4E, LEVEL_PML5E };

/* Paging modes (SDM vol. 3, "Paging Modes and Control Bits"). */
enum mode {
	MODE_LONG,    /* 64-bit, four levels */
	MODE_PAE,     /* 32-bit, entries of 8 bytes: pte, pde, pdpte */
	MODE_32,      /* 32-bit, entries of 4 bytes: pte, pde; a leaf at pde is a page of 4 MiB */
	MODE_UNPAGED, /* 32-bit, paging off: linear addresses are guest-physical ones */
	MODE_LA57,    /* 64-bit, five levels */
	NR_MODES
};

static inline bool mode_is_64bit(enum mode mode)
{
	return mode == MODE_LONG || mode == MODE_LA57;
}

/* A root: a space and a number 0 … NR_ROOTS-1. ROOT_NONE: no nested paging. */
struct root {
	uint8_t space;
	uint8_t nr;
};
#define ROOT_NONE ((struct root){0xff, 0xff})

/* An entry, or the table that holds it. */
struct entry_ref {
	struct root root;
	uint8_t window;
	uint8_t level;
};

/* What an entry holds. */
enum value_kind {
	VALUE_NONE,   /* not present */
	VALUE_FRAME,  /* a leaf: frame `nr`; its size follows from the entry's level */
	VALUE_WINDOW, /* a leaf of L2's tables: guest-physical window p<nr> */
	VALUE_TABLE,  /* the next lower table, `table` */
};

enum value_flags {
	VF_RO = 1 << 0, /* not writable */
	VF_NX = 1 << 1, /* not executable */
	VF_G = 1 << 2,	/* global */
	VF_S = 1 << 3,	/* supervisor only */
	VF_NA = 1 << 4, /* accessed bit clear */
	VF_ND = 1 << 5, /* dirty bit clear */
	VF_XO = 1 << 6, /* nested: executable only, neither readable nor writable */
};

struct value {
	uint8_t kind;
	uint8_t flags;
	uint8_t nr;		/* frame or nested window */
	struct entry_ref table; /* VALUE_TABLE: .level is the level of the entries in that table */
};

enum op {
	/* looks, at whichever level runs */
	OP_LOAD,   /* window */
	OP_STORE,  /* window */
	OP_FETCH,  /* window */
	OP_BITS,   /* entry: reads its accessed and dirty bits in memory */
	OP_RDMSR,  /* in L2: does RDMSR of the one MSR of `msr-exit` leave L2? */
	OP_STOLEN, /* frame[0]: does the host write this vCPU's steal time there? */
	OP_LOGGED, /* frame[0]: is it in the host's log of dirty pages? */
	/* rewrites */
	OP_SET, /* entry, value: one aligned 8-byte store */
	/* linear flushes, at whichever level runs */
	OP_CR3,	    /* root, PCID; arg 1: bit 63 of the operand, "flush nothing" */
	OP_INVLPG,  /* window */
	OP_INVPCID, /* type, window for type 0, PCID for types 0 and 1 */
	/* bits of control registers and EFER; arg: 0 off, 1 on */
	OP_PGE,
	OP_PG_CYCLE,  /* CR0.PG off and on again, in a 32-bit mode */
	OP_PAE_CYCLE, /* CR4.PAE off and on again, in PAE mode */
	OP_PCIDE,
	OP_WP,
	OP_SMEP,
	OP_SMAP,
	OP_NXE,
	/* what L1 gives the current VM at the next enter */
	OP_TAG,	     /* tag: ASID or VPID */
	OP_L2CR3,    /* root, PCID */
	OP_NROOT,    /* root, or ROOT_NONE; arg: a set of nroot_bits */
	OP_MSR_EXIT, /* arg: L2's RDMSR of one MSR exits, or not; rewritten in the map in place */
	OP_PF_EXIT,  /* arg: enum pf_exit: which page faults of L2's leave it */
	OP_CLEAN,    /* the next enter declares unchanged what L1 has not changed since the last */
	/* flushes of L1 for L2 */
	OP_TLBCTL,  /* type 1, 3 or 7: at the next enter only */
	OP_INVLPGA, /* window, tag */
	OP_INVVPID, /* type; window for type 0; tag 1 … for all but type 2 */
	OP_INVEPT,  /* type; root for type 1; arg: bit 6 of the EPTP given, no part of EP4TA */
	/* L1: VMXOFF, then VMXON on this vCPU; its VMs keep their state, their VMCS loaded anew */
	OP_VMX_CYCLE,
	/* L1: EFER.SVME, or VMXON and VMXOFF; arg: 0 off, 1 on. Its VMs keep their state */
	OP_HV,
	/* L2: VMFUNC leaf 0 to root. The EPTP list is fixed: entry arg * NR_ROOTS + nr is the EPTP
	 * of n<nr>, with accessed and dirty bits if arg is 1 */
	OP_VMFUNC,
	/* control flow */
	/* KVM's paravirtual flush: arg, another vCPU, which waits in L1, or in L2 if it was left
	 * there, with no exit of its own */
	OP_PREEMPTED, /* until the host says that it has preempted that vCPU */
	OP_PV_FLUSH,  /* the same, and asks the host to flush L1's translations of that vCPU */
	OP_STEAL,     /* frame[0]: this vCPU's steal-time area is there from now on */
	/* arg, another vCPU, in L1: INIT and SIPI. It comes back to L1 on h0, with CR0.WP and
	 * EFER.NXE set, all else clear; its VMs keep their state (L1 has let SVM or VMX go
	 * meanwhile: VMX operation blocks an INIT) */
	OP_INIT,
	OP_ENTER,	  /* VMRUN / VM entry of the current VM */
	OP_ENTER_PENDING, /* the same with an interrupt pending: exits before L2's first instruction
			   */
	OP_ENTER_HALTED,  /* VMX: the same into the activity state HLT */
	OP_ENTER_FAILING, /* an entry that fails; type: enum failing. L2 does not run */
	OP_EXIT,	  /* L2 calls L1 */
	OP_CPU,		  /* arg: the steps that follow run on that vCPU */
	OP_PCPU,	  /* arg: the host moves this vCPU to that physical CPU; no other change */
	OP_HOST,	  /* arg: enum host_event, of frame[0] and frame[1]: host_events.h */
	OP_SMI,	   /* an SMI of this vCPU: its handler carries out what follows, on L1's root */
	OP_RSM,	   /* ... and goes back to where it came from */
	OP_VM,	   /* arg: the steps that follow concern that VM of the current vCPU */
	OP_REPEAT, /* arg: the steps up to `end` run that many times (1 … 10000) */
	OP_END,
	/* the header: before all other steps */
	OP_L2MODE, /* arg: enum mode, of L2 */
	OP_BARE,   /* arg: enum mode: enter and exit switch L1 itself to that mode and back */
	OP_NMODE,  /* arg: MODE_PAE, of L1 at VMRUN, and so of the nested tables */
	NR_OPS
};

enum pf_exit { PF_EXIT_NONE, PF_EXIT_ALL, PF_EXIT_WRITES };

enum nroot_bits {
	NROOT_AD = 1 << 0,  /* accessed and dirty bits are used (EPTP bit 6) */
	NROOT_PCD = 1 << 1, /* AMD: bits 3 and 4 of nCR3, PWT and PCD, which say nothing of where */
};

/* In which way a step is carried out. */
enum way {
	WAY_PLAIN, /* at CPL 0, with MOV */
	/* looks */
	WAY_USER, /* at CPL 3 */
	WAY_IO,	  /* INS or OUTS, byte by byte: KVM's instruction emulator carries it out */
	WAY_SAVE, /* loads: the VM is saved and goes on as another, whose VMM then looks, before
		   * a vCPU has run */
	/* looks, and flushes of one instruction */
	WAY_FEP, /* behind KVM's forced-emulation prefix */
	/* flushes, and writes of control registers */
	WAY_UNPAGED, /* while CR0.PG is clear: cleared before, and set again behind it */
	/* rewrites, beside the one aligned MOV of 8 bytes */
	WAY_4,		/* MOVs of 4 bytes */
	WAY_1,		/* MOVs of 1 byte */
	WAY_MISALIGNED, /* a MOV of 8 bytes that also writes half of the entry before this one */
	WAY_XCHG,
	WAY_CMPXCHG,
	WAY_STOS,
	WAY_MOVS,
	WAY_16, /* a MOV of 16 bytes that also writes the entry's neighbour */
	NR_WAYS
};

/*
 * Why an entry fails. What L1 asked for stays asked for: tag, roots, TLB_CONTROL.
 * FAILS_LATE: at an MSR of the MSR-load list (VMX), or since there is no memory where L1 has its
 * MSR permission map (AMD: no processor's reason, but KVM's; one that enters is left at once, by an
 * interrupt that waits).
 */
enum failing {
	FAILS_LATE,
	FAILS_CR0,    /* CR0 that the architecture forbids */
	FAILS_MODE,   /* IA-32e mode with CR4.PAE clear */
	FAILS_EVENT,  /* an event of a type that there is not */
	FAILS_ROOT,   /* a nested root with reserved bits */
	FAILS_TAG,    /* AMD: ASID 0 */
	FAILS_EFER,   /* AMD: EFER with reserved bits */
	FAILS_RFLAGS, /* VMX: RFLAGS with reserved bits, which KVM leaves to hardware to find */
	NR_FAILING
};

/*
 * Does what is below perhaps let it in? QEMU looks at no reserved bits of nCR3; a KVM that leaves
 * an event's type to the CPU (6.12) forgets the event where it puts the entry off once more.
 */
static inline bool failing_may_enter(enum failing why)
{
	return why == FAILS_LATE || why == FAILS_ROOT || why == FAILS_EVENT;
}

/* What the header says. */
struct header {
	uint8_t l2;	 /* enum mode, of L2 and its tables */
	bool bare;	 /* there is no L2: L1 itself switches to that mode and back */
	bool nested_pae; /* L1 enters L2 from PAE mode, so the nested tables are PAE tables */
};

/* What the author of a directed scenario expects of a look. */
enum expect {
	EXPECT_NOTHING,
	EXPECT_FRESH,  /* only the current value is legal */
	EXPECT_EITHER, /* at least one stale value is legal, too */
};

struct step {
	uint8_t op;
	uint8_t expect;
	bool flush;  /* '!': the flush under test. A control leaves it out; so does skip-flush */
	bool irq;    /* in L2: an interrupt that L1 intercepts is pending when the instruction
		      * completes, so the exit to L1 follows at once; of OP_PCPU, when the vCPU
		      * goes on there */
	uint8_t way; /* enum way */
	uint8_t window;
	uint8_t tag;
	uint8_t pcid;
	uint8_t type;	  /* of TLB_CONTROL, INVPCID, INVVPID, INVEPT; enum failing */
	uint8_t frame[2]; /* of OP_HOST, OP_LOGGED, OP_STOLEN, OP_STEAL */
	uint16_t arg;
	struct root root;
	struct entry_ref entry;
	struct value value;
	uint32_t column; /* 1-based, of the step's first character in the text */
};

struct program {
	unsigned nr_steps;
	unsigned room; /* for so many: the caller's, as is the memory */
	struct step *step;
};

/* to has room for all steps of from. */
static inline void program_copy(struct program *to, const struct program *from)
{
	to->nr_steps = from->nr_steps;
	for (unsigned i = 0; i < from->nr_steps; i++)
		to->step[i] = from->step[i];
}

struct program_error {
	unsigned column; /* 1-based; 0: no error */
	char text[96];
};

/*
 * Reads a program's text. Grammar:
 *
 *   program := { header ';' } step { ';' step } [ ';' ]
 *   header  := 'l2mode' mode | 'bare' mode | 'nmode' 'pae'
 *   mode    := 'long' | 'pae' | '32' | 'unpaged' | 'la57'
 *   step    := [ '!' ] verb { argument } [ 'by' way ] [ 'irq' ] [ 'fresh' | 'either' ]
 *   value   := 'none' | ( frame | nested window | table ) { '/' flag }
 *   flag    := 'ro' | 'nx' | 'g' | 's' | 'na' | 'nd' | 'xo'
 *
 *   looks        load W, store W, fetch W, look W, bits ENTRY
 *                by user, by io and by fep but for fetches; load W by save
 *                in L2: rdmsr; logged FRAME; in L1: stolen FRAME
 *   rewrites     set ENTRY VALUE; by 4, 1, misaligned, xchg, cmpxchg, stos, movs, 16
 *   linear       cr3 ROOT [pcid 0-3] [noflush], invlpg W, both also by fep;
 *                invpcid 0 W [pcid 0-3], invpcid 1 [pcid 0-3], invpcid 2|3,
 *                pge|pcide|wp|smep|smap|nxe on|off, pg-cycle, pae-cycle;
 *                all but pcide, nxe and the last two, in 32-bit modes, also by unpaged
 *   for L2       tag 0-7, l2cr3 ROOT [pcid 0-3], nroot ROOT [ad|pcd] | none, tlbctl 1|3|7,
 *                invlpga W TAG
 *                clean, msr-exit on|off, pf-exit on|off|writes, hv on|off
 *   paravirtual  preempted 0-3, pv-flush 0-3, steal FRAME
 *   VMX          invvpid 0 W TAG, invvpid 1|3 TAG, invvpid 2, invept 1 ROOT [ad], invept 2,
 *                vmx-cycle, in L2: vmfunc ROOT [ad]
 *   control flow enter, enter-pending, enter-halted, exit, cpu 0-3, vm 0-3, repeat 1-10000, end,
 *                enter-failing [cr0|mode|event|root|tag|efer|rflags], init 1-3
 *   host         pcpu 0-3, host drop F, host swap F G, host move F,
 *                host slot remove|add|ro|move|smm F, host collapse|split F, host nx split|recover,
 *                host log on|manual|all-set|ring|clear|off, host age, host pressure, host smi,
 *                host save
 *   SMM          smi; then, in its handler: load, store, fetch, set, logged, host; rsm
 *
 * such as `set n0.p1.pte B/ro; !tlbctl 1; enter; store w0 fresh; exit`.
 *
 * `look` is the verb of that name's meaning: OP_LOAD, OP_STORE or OP_FETCH. A text may use `look`
 * where a scenario is to be run once in each of the three. With any other op it is an error.
 *
 * Beside the grammar it checks what can be known without running, both with and without the steps
 * marked '!': levels (no `exit` in L1, no `tag` in L2, `irq` only on L2's flushes and `pcpu`, not
 * on looks, …), that roots, tables and values fit their space and level, that each `repeat` has its
 * `end` and comes out where it began (vCPU, VM, level), that the program ends in L1 on every vCPU.
 *
 * The steps go to program->step, of which there are program->room: program_room() says how many are
 * enough. Returns true, or false with the column and one clear sentence in *error. Never reads
 * beyond the NUL.
 */
unsigned program_room(const char *text);
bool program_parse(const char *text, enum op look, struct program *program,
		   struct program_error *error);

/*
 * Prints the canonical text of a program; program_parse() of it gives the same program (but for the
 * columns). At most size-1 characters and a NUL are written. Returns the length of the whole text.
 */
size_t program_print(const struct program *program, char *text, size_t size);
size_t step_print(const struct step *step, char *text, size_t size);

/* The capabilities that a host must have so that a program can run. */
struct caps program_needs(const struct program *program);
/* What its header says, and what holds where it says nothing. */
struct header program_header(const struct program *program);
/* The highest vCPU number that a program names, plus 1. */
unsigned program_cpus(const struct program *program);
/* The highest number of a VM that it has to do with, plus 1; 0: L1 is alone. */
unsigned program_vms(const struct program *program);

/* The vCPUs, a bit each, that cannot carry the program out: whose L2 (or L1 in its other mode) is
 * left running while others act, or which get an INIT. */
unsigned program_busy_cpus(const struct program *program);

/*
 * Walks through a program, loops unrolled. A cursor is all zero at the start. `without_flushes`
 * leaves out the steps marked '!'; of a flush with `irq` a plain OP_EXIT (of column 0) remains,
 * since the interrupt is not part of the flush. Returns the next step, NULL at the end; never
 * OP_REPEAT or OP_END.
 */
struct program_cursor {
	unsigned next;
	unsigned loop_start;
	unsigned loops_left;
};
const struct step *program_next(const struct program *program, struct program_cursor *cursor,
				bool without_flushes);

/* The letter of a frame, 0 … NR_FRAMES-1. */
static inline char frame_letter(unsigned nr)
{
	return nr == FRAME_M ? 'M' : (char)('A' + nr);
}

/* Is the step a look whose result is judged? (OP_LOAD … OP_LOGGED) */
static inline bool op_is_look(enum op op)
{
	return op <= OP_LOGGED;
}

#endif
