# SPDX-License-Identifier: MIT
"""Programs that are cut down from outside."""
import unittest

import labpath  # noqa: F401
import shrink


class Shrink(unittest.TestCase):
    def test_keeps_what_matters(self):
        asked = []

        def is_red(steps):
            asked.append(steps)
            balanced = steps.count("enter") == steps.count("exit")
            return balanced and "invlpg w0" in steps and "set h0.w0.pte A" in steps

        steps = shrink.steps_of("set h0.w0.pte A; load w0; enter; invlpg w0; exit; load w1; tag 2; enter; exit;")
        self.assertEqual(shrink.shrink(steps, is_red), ["set h0.w0.pte A", "invlpg w0"])
        self.assertLess(len(asked), 60)

    def test_one_step_stays(self):
        self.assertEqual(shrink.shrink(["a"], lambda steps: "a" in steps), ["a"])

    def test_a_crash_is_no_wrong_value(self):
        self.assertEqual(shrink.kind_of("1..1\n# CRASH\nnot ok 1 replay # CRASH the VM hangs\n"), "crash")
        self.assertEqual(shrink.kind_of("not ok 1 replay # LEAK saw A, legal: B\n"), "value")
        self.assertIsNone(shrink.kind_of("ok 1 replay # SKIP VACUOUS: the host kept nothing\n"))
        self.assertIsNone(shrink.kind_of("not ok 1 replay # ERROR lost output\n"))


if __name__ == "__main__":
    unittest.main()
