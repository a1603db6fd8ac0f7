# SPDX-License-Identifier: MIT
"""Which families of scenarios reach which functions: a VM for each family, one after the other, in one boot of a host
whose kernel counts (lab/mutants/batch.sh)."""

import re
import shutil
import subprocess
from pathlib import Path

import gcov
import series
from history_table import family
from series import Series

HOSTS = (("amd", "npt=1"), ("amd", "npt=0"), ("intel", "ept=1"), ("intel", "ept=0"))
PATIENCE = 30  # seconds without output until the VM counts as hung


def families(image: Path) -> list[str]:
    listed = subprocess.run([series.TOP / "run.sh", "--image", image, "--list"], capture_output=True, text=True, check=True)
    return list(dict.fromkeys(family(line.partition("\t")[0]) for line in listed.stdout.splitlines()))


def place(runs: Series, kernel: Path, vendor: str, params: str) -> Path:
    return runs.place(vendor, params, kernel.parent.name, "families")


def make(runs: Series, kernel: Path, vendor: str, params: str, to: Path) -> None:
    """One whose VM dies or hangs ends the boot; the others go on in another."""
    names, told, seconds = families(runs.image), "", 0.0
    while names and not runs.is_over:
        stream, took = boot(runs, kernel, vendor, params, names)
        seconds += took
        there = parts(stream)
        done = [name for number, name in enumerate(names, 1) if "# coverage:" in there.get(number, "")]
        told += "".join(f"# family {name}\n{there[number]}\n" for number, name in enumerate(names, 1) if name in done)
        left = [(number, name) for number, name in enumerate(names, 1) if name not in done]
        if left and (left[0][0] in there or not done):
            runs.note(f"{left.pop(0)[1]} on {vendor} {params} is not counted: its VM hung, or the host died")
        names = [name for _, name in left]
    if not runs.is_over:
        runs.keep(to, f"families on {vendor} {params}", told, 0, seconds)


def boot(runs: Series, kernel: Path, vendor: str, params: str, names: list[str]) -> tuple[str, float]:
    folder = place(runs, kernel, vendor, params).with_suffix(".boot")
    folder.mkdir(exist_ok=True)
    (folder / "jobs").write_text("".join(f"filter={name}*\n" for name in names))
    command = [series.TOP / "lab/mutants/batch.sh", "--vendor", vendor, "--params", params, "--kernel", kernel,
               "--elf", runs.image, "--patience", str(PATIENCE), folder / "jobs", folder]
    _, seconds = runs.run(command, folder / "out")
    stream = folder / "stream"
    text = stream.read_text(errors="replace") if stream.exists() else ""
    shutil.rmtree(folder)
    return text, seconds


def parts(stream: str) -> dict[int, str]:
    """What came of each VM, by its number, with what was told behind it."""
    pieces = re.split(r"^# VM (\d+)\r?$", stream, flags=re.MULTILINE)
    return {int(number): text for number, text in zip(pieces[1::2], pieces[2::2])}


def reached(text: str, notes: Path) -> dict[tuple[str, str], set[str]]:
    """By file and function, the families that execute it, of what make() has kept."""
    found: dict[tuple[str, str], set[str]] = {}
    pieces = re.split(r"^# family (\S+)$", text, flags=re.MULTILINE)
    for name, part in zip(pieces[1::2], pieces[2::2]):
        for packed in gcov.archives(part):
            for key, function in gcov.functions_of(packed, notes).items():
                if function.is_reached:
                    found.setdefault(key, set()).add(name)
    return found
