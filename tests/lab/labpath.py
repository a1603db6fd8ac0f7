# SPDX-License-Identifier: MIT
"""Where the modules under test are."""

import sys
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "lab/py"))
