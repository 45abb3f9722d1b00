"""What lists of a library of 100,000 papers cost: seconds of CPU and memory, in each format."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from large import fill
from syncd.lists.formats import WRITERS

if TYPE_CHECKING:
    from pathlib import Path

PAPERS = 100_000
# MB.
MOST = 200


def cost(folder: Path, *words: str) -> tuple[float, float]:
    """Return the seconds of CPU and the MB of memory that a command takes at most."""
    env = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        "HOME": str(folder),
        "SYNCD_DATA_DIR": str(folder / "data"),
    }
    process = subprocess.Popen([sys.executable, "-m", "syncd", *words], env=env, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def test_a_list_takes_little_memory_however_long_it_is(tmp_path: Path) -> None:
    """Papers are read and written some at a time; what is kept of each is its key and what it is sorted by."""
    (tmp_path / "data").mkdir(mode=0o700)
    fill(tmp_path / "data/library.sqlite", PAPERS)
    first, _ = cost(tmp_path, "export", "--format", "csv", "-o", str(tmp_path / "first.csv"))
    rows = [
        f"{'format':10} {'CPU s':>6} {'MB':>5} {'file MB':>8}   (the library is read first, in {first:.0f} s)"
    ]
    for form in WRITERS:
        file = tmp_path / f"list.{form}"
        seconds, memory = cost(tmp_path, "export", "--format", form, "-o", str(file))
        rows.append(f"{form:10} {seconds:6.1f} {memory:5.0f} {file.stat().st_size / 1e6:8.1f}")
        assert memory < MOST, form
    seconds, memory = cost(tmp_path, "export", "--format", "csv", "-o", str(tmp_path / "first.csv"))
    rows.append(f"{'unchanged':10} {seconds:6.1f} {memory:5.0f}")
    sys.stdout.write("\n" + "\n".join(rows) + "\n")
