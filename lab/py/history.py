#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the whole set of scenarios on emulated hosts with stock kernels of the distribution, oldest to newest
(without KERNEL: one early and one late of each line that the archive serves), on AMD with npt=1 and npt=0, on
AMD and Intel CPUs whose TLB keeps what it may, there with ept=0, too. Each run is a row of docs/history.tsv, in place
of an older one; of all its rows docs/history.md is made, between its two markers, and printed. Results are kept, so an
interrupted run goes on where it stopped.

exit status: 0 all kernels ran, whatever was found; 2 usage; 99 a kernel could not be run
"""

import argparse
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from shlex import quote

import events
import history_table
import ktap
import series
import write_html
from history_table import Row, row_of
from ktap import Stream
from series import Series, usage_error
from theory import Theories

# Kernels that the archive serves no more are left out with a note.
KERNELS = ("5.10.218", "5.10.262", "6.1.170", "6.1.192", "6.12.43", "6.12.117", "6.16.3", "6.17.13", "6.18.15",
           "6.19.14", "7.0.13", "7.1.13", "7.2.13", "7.3")
HOSTS = (("amd", "npt=1"), ("amd", "npt=0"), ("amd", "npt=1 tlb=keep"), ("intel", "ept=1"), ("intel", "ept=0"))
# On AMD, 5.10 hangs where an interrupt waits for L1 behind a step of L2's (docs/history.md says why).
WITHOUT_IRQ = "!linear.irq*,!pcid.irq*,!context.own-cr3.interrupt.*,!failed-entry.l2.*"
FILTERS = {("5.10.218", "amd"): WITHOUT_IRQ, ("5.10.262", "amd"): WITHOUT_IRQ}
LIMIT = 600  # seconds for one run
PATIENCE = 10  # seconds without output until the VM counts as hung

BEGIN_MARK = "<!-- made by make history: do not edit by hand -->"
END_MARK = "<!-- end of what make history made -->"


@dataclass
class Run:
    """One kernel on one host."""
    kernel: str
    vendor: str
    params: str
    filter: str
    stream: Stream = field(default_factory=Stream)

    @property
    def host(self) -> str:
        return f"{self.vendor} {self.params}"

    def row(self) -> Row:
        return row_of(self.kernel, self.host, self.stream.run.get("image", "unknown"), self.stream)


def place(runs: Series, run: Run) -> Path:
    return runs.place(run.vendor, run.params, run.kernel, run.filter)


def make(runs: Series, run: Run) -> None:
    arguments = [*series.host_options(run.vendor, run.params), "--kernel", run.kernel,
                 "--timeout", str(PATIENCE), *filter(None, run.filter.split(","))]
    runs.run_sh(place(runs, run), f"{run.kernel} on {run.host}", arguments, LIMIT)


def available(runs: Series, kernels: list[str]) -> list[str]:
    """Downloads first, one after the other: several runs would wait for each other. What there is gets written down,
    for mirrors do not keep it (lab/snapshot.sh)."""
    script = 'for f in say packages archive snapshot debian-kernel; do . "lab/$f.sh"; done; ' \
             'exclusively archive debian_kernel "$1" && found=$(resolve_kernel "$1") && write_down_kernel $found'
    there = []
    for kernel in kernels:
        done = subprocess.run(["bash", "-c", script, "bash", kernel], cwd=series.TOP, text=True, stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        if done.returncode == 0:
            there.append(kernel)
        else:
            runs.note(f"{kernel} is left out: {series.error_in(done.stderr)}")
    return there


def write_document(doc: Path, text: str) -> None:
    """Puts the table between the markers of the document, or into a new one."""
    old = doc.read_text() if doc.exists() else f"# Real history\n\n{BEGIN_MARK}\n{END_MARK}\n"
    lines = old.split("\n")
    if lines.count(BEGIN_MARK) != 1 or lines.count(END_MARK) != 1:
        usage_error(f"{doc} has lost its markers: {BEGIN_MARK}")
    head, tail = lines[:lines.index(BEGIN_MARK) + 1], lines[lines.index(END_MARK):]
    new = "\n".join([*head, "", text, "", *tail])
    if new != old:
        doc.write_text(new)


def merged(rows: list[Row], new: list[Row]) -> list[Row]:
    """In the order of what is run by default; what is new replaces what was there."""
    there = {row.key: row for row in (*rows, *new)}
    hosts = [f"{vendor} {params}" for vendor, params in HOSTS]
    return sorted(there.values(), key=lambda row: (hosts.index(row.host) if row.host in hosts else len(hosts),
                                                   history_table.by_version(row)))


def as_one(done: list[Run]) -> events.Run:
    """All of them as the settings of one run, for its page."""
    settings = []
    for run in done:
        name = f"{run.kernel} {run.host}"
        options = " ".join(map(quote, [*series.host_options(run.vendor, run.params), "--kernel", run.kernel]))
        setting = events.Setting(name, f"{name}: {run.stream.host}", options, Path("/nonexistent"), status=run.stream.status)
        setting.reader.stream = run.stream
        settings.append(setting)
    red = any(setting.red() for setting in settings)
    return events.Run(settings, {"command": "make history"}, status=1 if red else 0)


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = series.arguments_parser(__doc__)
    parser.add_argument("kernels", nargs="*", metavar="KERNEL")
    parser.add_argument("--table", action="store_true", help="run nothing: only the page")
    parser.add_argument("--doc", metavar="FILE", type=Path, default=series.TOP / "docs/history.md",
                        help="write the page there (docs/history.md), and beside it its rows (.tsv)")
    return parser.parse_intermixed_args(arguments)


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    begin = time.monotonic()
    with Series("history", "history", options.elf) as runs:
        kernels = options.kernels or list(KERNELS)
        if not options.table:
            kernels = available(runs, kernels)
        wanted = [Run(kernel, vendor, params, FILTERS.get((kernel, vendor), ""))
                  for kernel in kernels for vendor, params in HOSTS]
        if options.again:
            for run in wanted:
                place(runs, run).unlink(missing_ok=True)
        todo = [] if options.table else [run for run in wanted if not place(runs, run).exists()]
        runs.at_once(options.jobs, lambda run: make(runs, run), todo)
        done = [run for run in wanted if place(runs, run).exists()]
        for run in done:
            run.stream = ktap.read_file(place(runs, run))
    record = options.doc.with_suffix(".tsv")
    rows = merged(history_table.read(record), [run.row() for run in done])
    if not rows:
        usage_error("there are no results yet: run it without --table")
    history_table.write(record, rows)
    text = history_table.text(rows, history_table.read_reasons(series.TOP / "lab/history-reasons.tsv"))
    print(text.replace("`", "").replace("**", ""))
    write_document(options.doc, text)
    if done:
        page = series.cache_dir() / "history.html"
        page.write_text(write_html.html(as_one(done), Theories()))
        runs.note(f"those of this image with all evidence: {page}")
    if todo:
        runs.note(f"{len(todo)} runs in {time.monotonic() - begin:.0f} s")
    return series.EXIT_OURS if len(done) < len(wanted) and not options.table else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
