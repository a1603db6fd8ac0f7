# SPDX-License-Identifier: MIT
"""The tables of docs/history.md: for each host, kernels by families of scenarios; then all that is red."""

import re
from dataclasses import dataclass, field

from ktap import Result, Stream, scenario


@dataclass
class Run:
    """One kernel on one host."""
    kernel: str
    vendor: str
    params: str
    filter: str
    stream: Stream = field(default_factory=Stream)

    @property
    def host(self) -> str:
        return f"{self.vendor} {self.params}"

    def results(self) -> list[Result]:
        """Those that were there to be judged."""
        return [result for result in self.stream.results if result.verdict not in ("SKIP", "KNOWN")]


def family(name: str) -> str:
    """The first word of a name; of svm's and vmx's also the first part of the second."""
    words = re.split(r"[./]", name)
    return f"{words[0]}.{words[1].split('-')[0]}" if words[0] in ("svm", "vmx") else words[0]


def table(runs: list[Run]) -> str:
    """Markdown; kernels, hosts and families stand in the order in which they come."""
    seconds = sum(float(run.stream.run["seconds"]) for run in runs) / len(runs)
    families = list(dict.fromkeys(family(result.name) for run in runs for result in run.stream.results))
    text = [f"{len(runs)} runs, one kernel on one host each; a run takes {seconds:.0f} seconds on average."]
    for host in dict.fromkeys(run.host for run in runs):
        text += host_table(host, [run for run in runs if run.host == host], families)
    return "\n".join(text + red_table(runs))


def host_table(host: str, runs: list[Run], families: list[str]) -> list[str]:
    there = {family(result.name) for run in runs for result in run.results()}
    columns = [name for name in families if name in there]
    lines = ["", f"### {host}", "", "| kernel | " + "".join(f"{name} | " for name in columns).rstrip(), "|---|" + "---|" * len(columns)]
    for run in runs:
        kernel = f"{run.kernel} (`{run.filter}`)" if run.filter else run.kernel
        lines.append("| " + " | ".join([kernel, *(cell(run, name) for name in columns)]) + " |")
    return lines


def cell(run: Run, name: str) -> str:
    results = [result for result in run.results() if family(result.name) == name]
    passed = sum(result.verdict == "PASS" for result in results)
    red = sum(result.verdict not in ("PASS", "VACUOUS") for result in results)
    parts = [f"**{red} red**"] * (red > 0) + [str(passed)] * (passed > 0)
    return ", ".join(parts) or "-"


def red_table(runs: list[Run]) -> list[str]:
    kernels: dict[tuple[str, str, str], list[str]] = {}
    for run in runs:
        for result in run.results():
            if result.verdict not in ("PASS", "VACUOUS"):
                on = kernels.setdefault((run.host, scenario(result.name), result.verdict), [])
                on += [run.kernel] * (run.kernel not in on)
    head = ["", "### What is red", ""]
    if not kernels:
        return [*head, "Nothing."]
    rows = [f"| {host} | `{name}` | {verdict} | {', '.join(on)} |" for (host, name, verdict), on in kernels.items()]
    return [*head, "| host | scenario | verdict | kernels |", "|---|---|---|---|", *rows]
