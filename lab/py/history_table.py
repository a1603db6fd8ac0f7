# SPDX-License-Identifier: MIT
"""docs/history.tsv, a row for each kernel on each host with the image that ran there, and what docs/history.md says
of it: what is red, and by which commit."""

import re
import sys
from collections import Counter
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from ktap import Stream, scenario

HEAD = "# Made by make history; do not edit."
COLUMNS = ("KERNEL", "HOST", "IMAGE", "CASES", "PASS", "RED", "SECONDS", "PASS BY FAMILY", "RED SCENARIOS")


def family(name: str) -> str:
    """The first word of a name; of svm's and vmx's also the first part of the second."""
    words = re.split(r"[./]", name)
    return f"{words[0]}.{words[1].split('-')[0]}" if words[0] in ("svm", "vmx") else words[0]


@dataclass
class Row:
    """One kernel on one host."""
    kernel: str
    host: str
    image: str  # as series.py names it
    cases: int = 0
    passed: int = 0
    red: int = 0
    seconds: int = 0
    families: dict[str, int] = field(default_factory=dict)  # how many pass
    scenarios: dict[str, str] = field(default_factory=dict)  # those that are red, and their verdict

    @property
    def key(self) -> tuple[str, str]:
        return self.kernel, self.host


def row_of(kernel: str, host: str, image: str, stream: Stream) -> Row:
    red = [result for result in stream.results if result.is_red or result.verdict == "ERROR"]
    return Row(kernel, host, image, len(stream.results), stream.count("PASS"), len(red),
               round(float(stream.run["seconds"])),
               dict(Counter(family(result.name) for result in stream.results if result.verdict == "PASS")),
               {scenario(result.name): result.verdict for result in red})


def read(path: Path) -> list[Row]:
    rows = []
    for line in path.read_text().splitlines() if path.exists() else ():
        if not line.startswith("#"):
            kernel, host, image, *numbers, families, scenarios = line.split("\t")
            rows.append(Row(kernel, host, image, *map(int, numbers),
                            {name: int(count) for name, count in pairs(families)}, dict(pairs(scenarios))))
    return rows


def pairs(text: str) -> list[tuple[str, str]]:
    return [tuple(word.rsplit("=", 1)) for word in text.split()]


def write(path: Path, rows: list[Row]) -> None:
    lines = [HEAD, "# " + "\t".join(COLUMNS)]
    for row in rows:
        lists = [" ".join(f"{name}={value}" for name, value in words.items()) for words in (row.families, row.scenarios)]
        lines.append("\t".join(map(str, (*row.key, row.image, row.cases, row.passed, row.red, row.seconds,
                                         *lists))))
    path.write_text("\n".join(lines) + "\n")


def by_version(row: Row) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", row.kernel)]


# --- why ------------------------------------------------------------------------------------------

@dataclass
class Reason:
    """Globs of scenarios, of hosts and of kernels, blanks between, and the sentence that explains them."""
    scenarios: str
    hosts: str
    kernels: str
    sentence: str

    def is_for(self, row: Row, name: str) -> bool:
        return all(any(fnmatchcase(word, glob) for glob in globs.split(" | "))
                   for word, globs in ((name, self.scenarios), (row.host, self.hosts), (row.kernel, self.kernels)))


def read_reasons(path: Path) -> list[Reason]:
    """Lines SCENARIOS, HOSTS, KERNELS, SENTENCE with tabs between; the first that fits holds."""
    reasons = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line and not line.startswith("#"):
            words = line.split("\t")
            if len(words) != 4:
                sys.exit(f"{path}:{number}: not SCENARIOS, HOSTS, KERNELS, SENTENCE with a tab between")
            reasons.append(Reason(*words))
    return reasons


# --- what is written --------------------------------------------------------------------------------

def text(rows: list[Row], reasons: list[Reason]) -> str:
    """Markdown; kernels oldest first, hosts as they come."""
    hosts = list(dict.fromkeys(row.host for row in rows))
    there = {row.key: row for row in rows}
    lines = [f"{len(rows)} runs, one kernel on one host each. A cell: how many cases are red, and how many pass.", "",
             "| kernel | " + " | ".join(hosts) + " |", "|---" * (len(hosts) + 1) + "|"]
    for kernel in dict.fromkeys(row.kernel for row in sorted(rows, key=by_version)):
        lines.append(f"| {kernel} | " + " | ".join(cell(there.get((kernel, host))) for host in hosts) + " |")
    return "\n".join([*lines, "", *images(rows), *red_table(rows, reasons)])


def cell(row: Row | None) -> str:
    if not row:
        return "not run"
    return f"**{row.red} red**, {row.passed}" if row.red else str(row.passed)


def images(rows: list[Row]) -> list[str]:
    """Which image made which rows."""
    lines = ["The rows are from these images (the day, and the beginning of their SHA-256):", ""]
    all_hosts = list(dict.fromkeys(row.host for row in rows))
    for image in dict.fromkeys(row.image for row in sorted(rows, key=by_version, reverse=True)):
        mine = sorted((row for row in rows if row.image == image), key=by_version)
        on: dict[str, list[str]] = {}  # hosts of a kernel
        for row in mine:
            on.setdefault(row.kernel, []).append(row.host)
        kernels: dict[tuple[str, ...], list[str]] = {}
        for kernel, hosts in on.items():
            kernels.setdefault(tuple(host for host in all_hosts if host in hosts), []).append(kernel)
        names = [", ".join(found) + f" ({', '.join(hosts)})" * (len(hosts) < len(all_hosts)) for hosts, found in kernels.items()]
        lines.append(f"- {image} ({max(row.cases for row in mine)} cases): {'; '.join(names)}")
    return lines


def red_table(rows: list[Row], reasons: list[Reason]) -> list[str]:
    groups: dict[str, list[tuple[Row, str]]] = {}
    for row in sorted(rows, key=by_version):
        for name in row.scenarios:
            why = next((reason.sentence for reason in reasons if reason.is_for(row, name)), "**not explained yet**")
            groups.setdefault(why, []).append((row, name))
    lines = ["", "### What is red, and why", ""]
    if not groups:
        return [*lines, "Nothing."]
    lines += ["| why | hosts | kernels | scenarios |", "|---|---|---|---|"]
    for why, found in groups.items():
        hosts, kernels = (", ".join(dict.fromkeys(words)) for words in zip(*((row.host, row.kernel) for row, _ in found)))
        lines.append(f"| {why} | {hosts} | {kernels} | {named(found)} |")
    return lines


def named(found: list[tuple[Row, str]]) -> str:
    """Scenarios with their verdicts; several of one family as a glob, with their number."""
    families: dict[tuple[str, str], list[str]] = {}
    for name, verdict in dict.fromkeys((name, row.scenarios[name]) for row, name in found):
        families.setdefault((".".join(name.split(".")[:2]), verdict), []).append(name)
    return ", ".join(f"`{names[0]}` {verdict}" if len(names) == 1 else f"`{begin}.*` ({len(names)}) {verdict}"
                     for (begin, verdict), names in families.items())
