# SPDX-License-Identifier: MIT
"""results.json, the whole of a run for programs: docs/results.md is its description."""

import json
from datetime import datetime, timezone

import ktap
from events import Run, Setting, again, family
from ktap import Result

FORMAT, VERSION = "revenant-results", 1


def results(run: Run) -> dict:
    begin = run.about.get("begin")
    return {
        "format": FORMAT,
        "version": VERSION,
        "program": run.about.get("version", ""),
        "command": run.about.get("command", ""),
        "begin": datetime.fromtimestamp(int(begin), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ") if begin else None,
        "seconds": round(run.seconds, 1),
        "status": run.status,
        "meaning": run.meaning,
        "settings": [setting_of(setting) for setting in run.settings],
        "cases": {name: {"classes": case.classes.split(), "title": case.title} for name, case in run.cases.items()},
    }


def setting_of(setting: Setting) -> dict:
    stream = setting.stream
    return {
        "name": setting.name,
        "title": setting.title,
        "options": setting.options,
        "host": stream.host,
        "image": stream.image,
        "status": setting.status,
        "seconds": round(setting.seconds, 1),
        "plan": stream.plan,
        "not_run": {"cases": stream.missing, "why": stream.not_run} if stream.missing or stream.not_run else None,
        "counts": {verdict: stream.count(verdict) for verdict in ktap.VERDICTS},
        "results": [result_of(setting, result) for result in setting.all_results()],
        "retention": [{"transition": row.partition("|")[0], "space": row.partition("|")[2], "seen": seen, "tried": tried}
                      for row, (seen, tried) in stream.retention.items()],
        "fixed": [{"name": name, "reason": reason} for name, reason in stream.fixed],
    }


def result_of(setting: Setting, result: Result) -> dict:
    one = {"name": result.name or None, "family": family(result.name) if result.name else None, "verdict": result.verdict}
    if result.text:
        one["text"] = result.text
    if result.seconds is not None:
        one["seconds"] = round(result.seconds, 3)
    if result.verdict not in ("PASS", "VACUOUS", "SKIP"):
        one |= {"evidence": result.evidence, "replay": result.replay or None, "again": again(setting, result) or None}
    return one


def written(run: Run) -> str:
    return json.dumps(results(run), indent=1, ensure_ascii=False) + "\n"
