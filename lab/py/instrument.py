#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""instrument.py SOURCE TARGET VERSION [FILE...]
   instrument.py --key VERSION [FILE...]

Puts every change for kernel VERSION (7.3), from the FILEs or else all that the repository has, into the
kernel tree TARGET, a copy of the unmodified tree SOURCE. Each edit is behind a guard, so that the kernel's
command line chooses: kvm.revenant_mutant=N one mutant, kvm.revenant_variants=MASK variants; 0, the default
of both, none. A correction is always on.

Prints for each mutant and variant, tab-separated, KIND NAME N MASK: what these parameters are for it; of a
mutant in a variant both. Files that come out as they are in TARGET already keep their time, so that make
rebuilds no more than it must. With --key, prints only a word that changes when what this would make changes.

Exit status: 2 for a FILE that is wrong; 1 for an edit that does not find its place or its text exactly
once: then nothing is written.
"""

import hashlib
import sys
from dataclasses import dataclass, field
from pathlib import Path

import changes
import csource
from changes import Change, Edit

KVM = Path("arch/x86/kvm")


class BadEdit(Exception):
    """An edit that cannot be made."""


@dataclass(frozen=True, eq=False)
class Switch:
    """A change in this kernel, its number among those of its kind, and the variants in which it is."""
    change: Change
    number: int
    variants: frozenset["Switch"]

    @property
    def is_variant(self) -> bool:
        return self.change.kind == "variant"

    @property
    def is_on(self) -> str:
        """The C expression that says so."""
        return f"REVENANT_{'VARIANT' if self.is_variant else 'MUTANT'}({self.number})"

    @property
    def parameters(self) -> tuple[int, int]:
        """What revenant_mutant and revenant_variants must be."""
        mask = sum(1 << variant.number for variant in self.variants)
        return (0, mask | 1 << self.number) if self.is_variant else (self.number, mask)


@dataclass
class Guarded:
    """A piece of a file that an edit has touched: what was there, and what is there if its switch is on."""
    switch: Switch
    verb: str
    old: list["str | Guarded"]
    new: list["str | Guarded"]
    is_statement: bool = True

    def parts(self) -> list["str | Guarded"]:
        """As C, with the guard."""
        on = self.switch.is_on
        if self.verb in ("define", "member"):
            return [*self.new, "\n"]
        if self.verb == "remove":
            return [f"{{ if (!{on}) {{ ", *self.old, " } }"]
        if self.verb == "before":
            return [f"{{ if ({on}) {{ ", *self.new, " } ", *self.old, " }"]
        if self.is_statement:
            return [f"{{ if ({on}) {{ ", *self.new, " } else { ", *self.old, " } }"]
        return [f"({on} ? (", *self.new, ") : (", *self.old, "))"]

    def seen(self, variants: frozenset[Switch]) -> list[list["str | Guarded"]]:
        """The lists that make up the text where these variants are on, and nothing else is."""
        if self.switch not in variants:
            return [self.old]
        return [self.new, self.old] if self.verb == "before" else [self.new]


Pieces = list["str | Guarded"]


@dataclass
class Leaf:
    """A string of the file: where it is in the text seen, and in which lists of pieces, outermost first."""
    start: int
    end: int
    path: list[tuple[Pieces, int]]


@dataclass
class SourceFile:
    """A C file, into which edits are put one after the other; each only adds, so they live together."""
    name: str
    pieces: Pieces
    cache: dict[frozenset[Switch], str] = field(default_factory=dict)

    def leaves(self, variants: frozenset[Switch]) -> list[Leaf]:
        found: list[Leaf] = []

        def walk(pieces: Pieces, path: list[tuple[Pieces, int]], at: int) -> int:
            for i, piece in enumerate(pieces):
                here = [*path, (pieces, i)]
                if isinstance(piece, str):
                    found.append(Leaf(at, at + len(piece), here))
                    at += len(piece)
                else:
                    for part in piece.seen(variants):
                        at = walk(part, here, at)
            return at

        walk(self.pieces, [], 0)
        return [leaf for leaf in found if leaf.start < leaf.end]

    def blanked(self, variants: frozenset[Switch]) -> str:
        """The text where these variants are on, without comments and literals."""
        if variants not in self.cache:
            texts = [leaf.path[-1][0][leaf.path[-1][1]] for leaf in self.leaves(variants)]
            self.cache[variants] = csource.blanked("".join(texts))
        return self.cache[variants]

    def take(self, edit: Edit, switch: Switch) -> None:
        blank = self.blanked(switch.variants)
        guarded = Guarded(switch, edit.verb, [], [edit.new], edit.text[-1:] in ("", ";", "}"))
        if edit.verb == "define":
            start = end = csource.declaration(blank, edit.place)
        elif edit.verb == "member":
            start = end = csource.body(blank, edit.place)[1]
        else:
            body = csource.body(blank, edit.place)
            try:
                start, end = csource.find(blank, *body, edit.text)
            except csource.NotOnce as error:
                raise csource.NotOnce(f"in {edit.place}() {error}") from None
        self.wrap(start, end, guarded)
        if switch.is_variant:
            self.cache.clear()

    def wrap(self, start: int, end: int, guarded: Guarded) -> None:
        """Makes the text from `start` to `end` the old one of `guarded`; if that is empty, puts it there."""
        leaves = self.leaves(guarded.switch.variants)
        first = max(i for i, leaf in enumerate(leaves) if leaf.start <= start)
        last = max(first, max(i for i, leaf in enumerate(leaves) if leaf.start < end))
        depth = _common_depth(leaves[first].path, leaves[last].path)
        pieces, i = leaves[first].path[depth]
        _, j = leaves[last].path[depth]
        head, tail = pieces[i], pieces[j]
        before: Pieces = []
        behind: Pieces = []
        if isinstance(head, str):
            before = [head[:start - leaves[first].start]]
        elif start != leaves[first].start or first and _is_within(leaves[first - 1], pieces, i):
            raise BadEdit(_overlap(head))
        if isinstance(tail, str):
            behind = [tail[end - leaves[last].start:]]
        elif end != leaves[last].end or last + 1 < len(leaves) and _is_within(leaves[last + 1], pieces, j):
            raise BadEdit(_overlap(tail))
        guarded.old = pieces[i:j + 1]
        if isinstance(tail, str):
            guarded.old[-1] = tail[:end - leaves[last].start]
        if isinstance(head, str):
            guarded.old[0] = guarded.old[0][start - leaves[first].start:]
        pieces[i:j + 1] = [*before, guarded, *behind]

    def text(self) -> str:
        def render(pieces: Pieces) -> str:
            return "".join(piece if isinstance(piece, str) else render(piece.parts()) for piece in pieces)
        return render(self.pieces)


def _common_depth(a: list[tuple[Pieces, int]], b: list[tuple[Pieces, int]]) -> int:
    """The depth of the innermost list of pieces that both paths go through."""
    depth = 0
    while depth + 1 < min(len(a), len(b)) and a[depth + 1][0] is b[depth + 1][0]:
        depth += 1
    return depth


def _is_within(leaf: Leaf, pieces: Pieces, i: int) -> bool:
    return any(step[0] is pieces and step[1] == i for step in leaf.path)


def _overlap(piece: Guarded) -> str:
    change = piece.switch.change
    return f"its text and that of {change.kind} {change.name} overlap, neither holds the other"


# --- a tree ---------------------------------------------------------------------------------------

HEADER = """\
/* The run-time choice among the mutants; included before every file of KVM. */
#ifndef REVENANT_MUTANT
#ifndef __ASSEMBLY__
extern int revenant_mutant;
#endif
#define REVENANT_MUTANT(n) ((n) < 0 || *(volatile int *)&revenant_mutant == (n))
#endif
"""
VARIANTS_HEADER = """\
#ifndef REVENANT_VARIANT
#ifndef __ASSEMBLY__
extern int revenant_variants;
#endif
#define REVENANT_VARIANT(n) (*(volatile int *)&revenant_variants >> (n) & 1)
#endif
"""
MAKE = "ccflags-y += -include $(srctree)/arch/x86/kvm/revenant_mutant.h\n"
PARAMETER = "int {0}; module_param({0}, int, 0644);\n"  # not exported: the vendors' halves are built in, too


def switches_of(all_changes: list[Change], version: str) -> list[Switch]:
    """What a kernel has, in the order in which it is put in: a variant behind those that it is of."""
    there = [change for change in all_changes if change.is_for(version)]
    switches: dict[str, Switch] = {}  # of variants, by name
    waiting = [change for change in there if change.kind == "variant"]

    def add(change: Change, number: int) -> Switch:
        lacks = [name for name in change.of if name not in switches]
        if lacks:
            raise BadEdit(f"{change.kind} {change.name}: there is no variant {' '.join(lacks)} for {version}")
        direct = {switches[name] for name in change.of}
        return Switch(change, number, frozenset(direct.union(*(variant.variants for variant in direct))))

    while waiting:
        ready = next((change for change in waiting if switches.keys() >= set(change.of)), waiting[0])
        switches[ready.name] = add(ready, len(switches))
        waiting.remove(ready)
    mutants = [change for change in there if change.kind == "mutant"]
    return [*switches.values(), *(add(change, number) for number, change in enumerate(mutants, 1)),
            *(add(change, -1) for change in there if change.kind == "correction")]


def edited_files(source: Path, switches: list[Switch], version: str) -> dict[str, str]:
    """The text of each file below KVM's folder that edits touch; BadEdit says all that cannot be made."""
    files: dict[str, SourceFile] = {}
    errors: list[str] = []
    for switch in switches:
        for edit in switch.change.edits_for(version):
            try:
                if edit.file not in files:
                    files[edit.file] = SourceFile(edit.file, [(source / KVM / edit.file).read_text()])
                files[edit.file].take(edit, switch)
            except FileNotFoundError:
                errors.append(f"{edit.file}: no such file in {KVM}")
            except (csource.NotOnce, BadEdit) as error:
                errors.append(f"{edit.file}, {switch.change.kind} {switch.change.name}: {error}")
    if errors:
        raise BadEdit("\n".join(errors))
    return {name: file.text() for name, file in files.items()}


def instrument(source: Path, target: Path, switches: list[Switch], version: str) -> None:
    """Makes TARGET's KVM what SOURCE's is with these changes; files that others had changed go back."""
    files = edited_files(source, switches, version)
    has_variants = any(switch.is_variant for switch in switches)
    parameters = ["revenant_mutant"] + ["revenant_variants"] * has_variants
    main = files.get("x86.c") or (source / KVM / "x86.c").read_text()
    files["x86.c"] = main + "".join(map(PARAMETER.format, parameters))
    files["revenant_mutant.h"] = HEADER + VARIANTS_HEADER * has_variants
    files["Makefile"] = (source / KVM / "Makefile").read_text() + MAKE
    names = [str(path.relative_to(source / KVM)) for path in (source / KVM).rglob("*.[ch]")]
    for name in sorted({*names, *files}):
        text = files[name] if name in files else (source / KVM / name).read_text()
        place = target / KVM / name
        if not place.exists() or place.read_text() != text:
            place.write_text(text)


def key(switches: list[Switch], version: str) -> str:
    total = hashlib.sha256()
    for module in (csource, sys.modules[__name__]):
        total.update(Path(module.__file__).read_bytes())
    for switch in switches:
        change = switch.change
        total.update(repr((change.kind, change.name, switch.number, change.of, change.edits_for(version))).encode())
    return total.hexdigest()[:16]


def main(arguments: list[str]) -> int:
    only_key = arguments[:1] == ["--key"]
    n = 2 if only_key else 3
    if len(arguments) < n:
        print(__doc__, file=sys.stderr)
        return 2
    version = arguments[n - 1]
    paths = [Path(name) for name in arguments[n:]]
    found = changes.or_exit(changes.read_all, paths) if paths else changes.or_exit(changes.of_repository)
    try:
        switches = switches_of(found, version)
        if only_key:
            print(key(switches, version))
            return 0
        instrument(Path(arguments[0]), Path(arguments[1]), switches, version)
    except BadEdit as error:
        print(error, file=sys.stderr)
        return 1
    for switch in switches:
        if switch.number >= 0:
            print(switch.change.kind, switch.change.name, *switch.parameters, sep="\t")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
