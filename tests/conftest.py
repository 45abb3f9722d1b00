"""A Zotero library over real HTTP, and a user's desk with syncd on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from desk import Desk, Zotero
from syncd.zotero.embedded import EmbeddedLibrary

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def zotero(tmp_path: Path) -> Iterator[Zotero]:
    """Serve an empty library."""
    with EmbeddedLibrary(tmp_path / "zotero.sqlite") as server:
        yield Zotero(server)


@pytest.fixture
def desk(tmp_path: Path, zotero: Zotero) -> Desk:
    """Give a configured folder whose profile has no page yet."""
    folder = tmp_path / "user"
    folder.mkdir()
    made = Desk(folder, zotero)
    made.configure()
    return made
