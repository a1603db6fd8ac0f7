# SPDX-License-Identifier: MIT
"""The page docs/history.md and its rows, and series of runs."""

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
import history_table
import ktap
import series
import write_html
from history import Run
from history_table import Reason, Row, family
from theory import Theories

FIRST = """\
ok 1 linear.a/load
not ok 2 linear.a/store # STALE saw A
not ok 3 vmx.vpid-off.b # CRASH gone
ok 4 vmx.vpid-on.b # SKIP VACUOUS: nothing kept
ok 5 svm.c # SKIP no SVM
ok 6 pv.d # SKIP KNOWN STALE saw A: so it is
# run seconds=10 image=abc1234
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


class Rows(unittest.TestCase):
    def setUp(self):
        self.rows = [Run("6.1", "intel", "ept=0", "", ktap.read(SECOND)).row(), Run("5.10", "intel", "ept=0", "", ktap.read(FIRST)).row()]
        self.text = history_table.text(self.rows, [Reason("vmx.vpid-o* | none", "intel ept=*", "5.*", "fixed by 1234")])

    def test_a_line_for_each_kernel_oldest_first(self):
        lines = self.text.splitlines()
        self.assertEqual(lines[2:6], ["| kernel | intel ept=0 |", "|---|---|", "| 5.10 | **2 red**, 1 |", "| 6.1 | 2 |"])

    def test_a_host_that_was_not_run(self):
        other = Run("5.10", "amd", "npt=1", "", ktap.read(SECOND)).row()
        self.assertIn("| 6.1 | 2 | not run |", history_table.text([*self.rows, other], []))

    def test_each_red_with_its_reason(self):
        self.assertIn("| fixed by 1234 | intel ept=0 | 5.10 | `vmx.vpid-off.b` CRASH |", self.text)
        self.assertIn("| **not explained yet** | intel ept=0 | 5.10 | `linear.a` STALE |", self.text)

    def test_several_of_a_family(self):
        row = Row("5.10", "amd npt=1", "1234567", scenarios={"a.b.c": "STALE", "a.b.d": "STALE", "a.b.e": "CRASH"})
        self.assertEqual(history_table.named([(row, name) for name in row.scenarios]), "`a.b.*` (2) STALE, `a.b.e` CRASH")

    def test_which_image_made_them(self):
        self.assertIn("- abc1234 (6 cases): 5.10", self.text)
        self.assertIn("- unknown (3 cases): 6.1", self.text)

    def test_nothing_is_red(self):
        self.assertEqual(history_table.text(self.rows[:1], []).splitlines()[-1], "Nothing.")

    def test_kept_in_a_file(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "rows.tsv"
            history_table.write(path, self.rows)
            self.assertEqual(history_table.read(path), self.rows)
            self.assertEqual(history_table.read(Path(folder) / "none"), [])

    def test_what_is_new_replaces_what_was(self):
        new = Row("6.1", "intel ept=0", "new")
        self.assertEqual([row.image for row in history.merged(self.rows, [new])], ["abc1234", "new"])

    def test_families(self):
        self.assertEqual([family(name) for name in ("svm.a-b.c/load", "pv.d")], ["svm.a", "pv"])

    def test_the_reasons_of_the_repository(self):
        self.assertTrue(history_table.read_reasons(labpath.TOP / "lab/history-reasons.tsv"))


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
            self.assertEqual((kept.plan, kept.run), (1, {"status": "0", "seconds": "3.0", "image": runs.image_name}))
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
            ("coverage.py", ["nosuch"], "there is no host nosuch"), ("choose.py", ["what", "x"], "run.sh --mutant"),
        ]:
            with self.subTest(words):
                run = subprocess.run([sys.executable, labpath.TOP / "lab/py" / command, *words], text=True, capture_output=True)
                self.assertEqual(run.returncode, 2)
                self.assertIn(complaint, run.stderr)


if __name__ == "__main__":
    unittest.main()
