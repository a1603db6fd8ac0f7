# SPDX-License-Identifier: MIT
"""What run.sh --mutant asks."""

import tempfile
import unittest
from pathlib import Path
from unittest import mock

import labpath  # noqa: F401
import choose
from changes import Change, Host


class Choose(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = Path(folder.name) / "file"
        some = Change("some", "mutant", {"why": "it is wrong"}, [Host("amd", "npt=1", ("svm.a/*", "svm.b")), Host("intel", "ept=1")])
        patch = mock.patch.object(choose, "mutant", lambda _name: some)
        patch.start()
        self.addCleanup(patch.stop)

    def test_near_names(self):
        self.assertTrue(choose.near("svm-exit-flsh")[0].startswith("svm-exit-flush"))
        self.assertEqual(choose.near("qqqq"), [""])

    def test_hosts(self):
        self.assertEqual(choose.hosts("some"), ["amd\tnpt=1", "intel\tept=1"])
        self.assertEqual(len(choose.hosts("none")), 4)

    def test_parameters(self):
        self.file.write_text("variant\tlean\t0\t1\nmutant\tstock\t1\t0\nmutant\tinside\t2\t1\n")
        self.assertEqual([choose.parameters(name, self.file) for name in ("none", "stock", "inside", "lean", "another")],
                         [["kvm.revenant_mutant=0"], ["kvm.revenant_mutant=1"],
                          ["kvm.revenant_mutant=2 kvm.revenant_variants=1"], [], []])

    def test_report(self):
        self.file.write_text("1..2\nnot ok 1 svm.a/load # STALE x\nok 2 svm.b\n")
        self.assertEqual(choose.report("some", "amd", "npt=1", self.file, "intel", "ept=1", "/nowhere"), [
            "#", "# ==== mutant some: it is wrong.", "# amd npt=1: 1 cases are red: svm.a", "#   expected svm.a/*: caught",
            "#   expected svm.b: not caught", "# intel ept=1: 0 cases are red", "#   nothing was expected"])


if __name__ == "__main__":
    unittest.main()
