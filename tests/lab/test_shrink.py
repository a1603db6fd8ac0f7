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


if __name__ == "__main__":
    unittest.main()
