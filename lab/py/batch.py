# SPDX-License-Identifier: MIT
"""Several VMs in one boot of an emulated host: what lab/mutants/batch.sh wrote, taken apart."""

import re

import ktap
from ktap import Stream

COMPLAINT = re.compile(r"WARNING: |BUG: |Oops: |general protection fault|INFO: task .* blocked")


def split(stream: str, console: str) -> dict[int, str]:
    """The KTAP stream of each VM, by its number, that said all that it had planned.

    STREAM has a line `# VM N` before each, and CONSOLE, of the host's kernel, `revenant: VM N`: in whose time
    the host complains first, that VM is the last one that counts.
    """
    last = last_to_count(console)
    done = {}
    parts = re.split(r"^# VM (\d+)\r?$", stream, flags=re.MULTILINE)
    for number, text in zip(map(int, parts[1::2]), parts[2::2]):
        text, ended, _ = text.partition("# VM ended with status ")
        if ended and is_whole(ktap.read(text)) and (last is None or number <= last):
            done[number] = text
    return done


def is_whole(stream: Stream) -> bool:
    return len(stream.results) == stream.plan and stream.status in (0, 1, 77)


def last_to_count(console: str) -> int | None:
    """The VM in whose time the host complained first, if it did; before the first VM does not count."""
    number = None
    for line in console.splitlines():
        if match := re.search(r"revenant: VM (\d+)\s*$", line):
            number = int(match[1])
        elif number and COMPLAINT.search(line):
            return number
    return None
