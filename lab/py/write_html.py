# SPDX-License-Identifier: MIT
"""report.html: one file without network or script. A map of families by settings, whose cells lead to their
cases with evidence, the command that shows it again, and the family's theory."""

from html import escape

import ktap
from changes_of_runs import Change
from events import Run, Setting, again, family
from ktap import Result
from theory import Theories

# Of several verdicts in a cell the first here gives its colour; the words make do without.
WORST = ("CRASH", "STALE", "LEAK", "WILD", "ERROR", "KNOWN", "PASS", "VACUOUS", "SKIP")
WORDS = {"PASS": "ok", "VACUOUS": "vacuous", "KNOWN": "known", "SKIP": "n/a", "ERROR": "error"}

STYLE = """
:root { color-scheme: light dark; --line: #8886; --red: #c4314b; --ok: #2e7d4f; --vac: #b8860b; --known: #7a5bb5; --na: #8884 }
body { font: 15px/1.45 system-ui, sans-serif; margin: 0 auto; padding: 1rem; max-width: 70rem }
h1 { font-size: 1.4rem; margin: 0 } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem } h3 { font-size: 1rem; margin: 1.2rem 0 .3rem }
.verdict { font-size: 1.15rem; font-weight: 600; padding: .6rem .8rem; margin: .8rem 0; border-left: .4rem solid var(--ok) }
.verdict.red { border-color: var(--red) } .verdict.grey { border-color: var(--vac) }
.wide { overflow-x: auto }
table { border-collapse: collapse } th, td { text-align: left; padding: .25rem .6rem; border: 1px solid var(--line); vertical-align: top }
th { font-weight: 600 } td.map { padding: 0; border-left: .4rem solid var(--na) } td.map a { display: block; padding: .25rem .6rem; color: inherit; text-decoration: none; white-space: nowrap }
td.map a:hover { text-decoration: underline }
td.red { border-left-color: var(--red); background: #c4314b33; font-weight: 600 } td.PASS { border-left-color: var(--ok); background: #2e7d4f26 }
td.VACUOUS { border-left-color: var(--vac); background: #b8860b1c } td.KNOWN { border-left-color: var(--known); background: #7a5bb526 }
pre { overflow-x: auto; background: #8881; padding: .6rem; margin: .3rem 0; white-space: pre-wrap; overflow-wrap: anywhere; font-size: 13px }
details { margin: .3rem 0 } summary { cursor: pointer } .case { border-left: .3rem solid var(--red); padding-left: .7rem; margin: .8rem 0 }
.case.KNOWN { border-color: var(--known) } .quiet { opacity: .75 } code { overflow-wrap: anywhere }
@media (max-width: 40rem) { td.map a { white-space: normal } }
@media print { details > * { display: block } }
"""


def html(run: Run, theories: Theories, changes: list[Change] = ()) -> str:
    tone = "red" if run.status == 1 else "" if run.status == 0 else "grey"
    body = [f"<h1>revenant: does this KVM serve stale translations?</h1>",
            f'<p class="verdict {tone}">{escape(run.meaning)} — {escape(run.totals())}</p>', facts(run)]
    body += changes_of(changes)
    body += ["<h2>Families × settings</h2>", heat_map(run), legend()]
    body += summary_of_red(run)
    body += retention(run)
    body += [section(run, name, theories) for name in run.families()]
    body += strays(run)
    return ('<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1"><title>revenant: '
            f"{escape(run.meaning)}</title><style>{STYLE}</style></head><body>\n" + "\n".join(filter(None, body)) + "\n</body></html>\n")


def facts(run: Run) -> str:
    rows = [(setting.name, setting.title) for setting in run.settings]
    command = run.about.get("command")
    if command:
        rows.append(("command", command))
    if run.seconds:
        rows.append(("took", f"{run.seconds:.0f} s"))
    cells = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in rows)
    return f'<div class="wide"><table>{cells}</table></div>'


def changes_of(changes: list[Change]) -> list[str]:
    if not changes:
        return []
    items = "".join(f"<li><b>{escape(one.kind)}</b>: {escape(one.name)} ({escape(one.setting)}), {escape(one.before)} → "
                    f"{escape(one.after)}</li>" for one in changes)
    return [f"<h2>Against the run before</h2><ul>{items}</ul>"]


MOST_COLUMNS = 6  # of settings; more of them are rows


def heat_map(run: Run) -> str:
    if len(run.settings) > MOST_COLUMNS:
        return heat_map_by_setting(run)
    head = "".join(f"<th>{escape(setting.name)}</th>" for setting in run.settings)
    rows = []
    for name in run.families():
        cells = "".join(cell(setting, number, name) for number, setting in enumerate(run.settings))
        rows.append(f'<tr><th><a href="#{name}">{escape(name)}</a></th>{cells}</tr>')
    return f'<div class="wide"><table><tr><th></th>{head}</tr>{"".join(rows)}</table></div>'


def heat_map_by_setting(run: Run) -> str:
    families = run.families()
    head = "".join(f'<th><a href="#{name}">{escape(name)}</a></th>' for name in families)
    rows = "".join(f"<tr><th>{escape(setting.name)}</th>" + "".join(cell(setting, number, name) for name in families) + "</tr>"
                   for number, setting in enumerate(run.settings))
    return f'<div class="wide"><table><tr><th></th>{head}</tr>{rows}</table></div>'


def of_family(setting: Setting, name: str) -> list[Result]:
    return [result for result in setting.stream.results if family(result.name) == name]


def counts(results: list[Result]) -> list[tuple[str, int]]:
    """Verdict and how many, the worst first."""
    numbers = [(verdict, sum(result.verdict == verdict for result in results)) for verdict in WORST]
    return [(verdict, number) for verdict, number in numbers if number]


def cell(setting: Setting, number: int, name: str) -> str:
    numbers = counts(of_family(setting, name))
    if not numbers:
        return "<td></td>"
    worst = numbers[0][0]
    tone = "red" if worst in (*ktap.RED, "ERROR") else worst
    text = ", ".join(f"{count} {WORDS.get(verdict, verdict)}" for verdict, count in numbers)
    return f'<td class="map {tone}"><a href="#{name}-{number}">{escape(text)}</a></td>'


def legend() -> str:
    return ('<p class="quiet">STALE: a value came back that a required flush had killed; LEAK: one of another tag or level; '
            "WILD: one that no mapping ever produced; CRASH: the VM or the host died or complained. vacuous: the host kept "
            "nothing, so the case could not have failed; known: a fault known of stock kernels; n/a: not for this host.</p>")


def summary_of_red(run: Run) -> list[str]:
    found = list(run.of_verdict(*ktap.RED, "ERROR"))
    if not found:
        return []
    items = "".join(f'<li><a href="#{anchor(run, setting, result)}">{escape(result.verdict)} {escape(result.name or "(no case)")}</a>'
                    f" on {escape(setting.name)}: {escape(result.text)}</li>" for setting, result in found)
    return [f"<h2>What is wrong</h2><ul>{items}</ul>"]


def anchor(run: Run, setting: Setting, result: Result) -> str:
    return f"{run.settings.index(setting)}:{result.name}" if result.name else "strays"


def section(run: Run, name: str, theories: Theories) -> str:
    parts = [f'<h2 id="{name}">{escape(name)}</h2>', theory_of(run, name, theories)]
    for number, setting in enumerate(run.settings):
        results = of_family(setting, name)
        if not results:
            continue
        parts.append(f'<h3 id="{name}-{number}">{escape(name)} on {escape(setting.name)}</h3>')
        parts += [case(run, setting, result) for result in results if result.verdict in (*ktap.RED, "ERROR", "KNOWN")]
        parts += [group(run, verdict, results) for verdict in ("PASS", "VACUOUS", "SKIP")]
    return "\n".join(filter(None, parts))


def theory_of(run: Run, name: str, theories: Theories) -> str:
    names = [result.name for setting in run.settings for result in setting.stream.results if family(result.name) == name]
    found = {theory.file: theory for theory in map(theories.of, names) if theory}
    return "".join(f'<details><summary>Theory: {escape(file)}</summary>' +
                   "".join(f"<p>{escape(text)}</p>" for text in theory.paragraphs) + "</details>"
                   for file, theory in found.items())


def case(run: Run, setting: Setting, result: Result) -> str:
    known = run.cases.get(result.name)
    title = f"<br>{escape(known.title)}" if known and known.title else ""
    evidence = f"<pre>{escape(chr(10).join(result.evidence))}</pre>" if result.evidence else ""
    command = again(setting, result)
    command = f"see it again:<pre>{escape(command)}</pre>" if command else ""
    return (f'<div class="case {result.verdict}" id="{escape(anchor(run, setting, result))}"><b>{escape(result.verdict)}</b> '
            f"<code>{escape(result.name)}</code>: {escape(result.text)}{title}{evidence}{command}</div>")


def group(run: Run, verdict: str, results: list[Result]) -> str:
    """All of a verdict; those that were not judged by their reasons."""
    chosen = [result for result in results if result.verdict == verdict]
    parts = []
    for reason in dict.fromkeys(result.text for result in chosen):
        same = [result.name for result in chosen if result.text == reason]
        about = f": {escape(reason)}" if reason else ""
        names = " ".join(f"<code>{escape(one)}</code>" for one in same)
        parts.append(f"<details><summary>{len(same)} {escape(WORDS[verdict])}{about}</summary>{names}</details>")
    return "".join(parts)


def strays(run: Run) -> list[str]:
    found = [(setting, result) for setting in run.settings for result in setting.stream.stray]
    if not found:
        return []
    return ['<h2 id="strays">Between cases</h2>'] + [
        f'<div class="case"><b>{escape(result.verdict)}</b> ({escape(setting.name)}) {escape(result.text)}'
        f"<pre>{escape(chr(10).join(result.evidence))}</pre></div>" for setting, result in found]


def retention(run: Run) -> list[str]:
    rows = dict.fromkeys(row for setting in run.settings for row, (_, tried) in setting.stream.retention.items() if tried)
    if not rows:
        return []

    def number(setting: Setting, row: str) -> str:
        seen, tried = setting.stream.retention.get(row, (0, 0))
        return f"{'yes' if seen else 'no'} {seen}/{tried}" if tried else ""
    head = "".join(f"<th>{escape(setting.name)}</th>" for setting in run.settings)
    lines = "".join(f"<tr><th>{escape(row.replace('|', ', '))}</th>" +
                    "".join(f"<td>{number(setting, row)}</td>" for setting in run.settings) + "</tr>" for row in rows)
    return ["<h2>Retention</h2><details><summary>Did a translation survive where it may? (seen/tried)</summary>"
            f'<div class="wide"><table><tr><th></th>{head}</tr>{lines}</table></div></details>']
