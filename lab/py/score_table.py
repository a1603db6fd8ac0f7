# SPDX-License-Identifier: MIT
"""The score of the mutants: a verdict for each row, and the table that is printed.

A row is a mutant on a host, that is a vendor and parameters. Its verdict:

  ERROR          under the same parameters the unmodified kernel did not come to its end, or is red itself in what is expected
  not run        a result is missing
  killed         each of the expected globs has a case that is red in all runs
  flaky          each has one that is red, but not in all runs
  caught         cases are red, but not those expected: the file is wrong
  survived       no case is red but those that are so on the unmodified kernel, too; they count nowhere here
  hardware-only  marked so, and no case is red: the fault is in the hardware's TLB only
  equivalent     marked so, and no case is red: something else in KVM always hides the fault
"""

from collections import Counter
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from changes import Change
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
    def is_whole(self) -> bool:
        return all(stream.run["status"] in ("0", "1") for _, stream in self.streams)

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
    known = {name for names in base.red() for name in names}
    if not base.has_first or not base.is_whole or any(fnmatchcase(name, glob) for name in known for glob in row.catch):
        return Judged("ERROR")
    if outcome.absent:
        return Judged("not run")
    red, unsteady = ([name for name in names if name not in known] for names in outcome.red())
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
        """Four scenarios."""
        some = self.scenarios(names)
        return ", ".join(some[:4]) + (f" and {len(some) - 4} more" if len(some) > 4 else "")

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
                                     self.some(judged.red)))
        return "\n".join([*lines, self.sums()])
