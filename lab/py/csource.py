# SPDX-License-Identifier: MIT
"""Places in a C source file: a function's or a struct's body, and a text within it, token by token.

Positions are offsets into the text, counted in characters. What is looked for is looked for in the
*blanked* text: as long as the original, with comments and literals made blank.
"""

import re

_COMMENT_OR_LITERAL = re.compile(
    r"""/\*.*?\*/ | //[^\n]* | "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*'""", re.DOTALL | re.VERBOSE)
_TOKEN = re.compile(r"\w+|[^\w\s]", re.ASCII)
_DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n\\]|\\.)*", re.DOTALL | re.MULTILINE)


class NotOnce(Exception):
    """What is looked for is not there exactly once."""


def blanked(text: str) -> str:
    return _COMMENT_OR_LITERAL.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)


def closing(blank: str, at: int) -> int:
    """The position behind the bracket that closes the one at `at`; 0: there is none."""
    depth = 0
    for bracket in re.compile(r"[](){}[]").finditer(blank, at):
        depth += 1 if bracket.group() in "([{" else -1
        if depth == 0:
            return bracket.end()
    return 0


def _functions(blank: str, name: str):
    """(position of the name, position of the brace) of each definition of a function."""
    for match in re.finditer(rf"(?<!\w){re.escape(name)}\(", blank):
        behind = closing(blank, match.end() - 1)
        brace = re.compile(r"\s*\{").match(blank, behind)
        if behind and brace:
            yield match.start(), brace.end() - 1


def _structs(blank: str, name: str):
    for match in re.finditer(rf"(?<!\w){name}\s*\{{", blank):
        yield match.start(), match.end() - 1


def _definition(blank: str, name: str) -> tuple[int, int]:
    is_struct = name.startswith("struct ")
    found = list(_structs(blank, name) if is_struct else _functions(blank, name))
    if len(found) != 1:
        what = name if is_struct else f"functions {name}()"
        raise NotOnce(f"there are {len(found)} {what}, not one")
    return found[0]


def body(blank: str, name: str) -> tuple[int, int]:
    """Where the body of a function, or of a `struct NAME`, begins and ends, without its braces."""
    _, brace = _definition(blank, name)
    return brace + 1, closing(blank, brace) - 1


def declaration(blank: str, name: str) -> int:
    """Where the line begins with which the definition of a function or struct begins."""
    at, _ = _definition(blank, name)
    code = _DIRECTIVE.sub(lambda m: ";" * len(m.group()), blank[:at])
    last = max(code.rfind(";"), code.rfind("}"))
    first = re.compile(r"\S").search(blank, last + 1)
    return blank.rfind("\n", 0, first.start()) + 1


def tokens(text: str) -> list[str]:
    """Words, and each other character that is no blank by itself."""
    return _TOKEN.findall(text)


def find(blank: str, start: int, end: int, text: str) -> tuple[int, int]:
    """Where the tokens of `text` stand between `start` and `end`, the one time that they do."""
    wanted = tokens(text)
    there = list(_TOKEN.finditer(blank, start, end))
    words = [token.group() for token in there]
    n = len(wanted)
    found = [i for i in range(len(words) - n + 1) if words[i] == wanted[0] and words[i:i + n] == wanted]
    if len(found) != 1:
        raise NotOnce(f"this stands {len(found)} times, not once: {text}")
    return there[found[0]].start(), there[found[0] + n - 1].end()
