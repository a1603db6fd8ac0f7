#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Cuts a program down from outside: shrink.py PROGRAM [OPTION-OF-RUN.SH...]

Leaves steps out as long as `run.sh OPTION... --replay PROGRAM` is still red in the same way: a crash must stay one, and a
wrong value a wrong value. For programs that kill the VM or the host; what the VM survives is cut down by the image itself.
A VM for each candidate, and for one that hangs 10 seconds (--timeout): have minutes.
"""
import os
import re
import subprocess
import sys

TOP = os.path.realpath(os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", ".."))
MODEL = os.path.join("build", "host", "revenant-model")
ALWAYS = ["--no-report", "--format", "stream", "--tries", "1", "--timeout", "10"]  # those of the caller come behind


def steps_of(program):
    return [step.strip() for step in program.split(";") if step.strip()]


def shrink(steps, is_red):
    """The shortest list that is found by leaving out runs of steps, long ones first, then two at once."""
    steps = list(steps)
    length = max(1, len(steps) // 2)
    while length:
        at = 0
        while at < len(steps):
            candidate = steps[:at] + steps[at + length:]
            if candidate and is_red(candidate):
                steps = candidate
            else:
                at += length if length > 1 else 1
        length //= 2
    for first in range(len(steps)):  # such as an enter and its exit
        for second in range(len(steps) - 1, first, -1):
            candidate = [s for i, s in enumerate(steps) if i not in (first, second)]
            if candidate and is_red(candidate):
                return shrink(candidate, is_red)
    return steps


def kind_of(stream):
    """What is red in what run.sh says: a "crash", a "value", or None."""
    verdict = re.search(r"^not ok \d+ \S+ # (CRASH|STALE|LEAK|WILD)\b", stream, re.MULTILINE)
    return verdict and ("crash" if verdict[1] == "CRASH" else "value")


class Replay:
    """Asks run.sh, and the model first: what is no program needs no VM, nor what was asked before."""

    def __init__(self, options):
        self.options = options
        self.kind = None  # that it must be of, once the whole program has run
        self.asked = {}
        subprocess.run(["make", "-s", MODEL], cwd=TOP, check=True)

    def is_program(self, program):
        model = os.path.join(TOP, MODEL)
        return any(subprocess.run([model, *vendor, program], capture_output=True).returncode != 2 for vendor in ([], ["--intel"]))

    def run(self, program):
        command = [os.path.join(TOP, "run.sh"), *ALWAYS, *self.options, "--replay", program]
        return kind_of(subprocess.run(command, capture_output=True, text=True, errors="replace").stdout)

    def __call__(self, steps):
        program = "; ".join(steps)
        if program not in self.asked and self.is_program(program):
            kind = self.run(program)
            self.kind = self.kind or kind
            self.asked[program] = bool(kind) and kind == self.kind
            print(f"# {len(self.asked)}: {len(steps)} steps, {kind or 'not red'}", file=sys.stderr)
        return self.asked.get(program, False)


def main(arguments):
    if not arguments or arguments[0] in ("-h", "--help"):
        print(__doc__.strip())
        return 0 if arguments else 2
    steps, replay = steps_of(arguments[0]), Replay(arguments[1:])
    if not replay(steps):
        print("shrink.py: error: this program is not red with these options of run.sh", file=sys.stderr)
        return 2
    print("; ".join(shrink(steps, replay)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
