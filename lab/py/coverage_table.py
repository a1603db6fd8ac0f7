# SPDX-License-Identifier: MIT
"""The pages of docs/coverage.md: what of KVM that flushes, syncs, zaps, walks or caches was executed, by file and by
function, on which hosts, and why the rest was not."""

import re
import sys
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from gcov import Function, Functions, add_all

# What is about translations, or state that a transition carries: files as a whole, and functions by a word of their
# names.
WORDS = re.compile(
    r"(?:^|_)(?:flush|tlb|invlpga?|invpcid|invvpid|invept|invalidate|zap|unmap|mmu|pdptrs?|cr[034]|efer|pgd|asid|vpid|ept"
    r"|eptp|npt|npf|page_fault|pf|gpa|gva|gfn|mmio|dirty|memslots?|memory_region|slot|age|young|steal|smm|smi|nested|vmrun"
    r"|vmfunc|pml|pid|translate)(?:_|$)")
NO_WORDS = re.compile(r"sev|async_pf|apf|lapic|hyperv|hv_|tsc|pmu|intercept$|_pi_|cr8")
# Of nesting: entries and exits and all that they carry over, and what flushes; not which events and exits are whose, the
# checks of what L1 gives, the enlightened VMCS, and the instructions that read and write a VMCS.
NESTED = re.compile(
    r"_ept_|_eptp|tlb|cr[034]|npf|tdp|mmu|efer|pdptr|vpid|vmfunc|translate|msrpm|msr_bitmap|vmc[bs]0[12]|switch_vm|guest_mode|enter_non_root"
    r"|vmrun|nested_vmx_run|vmexit$|host_state|nested_state|leave_nested|_pages|free_nested|allocate_nested|vmlaunch|vmresume"
    r"|vmptrld|enter_vmx|sync_|copy_vmcb|vmcb12_to_cache|cached_vmcb12|_vmexit_update|vmx_vmexit|transition|handle_inv|svm_vmexit")
NO_NESTED = re.compile(r"evmcs|enlightened|_cet_|_except|intercept_for|exception_vmexit|tsc|cached_shadow|_handled|_controls")
SCOPE = (("mmu/*", re.compile(""), None), ("smm.c", re.compile(""), None), ("virt/kvm/dirty_ring.c", re.compile(""), None),
         ("svm/nested.c", NESTED, NO_NESTED), ("vmx/nested.c", NESTED, NO_NESTED),
         *((name, WORDS, NO_WORDS) for name in ("mmu.h", "regs.c", "svm/svm.c", "vmx/vmx.c", "vmx/vmx_ops.h", "x86.c",
                                                 "x86.h", "virt/kvm/kvm_main.c")))
AIMS = {"mmu/paging_tmpl.h": 97, "mmu/mmu.c": 85, "mmu/tdp_mmu.c": 80, "mmu/spte.c": 85, "svm/nested.c": 80,
        "vmx/nested.c": 80, "smm.c": 60}
KINDS = ("unreachable", "missing")


def is_in_scope(file: str, name: str) -> bool:
    return any(fnmatchcase(file, glob) and wanted.search(name) and not (without and without.search(name))
               for glob, wanted, without in SCOPE)


# --- why not ---------------------------------------------------------------------------------------

@dataclass
class Reason:
    file: str  # a glob, as the next
    function: str
    kind: str
    sentence: str

    def is_for(self, function: Function) -> bool:
        return fnmatchcase(function.file, self.file) and fnmatchcase(function.name, self.function)


def read_reasons(path: Path) -> list[Reason]:
    """Lines FILE, FUNCTION, KIND, SENTENCE with tabs between; the first that fits holds."""
    reasons = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line and not line.startswith("#"):
            words = line.split("\t")
            if len(words) != 4 or words[2] not in KINDS:
                sys.exit(f"{path}:{number}: not FILE, FUNCTION, {' or '.join(KINDS)}, SENTENCE with a tab between")
            reasons.append(Reason(*words))
    return reasons


# --- counting --------------------------------------------------------------------------------------

@dataclass
class Share:
    """So many of so many."""
    hit: int = 0
    all: int = 0

    def __str__(self) -> str:
        return f"{self.hit}/{self.all}"

    @property
    def percent(self) -> float:
        return 100 * self.hit / self.all if self.all else 100.0


def share(counts: dict) -> Share:
    return Share(sum(count > 0 for count in counts.values()), len(counts))


def of_file(functions: list[Function]) -> tuple[Share, Share, Share]:
    """Functions, lines and branches. What is compiled several times, as paging_tmpl.h is, counts once."""
    lines: dict[int, int] = {}
    branches: dict[tuple[int, int], int] = {}
    for function in functions:
        for number, count in function.lines.items():
            lines[number] = lines.get(number, 0) + count
        for place, count in function.branches.items():
            branches[place] = branches.get(place, 0) + count
    reached = Share(sum(function.is_reached for function in functions), len(functions))
    return reached, share(lines), share(branches)


class Page:
    def __init__(self, reasons: list[Reason]):
        self.reasons = reasons
        self.total: Functions = {}
        self.reached_on: dict[tuple[str, str], list[str]] = {}  # which hosts' runs execute a function
        self.families: dict[tuple[str, str], set[str]] = {}
        self.runs: list[str] = []

    def add(self, run: str, functions: Functions) -> None:
        functions = {key: function for key, function in functions.items() if is_in_scope(*key)}
        self.runs.append(run)
        add_all(self.total, functions)
        for key, function in functions.items():
            if function.is_reached:
                self.reached_on.setdefault(key, []).append(run)

    def add_families(self, families: dict[tuple[str, str], set[str]]) -> None:
        for key, names in families.items():
            self.families.setdefault(key, set()).update(names)

    def files(self) -> dict[str, list[Function]]:
        files: dict[str, list[Function]] = {}
        for function in sorted(self.total.values(), key=lambda function: (function.file, function.first)):
            files.setdefault(function.file, []).append(function)
        return files

    def not_reached(self) -> list[Function]:
        return [function for functions in self.files().values() for function in functions if not function.is_reached]

    def reason(self, function: Function) -> Reason | None:
        return next((reason for reason in self.reasons if reason.is_for(function)), None)

    # --- what is written ---

    def files_table(self) -> str:
        lines = ["| file | functions | lines | | branches | | aim |", "|---|---|---|---|---|---|---|"]
        for file, functions in self.files().items():
            reached, of_lines, of_branches = of_file(functions)
            aim = f"{AIMS[file]} %" if file in AIMS else ""
            lines.append(f"| `{file}` | {reached} | {of_lines} | {of_lines.percent:.1f} % |"
                         f" {of_branches} | {of_branches.percent:.1f} % | {aim} |")
        return "\n".join(lines)

    def reasons_table(self) -> str:
        """The sentences, each with the functions that it is about; first those that have none."""
        groups: dict[tuple[str, str], list[str]] = {}
        for function in self.not_reached():
            reason = self.reason(function)
            key = (reason.kind, reason.sentence) if reason else ("", "**no sentence yet**")
            groups.setdefault(key, []).append(f"`{function.name}`")
        order = ("", "missing", "unreachable")
        rows = [f"| {kind} | {sentence} | {', '.join(dict.fromkeys(names))} |"
                for (kind, sentence), names in sorted(groups.items(), key=lambda group: order.index(group[0][0]))]
        return "\n".join(["| | why | functions |", "|---|---|---|", *rows])

    def aims_table(self) -> str:
        """What keeps a file from its aim."""
        rows = []
        for file, functions in self.files().items():
            share = of_file(functions)[1]
            if file in AIMS and share.percent < AIMS[file]:
                why = next((reason.sentence for reason in self.reasons if (reason.file, reason.function) == (file, "-")),
                           "**no sentence yet**")
                rows.append(f"- `{file}`, {share.percent:.1f} % of {AIMS[file]} %: {why}.")
        return "\n".join(rows) or "All aims are met."

    def stale_reasons(self) -> list[str]:
        """Sentences about functions that are reached, or are not there."""
        return [f"{reason.file} {reason.function}" for reason in self.reasons if reason.function != "-"
                and not any(self.reason(function) is reason for function in self.not_reached())]

    def text(self, release: str, of: int, image: str) -> str:
        counts = [sum(1 for function in self.not_reached() if (reason := self.reason(function)) and reason.kind == kind)
                  for kind in KINDS]
        return f"""\
# What of KVM is reached

Made by `make coverage` (`lab/py/coverage.py`); do not edit. Linux {release} as a host, all of KVM compiled with gcov's
counters, under the whole set of scenarios and the corpus of image {image}: {len(self.runs)} of {of} runs, merged.

Counted is what flushes, syncs, zaps, walks or caches, or is state that a transition carries (`lab/py/coverage_table.py` has
the rule). A line that is compiled several times, as those of paging_tmpl.h are for 64-bit, 32-bit and EPT tables, counts once.
By function, with branches, runs and families of scenarios: [coverage-functions.tsv](coverage-functions.tsv).

{self.files_table()}

The aims that are not met:

{self.aims_table()}

## What is not reached

{len(self.not_reached())} functions of {len(self.total)}: {counts[0]} that neither an L1 nor the host's events can reach on these hosts, {counts[1]} for which a scenario,
a step or a kind of host is missing. The sentences are kept by hand, in `lab/coverage-reasons.tsv`.

{self.reasons_table()}

## The runs

{chr(10).join(f"{number}. {run}" for number, run in enumerate(self.runs, 1))}
"""

    def functions_table(self) -> str:
        every = set().union(*self.families.values())
        lines = ["# Made by make coverage; do not edit. Runs are numbered as docs/coverage.md has them.",
                 f"# Families, each in a VM of its own on amd npt=1, npt=0, intel ept=1, ept=0: {' '.join(sorted(every))}",
                 "# FILE\tFUNCTION\tLINES\tBRANCHES\tRUNS\tFAMILIES\tLINES NOT REACHED"]
        for file, functions in self.files().items():
            for function in functions:
                on = self.reached_on.get((file, function.name), [])
                runs = "all" if len(on) == len(self.runs) else ",".join(str(self.runs.index(run) + 1) for run in on)
                missing = ranges([number for number, count in sorted(function.lines.items()) if not count])
                names = self.families.get((file, function.name), set())
                families = "all" if names and names == every else " ".join(sorted(names)) or "-"
                lines.append("\t".join([file, function.name, str(share(function.lines)), str(share(function.branches)),
                                        runs or "-", families, missing if on else "all"]))
        return "\n".join(lines) + "\n"


def ranges(numbers: list[int]) -> str:
    """1 2 3 7 as "1-3,7"."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][1] + 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ",".join(f"{first}-{last}" if last > first else str(first) for first, last in parts)
