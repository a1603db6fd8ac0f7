# SPDX-License-Identifier: MIT
"""The pages of `make coverage`: from a run's stream by gcov to what is reached and what is not."""

import base64
import io
import subprocess
import tarfile
import tempfile
import unittest
from collections import Counter
from pathlib import Path
from unittest import mock

import labpath
import coverage_families
import coverage_table
import gcov
from coverage_table import Page, Reason
from gcov import Function

KVM = "somewhere/build/arch/x86/kvm"


def packed(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


def told(archive: bytes) -> str:
    text = base64.b64encode(archive).decode()
    return "# coverage\n" + "".join(f"# coverage: {text[i:i + 100]}\n" for i in range(0, len(text), 100))


class Streams(unittest.TestCase):
    def test_an_archive_for_each_vm(self):
        first, second = packed({"a": b"1"}), packed({"b": b"2"})
        stream = "ok 1 x\n" + told(first) + "# VM ended with status 0\nok 2 y\n" + told(second) + "# END status=0\n"
        self.assertEqual(gcov.archives(stream), [first, second])

    def test_what_broke_off_is_left_out(self):
        broken = told(packed({"a": bytes(range(256)) * 40})).splitlines(keepends=True)[:3]
        self.assertEqual(gcov.archives("".join(broken) + told(b"no archive")), [])

    def test_only_kvm_is_unpacked(self):
        with tempfile.TemporaryDirectory() as name:
            files = gcov.unpack(packed({f"./{KVM}/mmu/mmu.gcda": b"1", "./x/virt/kvm/kvm_main.gcda": b"2",
                                        "./x/mm/mmap.gcda": b"3"}), Path(name))
            self.assertEqual([str(file.relative_to(name)) for file in files],
                             ["arch/x86/kvm/mmu/mmu.gcda", "virt/kvm/kvm_main.gcda"])

    def test_names_of_files(self):
        self.assertEqual([gcov.short_path(path) for path in (
            "/a/arch/x86/kvm/mmu/mmu.c", "arch/x86/kvm/../../../virt/kvm/kvm_main.c", "/a/virt/kvm/kvm_main.c", "mm/mmap.c")],
            ["mmu/mmu.c", "virt/kvm/kvm_main.c", "virt/kvm/kvm_main.c", ""])


class Families(unittest.TestCase):
    def test_the_part_of_each_vm(self):
        self.assertEqual(coverage_families.parts("# host\n# VM 1\r\nok 1 a\n# coverage\n# VM 2\nok 1 b\n"),
                         {1: "\nok 1 a\n# coverage\n", 2: "\nok 1 b\n"})

    def test_one_whose_vm_dies_does_not_lose_the_others(self):
        told, boots = [], []

        def boot(_runs, _kernel, _vendor, _params, names):
            boots.append(names)
            died = names.index("b") if "b" in names else len(names)
            return "".join(f"# VM {i}\n# coverage\n# coverage: x\n" for i in range(1, died + 1)) + f"# VM {died + 1}\n" * (died < len(names)), 1.0
        runs = mock.Mock(is_over=False)
        runs.keep = lambda place, who, text, *_: told.append(text)
        with mock.patch.multiple(coverage_families, families=lambda _: ["a", "b", "c"], boot=boot):
            coverage_families.make(runs, Path("k"), "amd", "npt=1", Path("to"))
        self.assertEqual(boots, [["a", "b", "c"], ["c"]])
        self.assertEqual([line for line in told[0].splitlines() if line.startswith("# family")], ["# family a", "# family c"])


class RealGcov(unittest.TestCase):
    """A program with counters in place of a kernel."""

    def test_functions_lines_branches(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "arch/x86/kvm"
            folder.mkdir(parents=True)
            (folder / "one.c").write_text("int used(int a)\n{\n\tif (a)\n\t\treturn 1;\n\treturn 2;\n}\n"
                                          "int unused(void) { return 3; }\nint main(void) { return used(1) - 1; }\n")
            subprocess.run(["gcc", "--coverage", "-c", "arch/x86/kvm/one.c", "-o", "arch/x86/kvm/one.o"], cwd=name, check=True)
            subprocess.run(["gcc", "--coverage", "arch/x86/kvm/one.o", "-o", "one"], cwd=name, check=True)
            subprocess.run(["./one"], cwd=name, check=True)
            data = (folder / "one.gcda").read_bytes()
            (folder / "one.gcda").unlink()
            found = gcov.functions_of(packed({f"./{name}/arch/x86/kvm/one.gcda": data}), Path(name))
        used = found["one.c", "used"]
        self.assertEqual({line: used.lines[line] for line in (1, 3, 4, 5)}, {1: 1, 3: 1, 4: 1, 5: 0})
        self.assertEqual(sorted(used.branches.values()), [0, 1])
        self.assertFalse(found["one.c", "unused"].is_reached)


def function(file: str, name: str, lines: dict, branches: dict | None = None) -> Function:
    return Function(file, name, min(lines), Counter(lines), Counter(branches or {}))


def as_found(*functions: Function) -> gcov.Functions:
    return {(each.file, each.name): each for each in functions}


class Pages(unittest.TestCase):
    def setUp(self):
        self.page = Page([Reason("mmu/mmu.c", "zap_*", "missing", "no step yet"),
                          Reason("*", "gone", "unreachable", "it is not there")])
        self.page.add("amd npt=1", as_found(function("mmu/mmu.c", "walk", {1: 1, 2: 0, 3: 0}, {(1, 0): 1, (1, 1): 0}),
                                            function("mmu/mmu.c", "zap_all", {10: 0}), function("x86.c", "halt", {1: 1})))
        self.page.add("intel ept=1", as_found(function("mmu/mmu.c", "walk", {1: 4, 2: 1, 3: 0}, {(1, 0): 0, (1, 1): 2}),
                                              function("mmu/mmu.c", "sync_all", {20: 0})))

    def test_runs_are_merged(self):
        self.assertIn("| `mmu/mmu.c` | 1/3 | 2/5 | 40.0 % | 2/2 | 100.0 % | 85 % |", self.page.files_table())

    def test_what_is_not_about_translations_does_not_count(self):
        self.assertNotIn("x86.c", self.page.files_table())
        self.assertTrue(coverage_table.is_in_scope("x86.c", "kvm_vcpu_flush_tlb_all"))
        self.assertFalse(coverage_table.is_in_scope("vmx/nested.c", "nested_vmx_setup_basic"))

    def test_lines_compiled_several_times_count_once(self):
        page = Page([])
        page.add("a", as_found(function("mmu/paging_tmpl.h", "ept_walk", {1: 1, 2: 0}), function("mmu/paging_tmpl.h", "paging64_walk", {1: 0, 2: 1})))
        self.assertIn("| 2/2 | 2/2 | 100.0 % |", page.files_table())

    def test_reasons(self):
        table = self.page.reasons_table().splitlines()
        self.assertEqual(table[2:], ["|  | **no sentence yet** | `sync_all` |", "| missing | no step yet | `zap_all` |"])
        self.assertEqual(self.page.stale_reasons(), ["* gone"])

    def test_by_function(self):
        self.page.add_families({("mmu/mmu.c", "walk"): {"linear"}, ("x86.c", "halt"): {"vmx.ept"}})
        rows = self.page.functions_table().splitlines()[3:]
        self.assertEqual(rows, ["mmu/mmu.c\twalk\t2/3\t2/2\tall\tlinear\t3", "mmu/mmu.c\tzap_all\t0/1\t0/0\t-\t-\tall",
                                "mmu/mmu.c\tsync_all\t0/1\t0/0\t-\t-\tall"])

    def test_aims(self):
        self.assertEqual(self.page.aims_table(), "- `mmu/mmu.c`, 40.0 % of 85 %: **no sentence yet**.")

    def test_the_reasons_of_the_repository(self):
        self.assertTrue(coverage_table.read_reasons(labpath.TOP / "lab/coverage-reasons.tsv"))

    def test_the_whole_page(self):
        text = self.page.text("7.3.4", 3, "2026-11-25.12345678")
        self.assertIn("of image 2026-11-25.12345678: 2 of 3 runs", text)
        self.assertIn("2. intel ept=1", text)

    def test_ranges(self):
        self.assertEqual(coverage_table.ranges([1, 2, 3, 7, 9, 10]), "1-3,7,9-10")


if __name__ == "__main__":
    unittest.main()
