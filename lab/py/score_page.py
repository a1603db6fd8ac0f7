# SPDX-License-Identifier: MIT
"""docs/mutants.tsv, a row for each mutant on each host and kernel with the image that ran there, and what
docs/mutants.md says of it."""

from collections import Counter
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from changes import Change, meaning
from score_random import RandomEntry, section
from score_table import BAD, VERDICTS, Score

HEAD = "# Made by make mutants; do not edit. Scenarios without the ways of looking; UNSTEADY: red in some of the runs only."


@dataclass
class Entry:
    """A row of the file, all of it text."""
    kernel: str
    mutant: str
    host: str
    of: str  # the mutant's classes of fault
    verdict: str
    image: str  # as series.py names it
    seconds: str
    expected: str
    caught: str
    unsteady: str

    @property
    def key(self) -> tuple[str, str, str]:
        return self.kernel, self.mutant, self.host


def entries(score: Score, image: str) -> list[Entry]:
    """What was run, that is, without the rows that lack a result."""
    return [Entry(score.kernel, row.name, row.host, row.mutant.get("class"), judged.verdict, image, score.took(row),
                  " ".join(row.catch), " ".join(score.scenarios(judged.red)), " ".join(score.scenarios(judged.unsteady)))
            for row, judged in score.judged.items() if judged.verdict != "not run"]


def read(path: Path, kind: type = Entry) -> list:
    lines = path.read_text().splitlines() if path.exists() else []
    return [kind(*line.split("\t")) for line in lines if not line.startswith("#")]


def write(path: Path, rows: list, head: str = HEAD) -> None:
    kind = type(rows[0]) if rows else Entry
    names = "# " + "\t".join("CLASS" if field.name == "of" else field.name.upper() for field in fields(kind))
    path.write_text("\n".join([head, names, *("\t".join(astuple(row)) for row in rows)]) + "\n")


def merged(rows: list, new: list, mutants: list[Change]) -> list:
    """What is new replaces what was there; mutants that are gone, or show elsewhere now, go. Newest kernel first."""
    hosts = {mutant.name: [f"{host.vendor} {host.params}" for host in mutant.hosts] for mutant in mutants}
    there = {row.key: row for row in (*rows, *new)
             if row.host.partition(" variant=")[0] in hosts.get(row.mutant, ())}
    return sorted(there.values(), key=lambda row: ([-int(part) for part in row.kernel.split(".")], row.mutant, row.host))


def text(rows: list[Entry], mutants: list[Change], kernel: str, by_random: list[RandomEntry]) -> str:
    kinds = {mutant.name: mutant for mutant in mutants}
    lines = f"""\
# Known-bad hosts

Made by `make mutants` (`lab/py/score.py`); do not edit. A mutant is a fault that is planted in arch/x86/kvm, a file in
`lab/mutants/`, which says what it does; all that a kernel can have are in one, and a parameter chooses one. Each runs under
the whole set of scenarios, or with `--expected` under those alone that must turn red, on each kind of emulated host on which it
should show. [mutants.tsv](mutants.tsv) has a row for each mutant on each host: what was expected, all scenarios that turned red,
the image, the seconds.

Intel is emulated by Bochs, whose TLB [keeps](retaining-cpu.md) what it may; AMD by QEMU, which flushes its TLB at each world
switch, and where the host says `tlb=keep` by Bochs, too. What is expected counts if it is red in all three runs.

`killed`: each pattern expected has a case that is red. `hardware-only`: the fault lives in the hardware's TLB, and no emulated
host shows it. `equivalent`: something else in KVM always does what the fault leaves out. What is red on the
unmodified kernel under the same parameters does not count, and a row that expects it is an `ERROR`. Of kernels other than {kernel} a sample is run (`--kernel 6.12 --sample 30`).

| kernel | image | mutants | rows | {' | '.join(VERDICTS[:-1])} |
|---|---|---|---|{'---|' * (len(VERDICTS) - 1)}
""".splitlines()
    for group in groups(rows, lambda row: (row.kernel, row.image)):
        count = Counter(row.verdict for row in group)
        lines.append(f"| {group[0].kernel} | {group[0].image} | {len({row.mutant for row in group})} | {len(group)} | "
                     + " | ".join(str(count[verdict] or "") for verdict in VERDICTS[:-1]) + " |")
    lines += ["", "Rows that are killed, by class of fault ([catalogue.md](catalogue.md)):", ""]
    names = sorted({name for row in rows for name in row.of.split()}, key=lambda name: (name[0], int(name[1:])))
    for letter in dict.fromkeys(name[0] for name in names):
        lines.append("- " + ", ".join(class_of(rows, name) for name in names if name[0] == letter))
    lines += ["", "## What is not killed", "", "| mutant | kernel | host | verdict | why |", "|---|---|---|---|---|"]
    for row in rows:
        if row.verdict != "killed":
            why = meaning(kinds[row.mutant]) if row.verdict not in (*BAD, "ERROR") else f"expected: `{row.expected}`"
            lines.append(f"| {row.mutant} | {row.kernel} | {row.host} | {row.verdict} | {why} |")
    unsteady = [row for row in rows if row.unsteady]
    lines += ["", "Red in some of the runs only, and not counted:", ""] * bool(unsteady)
    lines += [f"- {row.mutant} on {row.kernel}, {row.host}: `{row.unsteady}`" for row in unsteady]
    return "\n".join([*lines, *section(by_random)]) + "\n"


def class_of(rows: list[Entry], name: str) -> str:
    """Its name, and how many of its rows are killed."""
    verdicts = [row.verdict for row in rows if name in row.of.split()]
    return f"{name} {verdicts.count('killed')}/{len(verdicts)}"


def groups(rows: list[Entry], key) -> list[list[Entry]]:
    found: dict[tuple, list[Entry]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return list(found.values())
