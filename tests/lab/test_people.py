# SPDX-License-Identifier: MIT
"""What people and CI see of a run: each writer, on runs that were recorded and on made-up ones."""

import html.parser
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ET
from pathlib import Path

import labpath
import changes_of_runs
import events
import english
import ktap
import report
import terminal
import write_html
import write_json
import write_junit
import write_ktap
import write_mail
from theory import Theories

HERE = Path(__file__).resolve().parent
RECORDED = HERE / "recorded-run.txt"  # two settings; red ones, and a VM that died between two cases
SHOW = labpath.TOP / "lab/py/show.py"


def recorded():
    return events.recorded(RECORDED.read_text(), {"npt=1": "--host lab --host-params npt=1", "npt=0": "--host lab --host-params npt=0"})


def bad(run):
    """All that a parser has to call failed: cases, and what is of no case."""
    return [(setting.name, result.name) for setting, result in run.of_verdict(*ktap.RED, "ERROR")]


def lines_of(text, pattern):
    return [line for line in text.splitlines() if re.search(pattern, line)]


class Model(unittest.TestCase):
    def test_a_run_that_was_recorded(self):
        run = recorded()
        self.assertEqual([setting.name for setting in run.settings], ["npt=1", "npt=0"])
        self.assertEqual((run.status, run.seconds), (1, 45.0))
        self.assertEqual(run.totals(), "11 cases on 2 settings: 4 red, 3 ok, 1 known, 1 vacuous, 2 not for this host, 2 not run")

    def test_follower_reads_whole_lines_and_says_when_they_came(self):
        now = [0.0]
        with tempfile.TemporaryDirectory() as folder:
            stream = Path(folder) / "0-a.ktap"
            run = events.Run([events.Setting("a", "a host", "", stream)])
            follower = events.Follower(run, Path(folder), lambda: now[0])
            self.assertEqual(list(follower.look()), [])
            stream.write_text("1..3\nok 1 a\nok 2")
            self.assertEqual([line for _, line in follower.look()], ["1..3", "ok 1 a"])
            now[0] = 4.0
            with stream.open("a") as more:
                more.write(" b\nok 3 c\n# END status=0\n")
            list(follower.look())
            self.assertEqual([(one.name, one.seconds) for one in run.settings[0].stream.results], [("a", None), ("b", 2.0), ("c", 2.0)])
            self.assertIsNone(run.settings[0].status)
            Path(f"{stream}.status").write_text("99 output was lost\n")
            list(follower.look())
            self.assertEqual(run.settings[0].status, 99)
            self.assertEqual([one.text for one in run.settings[0].stream.stray], ["output was lost"])

    def test_a_document_reads_as_the_streams_it_was_made_of(self):
        run = recorded()
        again = ktap.read(write_ktap.nested(run))
        self.assertEqual([(one.name, one.verdict, one.text, one.replay, one.evidence) for one in again.results if one.verdict != "SKIP"],
                         [(one.name, one.verdict, one.text, one.replay, one.evidence if one.verdict != "PASS" else [])
                          for setting in run.settings for one in setting.stream.results if one.verdict != "SKIP"])
        self.assertEqual([one.text for one in again.stray], [one.text for setting in run.settings for one in setting.stream.stray])
        for verdict in ktap.VERDICTS:
            self.assertEqual(again.count(verdict), run.count(verdict), verdict)


class Document(unittest.TestCase):
    """The three parsers agree with run.sh on counts and on which case is red."""

    def setUp(self):
        self.run_ = recorded()
        self.nested, self.flat = write_ktap.nested(self.run_), write_ktap.flat(self.run_)
        # What was not run is a SKIP to them.
        self.skipped = sum(map(self.run_.count, ("SKIP", "VACUOUS", "KNOWN"))) + sum(one.stream.missing for one in self.run_.settings)
        self.bad_names = {"b.stale/load", "b.stale/store", "no-case.1", "c.leak"}

    def test_evidence_comes_before_its_result(self):
        lines = [line.strip() for line in self.nested.splitlines()]
        at = lines.index("not ok 2 b.stale/load")
        self.assertEqual(lines[at - 5:at], ["# STALE b.stale/load: saw A, legal: B", "# | step 10 of 11: load w0 fresh", "# | run: program",
                                            "# | replay: nroot n0; set g0.w0.pte p0; set n0.p0.pte A; enter; load w0; exit; set n0.p0.pte B; !tag 2; enter; load w0 fresh; exit",
                                            "# | again: ./run.sh --host lab --host-params npt=1 --replay 'nroot n0; set g0.w0.pte p0; set n0.p0.pte A; enter; load w0; exit; set n0.p0.pte B; !tag 2; enter; load w0 fresh; exit'"])

    def test_a_plan_for_each_setting_right_behind_its_name(self):
        lines = self.nested.splitlines()
        self.assertEqual(lines[:2], ["KTAP version 1", "1..2"])
        at = lines.index("    # Subtest: npt=1")
        self.assertEqual((lines[at - 1], lines[at + 1]), ("    KTAP version 1", "    1..8"))
        self.assertTrue(lines_of(self.nested, "^    # host kernel=6.12"))

    def test_names_are_the_same_whatever_becomes_of_a_case(self):
        for line in lines_of(self.nested + self.flat, "^ *not ok"):
            self.assertRegex(line, r"^ *not ok \d+ \S+$")

    def test_flat_names(self):
        names = [line.split(" # ")[0].split(" ")[-1] for line in lines_of(self.flat, "^(not )?ok")]
        self.assertEqual([name for name in names if not re.fullmatch(r"[.a-zA-Z0-9_-]+", name)], [])
        self.assertEqual(len(names), len(set(names)))
        self.assertIn("npt_1.b.stale.load", names)

    def test_a_setting_of_which_nothing_came_is_no_pass(self):
        run = events.Run([events.Setting("a", "a host", "", Path("/nonexistent"), status=99)])
        self.assertIn("    not ok 1 no-case.end", write_ktap.nested(run).splitlines())
        self.assertIn("not ok 1 a", write_ktap.nested(run).splitlines())

    def test_prove(self):
        if not shutil.which("prove"):
            self.skipTest("needs perl's prove")
        for text, failed, tests in ((self.nested, "1-2", 2), (self.flat, None, 13)):
            with tempfile.TemporaryDirectory() as folder:
                Path(folder, "run.t").write_text(text)
                done = subprocess.run(["prove", "-e", "cat", "run.t"], cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            self.assertEqual(done.returncode, 1, done.stdout)
            self.assertNotIn("Parse errors", done.stdout)
            told = re.search(r"Tests: (\d+) Failed: (\d+)", done.stdout)
            self.assertEqual(int(told[1]), tests)
            if failed:
                self.assertIn(f"Failed tests:  {failed}", done.stdout)
            else:
                self.assertEqual(int(told[2]), len(bad(self.run_)))
                numbers = [int(line.split()[2]) for line in lines_of(text, "^not ok")]
                said = re.search(r"Failed tests?:\s+(.*)", done.stdout)[1]
                spans = [list(map(int, span.split("-"))) for span in said.replace(" ", "").split(",")]
                self.assertEqual([n for span in spans for n in range(span[0], span[-1] + 1)], numbers)

    def test_tap_parser(self):
        parser = os.environ.get("TAP_PARSER") or shutil.which("tap-parser")
        if not parser:
            self.skipTest("needs npm's tap-parser (npm install -g tap-parser, or TAP_PARSER)")
        done = subprocess.run([parser, "-t", "-f"], input=self.nested, text=True, stdout=subprocess.PIPE)
        self.assertEqual(done.returncode, 1)
        leaves = [line for line in lines_of(done.stdout, "^(not )?ok") if " > " in line]
        self.assertEqual({re.sub(r".* > ", "", line).strip() for line in leaves if line.startswith("not ok")}, self.bad_names)
        self.assertEqual(len(leaves), 13)
        self.assertEqual(sum("# SKIP" in line for line in leaves), self.skipped)
        flat = subprocess.run([parser, "-t", "-f"], input=self.flat, text=True, stdout=subprocess.PIPE)
        self.assertEqual(len(lines_of(flat.stdout, "^not ok")), len(bad(self.run_)))

    def test_kunit_parser(self):
        folder = kunit_folder()
        if not folder:
            self.skipTest("needs tools/testing/kunit of a kernel tree (KUNIT, or linux-source under /usr/src)")
        for text in (self.nested, self.flat):
            done = subprocess.run([sys.executable, "-c", KUNIT, folder], input=text, text=True, stdout=subprocess.PIPE, check=True)
            said = json.loads(done.stdout.splitlines()[-1])
            self.assertEqual(said["counts"], {"passed": self.run_.count("PASS"), "failed": len(bad(self.run_)), "skipped": self.skipped,
                                              "crashed": 0, "errors": 0})
            self.assertEqual({name.removeprefix("npt_1.").removeprefix("npt_0.").replace("stale.", "stale/") for name in said["failed"]},
                             self.bad_names)


KUNIT = """
import inspect, json, sys
sys.path.insert(0, sys.argv[1])
import kunit_parser, kunit_printer
later = "printer" in inspect.signature(kunit_parser.parse_run_tests).parameters
test = kunit_parser.parse_run_tests(sys.stdin.read().splitlines(), *([kunit_printer.stdout] if later else []))
def leaves(test):
    return [leaf for sub in test.subtests for leaf in leaves(sub)] if test.subtests else [test]
failed = [leaf.name for leaf in leaves(test) if leaf.status == kunit_parser.TestStatus.FAILURE]
names = ("passed", "failed", "skipped", "crashed", "errors")
print(json.dumps({"counts": {name: getattr(test.counts, name) for name in names}, "failed": failed}))
"""


def kunit_folder():
    """The kernel's own parser: of a tree that KUNIT names, or of Debian's package linux-source."""
    if folder := os.environ.get("KUNIT"):
        return folder
    kept = events.Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "revenant/kunit"
    return str(kept) if (kept / "kunit_parser.py").exists() else None


class Junit(unittest.TestCase):
    def setUp(self):
        self.root = ET.fromstring(write_junit.junit(recorded()))

    def test_a_suite_for_each_setting(self):
        self.assertEqual([(one.get("name"), *(int(one.get(what)) for what in ("tests", "failures", "errors", "skipped")))
                          for one in self.root], [("npt=1", 6, 3, 0, 2), ("npt=0", 5, 1, 0, 2)])
        self.assertEqual((self.root.get("tests"), self.root.get("failures")), ("11", "4"))

    def test_verdicts(self):
        failure = self.root.find(".//testcase[@name='b.stale/load']/failure")
        self.assertEqual((failure.get("type"), failure.get("message")), ("STALE", "STALE saw A, legal: B"))
        self.assertIn("--replay 'nroot n0;", failure.text)
        self.assertTrue(self.root.find(".//testcase[@name='a.vacuous']/skipped").get("message").startswith("VACUOUS"))
        self.assertEqual(len(self.root.find(".//testcase[@name='a.pass']")), 0)

    def test_bytes_that_xml_has_not(self):
        run = recorded()
        run.settings[0].stream.results[1].evidence.append("\x1b[2J\x00 <&>")
        self.assertIn("?[2J? <&>", ET.fromstring(write_junit.junit(run)).find(".//failure").text)

    def test_a_setting_whose_end_is_lost_is_an_error(self):
        run = events.Run([events.Setting("a", "", "", Path("/nonexistent"), status=99)])
        self.assertEqual(ET.fromstring(write_junit.junit(run)).get("errors"), "1")


class Json(unittest.TestCase):
    def test_as_described(self):
        made = json.loads(write_json.written(recorded()))
        self.assertEqual((made["format"], made["version"], made["status"]), ("revenant-results", 1, 1))
        red = next(one for one in made["settings"][0]["results"] if one["name"] == "b.stale/load")
        self.assertEqual((red["verdict"], red["family"], red["evidence"][0]), ("STALE", "b", "step 10 of 11: load w0 fresh"))
        self.assertTrue(red["again"].startswith("./run.sh --host lab --host-params npt=1 --replay"))
        self.assertEqual(made["settings"][0]["retention"][0], {"transition": "enter", "space": "nested", "seen": 1, "tried": 3})
        described = (labpath.TOP / "docs/results.md").read_text()
        for key in {*made, *made["settings"][0], *red, *made["settings"][0]["retention"][0]}:
            self.assertIn(f"`{key}`", described)

    def test_compare(self):
        run = recorded()
        with tempfile.TemporaryDirectory() as folder:
            old = Path(folder) / "old.json"
            old.write_text(write_json.written(run))
            self.assertEqual(changes_of_runs.changes(run, changes_of_runs.verdicts_of(old)), [])
            results = {one.name: one for one in run.settings[0].stream.results}
            results["b.stale/load"].verdict, results["a.pass"].verdict, results["a.vacuous"].verdict = "PASS", "VACUOUS", "CRASH"
            self.assertEqual([(one.kind, one.name) for one in changes_of_runs.changes(run, changes_of_runs.verdicts_of(old))],
                             [("new red", "a.vacuous"), ("mended", "b.stale/load"), ("PASS → VACUOUS", "a.pass")])
            for text in ("", "[]", '{"format": "revenant-results", "version": 99}'):
                old.write_text(text)
                with self.assertRaises(changes_of_runs.NotResults):
                    changes_of_runs.verdicts_of(old)


class Page(html.parser.HTMLParser):
    VOID = ("meta", "br", "link", "img")

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.stack, self.loads, self.text = set(), [], [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.ids |= {attributes["id"]} if "id" in attributes else set()
        self.links += [attributes["href"]] if "href" in attributes else []
        self.loads += [tag] if "src" in attributes or tag in ("link", "script") else []
        self.stack += [] if tag in self.VOID else [tag]

    def handle_endtag(self, tag):
        assert self.stack.pop() == tag, tag

    def handle_data(self, data):
        self.text += data


class Html(unittest.TestCase):
    def setUp(self):
        run = recorded()
        run.settings[0].stream.results[1].evidence.append("<script>alert(1)</script>")
        self.page = Page(write_html.html(run, Theories()))

    def test_it_is_whole_and_loads_nothing(self):
        self.assertEqual((self.page.stack, self.page.loads), ([], []))

    def test_each_link_leads_somewhere(self):
        self.assertEqual({link.removeprefix("#") for link in self.page.links} - self.page.ids, set())
        self.assertIn("b-0", self.page.ids)

    def test_what_was_seen_and_how_to_see_it_again(self):
        for text in ("2 STALE", "step 10 of 11: load w0 fresh", "./run.sh --host lab --host-params npt=1 --replay", "WRONG", "<script>alert"):
            self.assertIn(text, self.page.text)

    def test_theory(self):
        run = events.recorded("# ==== 1/1  lab, x\n1..1\nok 1 svm.npt-edit.dirty\n# END status=0\n")
        self.assertIn('15.25 "Nested Paging"', Page(write_html.html(run, Theories())).text)


class Mail(unittest.TestCase):
    def test_three_sentences(self):
        self.assertEqual(english.sentences("nroot n0; set g0.w0.pte p0; set n0.p0.pte A; enter; load w0; exit; set n0.p0.pte B; !tag 2; enter; load w0 fresh; exit", 10, 11), [
            "With all windows unmapped, L1 gives the VM the nested root n0, sets w0's PTE in L2's page tables (g0) to p0, "
            "sets p0's PTE in the nested page tables (n0) to A and enters L2; L2 reads from w0 and exits.",
            "Then L1 sets p0's PTE in the nested page tables (n0) to B, gives the VM the ASID or VPID 2 and enters L2.",
            "After that L2 reads from w0."])

    def test_headers_count_as_steps_where_the_report_counts_them(self):
        self.assertEqual(english.sentences("l2mode pae; enter; load w0; store w0; exit", 3, 5)[-1], "After that L2 reads from w0.")

    def test_every_step_of_every_scenario_has_its_words(self):
        steps = set()
        for path in (labpath.TOP / "scenarios").glob("*.scn"):
            for line in path.read_text().splitlines():
                if line.startswith("    ") and not line.strip().startswith(("#", "control", "known", "class", "for", "needs", "at ", "fatal")):
                    steps |= {one.strip() for one in line.split(";")}
        steps = {one for one in steps if re.fullmatch(r"!?(tag|cr3|invlpg|invlpga|invpcid|invvpid|invept|tlbctl|nroot|l2cr3|pge|smep) [a-z0-9 ]+", one)}
        self.assertGreater(len(steps), 20)
        self.assertEqual([one for one in steps if "`" in english.step(one)], [])

    def test_mail(self):
        text = write_mail.mail(recorded(), Theories())
        self.assertIn("Subject: KVM: STALE in b.stale", text)
        self.assertEqual(text.count("* b.stale"), 1)
        self.assertIn("Also red: npt=1: b.stale/store", text)
        self.assertIn("    ./run.sh --host lab --host-params npt=1 --replay 'nroot n0;", text)
        self.assertIn("kernel=6.12", text)

    def test_nothing_to_send(self):
        self.assertIn("nothing to send", write_mail.mail(events.recorded("# ==== 1/1  lab, x\n1..1\nok 1 a\n# END status=0\n"), Theories()))


class Screen(unittest.TestCase):
    def test_the_end(self):
        lines = terminal.final(recorded(), terminal.Paint(False), [], 100)
        text = "\n".join(lines)
        self.assertLess(len(lines), 40)
        self.assertEqual(next(line.split() for line in lines if line.startswith("b ")), ["b", *". . . 1 2 . . 1 1 .".split()])
        self.assertIn("n/a 2: no PCID: use a CPU that has it; in the lab, --emulator bochs", lines)
        self.assertIn("STALE b.stale/load /store (npt=1): saw A, legal: B", lines)
        self.assertRegex(text, r"KNOWN b.known \(npt=0\): .*\n  ./run.sh --host lab --host-params npt=0 b.known")
        self.assertIn("kept (npt=1): enter of nested 1/3; nothing behind 1 others that were tried", lines)
        self.assertNotIn("\033", text)

    def test_as_many_settings_beside_each_other_as_fit(self):
        run = recorded()
        self.assertEqual(sum("npt=1" in line and "npt=0" in line for line in terminal.table(run, terminal.Paint(False), 100)), 1)
        self.assertEqual(sum("npt=1" in line and "npt=0" in line for line in terminal.table(run, terminal.Paint(False), 50)), 0)

    def test_colour(self):
        self.assertTrue(terminal.may_colour({"TERM": "xterm"}))
        for environment in ({"TERM": "xterm", "NO_COLOR": "1"}, {"TERM": "dumb"}, {}):
            self.assertFalse(terminal.may_colour(environment))

    def test_progress(self):
        run = recorded()
        run.settings[0].status = run.settings[0].stream.status = None
        run.settings[0].began = 0
        self.assertRegex(terminal.progress(run.settings[0], terminal.Paint(False), 100), r"^npt=1 +━+ +5/7 +3 red")
        self.assertLessEqual(len(terminal.progress(run.settings[0], terminal.Paint(False), 20)), 20)

    def test_on_a_terminal(self):
        """show.py itself, on a terminal of its own: what NO_COLOR and TERM=dumb turn off, and the end by a signal."""
        for environment, colour, moves in (({"TERM": "xterm"}, True, True), ({"TERM": "xterm", "NO_COLOR": "1"}, False, True),
                                           ({"TERM": "dumb"}, False, False)):
            said = shown("terminal", environment)
            self.assertEqual("\033[31m" in said, colour, environment)
            self.assertEqual("\033[A" in said, moves, environment)
            self.assertIn("STALE b.stale/load", said)
            self.assertIn("step 10 of 11", said)

    def test_quiet(self):
        said = shown("quiet", {"TERM": "dumb"})
        self.assertIn("STALE b.stale/load", said)
        self.assertNotIn("n/a", said)


def make_run(folder):
    """A folder as run.sh leaves it at the end."""
    streams = ktap.split(RECORDED.read_text())
    rows = []
    for number, (title, text) in enumerate(streams.items()):
        path = Path(folder) / f"{number}-npt.ktap"
        path.write_text(text)
        Path(f"{path}.status").write_text(f"{ktap.read(text).status} \n")
        rows.append(f"npt={1 - number}\t{title}\t--host lab --host-params npt={1 - number}\t{path}\n")
    Path(folder, "settings").write_text("".join(rows))
    Path(folder, "about").write_text("command\t./run.sh\nbegin\t0\nlimits\t\n")


def shown(form, environment, *options):
    """What show.py says on a terminal."""
    import pty
    import threading
    import time
    with tempfile.TemporaryDirectory() as folder:
        make_run(folder)
        master, slave = pty.openpty()
        process = subprocess.Popen([sys.executable, SHOW, form, folder, *options], stdout=slave, stderr=slave, stdin=subprocess.DEVNULL,
                                   env={"PATH": os.environ["PATH"], **environment})
        os.close(slave)

        def end():
            time.sleep(1)
            Path(folder, "end").write_text("1\n")
        threading.Thread(target=end).start()
        said = b""
        while True:
            try:
                more = os.read(master, 65536)
            except OSError:
                break
            if not more:
                break
            said += more
        os.close(master)
        assert process.wait(20) == 0
        return said.decode()


class Report(unittest.TestCase):
    def test_all_of_it_and_other_files_stay(self):
        with tempfile.TemporaryDirectory() as folder:
            make_run(folder)
            Path(folder, "0-npt").mkdir()
            Path(folder, "0-npt/console.log").write_text("hello")
            os.mkfifo(Path(folder, "0-npt/serial"))  # bare Bochs speaks through one: no text to keep
            run = events.load(Path(folder))
            list(events.Follower(run, Path(folder)).look())
            out = Path(folder) / "out"
            out.mkdir()
            (out / "mine").write_text("")
            (out / "changes.txt").write_text("of another run")
            for _ in range(2):
                report.write(run, out)
            self.assertEqual({path.name for path in out.iterdir()}, {".lock", "mine", "run.ktap", "junit.xml", "results.json", "report.html", "mail.txt", "logs"})
            self.assertEqual((out / "logs/0-npt/console.log").read_text(), "hello")
            self.assertTrue((out / "logs/1-npt.ktap").exists())


if __name__ == "__main__":
    unittest.main()
