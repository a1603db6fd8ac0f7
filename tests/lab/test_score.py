# SPDX-License-Identifier: MIT
"""The score: several VMs in one boot, which runs there must be, verdicts and tables. No VM."""

import argparse
import contextlib
import io
import tempfile
import unittest
from dataclasses import replace
from pathlib import Path
from unittest import mock

import labpath  # noqa: F401
import batch
import ktap
import score
import score_page
import series
from changes import Change, Host
from score_table import Outcome, Row, Score


def vm(number, plan, results, status=0, ended="0"):
    lines = [f"# VM {number}\r", "KTAP version 1", f"1..{plan}", *(f"ok {i} svm.{i}" for i in range(1, results + 1))]
    lines += [f"# end status={status}"] if status is not None else []
    return "\n".join(lines + [f"# VM ended with status {ended}"] * (ended is not None)) + "\n"


class Batch(unittest.TestCase):
    def split(self, *vms, console=""):
        return sorted(batch.split("# host kernel=7.3\n" + "".join(vms), console))

    def test_a_stream_for_each_vm(self):
        done = batch.split("# host kernel=7.3\n" + vm(1, 2, 2) + vm(2, 1, 1, 1) + vm(3, 1, 1, 77), "")
        self.assertEqual({number: len(ktap.read(text).results) for number, text in done.items()}, {1: 2, 2: 1, 3: 1})
        self.assertEqual(ktap.read(done[2]).status, 1)

    def test_none_for_a_vm_that_died(self):
        self.assertEqual(self.split(vm(1, 2, 2), vm(2, 3, 2, None, "1")), [1])

    def test_none_for_one_that_did_not_end(self):
        self.assertEqual(self.split(vm(1, 2, 2), vm(2, 3, 3, 0, None)), [1])

    def test_none_for_one_that_lost_results(self):
        self.assertEqual(self.split(vm(1, 2, 2), vm(2, 3, 2)), [1])

    def test_none_for_one_with_an_error_of_ours(self):
        self.assertEqual(self.split(vm(1, 2, 2), vm(2, 3, 3, 99)), [1])

    def test_none_behind_a_complaint_of_the_host(self):
        console = "[1] revenant: VM 1\n[2] revenant: VM 2\r\n[2] WARNING: CPU: 0\n[3] revenant: VM 3\n"
        self.assertEqual(self.split(vm(1, 1, 1), vm(2, 1, 1), vm(3, 1, 1), console=console), [1, 2])

    def test_a_complaint_before_the_first_vm_spoils_none(self):
        self.assertEqual(self.split(vm(1, 1, 1), vm(2, 1, 1), console="WARNING: at boot\n[1] revenant: VM 1"), [1, 2])

    def test_nothing(self):
        self.assertEqual(batch.split("", ""), {})


class Filters(unittest.TestCase):
    NAMES = ["svm.a/load", "svm.a/fetch", "svm.c", "svm.d/store"]

    def test_the_ways_of_looking_go_together(self):
        self.assertEqual(score.filters_of(self.NAMES), ["svm.a/*,svm.c,svm.d/*"])

    def test_several_where_one_would_be_too_long(self):
        self.assertEqual(score.filters_of(self.NAMES, 14), ["svm.a/*,svm.c", "svm.d/*"])


def mutant(name, *hosts, **fields):
    return Change(name, "mutant", {"class": "A1", "kernels": "7.3", "why": name, **fields},
                  [Host(vendor, params, tuple(globs.split())) for vendor, params, globs in hosts])


class Runs(unittest.TestCase):
    """Which runs a row must have, by those whose results are kept."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        kernel = Path(folder.name) / "bzImage"
        (kernel.parent / "switches").write_text("variant\tlean\t0\t2\nmutant\tdead\t1\t0\nmutant\tquiet\t2\t0\n"
                                                "mutant\thung\t3\t0\nmutant\tinside\t4\t2\n")
        with mock.patch.object(series, "cache_dir", lambda: Path(folder.name)):
            self.runs = series.Series("test", "kept", None)
        self.runs.image_sum = self.runs.bochs_sum = "x"
        self.scoring = score.Scoring(argparse.Namespace(random=0, kernel="7.3", runs=3, batch=2, expected=False), kernel, self.runs)
        self.scoring.variants = {"lean": Change("lean", "variant")}
        self.dead = mutant("dead", ("amd", "npt=1", "svm.a/* svm.b"), ("intel", "ept=1", "vmx.a"))
        self.quiet = mutant("quiet", ("amd", "npt=1", ""), equivalent="it is")
        self.hung = mutant("hung", ("amd", "npt=1", "svm.b"), hangs="yes")
        self.inside = mutant("inside", ("amd", "npt=1", "svm.b"), of="lean")
        self.absent = mutant("absent", ("amd", "npt=1", "svm.b"))
        self.rows = self.scoring.rows([self.dead, self.quiet, self.hung, self.inside, self.absent])

    def keep(self, run, text="1..2\nok 1 svm.a/load\nnot ok 2 svm.c/load # STALE saw A\n", seconds=9.0):
        with contextlib.redirect_stderr(io.StringIO()):
            self.runs.keep(self.scoring.place(run), str(run), text, 1, seconds)

    def runs_of(self, row):
        return [(run.number, run.filter) for run in self.scoring.runs_of(row)]

    def test_rows_by_host_the_unmodified_kernel_first(self):
        self.assertEqual([str(row) for row in self.rows],
                         ["none on amd npt=1", "dead on amd npt=1", "quiet on amd npt=1", "hung on amd npt=1",
                          "none on intel ept=1", "dead on intel ept=1",
                          "none on amd npt=1 variant=lean", "inside on amd npt=1 variant=lean"])

    def test_parameters(self):
        self.assertEqual([self.scoring.parameters(row) for row in (self.rows[0], self.rows[1], *self.rows[-2:])],
                         [(0, 0), (1, 0), (0, 2), (4, 2)])

    def test_what_is_expected_is_run_again(self):
        row = self.rows[1]
        self.assertEqual(self.runs_of(row), [(1, "")])
        self.keep(score.Run(row, 1, ""))
        self.assertEqual(self.runs_of(row), [(1, ""), (2, "svm.a/*,svm.b"), (3, "svm.a/*,svm.b")])

    def test_nothing_is_run_again_where_nothing_is_red(self):
        self.keep(score.Run(self.rows[1], 1, ""), "1..1\nok 1 svm.a/load\n")
        self.assertEqual(self.runs_of(self.rows[1]), [(1, "")])

    def test_the_unmodified_kernel_is_run_once(self):
        self.keep(score.Run(self.rows[0], 1, ""))
        self.assertEqual(self.runs_of(self.rows[0]), [(1, "")])

    def test_what_is_red_is_run_again_where_nothing_is_expected(self):
        self.keep(score.Run(self.rows[2], 1, ""))
        self.assertEqual(self.runs_of(self.rows[2]), [(1, ""), (2, "svm.c/*"), (3, "svm.c/*")])

    def test_of_a_run_that_was_cut_off_a_few(self):
        text = "".join(f"not ok {i} svm.x{i} # CRASH gone\n" for i in range(1, 10))
        self.keep(score.Run(self.rows[2], 1, ""), text, 200.1)
        self.assertEqual(self.runs_of(self.rows[2])[1:], [(2, "svm.x1,svm.x2,svm.x3,svm.x4"), (3, "svm.x1,svm.x2,svm.x3,svm.x4")])

    def test_random_programs_run_once(self):
        self.scoring.options.random = 60
        run, = self.scoring.runs_of(self.rows[2])
        self.assertEqual(run.words, " random-seconds=60 seed=1 random-first")

    def test_of_a_mutant_that_hangs_only_the_expected(self):
        self.assertEqual(self.runs_of(self.rows[3]), [(1, "svm.b"), (2, "svm.b"), (3, "svm.b")])

    def test_only_the_expected_if_asked_for(self):
        self.scoring.options.expected = True
        self.assertEqual([self.runs_of(row) for row in self.rows[:3]],
                         [[(1, "")], [(number, "svm.a/*,svm.b") for number in (1, 2, 3)], [(1, "")]])
        self.keep(score.Run(self.rows[1], 1, ""))
        self.assertEqual(self.runs_of(self.rows[1])[0], (1, ""))

    def test_boots_are_of_one_host_and_what_hangs_is_apart(self):
        boots = self.scoring.batches(self.scoring.wanted(self.rows))
        self.assertEqual([[str(run.row) for run in boot] for boot in boots],
                         [["none on amd npt=1", "dead on amd npt=1"], ["quiet on amd npt=1"],
                          ["hung on amd npt=1"] * 2, ["hung on amd npt=1"], ["none on intel ept=1", "dead on intel ept=1"],
                          ["none on amd npt=1 variant=lean", "inside on amd npt=1 variant=lean"]])

    def test_what_a_boot_did_not_finish_is_run_alone_and_in_another(self):
        todo = [score.Run(row, 1, "") for row in (*self.rows[:3], self.rows[1])]
        boots, alone = [], []

        def boot(runs):
            boots.append(len(runs))
            return {1: "", 3: ""} if len(runs) == 4 else {1: ""}
        with mock.patch.multiple(self.scoring, boot=boot, run_alone=alone.append):
            self.scoring.run_batch(todo)
        self.assertEqual((boots, alone), ([4, 1], [todo[1]]))

    def test_a_result_depends_on_its_edits(self):
        before = self.scoring.place(score.Run(self.rows[1], 1, ""))
        self.assertEqual(before, self.scoring.place(score.Run(self.rows[1], 1, "")))
        self.dead.edits.append("another")
        self.assertNotEqual(before, self.scoring.place(score.Run(self.rows[1], 1, "")))

    def test_outcome(self):
        row = self.rows[1]
        self.keep(score.Run(row, 1, ""))
        outcome = self.scoring.outcome(row)
        self.assertEqual((outcome.absent, outcome.has_first, outcome.seconds), (True, True, 9.0))
        self.assertEqual(outcome.red(), (["svm.c/load"], []))
        self.scoring.forget([row])
        self.assertFalse(self.scoring.outcome(row).has_first)


MUTANTS = [
    mutant("dead", ("amd", "npt=1", "svm.a/* svm.b")), mutant("alive", ("amd", "npt=1", "svm.a/*")),
    mutant("wrong", ("amd", "npt=1", "svm.c")), mutant("deep", ("amd", "npt=1", ""), **{"hardware-only": "in the TLB"}),
    mutant("same", ("amd", "npt=1", ""), equivalent="flushed anyway"), mutant("later", ("intel", "ept=0", "vmx.a")),
    mutant("shaky", ("amd", "npt=1", "svm.b")), mutant("elsewhere", ("amd", "npt=0", "svm.b"))]
OTHER = mutant("other", ("amd", "npt=1", "svm.b"))  # not in this kernel

RUNS = """\
none npt=1 1 0 PASS PASS
none npt=0 1 1 PASS STALE
dead npt=1 1 1 STALE CRASH
alive npt=1 1 0 PASS SKIP
wrong npt=1 1 1 LEAK PASS
deep npt=1 1 0 PASS VACUOUS
same npt=1 1 0 PASS VACUOUS
shaky npt=1 1 1 PASS STALE
shaky npt=1 2 0 PASS PASS
dead npt=1 2 1 STALE CRASH
wrong npt=1 2 1 LEAK PASS
elsewhere npt=0 1 1 PASS STALE
"""


def line(number, name, verdict):
    return {"PASS": f"ok {number} {name}", "SKIP": f"ok {number} {name} # SKIP no SVM"}.get(
        verdict, f"ok {number} {name} # SKIP VACUOUS: x" if verdict == "VACUOUS" else f"not ok {number} {name} # {verdict} x")


def scored(text, mutants=MUTANTS, runs=2, absent=()):
    """RUNS: NAME PARAMS RUN STATUS, and what became of svm.a/load and svm.b; svm.c is vacuous."""
    by_name = {one.name: one for one in mutants}
    outcomes = {row: Outcome([], row.name in absent) for one in mutants for host in one.hosts
                for row in (Row(one, host.vendor, host.params), Row(one, host.vendor, host.params).base)}
    for words in map(str.split, text.splitlines()):
        name, params, number, status, a, b = words
        stream = "\n".join([line(1, "svm.a/load", a), line(2, "svm.b", b), line(3, "svm.c", "VACUOUS"), f"# run status={status} seconds=10"])
        outcomes[Row(by_name.get(name), "amd", params)].streams.append((int(number), ktap.read(stream)))
    return Score(outcomes, [*mutants, OTHER], "7.3", runs)


def without(text, *beginnings):
    return "".join(row + "\n" for row in text.splitlines() if not row.startswith(beginnings))


class Verdicts(unittest.TestCase):
    def verdicts(self, result):
        return {row.name: judged.verdict for row, judged in result.judged.items()}

    def test_each(self):
        result = scored(RUNS)
        self.assertEqual(self.verdicts(result), {
            "dead": "killed", "alive": "survived", "wrong": "caught", "deep": "hardware-only", "same": "equivalent",
            "later": "not run", "shaky": "flaky", "elsewhere": "ERROR"})
        self.assertEqual(result.status(), 99)
        self.assertEqual(result.sums(), "8 mutants, 8 rows: 1 killed, 1 survived, 1 caught, 1 flaky, 1 hardware-only, 1 equivalent,"
                         " 1 ERROR, 1 not run")
        self.assertNotIn("other", result.table())

    def test_without_a_result_a_row_is_not_run_whatever_the_baseline(self):
        self.assertEqual(self.verdicts(scored(without(RUNS, "elsewhere")))["elsewhere"], "not run")

    def test_what_the_unmodified_kernel_has_counts_nowhere(self):
        text = without(RUNS, "none npt=1", "dead", "alive") + "none npt=1 1 1 PASS STALE\ndead npt=1 1 1 STALE STALE\nalive npt=1 1 1 PASS STALE\n"
        verdicts = self.verdicts(scored(text))
        # dead expects it as well as another case
        self.assertEqual((verdicts["dead"], verdicts["alive"]), ("ERROR", "survived"))

    def test_an_unmodified_kernel_that_did_not_come_to_its_end(self):
        self.assertEqual(self.verdicts(scored(RUNS.replace("none npt=1 1 0", "none npt=1 1 99")))["alive"], "ERROR")

    def test_without_a_run_of_the_unmodified_kernel_every_row_is_an_error(self):
        result = scored(without(RUNS, "none"))
        self.assertEqual((self.verdicts(result)["dead"], result.status()), ("ERROR", 99))

    def test_three_runs(self):
        text = without(RUNS, *(one.name for one in MUTANTS))
        for name, *reds in (("dead", "STALE", "STALE", "STALE"), ("shaky", "STALE", "STALE", "PASS")):
            text += "".join(f"{name} npt=1 {n} 1 STALE {red}\n" for n, red in enumerate(reds, 1))
        # a run in two parts, and one that is absent
        text += "alive npt=1 1 1 STALE PASS\nalive npt=1 2 1 STALE PASS\nalive npt=1 2 1 STALE PASS\n"
        result = scored(text, runs=3, absent=("alive",))
        verdicts = self.verdicts(result)
        self.assertEqual([verdicts[name] for name in ("dead", "shaky", "alive")], ["killed", "flaky", "not run"])
        self.assertEqual(result.status(), 1)
        self.assertEqual(self.verdicts(scored(text + "alive npt=1 3 1 PASS PASS\n", runs=3))["alive"], "flaky")

    def test_all_killed_that_can_be(self):
        result = scored("none npt=1 1 0 PASS PASS\ndead npt=1 1 1 STALE STALE\ndeep npt=1 1 0 PASS PASS\n",
                        [one for one in MUTANTS if one.name in ("dead", "deep")])
        self.assertEqual(result.status(), 0)


class Pages(unittest.TestCase):
    def setUp(self):
        self.rows = score_page.merged([], score_page.entries(scored(RUNS), "abc1234"), MUTANTS)

    def test_a_row_for_each_result(self):
        self.assertEqual([(row.mutant, row.verdict) for row in self.rows][:3],
                         [("alive", "survived"), ("dead", "killed"), ("deep", "hardware-only")])
        dead = self.rows[1]
        self.assertEqual((dead.host, dead.image, dead.seconds, dead.expected, dead.caught),
                         ("amd npt=1", "abc1234", "20", "svm.a/* svm.b", "svm.a svm.b"))

    def test_kept_in_a_file(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "rows.tsv"
            score_page.write(path, self.rows)
            self.assertEqual(score_page.read(path), self.rows)

    def test_new_rows_replace_old_ones_and_what_is_gone_goes(self):
        new = [replace(self.rows[1], image="new"), replace(self.rows[1], kernel="6.1")]
        rows = score_page.merged(self.rows, new, MUTANTS[:2])
        self.assertEqual([(row.kernel, row.mutant, row.image) for row in rows],
                         [("7.3", "alive", "abc1234"), ("7.3", "dead", "new"), ("6.1", "dead", "abc1234")])

    def test_the_page(self):
        page = score_page.text(self.rows, MUTANTS, "7.3", [])
        for line in ("| 7.3 | abc1234 | 7 | 7 | 1 | 1 | 1 | 1 | 1 | 1 | 1 |", "- A1 1/7",
                     "| deep | 7.3 | amd npt=1 | hardware-only | deep. Hardware only: in the TLB. |",
                     "| alive | 7.3 | amd npt=1 | survived | expected: `svm.a/*` |", "- shaky on 7.3, amd npt=1: `svm.b`"):
            self.assertIn(line + "\n", page)

    def test_a_sample(self):
        self.assertEqual(score.sampled(list(range(10)), 3), [0, 3, 6])
        self.assertEqual(score.sampled([1, 2], None), [1, 2])


if __name__ == "__main__":
    unittest.main()
