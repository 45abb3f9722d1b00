"""From a source to a profile: what a source is, its bytes, their format, and the parser for it.

Each part is loaded when it is met: a page on the disk costs no HTTP client.
"""

from __future__ import annotations

import codecs
import dataclasses
import difflib
import importlib
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

from syncd import services
from syncd.clock import Clock
from syncd.errors import ParseError, SourceError
from syncd.messages import alternatives, message
from syncd.model import Profile, Snapshot
from syncd.parse.decode import is_archive
from syncd.parse.listing import watched
from syncd.services import Api
from syncd.sources import file
from syncd.sources.limits import Limits, TooMuchError
from syncd.sources.statuses import instead
from syncd.text.patterns import pattern

if TYPE_CHECKING:
    from syncd.sources.web import Web

FILE_BYTES = 256_000_000
"""A file on the own disk may be larger than a page: 100,000 BibTeX entries with abstracts take 111 MB."""

USER = pattern(r"://[^/]*@", hostile="://")  # "://me:secret@"
SCHEME = pattern(r"(?P<name>[A-Za-z][A-Za-z0-9+.-]*)://", hostile="a+")  # "https://", "ftp://"


def fetch(  # noqa: PLR0913 - each is a setting with a default
    source: str,
    *,
    captured: date | None = None,
    limits: Limits | None = None,
    clock: Clock | None = None,
    web: Web | None = None,
    apis: Mapping[str, Api] | None = None,
) -> tuple[Snapshot, ...]:
    """Fetch a source: one snapshot of a file, address or author, several of a folder or pattern.

    Args:
        source: a file, a folder (its pages, by their suffix), a pattern such as `pages/*.txt`, an http(s) address, an
            author at an API (see `services`).
        captured: the day on which the pages were saved; without it, the file's or the server's time.
        limits: of a file, in bytes.
        clock: the time where a server names none.
        web: the session of the run. Without it, only what is on this computer is fetched.
        apis: instances of APIs to use instead of the usual ones, by name.

    Raises:
        SourceError: it can't be fetched, whole and within the limits. Of several pages, all or none come.
    """
    source = source.strip()
    scheme = SCHEME.match(source)
    author = services.recognise(source)
    snapshots: tuple[Snapshot, ...]
    if web and author is not None:
        snapshots = (services.fetch(author, web, apis),)
    elif scheme is None:
        try:
            snapshots = file.read(source, limits or Limits(size=FILE_BYTES))
        except SourceError as error:
            error.hint = error.hint or services.hint(source)
            raise
    elif web and scheme["name"].casefold() in ("http", "https"):
        from syncd.sources.web import get_page  # noqa: PLC0415 - requests is slow to import

        try:
            snapshots = (get_page(source, web, clock or web.clock),)
        except SourceError as error:
            error.hint = instead(source) or error.hint
            raise
    else:
        raise _unknown_scheme(source, scheme["name"])
    if captured is None:
        return snapshots
    # The end of the day, for the page may show what appeared in the course of it.
    moment = datetime.combine(captured, time(23, 59, 59), tzinfo=UTC)
    return tuple(dataclasses.replace(snapshot, captured=moment) for snapshot in snapshots)


def _unknown_scheme(source: str, scheme: str) -> SourceError:
    hint = message("name-file-without-scheme") if scheme.casefold() == "file" else ""
    shown = printable(source)
    return SourceError(message("scheme-not-read", source=shown, scheme=scheme), origin=shown, hint=hint)


def printable(source: str) -> str:
    """Return a source as anybody may see it: an address without user name and password, whatever its scheme.

    >>> printable("https://me:secret@example.org/a"), printable("pages/me@home.txt")
    ('https://***@example.org/a', 'pages/me@home.txt')
    """
    return USER.sub("://***@", source)


def is_online(source: str) -> bool:
    """Tell whether a source is an address or an author at a service, and not on the disk.

    >>> [is_online(text) for text in ("https://example.org/a", "dblp:h/PengchengHe", "~/pages/*.txt", "")]
    [True, True, False, False]
    """
    return "://" in source or services.recognise(source) is not None


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
    "answer": pattern(
        rf'{_BLANK}<dblpperson\b|\A\s*[\[{{](?=.*"(?:paperId"\s*:|(?:put-code|external-ids)"\s*:|id"\s*:\s*"https://openalex\.org/[AW]\d'
        r'|source"\s*:\s*"(?:scholarfeed|openalex|s2|orcid)"|hits"\s*:\s*\{))',
        hostile=('{"id": ', '"paperId"', ""),
        flags=re.DOTALL,
    ),
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
...     ("ris", "TY  - JOUR"), ("csl-json", '[{"type": "book", "title": 1'), ("answer", '{"data": [{"paperId": "1"'))]
[True, True, True, True, True, True]
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


def _by(module: str) -> Callable[[Snapshot], Profile]:
    """The parser of a module, which is loaded when its format is met."""

    def parser(snapshot: Snapshot) -> Profile:
        profile: Profile = importlib.import_module(f"syncd.{module}").parse(snapshot)
        return profile

    return parser


FORMATS: dict[str, Callable[[Snapshot], Profile]] = {
    "profile-page": _by("parse.profile_page"),
    "html": _by("parse.profile_html"),
    "bibtex": _by("parse.bibtex"),
    "ris": _by("parse.ris"),
    "csl-json": _by("parse.csl_json"),
    "feed": _by("parse.feed"),
    "answer": _by("services.saved"),
}
"""The parsers by the name that the configuration gives their format."""

LARGE = 1_000_000
"""Bytes of a source whose size is worth a word: reading it takes a second or more."""


@contextmanager
def watching(stage: Callable[[str], None], snapshot: Snapshot) -> Iterator[None]:
    """Tell `stage` what is parsed in this block, how large it is, and now and then how many papers were read."""
    words = message("reading-source", source=snapshot.origin)
    if len(snapshot.data) >= LARGE:
        megabytes = round(len(snapshot.data) / 1e6)
        words = message("reading-source-of-size", source=snapshot.origin, megabytes=megabytes)
    stage(words)
    with watched(lambda papers: stage(message("papers-so-far", words=words, papers=f"{papers:,}"))):
        yield


REFUSED = message("nothing-used-look-at-source")


def parse(snapshot: Snapshot, format: str = "auto") -> Profile:  # noqa: A002 - the configuration's word
    """Read a snapshot.

    Args:
        snapshot: what a fetch brought.
        format: a key of `FORMATS` or `services.SOURCES`, a plugin's name, or "auto".

    Raises:
        ParseError: the content is not what the format says, or goes past a limit; nothing of it is used.
        LayoutError: the page is of this kind, and its papers were not found.
    """
    name = (services.format_of(snapshot.media_type) or recognise(snapshot)) if format == "auto" else format
    parser = FORMATS.get(name) or services.parser(name)
    if parser is None:
        known = ("auto", *FORMATS, *services.SOURCES)
        near = difflib.get_close_matches(name, known, n=1)
        raise ParseError(
            message("unknown-format", name=name),
            origin=snapshot.origin,
            expected=alternatives([f"'{known_one}'" for known_one in known]),
            hint=message("did-you-mean", name=near[0]) if near else "",
        )
    try:
        return parser(snapshot)
    except TooMuchError as error:
        raise ParseError(
            message("source-refused", reason=error), origin=snapshot.origin, hint=REFUSED
        ) from None
    except RecursionError:
        said = message("source-nested-too-deeply")
        raise ParseError(said, origin=snapshot.origin, hint=REFUSED) from None
    except MemoryError:
        raise out_of_memory(snapshot.origin) from None


def out_of_memory(origin: str) -> ParseError:
    """Return the error of a source that takes more memory than parsing may have."""
    return ParseError(message("parsing-too-large"), origin=origin, hint=REFUSED)
