# SPDX-License-Identifier: MIT
"""What was executed of a kernel with counters: from the stream of a run that has them (lab/init) to functions with
their lines and branches, read by gcov itself."""

import base64
import io
import json
import re
import shutil
import subprocess
import tarfile
import tempfile
import zlib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

FOLDERS = ("arch/x86/kvm/", "virt/kvm/")  # of the kernel's tree: KVM


@dataclass
class Function:
    """How often each of its lines was executed, and each branch: (LINE, which one there)."""
    file: str  # below arch/x86/kvm, or virt/kvm/FILE
    name: str
    first: int = 0
    lines: Counter = field(default_factory=Counter)
    branches: Counter = field(default_factory=Counter)

    @property
    def is_reached(self) -> bool:
        return any(self.lines.values())

    def add(self, other: "Function") -> None:
        self.first = self.first or other.first
        self.lines.update(other.lines)  # keeps those that are 0
        self.branches.update(other.branches)


Functions = dict[tuple[str, str], Function]  # by file and name


def add_all(total: Functions, others: Functions) -> None:
    for key, function in others.items():
        total.setdefault(key, Function(*key)).add(function)


def short_path(path: str) -> str:
    """Of a file of KVM as it is named here; nothing for any other."""
    match = re.search(r"(?:^|/)(?:arch/x86/kvm/(?:\.\./\.\./\.\./)?|(?=virt/kvm/))([a-z_0-9/.]+)$", path)
    return match[1] if match else ""


def archives(stream: str) -> list[bytes]:
    """The packed counters in a stream, one for each VM; those that broke off are left out."""
    found = []
    for part in re.split(r"^# coverage\r?$", stream, flags=re.MULTILINE)[1:]:
        text = "".join(re.findall(r"^# coverage: (\S+)", part, flags=re.MULTILINE))
        try:
            packed = base64.b64decode(text, validate=True)
            zlib.decompress(packed, wbits=31)
        except (ValueError, zlib.error):
            continue
        found.append(packed)
    return found


def unpack(packed: bytes, folder: Path) -> list[Path]:
    """The .gcda files of an archive, where those of KVM lie in the kernel's tree."""
    files = []
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        for member in archive:
            at = next((found for name in FOLDERS if (found := member.name.find(name)) >= 0), -1)
            if member.isfile() and at >= 0:
                place = folder / member.name[at:]
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(archive.extractfile(member).read())
                files.append(place)
    return files


def read_json(text: str) -> Functions:
    """`gcov --json-format`: one document a line."""
    functions: Functions = {}
    for line in text.splitlines():
        for file in json.loads(line)["files"]:
            path = short_path(file["file"])
            if path:
                _read_file(functions, path, file)
    return functions


def _read_file(functions: Functions, path: str, file: dict) -> None:
    for each in file["functions"]:
        function = functions.setdefault((path, each["name"]), Function(path, each["name"]))
        function.first = each["start_line"]
    for line in file["lines"]:
        function = functions.get((path, line.get("function_name", "")))
        if function:
            number = line["line_number"]
            function.lines[number] += line["count"]
            for which, branch in enumerate(line.get("branches", ())):
                function.branches[number, which] += branch["count"]


def functions_of(packed: bytes, notes: Path) -> Functions:
    """What an archive says; NOTES has the kernel's .gcno files, as its tree has them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(notes, folder, dirs_exist_ok=True)
        files = unpack(packed, folder)
        done = subprocess.run(["gcov", "--json-format", "--stdout", "--branch-probabilities", *files],
                              cwd=folder, capture_output=True, text=True, check=True)
    return read_json(done.stdout)
