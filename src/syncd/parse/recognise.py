"""Which format a snapshot has: by its media type, else by the end of its name, else by how its content starts.

It decides nothing that a parser could not refuse. What no table knows is taken for the profile page as text.
"""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

from syncd.parse.mhtml import is_archive
from syncd.text.patterns import pattern

if TYPE_CHECKING:
    from syncd.model import Snapshot

DEFAULT_FORMAT = "profile-page"

MEDIA_TYPES = {
    "text/html": "html",
    "application/xhtml+xml": "html",
    "multipart/related": "html",
    "message/rfc822": "html",
    "application/x-mimearchive": "html",
    "application/x-bibtex": "bibtex",
    "text/x-bibtex": "bibtex",
    "application/x-research-info-systems": "ris",
    "application/vnd.citationstyles.csl+json": "csl-json",
    "application/atom+xml": "feed",
    "application/rss+xml": "feed",
    "application/rdf+xml": "feed",
}
"""Media types that name a format; `text/plain`, `application/json` and the like don't."""

SUFFIXES = {
    "html": "html",
    "htm": "html",
    "xhtml": "html",
    "mhtml": "html",
    "mht": "html",
    "bib": "bibtex",
    "bibtex": "bibtex",
    "ris": "ris",
    "csl": "csl-json",
    "atom": "feed",
    "rss": "feed",
}
"""Ends of names that name a format; `.txt`, `.json` and `.xml` don't."""

SUFFIX = pattern(r"\.(?P<suffix>[A-Za-z]+)(?:[?#].*)?\Z", hostile=".a?", flags=re.DOTALL)
"""The end of a file's name, or of an address.

>>> SUFFIX.search("https://a.org/he.bib?download=1")["suffix"], SUFFIX.search("saved/page.HTML")["suffix"]
('bib', 'HTML')
"""

_BLANK = r"\A(?>\s+|<\?xml\b[^>]*\?>|<!--.*?-->|<!DOCTYPE\b[^>]*>)*"

CONTENT = {
    "feed": pattern(
        rf"{_BLANK}<(?:\w+:)?(?:feed|rss|rdf)\b", hostile="<!---->", flags=re.IGNORECASE | re.DOTALL
    ),
    "html": pattern(
        rf"{_BLANK}(?:<!DOCTYPE\s+html|<(?:html|head|body|main|div|article|section|table|meta|title|h1)\b)"
        rf"|\A\s*<!DOCTYPE\s+html\b",
        hostile="<!---->",
        flags=re.IGNORECASE | re.DOTALL,
    ),
    "bibtex": pattern(
        r"^[ \t]*@[ \t]*(?:article|book|booklet|collection|comment|conference|dataset|inbook|incollection"
        r"|inproceedings|manual|mastersthesis|misc|online|phdthesis|preamble|proceedings|report|software|string"
        r"|techreport|thesis|unpublished)[ \t]*[{(]",
        hostile="\n@ ",
        flags=re.IGNORECASE | re.MULTILINE,
    ),
    "ris": pattern(r"^[ \t]*TY[ \t]{1,2}-[ \t]+[A-Z]{3,7}[ \t]*$", hostile="\n ", flags=re.MULTILINE),
    "csl-json": pattern(
        r'\A\s*(?:\[\s*\{|\{)(?=.*"(?:title|DOI)"\s*:)(?=.*"type"\s*:)',
        hostile=('{"title":', '"type" ', ""),
        flags=re.DOTALL,
    ),
}
r"""How the content of each format starts; the first one that fits.

>>> [CONTENT[name].search(text) is not None for name, text in (
...     ("feed", "<?xml version='1.0'?><feed>"), ("html", "<!DOCTYPE html>"), ("bibtex", "% x\n@misc{a,"),
...     ("ris", "TY  - JOUR"), ("csl-json", '[{"type": "book", "title": 1'))]
[True, True, True, True, True]
"""

SNIFFED = 32_768
"""Bytes of the content that are looked at."""


def recognise(snapshot: Snapshot) -> str:
    """Name the format of a snapshot."""
    start = _start(snapshot.data)
    stated = MEDIA_TYPES.get(snapshot.media_type or "")
    if stated and not (stated == "html" and "<" not in start and not is_archive(snapshot.data)):
        return stated
    suffix = SUFFIX.search(snapshot.origin)
    named = SUFFIXES.get(suffix["suffix"].lower()) if suffix else None
    if named:
        return named
    if is_archive(snapshot.data):
        return "html"
    return next((name for name, form in CONTENT.items() if form.search(start)), DEFAULT_FORMAT)


def _start(data: bytes) -> str:
    """The start of the content, for what is ASCII in it."""
    wide = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}.get(data[:2])
    return data[:SNIFFED].decode(wide or "utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")
