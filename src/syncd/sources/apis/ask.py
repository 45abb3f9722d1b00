"""What the APIs have in common: asking for JSON, turning pages, and packing records into one snapshot.

It knows no service, and reads no more of an answer than it takes to ask for the next page.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from syncd.errors import SourceError
from syncd.model import Snapshot
from syncd.sources.http import http_date
from syncd.sources.limits import JSON_VALUES, json_values
from syncd.sources.pace import retry_after
from syncd.sources.statuses import refusal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from syncd.sources.exchange import Answer
    from syncd.sources.web import Web

MOST_PAGES = 200
"""How many pages of one author are fetched: more is a server that never ends."""


@dataclass(slots=True)
class Asking:
    """An author being fetched.

    Attributes:
        web: the session.
        service: the API's name as people know it.
        name: the API's name in sources and media types.
        author: the author's identifier there.
        headers: sent with each request.
        credentials: likewise, as parameters.
    """

    web: Web
    service: str
    name: str
    author: str
    headers: Mapping[str, str] = field(default_factory=dict)
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    _captured: datetime | None = None
    _bytes: int = 0
    _values: int = 0

    @property
    def origin(self) -> str:
        """The source's short form."""
        return f"{self.name}:{self.author}"

    def error(self, message: str, *, transient: bool = False, hint: str = "") -> SourceError:
        """Return an error about this source."""
        return SourceError(
            f"{self.origin}: {self.service} {message}", origin=self.origin, transient=transient, hint=hint
        )

    def answer(self, url: str, params: Mapping[str, str | int] | None = None) -> Answer:
        """Ask for something that must be there.

        Raises:
            SourceError: it is not to be had; 404 is told as an author that is not known.
        """
        answer = self.web.get(url, params=params, headers=self.headers, credentials=self.credentials)
        if answer.status in (404, 410):
            raise self.error("knows no such author", hint="Check the identifier, or search for the name.")
        if answer.status in (401, 403) and (self.headers or self.credentials):
            raise self.error(
                f"does not accept the request ({answer.status})", hint="Check the API key, if you set one."
            )
        if answer.status != 200:
            wait = retry_after(answer.headers.get("Retry-After"), self.web.clock.now())
            raise refusal(answer.status, answer.headers, self.origin, wait)
        self._bytes += len(answer.data)
        if self._bytes > self.web.limits.size:
            raise self.error(f"sends more than {self.web.limits.size_in_words}")
        self._captured = http_date(answer.headers.get("Date", "")) or self._captured
        return answer

    def json(self, url: str, params: Mapping[str, str | int] | None = None) -> Any:
        """Ask for JSON that must be there."""
        answer = self.answer(url, params)
        self._values += json_values(answer.data)
        if self._values > JSON_VALUES:
            raise self.error(f"sends more than {JSON_VALUES:,} values")
        return answer.json()

    def snapshot(self, author: Any, papers: list[Any], *, complete: bool = True) -> Snapshot:
        """Pack what was fetched.

        Args:
            author: the author's record, or None.
            papers: the papers' records.
            complete: there are no more papers than these.
        """
        document = {
            "source": self.name,
            "id": self.author,
            "author": author if isinstance(author, dict) else None,
            "papers": papers,
            "complete": complete,
        }
        # Sorted, so that the same content is the same bytes.
        data = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode(
            "utf-8", "replace"
        )
        return Snapshot(
            data,
            origin=self.origin,
            captured=self._captured or self.web.clock.now(),
            media_type=f"application/vnd.syncd.{self.name}+json",
            charset="utf-8",
        )
