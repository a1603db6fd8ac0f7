/* SPDX-License-Identifier: MIT */
#include "model/lang/verbs.h"

#define BOTH   (IN_L1 | IN_L2)
#define ANY    (BOTH | IN_SMM)
#define FLUSH  (BOTH | CAN_FLUSH | CAN_IRQ) /* what any level does to its own translations */
#define GIVEN  (IN_L1 | CAN_FLUSH)	    /* what L1 gives or does to L2 */
#define PASSES (IN_L1 | CAN_FLUSH | ENTERS | LEAVES)

const struct verb verbs[NR_OPS] = {
	[OP_LOAD] = {"load", SHAPE_WINDOW, ANY | BY_USER | BY_EMULATOR | BY_FEP | BY_SAVE},
	[OP_STORE] = {"store", SHAPE_WINDOW, ANY | BY_USER | BY_EMULATOR | BY_FEP},
	[OP_FETCH] = {"fetch", SHAPE_WINDOW, ANY | BY_USER},
	[OP_RDMSR] = {"rdmsr", SHAPE_NOTHING, IN_L2},
	[OP_STOLEN] = {"stolen", SHAPE_FRAME, IN_L1},
	[OP_LOGGED] = {"logged", SHAPE_FRAME, ANY},
	[OP_BITS] = {"bits", SHAPE_ENTRY, BOTH},
	[OP_SET] = {"set", SHAPE_ENTRY_VALUE, ANY | BY_STORES},
	[OP_CR3] = {"cr3", SHAPE_CR3, FLUSH | BY_FEP | BY_UNPAGED},
	[OP_INVLPG] = {"invlpg", SHAPE_WINDOW, FLUSH | BY_FEP | BY_UNPAGED},
	[OP_INVPCID] = {"invpcid", SHAPE_INVPCID, FLUSH | BY_UNPAGED},
	[OP_PGE] = {"pge", SHAPE_SWITCH, FLUSH | BY_UNPAGED},
	[OP_PG_CYCLE] = {"pg-cycle", SHAPE_NOTHING, IN_L2 | CAN_FLUSH},
	[OP_PAE_CYCLE] = {"pae-cycle", SHAPE_NOTHING, IN_L2 | CAN_FLUSH},
	[OP_PCIDE] = {"pcide", SHAPE_SWITCH, FLUSH},
	[OP_WP] = {"wp", SHAPE_SWITCH, BOTH | BY_UNPAGED},
	[OP_SMEP] = {"smep", SHAPE_SWITCH, FLUSH | BY_UNPAGED},
	[OP_SMAP] = {"smap", SHAPE_SWITCH, BOTH | BY_UNPAGED},
	[OP_NXE] = {"nxe", SHAPE_SWITCH, IN_L1},
	[OP_TAG] = {"tag", SHAPE_TAG, GIVEN},
	[OP_L2CR3] = {"l2cr3", SHAPE_L2CR3, GIVEN},
	[OP_NROOT] = {"nroot", SHAPE_NESTED_ROOT, GIVEN},
	[OP_MSR_EXIT] = {"msr-exit", SHAPE_SWITCH, IN_L1},
	[OP_PF_EXIT] = {"pf-exit", SHAPE_PF_EXIT, IN_L1},
	[OP_CLEAN] = {"clean", SHAPE_NOTHING, IN_L1},
	[OP_TLBCTL] = {"tlbctl", SHAPE_TLBCTL, GIVEN},
	[OP_INVLPGA] = {"invlpga", SHAPE_WINDOW_TAG, GIVEN},
	[OP_INVVPID] = {"invvpid", SHAPE_INVVPID, GIVEN},
	[OP_INVEPT] = {"invept", SHAPE_INVEPT, GIVEN},
	[OP_VMX_CYCLE] = {"vmx-cycle", SHAPE_NOTHING, IN_L1},
	[OP_HV] = {"hv", SHAPE_SWITCH, IN_L1},
	[OP_VMFUNC] = {"vmfunc", SHAPE_EPTP, IN_L2 | CAN_FLUSH},
	[OP_PREEMPTED] = {"preempted", SHAPE_CPU, IN_L1},
	[OP_PV_FLUSH] = {"pv-flush", SHAPE_CPU, GIVEN},
	[OP_STEAL] = {"steal", SHAPE_FRAME, IN_L1},
	[OP_INIT] = {"init", SHAPE_CPU, GIVEN},
	[OP_ENTER] = {"enter", SHAPE_NOTHING, IN_L1 | CAN_FLUSH | ENTERS},
	[OP_ENTER_PENDING] = {"enter-pending", SHAPE_NOTHING, PASSES},
	[OP_ENTER_HALTED] = {"enter-halted", SHAPE_NOTHING, PASSES},
	[OP_ENTER_FAILING] = {"enter-failing", SHAPE_FAILING, IN_L1},
	[OP_EXIT] = {"exit", SHAPE_NOTHING, IN_L2 | CAN_FLUSH | LEAVES},
	[OP_CPU] = {"cpu", SHAPE_CPU, BOTH},
	[OP_PCPU] = {"pcpu", SHAPE_PCPU, BOTH | CAN_IRQ},
	[OP_HOST] = {"host", SHAPE_HOST, ANY},
	[OP_SMI] = {"smi", SHAPE_NOTHING, BOTH},
	[OP_RSM] = {"rsm", SHAPE_NOTHING, IN_SMM},
	[OP_VM] = {"vm", SHAPE_VM, IN_L1},
	[OP_REPEAT] = {"repeat", SHAPE_COUNT, BOTH},
	[OP_END] = {"end", SHAPE_NOTHING, BOTH},
	[OP_BARE] = {"bare", SHAPE_MODE, IN_HEADER},
	[OP_NMODE] = {"nmode", SHAPE_MODE, IN_HEADER},
	[OP_L2MODE] = {"l2mode", SHAPE_MODE, IN_HEADER},
};

const char space_names[NR_SPACES + 1] = "hgn";
const char *const entry_names[] = {"", "pte", "pde", "pdpte", "pml4e", "pml5e"};
const char *const table_names[] = {"", "pt", "pd", "pdpt", "pml4", "pml5"};
const char *const mode_names[NR_MODES] = {"long", "pae", "32", "unpaged", "la57"};
const char *const failing_names[NR_FAILING] = {
	[FAILS_CR0] = "cr0",	   [FAILS_MODE] = "mode", [FAILS_EVENT] = "event",
	[FAILS_ROOT] = "root",	   [FAILS_TAG] = "tag",	  [FAILS_EFER] = "efer",
	[FAILS_RFLAGS] = "rflags",
};
const char *const way_names[NR_WAYS] = {
	[WAY_USER] = "user", [WAY_IO] = "io",
	[WAY_FEP] = "fep",   [WAY_UNPAGED] = "unpaged",
	[WAY_SAVE] = "save", [WAY_4] = "4",
	[WAY_1] = "1",	     [WAY_MISALIGNED] = "misaligned",
	[WAY_XCHG] = "xchg", [WAY_CMPXCHG] = "cmpxchg",
	[WAY_STOS] = "stos", [WAY_MOVS] = "movs",
	[WAY_16] = "16",
};
const char *const flag_names[] = {"ro", "nx", "g", "s", "na", "nd", "xo"};
