# SPDX-License-Identifier: MIT
"""What the files of scenarios say of a case: its family's rule with the manual's section, how a host comes
to break it, what is then seen. The theory opens each scenarios/*.scn, in paragraphs that begin with `The rule.`
and so on.
"""

import re
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent.parent


@dataclass
class Theory:
    file: str  # scenarios/NAME.scn
    paragraphs: list[str]

    @property
    def rule(self) -> str:
        """What the manuals say; nothing where the file does not tell."""
        return next((text.removeprefix("The rule. ") for text in self.paragraphs if text.startswith("The rule.")), "")


class Theories:
    def __init__(self, folder: Path = TOP / "scenarios"):
        self.patterns: list[tuple[str, re.Pattern, Theory]] = []
        for path in sorted(folder.glob("*.scn")):
            text = path.read_text()
            theory = Theory(f"scenarios/{path.name}", opening(text))
            for name in re.findall(r"^\s*scenario (\S+?):", text, re.MULTILINE):
                pattern = "[a-z0-9.-]+".join(map(re.escape, re.split(r"\{[^}]*\}", name)))
                self.patterns.append((name, re.compile(pattern), theory))

    def of(self, case: str) -> Theory | None:
        """Of the scenario whose name says most about this one."""
        found = [(len(name), theory) for name, pattern, theory in self.patterns if pattern.fullmatch(case)]
        return max(found, key=lambda one: one[0])[1] if found else None


def opening(text: str) -> list[str]:
    """The paragraphs of the comment that a file begins with, but for its licence."""
    lines = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        lines.append("" if "SPDX-License-Identifier" in line else line.removeprefix("#").strip())
    return [" ".join(part.split()) for part in re.split(r"\n\s*\n", "\n".join(lines)) if part.strip()]
