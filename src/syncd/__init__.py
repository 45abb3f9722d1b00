"""Keeps a Zotero library up to date with author profiles.

The package has no public Python interface beyond the command line; `docs/architecture.md` shows how
data flows through its modules.
"""

from __future__ import annotations

__version__ = "0.1.0"
