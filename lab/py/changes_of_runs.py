# SPDX-License-Identifier: MIT
"""What has changed since an older run, whose results.json was kept (`--compare OLD.json`).

  changes_of_runs.py OLD.json    says what is wrong with such a file
"""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import write_json
from events import Run
from ktap import RED


class NotResults(Exception):
    """Says in its text what is wrong with a file."""


@dataclass
class Change:
    kind: str  # new red, mended, PASS → VACUOUS
    setting: str
    name: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.name} ({self.setting}): {self.before} before, {self.after} now"


def verdicts_of(path: Path) -> dict[tuple[str, str], str]:
    """By setting and case."""
    try:
        old = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise NotResults(f"{path} cannot be read as JSON: {error}") from None
    if not isinstance(old, dict) or old.get("format") != write_json.FORMAT or old.get("version") != write_json.VERSION:
        raise NotResults(f"{path} is no results.json of version {write_json.VERSION}")
    return {(setting["name"], one["name"]): one["verdict"] for setting in old["settings"] for one in setting["results"] if one["name"]}


def changes(run: Run, before: dict[tuple[str, str], str]) -> list[Change]:
    """What is red and was not first; a case that was not run before, or is not now, is none unless it is red."""
    found = []
    for setting in run.settings:
        for result in setting.stream.results:
            old, new = before.get((setting.name, result.name)), result.verdict
            if new in RED and old not in RED:
                found.append(Change("new red", setting.name, result.name, old or "not run", new))
            elif old in RED and new not in RED:
                kind = "mended" if new == "PASS" else "no longer red"
                found.append(Change(kind, setting.name, result.name, old, new))
            elif (old, new) == ("PASS", "VACUOUS"):
                found.append(Change("PASS → VACUOUS", setting.name, result.name, old, new))
    order = ("new red", "no longer red", "mended", "PASS → VACUOUS")
    return sorted(found, key=lambda one: order.index(one.kind))


if __name__ == "__main__":
    try:
        verdicts_of(Path(sys.argv[1]))
    except NotResults as problem:
        sys.exit(str(problem))
