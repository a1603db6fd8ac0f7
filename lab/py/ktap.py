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
NOT_RUN = "not run: "  # begins the reason of a case that the run gave up
NO_CASE = "no-case."  # begins the name of what a document says of no case

_RESULT = re.compile(r"(not )?ok (\d+) (\S+)(?: # ?(.*))?")
_SAID = re.compile(rf"# ({'|'.join((*RED, 'ERROR'))}) (\S+): ?(.*)")
_LOOK = re.compile(r"/(load|store|fetch)$")


@dataclass
class Result:
    """What became of a case, or with an empty name of none: the VM died between two, or the run gave up."""
    name: str
    verdict: str
    text: str
    replay: str = ""  # the program that shows it
    evidence: list[str] = field(default_factory=list)  # the rest of its block
    seconds: float | None = None  # if somebody saw it come

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
    searched: dict[str, int] = field(default_factory=dict)  # random programs of a case
    status: int | None = None  # what the VM loop ended with
    host: str = ""  # what the host's kernel says of itself
    image: str = ""  # what the image says of itself and of the machine
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


class Reader:
    """Takes a stream line by line: the VM loop's, where a red case's block comes behind its result, or a
    document of write_ktap.py, where it comes before."""

    def __init__(self) -> None:
        self.stream = Stream()
        self.last = Result("", "", "")  # whom a block of `# | ` lines is about
        self.open = ""  # the case that runs
        self.said: Result | None = None  # what a document says of the case whose result follows
        self.ahead: list[str] = []  # lines of a block that came before the result
        self.is_document = False  # results of settings stand at its margin

    def take(self, line: str) -> None:
        margin, line = line[:1], line.strip()
        self.is_document |= margin == " " and line == "KTAP version 1"
        if match := _RESULT.fullmatch(line):
            if not self.is_document or margin == " ":
                self.take_result(*match.groups())
        elif line.startswith("# CRASH after case "):
            self.take_stray("CRASH", line.removeprefix("# CRASH "))
        elif line.startswith("Bail out!"):
            self.take_stray("ERROR", line.removeprefix("Bail out!").strip())
        elif match := _SAID.fullmatch(line):
            verdict, name, text = match.groups()
            self.said = Result(name, verdict, text)
            self.last = self.said
        elif line.startswith("# |"):
            self.take_evidence(line.removeprefix("# |").removeprefix(" "))
        elif re.fullmatch(r"1\.\.\d+", line):
            if not self.is_document or margin == " ":
                self.stream.plan = (self.stream.plan or 0) + int(line[3:]) if self.is_document else int(line[3:])
        elif line.startswith("# case "):
            self.open, self.ahead = line.split()[-1], []
        else:
            _take_comment(self.stream, line)

    def take_result(self, bad: str | None, _number: str, name: str, directive: str | None) -> None:
        result = _result(bad, name, directive)
        if self.said and self.said.name == name:
            result = self.said
        elif result.is_red or result.verdict == "ERROR":
            for line in self.ahead:
                _add_evidence(result, line)
        self.last, self.said, self.open, self.ahead = result, None, "", []
        if result.text.startswith(NOT_RUN):
            self.stream.not_run = self.stream.not_run or result.text.removeprefix(NOT_RUN)
        elif name.startswith(NO_CASE):
            result.name = ""
            self.stream.stray.append(result)
        else:
            self.stream.results.append(result)

    def take_stray(self, verdict: str, text: str) -> None:
        self.last, self.open = Result("", verdict, text), ""
        self.stream.stray.append(self.last)

    def take_evidence(self, line: str) -> None:
        if self.open:
            self.ahead.append(line)
        else:
            _add_evidence(self.last, line)


def _add_evidence(result: Result, line: str) -> None:
    if line.startswith("replay: "):
        result.replay = result.replay or line.removeprefix("replay: ")
    elif not line.startswith("again: "):
        result.evidence.append(line)


def read(text: str) -> Stream:
    """One stream, or all of a document as one."""
    reader = Reader()
    for line in text.splitlines():
        reader.take(line)
    return reader.stream


def split(text: str) -> dict[str, str]:
    """The streams of several settings in the output of one run (`-v`), by the title in their headings."""
    parts: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in text.splitlines():
        if match := re.fullmatch(r"# ==== (?:\d+/\d+ +(.*)|summary)", line):
            lines = parts.setdefault(match[1], []) if match[1] else []
        else:
            lines.append(line)
    return {title: "\n".join(lines) + "\n" for title, lines in parts.items()}


def read_file(path: Path) -> Stream:
    """An absent file is an empty stream: a run that was ended before it began."""
    return read(path.read_text(errors="replace")) if path.exists() else Stream()


def _result(bad: str | None, name: str, directive: str | None) -> Result:
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
    if what == "host" and not stream.host:
        stream.host = text
    if what == "revenant" and not stream.image:
        stream.image = text
    if what == "retention":  # "ROW|SPACE|yes or no or not-tried|HITS/TRIES"; a VM started again says it again
        row, space, _, numbers = text.split("|")
        hits, tries = map(int, numbers.split("/"))
        key = f"{row}|{space}"
        before = stream.retention.get(key, (0, 0))
        stream.retention[key] = before[0] + hits, before[1] + tries
    elif what == "search":
        name, *numbers = text.split()
        stream.searched[name] = int(dict(number.split("=", 1) for number in numbers)["programs"])
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
