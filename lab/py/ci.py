#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tells the CI that this runs in (GitHub, LAVA; others read junit.xml) what a run has found.

  ci.py FOLDER STATUS    FOLDER: where run.sh --keep put its streams; STATUS: what it ended with

GitHub: an annotation for each red case and for a status that is not green. LAVA: each case by lava-test-case,
with the verdict that run.sh gave it, which a regular expression over the console would not know.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import ktap

NOT_GREEN = {1: "the host is wrong", 2: "not run: an option is wrong", 77: "nothing could be verified here",
             99: "an error of revenant's own, no verdict about the host"}
LAVA = {"PASS": "pass", "VACUOUS": "skip", "KNOWN": "skip", "SKIP": "skip", "ERROR": "unknown"}  # others: fail


def settings(folder: Path) -> Iterator[tuple[str, ktap.Stream]]:
    """The name of each setting, and its stream."""
    for path in sorted(folder.glob("[0-9]*-*.ktap")):
        yield path.stem.partition("-")[2], ktap.read_file(path)


def escaped(text: str, more: str = "") -> str:
    """For a workflow command of GitHub's: percent signs and line ends; in a property also `:` and `,`."""
    for char in "%\r\n" + more:
        text = text.replace(char, f"%{ord(char):02X}")
    return text


def annotations(folder: Path, status: int) -> Iterator[str]:
    for setting, stream in settings(folder):
        for result in stream.results + stream.stray:
            if result.is_red or result.verdict == "ERROR":
                title = f"{result.verdict} {result.name or 'no case'} ({setting})"
                body = result.text + (f"\nreplay: {result.replay}" if result.replay else "")
                yield f"::error title={escaped(title, ':,')}::{escaped(body)}"
    if status in NOT_GREEN:
        yield f"::{'error' if status != 77 else 'warning'} title=revenant::{NOT_GREEN[status]} (status {status})"


def lava_cases(folder: Path) -> Iterator[tuple[str, str]]:
    """Names of letters, digits, `.`, `-` and `_` only, unique over all settings, and results."""
    for setting, stream in settings(folder):
        for result in stream.results:
            name = re.sub(r"[^A-Za-z0-9._-]", ".", f"{setting}.{result.name}")
            yield name, LAVA.get(result.verdict, "fail")


def main(folder: Path, status: int) -> None:
    if os.environ.get("GITHUB_ACTIONS") == "true":
        for line in annotations(folder, status):
            print(line)
    if shutil.which("lava-test-case"):
        for name, result in lava_cases(folder):
            subprocess.run(["lava-test-case", name, "--result", result], check=True)
        verdict = {0: "pass", 1: "fail", 77: "skip"}.get(status, "unknown")
        subprocess.run(["lava-test-case", "revenant", "--result", verdict], check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
