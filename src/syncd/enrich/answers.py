"""What services said, kept on disk, so that a second run asks nobody anything that it knows.

An entry a question: a service and a paper's identifier, or its folded title and surname. What is damaged counts
as missing, the folder is bounded, and it may be deleted at any time. Keys of services are never in it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from syncd.sources.cache import Cache, key

if TYPE_CHECKING:
    from pathlib import Path

    from syncd.clock import Clock
    from syncd.enrich.enricher import Records

HITS = timedelta(days=30)
MISSES = timedelta(days=3)
"""A service that does not know a paper today may know it soon."""

MOST_BYTES = 64_000_000

FOUND, MISSING = 200, 404
"""How an entry says whether the paper was found, in the words of the cache."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service said.

    Attributes:
        records: what it found; also for a miss, where nothing of it was certain.
        fresh: new enough to do without asking.
    """

    records: Records
    fresh: bool


class Answers:
    """The answers of all services.

    Args:
        folder: the data folder's cache; answers are in a folder of their own there.
        clock: tells how old an answer is.
        hits: how long the service is not asked again about a paper that it knows.
        misses: likewise about one that it does not know.
        most_bytes: the size to keep within.
    """

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        *,
        hits: timedelta = HITS,
        misses: timedelta = MISSES,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._cache = Cache(folder / "enrich", clock, most_bytes)
        self._lasts = {FOUND: hits.total_seconds(), MISSING: misses.total_seconds()}

    def recall(self, question: str) -> Answer | None:
        """Return what was answered, also if that was long ago."""
        entry = self._cache.find(key(question))
        if entry is None:
            return None
        try:
            kept = json.loads(entry.data)
        except (ValueError, RecursionError):
            return None
        if not isinstance(kept, dict) or kept.get("question") != question:
            return None
        records = kept.get("records")
        if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
            return None
        return Answer(records, entry.age < self._lasts.get(entry.status, 0.0))

    def keep(self, question: str, records: Records, *, found: bool) -> None:
        """Keep an answer."""
        kept = json.dumps({"question": question, "records": records}, separators=(",", ":"))
        self._cache.keep(key(question), FOUND if found else MISSING, {}, kept.encode())
