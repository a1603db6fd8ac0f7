# SPDX-License-Identifier: MIT
"""What somebody at a terminal sees: a live line for each setting, red cases as they come, and at the end about
a screenful."""

import os
import shutil
import textwrap
from collections import Counter
from collections.abc import Callable

import ktap
from changes_of_runs import Change
from events import Run, Setting, again, family
from ktap import Result

COLUMNS = (("ok", ("PASS",)), ("vac", ("VACUOUS",)), ("known", ("KNOWN",)), ("n/a", ("SKIP",)), ("red", (*ktap.RED, "ERROR")))
COLOURS = {"red": 31, "ok": 32, "vac": 33, "known": 35, "n/a": 2, "bold": 1}
MOST_LISTED = 12  # red ones; the report has them all


class Paint:
    """Colour, where it is wanted."""

    def __init__(self, is_wanted: bool):
        self.is_wanted = is_wanted

    def __call__(self, text: str, colour: str) -> str:
        return f"\033[{COLOURS[colour]}m{text}\033[0m" if self.is_wanted and text.strip() else text


def may_colour(environment=os.environ) -> bool:
    """https://no-color.org: set, and not empty."""
    return not environment.get("NO_COLOR") and environment.get("TERM", "dumb") != "dumb"


class Live:
    """The lines at the foot of the terminal, drawn anew in their place; nothing where TERM is dumb."""

    def __init__(self, write: Callable[[str], None], can_move: bool, paint: Paint):
        self.write, self.can_move, self.paint = write, can_move, paint
        self.drawn = 0
        self.last: list[str] = []

    def clear(self) -> str:
        up = "\r\033[K" + "\033[A\033[K" * self.drawn if self.drawn else ""
        self.drawn = 0
        return up

    def say(self, lines: list[str]) -> None:
        """Above the live lines, for good."""
        self.write(self.clear() + "".join(f"{line}\n" for line in lines))

    def draw(self, run: Run) -> None:
        if self.can_move:
            wide = shutil.get_terminal_size().columns - 1
            lines = [progress(setting, self.paint, wide) for setting in run.settings]
            # One write, so that nothing flickers. More lines than the terminal has could not be taken back.
            lines = lines[:shutil.get_terminal_size().lines - 1]
            if self.drawn and lines == self.last:
                return
            self.last = lines
            self.write(self.clear() + "".join(f"{line}\n" for line in lines))
            self.drawn = len(lines)


def progress(setting: Setting, paint: Paint, wide: int) -> str:
    """`npt=1  ━━━━━━━━        812/1830  2 red  12 s left`"""
    stream = setting.stream
    done, plan, red = len(stream.results), stream.plan, len(setting.red())
    if setting.status is not None or stream.status is not None:
        state = "done" if not stream.missing else f"ended, {stream.missing} not run"
    elif setting.began is None:
        state = "waits"
    elif not plan or not done:
        state = f"boots, {setting.seconds:.0f} s"
    else:
        state = time_left(setting)
    bar = "━" * (20 * done // plan if plan else 0)
    head = f"{setting.name:12} {bar:20} {done:>5}/{plan or '…':<5} "
    reds = f"{red} red"
    return (head + (paint(reds, "red") if red else reds) + f"  {state}") if len(head + reds + state) + 2 <= wide else head[:wide]


def time_left(setting: Setting) -> str:
    timed = sum(result.seconds or 0 for result in setting.stream.results)
    done = sum(result.seconds is not None for result in setting.stream.results)
    if not timed or not done:
        return ""
    return f"{timed / done * setting.stream.missing:.0f} s left"


def told(setting: Setting, result: Result, paint: Paint) -> list[str]:
    """A red case as it comes."""
    lines = [paint(f"{result.verdict} {result.name}".strip(), "red") + f" ({setting.name}): {result.text}"]
    lines += [f"  {line}" for line in result.evidence[:12]]
    if len(result.evidence) > 12:
        lines.append(f"  … {len(result.evidence) - 12} lines more in the report")
    command = again(setting, result)
    return lines + ([f"  {command}"] if command else [])


# --- the end --------------------------------------------------------------------------------------

def final(run: Run, paint: Paint, changes: list[Change], wide: int) -> list[str]:
    lines = table(run, paint, wide) + retention(run, wide) + skips(run, wide) + not_run(run) + fixed(run)
    lines += listed(run, ("KNOWN",), "known", paint) + listed(run, (*ktap.RED, "ERROR"), "red", paint)
    if changes:
        lines += ["", *map(str, changes[:MOST_LISTED])]
    return lines


def table(run: Run, paint: Paint, wide: int) -> list[str]:
    """Families by settings; as many settings beside each other as fit."""
    families = run.families()
    first = max([8, *map(len, families)])
    fit = max(1, (wide - first) // (6 * len(COLUMNS) + 2))
    lines = []
    for begin in range(0, len(run.settings), fit):
        settings = run.settings[begin:begin + fit]
        lines.append(" " * first + "".join("  " + paint(f"{setting.name:^{6 * len(COLUMNS)}}", "bold") for setting in settings))
        lines.append(" " * first + "".join("  " + "".join(f"{name:>6}" for name, _ in COLUMNS) for _ in settings))
        lines += [f"{name:{first}}" + "".join("  " + numbers(setting, paint, name) for setting in settings) for name in families]
        lines += [f"{'all':{first}}" + "".join("  " + numbers(setting, paint) for setting in settings), ""]
    return lines


def numbers(setting: Setting, paint: Paint, name: str | None = None) -> str:
    results = setting.all_results() if name is None else [one for one in setting.stream.results if family(one.name) == name]
    counts = Counter(result.verdict for result in results)
    text = ""
    for column, verdicts in COLUMNS:
        number = sum(counts[verdict] for verdict in verdicts)
        text += paint(f"{number or '.':>6}", column) if number else f"{'.':>6}"
    return text


def wrapped(text: str, wide: int) -> list[str]:
    return textwrap.wrap(text, wide, subsequent_indent="  ", break_on_hyphens=False, break_long_words=False)


def retention(run: Run, wide: int) -> list[str]:
    """What a host kept, for without that no case can fail."""
    lines = []
    for setting in run.settings:
        tried = {row: counts for row, counts in setting.stream.retention.items() if counts[1]}
        if tried:
            kept = [f"{row.replace('nothing|', 'no event|').replace('|', ' of ')} {seen}/{count}" for row, (seen, count) in tried.items() if seen]
            text = f"kept ({setting.name}): " + (", ".join(kept) or "nothing")
            others = len(tried) - len(kept)
            lines += wrapped(text + f"; nothing behind {others} others that were tried" * bool(others), wide)
    return lines


def skips(run: Run, wide: int) -> list[str]:
    """How many cases are not for these hosts, and the remedy."""
    reasons = Counter(result.text for _, result in run.of_verdict("SKIP"))
    lines = [line for reason, number in reasons.most_common(8) for line in wrapped(f"n/a {number}: {reason}", wide)]
    if len(reasons) > 8:
        lines.append(f"n/a {sum(reasons.values()) - sum(number for _, number in reasons.most_common(8))}: "
                     f"{len(reasons) - 8} other reasons, in the report")
    return ["", *lines] if lines else []


def not_run(run: Run) -> list[str]:
    return [f"not run ({setting.name}): {setting.stream.not_run or f'{setting.stream.missing} cases'}" for setting in run.settings
            if setting.stream.missing or setting.stream.not_run]


def fixed(run: Run) -> list[str]:
    return [f"fixed here: {name} ({setting.name}): {reason}" for setting in run.settings for name, reason in setting.stream.fixed]


def listed(run: Run, verdicts: tuple[str, ...], colour: str, paint: Paint) -> list[str]:
    """What is red or known, the ways of looking at one scenario together, with the command that shows the first."""
    found: dict[tuple[str, str, str], list[tuple[Setting, Result]]] = {}
    for number, (setting, result) in enumerate(run.of_verdict(*verdicts)):
        key = (setting.name, result.verdict, ktap.scenario(result.name) or str(number))
        found.setdefault(key, []).append((setting, result))
    lines = []
    for same in list(found.values())[:MOST_LISTED]:
        setting, result = same[0]
        others = "".join(f" {one.name.removeprefix(ktap.scenario(one.name))}" for _, one in same[1:])
        lines.append(paint(f"{result.verdict} {result.name}".strip() + others, colour) + f" ({setting.name}): {result.text}")
        if command := again(setting, result):
            lines.append(f"  {command}")
    if len(found) > MOST_LISTED:
        lines.append(f"and {len(found) - MOST_LISTED} more: they are in the report")
    return ["", *lines] if lines else []
