# SPDX-License-Identifier: MIT
"""A C file of KVM and the edits in it, each behind a guard in C that says whether its switch is on."""

from dataclasses import dataclass, field

import csource
from changes import Change, Edit


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
    old: "Pieces"
    new: "Pieces"
    is_statement: bool = True

    def parts(self) -> "Pieces":
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

    def seen(self, variants: frozenset[Switch]) -> list["Pieces"]:
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
