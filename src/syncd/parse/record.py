"""What every bibliographic format says of a paper, in one form, and the paper that it makes.

A format's own module only maps its fields to a `Record`; what identifies a paper, and what is a preprint, is
decided here once for all of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from syncd.model import Identifiers, Paper
from syncd.sources.limits import CREATORS, FIELD, within
from syncd.text.arxiv import arxiv_id
from syncd.text.doi import doi
from syncd.text.latex import to_unicode
from syncd.text.links import classify, find_links

if TYPE_CHECKING:
    from collections.abc import Iterable

    from syncd.model import Creator, Link

PREPRINT = re.compile(
    r"(?i)(?:arxiv|(?:bio|med|chem|psy|tech|open)rxiv|corr|computing research repository|ssrn)\b"
    r"(?!.*\bjournal\b).*"
)
"""A "journal" that holds preprints.

>>> [bool(PREPRINT.fullmatch(text)) for text in ("arXiv preprint arXiv:2304.12526", "CoRR", "Corrosion Science")]
[True, True, False]
"""

REPOSITORY = re.compile(r"\Aabs/(?=\S+$)")
"""What DBLP writes before an arXiv id that it calls a volume: "abs/2304.12526"."""

ARXIV_NOTE = re.compile(r"(?i)(?:arxiv preprint\s*)?arxiv:\s*\S+(?:\s*\[[\w.-]+\])?\.?")
"""A note that says nothing but the paper's own arXiv id.

>>> bool(ARXIV_NOTE.fullmatch("arXiv:2304.12526 [cs]")), bool(ARXIV_NOTE.fullmatch("extends arXiv:2304.12526"))
(True, False)
"""

DASHES = re.compile(r"\s*(?:--+|[‐-―−])\s*")  # noqa: RUF001 - dashes are meant
"""What stands between the first and the last page.

>>> DASHES.sub("-", "100--112"), DASHES.sub("-", "e1--e9")
('100-112', 'e1-e9')
"""

WEB = re.compile(r"(?i)https?://[^\s/]+\S*")


@dataclass(slots=True)
class Record:
    """A paper as a bibliographic format has it; text may hold LaTeX.

    Attributes:
        title: as written.
        creators: the authors.
        truncated: the list of authors was cut.
        abstract: as written.
        date: ISO 8601.
        category: of arXiv.
        dois: texts that are or hold the paper's DOI, the best first.
        arxivs: texts that are or hold its arXiv id, the best first.
        url: its page.
        texts: what is searched for links besides the abstract.
        venue: journal or proceedings.
        form: Zotero's item type of the published form.
        volume: as written, like the next three.
        issue: as written.
        pages: as written.
        publisher: as written.
    """

    title: str = ""
    creators: tuple[Creator, ...] = ()
    truncated: bool = False
    abstract: str = ""
    date: str | None = None
    category: str | None = None
    dois: Iterable[str] = ()
    arxivs: Iterable[str] = ()
    url: str = ""
    texts: Iterable[str] = field(default=())
    venue: str = ""
    form: str | None = None
    volume: str = ""
    issue: str = ""
    pages: str = ""
    publisher: str = ""


def paper_of(record: Record) -> Paper | None:
    """Make the paper of a record, or None where it has no title.

    Raises:
        TooMuchError: a field is too long, or there are too many authors.
    """
    within(len(record.abstract), FIELD, "characters in one field")
    within(len(record.creators), CREATORS, "authors of one paper")
    title = one_line(record.title)
    if not title:
        return None
    identifiers = Identifiers(
        next(filter(None, map(doi, record.dois)), None),
        next(filter(None, (arxiv_id(REPOSITORY.sub("", text)) for text in record.arxivs)), None),
    )
    url = record.url.strip()
    url = url if WEB.fullmatch(url) else ""
    venue = one_line(record.venue) or None
    paper = Paper(
        title=title,
        creators=record.creators,
        creators_truncated=record.truncated,
        abstract=to_unicode(record.abstract),
        date=record.date,
        category=record.category,
        links=_links(url, record.abstract, *record.texts),
        identifiers=identifiers,
        url=url or None,
    )
    if (venue and PREPRINT.fullmatch(venue)) or (
        record.form == "journalArticle" and not venue and identifiers.arxiv
    ):
        return paper
    return _published(paper, record, venue)


def _published(paper: Paper, record: Record, venue: str | None) -> Paper:
    publisher = one_line(record.publisher)
    return replace(
        paper,
        venue=venue,
        published_as=record.form,
        volume=None if REPOSITORY.match(record.volume) else one_line(record.volume) or None,
        issue=one_line(record.issue) or None,
        pages=DASHES.sub("-", one_line(record.pages)) or None,
        publisher=publisher if publisher and not PREPRINT.fullmatch(publisher) else None,
    )


def _links(url: str, *texts: str) -> tuple[Link, ...]:
    """The links in the texts, and the page itself where it is a repository or the like."""
    links = {link.url: link for text in texts if text for link in find_links(text)}
    page = classify(url) if url else None
    if page and page.kind not in {"paper", "other"}:
        links.setdefault(page.url, page)
    return tuple(links.values())


def one_line(text: str) -> str:
    r"""Convert a field that is one line, however it was broken.

    >>> one_line("{BERT}:\n\n  a \\'etude")
    'BERT: a étude'

    Raises:
        TooMuchError: it is too long.
    """
    within(len(text), FIELD, "characters in one field")
    return to_unicode(" ".join(text.split())) if text else ""
