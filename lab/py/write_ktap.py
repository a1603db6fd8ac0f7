# SPDX-License-Identifier: MIT
"""A run as one KTAP document: `nested`, each setting a subtest, or `flat`, one plan whose names have no other
characters than [.a-zA-Z0-9_-]. The evidence of a case comes before its result, and a case has the same name
whatever becomes of it. A setting is written when it is over: only then is it known how many results it has,
as what happens between two cases (a VM died, output was lost) is a result, too, which no parser can overlook.
"""

import re
from collections.abc import Iterator

import ktap
from events import Run, Setting, again
from ktap import Result
from write_junit import told

NESTED, FLAT = "nested", "flat"


def results(run: Run, setting: Setting) -> list[Result]:
    """A result for all that a parser has to know of: cases, those that were not run, what is of no case."""
    stream = setting.stream
    done = {result.name for result in stream.results}
    names = [name for name in run.cases if name not in done]
    names += [f"not-run.{number + 1}" for number in range(stream.missing - len(names))]
    why = ktap.NOT_RUN + (stream.not_run or "no result came")
    missing = [Result(name, "SKIP", why) for name in names[:stream.missing]]
    strays = [Result(f"{ktap.NO_CASE}{number}", result.verdict, result.text, result.replay, result.evidence)
              for number, result in enumerate(stream.stray, 1)]
    every = stream.results + missing + strays
    if not told(setting):
        every.append(Result(f"{ktap.NO_CASE}end", "ERROR", f"the setting ended with status {setting.status}"))
    return every or [Result(f"{ktap.NO_CASE}end", "SKIP", why)]


def comment(text: str) -> str:
    return f"# {text}".rstrip()


def lines_of(result: Result, number: int, name: str, command: str) -> Iterator[str]:
    bad = result.is_red or result.verdict == "ERROR"
    if bad:
        yield comment(f"{result.verdict} {name}: {result.text}")
    if result.name.startswith(ktap.NO_CASE):
        command = ""  # there is no such case to be run
    if bad or result.verdict == "KNOWN":
        for line in result.evidence:
            yield comment(f"| {line}")
        if result.replay:
            yield comment(f"| replay: {result.replay}")
        if command:
            yield comment(f"| again: {command}")
    reason = result.text.replace(" # ", " - ")  # which would begin another directive
    if bad:
        yield f"not ok {number} {name}"
    elif result.verdict == "PASS":
        yield f"ok {number} {name}"
    elif result.verdict == "SKIP":
        yield f"ok {number} {name} # SKIP {reason}"
    else:
        yield f"ok {number} {name} # SKIP {result.verdict} {reason}".rstrip()


def about(setting: Setting) -> Iterator[str]:
    stream = setting.stream
    yield comment(setting.title)
    if stream.host:
        yield comment(f"host {stream.host}")
    if stream.image:
        yield comment(f"revenant {stream.image}")


def behind(setting: Setting) -> Iterator[str]:
    stream = setting.stream
    for name, reason in stream.fixed:
        yield comment(f"known-fixed {name}: {reason}")
    for row, (seen, tried) in stream.retention.items():
        if tried:
            yield comment(f"retention {row}|{'yes' if seen else 'no'}|{seen}/{tried}")
    counts = " ".join(f"{verdict}={stream.count(verdict)}" for verdict in ktap.VERDICTS)
    yield comment(f"summary {counts}")
    if setting.status is not None:
        yield comment(f"END status={setting.status}")


def nested_setting(run: Run, setting: Setting) -> Iterator[str]:
    """One of the subtests of a document."""
    every = results(run, setting)
    name = re.sub(r"[\s#]+", "_", setting.name)
    inner = ["KTAP version 1", f"# Subtest: {name}", f"1..{len(every)}", *about(setting)]
    for number, result in enumerate(every, 1):
        inner += lines_of(result, number, result.name, again(setting, result))
    inner += behind(setting)
    yield from (f"    {line}" for line in inner)
    number = run.settings.index(setting) + 1
    if any(result.is_red or result.verdict == "ERROR" for result in every):
        yield f"not ok {number} {name}"
    elif any(result.verdict == "PASS" for result in every):
        yield f"ok {number} {name}"
    else:
        yield f"ok {number} {name} # SKIP nothing could be verified"


def head(run: Run) -> list[str]:
    limits = run.about.get("limits", "").strip()
    return ["KTAP version 1", f"1..{len(run.settings)}", *([comment(limits)] if limits else [])]


def nested(run: Run) -> str:
    lines = head(run)
    for setting in run.settings:
        lines += nested_setting(run, setting)
    return "\n".join(lines) + "\n"


def flat_name(setting: Setting, result: Result) -> str:
    """`npt=1` and `a.b/load`: npt_1.a.b.load"""
    return re.sub(r"[^.a-zA-Z0-9_-]", "_", f"{setting.name}.{result.name.replace('/', '.')}")


def flat(run: Run) -> str:
    every = [(setting, result) for setting in run.settings for result in results(run, setting)]
    lines = ["KTAP version 1", f"1..{len(every)}"]
    last = None
    for number, (setting, result) in enumerate(every, 1):
        if setting is not last:
            lines += about(setting)
        lines += lines_of(result, number, flat_name(setting, result), again(setting, result))
        last = setting
    return "\n".join(lines) + "\n"
