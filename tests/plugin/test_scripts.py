"""The plugin's own tests, which are in JavaScript: one test of pytest's for each of their files."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from node import NODE

HERE = Path(__file__).parent
# Seconds for one file, many times what it takes.
PATIENCE = 120


@pytest.mark.parametrize("script", sorted(HERE.rglob("*.test.js")), ids=lambda path: path.name)
def test_javascript(script: Path) -> None:
    """Every test of the file passes, and there is at least one."""
    done = subprocess.run(
        [NODE, "--no-warnings", "--test-reporter=tap", script],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^# pass [1-9]", done.stdout, re.MULTILINE), "there is no test in it"
