# SPDX-License-Identifier: MIT
"""The reader of KTAP streams."""

import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import labpath
import ktap

STREAM = """\
KTAP version 1
# host kernel=7.3.4 kvm_amd.npt=1
1..9
# case 1 linear.a/load
ok 1 linear.a/load
not ok 2 linear.a/store # STALE saw A, legal: B
# | step 3 of 4: load w0 fresh
# | replay: set g0.w0.pte A; load w0
ok 3 svm.b # SKIP VACUOUS: nothing was kept
ok 4 svm.c # SKIP no SVM
ok 5 pv.d # SKIP KNOWN STALE saw A, legal: B: the wrong VPID
not ok 6 svm.e # what is this
# CRASH after case 6: no output for 10 s
# | replay: nothing
not ok 7 vmx.f # CRASH gone\r
# known-fixed pv.g: the wrong VPID
# retention enter|nested|yes|1/3
# retention enter|nested|no|0/2
# retention exit||not-tried|0/0
Bail out! 7 results for a plan of 9
# END status=1
# run status=1 seconds=12.5
"""


class Read(unittest.TestCase):
    def setUp(self):
        self.stream = ktap.read(STREAM)

    def test_what_a_search_tells_is_about_the_case_under_way(self):
        stream = ktap.read("# case 1 random.7.1\n# | replay: load w0\n# | replay: load w1\n"
                           "not ok 1 random.7.1 # STALE saw A\n# case 2 random.7.2\nok 2 random.7.2\n")
        self.assertEqual([result.replay for result in stream.results], ["load w0", ""])

    def test_verdicts(self):
        self.assertEqual([(result.name, result.verdict) for result in self.stream.results],
                         [("linear.a/load", "PASS"), ("linear.a/store", "STALE"), ("svm.b", "VACUOUS"), ("svm.c", "SKIP"),
                          ("pv.d", "KNOWN"), ("svm.e", "ERROR"), ("vmx.f", "CRASH")])
        self.assertEqual([(result.verdict, result.text) for result in self.stream.stray],
                         [("CRASH", "after case 6: no output for 10 s"), ("ERROR", "7 results for a plan of 9")])

    def test_what_belongs_to_a_result(self):
        red = self.stream.results[1]
        self.assertEqual((red.text, red.replay), ("saw A, legal: B", "set g0.w0.pte A; load w0"))
        self.assertEqual(self.stream.results[5].replay, "")
        self.assertEqual(self.stream.results[4].text, "STALE saw A, legal: B: the wrong VPID")

    def test_only_what_is_wrong_with_the_host_is_red(self):
        self.assertEqual(self.stream.red(), ["linear.a/store", "vmx.f"])

    def test_the_rest(self):
        self.assertEqual((self.stream.plan, self.stream.missing, self.stream.status), (9, 2, 1))
        self.assertEqual(self.stream.retention, {"enter|nested": (1, 5), "exit|": (0, 0)})
        self.assertEqual(self.stream.fixed, [("pv.g", "the wrong VPID")])
        self.assertEqual(self.stream.run, {"status": "1", "seconds": "12.5"})

    def test_names_by_verdict(self):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(STREAM)
            file.flush()
            names = subprocess.run([sys.executable, labpath.TOP / "lab/py/ktap.py", file.name, "PASS", "STALE", "CRASH"],
                                   check=True, text=True, stdout=subprocess.PIPE).stdout
        self.assertEqual(names.split(), ["linear.a/load", "linear.a/store", "vmx.f"])

    def test_no_stream(self):
        self.assertEqual(ktap.read_file(Path("/nowhere")), ktap.Stream())

    def test_known_as_older_images_say_it(self):
        self.assertEqual(ktap.read("ok 1 pv.d # SKIP KNOWN: it is so").results[0].verdict, "KNOWN")

    def test_a_scenario_is_a_name_without_the_look(self):
        self.assertEqual([ktap.scenario(name) for name in ("a.b/load", "a.b", "a.b/loads")], ["a.b", "a.b", "a.b/loads"])


class WithoutPython(unittest.TestCase):
    def test_a_run_has_its_verdict_without_python(self):
        script = "set -e; . lab/report.sh; work=/nowhere format=stream; print_summary 77 1"
        said = subprocess.run([shutil.which("bash"), "-c", script], cwd=labpath.TOP, env={"PATH": "/nowhere"}, check=True,
                              text=True, stdout=subprocess.PIPE).stdout
        self.assertRegex(said, r"(?s)needs python3 .*\(status 77, 1 s\)\n$")


if __name__ == "__main__":
    unittest.main()
