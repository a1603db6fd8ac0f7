# SPDX-License-Identifier: MIT
"""The one reader of run.sh's KTAP streams, whose verdicts are those of plan/verdicts.def.

  ktap.py STREAM VERDICT...    prints the names of the cases that ended so
"""

import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

_DEFINED = re.findall(r"^VERDICT\((\w+), *(\w+), *(\d+),",
                      (Path(__file__).parents[2] / "plan/verdicts.def").read_text(), re.MULTILINE)
RED = tuple(name for name, _, status in _DEFINED if status == "1")  # something is wrong with the host
VERDICTS = tuple(name for name, _, _ in _DEFINED)  # in the order of columns
SKIPPED = tuple(name for name, form, _ in _DEFINED if form == "skip" and name != "SKIP")  # SKIPs of KTAP with a name

_RESULT = re.compile(r"(not )?ok (\d+) (\S+)(?: # ?(.*))?")
_LOOK = re.compile(r"/(load|store|fetch)$")


@dataclass
class Result:
    """What became of a case, or with an empty name of none: the VM died between two, or the run gave up."""
    name: str
    verdict: str
    text: str
    replay: str = ""  # the program that shows it

    @property
    def is_red(self) -> bool:
        return self.verdict in RED


@dataclass
class Stream:
    plan: int | None = None  # cases that there were to be
    results: list[Result] = field(default_factory=list)  # of cases
    stray: list[Result] = field(default_factory=list)  # of no case
    retention: dict[str, tuple[int, int]] = field(default_factory=dict)  # "ROW|SPACE": hits, tries
    fixed: list[tuple[str, str]] = field(default_factory=list)  # (case, reason) of known faults that are not here
    not_run: str = ""  # why cases of the plan were not
    status: int | None = None  # what the VM loop ended with
    run: dict[str, str] = field(default_factory=dict)  # of a kept result: status, seconds, ...

    @property
    def missing(self) -> int:
        """Cases of the plan without a result."""
        return max(0, (self.plan or 0) - len(self.results))

    def count(self, verdict: str) -> int:
        return sum(result.verdict == verdict for result in self.results + self.stray)

    def red(self) -> list[str]:
        """The names of red cases, in the order of the plan."""
        return [result.name for result in self.results if result.is_red]


def scenario(name: str) -> str:
    """A case's name without the way of looking."""
    return _LOOK.sub("", name)


def read(text: str) -> Stream:
    stream = Stream()
    last = Result("", "", "")  # whom a block of `# | ` lines is about
    begun = None  # a case without its result yet: a search tells what it finds before that
    for line in text.splitlines():
        line = line.strip()
        if match := _RESULT.fullmatch(line):
            before, last = last, _result(*match.groups())
            if before is begun and last.is_red:
                last.replay = before.replay
            stream.results.append(last)
        elif line.startswith("# case "):
            begun = last = Result("", "", "")
        elif line.startswith("# CRASH after case "):
            last = Result("", "CRASH", line.removeprefix("# CRASH "))
            stream.stray.append(last)
        elif line.startswith("Bail out!"):
            last = Result("", "ERROR", line.removeprefix("Bail out!").strip())
            stream.stray.append(last)
        elif line.startswith("# | replay: "):
            last.replay = last.replay or line.removeprefix("# | replay: ")
        elif re.fullmatch(r"1\.\.\d+", line):
            stream.plan = int(line[3:])
        else:
            _take_comment(stream, line)
    return stream


def read_file(path: Path) -> Stream:
    """An absent file is an empty stream: a run that was ended before it began."""
    return read(path.read_text(errors="replace")) if path.exists() else Stream()


def _result(bad: str | None, _number: str, name: str, directive: str | None) -> Result:
    """`not ok 1 NAME # VERDICT text`, `ok 1 NAME`, `ok 1 NAME # SKIP [VERDICT] text`."""
    word, _, text = (directive or "").partition(" ")
    if bad:
        return Result(name, word, text) if word in RED else Result(name, "ERROR", text)
    if word != "SKIP":
        return Result(name, "PASS", "")
    verdict, _, rest = text.partition(" ")
    if verdict.rstrip(":") in SKIPPED:
        return Result(name, verdict.rstrip(":"), rest)
    return Result(name, "SKIP", text)


def _take_comment(stream: Stream, line: str) -> None:
    what, _, text = line.removeprefix("# ").partition(" ")
    if not line.startswith("# "):
        return
    if line.startswith("# not run: "):
        stream.not_run = line.removeprefix("# not run: ")
    if what == "retention":  # "ROW|SPACE|yes or no or not-tried|HITS/TRIES"; a VM started again says it again
        row, space, _, numbers = text.split("|")
        hits, tries = map(int, numbers.split("/"))
        key = f"{row}|{space}"
        before = stream.retention.get(key, (0, 0))
        stream.retention[key] = before[0] + hits, before[1] + tries
    elif what == "known-fixed":
        name, _, reason = text.partition(": ")
        stream.fixed.append((name, reason))
    elif what in ("END", "end") and text.startswith("status="):
        stream.status = int(text.removeprefix("status="))
    elif what == "run":
        stream.run = dict(word.split("=", 1) for word in text.split() if "=" in word)


if __name__ == "__main__":
    for one in read_file(Path(sys.argv[1])).results:
        if one.verdict in sys.argv[2:]:
            print(one.name)
