# SPDX-License-Identifier: MIT
"""What CI takes: the files for it parse and name what there is, and ci.py tells the verdicts as they are."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from labpath import TOP
import ci

YAML = [TOP / name for name in (".github/workflows/revenant.yml", ".gitlab-ci.yml", "ci/lava.yaml", "ci/tmt/revenant.fmf")]
CALLS = [*YAML, TOP / "ci/Containerfile", TOP / "debian/tests/control", TOP / "ci/judge.sh", TOP / ".ci/run"]
# Of other programs.
OF_OTHERS = {"--root", "--show-toplevel", "--no-install-recommends", "--rm", "--device", "--help"}

STREAM = """KTAP version 1
1..5
ok 1 a.b/load
ok 2 a.c/load # SKIP VACUOUS: the host kept nothing
not ok 3 a.d/load # STALE saw A, legal: B
# | replay: set w0 A; load w0
not ok 4 a.e/load # ERROR 100% ours
ok 5 a.f/load # SKIP needs VMX
"""


class Files(unittest.TestCase):
    def test_yaml(self) -> None:
        try:
            import yaml
        except ImportError:
            yaml = None
        if not yaml and not shutil.which("yamllint"):
            self.skipTest("needs python3-yaml or yamllint")
        for path in YAML:
            if yaml:
                self.assertIsInstance(yaml.safe_load(path.read_text()), dict, path)
            else:
                subprocess.run(["yamllint", "-d", "{rules: {key-duplicates: enable}}", path], check=True)

    def test_programs_are_there(self) -> None:
        for path in CALLS:
            for name in re.findall(r"(?<![\w/])(?:\.\./\.\./)?((?:ci/|\.ci/|tests/|\./)[\w.]+)(?= |$)", path.read_text(), re.M):
                self.assertTrue((TOP / name).exists(), f"{path}: {name}")

    def test_options_are_known(self) -> None:
        known = subprocess.run([TOP / "run.sh", "--help"], capture_output=True, text=True, check=True).stdout
        for path in CALLS:
            lines = [line for line in path.read_text().splitlines() if re.search(r"judge\.sh|run\.sh|check\.sh|INSTALL:", line)]
            for option in set(re.findall(r"(?<!\S)--[a-z-]+", "\n".join(lines))) - OF_OTHERS:
                self.assertIn(f"  {option} ", known, path)

    def test_lava_does_not_parse_the_console(self) -> None:
        self.assertNotRegex((TOP / "ci/lava.yaml").read_text(), r"(?m)^ *parse:")


class Told(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = Path(self.folder.name)
        (self.path / "0-npt=1.ktap").write_text(STREAM)

    def test_github(self) -> None:
        self.assertEqual(list(ci.annotations(self.path, 1)), [
            "::error title=STALE a.d/load (npt=1)::saw A, legal%3A B%0Areplay: set w0 A; load w0".replace("%3A", ":"),
            "::error title=ERROR a.e/load (npt=1)::100%25 ours",
            "::error title=revenant::the host is wrong (status 1)"])

    def test_github_properties_are_escaped(self) -> None:
        self.assertEqual(ci.escaped("a:b,c\nd", ":,"), "a%3Ab%2Cc%0Ad")

    def test_nothing_verified_is_not_silent(self) -> None:
        (self.path / "0-npt=1.ktap").write_text("KTAP version 1\n1..0\n")
        self.assertEqual(list(ci.annotations(self.path, 77)),
                         ["::warning title=revenant::nothing could be verified here (status 77)"])

    def test_lava(self) -> None:
        self.assertEqual(list(ci.lava_cases(self.path)), [
            ("npt.1.a.b.load", "pass"), ("npt.1.a.c.load", "skip"), ("npt.1.a.d.load", "fail"),
            ("npt.1.a.e.load", "unknown"), ("npt.1.a.f.load", "skip")])

    def test_lava_is_told(self) -> None:
        """By its own program, as it lies in the PATH of a device."""
        program = self.path / "lava-test-case"
        program.write_text(f'#!/bin/sh\necho "$*" >>{self.path}/told\n')
        program.chmod(0o755)
        subprocess.run(["python3", TOP / "lab/py/ci.py", self.path, "1"], check=True,
                       env={**os.environ, "PATH": f"{self.path}:{os.environ['PATH']}"})
        told = (self.path / "told").read_text().splitlines()
        self.assertEqual(told[-1], "revenant --result fail")
        self.assertEqual(len(told), 6)


if __name__ == "__main__":
    unittest.main()
