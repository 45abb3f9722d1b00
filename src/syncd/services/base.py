"""What services have in common: asking for JSON, turning pages, packing records, and what enrichers offer.

It knows no service. Pace, repeats and limits are the `Web`'s part.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, Protocol

from syncd.errors import ParseError, SourceError
from syncd.model import Paper, Profile, Snapshot
from syncd.sources.limits import JSON_VALUES, json_values
from syncd.sources.pace import http_date, retry_after
from syncd.sources.statuses import refusal
from syncd.text.loose import Json, dig
from syncd.text.patterns import pattern

if TYPE_CHECKING:
    from syncd.sources.exchange import Answer
    from syncd.sources.web import Web


@dataclass(frozen=True, slots=True)
class FoundAuthor:
    """An author that a search found.

    Attributes:
        source: what to follow: "scholarfeed:123".
        name: as the API writes it.
        service: the API's name as people know it.
        affiliation: where they work, as far as the API knows.
        field: what they work on.
        papers: how many papers the API knows.
        citations: of all papers.
        h_index: Hirsch index.
    """

    source: str
    name: str
    service: str
    affiliation: str | None = None
    field: str | None = None
    papers: int | None = None
    citations: int | None = None
    h_index: int | None = None


MOST_PAGES = 200
"""How many pages of one author are fetched: more is a server that never ends."""


@dataclass(slots=True)
class Fetching:
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


REFUSED = frozenset({400, 413, 414, 422})
"""Statuses that blame the question: another question may have an answer."""

UNKNOWN = frozenset({404, 410})
"""Statuses by which some services say that they know no such paper."""


class RefusedError(SourceError):
    """A service does not take this question; it says nothing about others."""


@dataclass(frozen=True, slots=True)
class Asking:
    """A service being asked.

    Attributes:
        web: the session.
        title: the service, as people know it.
        headers: sent with each request.
        credentials: likewise, as parameters that are never shown or stored.
    """

    web: Web
    title: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)

    def get(self, url: str, params: Mapping[str, str | int] | None = None) -> Answer:
        """Ask, and take any answer."""
        return self.web.get(url, params=params, headers=self.headers, credentials=self.credentials)

    def checked(self, answer: Answer) -> Answer:
        """Return an answer that is one.

        Raises:
            RefusedError: the question is not taken.
            SourceError: the service can't or won't answer.
        """
        if answer.status == 200:
            return answer
        if answer.status in REFUSED:
            raise RefusedError(f"the question is not taken ({answer.status})", origin=self.title)
        if answer.status in (401, 403) and (self.headers or self.credentials):
            raise self.error(f"the key is not accepted ({answer.status})", hint="Check the API key.")
        wait = retry_after(answer.headers.get("Retry-After"), self.web.clock.now())
        raise refusal(answer.status, answer.headers, answer.url.partition("?")[0], wait)

    def json(self, url: str, params: Mapping[str, str | int] | None = None) -> Any:
        """Ask for JSON that must be there."""
        return self.checked(self.get(url, params)).json()

    def known(self, url: str, params: Mapping[str, str | int] | None = None) -> list[Any]:
        """Ask for JSON where 404 means that there is none of it; returns a list of one, or of none."""
        answer = self.get(url, params)
        return [] if answer.status in UNKNOWN else [self.checked(answer).json()]

    def post(self, url: str, body: Any, params: Mapping[str, str | int]) -> Answer:
        """Ask with a question in JSON, and take any answer."""
        return self.web.post(
            url, json_body=body, params=params, headers=self.headers, credentials=self.credentials
        )

    def rows(self, answer: Any, path: str, what: str) -> list[dict[str, Any]]:
        """Return the records that an answer lists.

        Args:
            answer: JSON.
            path: where in it the list is.
            what: is in the list, for the error where there is none.
        """
        found = dig(answer, path)
        if not isinstance(found, list):
            raise self.odd(f"list of {what}")
        return [row for row in found if isinstance(row, dict)]

    def error(self, message: str, *, transient: bool = False, hint: str = "") -> SourceError:
        """Return an error about this service."""
        return SourceError(message, origin=self.title, transient=transient, hint=hint)

    def odd(self, what: str) -> SourceError:
        """Return the error for an answer that is not what was asked for."""
        return self.error(f"the answer is no {what}", transient=True)


Part = Literal[
    "creators",
    "abstract",
    "date",
    "first date",
    "category",
    "published",
    "registered",
    "identifiers",
    "links",
    "retracted",
]
"""What a service may give. "first date": the day of the preprint's first version. "registered": the published form
as its publisher registered it, which is better than what others made of it."""

Records = list[Json]

MOST_CANDIDATES = 5
"""How many records with a similar title are looked at for one paper."""

SIGNS = pattern(r"[\W_]+", hostile="_")
"""What search engines give a meaning of their own, and titles do not need.

>>> SIGNS.sub(" ", "C++, or: what |we| (don't) know?").strip()
'C or what we don t know'
"""


class Enricher(Protocol):
    """A service.

    Attributes:
        name: in the configuration.
        title: as people know it.
        base: its address.
        per_lookup: how many identifiers one request takes.
        per_search: how many titles one request takes.
        gives: what a paper may be completed with.
    """

    @property
    def name(self) -> str: ...  # noqa: D102 - see above
    @property
    def title(self) -> str: ...  # noqa: D102
    @property
    def base(self) -> str: ...  # noqa: D102
    @property
    def per_lookup(self) -> int: ...  # noqa: D102
    @property
    def per_search(self) -> int: ...  # noqa: D102
    @property
    def gives(self) -> frozenset[Part]: ...  # noqa: D102

    def identifier(self, paper: Paper) -> str | None:
        """Return what the service knows the paper by, or None where there is no use in looking it up."""
        ...

    def searches(self, paper: Paper) -> bool:
        """Tell whether to search by title where the paper could not be looked up."""
        ...

    def lookup(self, identifiers: Sequence[str], web: Web) -> Sequence[Records]:
        """Ask for papers by identifier; returns the records of each, none for what is not known.

        Raises:
            SourceError: there is no answer, or none that makes sense.
        """
        ...

    def search(self, papers: Sequence[Paper], web: Web) -> Sequence[Records]:
        """Ask for papers by title; returns candidates for each.

        Raises:
            SourceError: likewise.
        """
        ...

    def read(self, record: Json) -> Paper | None:
        """Return the paper that a record is about, or None for what is no paper."""
        ...


def words(title: str) -> str:
    """Return a title for search engines: its words alone."""
    return SIGNS.sub(" ", title).strip()


def cut(record: Json, fields: Iterable[str]) -> Json:
    """Return a record with no more than the fields that are read.

    >>> cut({"title": "T", "cited": 3}, ("title", "year"))
    {'title': 'T'}
    """
    return {name: record[name] for name in fields if name in record}


def read(record: Json, api: str, parse: Callable[[Snapshot], Profile]) -> Paper | None:
    """Read a record.

    Args:
        record: as the API gave it.
        api: the API's name in sources.
        parse: reads a snapshot of that API.

    Returns:
        The paper, or None for what is none.

    Raises:
        ParseError: it has a form that can't be read.
    """
    document = {"source": api, "id": "", "author": None, "papers": [record], "complete": True}
    snapshot = Snapshot(json.dumps(document).encode(), f"{api}:", datetime.min.replace(tzinfo=UTC))
    profile = parse(snapshot)
    codes = {notice.code for notice in profile.warnings}
    if "odd-record" in codes:
        raise ParseError("this record can't be read", origin=snapshot.origin)
    if not profile.papers:
        return None
    retracted = "retracted" in codes
    paper = profile.papers[0]
    return replace(paper, retracted=True) if retracted else paper
