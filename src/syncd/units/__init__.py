"""The files by which a service manager starts syncd: systemd's units and launchd's agent, as text.

Everything here is computed from what is passed in; nothing is written and nothing is started.
`python -m syncd.units FOLDER` writes the units that come with syncd.
"""

from __future__ import annotations

from syncd.units import launchd, systemd
from syncd.units.start import Start

__all__ = ["Start", "launchd", "systemd"]
