#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""summary.py NAME OPTIONS STREAM...

The summary at the end of a run, from the KTAP streams of its settings, three arguments each: counts of
verdicts, the retention table, and all that is red or known, with a command that shows it again. OPTIONS
are those of run.sh that choose the setting.
"""

import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

import ktap
from ktap import Result, Stream


@dataclass
class Setting:
    name: str
    options: str
    stream: Stream


def counts(settings: list[Setting]) -> list[str]:
    wide = max(7, *(len(setting.name) for setting in settings))
    lines = [" " * wide + "".join(f" {verdict:>7}" for verdict in ktap.VERDICTS)]
    for setting in settings:
        numbers = "".join(f" {setting.stream.count(verdict):7}" for verdict in ktap.VERDICTS)
        lines.append(f"{setting.name:{wide}}{numbers}")
    for setting in settings:
        stream = setting.stream
        if stream.not_run or stream.plan is None or stream.missing:
            counted = "all cases" if stream.plan is None else f"{stream.missing} of {stream.plan} cases"
            lines += ["", f"not run ({setting.name}): {stream.not_run or counted}"]
    return lines


def retention(settings: list[Setting]) -> list[str]:
    rows = list(dict.fromkeys(row for setting in settings for row in setting.stream.retention))
    if not rows:
        return []

    def numbers(setting: Setting, row: str) -> tuple[int, int]:
        return setting.stream.retention.get(row, (0, 0))

    def cell(setting: Setting, row: str) -> str:
        hits, tries = numbers(setting, row)
        return f"{'yes' if hits else 'no'} {hits}/{tries}" if tries else "not tried"

    tried = [row for row in rows if any(numbers(setting, row)[1] for setting in settings)]
    table = [["", *(setting.name for setting in settings)]]
    table += [[row.replace("|", ", "), *(cell(setting, row) for setting in settings)] for row in tried]
    wide = max(len(line[0]) for line in table)
    wide_cell = max(12, *(len(setting.name) for setting in settings))
    lines = ["", "Retention: did a translation survive where it may? (seen/tried)"]
    lines += ["  ".join([f"{label:{wide}}", *(f"{text:{wide_cell}}" for text in cells)]) for label, *cells in table]
    return lines + untried(rows, tried)


def untried(rows: list[str], tried: list[str]) -> list[str]:
    """Most transitions have no control on most hosts: those in no setting's table, in a few lines."""
    kinds = dict.fromkeys(row.partition("|")[0] for row in rows)
    for row in tried:
        kinds.pop(row.partition("|")[0], None)
    text = "not tried at all: " + " ".join(kinds)
    return textwrap.wrap(text, 96, subsequent_indent="  ", break_on_hyphens=False) if kinds else []


def again(setting: Setting, result: Result) -> list[str]:
    if result.replay:
        return [f"  ./run.sh {setting.options} --replay {quote(result.replay)}"]
    return [f"  ./run.sh {setting.options} {quote(result.name)}"] if result.name else []


def listed(settings: list[Setting], verdicts: tuple[str, ...]) -> list[str]:
    lines = []
    for setting in settings:
        for result in setting.stream.results + setting.stream.stray:
            if result.verdict in verdicts:
                what = f"{result.verdict} {result.name}".strip()
                lines += ["", f"{what} ({setting.name}): {result.text}", *again(setting, result)]
    return lines


def fixed(settings: list[Setting]) -> list[str]:
    lines = []
    for setting in settings:
        for name, reason in setting.stream.fixed:
            lines += ["", f"fixed here: {name} ({setting.name}): {reason}"]
    return lines


def summary(settings: list[Setting]) -> list[str]:
    """The lines, without the `# ` of comments."""
    return [*counts(settings), *retention(settings), *fixed(settings), *listed(settings, ("KNOWN",)),
            *listed(settings, (*ktap.RED, "ERROR"))]


def main(arguments: list[str]) -> int:
    if not arguments or len(arguments) % 3:
        print(__doc__, file=sys.stderr)
        return 2
    settings = [Setting(name, options, ktap.read_file(Path(stream)))
                for name, options, stream in zip(arguments[::3], arguments[1::3], arguments[2::3])]
    for line in summary(settings):
        print(f"# {line}".rstrip())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
