# SPDX-License-Identifier: MIT
"""Files that say how KVM's source is changed: NAME.mutant, NAME.variant, NAME.correction.

A mutant is a fault to be caught, a variant another way to do it right, a correction something that an
emulator needs. lab/mutants/README.md has the form of these files; `read` reads one, `read_all` several.
"""

import re
import sys
import textwrap
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

LAB = Path(__file__).resolve().parent.parent
FOLDERS = {"correction": LAB / "kernel", "variant": LAB / "variants", "mutant": LAB / "mutants"}

# Fields that stand once, and who may have them. Those of the first line must be there.
NEEDED = {"mutant": {"class", "kernels", "why"}, "variant": {"kernels", "why"}, "correction": {"kernels", "why"}}
ALLOWED = {"mutant": {"hardware-only", "equivalent", "missing", "hangs", "of"}, "variant": {"of"}, "correction": set()}
EXCUSES = ("hardware-only", "equivalent", "missing")  # why nothing is expected to turn red

# Verbs of an edit: what they find, and the field that must come behind them.
ANSWER = {"replace": "by", "before": "insert"}
BLOCKS = ("define", "member")  # whose lines stay lines


class BadFile(Exception):
    """What is wrong with files, a line each: PATH: WHAT."""


@dataclass(frozen=True)
class Edit:
    """One edit of a function, or with `member` of a struct, of a file below arch/x86/kvm."""
    file: str
    place: str
    kernels: tuple[str, ...]
    verb: str  # remove, replace, before, define, member
    text: str  # what is found; empty for define and member
    new: str


@dataclass
class Host:
    """A host on which a mutant shows, and the globs of the cases of which each must have a red one."""
    vendor: str
    params: str
    catch: tuple[str, ...] = ()


@dataclass(eq=False)
class Change:
    name: str
    kind: str
    fields: dict[str, str] = field(default_factory=dict)
    hosts: list[Host] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)

    def get(self, key: str) -> str:
        return self.fields.get(key, "")

    @property
    def of(self) -> tuple[str, ...]:
        """The variants in whose source its texts are looked for."""
        return tuple(self.get("of").split())

    @property
    def hangs(self) -> bool:
        return "hangs" in self.fields

    def is_for(self, kernel: str) -> bool:
        return _lists(self.get("kernels").split(), kernel)

    def edits_for(self, kernel: str) -> list[Edit]:
        return [edit for edit in self.edits if _lists(edit.kernels, kernel)]


def _lists(patterns, kernel: str) -> bool:
    return any(fnmatchcase(kernel, pattern) for pattern in patterns)


class _Reader:
    def __init__(self, path: Path):
        self.path = path
        self.change = Change(path.stem, path.suffix[1:])
        self.place: tuple[str, str, tuple[str, ...]] | None = None
        self.pending: tuple[str, str] | None = None  # a verb and its text, without the answer yet
        self.errors: list[str] = []

    def fail(self, what: str) -> None:
        self.errors.append(f"{self.path}: {what}")

    def read(self) -> Change:
        for key, lines in self.paragraphs():
            self.take(key, lines)
        self.finish()
        if self.errors:
            raise BadFile("\n".join(self.errors))
        return self.change

    def paragraphs(self) -> list[tuple[str, list[str]]]:
        """(KEY, lines of its value): lines that begin with a blank continue a field."""
        found: list[tuple[str, list[str]]] = []
        for number, line in enumerate(self.path.read_text().splitlines(), 1):
            if line.startswith("#") or not line.strip():
                continue
            head = re.match(r"([a-z-]+):(.*)", line)
            if head:
                found.append((head[1], [head[2]]))
            elif line[0] not in " \t":
                self.fail(f"line {number} is no 'FIELD: TEXT': {line}")
            elif not found:
                self.fail(f"line {number} continues nothing")
            else:
                found[-1][1].append(line)
        return found

    def take(self, key: str, lines: list[str]) -> None:
        value = " ".join(" ".join(lines).split())
        once = NEEDED[self.change.kind] | ALLOWED[self.change.kind]
        takes = {"in": self.take_in, "remove": self.take_remove, "by": self.take_answer, "insert": self.take_answer}
        if self.change.kind == "mutant":
            takes |= {"shows": self.take_shows, "catch": self.take_catch}
        if key not in once and key not in takes and key not in ANSWER and key not in BLOCKS:
            self.fail(f"'{key}:' is no field of a {self.change.kind}")
        elif not value:
            self.fail(f"'{key}:' is empty")
        elif self.pending and key != ANSWER[self.pending[0]]:
            self.fail(f"behind '{self.pending[0]}:' comes '{ANSWER[self.pending[0]]}:', not '{key}:'")
        elif key in ANSWER:
            if key == "before":
                self.check_statement(key, value)
            self.pending = key, value
        elif key in BLOCKS:
            self.add_edit(key, "", textwrap.dedent("\n".join(line for line in lines if line.strip())))
        elif key in takes:
            takes[key](value, key)
        elif key in self.change.fields:
            self.fail(f"'{key}:' stands there twice")
        else:
            self.change.fields[key] = value

    def take_in(self, value: str, _key: str) -> None:
        words = value.split()
        n = 3 if words[1:2] == ["struct"] else 2
        if len(words) < n:
            self.fail("'in:' takes FILE FUNCTION [KERNEL...], or FILE struct NAME [KERNEL...]")
            return
        self.place = words[0], " ".join(words[1:n]), tuple(words[n:]) or ("*",)

    def take_remove(self, value: str, _key: str) -> None:
        self.check_statement("remove", value)
        self.add_edit("remove", value, "")

    def check_statement(self, verb: str, text: str) -> None:
        """A guard is put round it, which must not end within it."""
        if text[-1] not in ";}" or text.count("{") != text.count("}"):
            self.fail(f"'{verb}:' takes a whole statement, with its end: {text}")

    def take_answer(self, value: str, key: str) -> None:
        if self.pending:
            self.add_edit(*self.pending, value)
        else:
            asks = next(verb for verb, answer in ANSWER.items() if answer == key)
            self.fail(f"'{key}:' has no '{asks}:' above it")
        self.pending = None

    def add_edit(self, verb: str, text: str, new: str) -> None:
        if not self.place:
            self.fail(f"'{verb}:' has no 'in: FILE FUNCTION' above it")
            return
        file, place, kernels = self.place
        if (verb == "member") != place.startswith("struct ") and verb != "define":
            self.fail(f"'{verb}:' is for a {'struct' if verb == 'member' else 'function'}, not for {place}")
        self.change.edits.append(Edit(file, place, kernels, verb, text, new))

    def take_shows(self, value: str, _key: str) -> None:
        vendor, *params = value.split()
        if vendor not in ("amd", "intel") or not params:
            self.fail(f"'shows:' takes amd or intel, and parameters of KVM's modules: {value}")
        of_machine = [word for word in params if re.match(r"(tlb|smp|host-cpus)=", word)]
        for word in of_machine:
            if not re.fullmatch(r"tlb=keep|smp=[2-4]|host-cpus=[2-8]", word) or (vendor, word[:3]) == ("intel", "tlb"):
                self.fail("'shows:' takes of the machine tlb=keep (AMD: Intel always does), smp=N, host-cpus=N: " + word)
        if len(of_machine) == len(params):
            self.fail(f"'shows:' names no parameter of KVM's modules: {value}")
        self.change.hosts.append(Host(vendor, " ".join(params)))

    def take_catch(self, value: str, _key: str) -> None:
        if not self.change.hosts or self.change.hosts[-1].catch:
            self.fail("'catch:' has no 'shows:' of its own above it")
        else:
            self.change.hosts[-1].catch = tuple(value.split())

    def finish(self) -> None:
        change = self.change
        if self.pending:
            self.fail(f"'{self.pending[0]}:' needs '{ANSWER[self.pending[0]]}:' behind it")
        for key in sorted(NEEDED[change.kind] - change.fields.keys()):
            self.fail(f"'{key}:' is missing")
        if change.kind == "mutant" and not change.hosts:
            self.fail("'shows:' is missing")
        for host in change.hosts:
            if not host.catch and not any(excuse in change.fields for excuse in EXCUSES):
                self.fail(f"'shows: {host.vendor} {host.params}' has no 'catch:', and is neither 'hardware-only:',"
                          " 'equivalent:' nor 'missing:'")
        if not change.edits and not (change.kind == "variant" and change.of):  # which may be several by one name
            self.fail("it edits nothing")
        if not re.fullmatch(r"[a-z0-9-]+", change.name):
            self.fail(f"a {change.kind}'s file is named by a-z, 0-9 and -, and ends in .{change.kind}")
        if change.get("hangs") not in ("", "yes"):
            self.fail("'hangs:' takes yes, or is not there")


def meaning(change: Change) -> str:
    """What it is, as sentences."""
    excuses = [f" {key.capitalize().replace('-', ' ')}: {change.get(key)}." for key in EXCUSES if change.get(key)]
    return f"{change.get('why')}.{''.join(excuses)}"


def read(path: Path) -> Change:
    """Reads one file; BadFile says all that is wrong with it."""
    return _Reader(path).read()


def read_all(paths) -> list[Change]:
    """Reads files in the order of their names."""
    changes: list[Change] = []
    errors: list[str] = []
    for path in sorted(paths, key=lambda path: path.name):
        try:
            changes.append(read(path))
        except BadFile as bad:
            errors.append(str(bad))
    if errors:
        raise BadFile("\n".join(errors))
    return changes


def of_repository(*kinds: str) -> list[Change]:
    """All changes of these kinds that the repository has; all kinds, if none is named."""
    return read_all(path for kind in kinds or FOLDERS for path in FOLDERS[kind].glob("*." + kind))


def or_exit(function, *arguments):
    """Calls a function; a BadFile ends the program with 2 and what is wrong on standard error."""
    try:
        return function(*arguments)
    except BadFile as bad:
        print(bad, file=sys.stderr)
        sys.exit(2)
