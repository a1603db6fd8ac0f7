#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""instrument.py SOURCE TARGET VERSION [FILE...]
   instrument.py --key VERSION [FILE...]

Puts every change for kernel VERSION (7.3), from the FILEs or else all that the repository has, into the
kernel tree TARGET, a copy of the unmodified tree SOURCE. Each edit is behind a guard, so that the kernel's
command line chooses: kvm.revenant_mutant=N one mutant, kvm.revenant_variants=MASK variants; 0, the default
of both, none. A correction is always on.

Prints for each mutant and variant, tab-separated, KIND NAME N MASK: what these parameters are for it; of a
mutant in a variant both. Files that come out as they are in TARGET already keep their time, so that make
rebuilds no more than it must. With --key, prints only a word that changes when what this would make changes.

Exit status: 2 for a FILE that is wrong; 1 for an edit that does not find its place or its text exactly
once: then nothing is written.
"""

import hashlib
import sys
from pathlib import Path

import changes
import csource
import guarded
from changes import Change
from guarded import BadEdit, SourceFile, Switch

KVM = Path("arch/x86/kvm")

HEADER = """\
/* The run-time choice among the mutants; included before every file of KVM. */
#ifndef REVENANT_MUTANT
#ifndef __ASSEMBLY__
extern int revenant_mutant;
#endif
#define REVENANT_MUTANT(n) ((n) < 0 || *(volatile int *)&revenant_mutant == (n))
#endif
"""
VARIANTS_HEADER = """\
#ifndef REVENANT_VARIANT
#ifndef __ASSEMBLY__
extern int revenant_variants;
#endif
#define REVENANT_VARIANT(n) (*(volatile int *)&revenant_variants >> (n) & 1)
#endif
"""
MAKE = "ccflags-y += -include $(srctree)/arch/x86/kvm/revenant_mutant.h\n"
PARAMETER = "int {0}; module_param({0}, int, 0644);\n"  # not exported: the vendors' halves are built in, too


def switches_of(all_changes: list[Change], version: str) -> list[Switch]:
    """What a kernel has, in the order in which it is put in: a variant behind those that it is of."""
    there = [change for change in all_changes if change.is_for(version)]
    switches: dict[str, Switch] = {}  # of variants, by name
    waiting = [change for change in there if change.kind == "variant"]

    def add(change: Change, number: int) -> Switch:
        lacks = [name for name in change.of if name not in switches]
        if lacks:
            raise BadEdit(f"{change.kind} {change.name}: there is no variant {' '.join(lacks)} for {version}")
        direct = {switches[name] for name in change.of}
        return Switch(change, number, frozenset(direct.union(*(variant.variants for variant in direct))))

    while waiting:
        ready = next((change for change in waiting if switches.keys() >= set(change.of)), waiting[0])
        switches[ready.name] = add(ready, len(switches))
        waiting.remove(ready)
    mutants = [change for change in there if change.kind == "mutant"]
    return [*switches.values(), *(add(change, number) for number, change in enumerate(mutants, 1)),
            *(add(change, -1) for change in there if change.kind == "correction")]


def edited_files(source: Path, switches: list[Switch], version: str) -> dict[str, str]:
    """The text of each file below KVM's folder that edits touch; BadEdit says all that cannot be made."""
    files: dict[str, SourceFile] = {}
    errors: list[str] = []
    for switch in switches:
        for edit in switch.change.edits_for(version):
            try:
                if edit.file not in files:
                    files[edit.file] = SourceFile([(source / KVM / edit.file).read_text()])
                files[edit.file].take(edit, switch)
            except FileNotFoundError:
                errors.append(f"{edit.file}: no such file in {KVM}")
            except (csource.NotOnce, BadEdit) as error:
                errors.append(f"{edit.file}, {switch.change.kind} {switch.change.name}: {error}")
    if errors:
        raise BadEdit("\n".join(errors))
    return {name: file.text() for name, file in files.items()}


def instrument(source: Path, target: Path, switches: list[Switch], version: str) -> None:
    """Makes TARGET's KVM what SOURCE's is with these changes; files that others had changed go back."""
    files = edited_files(source, switches, version)
    has_variants = any(switch.is_variant for switch in switches)
    parameters = ["revenant_mutant"] + ["revenant_variants"] * has_variants
    main = files.get("x86.c") or (source / KVM / "x86.c").read_text()
    files["x86.c"] = main + "".join(map(PARAMETER.format, parameters))
    files["revenant_mutant.h"] = HEADER + VARIANTS_HEADER * has_variants
    files["Makefile"] = (source / KVM / "Makefile").read_text() + MAKE
    names = [str(path.relative_to(source / KVM)) for path in (source / KVM).rglob("*.[ch]")]
    for name in sorted({*names, *files}):
        text = files[name] if name in files else (source / KVM / name).read_text()
        place = target / KVM / name
        if not place.exists() or place.read_text() != text:
            place.write_text(text)


def key(switches: list[Switch], version: str) -> str:
    total = hashlib.sha256()
    for module in (csource, guarded, sys.modules[__name__]):
        total.update(Path(module.__file__).read_bytes())
    for switch in switches:
        change = switch.change
        total.update(repr((change.kind, change.name, switch.number, change.of, change.edits_for(version))).encode())
    return total.hexdigest()[:16]


def main(arguments: list[str]) -> int:
    only_key = arguments[:1] == ["--key"]
    n = 2 if only_key else 3
    if len(arguments) < n:
        print(__doc__, file=sys.stderr)
        return 2
    version = arguments[n - 1]
    paths = [Path(name) for name in arguments[n:]]
    found = changes.or_exit(changes.read_all, paths) if paths else changes.or_exit(changes.of_repository)
    try:
        switches = switches_of(found, version)
        if only_key:
            print(key(switches, version))
            return 0
        instrument(Path(arguments[0]), Path(arguments[1]), switches, version)
    except BadEdit as error:
        print(error, file=sys.stderr)
        return 1
    for switch in switches:
        if switch.number >= 0:
            print(switch.change.kind, switch.change.name, *switch.parameters, sep="\t")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
