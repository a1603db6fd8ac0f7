# SPDX-License-Identifier: MIT
"""A run as people see it: its settings, and what their streams say, line by line as it comes. All writers
(terminal, KTAP, JUnit, JSON, HTML, mail) work from this.

run.sh tells of itself in a folder: `settings` (a line each: NAME, TITLE, OPTIONS, STREAM, with tabs between)
and `about` (lines NAME, tab, VALUE), `cases` (NAME, CLASSES, TITLE: run.sh --list), and while it runs
`STREAM.status` for each setting that has ended and `end` at the end, both with an exit status.
"""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from shlex import quote

import ktap
from ktap import Result, Stream

MEANING = {0: "nothing wrong", 1: "WRONG", 2: "not run", 77: "nothing could be verified", 99: "an error of our own"}


@dataclass
class Setting:
    """One host on which the cases are run."""
    name: str
    title: str
    options: str  # of run.sh, that choose it
    path: Path
    reader: ktap.Reader = field(default_factory=ktap.Reader)
    status: int | None = None  # what run.sh says of it; None while it runs
    seconds: float = 0.0
    began: float | None = None

    @property
    def stream(self) -> Stream:
        return self.reader.stream

    def all_results(self) -> list[Result]:
        return self.stream.results + self.stream.stray

    def count(self, verdict: str) -> int:
        return self.stream.count(verdict)

    def red(self) -> list[Result]:
        return [result for result in self.all_results() if result.is_red]


@dataclass
class Case:
    classes: str = ""
    title: str = ""


@dataclass
class Run:
    settings: list[Setting]
    about: dict[str, str] = field(default_factory=dict)  # version, command, begin (seconds since 1970), …
    cases: dict[str, Case] = field(default_factory=dict)  # in the order of the plan
    status: int | None = None
    seconds: float = 0.0

    @property
    def meaning(self) -> str:
        return MEANING.get(self.status, "ended early") if self.status is not None else "ended early"

    def count(self, verdict: str) -> int:
        return sum(setting.count(verdict) for setting in self.settings)

    def of_verdict(self, *verdicts: str) -> Iterator[tuple[Setting, Result]]:
        for setting in self.settings:
            for result in setting.all_results():
                if result.verdict in verdicts:
                    yield setting, result

    def families(self) -> list[str]:
        return list(dict.fromkeys(family(result.name) for setting in self.settings for result in setting.stream.results))

    def totals(self) -> str:
        """One sentence: what became of how many."""
        cases = sum(len(setting.all_results()) for setting in self.settings)
        red = sum(len(setting.red()) for setting in self.settings)
        parts = [f"{red} red" if red else "none red", f"{self.count('PASS')} ok"]
        errors = self.count("ERROR")
        parts += [f"{errors} error{'s' * (errors != 1)} of our own"] if errors else []
        parts += [f"{self.count(verdict)} {word}" for verdict, word in
                  (("KNOWN", "known"), ("VACUOUS", "vacuous"), ("SKIP", "not for this host"))
                  if self.count(verdict)]
        missing = sum(setting.stream.missing for setting in self.settings)
        if missing:
            parts.append(f"{missing} not run")
        settings = len(self.settings)
        return f"{cases} cases on {settings} setting{'s' * (settings != 1)}: {', '.join(parts)}"


def family(name: str) -> str:
    """The first word of a case's name."""
    return re.split(r"[./]", name)[0]


def again(setting: Setting, result: Result) -> str:
    """The command that shows it again; nothing for what is of no case."""
    what = ["--replay", quote(result.replay)] if result.replay else [quote(result.name)] if result.name else []
    return " ".join(["./run.sh", *filter(None, [setting.options]), *what]) if what else ""


def load(folder: Path) -> Run:
    """What run.sh says before it begins."""
    rows = [line.split("\t") for line in (folder / "settings").read_text().splitlines()]
    settings = [Setting(name, title, options.strip(), Path(path)) for name, title, options, path in rows]
    about = dict(line.split("\t", 1) for line in (folder / "about").read_text().splitlines() if "\t" in line)
    cases = {}
    listed = folder / "cases"
    for line in listed.read_text().splitlines() if listed.exists() else ():
        name, classes, title = (line.split("\t") + ["", ""])[:3]
        cases[name] = Case(classes, title)
    return Run(settings, about, cases)


class Follower:
    """Reads what is new in the streams of a run's settings, and when it came."""

    def __init__(self, run: Run, folder: Path, clock=time.monotonic):
        self.run, self.folder, self.clock = run, folder, clock
        self.at = [0] * len(run.settings)  # how much of each stream was read
        self.rest = [b""] * len(run.settings)
        self.last_result = [None] * len(run.settings)

    def look(self) -> Iterator[tuple[Setting, str]]:
        """Whole lines, taken into their streams."""
        for number, setting in enumerate(self.run.settings):
            # The status first: what a stream says, it says before its setting has one.
            status, why = read_status(Path(f"{setting.path}.status")) if setting.status is None else (None, "")
            lines = self.new_lines(number, setting, status is not None)
            yield from self.take(number, setting, lines)
            if status is not None:
                setting.status = status
                if why:
                    setting.stream.stray.append(Result("", "ERROR", why))

    def new_lines(self, number: int, setting: Setting, is_over: bool) -> list[str]:
        try:
            with setting.path.open("rb") as file:
                file.seek(self.at[number])
                new = file.read()
        except FileNotFoundError:
            return []
        self.at[number] += len(new)
        if setting.began is None:
            setting.began = self.clock()
        parts = (self.rest[number] + new).split(b"\n")
        self.rest[number] = parts.pop()
        if is_over and self.rest[number]:  # it broke off within a line
            parts.append(self.rest[number])
            self.rest[number] = b""
        return [part.decode(errors="replace").rstrip("\r") for part in parts]

    def take(self, number: int, setting: Setting, lines: list[str]) -> Iterator[tuple[Setting, str]]:
        before = len(setting.stream.results)
        for line in lines:
            setting.reader.take(line)
            if setting.status is None:
                yield setting, line
        new = setting.stream.results[before:]
        now = self.clock()
        if setting.status is None and setting.began is not None:
            setting.seconds = now - setting.began
        if new:
            # Those that came together share the time.
            since = self.last_result[number]
            for result in new:
                result.seconds = None if since is None else (now - since) / len(new)
            self.last_result[number] = now


def read_status(path: Path) -> tuple[int | None, str]:
    """`STATUS WHY`; None until it is there and whole."""
    try:
        text = path.read_text()
    except FileNotFoundError:
        return None, ""
    status, _, why = text.partition(" ")
    return (int(status), why.strip()) if text.endswith("\n") else (None, "")


def recorded(text: str, options: dict[str, str] | None = None) -> Run:
    """The run whose output (`-v`) was kept. Names of settings are the last part of their titles."""
    settings = []
    for title, stream in ktap.split(text).items():
        setting = Setting(title.split(", ")[-1] if ", " in title else title, title, "", Path("/nonexistent"))
        setting.options = (options or {}).get(setting.name, "")
        for line in stream.splitlines():
            setting.reader.take(line)
        setting.status = setting.stream.status
        settings.append(setting)
    end = re.search(r"^# .*\(status (\d+), (\d+) s\)$", text, re.MULTILINE)
    run = Run(settings)
    if end:
        run.status, run.seconds = int(end[1]), float(end[2])
    return run
