"""What services have in common: how one is asked, within limits and with errors for people, and what an enricher is.

Nothing here knows a particular service. `Web` keeps the pace, repeats questions and limits each answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Protocol

from syncd.errors import SourceError
from syncd.messages import message
from syncd.model import Paper, Snapshot
from syncd.services import media_type
from syncd.services.records import pack
from syncd.sources.limits import JSON_VALUES, json_values
from syncd.sources.pace import http_date
from syncd.sources.statuses import refusal
from syncd.text.loose_json import Json, dig, listed
from syncd.text.patterns import pattern

if TYPE_CHECKING:
    from syncd.sources.exchange import Answer
    from syncd.sources.web import Web

Params = Mapping[str, str | int]

MOST_PAGES = 200
"""How many pages of one author are fetched. A server that sends more never ends."""

REFUSED = frozenset({400, 413, 414, 422})
"""Statuses that blame the question: another question may have an answer."""

UNKNOWN = frozenset({404, 410})
"""Statuses by which services say that they know no such author or paper."""


PAPERS = message("of-papers")
WORKS = message("of-works")
AUTHORS = message("of-authors")
"""What answers list."""


class RefusedError(SourceError):
    """A service does not take this question; it says nothing about others."""


@dataclass(slots=True)
class Asking:
    """A service being asked, about one author or about papers.

    All that it brings together stays within the limits of one source.

    Attributes:
        web: the session.
        title: the service, as people know it.
        author: the author's identifier there; empty where papers are asked about.
        source: the service's name in sources, where an author is asked about.
        headers: sent with each request.
        credentials: likewise, as parameters that are never shown or stored.
        complete: all pages were turned.
    """

    web: Web
    title: str
    source: str = ""
    author: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    complete: bool = True
    _captured: datetime | None = None
    _bytes: int = 0
    _values: int = 0

    @property
    def origin(self) -> str:
        """What errors are about: the author's short form, or the service."""
        return f"{self.source}:{self.author}" if self.author else self.title

    def get(self, url: str, params: Params | None = None) -> Answer:
        """Ask, and take any answer."""
        return self.web.get(url, params=params, headers=self.headers, credentials=self.credentials)

    def post(self, url: str, body: Any, params: Params) -> Answer:
        """Ask with a question in JSON, and take any answer."""
        return self.web.post(
            url, json_body=body, params=params, headers=self.headers, credentials=self.credentials
        )

    def checked(self, answer: Answer) -> Answer:
        """Return an answer whose status is 200.

        Raises:
            RefusedError: the question about papers is not taken.
            SourceError: the service can't or won't answer, knows no such author, or sends too much.
        """
        if answer.status != 200:
            raise self._refusal(answer)
        self._bytes += len(answer.data)
        if self._bytes > self.web.limits.size:
            raise self.error(
                message("service-sends-too-much", service=self.title, most=self.web.limits.size_in_words)
            )
        self._captured = http_date(answer.headers.get("Date", "")) or self._captured
        return answer

    def _refusal(self, answer: Answer) -> SourceError:
        status = answer.status
        if self.author and status in UNKNOWN:
            hint = message("check-identifier")
            return self.error(message("service-knows-no-author", service=self.title), hint=hint)
        if not self.author and status in REFUSED:
            return RefusedError(message("question-refused", status=status), origin=self.origin)
        if status in (401, 403) and (self.headers or self.credentials):
            hint = message("check-api-key")
            return self.error(message("service-key-not-accepted", status=status), hint=hint)
        shown = self.origin if self.author else answer.url.partition("?")[0]
        return refusal(status, answer.headers, shown, self.web.clock.now())

    def answer(self, url: str, params: Params | None = None) -> Answer:
        """Ask for something that must be there; see `checked`."""
        return self.checked(self.get(url, params))

    def json(self, url: str, params: Params | None = None) -> Any:
        """Ask for JSON that must be there; see `checked`."""
        return self._read(self.answer(url, params))

    def known(self, url: str, params: Params | None = None) -> list[Any]:
        """Ask for JSON where 404 means that there is none of it; returns a list of one, or of none."""
        answer = self.get(url, params)
        return [] if answer.status in UNKNOWN else [self._read(self.checked(answer))]

    def _read(self, answer: Answer) -> Any:
        self._values += json_values(answer.data)
        if self._values > JSON_VALUES:
            raise self.error(
                message("service-sends-too-many-values", service=self.title, most=f"{JSON_VALUES:,}")
            )
        return answer.json()

    def pages(
        self, url: str, params: Params, following: Callable[[Any, Params], Params | None]
    ) -> Iterator[Any]:
        """Turn pages, and note where there are too many of them.

        Args:
            url: of each page.
            params: of the first page.
            following: returns what changes for the page after one, by its JSON and its parameters; None after the last.
        """
        for _ in range(MOST_PAGES):
            page = self.json(url, params)
            yield page
            change = following(page, params)
            if change is None:
                return
            params = {**params, **change}
        self.complete = False

    def listed(self, answer: Any, *paths: str, what: str) -> list[Any]:
        """Return what an answer lists: itself, or the first list at one of the paths.

        Args:
            answer: JSON.
            paths: where in it the list may be.
            what: is in the list, for the error where there is none, such as `PAPERS`.
        """
        found = listed(answer, *paths)
        if found is None:
            raise self.odd(message("list-of", what=what))
        return found

    def rows(self, answer: Any, path: str, what: str) -> list[Json]:
        """Return the records that an answer lists at a path; see `listed`."""
        return [row for row in self.listed(dig(answer, path), what=what) if isinstance(row, dict)]

    def error(self, said: str, *, transient: bool = False, hint: str = "") -> SourceError:
        """Return an error about this author, or about this service."""
        words = message("at", place=self.origin, words=said) if self.author else said
        return SourceError(words, origin=self.origin, transient=transient, hint=hint)

    def odd(self, what: str) -> SourceError:
        """Return the error for an answer that is not what was asked for."""
        return self.error(message("answer-is-no", what=what), transient=True)

    def snapshot(self, author: Any, papers: list[Any], *, whole: bool = True) -> Snapshot:
        """Pack the author's record, or None, and the records of all papers, or of a part of them."""
        return Snapshot(
            pack(self.source, author, papers, identifier=self.author, complete=self.complete),
            origin=self.origin,
            captured=self._captured or self.web.clock.now(),
            media_type=media_type(self.source, "json"),
            charset="utf-8",
            whole=whole,
        )


@dataclass(frozen=True, slots=True)
class FoundAuthor:
    """An author that a search found.

    Attributes:
        source: what to follow: "scholarfeed:123".
        name: as the service writes it.
        service: the service's name as people know it.
        affiliation: where they work, as far as the service knows.
        field: the field that they work in.
        papers: how many papers the service knows.
        citations: of all papers.
        h_index: Hirsch index.
        topics: what they work on, most of it first; a few.
    """

    source: str
    name: str
    service: str
    affiliation: str | None = None
    field: str | None = None
    papers: int | None = None
    citations: int | None = None
    h_index: int | None = None
    topics: tuple[str, ...] = ()


MOST_TOPICS = 3
MOST_LATEST = 8
"""How many topics and papers tell who an author is."""


def topics(*names: str | None) -> tuple[str, ...]:
    """Return the first few topics of an author, each once.

    >>> topics("Optics", None, "Optics", "Lasers")
    ('Optics', 'Lasers')
    """
    return tuple(dict.fromkeys(name for name in names if name))[:MOST_TOPICS]


def newest(papers: Iterable[Paper]) -> list[Paper]:
    """Return the papers of the latest dates, newest first."""
    return sorted(papers, key=lambda paper: paper.date or "", reverse=True)[:MOST_LATEST]


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
"""Signs that search engines give a meaning of their own. A title is found without them.

>>> SIGNS.sub(" ", "C++, or: what |we| (don't) know?").strip()
'C or what we don t know'
"""


class Enricher(Protocol):
    """A service that completes papers.

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

    def read_paper(self, record: Json) -> Paper | None:
        """Return the paper that a record is about, or None for what is no paper."""
        ...


def words(title: str) -> str:
    """Return a title for search engines: its words alone.

    >>> words("C++, or: what |we| (don't) know?")
    'C or what we don t know'
    """
    return SIGNS.sub(" ", title).strip()


def cut(record: Json, fields: Iterable[str]) -> Json:
    """Return a record with no more than the fields that are read.

    >>> cut({"title": "T", "cited": 3}, ("title", "year"))
    {'title': 'T'}
    """
    return {name: record[name] for name in fields if name in record}
