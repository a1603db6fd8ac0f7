#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the whole set of scenarios on emulated hosts with each mutant (without names: all of them), and once with
none, under the parameters that the mutant's file names: one boot of a host for several mutants, a boot of its own
for one that hangs or crashes. What must turn red is run again: three runs have to agree. Results are kept, so an
interrupted run goes on where it stopped. Each result is a row of docs/mutants.tsv, in place of an older one; of all its
rows docs/mutants.md is made. With --random SECONDS random programs take the place of the scenarios, and the rows are
those of docs/mutants-random.tsv.

exit status: 0 all killed that can be; 1 a mutant survived, or is flaky; 2 usage; 99 a row is an ERROR
"""

import argparse
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import batch
import changes
import ktap
import score_page
import score_random
import series
from changes import Change
from ktap import Stream
from score_random import RandomEntry, RandomScore
from score_table import Outcome, Row, Score
from series import Series, usage_error

LIMIT = 200  # seconds for a mutant in a boot of its own
PATIENCE = 20  # seconds without output until the VM counts as hung
HANGS_AFTER = 10  # the same for a mutant that is known to hang it
FILTER_BYTES = 480  # of the image's filter= word
SEED = 1  # of random programs
FEW = 4  # cases of a first run that was cut off, to be run again
STANDARD = "7.3"  # the kernel of docs/mutants.md


@dataclass(frozen=True)
class Run:
    """A row, or one of its later runs, or a part of it: the cases that the filter chooses, or all; or, not 0, so many
    seconds of random programs."""
    row: Row
    number: int
    filter: str
    random: int = 0

    @property
    def hangs(self) -> bool:
        return self.row.mutant is not None and self.row.mutant.hangs

    @property
    def words(self) -> str:
        """For the image."""
        if self.random:
            return f" random-seconds={self.random} seed={SEED} random-first"
        return f" filter={self.filter}" * bool(self.filter)

    @property
    def options(self) -> list[str]:
        """For run.sh."""
        if self.random:
            # the VM dies twice for one red, once more to see in which program; and two in a row are half of three
            return ["--random", str(self.random), "--seed", str(SEED), "--max-crashes", "3"]
        return [*filter(None, self.filter.split(","))]

    def __str__(self) -> str:
        what = ", random programs" if self.random else ", what is expected" * bool(self.filter)
        return f"{self.row}, run {self.number}{what}"


def filters_of(names: list[str], most: int = FILTER_BYTES) -> list[str]:
    """Filters of less than MOST bytes that together choose these cases; the ways of looking go together."""
    filters: list[str] = []
    for name in dict.fromkeys(name if ktap.scenario(name) == name else ktap.scenario(name) + "/*" for name in names):
        if filters and len(filters[-1]) + 1 + len(name) < most:
            filters[-1] += "," + name
        else:
            filters.append(name)
    return filters


def read_switches(kernel: Path) -> dict[tuple[str, str], tuple[int, int]]:
    """What the kernel can be switched to: (KIND, NAME) and its parameters revenant_mutant, revenant_variants."""
    lines = (line.split("\t") for line in (kernel.parent / "switches").read_text().splitlines())
    return {(kind, name): (int(mutant), int(variants)) for kind, name, mutant, variants in lines}


class Scoring:
    """The runs of the rows, made where they are not kept yet."""

    def __init__(self, options: argparse.Namespace, kernel: Path, runs: Series):
        self.options = options
        self.kernel = kernel
        self.runs = runs
        self.switches = read_switches(kernel)
        self.variants = {change.name: change for change in changes.of_repository("variant")}
        self.bochs = ""

    def rows(self, mutants: list[Change]) -> list[Row]:
        """By host: first the unmodified kernel, then the mutants; for random programs those that can show."""
        rows: dict[Row, list[Row]] = {}
        for mutant in mutants:
            for host in mutant.hosts if ("mutant", mutant.name) in self.switches else ():
                row = Row(mutant, host.vendor, host.params)
                if row.catch or not self.options.random:
                    rows.setdefault(row.base, []).append(row)
        return [row for base, others in rows.items() for row in (base, *others)]

    def parameters(self, row: Row) -> tuple[int, int]:
        if row.mutant:
            return self.switches["mutant", row.mutant.name]
        mask = 0
        for name in row.variants:
            mask |= self.switches["variant", name][1]
        return 0, mask

    def place(self, run: Run) -> Path:
        """The other mutants of a kernel are behind guards that are off, so a result does not depend on them."""
        row = run.row
        edits = row.mutant.edits if row.mutant else []
        variants = [(name, self.variants[name].edits) for name in self.closure(row.base.variants)]
        return self.runs.place(row.vendor, row.params, self.options.kernel, row.name, edits, variants, run.number, run.words)

    def closure(self, names: tuple[str, ...]) -> list[str]:
        """These variants and those that they are of."""
        return sorted({one for name in names for one in (name, *self.closure(self.variants[name].of))})

    def runs_of(self, row: Row) -> Iterator[Run]:
        """The runs there must be: the first, of all cases, and once it is there the others, of those that are
        expected; if none is, of those that were red in it. Of a mutant that hangs, and with --expected where no
        first run is kept, only the expected are run."""
        if self.options.random:
            yield Run(row, 1, "", self.options.random)
            return
        expected = filters_of([",".join(row.catch)]) if row.catch else []
        first = Run(row, 1, "")
        if first.hangs or self.options.expected and expected and not self.place(first).exists():
            yield from (Run(row, number, *expected or [""]) for number in range(1, self.options.runs + 1))
            return
        yield first
        if row.mutant and self.place(first).exists():
            stream = ktap.read_file(self.place(first))
            few = FEW if float(stream.run["seconds"]) >= LIMIT else None
            filters = stream.red() and (expected or filters_of(stream.red()[:few]))
            yield from (Run(row, number, one) for number in range(2, self.options.runs + 1) for one in filters)

    def wanted(self, rows: list[Row]) -> list[Run]:
        """All runs that have no result yet."""
        return [run for row in rows for run in self.runs_of(row) if not self.place(run).exists()]

    def batches(self, wanted: list[Run]) -> list[list[Run]]:
        """Boots: up to so many runs on one host with the same variants."""
        groups: dict[tuple, list[Run]] = {}
        for run in wanted:
            groups.setdefault((run.row.base, run.hangs), []).append(run)
        size = self.options.batch
        return [group[i:i + size] for group in groups.values() for i in range(0, len(group), size)]

    def run_alone(self, run: Run) -> None:
        """In a boot of its own, or in several: a VM that dies is started again behind the case it was in. A mutant
        may hang the VM in case after case: what it did within the limit is enough."""
        mutant, variants = self.parameters(run.row)
        words = f"kvm.revenant_mutant={mutant}" + f" kvm.revenant_variants={variants}" * bool(variants)
        arguments = [*series.host_options(run.row.vendor, run.row.params), "--kernel", self.kernel, "--host-append", words,
                     "--timeout", str(HANGS_AFTER if run.hangs else PATIENCE), *run.options]
        self.runs.run_sh(self.place(run), str(run), arguments, LIMIT, may_be_cut=True)

    def boot(self, todo: list[Run]) -> dict[int, str]:
        """Runs them all in one boot; the streams of those that came to their end, by number from 1."""
        row = todo[0].row
        folder = self.place(todo[0]).with_suffix(".boot")
        folder.mkdir(exist_ok=True)
        lines = [f"mutant={self.parameters(run.row)[0]}{run.words}" for run in todo]
        (folder / "jobs").write_text("".join(f"{line}\n" for line in lines))
        variants = self.parameters(row)[1]
        command = [series.TOP / "lab/mutants/batch.sh", "--vendor", row.vendor, "--params", row.params,
                   "--append", f"kvm.revenant_variants={variants}" if variants else "", "--kernel", self.kernel,
                   "--elf", self.runs.image, "--patience", str(PATIENCE), "--bochs", self.bochs, folder / "jobs", folder]
        status, seconds = self.runs.run(command, folder / "out", None)
        if status and not self.runs.is_over:
            log = (folder / "out.log").read_text(errors="replace").strip()
            self.runs.note(f"a boot on {row.host} failed: {log.splitlines()[-1:]}")
        stream, console = folder / "stream", folder / "console.log"
        done = batch.split(stream.read_text(errors="replace") if stream.exists() else "",
                           console.read_text(errors="replace") if console.exists() else "")
        shutil.rmtree(folder)
        for number, text in done.items():
            run = todo[number - 1]
            self.runs.keep(self.place(run), str(run), text, ktap.read(text).status, seconds / len(done))
        return done

    def run_batch(self, todo: list[Run]) -> None:
        """As many as go in one boot; the one that ended the boot alone; the rest in another boot."""
        while todo and not self.runs.is_over:
            done = {} if todo[0].hangs else self.boot(todo)
            left = [run for number, run in enumerate(todo, 1) if number not in done]
            if left:
                self.run_alone(left[0])
            todo = left[1:]

    def find_bochs(self, rows: list[Row]) -> None:
        """Once for all: each run.sh would look for it, and wait for another that builds it."""
        if any(series.keeps(row.vendor, row.params) for row in rows):
            found = subprocess.run([series.TOP / "lab/bochs/build-bochs.sh", "--no-install"], stdout=subprocess.PIPE, text=True)
            if found.returncode:
                sys.exit(found.returncode)
            self.bochs = found.stdout.strip()
            if self.bochs.startswith("/usr/"):
                usage_error("a TLB that keeps needs our own build of Bochs (above says why there is none)")

    def make(self, rows: list[Row]) -> int:
        """First runs, then what they call for; the number of all."""
        ran = 0
        for _ in ("first", "later"):
            wanted = self.wanted(rows)
            ran += len(wanted)
            self.runs.at_once(self.options.jobs, self.run_batch, self.batches(wanted))
        return ran

    def forget(self, rows: list[Row]) -> None:
        for row in rows:
            for run in list(self.runs_of(row)):
                self.place(run).unlink(missing_ok=True)

    def outcome(self, row: Row) -> Outcome:
        """A run that lacks a part is none."""
        streams: list[tuple[int, Stream]] = []
        absent = False
        for run in self.runs_of(row):
            if self.place(run).exists():
                streams.append((run.number, ktap.read_file(self.place(run))))
            else:
                absent = True
        return Outcome(streams, absent)


# --- command line ---------------------------------------------------------------------------------

def parse(arguments: list[str]) -> argparse.Namespace:
    parser = series.arguments_parser(__doc__)
    add = parser.add_argument
    add("mutants", nargs="*", metavar="MUTANT")
    add("--kernel", metavar="VERSION", default=STANDARD,
        help=f"of the mutants' kernel, built by lab/kernel/build-kernel.sh --mutants ({STANDARD})")
    add("--image", metavar="FILE", type=Path, help="a bzImage with the mutants in it, in place of that; the file"
        " `switches` beside it lists them as instrument.py did")
    add("--sample", metavar="N", type=series.number_up_to(999), help="N of them, spread over all that the kernel can have")
    add("--vendor", choices=("amd", "intel"), help="only what shows there")
    add("--runs", metavar="N", type=series.number_up_to(9), default=3,
        help="what is expected must be red in N runs, the later ones of these scenarios only (3)")
    add("--expected", action="store_true", help="only what is expected, in all runs; the unmodified kernel as ever")
    add("--batch", metavar="N", type=series.number_up_to(99), default=12, help="mutants for each boot (12)")
    add("--random", metavar="SECONDS", type=series.number_up_to(600), default=0,
        help="random programs for so long, until the first that is red")
    add("--table", action="store_true", help="run nothing: only the tables, from the results kept")
    add("--doc", metavar="FILE", type=Path, help="write the page there (docs/mutants.md; with --image none), and beside it its rows (.tsv)")
    return parser.parse_intermixed_args(arguments)


def chosen(mutants: list[Change], options: argparse.Namespace) -> list[Change]:
    names = {mutant.name for mutant in mutants}
    for name in options.mutants:
        if name not in names:
            usage_error(f"there is no mutant '{name}' (lab/mutants/*.mutant)")
    return [mutant for mutant in mutants if not options.mutants or mutant.name in options.mutants]


def sampled(mutants: list[Change], number: int | None) -> list[Change]:
    """Every so manieth."""
    if not number or number >= len(mutants):
        return mutants
    return [mutants[i * len(mutants) // number] for i in range(number)]


def kernel_of(options: argparse.Namespace) -> Path:
    """The bzImage; builds it, if need be."""
    kernel = options.image.resolve() if options.image else series.built_kernel("--mutants", options.kernel)
    if not kernel.is_file() or not (kernel.parent / "switches").is_file():
        usage_error(f"there is no kernel '{kernel}' with its list '{kernel.parent / 'switches'}'")
    return kernel


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    mutants = changes.or_exit(changes.of_repository, "mutant")
    some = chosen(mutants, options)
    doc = options.doc or (None if options.image else series.TOP / "docs/mutants.md")
    kernel = kernel_of(options)
    with Series("mutants", "mutants/results", options.elf) as runs:
        scoring = Scoring(options, kernel, runs)
        some = sampled([mutant for mutant in some if ("mutant", mutant.name) in scoring.switches], options.sample)
        rows = [row for row in scoring.rows(some) if options.vendor in (None, row.vendor)]
        if options.again:
            scoring.forget(rows)
        begin, ran = time.monotonic(), 0
        if not options.table:
            scoring.find_bochs(rows)
            ran = scoring.make(rows)
            seconds = time.monotonic() - begin
        outcomes = {row: scoring.outcome(row) for row in scoring.rows(some if options.random else mutants)}
        score = RandomScore(outcomes, options.kernel) if options.random else Score(outcomes, mutants, options.kernel, options.runs)
    print(score.table())
    if doc:
        record, by_random = doc.with_suffix(".tsv"), doc.with_name(f"{doc.stem}-random.tsv")
        entries, found = score_page.read(record), score_page.read(by_random, RandomEntry)
        if options.random:
            found = score_page.merged(found, score.entries(runs.image_name), mutants)
            score_page.write(by_random, found, score_random.HEAD)
        else:
            entries = score_page.merged(entries, score_page.entries(score, runs.image_name), mutants)
            score_page.write(record, entries)
        doc.write_text(score_page.text(entries, mutants, STANDARD, found))
    if ran:
        runs.note(f"{ran} runs in {seconds:.0f} s")
    return score.status()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
