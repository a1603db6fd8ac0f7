#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""report.py OUTPUT FOLDER

A report in FOLDER of a run whose output (run.sh -v) was kept in the file OUTPUT.

The report of a run: run.ktap, junit.xml, results.json, report.html, mail.txt, and of each setting what its
stream said and what the VM's consoles did, as N-NAME.ktap and N-NAME/.
"""

import fcntl
import shutil
import sys
import tempfile
from pathlib import Path

import events
import write_html
import write_json
import write_junit
import write_ktap
import write_mail
from changes_of_runs import Change
from events import Run
from theory import Theories

MADE = ("run.ktap", "junit.xml", "results.json", "report.html", "mail.txt", "changes.txt")


def texts(run: Run, changes: list[Change]) -> dict[str, str]:
    theories = Theories()
    made = {"run.ktap": write_ktap.nested(run), "junit.xml": write_junit.junit(run), "results.json": write_json.written(run),
            "report.html": write_html.html(run, theories, changes), "mail.txt": write_mail.mail(run, theories)}
    if changes:
        made["changes.txt"] = "".join(f"{change}\n" for change in changes)
    return made


def write(run: Run, folder: Path, changes: list[Change] = ()) -> None:
    """Into FOLDER in one go: nobody finds half a report, or parts of two. Other files there stay."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two runs may end at once
        replace(run, folder, changes)


def replace(run: Run, folder: Path, changes: list[Change]) -> None:
    with tempfile.TemporaryDirectory(dir=folder, prefix=".new-") as made:
        for name, text in texts(run, changes).items():
            (Path(made) / name).write_text(text)
        logs = Path(made) / "logs"
        logs.mkdir()
        for setting in run.settings:
            if setting.path.exists():
                shutil.copy(setting.path, logs)
            keep_consoles(setting.path.with_suffix(""), logs)
        for name in MADE:
            (folder / name).unlink(missing_ok=True)
        shutil.rmtree(folder / "logs", ignore_errors=True)
        for path in sorted(Path(made).iterdir()):
            path.rename(folder / path.name)


def keep_consoles(source: Path, logs: Path) -> None:
    """Text that an emulator or its host left; none of their disks and images, nor a pipe that one spoke through."""
    for path in filter(Path.is_file, [*source.glob("*.log"), *source.glob("serial")]):
        (logs / source.name).mkdir(exist_ok=True)
        shutil.copy(path, logs / source.name)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    write(events.recorded(Path(sys.argv[1]).read_text(errors="replace")), Path(sys.argv[2]))
