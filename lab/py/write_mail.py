# SPDX-License-Identifier: MIT
"""mail.txt: what to send to the KVM list about each red case: what was done, what was seen, what the manual says,
the host, and one command. A case that is red in several settings or ways of looking is told once."""

import re
import textwrap

import ktap
from english import sentences
from events import Run, Setting, again
from ktap import Result
from theory import Theories

LIST = "kvm@vger.kernel.org"


def mail(run: Run, theories: Theories) -> str:
    found: dict[str, list[tuple[Setting, Result]]] = {}
    for setting, result in run.of_verdict(*ktap.RED):
        found.setdefault(ktap.scenario(result.name) or f"between cases on {setting.name}", []).append((setting, result))
    if not found:
        return "Nothing red was seen: there is nothing to send.\n"
    parts = [one(run, name, where, theories) for name, where in found.items()]
    return "\n\n".join([head(run, found), *parts]) + "\n"


def head(run: Run, found: dict) -> str:
    names = list(found)
    subject = f"KVM: {next(iter(found.values()))[0][1].verdict} in {names[0]}" + (f" and {len(names) - 1} others" if names[1:] else "")
    check = ""
    if all(not setting.stream.host for where in found.values() for setting, _ in where) and "tcg" in run.settings[0].title.lower():
        check = "\n\nNOT FOR THE LIST: no KVM was in this, it was a check of revenant itself."
    return f"To: {LIST}\nSubject: {subject}{check}"


def one(run: Run, name: str, where: list[tuple[Setting, Result]], theories: Theories) -> str:
    setting, result = where[0]
    case = run.cases.get(result.name)
    lines = [f"* {name}" + (f": {case.title}" if case and case.title else ""), ""]
    if result.replay:
        lines += paragraph("What was done", " ".join(sentences(result.replay, *failing(result))))
        lines += paragraph("", "A to G are frames, w0 to w3 linear pages, p0 to p3 guest-physical pages of L2.")
    lines += paragraph("What was seen", f"{result.verdict}: {result.text}" if result.text else result.verdict)
    theory = theories.of(result.name)
    if theory and theory.rule:
        lines += paragraph("What the manual says", theory.rule)
    if not result.replay and result.evidence:
        lines += ["Its last words:", *(f"    {line}" for line in result.evidence[-12:]), ""]
    for text in dict.fromkeys(f"{other.title} {other.stream.host and '(' + other.stream.host + ')'}".strip() for other, _ in where):
        lines += paragraph("Host", text)
    names = [f"{other.name}: {red.name}" for other, red in where[1:]]
    if names:
        lines += paragraph("Also red", ", ".join(names))
    if command := again(setting, result):
        lines += ["See it again with", f"    {command}"]
    return "\n".join(lines).rstrip()


def failing(result: Result) -> tuple[int | None, int | None]:
    """`step 3 of 6: load w0`"""
    for line in result.evidence:
        if match := re.match(r"step (\d+) of (\d+)", line):
            return int(match[1]), int(match[2])
    return None, None


def paragraph(label: str, text: str) -> list[str]:
    return [*textwrap.wrap(f"{label}: {text}" if label else text, 75, break_on_hyphens=False, break_long_words=False), ""]
