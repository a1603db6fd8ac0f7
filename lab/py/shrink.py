#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Cuts a program down from outside: shrink.py PROGRAM [OPTION-OF-RUN.SH...]

Leaves steps out as long as `run.sh OPTION... --replay PROGRAM` still ends with status 1. For programs
that kill the VM or the host; what the VM survives is cut down by the image itself. A boot for each
candidate: have minutes.
"""
import os
import subprocess
import sys

TOP = os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "..")


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


class Replay:
    """Asks run.sh, and the model first: what is no program needs no boot."""

    def __init__(self, options):
        self.options = options
        self.asked = 0
        self.model = os.path.join(TOP, "build", "host", "revenant-model")

    def __call__(self, steps):
        program = "; ".join(steps)
        if os.access(self.model, os.X_OK):
            if subprocess.run([self.model, program], capture_output=True).returncode == 2:
                return False
        self.asked += 1
        command = [os.path.join(TOP, "run.sh"), *self.options, "--replay", program]
        red = subprocess.run(command, capture_output=True).returncode == 1
        print(f"# {self.asked}: {len(steps)} steps, {'red' if red else 'not red'}", file=sys.stderr)
        return red


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
