# SPDX-License-Identifier: MIT
"""The score of random programs: the first red one, and a section of the document. No VM."""

import unittest

import labpath  # noqa: F401
import ktap
from changes import Change, Host
from score_random import RandomScore, first_red, section
from score_table import Outcome, Row

CLEAN = "1..2\n# case 1 random.1.1\n# search random.1.1 programs=40 red=0\nok 1 random.1.1\n" \
    "# case 2 random.1.2\n# search random.1.2 programs=2 red=0\nok 2 random.1.2 # SKIP VACUOUS: none\n"
RED = "1..3\n# case 1 random.1.1\n# search random.1.1 programs=40 red=0\nok 1 random.1.1\n" \
    "# case 2 random.1.2\n# | STALE saw A, legal: B\n# | run: random program 10006\n# | replay: load w0\n" \
    "# search random.1.2 programs=7 red=1\nnot ok 2 random.1.2 # STALE saw A\n" \
    "ok 3 random.1.3 # SKIP the first red program was to end it\n"


def row(name, **fields):
    mutant = Change(name, "mutant", {"class": "C1", **fields}, [Host("amd", "npt=0", ())])
    return Row(mutant, "amd", "npt=0")


def score(**streams):
    outcomes = {Row(None, "amd", "npt=0"): Outcome([(1, ktap.read(streams.pop("base", CLEAN)))])}
    outcomes |= {row(name): Outcome([(1, ktap.read(text))]) for name, text in streams.items()}
    return RandomScore(outcomes, "7.3")


class First(unittest.TestCase):
    def test_programs_are_counted_over_cases(self):
        self.assertEqual(first_red(ktap.read(RED)), (47, 2))

    def test_none(self):
        self.assertIsNone(first_red(ktap.read(CLEAN)))

    def test_a_vm_that_died_before_it_could_say(self):
        self.assertEqual(first_red(ktap.read("1..1\nnot ok 1 random.1.1 # CRASH no output\n")), (1, 1))


class Table(unittest.TestCase):
    def test_what_is_caught_and_what_is_not(self):
        table = score(caught=RED, lives=CLEAN)
        self.assertEqual([(row.mutant, row.programs, row.program, row.second) for row in table.entries("1")],
                         [("caught", "47", "47", "2"), ("lives", "42", "-", "-")])
        self.assertEqual(table.status(), 1)

    def test_a_red_base_says_nothing(self):
        table = score(base=RED, caught=RED)
        self.assertEqual((table.status(), table.entries("1")), (99, []))

    def test_the_section_has_a_line_for_each_host(self):
        lines = section(score(caught=RED, lives=CLEAN).entries("1"))
        self.assertIn("| amd npt=0 | 2 | 1 | 47 | 2 |", lines)
        self.assertIn("Not caught: lives (amd npt=0, 42 programs).", lines)
        self.assertEqual(section([]), [])


if __name__ == "__main__":
    unittest.main()
