#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What run.sh --mutant NAME asks (lab/mutants/choose-mutant.sh):

  choose.py near NAME                              names that are like it
  choose.py hosts NAME                             VENDOR <tab> PARAMS of the hosts on which it shows
  choose.py parameters NAME SWITCHES               the words for the kernel's command line; SWITCHES lies beside it
  choose.py variants NAME,... SWITCHES             the same for run.sh --variant (lab/variants/choose-variant.sh)
  choose.py report NAME (VENDOR PARAMS STREAM)...  what was expected on these hosts, and what was caught

The NAME `none` is the kernel without a fault.
"""

import sys
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path

import changes
import ktap
from changes import Change, Host

EVERYWHERE = [Host("amd", "npt=1"), Host("amd", "npt=0"), Host("intel", "ept=1"), Host("intel", "ept=0")]
NEAR = 8
SHOWN = 12


def mutant(name: str) -> Change:
    return changes.or_exit(changes.read, changes.FOLDERS["mutant"] / f"{name}.mutant")


def near(name: str) -> list[str]:
    names = sorted(path.stem for path in changes.FOLDERS["mutant"].glob("*.mutant"))
    holding = [other for other in names if name in other]
    return [", ".join(list(dict.fromkeys(holding + get_close_matches(name, names, NEAR, 0.5)))[:NEAR])]


def hosts(name: str) -> list[str]:
    shown = EVERYWHERE if name == "none" else mutant(name).hosts
    return [f"{host.vendor}\t{host.params}" for host in shown]


def parameters(name: str, switches: str) -> list[str]:
    """Nothing, if this kernel does not have it."""
    if name == "none":
        return ["kvm.revenant_mutant=0"]
    for line in Path(switches).read_text().splitlines():
        kind, other, number, variants = line.split("\t")
        if (kind, other) == ("mutant", name):
            return [f"kvm.revenant_mutant={number}" + (f" kvm.revenant_variants={variants}" if variants != "0" else "")]
    return []


def variants(names: str, switches: str) -> list[str]:
    """Nothing, if this kernel lacks one of them."""
    lines = [line.split("\t") for line in Path(switches).read_text().splitlines()]
    masks = {name: int(mask) for kind, name, _, mask in lines if kind == "variant"}
    wanted = names.split(",")
    mask = 0
    for name in wanted:
        mask |= masks.get(name, 0)
    return [f"kvm.revenant_variants={mask}"] if masks.keys() >= set(wanted) else []


def report(name: str, *settings: str) -> list[str]:
    change = mutant(name)
    lines = ["", f"==== mutant {name}: {changes.meaning(change)}"]
    for vendor, params, stream in zip(settings[::3], settings[1::3], settings[2::3]):
        red = ktap.read_file(Path(stream)).red()
        scenarios = list(dict.fromkeys(map(ktap.scenario, red)))
        some = " ".join(scenarios[:SHOWN]) + f" and {len(scenarios) - SHOWN} more" * (len(scenarios) > SHOWN)
        lines.append(f"{vendor} {params}: {len(red)} cases are red" + f": {some}" * bool(red))
        globs = [glob for host in change.hosts if (host.vendor, host.params) == (vendor, params) for glob in host.catch]
        for glob in globs:
            caught = any(fnmatchcase(case, glob) for case in red)
            lines.append(f"  expected {glob}: {'caught' if caught else 'not caught'}")
        if not globs:
            lines.append("  nothing was expected")
    return [f"# {line}".rstrip() for line in lines]


def main(arguments: list[str]) -> int:
    commands = {command.__name__: command for command in (near, hosts, parameters, variants, report)}
    if len(arguments) < 2 or arguments[0] not in commands:
        print(__doc__, file=sys.stderr)
        return 2
    for line in commands[arguments[0]](*arguments[1:]):
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
