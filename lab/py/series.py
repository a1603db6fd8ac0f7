# SPDX-License-Identifier: MIT
"""Long series of runs on emulated hosts: several at a time, each result kept under a key made of all it
depends on, so that a series that was interrupted goes on where it stopped.
"""

import argparse
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import ktap

TOP = Path(__file__).resolve().parent.parent.parent
EXIT_USAGE = 2
EXIT_OURS = 99
TIMED_OUT = 124
JUDGED = (0, 1, 77)  # statuses of run.sh with which it has verdicts about the host


def number_up_to(most: int) -> Callable[[str], int]:
    """For argparse: numbers from 1."""
    def parse(text: str) -> int:
        if not text.isdecimal() or not 1 <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"takes 1 to {most}, not '{text}'")
        return int(text)
    return parse


def arguments_parser(about: str) -> argparse.ArgumentParser:
    """With the options of all series. ABOUT: a module's docstring, whose last paragraph is about the exit status."""
    head, _, status = about.rpartition("\n\n")
    parser = argparse.ArgumentParser(description=head, epilog=status, allow_abbrev=False,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--elf", metavar="FILE", help="another image of ours than build/revenant.elf")
    parser.add_argument("--jobs", metavar="N", type=number_up_to(99), default=os.cpu_count(),
                        help="at a time (number of CPUs)")
    parser.add_argument("--again", action="store_true", help="forget the results kept so far")
    return parser


def usage_error(what: str) -> None:
    print(f"{Path(sys.argv[0]).name}: error: {what}", file=sys.stderr)
    sys.exit(EXIT_USAGE)


def built_kernel(*arguments: str) -> Path:
    """The bzImage that lab/kernel/build-kernel.sh makes of them, if need be. Its failure is ours."""
    built = subprocess.run([TOP / "lab/kernel/build-kernel.sh", *arguments], stdout=subprocess.PIPE, text=True)
    if built.returncode:
        sys.exit(built.returncode)
    return Path(built.stdout.strip())


def error_in(text: str) -> str:
    """What run.sh says is wrong; without such a line, the last one."""
    lines = text.strip().splitlines() or ["no reason given"]
    errors = [line.removeprefix("run.sh: error: ").partition("; it has:")[0] for line in lines
              if line.startswith("run.sh: error: ")]
    return "; ".join(errors or lines[-1:])


def cache_dir() -> Path:
    """As lab/say.sh."""
    home = os.environ.get("XDG_CACHE_HOME") or os.environ.get("HOME", "/root") + "/.cache"
    return Path(home) / "revenant"


# --- hosts ----------------------------------------------------------------------------------------

def keeps(vendor: str, params: str) -> bool:
    """Does a TLB keep what it may there? Bochs emulates such a machine: AMD with `tlb=keep`, Intel always."""
    return vendor == "intel" or "tlb=keep" in params.split()


def host_options(vendor: str, params: str) -> list[str]:
    """For run.sh. Among the parameters of KVM's modules may be words about the machine (hosts.sh)."""
    options, of_kvm = ["--host", "lab", "--cpu", vendor], []
    for word in params.split():
        name, _, value = word.partition("=")
        if name in ("tlb", "smp", "host-cpus"):
            options += [f"--{name}", value]
        else:
            of_kvm.append(word)
    return [*options, "--host-params", " ".join(of_kvm)]


# --- a series -------------------------------------------------------------------------------------

class Series:
    """A scratch folder with a copy of the image, and processes: all gone when the series ends, however it ends.

    Use it in a `with`. NAME is for messages, KEPT the folder of its results below the cache.
    """

    def __init__(self, name: str, kept: str, elf: str | None):
        self.name = name
        self.kept = cache_dir() / kept
        self.kept.mkdir(parents=True, exist_ok=True)
        self.elf = Path(elf or TOP / "build/revenant.elf")
        self.image_sum = ""
        self.processes: set[subprocess.Popen] = set()
        self.lock = threading.Lock()
        self.is_over = False

    def __enter__(self) -> "Series":
        if self.elf == TOP / "build/revenant.elf":
            subprocess.run(["make", "-s", "-C", TOP, "build/revenant.elf"], check=True)
        if not self.elf.is_file():
            usage_error(f"there is no image '{self.elf}'")
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
        self.folder = Path(tempfile.mkdtemp())
        self.image = self.folder / "revenant.elf"
        shutil.copy(self.elf, self.image)
        self.image_sum = _sum_of([self.image])
        bochs = TOP / "lab/bochs"
        self.bochs_sum = _sum_of([*sorted(bochs.glob("*.patch")), *sorted(bochs.glob("tlb/*")), TOP / "model/oracle/rules.c"])
        return self

    def __exit__(self, kind, *_) -> bool:
        self.end()
        shutil.rmtree(self.folder, ignore_errors=True)
        if kind is KeyboardInterrupt:
            sys.exit(130)
        return False

    def end(self) -> None:
        """Ends what runs; nothing begins any more."""
        with self.lock:
            self.is_over = True
            for process in self.processes:
                process.terminate()

    def note(self, text: str) -> None:
        print(f"{self.name}: {text}", file=sys.stderr, flush=True)

    def run(self, command: list, output: Path, limit: float | None = None) -> tuple[int, float]:
        """Its status, TIMED_OUT behind LIMIT seconds, and how long it took; standard error to OUTPUT.log."""
        begin = time.monotonic()
        with open(output, "wb") as out, open(f"{output}.log", "wb") as log:
            with self.lock:
                if self.is_over:
                    return 130, 0
                process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=log)
                self.processes.add(process)
            try:
                status = process.wait(limit)
            except subprocess.TimeoutExpired:
                process.terminate()
                status = TIMED_OUT
                process.wait()
            finally:
                self.processes.discard(process)
        return status, time.monotonic() - begin

    def at_once(self, jobs: int, work: Callable, items: Iterable) -> None:
        """WORK for each item, JOBS of them at a time."""
        pool = ThreadPoolExecutor(jobs)
        try:
            for done in [pool.submit(work, item) for item in items]:
                done.result()
        except BaseException:
            self.end()
            raise
        finally:
            pool.shutdown(cancel_futures=True)

    @property
    def image_name(self) -> str:
        """For those who read what it has made: the day, and the beginning of sha256sum's word."""
        return f"{time.strftime('%Y-%m-%d', time.gmtime())}.{self.image_sum[:8]}"

    def place(self, vendor: str, params: str, *others: object) -> Path:
        """Where the result of a run is kept, by all that it depends on."""
        cpu = self.bochs_sum if keeps(vendor, params) else ""
        words = repr((self.image_sum, cpu, vendor, params, *others))
        return self.kept / hashlib.sha256(words.encode()).hexdigest()[:20]

    def keep(self, place: Path, who: str, stream: str, status: int, seconds: float) -> None:
        """Keeps a run's KTAP stream, with a last line about the run, and tells of it."""
        part = place.with_suffix(".part")
        part.write_text(f"{stream.rstrip()}\n# run status={status} seconds={seconds:.1f} image={self.image_name}\n")
        part.rename(place)
        self.note(f"{who}: {len(ktap.read(stream).red())} red ({seconds:.1f} s)")

    def run_sh(self, place: Path, who: str, arguments: list, limit: float, may_be_cut: bool = False) -> None:
        """One run.sh, whose stream is kept if it has verdicts; MAY_BE_CUT: also if it had red ones at its limit."""
        output = place.with_suffix(".out")
        log = Path(f"{output}.log")
        command = [TOP / "run.sh", "-v", "--no-report", "--no-install", "--max-crashes", "0", "--image", self.image, *arguments]
        status, seconds = self.run(command, output, limit)
        text = output.read_text(errors="replace")
        if status == TIMED_OUT and may_be_cut and ktap.read(text).red():
            status = 1
        if status in JUDGED:
            self.keep(place, who, text, status, seconds)
            log.unlink()
        elif not self.is_over:
            self.note(f"{who}: run.sh ends with status {status}: {error_in(log.read_text(errors='replace'))} ({log})")
        output.unlink()


def _sum_of(paths: Iterable[Path]) -> str:
    total = hashlib.sha256()
    for path in paths:
        total.update(path.read_bytes())
    return total.hexdigest()
