# SPDX-License-Identifier: MIT
"""What random programs alone catch of the mutants: docs/mutants-random.tsv, and what docs/mutants.md says of it.

A search ends with its first red program. How far it came is counted in programs, and in seconds: a case of a search
is one, as a clock on the wall of an idle machine has it (BOCHS_PACE in lab/hosts.sh).
"""

import re
from dataclasses import dataclass
from statistics import median_low

from ktap import Stream
from score_table import Outcome, Row

HEAD = "# Made by lab/py/score.py --random SECONDS; do not edit. PROGRAM: the first red one, - for none; SECOND: in which it ran."
SPAN = 10000  # numbers of programs for each second: SEARCH_SPAN of plan/search.h
NONE = "-"


@dataclass
class RandomEntry:
    """A row of the file, all of it text."""
    kernel: str
    mutant: str
    host: str
    image: str  # by its day and checksum
    programs: str  # that ran
    program: str
    second: str

    @property
    def key(self) -> tuple[str, str, str]:
        return self.kernel, self.mutant, self.host


def first_red(stream: Stream) -> tuple[int, int] | None:
    """Its number in order, and the second in which it ran; None: nothing is red."""
    done = 0
    for second, result in enumerate(stream.results, 1):
        if result.is_red:
            which = next(filter(None, (re.match(r"run: random program (\d+)", line) for line in result.evidence)), None)
            return done + (int(which[1]) % SPAN if which else 0) + 1, second
        done += stream.searched.get(result.name, 0)
    return None


class RandomScore:
    """Of rows that have been searched; outcomes without a stream, or with none of a program, are left out."""

    def __init__(self, outcomes: dict[Row, Outcome], kernel: str):
        self.kernel = kernel
        first = {row: outcome.streams[0][1] for row, outcome in outcomes.items() if outcome.streams}
        self.streams = {row: stream for row, stream in first.items() if stream.searched or stream.red()}
        self.first = {row: first_red(stream) for row, stream in self.streams.items()}
        self.red_bases = [row for row in self.streams if not row.mutant and self.first[row]]
        self.rows = [row for row in self.streams if row.mutant and row.base not in self.red_bases]

    def entries(self, image: str) -> list[RandomEntry]:
        return [RandomEntry(self.kernel, row.name, row.host, image, str(sum(self.streams[row].searched.values())),
                            *map(str, self.first[row] or (NONE, NONE))) for row in self.rows]

    def table(self) -> str:
        form = "{:<30} {:<28} {:>9} {:>8} {:>7}"
        lines = [form.format(row.mutant, row.host, row.programs, row.program, row.second) for row in self.entries("")]
        red = [f"ERROR: the unmodified kernel is red: {row.host}" for row in self.red_bases]
        return "\n".join([form.format("mutant", "host", "programs", "first", "second"), *lines, *red])

    def status(self) -> int:
        return 99 if self.red_bases else 0 if all(self.first[row] for row in self.rows) else 1


def section(rows: list[RandomEntry]) -> list[str]:
    if not rows:
        return []
    caught = [row for row in rows if row.program != NONE]
    lines = ["", "## By random programs alone", "",
             f"{len(rows)} rows were searched, too, each until its first red program, or for so many as are named below"
             f" ([mutants-random.tsv](mutants-random.tsv)):", f"{len(caught)} are caught, {len(caught) * 100 // len(rows)} %. A second is"
             " one on the wall of an idle machine. What is known to fail on a host is left out there.", "",
             "| host | rows | caught | first red program, median | second, median |", "|---|---|---|---|---|"]
    for host in dict.fromkeys(row.host for row in rows):
        red = [row for row in caught if row.host == host]
        medians = (median_low([int(row.program) for row in red]), median_low([int(row.second) for row in red])) if red else ("", "")
        lines.append(f"| {host} | {sum(row.host == host for row in rows)} | {len(red)} | {medians[0]} | {medians[1]} |")
    missed = [f"{row.mutant} ({row.host}, {row.programs} programs)" for row in rows if row.program == NONE]
    return [*lines, *["", "Not caught: " + ", ".join(missed) + "."] * bool(missed)]
