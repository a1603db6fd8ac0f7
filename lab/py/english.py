# SPDX-License-Identifier: MIT
"""A program in three English sentences: what was set up and looked at, what was changed and flushed, and the
look that was wrong. docs/adding-a-scenario.md has the steps."""

import re

TABLES = {"h": "L1's page tables", "g": "L2's page tables", "n": "the nested page tables"}
LOOKS = {"load": "reads from", "store": "writes to", "fetch": "executes from"}

# The first pattern that matches a step says it; {1} is what its first parenthesis matched.
PHRASES = [(re.compile(pattern), phrase) for pattern, phrase in (
    (r"nroot none", "turns nested paging off"),
    (r"nroot (\w+)( ad)?", "gives the VM the nested root {1}"),
    (r"l2cr3 (\w+)(?: pcid (\d))?", "gives L2 the CR3 {1}"),
    (r"enter-pending", "makes an entry that an interrupt ends at once"),
    (r"enter-halted", "makes an entry into HLT that an interrupt ends at once"),
    (r"enter-failing", "makes an entry that fails"),
    (r"enter", "enters L2"),
    (r"exit", "exits"),
    (r"tag 0", "turns VPID off"),
    (r"tag (\d+)", "gives the VM the ASID or VPID {1}"),
    (r"tlbctl (\d)", "asks for TLB_CONTROL {1} at the next entry"),
    (r"invlpga (\w+) (\d)", "does INVLPGA of {1} for ASID {2}"),
    (r"invlpg (\w+)", "does INVLPG of {1}"),
    (r"invpcid (\d)(.*)", "does INVPCID of type {1}{2}"),
    (r"invvpid (\d)(.*)", "does INVVPID of type {1}{2}"),
    (r"invept (\d)(.*)", "does INVEPT of type {1}{2}"),
    (r"cr3 (\w+)(.*)", "loads CR3 with {1}{2}"),
    (r"(pge|pcide|smep|smap) (on|off)", "turns CR4.{1} {2}"),
    (r"wp (on|off)", "turns CR0.WP {1}"),
    (r"nxe (on|off)", "turns EFER.NXE {1}"),
    (r"pg-cycle", "turns CR0.PG off and on"),
    (r"pae-cycle", "turns CR4.PAE off and on"),
    (r"vmx-cycle", "does VMXOFF and VMXON"),
    (r"vmfunc (\w+)(.*)", "switches to the EPTP of {1} with VMFUNC"),
    (r"clean", "declares the VMCB's unchanged fields clean"),
    (r"vm (\d)", "turns to VM {1}"),
    (r"cpu (\d)", "goes on on vCPU {1}"),
    (r"pcpu (\d)", "is moved to CPU {1} of the host"),
    (r"preempted (\d)", "waits until vCPU {1} is preempted"),
    (r"pv-flush (\d)", "asks the host to flush vCPU {1}"),
    (r"rdmsr", "does RDMSR"),
    (r"msr-exit (on|off)", "turns the intercept of RDMSR {1}"),
    (r"bits (\w+)\.(\w+)\.(\w+)", "reads the accessed and dirty bits of {2}'s {3}"),
)]


def step(text: str) -> str:
    """What is done in a step, as a verb and what follows it: `sets w0's PTE in L2's page tables to A`."""
    words = text.strip().lstrip("!").strip()
    if match := re.match(r"(load|store|fetch) (\w+)( by \w+)?", words):
        return f"{LOOKS[match[1]]} {match[2]}" + (" as a user" if match[3] == " by user" else match[3] or "")
    if match := re.match(r"set (([hgn])\d)\.(\w+)\.(\w+) (\S+)(.*)", words):
        value = "not present" if match[5] == "none" else match[5].replace("/", ", ")
        return f"sets {match[3]}'s {match[4].upper()} in {TABLES[match[2]]} ({match[1]}) to {value}{match[6]}"
    for pattern, phrase in PHRASES:
        if match := pattern.match(words):
            return re.sub(r"\{(\d)\}", lambda number: match[int(number[1])] or "", phrase)
    return f"does `{words}`"


def clauses(steps: list[tuple[str, str]]) -> str:
    """Who does what, of pairs of both: `L1 enters L2; L2 reads from w0 and exits`."""
    parts: list[tuple[str, list[str]]] = []
    for who, text in steps:
        if not parts or parts[-1][0] != who:
            parts.append((who, []))
        parts[-1][1].append(step(text))
    return "; ".join(f"{who} {' and '.join(filter(None, [', '.join(said[:-1]), said[-1]]))}" for who, said in parts)


HEADER = re.compile(r"(l2mode|bare|nmode) (\S+)")
MODES = {"pae": "PAE paging", "32": "32-bit paging", "unpaged": "no paging", "la57": "5-level paging"}


def doers(steps: list[str], is_bare: bool) -> list[tuple[str, str]]:
    """Each step with who does it: L2 runs from an `enter` to its `exit`."""
    said, who = [], "L1"
    for one in steps:
        said.append((who, one))
        verb = one.lstrip("!").split()[0]
        if not is_bare and verb in ("enter", "exit"):
            who = "L2" if verb == "enter" else "L1"
    return said


def sentences(program: str, failing: int | None = None, of: int | None = None) -> list[str]:
    """Of a program as a report shows it. It was wrong in step FAILING OF so many; None: in the last."""
    every = [one.strip() for one in program.split(";") if one.strip()]
    headers = [match for match in map(HEADER.fullmatch, every) if match]
    steps = doers([one for one in every if not HEADER.fullmatch(one)], any(match[1] == "bare" for match in headers))
    at = (failing or len(every)) - (len(headers) if failing is None or of == len(every) else 0)
    at = max(1, min(at, len(steps)))
    before, look = steps[:at - 1], steps[at - 1:at]
    middle = turn(["" if not one else one[1] for one in before])
    with_mode = "".join(f" ({'L1' if match[1] != 'l2mode' else 'L2'} with {MODES.get(match[2], match[2])})" for match in headers)
    said = ["With all windows unmapped" + with_mode + ", " + clauses(before[:middle]) + "."] if before[:middle] else []
    if before[middle:]:
        said.append("Then " + clauses(before[middle:]) + ".")
    if look:
        said.append("After that " + clauses(look) + ".")
    return said


def turn(steps: list[str]) -> int:
    """Where a program turns: at the entry that is set anew, else at the last flush or entry that is set."""
    entries = [" ".join(one.lstrip("!").split()[:2]) if one.lstrip("!").startswith("set ") else None for one in steps]
    anew = [n for n, entry in enumerate(entries) if entry and entry in entries[:n]]
    others = [n for n, one in enumerate(steps) if one.startswith(("!", "set "))]
    return anew[-1] if anew else others[-1] if others else len(steps)
