"""syncd as a process whose clock a test moves, as sleep and people move a computer's.

The file named first says by how many seconds; what is timed by the monotonic clock stands still meanwhile, as it
does on a computer that sleeps. The other words are syncd's.
"""

from __future__ import annotations

import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import time_machine


def follow(file: Path, clock: time_machine.Traveller, moved: float) -> None:
    """Shift the clock whenever the file says so."""
    while True:
        wanted = float(file.read_text(encoding="ascii") or moved)
        if wanted != moved:
            clock.shift(wanted - moved)
            moved = wanted
        time.sleep(0.02)


def main() -> None:
    """Run syncd."""
    file = Path(sys.argv.pop(1))
    begin = float(file.read_text(encoding="ascii"))
    clock = time_machine.travel(datetime.now(UTC).timestamp() + begin, tick=True).start()
    threading.Thread(target=follow, args=(file, clock, begin), daemon=True).start()
    from syncd.cli.main import main as syncd  # noqa: PLC0415 - with the clock moved already

    sys.argv[0] = "syncd"
    syncd()


if __name__ == "__main__":
    main()
