"""How much a source may take: a fetch in bytes and seconds, its content in entries, elements, depth and expansion.

One place for every kind of source. What goes past a limit is refused whole, in words that name the limit.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from syncd.errors import SyncdError
from syncd.messages import message
from syncd.text.patterns import pattern

ENTRIES = 200_000
"""Papers of one source, read or left out. 100,000 BibTeX entries with abstracts take 111 MB."""

LINES = 2_000_000
"""Lines of a page as text; a paper takes about ten."""

FIELD = 200_000
"""Characters of a title, an abstract or another field: LaTeX takes a second and 200 MB of memory for 400,000."""

CREATORS = 20_000
"""Authors of one paper; the longest list there is has 5,154."""

ENTRY = 1_000_000
"""Characters of one BibTeX entry: pybtex takes quadratic time over its braces."""

EXPANSION = 20_000_000
"""Characters that the macros and the `crossref` of a BibTeX file may add to it: 100,000 names of journals fit."""

TAGS = 1_000_000
"""Tags of an HTML page: a profile of 1,000 papers has about 60,000."""

ELEMENTS = 500_000
"""Elements of an XML document or a feed: an entry has about 30."""

ATTRIBUTES = 500
"""Attributes of one element: libraries compare each with each."""

HTML_DEPTH = 2_000
"""Elements of HTML within elements. Parsing takes quadratic time over the depth. Browsers stop at 512."""

PASSED = 2_000_000
"""Open elements that end tags may pass over without ending one."""

XML_DEPTH = 200
"""Elements of XML within elements."""

JSON_VALUES = 12_000_000
"""Commas and brackets in all the JSON that is fetched of an author. 64 MB of OpenAlex's works have fewer."""

JSON_DEPTH = 100
"""Lists and objects of JSON within each other."""

JSON_DIGITS = 4000
"""Digits of a whole number in JSON; Python itself refuses a whole document for one with more."""

PARTS = 10_000
"""Parts of an MHTML archive, which holds one page with its pictures."""

ARCHIVE_DEPTH = 8
"""Archives within an archive."""

HEADER = 16_000
"""Bytes of the header of an archive, or of one of its parts."""


PARSING_SECONDS = 30.0
PARSING_SECONDS_PER_MB = 4.0
"""How long the daemon lets a page be parsed: LaTeX takes a second a megabyte, on a small computer four."""

PARSING_MEMORY = 600_000_000
PARSING_MEMORY_PER_BYTE = 12
"""How much memory it may take there, in bytes: text with emoji takes four a character, and there are copies."""


class TooMuchError(SyncdError):
    """A source goes past a limit: "it has more than 500,000 elements". The caller adds the source's name."""


# What a source may have too many of.
TOO_MANY_ATTRIBUTES_OF_ELEMENT = message("of-attributes-of-element")
TOO_MANY_AUTHORS_OF_PAPER = message("of-authors-of-paper")
TOO_MANY_BYTES_OF_HEADER = message("of-bytes-of-header")
TOO_MANY_CHARACTERS_ADDED = message("of-characters-added")
TOO_MANY_CHARACTERS_IN_FIELD = message("of-characters-in-field")
TOO_MANY_ELEMENTS = message("of-elements")
TOO_MANY_ELEMENTS_PASSED_OVER = message("of-elements-passed-over")
TOO_MANY_ENTRIES = message("of-entries")
TOO_MANY_ENTRIES_AND_MACROS = message("of-entries-and-macros")
TOO_MANY_FAULTY_ENTRIES = message("of-faulty-entries")
TOO_MANY_ITEMS = message("of-items")
TOO_MANY_LINES = message("of-lines")
TOO_MANY_PAPERS = message("of-papers")
TOO_MANY_PARTS = message("of-parts")
TOO_MANY_RECORDS = message("of-records")
TOO_MANY_TAGS = message("of-tags")
TOO_MANY_VALUES = message("of-values")


def within(count: int, most: int, what: str) -> None:
    """Refuse what goes past a limit.

    Args:
        count: what there is.
        most: what there may be.
        what: of which, for people: "papers".

    Raises:
        TooMuchError: it does.
    """
    if count > most:
        raise TooMuchError(message("too-many-of", most=f"{most:,}", what=what))


STRING = pattern(rb'"(?>(?:[^"\\]+|\\.)*)"?', hostile=(b'"', b'\\"', b""), flags=re.DOTALL)
"""A string of JSON, with what it escapes.

>>> STRING.sub(b"", rb'{"a": "b\\"}", "c": 1}')
b'{: , : 1}'
"""

NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


def read_json(data: bytes) -> Any:
    """Read JSON within the limits; a number of thousands of digits is read as None, and costs nothing but itself.

    Raises:
        TooMuchError: it has too many values, or they are nested too deeply.
        ValueError: it is no JSON.

    >>> read_json(b'[{"a": "[[[["}]')
    [{'a': '[[[['}]
    >>> read_json(b'{"year": 2020, "volume": ' + b"9" * 5000 + b"}")
    {'year': 2020, 'volume': None}
    """
    encoding = json.detect_encoding(data)
    if not encoding.startswith("utf-8"):
        data = data.decode(encoding, "surrogatepass").encode("utf-8", "surrogatepass")
    if _values(data) > JSON_DEPTH:  # else it is neither large nor deep
        bare = STRING.sub(b"", data)
        within(_values(bare), JSON_VALUES, TOO_MANY_VALUES)
        _refuse_deep(bare.translate(None, NOT_BRACKETS))
    try:
        return json.loads(data, parse_int=_whole)
    except RecursionError:
        raise TooMuchError(message("nested-too-deep", most=JSON_DEPTH)) from None


def _whole(digits: str) -> int | None:
    return int(digits) if len(digits) <= JSON_DIGITS else None


def json_values(data: bytes) -> int:
    """Return a number that is not below the number of values: each value but the first follows a comma or a bracket."""
    return _values(STRING.sub(b"", data))


def _values(data: bytes) -> int:
    return data.count(b",") + data.count(b"[") + data.count(b"{")


def _refuse_deep(brackets: bytes) -> None:
    """Take away what is innermost, level by level; what is left then is too deep, or no JSON."""
    for _ in range(JSON_DEPTH):
        before = len(brackets)
        brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
        if len(brackets) == before:
            break
    if len(brackets) > JSON_DEPTH:
        raise TooMuchError(message("nested-too-deep", most=JSON_DEPTH))


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one fetch.

    Attributes:
        size: bytes of one page, after decompression.
        connect: seconds until a server accepts the connection.
        silence: seconds that a server may send nothing.
        total: seconds for one page in all, redirects included.
        redirects: how many are followed.
    """

    size: int = 64_000_000
    connect: float = 10.0
    silence: float = 30.0
    total: float = 120.0
    redirects: int = 5

    @property
    def size_in_words(self) -> str:
        """The size as people read it, such as "64 MB"."""
        if self.size >= 1_000_000:
            return message("megabytes", number=self.size // 1_000_000)
        return message("bytes", number=self.size)
