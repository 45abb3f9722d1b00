"""Writes the units that come with syncd into a folder: `python -m syncd.service systemd`."""

from __future__ import annotations

import sys
from pathlib import Path

from syncd.service.systemd import shipped

if __name__ == "__main__":
    for name, text in shipped().items():
        place = Path(sys.argv[1]) / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
