#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Shows a run of run.sh while it goes on, and writes its report at the end.

  show.py FORMAT FOLDER [--report DIR] [--compare OLD.json]

FOLDER is where run.sh tells of the run (events.py). FORMAT: `terminal`, `quiet` (only what is red), `nested` or
`flat` (KTAP), `stream` (each setting's own stream). Ends when run.sh says so or is gone.
"""

import argparse
import os
import signal
import sys
import time
from pathlib import Path

import changes_of_runs
import events
import report
import terminal
import write_ktap
from events import Follower, Run, Setting

LOOK_EVERY = 0.1  # seconds
WIDE = 100  # characters of a line that goes to no terminal
TELL_EVERY = 10  # seconds between two lines of progress where there is no terminal


class Stream:
    """Each setting's stream under a heading, one after the other, as it comes; colour on a terminal."""

    def __init__(self, run: Run):
        self.run, self.lines, self.at = run, {setting.name: [] for setting in run.settings}, 0
        self.headed = False
        self.paint = terminal.Paint(sys.stdout.isatty() and terminal.may_colour())

    def take(self, setting: Setting, line: str) -> None:
        self.lines[setting.name].append(line)

    def tick(self) -> None:
        while self.at < len(self.run.settings):
            setting = self.run.settings[self.at]
            if setting.began is None and setting.status is None:
                return
            if not self.headed:
                print(f"# ==== {self.at + 1}/{len(self.run.settings)}  {setting.title}")
                self.headed = True
            for line in self.lines[setting.name]:
                print(self.coloured(line))
            self.lines[setting.name] = []
            sys.stdout.flush()
            if setting.status is None:
                return
            self.at, self.headed = self.at + 1, False

    def coloured(self, line: str) -> str:
        if line.startswith(("not ok", "Bail out!")):
            return self.paint(line, "red")
        if line.startswith("ok "):
            return self.paint(line, "vac" if " # SKIP" in line else "ok")
        return line

    def end(self, changes: list) -> None:
        for setting in self.run.settings:  # those that were interrupted
            setting.status = -1 if setting.status is None else setting.status
        self.tick()
        print("# ==== summary")
        for line in terminal.final(self.run, terminal.Paint(False), changes, WIDE):
            print(f"# {line}".rstrip())


class Document:
    """One KTAP document, a setting as it is over."""

    def __init__(self, run: Run, form: str):
        self.run, self.form, self.written = run, form, 0
        if form == write_ktap.NESTED:
            print("\n".join(write_ktap.head(run)), flush=True)

    def take(self, setting: Setting, line: str) -> None:
        pass

    def tick(self) -> None:
        if self.form == write_ktap.NESTED:
            while self.written < len(self.run.settings) and self.run.settings[self.written].status is not None:
                self.write_next()

    def write_next(self) -> None:
        print("\n".join(write_ktap.nested_setting(self.run, self.run.settings[self.written])), flush=True)
        self.written += 1

    def end(self, changes: list) -> None:
        if self.form == write_ktap.FLAT:
            print(write_ktap.flat(self.run), end="")
        else:
            while self.written < len(self.run.settings):
                self.write_next()
        for change in changes:
            print(f"# {change}")


class Terminal:
    def __init__(self, run: Run, is_quiet: bool):
        self.run, self.is_quiet = run, is_quiet
        self.paint = terminal.Paint(sys.stdout.isatty() and terminal.may_colour())
        can_move = not is_quiet and sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self.live = terminal.Live(self.write, can_move, self.paint)
        self.told: set[int] = set()

    def write(self, text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()

    def take(self, setting: Setting, line: str) -> None:
        pass

    def tick(self) -> None:
        self.tell(is_end=False)
        self.live.draw(self.run)

    def tell(self, is_end: bool) -> None:
        """A red result is told when its block is whole: something else has come, or its setting is over."""
        for setting in self.run.settings:
            for result in setting.all_results():
                whole = is_end or setting.status is not None or setting.reader.last is not result or setting.reader.open
                if (result.is_red or result.verdict == "ERROR") and whole and id(result) not in self.told:
                    self.told.add(id(result))
                    self.live.say(terminal.told(setting, result, self.paint))

    def end(self, changes: list) -> None:
        self.tell(is_end=True)
        self.write(self.live.clear())
        if not self.is_quiet:
            wide = terminal.shutil.get_terminal_size().columns
            self.live.say(["", *terminal.final(self.run, self.paint, changes, wide)])


class Teller:
    """Progress on standard error, where standard output goes to no terminal."""

    def __init__(self, run: Run, is_wanted: bool):
        self.run, self.is_wanted, self.at = run, is_wanted and not sys.stdout.isatty(), time.monotonic()

    def tick(self) -> None:
        if not self.is_wanted:
            return
        if sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb":
            sys.stderr.write(f"\r\033[K{self.line()}")
        elif time.monotonic() >= self.at + TELL_EVERY:
            self.at = time.monotonic()
            sys.stderr.write(f"run.sh: {self.line()}\n")
        sys.stderr.flush()

    def line(self) -> str:
        parts = [f"{setting.name} {len(setting.stream.results)}/{setting.stream.plan or '...'}" +
                 (f" ({len(setting.red())} red)" if setting.red() else "")
                 for setting in self.run.settings if setting.began is not None]
        return ", ".join(parts)

    def end(self) -> None:
        if self.is_wanted and sys.stderr.isatty():
            sys.stderr.write("\r\033[K")


def writer(form: str, run: Run):
    if form in (write_ktap.NESTED, write_ktap.FLAT):
        return Document(run, form)
    return Stream(run) if form == "stream" else Terminal(run, form == "quiet")


def follow(run: Run, folder: Path, shown, teller: Teller) -> None:
    """Until run.sh has ended, one way or the other."""
    follower, parent, begin = Follower(run, folder), os.getppid(), time.monotonic()
    while True:
        status, _ = events.read_status(folder / "end")  # first, so that a last look sees all
        for setting, line in follower.look():
            shown.take(setting, line)
        if status is not None:
            run.status, run.seconds = status, time.monotonic() - begin
            return
        if os.getppid() != parent:
            sys.exit(130)
        shown.tick()
        teller.tick()
        time.sleep(LOOK_EVERY)


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("format", choices=("terminal", "quiet", "stream", write_ktap.NESTED, write_ktap.FLAT))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--report", type=Path, metavar="DIR")
    parser.add_argument("--compare", type=Path, metavar="OLD.json")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # run.sh hears it, too, and tells when all is over
    run = events.load(options.folder)
    before = changes_of_runs.verdicts_of(options.compare) if options.compare else {}
    shown, teller = writer(options.format, run), Teller(run, options.format != "quiet")
    try:
        follow(run, options.folder, shown, teller)
    finally:
        teller.end()
    changes = changes_of_runs.changes(run, before) if options.compare else []
    shown.end(changes)
    (options.folder / "totals").write_text(run.totals() + "\n")
    sys.stdout.flush()
    if options.report:
        report.write(run, options.report, changes)
        (options.folder / "reported").write_text("yes\n")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(1)
    except (OSError, changes_of_runs.NotResults) as error:
        print(f"run.sh: {error}", file=sys.stderr)
        sys.exit(1)
