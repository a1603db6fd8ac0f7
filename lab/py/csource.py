# SPDX-License-Identifier: MIT
"""Places in a C source file: a function's or a struct's body, and a text within it, token by token.

Positions are offsets into the text, counted in characters. What is looked for is looked for in the
*blanked* text: as long as the original, with comments and literals made blank.
"""

import re

_COMMENT_OR_LITERAL = re.compile(
    r"""/\*.*?\*/ | //[^\n]* | "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*'""", re.DOTALL | re.VERBOSE)
_TOKEN = re.compile(r"\w+|[^\w\s]", re.ASCII)  # words, and each other character that is no blank by itself
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


def _definition(blank: str, name: str) -> tuple[int, int]:
    """Where the one definition of a function, or of a `struct NAME`, has its name and its brace."""
    is_struct = name.startswith("struct ")
    found = []
    for match in re.finditer(rf"(?<!\w){re.escape(name)}(?={r'[ {]' if is_struct else '[(]'})", blank):
        behind = match.end() if is_struct else closing(blank, match.end())
        brace = re.compile(r"\s*\{").match(blank, behind)
        if behind and brace:
            found.append((match.start(), brace.end() - 1))
    if len(found) != 1:
        raise NotOnce(f"there are {len(found)} {name if is_struct else f'functions {name}()'}, not one")
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


def find(blank: str, start: int, end: int, text: str) -> tuple[int, int]:
    """Where the tokens of `text` stand between `start` and `end`, the one time that they do."""
    wanted = _TOKEN.findall(text)
    there = list(_TOKEN.finditer(blank, start, end))
    words = [token.group() for token in there]
    n = len(wanted)
    found = [i for i in range(len(words) - n + 1) if words[i] == wanted[0] and words[i:i + n] == wanted]
    if len(found) != 1:
        raise NotOnce(f"this stands {len(found)} times, not once: {text}")
    return there[found[0]].start(), there[found[0] + n - 1].end()
