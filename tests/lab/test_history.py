# SPDX-License-Identifier: MIT
"""The tables of docs/history.md, and series of runs."""

import contextlib
import io
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path
from unittest import mock

import labpath
import history
import ktap
import series
import write_html
from history_table import Run, family, table
from theory import Theories

FIRST = """\
ok 1 linear.a/load
not ok 2 linear.a/store # STALE saw A
not ok 3 vmx.vpid-off.b # CRASH gone
ok 4 vmx.vpid-on.b # SKIP VACUOUS: nothing kept
ok 5 svm.c # SKIP no SVM
ok 6 pv.d # SKIP KNOWN STALE saw A: so it is
# run seconds=10
"""
SECOND = """\
ok 1 linear.a/load
ok 2 linear.a/store
ok 3 vmx.vpid-off.b # SKIP VACUOUS: nothing kept
# run seconds=20
"""


class OnePage(unittest.TestCase):
    def test_all_runs_are_settings_of_one(self):
        runs = [Run(f"6.{n}", "intel", "ept=0", "", ktap.read(FIRST if n == 3 else SECOND)) for n in range(8)]
        run = history.as_one(runs)
        self.assertEqual(run.status, 1)
        page = write_html.html(run, Theories())
        self.assertIn("<tr><th>6.3 intel ept=0</th>", page)  # a row: so many would not fit as columns
        self.assertIn("--host lab --cpu intel --host-params ept=0 --kernel 6.3 linear.a/store", page)


class Table(unittest.TestCase):
    def setUp(self):
        self.lines = table([Run("5.10", "intel", "ept=0", "!linear.irq*", ktap.read(FIRST)),
                            Run("6.1", "intel", "ept=0", "", ktap.read(SECOND))]).splitlines()

    def test_families_in_columns_skipped_ones_left_out(self):
        self.assertIn("| kernel | linear | vmx.vpid |", self.lines)
        self.assertEqual([family(name) for name in ("svm.a-b.c/load", "pv.d")], ["svm.a", "pv"])

    def test_red_passed_vacuous(self):
        self.assertIn("| 5.10 (`!linear.irq*`) | **1 red**, 1 | **1 red** |", self.lines)
        self.assertIn("| 6.1 | 2 | - |", self.lines)

    def test_what_is_red_and_on_which_kernels(self):
        self.assertIn("| intel ept=0 | `linear.a` | STALE | 5.10 |", self.lines)

    def test_nothing_is_red(self):
        self.assertEqual(table([Run("6.1", "intel", "ept=0", "", ktap.read(SECOND))]).splitlines()[-1], "Nothing.")

    def test_head(self):
        self.assertEqual(self.lines[0], "2 runs, one kernel on one host each; a run takes 15 seconds on average.")


class Document(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.doc = Path(folder.name) / "history.md"

    def test_only_what_is_between_the_markers_changes(self):
        history.write_document(self.doc, "one")
        self.doc.write_text("before\n" + self.doc.read_text() + "behind\n")
        history.write_document(self.doc, "two\nlines")
        text = self.doc.read_text()
        self.assertTrue(text.startswith("before\n# Real history\n") and text.endswith("behind\n"))
        self.assertIn(f"{history.BEGIN_MARK}\n\ntwo\nlines\n\n{history.END_MARK}\n", text)
        self.assertNotIn("one\n", text)

    def test_markers_that_are_lost(self):
        self.doc.write_text("# Real history\n")
        with contextlib.redirect_stderr(io.StringIO()) as said, self.assertRaises(SystemExit) as caught:
            history.write_document(self.doc, "one")
        self.assertEqual(caught.exception.code, 2)
        self.assertIn("has lost its markers", said.getvalue())

    def test_the_markers_of_the_repository(self):
        lines = (labpath.TOP / "docs/history.md").read_text().splitlines()
        self.assertEqual([lines.count(history.BEGIN_MARK), lines.count(history.END_MARK)], [1, 1])


class Hosts(unittest.TestCase):
    def test_words_about_the_machine_are_options(self):
        self.assertEqual(series.host_options("amd", "npt=1 kvm.x=1 tlb=keep smp=2"),
                         ["--host", "lab", "--cpu", "amd", "--tlb", "keep", "--smp", "2", "--host-params", "npt=1 kvm.x=1"])

    def test_where_a_tlb_keeps(self):
        self.assertEqual([series.keeps(*host) for host in (("amd", "npt=1"), ("amd", "npt=1 tlb=keep"), ("intel", "ept=1"))],
                         [False, True, True])


class Processes(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.elf = self.folder / "image"
        for part in ("lab/bochs", "model/oracle"):
            (self.folder / part).mkdir(parents=True)
        (self.folder / "model/oracle/rules.c").touch()
        self.elf.write_bytes(b"x")
        patch = mock.patch.object(series, "cache_dir", lambda: self.folder)
        patch.start()
        self.addCleanup(patch.stop)

    def series(self):
        return series.Series("test", "kept", self.elf)

    def test_status_output_and_limit(self):
        with self.series() as runs:
            status, _ = runs.run(["sh", "-c", "echo out; echo err >&2; exit 3"], self.folder / "o")
            self.assertEqual((status, (self.folder / "o").read_text(), (self.folder / "o.log").read_text()), (3, "out\n", "err\n"))
            self.assertEqual(runs.run(["sleep", "60"], self.folder / "o", 0.1)[0], series.TIMED_OUT)

    def test_all_are_run_some_at_a_time(self):
        done = []
        with self.series() as runs:
            runs.at_once(2, done.append, range(5))
        self.assertEqual(sorted(done), list(range(5)))

    def test_the_end_ends_what_runs(self):
        begin = time.monotonic()

        def work(item):
            if item == 0:
                time.sleep(0.2)
                raise KeyboardInterrupt
            runs.run(["sleep", "60"], self.folder / f"o{item}")
        with self.assertRaises(SystemExit) as caught, self.series() as runs:
            runs.at_once(2, work, range(3))
        self.assertEqual(caught.exception.code, 130)
        self.assertLess(time.monotonic() - begin, 10)
        self.assertFalse(runs.folder.exists())

    def test_kept_with_what_it_depends_on(self):
        with self.series() as runs:
            place = runs.place("amd", "npt=1", "7.3")
            with contextlib.redirect_stderr(io.StringIO()):
                runs.keep(place, "7.3 on amd", "1..1\nok 1 a", 0, 3)
            kept = ktap.read_file(place)
            self.assertEqual((kept.plan, kept.run), (1, {"status": "0", "seconds": "3.0"}))
            self.assertNotEqual(place, runs.place("amd", "npt=0", "7.3"))
        self.elf.write_bytes(b"y")
        with self.series() as runs:
            self.assertFalse(runs.place("amd", "npt=1", "7.3").exists())

    def test_what_is_kept_of_run_sh(self):
        stream = "echo 'not ok 1 a # STALE x'; "
        for script, limit, may_be_cut, kept, said in [
            (stream + "exit 1", 9, False, "1", "who: 1 red"), ("exit 77", 9, False, "77", "who: 0 red"),
            ("echo 'run.sh: error: no such thing; it has: x' >&2; exit 2", 9, False, None, "status 2: no such thing ("),
            ("echo cut >&2; exit 99", 9, False, None, "status 99: cut ("),
            (stream + "exec sleep 60", 0.5, True, "1", "who: 1 red"), (stream + "exec sleep 60", 0.5, False, None, "status 124"),
            ("exec sleep 60", 0.5, True, None, "status 124"),
        ]:
            with self.subTest(script), mock.patch.object(series, "TOP", self.folder), self.series() as runs:
                (self.folder / "run.sh").write_text(f"#!/bin/sh\n{script}\n")
                (self.folder / "run.sh").chmod(0o755)
                place = self.folder / "result"
                with contextlib.redirect_stderr(io.StringIO()) as told:
                    runs.run_sh(place, "who", [], limit, may_be_cut)
                self.assertEqual(ktap.read_file(place).run.get("status"), kept)
                self.assertIn(said, told.getvalue())
                self.assertFalse(place.with_suffix(".out").exists())
                place.unlink(missing_ok=True)

    def test_an_image_that_is_not_there(self):
        with contextlib.redirect_stderr(io.StringIO()), self.assertRaises(SystemExit) as caught:
            with series.Series("test", "kept", "/nowhere"):
                pass
        self.assertEqual(caught.exception.code, 2)


class CommandLines(unittest.TestCase):
    def test_bad_input_is_one_error(self):
        for command, words, complaint in [
            ("history.py", ["--jobs", "0"], "takes 1 to 99"), ("history.py", ["--job", "1"], "unrecognized"),
            ("score.py", ["--runs", "10"], "takes 1 to 9"), ("score.py", ["nothing"], "there is no mutant 'nothing'"),
            ("score.py", ["--image", "/nowhere"], "there is no kernel '/nowhere'"), ("score.py", ["--vendor", "arm"], "arm"),
            ("choose.py", ["what", "x"], "run.sh --mutant"),
        ]:
            with self.subTest(words):
                run = subprocess.run([sys.executable, labpath.TOP / "lab/py" / command, *words], text=True, capture_output=True)
                self.assertEqual(run.returncode, 2)
                self.assertIn(complaint, run.stderr)


if __name__ == "__main__":
    unittest.main()
