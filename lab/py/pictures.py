#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""pictures.py FOLDER [ARGUMENT of run.sh...]

Makes the pictures of README: terminal.png, what run.sh leaves on a terminal, and report.png, the head of its
report. Runs run.sh once on a terminal of its own, and a headless chromium for each.
"""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
from html import escape
from pathlib import Path

import series

TOP = Path(__file__).resolve().parent.parent.parent
COLUMNS, LINES, LINE_HEIGHT, MARGIN = 104, 60, 17, 12
COLOURS = {"1": "#fff", "2": "#888", "31": "#ff6b7f", "32": "#6fcf8e", "33": "#d9b44a", "35": "#b99cf0"}
PAGE = ("<style>body {{ margin: {margin}px; background: #16181d; color: #ddd; "
        "font: 13px/{line}px 'DejaVu Sans Mono', monospace; white-space: pre-wrap; overflow-wrap: anywhere }}</style>{text}")


def on_a_terminal(command: list[str]) -> str:
    """All that COMMAND writes to a terminal of its own, standard error left out."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    environment = {**os.environ, "TERM": "xterm"}
    environment.pop("NO_COLOR", None)
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=slave, env=environment)
    os.close(slave)
    said = b""
    while True:
        try:
            more = os.read(master, 65536)
        except OSError:  # the other side is gone
            break
        said += more
    process.wait()
    return said.decode(errors="replace")


def screen(text: str) -> list[str]:
    """What is left of it, for the few sequences that terminal.py uses: up a line, and clear the line."""
    lines, row = [""], 0
    for part in re.split(r"(\r?\n|\r|\033\[A|\033\[K)", text):
        if part in ("\n", "\r\n"):
            row += 1
            lines += [""] * (row == len(lines))
        elif part == "\033[A":
            row = max(0, row - 1)
        elif part in ("\033[K", "\r"):
            lines[row] = "" if part == "\033[K" else lines[row]
        else:
            lines[row] += part
    while lines and not lines[-1]:
        lines.pop()
    return lines


def as_html(lines: list[str]) -> str:
    text = escape("\n".join(lines), quote=False)
    text = re.sub(r"\033\[0m", "</span>", text)
    return re.sub(r"\033\[(\d+)m", lambda match: f'<span style="color: {COLOURS[match[1]]}">', text)


def picture(page: Path, file: Path, width: int, height: int) -> None:
    subprocess.run(["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--window-size={width},{height}",
                    f"--screenshot={file.resolve()}", page.resolve().as_uri()], check=True, timeout=120,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def main(folder: Path, arguments: list[str]) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    said = on_a_terminal([str(TOP / "run.sh"), *arguments])
    lines = [f"$ ./run.sh {' '.join(arguments)}".rstrip(), *screen(said.replace(str(Path.home()), "~"))]
    with tempfile.TemporaryDirectory() as work:
        page = Path(work) / "terminal.html"
        page.write_text(PAGE.format(margin=MARGIN, line=LINE_HEIGHT, text=as_html(lines)))
        tall = sum(1 + max(0, len(re.sub(r"\033\[\d+m", "", line)) - 1) // COLUMNS for line in lines)
        picture(page, folder / "terminal.png", 8 * COLUMNS + 2 * MARGIN, LINE_HEIGHT * tall + 2 * MARGIN)
        picture(series.cache_dir() / "last/report.html", folder / "report.png", 900, 1000)
    return 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
