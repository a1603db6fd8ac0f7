# SPDX-License-Identifier: MIT
"""The score of the mutants: a verdict for each row, and the two tables of docs/mutants.md.

A row is a mutant on a host, that is a vendor and parameters. Its verdict:

  ERROR          the unmodified kernel is not clean, or was not run, under the same parameters
  not run        a result is missing
  killed         each of the expected globs has a case that is red in all runs
  flaky          each has one that is red, but not in all runs
  caught         cases are red, but not those expected: the file is wrong
  survived       no case is red
  hardware-only  marked so, and no case is red: the fault is in the hardware's TLB only
  equivalent     marked so, and no case is red: something else in KVM always hides the fault
"""

from collections import Counter
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from statistics import median_low

from changes import Change, meaning
from ktap import Stream, scenario

VERDICTS = ("killed", "survived", "caught", "flaky", "hardware-only", "equivalent", "ERROR", "not run")
BAD = ("survived", "caught", "flaky")


@dataclass(frozen=True)
class Row:
    """A mutant on a host; without mutant, the unmodified kernel there, or a variant of it."""
    mutant: Change | None
    vendor: str
    params: str
    variants: tuple[str, ...] = ()  # of the row without mutant

    @property
    def name(self) -> str:
        return self.mutant.name if self.mutant else "none"

    @property
    def base(self) -> "Row":
        """The row of the same host without the fault."""
        return Row(None, self.vendor, self.params, self.mutant.of if self.mutant else self.variants)

    @property
    def catch(self) -> tuple[str, ...]:
        """The globs of the cases that it expects to be red."""
        hosts = self.mutant.hosts if self.mutant else ()
        return next((host.catch for host in hosts if (host.vendor, host.params) == (self.vendor, self.params)), ())

    @property
    def host(self) -> str:
        return " ".join([self.vendor, self.params, *(f"variant={name}" for name in self.base.variants)])

    def __str__(self) -> str:
        return f"{self.name} on {self.host}"


@dataclass
class Outcome:
    """The results of a row's runs, (NUMBER, stream); one run may be in several. Run 1 is of all cases."""
    streams: list[tuple[int, Stream]]
    absent: bool = False  # some are missing

    @property
    def is_clean(self) -> bool:
        return all(stream.run["status"] == "0" and not stream.red() for _, stream in self.streams)

    @property
    def has_first(self) -> bool:
        return any(number == 1 for number, _ in self.streams)

    @property
    def seconds(self) -> float:
        return sum(float(stream.run["seconds"]) for _, stream in self.streams)

    def red(self) -> tuple[list[str], list[str]]:
        """The cases that are red in all runs that had them, and those that are so in some."""
        ran: dict[str, set[int]] = {}
        red: dict[str, set[int]] = {}
        for number, stream in self.streams:
            for result in stream.results:
                ran.setdefault(result.name, set()).add(number)
                if result.is_red:
                    red.setdefault(result.name, set()).add(number)
        return [name for name in red if red[name] == ran[name]], [name for name in red if red[name] != ran[name]]


@dataclass
class Judged:
    """What became of a row: the verdict, the cases that are red in all runs, and those that are so in some."""
    verdict: str
    red: list[str] = field(default_factory=list)
    unsteady: list[str] = field(default_factory=list)


def judge(row: Row, outcome: Outcome, base: Outcome) -> Judged:
    if not outcome.has_first:
        return Judged("not run")
    if not base.has_first or not base.is_clean:
        return Judged("ERROR")
    if outcome.absent:
        return Judged("not run")
    red, unsteady = outcome.red()
    return Judged(_verdict(row, red, unsteady), red, unsteady)


def _verdict(row: Row, red: list[str], unsteady: list[str]) -> str:
    if not red and not unsteady:
        return next((excuse for excuse in ("hardware-only", "equivalent") if row.mutant.get(excuse)), "survived")
    if not row.catch:
        return "caught" if red else "flaky"
    missed = [glob for glob in row.catch if not any(fnmatchcase(name, glob) for name in red)]
    if not all(any(fnmatchcase(name, glob) for name in unsteady) for glob in missed):
        return "caught"
    return "flaky" if missed else "killed"


class Score:
    def __init__(self, outcomes: dict[Row, Outcome], mutants: list[Change], kernel: str, runs: int):
        self.outcomes = outcomes
        self.kernel = kernel
        self.runs = runs
        there = {row.mutant for row in outcomes}
        self.mutants = [mutant for mutant in mutants if mutant in there]
        self.rows = [Row(mutant, host.vendor, host.params) for mutant in self.mutants for host in mutant.hosts]
        names = (result.name for outcome in outcomes.values() for _, stream in outcome.streams for result in stream.results)
        self.place = {name: i for i, name in enumerate(dict.fromkeys(names))}  # in the plan
        self.judged = {row: judge(row, outcomes[row], outcomes.get(row.base, Outcome([]))) for row in self.rows}
        self.count = Counter(judged.verdict for judged in self.judged.values())

    def scenarios(self, names: list[str]) -> list[str]:
        """Without the ways of looking, in the order of the plan."""
        return list(dict.fromkeys(scenario(name) for name in sorted(names, key=self.place.__getitem__)))

    def some(self, names: list[str]) -> str:
        """Four scenarios, as Markdown."""
        some = self.scenarios(names)
        return ", ".join(f"`{name}`" for name in some[:4]) + (f" and {len(some) - 4} more" if len(some) > 4 else "")

    def status(self) -> int:
        """Of the command: an ERROR counts most."""
        return 99 if self.count["ERROR"] else 1 if any(self.count[verdict] for verdict in BAD) else 0

    def sums(self) -> str:
        counts = ", ".join(f"{self.count[verdict]} {verdict}" for verdict in VERDICTS if self.count[verdict])
        return f"{len(self.mutants)} mutants, {len(self.rows)} rows: {counts}"

    def took(self, row: Row) -> str:
        return f"{self.outcomes[row].seconds:.0f}" if self.outcomes[row].streams else ""

    def table(self) -> str:
        form = "{:<30} {:<7} {:<18} {:<14} {:>5}  {}"
        lines = [form.format("mutant", "vendor", "parameters", "verdict", "s", "caught by")]
        for row in self.rows:
            judged = self.judged[row]
            params = row.host.partition(" ")[2]
            lines.append(form.format(row.name, row.vendor, params, judged.verdict, self.took(row),
                                     self.some(judged.red).replace("`", "")))
        return "\n".join([*lines, self.sums()])

    # --- the document ---

    def document(self) -> str:
        return "\n".join([*self.head(), *self.rows_table(), *self.unsteady(), *self.meanings(), *self.killers()]) + "\n"

    def head(self) -> list[str]:
        lines = [
            "# Known-bad hosts", "",
            "Made by `make mutants` (`lab/py/score.py`); do not edit. A mutant is a fault that is planted in",
            f"arch/x86/kvm of Linux {self.kernel}, a file in `lab/mutants/`; all of them are in one kernel, and a parameter",
            "chooses one. Each runs under the whole set of scenarios, on an emulated host.", "",
            self.sums().replace(" rows", " rows (a mutant on a host)") + ".", ""]
        for vendor, title in (("amd", "AMD"), ("intel", "Intel")):
            times = [self.outcomes[row].seconds for row in self.rows if row.vendor == vendor and self.outcomes[row].streams]
            if times:
                lines.append(f"A mutant on {title} takes {median_low(times):.0f} seconds, all its runs together"
                             f" (median of {len(times)}).")
        if self.runs > 1:
            lines += ["", f"What is expected is run again, and counts if it is red in all {self.runs} runs;"
                      " what else is red was so in the first."]
        return [*lines, "",
                "Intel is emulated by Bochs, whose TLB [keeps](retaining-cpu.md) what it may; AMD by QEMU, which flushes its",
                "TLB at each world switch, and where it says `tlb=keep` by Bochs, too.", "",
                "`killed`: every pattern expected has a case that is red. `hardware-only`: the fault lives in the hardware's TLB,",
                "and no emulated host shows it. `equivalent`: something else in KVM always does what the fault leaves out. A row",
                "is an `ERROR` unless the unmodified kernel (the parameter 0) is clean under the same parameters.", ""]

    def rows_table(self) -> list[str]:
        lines = ["| mutant | class | host | expected | caught by | verdict | seconds |", "|---|---|---|---|---|---|---|"]
        for row in self.rows:
            judged = self.judged[row]
            expected = ", ".join(f"`{glob}`" for glob in row.catch) or "nothing"
            lines.append(f"| {row.name} | {row.mutant.get('class')} | {row.host} | {expected} |"
                         f" {self.some(judged.red)} | {judged.verdict} | {self.took(row)} |")
        return lines

    def unsteady(self) -> list[str]:
        notes = [f"- {row}: {self.some(judged.unsteady)}" for row, judged in self.judged.items() if judged.unsteady]
        return ["", "Red in some of the runs only, and not counted:", "", *notes, ""] if notes else []

    def meanings(self) -> list[str]:
        lines = [f"- **{mutant.name}**: {meaning(mutant)}" for mutant in self.mutants]
        return ["", "## What each one does", "", *lines]

    def killers(self) -> list[str]:
        killers: dict[str, dict[str, None]] = {}
        for row, judged in self.judged.items():
            for name in self.scenarios(judged.red):
                killers.setdefault(name, {})[row.name] = None
        passes = {scenario(result.name) for row, outcome in self.outcomes.items() if not row.mutant
                  for _, stream in outcome.streams for result in stream.results if result.verdict == "PASS"}
        lines = ["", "## What each scenario kills", "",
                 "Scenarios that kill none of these mutants and pass on a host above are marked so. Those named survival ask what",
                 "a host keeps where it need not drop anything.", "", "| scenario | mutants |", "|---|---|"]
        for name in dict.fromkeys(scenario(name) for name in self.place):
            if name in killers:
                text = ", ".join(killers[name])
            elif "survival" in name.split(".")[:-1]:
                text = "asks what is kept, nothing can break it"
            else:
                text = "*none*" if name in passes else "none (vacuous or skipped on these hosts)"
            lines.append(f"| `{name}` | {text} |")
        return lines
