"""Readers of single values in APIs' answers, for the mapping tables: each returns None for what is no such value."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any

from syncd.parse.dates_of import iso_date
from syncd.sources.apis import loose
from syncd.text.arxiv import arxiv_id
from syncd.text.names import ET_AL, creator, parse_authors
from syncd.text.patterns import pattern

if TYPE_CHECKING:
    from syncd.model import Creator

MARKUP = pattern(
    r"</?(?:i|b|u|em|strong|sub|sup|small|sc|tt|span|p|br|div|title|sec|italic|bold|inline-formula|tex-math"
    r"|(?:mml|jats):[\w-]+|math|mi|mo|mn|mrow|msub|msup|mtext|semantics|annotation)(?:\s[^<>]*)?/?>",
    hostile="<i ",
    flags=re.IGNORECASE,
)
"""Elements that services leave in titles and abstracts; a comparison such as "a < b" is none.

>>> MARKUP.sub("", "H<sub>2</sub>O in <jats:p>a < b</jats:p>")
'H2O in a < b'
"""

FINAL_STOP = pattern(r"(?<![.])\.$", hostile=".")
"""The full stop that DBLP and PubMed end titles with; dots that mean something stay.

>>> [FINAL_STOP.sub("", text) for text in ("A Title.", "And so on...", "Why?")]
['A Title', 'And so on...', 'Why?']
"""

SLUG = pattern(r"[^a-z0-9]+", hostile="-")


def text(value: Any) -> str | None:
    """Read text, without markup and entities.

    >>> text("Q&amp;A with <i>LLMs</i>"), text(["a"]), text("  ")
    ('Q&A with LLMs', None, None)
    """
    found = loose.text(value)
    return None if found is None else loose.text(MARKUP.sub("", html.unescape(found)))


def texts(value: Any) -> tuple[str, ...] | None:
    """Read one text or a list of them.

    >>> texts("a"), texts(["a", None, "b"]), texts(3)
    (('a',), ('a', 'b'), None)
    """
    found = tuple(filter(None, map(text, value if isinstance(value, list) else [value])))
    return found or None


def arxivs(value: Any) -> tuple[str, ...] | None:
    """Read one text that is or holds an arXiv id, or several of them.

    >>> arxivs(["https://example.org/", "http://arxiv.org/abs/2001.00001v2"]), arxivs("10.48550/arXiv.2001.00001")
    (('2001.00001',), ('2001.00001',))
    """
    return tuple(filter(None, map(arxiv_id, texts(value) or ()))) or None


HYPHEN = pattern(r"(?:(?<!\s)\s+)?-\s*", hostile=" ")
"""What stands between the first and the last page."""


def pages(value: Any) -> str | None:
    r"""Read a range of pages.

    >>> pages("\n 1 - 9 "), pages("e123"), pages(3)
    ('1-9', 'e123', None)
    """
    found = text(value)
    return None if found is None else HYPHEN.sub("-", found)


def count(value: Any) -> int | None:
    """Read a number of things."""
    return loose.number(value)


def date(value: Any) -> str | None:
    """Read a date or a year.

    >>> date("2023-04-25T00:00:00Z"), date(2023), date(2023.0), date("soon"), date(True)
    ('2023-04-25', '2023', '2023', None, None)
    >>> date(1682380800), date({"year": 2023})
    (None, None)
    """
    number = loose.number(value)
    if number is not None and not 1000 <= number <= 2999:
        return None  # seconds since 1970 start like a year
    return (
        iso_date(str(number) if number is not None else value) if number or isinstance(value, str) else None
    )


def percent(value: Any) -> float | None:
    """Read a score as 0 to 100; up to 1 it is taken for a share of 1.

    >>> percent(0.57), percent(66), percent("0.5"), percent(1200), percent(True)
    (57.0, 66.0, 50.0, None, None)
    """
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 100:
        return None
    return round(value * 100.0, 1) if value <= 1 else round(float(value), 1)


def whole_percent(value: Any) -> int | None:
    """Read a score as a whole number from 0 to 100."""
    found = percent(value)
    return None if found is None else round(found)


def flag(value: Any) -> bool | None:
    """Read yes or no.

    >>> flag(True), flag(0), flag("yes")
    (True, False, None)
    """
    return bool(value) if value in (True, False) else None


def slugs(value: Any) -> tuple[str, ...] | None:
    """Read names of institutions.

    >>> slugs(["Microsoft Research", None, "apple-ml", ""])
    ('microsoft-research', 'apple-ml')
    """
    names = texts(value)
    made = dict.fromkeys(SLUG.sub("-", name.lower()).strip("-") for name in names or ())
    return tuple(slug for slug in made if slug) or None


def people(value: Any) -> tuple[Creator, ...] | None:
    """Read authors: a list of names, or of records with a name, or one text with all.

    >>> [person.name for person in people(["Ann Lee", None, {"name": "Bo Li"}, "et al."])]
    ['Ann Lee', 'Bo Li']
    >>> [person.family for person in people("Ann Lee, Bo Li et al.")], people(3)
    (['Lee', 'Li'], None)
    """
    if isinstance(value, str):
        return parse_authors(html.unescape(loose.text(value) or ""))[0] or None
    return tuple(creator(name) for name in _names(value) if not ET_AL.fullmatch(name)) or None


def cut(value: Any) -> bool | None:
    """Tell whether a list of authors, as `people` reads it, says itself that it was cut.

    >>> cut(["Ann Lee", "et al."]), cut(["Ann Lee"]), cut("Ann Lee et al.")
    (True, None, True)
    """
    if isinstance(value, str):
        return parse_authors(loose.text(value) or "")[1] or None
    return any(ET_AL.fullmatch(name) for name in _names(value)) or None


def _names(value: Any) -> list[str]:
    entries = value if isinstance(value, list) else []
    names = (text(loose.dig(entry, "name") if isinstance(entry, dict) else entry) for entry in entries)
    return [" ".join(name.split()) for name in names if name]
