#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the whole set of scenarios and the corpus on emulated hosts of all kinds whose kernel counts what it
executes of KVM (lab/kernel/build-kernel.sh --coverage), and writes docs/coverage.md and, by function,
docs/coverage-functions.tsv. Without HOST, such as 'amd npt=1': all of them. Results are kept, so an interrupted run
goes on where it stopped; the pages are made of all that are kept for this image.

exit status: 0 all hosts ran, whatever was found; 2 usage; 99 a host could not be run
"""

import argparse
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import coverage_families
import gcov
import series
from coverage_table import Page, read_reasons
from series import Series, usage_error

KERNEL = "7.3"
LIMIT = 900  # seconds for one run
CORPUS = series.TOP / "tests/corpus"

# Which of KVM's ways there are depends on its parameters and on the machine.
NX = "kvm.nx_huge_pages=force kvm.nx_huge_pages_recovery_ratio=1 kvm.nx_huge_pages_recovery_period_ms=20"
HOSTS = {
    "amd": ("npt=1", "npt=0", "npt=1 tlb=keep", "npt=0 tlb=keep", "npt=1 kvm.tdp_mmu=0", f"npt=1 {NX}",
            "npt=1 smp=2 host-cpus=2", "npt=0 smp=2 host-cpus=2"),
    "intel": ("ept=1", "ept=0", "ept=1 kvm.tdp_mmu=0 pml=1", f"ept=1 kvm.tdp_mmu=0 {NX}", f"ept=1 {NX}",
              "ept=1 kvm.force_emulation_prefix=1", "ept=1 vpid=0 pml=1", "ept=1 eptad=0", "ept=1 unrestricted_guest=0",
              "ept=1 enable_shadow_vmcs=0", "ept=1 smp=2 host-cpus=2", "ept=0 smp=2 host-cpus=2"),
}
WITH_CORPUS = ("npt=1", "npt=0", "ept=1", "ept=0")


class Run:
    """One run.sh on one host."""

    def __init__(self, vendor: str, params: str, corpus: bool = False):
        self.vendor, self.params, self.corpus = vendor, params, corpus

    @property
    def host(self) -> str:
        return f"{self.vendor} {self.params}"

    def __str__(self) -> str:
        return self.host + ", corpus" * self.corpus

    def arguments(self, kernel: Path) -> list:
        corpus = ["--scenarios", CORPUS / f"{self.vendor}.scn"] if self.corpus else []
        return [*series.host_options(self.vendor, self.params), "--no-trial", "--kernel", kernel, *corpus]

    def place(self, runs: Series, kernel: Path) -> Path:
        return runs.place(self.vendor, self.params, kernel.parent.name, self.corpus)


def all_runs() -> list[Run]:
    runs = [Run(vendor, params) for vendor, hosts in HOSTS.items() for params in hosts]
    return runs + [Run(run.vendor, run.params, True) for run in runs if run.params in WITH_CORPUS]


def counted(place: Path, kernel: Path) -> gcov.Functions:
    """Of all VMs of a run."""
    functions: gcov.Functions = {}
    for packed in gcov.archives(place.read_text(errors="replace")):
        gcov.add_all(functions, gcov.functions_of(packed, kernel.parent / "gcno"))
    return functions


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = series.arguments_parser(__doc__)
    parser.add_argument("hosts", nargs="*", metavar="HOST")
    parser.add_argument("--table", action="store_true", help="run nothing: only the pages, from the results kept")
    parser.add_argument("--doc", metavar="FILE", type=Path, default=series.TOP / "docs/coverage.md",
                        help="write the page there (docs/coverage.md), and beside it NAME-functions.tsv")
    return parser.parse_intermixed_args(arguments)


def make(options: argparse.Namespace, runs: Series, kernel: Path) -> bool:
    """All that is asked for and not kept; is it there then?"""
    def is_asked(host: str) -> bool:
        return not options.hosts or host in options.hosts

    def do(jobs: dict[Path, Callable[[Path], None]]) -> bool:
        if options.again:
            for place in jobs:
                place.unlink(missing_ok=True)
        runs.at_once(options.jobs, lambda place: jobs[place](place), [place for place in jobs if not place.exists()])
        return all(place.exists() for place in jobs)

    families = do({coverage_families.place(runs, kernel, *host): partial(coverage_families.make, runs, kernel, *host)
                   for host in coverage_families.HOSTS if is_asked(" ".join(host))})
    return do({run.place(runs, kernel): partial(runs.run_sh, who=str(run), arguments=run.arguments(kernel), limit=LIMIT)
               for run in all_runs() if is_asked(run.host)}) and families


def page_of(runs: Series, kernel: Path) -> Page:
    """Of all that is kept for this image."""
    page = Page(read_reasons(series.TOP / "lab/coverage-reasons.tsv"))
    for run in all_runs():
        if (place := run.place(runs, kernel)).exists():
            page.add(str(run), counted(place, kernel))
    for host in coverage_families.HOSTS:
        if (place := coverage_families.place(runs, kernel, *host)).exists():
            page.add_families(coverage_families.reached(place.read_text(errors="replace"), kernel.parent / "gcno"))
    return page


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    there = {run.host for run in all_runs()}
    if unknown := set(options.hosts) - there:
        usage_error(f"there is no host {', '.join(sorted(unknown))}; those there are: {', '.join(sorted(there))}")
    kernel = series.built_kernel("--coverage", KERNEL)
    with Series("coverage", "coverage", options.elf) as runs:
        is_whole = options.table or make(options, runs, kernel)
        page = page_of(runs, kernel)
    if not page.runs:
        usage_error("there are no results yet: run it without --table")
    release = (kernel.parent / "release").read_text().strip()
    options.doc.write_text(page.text(release, len(all_runs()), runs.image_name))
    options.doc.with_name(f"{options.doc.stem}-functions.tsv").write_text(page.functions_table())
    print(page.files_table().replace("`", ""))
    for reason in page.stale_reasons() if len(page.runs) == len(all_runs()) else ():
        runs.note(f"lab/coverage-reasons.tsv: {reason} is reached, or is not there")
    return 0 if is_whole else series.EXIT_OURS


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
