"""The data that flows from a source to a library: plain, frozen, free of I/O.

Every stage of the pipeline takes and returns these. Text in them is plain Unicode; LaTeX and markup are
gone by the time that one of them exists.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Literal

DEFAULT_TAGS = ("{category}", "{affiliation}", "code", "{score_band}")
"""What papers are tagged with unless the configuration says otherwise."""

LinkKind = Literal["code", "model", "dataset", "demo", "project", "paper", "video", "other"]


@dataclass(frozen=True)  # without slots: it remembers its digest
class Snapshot:
    """What a fetch brought: bytes and where they came from.

    Attributes:
        data: the content, undecoded.
        origin: the path or address that it was read from, as shown to the user.
        captured: when the page was as it is here; time zone aware. Years are inferred from it.
        media_type: the `Content-Type` without parameters, when the source states one.
        charset: the character set that the source states, if any.
        whole: it is all that the source has; else what is new there, and what it lacks is not gone.
    """

    data: bytes
    origin: str
    captured: datetime
    media_type: str | None = None
    charset: str | None = None
    whole: bool = True

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the content, in hexadecimal: tells whether a source changed."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True, slots=True)
class Creator:
    """An author as the source names them.

    Attributes:
        name: the whole name as displayed, such as "Laurens van der Maaten".
        family: the surname with its particles ("van der Maaten"), or the whole name where it has one part
            or can't be split (single names, most non-Latin scripts).
        given: the given names; empty where the name can't be split.
        suffix: "Jr.", "III"; usually empty.
    """

    name: str
    family: str
    given: str = ""
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """An address that belongs to a paper.

    Attributes:
        url: the address, normalised: with a scheme, without `.git`, without trailing punctuation.
        kind: what it leads to.
        name: what a reader calls it, such as "namisan/mt-dnn".
    """

    url: str
    kind: LinkKind
    name: str


@dataclass(frozen=True, slots=True)
class Identifiers:
    """Identifiers of a paper itself, never of a work that it mentions.

    Attributes:
        doi: bare and in lower case (`10.1162/tacl_a_00123`), never an arXiv DOI.
        arxiv: bare and without version (`2304.12526`, `astro-ph/0601001`).
    """

    doi: str | None = None
    arxiv: str | None = None


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper of a profile.

    Attributes:
        title: plain Unicode, on one line.
        creators: the authors that the source shows, in its order.
        creators_truncated: the source cut the list ("et al.").
        abstract: plain Unicode; paragraphs are separated by one blank line.
        date: ISO 8601 with day, month or year precision, or None.
        date_inferred: the source gave no year; the year was inferred from the snapshot.
        category: the arXiv category as the source writes it, such as "CL" or "cs.CL".
        affiliations: slugs such as "microsoft-research".
        affiliation_names: the same as the source writes them, such as "Microsoft Research"; empty where it has slugs.
        score: the source's score of this paper, 0 to 100, or None.
        has_code: the source marks the paper as having code.
        links: repositories, project pages and other addresses, each once.
        identifiers: DOI and arXiv id, where the source states them.
        url: the paper's own page, where the source has an address for it.
        venue: title of the journal or of the proceedings that it appeared in.
        published_as: Zotero's item type of the published form, such as "journalArticle", "conferencePaper",
            "bookSection", "book", "thesis", "report" or "dataset"; None for a preprint.
        volume: of the journal or of the proceedings.
        issue: of the journal.
        pages: a range such as "100-112", or an article number.
        publisher: of the published form; a university or an institution for theses and reports, a repository for
            data sets and for preprints that are not at arXiv.
        retracted: the paper was retracted or withdrawn.
        former_titles: the title as syncd once read it, with markup left in it that it did not know then; the keys of
            items that it created then are made of these.
    """

    title: str
    creators: tuple[Creator, ...] = ()
    creators_truncated: bool = False
    abstract: str = ""
    date: str | None = None
    date_inferred: bool = False
    category: str | None = None
    affiliations: tuple[str, ...] = ()
    affiliation_names: tuple[str, ...] = ()
    score: float | None = None
    has_code: bool = False
    links: tuple[Link, ...] = ()
    identifiers: Identifiers = field(default_factory=Identifiers)
    url: str | None = None
    venue: str | None = None
    published_as: str | None = None
    volume: str | None = None
    issue: str | None = None
    pages: str | None = None
    publisher: str | None = None
    retracted: bool = False
    former_titles: tuple[str, ...] = ()

    @property
    def year(self) -> int | None:
        """The year of `date`, if there is one."""
        return int(self.date[:4]) if self.date else None

    @property
    def surname(self) -> str:
        """The first author's surname, or an empty string."""
        return self.creators[0].family if self.creators else ""


@dataclass(frozen=True, slots=True)
class Span:
    """The time for which papers of a profile are wanted, both ends included.

    Attributes:
        since: ISO 8601 with day, month or year precision; empty: from the beginning.
        until: likewise; empty: to this day and on.
    """

    since: str = ""
    until: str = ""

    @property
    def is_open(self) -> bool:
        """Whether every paper is wanted, whatever its date."""
        return not self.since and not self.until

    def holds(self, date: str | None) -> bool | None:
        """Tell whether a paper of this date is wanted; None where it has none.

        What is less exact decides: of a paper of 2021 it is not known that it came before May 2021.

        >>> span = Span("2021-05-01", "2023")
        >>> [span.holds(date) for date in ("2021", "2021-04", "2021-05-01", "2023-12-31", "2024", None)]
        [True, False, True, True, False, None]
        """
        if self.is_open:
            return True
        if not date:
            return None
        early = bool(self.since) and _cut(date, self.since) < _cut(self.since, date)
        late = bool(self.until) and _cut(date, self.until) > _cut(self.until, date)
        return not early and not late


def _cut(date: str, other: str) -> str:
    """Return a date as exactly as another one is, at most."""
    return date[: len(other)]


ALWAYS = Span()
"""All papers are wanted."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that the user should know about a source, though it was read.

    Attributes:
        code: stable, for scripts: "partial-page".
        message: one sentence for people.
    """

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Profile:
    """An author's profile: the figures of its header and the papers that it lists.

    Attributes:
        name: the author's name.
        field: the main field as the source writes it, such as "CL".
        h_index: Hirsch index.
        paper_count: how many papers the profile has, of which `papers` may be a part.
        citations: citations in all.
        novelty: in percent.
        ai_score: 0 to 100.
        papers: in the source's order.
        warnings: what was odd about the source.
        whole: these are all papers that the source has; else what is new there, without the figures of its header.
    """

    name: str
    field: str | None = None
    h_index: int | None = None
    paper_count: int | None = None
    citations: int | None = None
    novelty: int | None = None
    ai_score: int | None = None
    papers: tuple[Paper, ...] = ()
    warnings: tuple[Notice, ...] = ()
    whole: bool = True
