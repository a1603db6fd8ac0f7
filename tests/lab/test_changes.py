# SPDX-License-Identifier: MIT
"""The files of mutants, variants and corrections: what is read, and what is refused with what words."""

import re
import tempfile
import unittest
from pathlib import Path

import labpath  # noqa: F401
import changes

GOOD = """\
class: A1
kernels: 6.1 7.3
shows: amd npt=1
catch: svm.a/* svm.b
why: one line
  and another
in: a.c f
remove: g(x);
"""


class Files(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def read(self, text, name="some.mutant"):
        path = self.folder / name
        path.write_text(text)
        return changes.read(path)

    def good_with(self, pattern, by):
        """The good file with a line replaced, read."""
        text = re.sub(pattern, by, GOOD, flags=re.MULTILINE)
        self.assertNotEqual(text, GOOD)
        return self.read(text)


class Good(Files):
    def test_mutant(self):
        mutant = self.read(GOOD)
        self.assertEqual((mutant.name, mutant.kind, mutant.hangs), ("some", "mutant", False))
        self.assertEqual(mutant.get("why"), "one line and another")
        self.assertEqual(mutant.hosts, [changes.Host("amd", "npt=1", ("svm.a/*", "svm.b"))])
        self.assertEqual(mutant.edits, [changes.Edit("a.c", "f", ("*",), "remove", "g(x);", "")])
        self.assertTrue(mutant.is_for("6.1") and not mutant.is_for("6.12"))

    def test_variants_by_one_name(self):
        variant = self.read("kernels: 7.3\nwhy: both\nof: one other\n", "both.variant")
        self.assertEqual((variant.of, variant.edits), (("one", "other"), []))
        with self.assertRaisesRegex(changes.BadFile, "it edits nothing"):
            self.read("kernels: 7.3\nwhy: none\n", "none.variant")

    def test_edit_of_some_versions(self):
        mutant = self.good_with("^in: a.c f", "in: a.c f 6.1 6.12")
        self.assertEqual(mutant.edits_for("7.3"), [])
        self.assertEqual(len(mutant.edits_for("6.12")), 1)

    def test_replace_and_by(self):
        mutant = self.good_with("^remove:.*", "replace: x\nby: y")
        self.assertEqual(mutant.edits, [changes.Edit("a.c", "f", ("*",), "replace", "x", "y")])

    def test_before_and_insert(self):
        mutant = self.good_with("^remove:.*", "before: x;\ninsert: y;\n z;")
        self.assertEqual(mutant.edits, [changes.Edit("a.c", "f", ("*",), "before", "x;", "y; z;")])

    def test_excuses_stand_in_for_catch(self):
        for excuse in changes.EXCUSES:
            self.assertEqual(self.good_with("^catch:.*", excuse + ": why").hosts[0].catch, ())

    def test_words_about_the_machine(self):
        mutant = self.good_with("^shows:.*", "shows: amd npt=1 tlb=keep smp=2 host-cpus=2")
        self.assertEqual(mutant.hosts[0].params, "npt=1 tlb=keep smp=2 host-cpus=2")

    def test_hangs(self):
        self.assertTrue(self.good_with("^why:", "hangs: yes\nwhy:").hangs)

    def test_variant(self):
        variant = self.read("kernels: 7.3\nwhy: leaner\nof: other\nin: a.c f\n"
                            "define: static int new(void)\n\n  {\n  #ifdef X\n  }\nin: a.h struct s\nmember: int i;\n",
                            "lean.variant")
        self.assertEqual(variant.of, ("other",))
        self.assertEqual(variant.edits[0].new, "static int new(void)\n {\n #ifdef X\n }")
        self.assertEqual(variant.edits[1], changes.Edit("a.h", "struct s", ("*",), "member", "", "int i;"))

    def test_all_of_the_repository(self):
        found = changes.of_repository()
        self.assertGreater(len(found), 100)
        names = [path.name for path in (labpath.TOP / "lab/mutants").glob("*.mutant")]
        self.assertEqual([f"{c.name}.mutant" for c in found if c.kind == "mutant"], sorted(names))


class Refused(Files):
    def refuses(self, pattern, by, complaint):
        with self.assertRaises(changes.BadFile) as caught:
            self.good_with(pattern, by)
        self.assertIn(complaint, str(caught.exception))

    def test_refusals(self):
        for what, pattern, by, complaint in [
            ("tlb=keep on Intel, which has no other", "^shows:.*", "shows: intel ept=1 tlb=keep",
             "tlb=keep (AMD: Intel always does)"),
            ("words about the machine only", "^shows:.*", "shows: amd tlb=keep", "names no parameter"),
            ("another TLB", "^shows:.*", "shows: amd npt=1 tlb=random:1", "takes of the machine tlb=keep"),
            ("a number that is none", "^shows:.*", "shows: amd npt=1 smp=two", "smp=N"),
            ("no class", "^class:.*\n", "", "'class:' is missing"),
            ("no kernels", "^kernels:.*\n", "", "'kernels:' is missing"),
            ("no why", "^why:.*\n .*\n", "", "'why:' is missing"),
            ("no shows", "^(shows|catch):.*\n", "", "'shows:' is missing"),
            ("no catch", "^catch:.*\n", "", "has no 'catch:'"),
            ("a second catch", "^catch:.*", "catch: a\ncatch: b", "has no 'shows:' of its own"),
            ("no edit", "^remove:.*\n", "", "it edits nothing"),
            ("an edit without its place", "^in:.*\n", "", "has no 'in: FILE FUNCTION' above it"),
            ("a place without function", "^in:.*", "in: a.c", "'in:' takes FILE FUNCTION"),
            ("a struct without its name", "^in:.*", "in: a.c struct", "FILE struct NAME"),
            ("a statement without its end", "^remove:.*", "remove: g(x)", "takes a whole statement"),
            ("half a statement", "^remove:.*", "before: if (x) {\ninsert: y;", "takes a whole statement"),
            ("replace without by", "^remove:.*", "replace: x", "needs 'by:' behind it"),
            ("by without replace", "^remove:.*", "by: x", "has no 'replace:' above it"),
            ("insert without before", "^remove:.*", "insert: x;", "has no 'before:' above it"),
            ("another answer", "^remove:.*", "replace: x\ninsert: y", "behind 'replace:' comes 'by:', not 'insert:'"),
            ("a member of a function", "^remove:.*", "member: int i;", "'member:' is for a struct"),
            ("a statement of a struct", "^in:.*", "in: a.h struct s", "'remove:' is for a function"),
            ("an unknown field", "^class:", "clas:", "'clas:' is no field of a mutant"),
            ("an empty field", "^class:.*", "class:", "'class:' is empty"),
            ("a field that is there twice", "^class:.*", "class: A\nclass: B", "stands there twice"),
            ("hangs is yes", "^why:", "hangs: often\nwhy:", "'hangs:' takes yes"),
            ("an unknown vendor", "^shows:.*", "shows: arm npt=1", "takes amd or intel"),
            ("a line that is none", "^class:.*", "what is this", "is no 'FIELD: TEXT'"),
        ]:
            with self.subTest(what):
                self.refuses(pattern, by, complaint)

    def test_a_line_that_continues_nothing(self):
        with self.assertRaisesRegex(changes.BadFile, "line 1 continues nothing"):
            self.read("  x\n" + GOOD)

    def test_names(self):
        with self.assertRaisesRegex(changes.BadFile, "is named by a-z, 0-9 and -"):
            self.read(GOOD, "Some_one.mutant")

    def test_a_variant_shows_nothing(self):
        with self.assertRaisesRegex(changes.BadFile, "'shows:' is no field of a variant"):
            self.read(GOOD.replace("class: A1\n", ""), "some.variant")

    def test_all_files_are_named(self):
        for name in ("one.mutant", "two.mutant"):
            (self.folder / name).write_text("class: A1\n")
        with self.assertRaisesRegex(changes.BadFile, r"(?s)one\.mutant: .*two\.mutant: "):
            changes.read_all(self.folder.glob("*.mutant"))


if __name__ == "__main__":
    unittest.main()
