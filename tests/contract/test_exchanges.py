"""The embedded library answers as the real server did when the exchanges were recorded."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

from syncd.zotero.embedded import EmbeddedLibrary


def _load_replay() -> Any:
    """Test folders are no packages, so a neighbour is loaded by its path."""
    spec = importlib.util.spec_from_file_location("replay", Path(__file__).with_name("replay.py"))
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_every_recorded_exchange_is_answered_alike(tmp_path: Path) -> None:
    """Status, versions, totals, bodies and the words of errors are the real server's, in 93 exchanges."""
    replay = _load_replay()
    with EmbeddedLibrary(tmp_path / "library.sqlite") as library:
        results = replay.replay(replay.connect(library.url, library.library, library.key))
    assert len(results) == 93
    assert [result for result in results if result[1] != result[2]] == []


def test_replay_notices_another_answer(tmp_path: Path) -> None:
    """The comparison is not vacuous: a key without rights makes most exchanges differ."""
    replay = _load_replay()
    with EmbeddedLibrary(tmp_path / "library.sqlite", write=False) as library:
        results = replay.replay(replay.connect(library.url, library.library, library.key))
    assert len([result for result in results if result[1] != result[2]]) > 60
