# SPDX-License-Identifier: MIT
"""The instrument: what an edit finds, what the guards do, and trees. No kernel."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import labpath
import csource
import instrument
from changes import Change, Edit

SOURCE = """\
/* void f(int x) { g(x); } in a comment */
#define EVEN(x) \\
	((x) & 1)
struct s {
	int a; /* } */
};
static int other(int x)
{
	g(x);
	return f(x);
}

int f(int x)
{
	/* g(x); is not this one */
	const char *s = "g(x);";

	if (x == 1 &&
	    y)
		g( x );
	else
		h(x, xx);
	for (;;) {
		h(x,
		  /* why */ 2);
		break;
	}
	return twice(x) + twice(x);
}
"""


def change(kind, name, *edits, of="", kernels="7.3"):
    """An edit is (VERB, TEXT, NEW), of f, or with a place in front."""
    places = [edit if len(edit) == 4 else ("f", *edit) for edit in edits]
    return Change(name, kind, {"kernels": kernels, "of": of},
                  edits=[Edit("a.c", place, ("*",), *rest) for place, *rest in places])


class Instrument(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.tree = Path(folder.name) / "from"
        (self.tree / instrument.KVM).mkdir(parents=True)
        (self.tree / instrument.KVM / "a.c").write_text(SOURCE)

    def file_with(self, *all_changes):
        switches = instrument.switches_of(list(all_changes), "7.3")
        return instrument.edited_files(self.tree, switches, "7.3")["a.c"]

    def with_mutants(self, *edits):
        """SOURCE with mutants of one edit each."""
        return self.file_with(*(change("mutant", f"m{n}", edit) for n, edit in enumerate(edits, 1)))

    def refuses(self, complaint, *all_changes):
        with self.assertRaises(instrument.BadEdit) as caught:
            self.file_with(*all_changes)
        self.assertIn(complaint, str(caught.exception))


class Edits(Instrument):
    def test_a_statement_is_found_whatever_its_blanks(self):
        text = self.with_mutants(("remove", "g(x);", ""))
        self.assertEqual(re.sub(r"\{ if \(!REVENANT_MUTANT\(1\)\) \{ (.*) \} \}", r"\1", text), SOURCE)
        self.assertIn("{ g( x ); }", text)

    def test_a_statement_over_lines_and_around_comments(self):
        self.assertIn("if (!REVENANT_MUTANT(1)) { h(x,\n", self.with_mutants(("remove", "h(x, 2);", "")))

    def test_an_expression_is_replaced(self):
        self.assertIn("(REVENANT_MUTANT(1) ? (0) : (x == 1 &&\n\t    y))", self.with_mutants(("replace", "x == 1 && y", "0")))

    def test_a_statement_is_replaced(self):
        self.assertIn("{ if (REVENANT_MUTANT(1)) { return 3; } else { g( x ); } }",
                      self.with_mutants(("replace", "g(x);", "return 3;")))

    def test_a_statement_is_put_before_another(self):
        self.assertIn("{ if (REVENANT_MUTANT(1)) { i++; } break; }", self.with_mutants(("before", "break;", "i++;")))

    def test_a_word_is_not_found_within_a_longer_one(self):
        self.assertIn("h(x, (REVENANT_MUTANT(1) ? (0) : (xx)))", self.with_mutants(("replace", "xx", "0")))

    def test_edits_of_one_text_and_within_another_live_together(self):
        text = self.with_mutants(("remove", "g(x);", ""), ("replace", "x == 1", "0"), ("replace", "x == 1 && y", "1"),
                                 ("replace", "x == 1", "2"))
        m = "REVENANT_MUTANT"
        self.assertIn(f"({m}(3) ? (1) : (({m}(2) ? (0) : (({m}(4) ? (2) : (x == 1)))) &&\n\t    y))", text)

    def test_define_is_not_guarded(self):
        text = self.with_mutants(("define", "", "static int new;"))
        self.assertEqual(text, SOURCE.replace("int f(int x)\n", "static int new;\nint f(int x)\n"))
        self.assertIn("};\nstatic int new;\nstatic int other(", self.with_mutants(("other", "define", "", "static int new;")))
        self.assertIn("\\\n\t((x) & 1)\nint i;\nstruct s {", self.with_mutants(("struct s", "define", "", "int i;")))

    def test_members_come_at_the_end(self):
        text = self.with_mutants(("struct s", "member", "", "\tint b;"), ("struct s", "member", "", "\tint c;"))
        self.assertIn("int a; /* } */\n\tint b;\n\tint c;\n};", text)


class Refused(Instrument):
    def test_a_text_that_is_not_there(self):
        self.refuses("a.c, mutant m: in f() this stands 0 times, not once: k(x);", change("mutant", "m", ("remove", "k(x);", "")))

    def test_a_text_that_is_there_twice(self):
        self.refuses("stands 2 times, not once", change("mutant", "m", ("replace", "twice(x)", "0")))

    def test_overlap(self):
        self.refuses("overlap", change("mutant", "m", ("replace", "x == 1", "0"), ("replace", "1 && y", "1")))

    def test_a_function_that_is_not_there(self):
        self.refuses("there are 0 functions none()", change("mutant", "m", ("none", "remove", "g(x);", "")))

    def test_a_struct_that_is_not_there(self):
        self.refuses("there are 0 struct t, not one", change("mutant", "m", ("struct t", "member", "", "int b;")))

    def test_a_file_that_is_not_there(self):
        mutant = Change("m", "mutant", {"kernels": "7.3"}, edits=[Edit("b.c", "f", ("*",), "remove", "g(x);", "")])
        self.refuses("b.c: no such file", mutant)

    def test_a_variant_that_is_not_there(self):
        self.refuses("mutant m: there is no variant v for 7.3", change("mutant", "m", ("remove", "g(x);", ""), of="v"),
                     change("variant", "v", ("remove", "g(x);", ""), kernels="6.12"))

    def test_variants_of_each_other(self):
        self.refuses("there is no variant", change("variant", "v", ("remove", "g(x);", ""), of="w"),
                     change("variant", "w", ("remove", "g(x);", ""), of="v"))

    def test_what_a_variant_has_taken_out(self):
        self.refuses("mutant m: in f() this stands 0 times", change("mutant", "m", ("remove", "g(x);", ""), of="v"),
                     change("variant", "v", ("remove", "g(x);", "")))

    def test_half_inside_of_a_variant(self):
        self.refuses("that of variant v overlap", change("mutant", "m", ("replace", "i++; break;", ";"), of="v"),
                     change("variant", "v", ("before", "break;", "j++; i++;")))


VARIANT = change("variant", "v", ("define", "", "static int extra(int x)\n{\n\tcalls += 7;\n\treturn x;\n}"),
                 ("replace", "g(x);", "{ g(extra(x)); g(x); }"), ("before", "break;", "calls += 1000;"))
RUN = """\
#include <stdio.h>
static int revenant_mutant, revenant_variants;
#define REVENANT_MUTANT(n) ((n) < 0 || *(volatile int *)&revenant_mutant == (n))
#define REVENANT_VARIANT(n) (*(volatile int *)&revenant_variants >> (n) & 1)
static int calls, y = 1, xx, i;
static int f(int x);
static int twice(int x) { return 2 * x; }
static void g(int x) { calls += x; }
static void h(int x, int z) { calls += 100 * (x + z); }
"""


@unittest.skipUnless(shutil.which("gcc"), "needs gcc")
class Compiled(Instrument):
    def outcomes(self, all_changes, *parameters):
        """What `calls` and `i` are after f(1), for each (revenant_mutant, revenant_variants)."""
        calls = "".join(f"revenant_mutant = {m}; revenant_variants = {v}; calls = i = 0; f(1);"
                        ' printf("%d,%d ", calls, i);\n' for m, v in parameters)
        code = self.tree / "both.c"
        text = self.file_with(*all_changes).replace("\nint f(", "\nstatic int f(")
        code.write_text(f"{RUN}{text}int main(void) {{ (void)other; {calls} }}")
        subprocess.run(["gcc", "-w", "-o", self.tree / "both", code], check=True)
        return subprocess.run([self.tree / "both"], check=True, text=True, capture_output=True).stdout.split()

    def test_each_number_switches_on_its_own_mutant(self):
        mutants = [change("mutant", "a", ("remove", "g(x);", "")), change("mutant", "b", ("replace", "x == 1 && y", "0")),
                   change("mutant", "c", ("before", "break;", "i++;"))]
        self.assertEqual(self.outcomes(mutants, (0, 0), (1, 0), (2, 0), (3, 0)), ["301,0", "300,0", "400,0", "301,1"])

    def test_a_correction_is_always_on(self):
        self.assertEqual(self.outcomes([change("correction", "c", ("remove", "g(x);", ""))], (0, 0)), ["300,0"])

    def test_a_variant_and_mutants_in_it(self):
        everything = [VARIANT, change("mutant", "stock", ("remove", "g(x);", "")),
                      change("mutant", "in-new", ("extra", "remove", "calls += 7;", ""), of="v"),
                      change("mutant", "in-replaced", ("remove", "g(x);", ""), of="v"),
                      change("mutant", "around", ("replace", "calls += 1000; break;", "break;"), of="v")]
        switches = {s.change.name: s.parameters for s in instrument.switches_of(everything, "7.3")}
        self.assertEqual(switches, {"v": (0, 1), "stock": (1, 0), "in-new": (2, 1), "in-replaced": (3, 1),
                                    "around": (4, 1)})
        self.assertEqual(self.outcomes(everything, (0, 0), *switches.values()),
                         ["301,0", "1309,0", "300,0", "1302,0", "1308,0", "309,0"])

    def test_a_variant_of_a_variant(self):
        everything = [change("variant", "repair", ("extra", "replace", "7", "8"), of="v"), VARIANT,
                      change("mutant", "m", ("extra", "before", "return x;", "i = 5;"), of="repair")]
        switches = {s.change.name: s.parameters for s in instrument.switches_of(everything, "7.3")}
        self.assertEqual(switches, {"v": (0, 1), "repair": (0, 3), "m": (1, 3)})
        self.assertEqual(self.outcomes(everything, (0, 0), *switches.values()), ["301,0", "1309,0", "1310,0", "1310,5"])


MUTANT = "class: A1\nkernels: 7.3\nshows: amd npt=1\ncatch: svm.b\nwhy: x\nin: a.c f\nremove: g(x);\n"


class Tree(Instrument):
    def setUp(self):
        super().setUp()
        self.source, self.target = self.tree / instrument.KVM, self.tree.parent / "to" / instrument.KVM
        (self.source / "x86.c").write_text(SOURCE)
        (self.source / "Makefile").write_text("kvm-y := a.o\n")
        self.target.mkdir(parents=True)
        self.mutant = self.tree / "some.mutant"
        self.mutant.write_text(MUTANT)

    def run_it(self, *arguments):
        return subprocess.run(["python3", labpath.TOP / "lab/py/instrument.py", *arguments], text=True, capture_output=True)

    def instrument(self, version="7.3"):
        return self.run_it(self.tree, self.tree.parent / "to", version, self.mutant)

    def test_mutants_and_the_parameter(self):
        run = self.instrument()
        self.assertEqual((run.returncode, run.stdout), (0, "mutant\tsome\t1\t0\n"))
        self.assertIn("REVENANT_MUTANT(1)", (self.target / "a.c").read_text())
        self.assertIn("\nint revenant_mutant; module_param", (self.target / "x86.c").read_text())
        self.assertIn("revenant_mutant.h", (self.target / "Makefile").read_text())
        self.assertNotIn("variant", (self.target / "revenant_mutant.h").read_text())

    def test_a_file_that_does_not_change_keeps_its_time(self):
        self.instrument()
        os.utime(self.target / "a.c", (1, 1))
        self.instrument()
        self.assertEqual((self.target / "a.c").stat().st_mtime, 1)

    def test_a_mutant_of_other_versions_goes(self):
        self.instrument()
        run = self.instrument("6.12")
        self.assertEqual((run.returncode, run.stdout), (0, ""))
        self.assertEqual((self.target / "a.c").read_text(), SOURCE)

    def test_an_edit_that_does_not_apply_writes_nothing(self):
        self.mutant.write_text(MUTANT.replace("g(x);", "nothing(x);"))
        run = self.instrument()
        self.assertEqual((run.returncode, list(self.target.iterdir())), (1, []))
        self.assertEqual(run.stderr, "a.c, mutant some: in f() this stands 0 times, not once: nothing(x);\n")

    def test_a_file_that_is_wrong(self):
        self.mutant.write_text(MUTANT.replace("class", "clas"))
        run = self.instrument()
        self.assertEqual(run.returncode, 2)
        self.assertIn("some.mutant: 'clas:' is no field of a mutant\n", run.stderr)

    def test_the_key_is_of_the_edits(self):
        def key():
            return self.run_it("--key", "7.3", self.mutant).stdout
        first = key()
        self.mutant.write_text(MUTANT.replace("why: x", "why: y"))
        self.assertEqual(key(), first)
        self.mutant.write_text(MUTANT.replace("g(x)", "g(xx)"))
        self.assertNotEqual(key(), first)


class Source(unittest.TestCase):
    def test_blanked(self):
        self.assertEqual(csource.blanked("a /* \" */ \"b\\\"\" // 'c'\n'\"' d"), "a" + " " * 21 + "\n" + " " * 4 + "d")

    def test_bodies(self):
        blank = csource.blanked(SOURCE)
        self.assertTrue(SOURCE[slice(*csource.body(blank, "f"))].startswith("\n\t/* g(x);"))
        self.assertEqual(SOURCE[slice(*csource.body(blank, "struct s"))], "\n\tint a; /* } */\n")


if __name__ == "__main__":
    unittest.main()
