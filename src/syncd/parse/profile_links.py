"""The page, identifiers and repositories of a paper, as the links of a profile page in HTML show them.

Only a link of the title, or of a button beside it, identifies the paper. A link within an abstract never does. Nothing
here opens an address.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from syncd.model import Identifiers, Link
from syncd.text.identifiers import arxiv_id, doi
from syncd.text.links import classify, merged
from syncd.text.patterns import pattern

SITE_ID = pattern(
    r"/(?P<id>\d{4}\.\d{4,5}|[a-z][a-z-]{1,9}(?:\.[A-Za-z-]{2,9})?/\d{7})(?:v\d+)?/?(?:[?#](?s:.*))?$",
    hostile="/1234.1234?",
)
"""A site's own address of a paper, which ends in the arXiv id.

>>> [SITE_ID.search(url)["id"] for url in ("/paper/2304.12526", "https://a.org/p/hep-th/9901001v2?tab=1")]
['2304.12526', 'hep-th/9901001']
"""


@dataclass(frozen=True, slots=True)
class Anchor:
    """A link or badge in a line.

    Attributes:
        label: the text that it shows; empty for an icon.
        url: where it leads; without scheme where the page's own address is unknown; empty for a badge.
    """

    label: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Anchors:
    """The anchors of one paper, by where they stand.

    Attributes:
        title: in the title.
        beside: in the paper's first line, and in lines of buttons.
        body: in the abstract.
    """

    title: tuple[Anchor, ...] = ()
    beside: tuple[Anchor, ...] = ()
    body: tuple[Anchor, ...] = ()


@dataclass(frozen=True, slots=True)
class Marked:
    """What the anchors of a paper say."""

    url: str | None = None
    identifiers: Identifiers = field(default_factory=Identifiers)
    links: tuple[Link, ...] = ()
    code: bool = False


def read_anchors(anchors: Anchors, badge: str) -> Marked:
    """Read the anchors of one paper.

    Args:
        anchors: of its lines.
        badge: the label that marks a paper as having code.
    """
    own = (*anchors.title, *anchors.beside)
    doi_, arxiv = None, None
    for anchor in own:
        found = identifiers_of(anchor.url)
        doi_, arxiv = doi_ or found.doi, arxiv or found.arxiv
    pages = [anchor.url for anchor in anchors.title if _is_web(anchor.url)]
    beside = _links(anchor.url for anchor in own if identifiers_of(anchor.url) == Identifiers())
    body = _links(anchor.url for anchor in anchors.body)
    return Marked(
        url=pages[0] if pages else None,
        identifiers=Identifiers(doi_, arxiv),
        links=merged(beside, body),
        code=any(badge in anchor.label.split() for anchor in anchors.beside)
        or any(link.kind == "code" for link in beside),
    )


def identifiers_of(url: str) -> Identifiers:
    """Read the identifiers in the address of a paper.

    >>> identifiers_of("https://arxiv.org/abs/2304.12526v2"), identifiers_of("/paper/2304.12526").arxiv
    (Identifiers(doi=None, arxiv='2304.12526'), '2304.12526')
    >>> identifiers_of("https://doi.org/10.1000/2304.12526").arxiv is None
    True
    """
    named, digital = arxiv_id(url), doi(url)
    at_end = SITE_ID.search(url) if not named and not digital else None
    return Identifiers(digital, named or (arxiv_id(at_end["id"]) if at_end else None))


def _is_web(url: str) -> bool:
    return url.startswith(("http://", "https://"))


def _links(urls: Iterable[str]) -> tuple[Link, ...]:
    found = [classify(url) for url in urls if _is_web(url)]
    return tuple(link for link in found if link and link.kind != "other")
