"""Services that know authors and papers: a table of what each is called and can do, and the plugins of third parties.

A service's module is loaded when the service is asked, or when its records are read. Files and pages are no business of
this package.
"""

from __future__ import annotations

import dataclasses
import importlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol, cast
from urllib.parse import unquote_plus

from syncd.errors import ParseError, SourceError, SyncdError
from syncd.messages import chained, message
from syncd.model import Paper, Profile, Snapshot
from syncd.services import plugins
from syncd.text.patterns import pattern

if TYPE_CHECKING:
    from syncd.services.base import FoundAuthor
    from syncd.sources.web import Web


class Api(Protocol):
    """What fetches an author."""

    def fetch(self, author: str, web: Web) -> Snapshot:
        """Fetch an author and all papers, or raise `SourceError`."""
        ...


class SearchableApi(Api, Protocol):
    """An API that finds authors by name as well."""

    def find(self, name: str, web: Web) -> list[FoundAuthor]:
        """Find authors by name, or raise `SourceError`."""
        ...

    def latest(self, author: str, web: Web) -> list[Paper]:
        """Ask, with one request, for the papers that an author published last, or raise `SourceError`."""
        ...


class FleetApi(Api, Protocol):
    """An API that can be asked about many authors at once.

    Attributes:
        title: the service, as people know it.
        per_count: how many authors one request takes that asks for the numbers of their papers; 0 where there is no
            such request.
        per_recent: how many one takes that asks for what is new; 0 where there is no such request.
    """

    @property
    def title(self) -> str: ...  # noqa: D102 - see above
    @property
    def per_count(self) -> int: ...  # noqa: D102
    @property
    def per_recent(self) -> int: ...  # noqa: D102

    def counts(self, authors: Sequence[str], web: Web) -> dict[str, Counted]:
        """Ask how many papers authors have, or raise `SourceError`.

        Returns:
            by identifier. Those that are unknown there are left out.
        """
        ...

    def recent(self, authors: Sequence[Listed], since: date, web: Web) -> dict[str, Snapshot]:
        """Ask for what authors published since a day, or raise `SourceError`.

        Returns:
            a part each, by the author's identifier in the source. Those who published nothing are left out.
        """
        ...


@dataclass(frozen=True, slots=True)
class Counted:
    """An author's papers, counted by a service.

    Attributes:
        current: the author's identifier now; another one where two authors were found to be one.
        papers: how many there are; None where the service does not say.
    """

    current: str
    papers: int | None


@dataclass(frozen=True, slots=True)
class Listed:
    """An author whose papers were read before.

    Attributes:
        author: the identifier in the source.
        current: the identifier that the service has now.
        name: as the service writes it.
    """

    author: str
    current: str
    name: str


@dataclass(frozen=True, slots=True)
class Recognised:
    """A source that is an author at an API.

    Attributes:
        name: the API's, as in short forms.
        author: the author's identifier there.
    """

    name: str
    author: str

    @property
    def source(self) -> str:
        """The short form."""
        return f"{self.name}:{self.author}"


_SITE = r"(?i:https?://(?:www\.)?)"
_END = r"/?(?:[?#](?s:.*))?"
_ORCID = r"\d{4}-\d{4}-\d{4}-\d{3}[\dXx]"

SCHOLARFEED = pattern(
    rf"scholarfeed:(?P<id>\d{{1,12}})"
    rf"|{_SITE}(?:app\.)?scholarfeed\.org/(?:[\w-]+/)*authors?/(?P<page>\d{{1,12}})(?:[-/][\w-]*)?{_END}"
    rf"|(?i:https?://api\.)scholarfeed\.org/api/v1/public/authors/(?P<api>\d{{1,12}})(?:/papers)?{_END}",
    hostile=("https://scholarfeed.org/", "author/1/", ""),
)
"""An author of Scholar Feed: a number.

>>> [_found(SCHOLARFEED, text) for text in ("scholarfeed:123", "https://www.scholarfeed.org/author/123?tab=papers")]
['123', '123']
>>> _found(SCHOLARFEED, "https://api.scholarfeed.org/api/v1/public/authors/123/papers")
'123'
"""

OPENALEX = pattern(
    rf"openalex:(?P<id>[Aa]\d{{4,12}})"
    rf"|{_SITE}(?:api\.|explore\.)?openalex\.org/(?:(?:people|authors)/)?(?P<page>[Aa]\d{{4,12}}){_END}"
    rf"|{_SITE}(?:api\.)?openalex\.org/works\?.*\bauthor(?:ships\.author)?\.id(?::|%3[Aa])(?P<works>[Aa]\d{{4,12}})\b(?s:.*)",
    hostile=("https://openalex.org/works?", "author.id:a1234 ", "\n"),
)
"""An author of OpenAlex: A and digits.

>>> [_found(OPENALEX, text) for text in ("openalex:a5023888391", "https://openalex.org/authors/A5023888391")]
['a5023888391', 'A5023888391']
>>> _found(OPENALEX, "https://openalex.org/works?page=1&filter=authorships.author.id:a5023888391")
'a5023888391'
"""

S2 = pattern(
    rf"s2:(?P<id>\d{{1,12}})"
    rf"|{_SITE}semanticscholar\.org/author/(?:[^/?#]+/)?(?P<page>\d{{1,12}}){_END}"
    rf"|(?i:https?://api\.)semanticscholar\.org/graph/v1/author/(?P<api>\d{{1,12}})(?:/papers)?{_END}",
    hostile=("https://semanticscholar.org/author/", "1", "/"),
)
"""An author of Semantic Scholar: a number, behind the name where there is one.

>>> [_found(S2, text) for text in ("s2:1735303", "https://www.semanticscholar.org/author/Pengcheng-He/1735303")]
['1735303', '1735303']
"""

DBLP = pattern(
    rf"dblp:(?P<id>[a-z0-9]+(?:/[A-Za-z0-9-]+)+)"
    rf"|{_SITE}dblp\.(?:org|uni-trier\.de|dagstuhl\.de)/pid/(?P<page>[a-z0-9]+(?:/[A-Za-z0-9-]+)+?)(?:\.\w+)?{_END}",
    hostile=("https://dblp.org/pid/", "a/", ""),
)
"""An author of DBLP: two or three parts with slashes between them, with a number where several people have one name.

>>> [_found(DBLP, text) for text in ("dblp:h/PengchengHe", "https://dblp.org/pid/116/8665.html")]
['h/PengchengHe', '116/8665']
>>> _found(DBLP, "https://dblp.uni-trier.de/pid/61/3234-34.html?view=by-year")
'61/3234-34'
"""

ORCID = pattern(
    rf"(?:orcid:)?(?P<id>{_ORCID})|{_SITE}(?:pub\.)?orcid\.org/(?:v\d\.\d/)?(?P<page>{_ORCID})(?:/\w+)?{_END}",
    hostile="0000-",
)
"""A researcher of ORCID: four times four digits, also without `orcid:` before them.

>>> [_found(ORCID, text) for text in ("orcid:0000-0002-1825-0097", "0000-0002-1694-233x")]
['0000-0002-1825-0097', '0000-0002-1694-233x']
>>> _found(ORCID, "https://orcid.org/0000-0002-1825-0097")
'0000-0002-1825-0097'
"""

ARXIV = pattern(
    rf"arxiv:(?P<id>(?!.*\d{{4}}\.\d{{4,5}})[^\W\d_][^/:?]*|{_ORCID})"
    rf"|{_SITE}arxiv\.org/a/(?P<page>[a-z-]+_[a-z]_\d+|{_ORCID})(?:\.\w+)?{_END}"
    rf"|{_SITE}arxiv\.org/search/\w*/?\?(?=.*\bsearchtype=author\b)(?:.*&)?query=(?P<search>[^&#]+)(?s:.*)",
    hostile=("https://arxiv.org/search/?searchtype=author", "&query=a", "\n"),
)
"""An author of arXiv: an identifier, or a name.

>>> [_found(ARXIV, text) for text in ("arxiv:he_p_1", "arxiv:Pengcheng He", "https://arxiv.org/a/he_p_1.html")]
['he_p_1', 'Pengcheng He', 'he_p_1']
>>> _found(ARXIV, "https://arxiv.org/search/cs?searchtype=author&query=He,+P")
'He,+P'
>>> [ARXIV.fullmatch(text) for text in ("arxiv:2304.12526", "https://arxiv.org/abs/2304.12526")]
[None, None]
"""


ARXIV_IDENTIFIER = pattern(r"[a-z-]+_[a-z]_\d+|\d{4}-\d{4}-\d{4}-\d{3}[\dXx]", hostile="a-")
"""An author's identifier at arXiv, or an ORCID iD, which arXiv takes as well. Anything else is a name.

>>> [bool(ARXIV_IDENTIFIER.fullmatch(text)) for text in ("he_p_1", "0000-0002-1825-0097", "Pengcheng He")]
[True, True, False]
"""


def _found(form: re.Pattern[str] | None, source: str) -> str | None:
    match = form.fullmatch(source) if form else None
    return next(filter(None, match.groups()), None) if match else None


def _arxiv_author(text: str) -> str:
    """Return an identifier as it is, and a name with its given names first.

    >>> _arxiv_author("He,+Pengcheng"), _arxiv_author("he_p_1")
    ('Pengcheng He', 'he_p_1')
    """
    family, _, given = unquote_plus(text).replace('"', " ").partition(",")
    return " ".join(f"{given} {family}".split())


def _anyone(_author: str) -> bool:
    return True


def _is_arxiv_name(author: str) -> bool:
    """Only names can be searched for; what an identifier stands for has a feed of its own."""
    return not ARXIV_IDENTIFIER.fullmatch(author)


@dataclass(frozen=True, slots=True)
class Service:
    """A service, and what it can do.

    Attributes:
        name: its module in this package, and its name in `[enrich] services`.
        source: its name in sources, formats and keys; empty where it lists no author's papers.
        authors: what its authors look like as sources.
        written: how an author's identifier is written there.
        example: a source, for those who mistype one.
        finds: it finds authors by name.
        completes: it completes papers.
        together: which of its authors can be asked about together with others, if any: its `Api` is a `FleetApi`.
    """

    name: str
    source: str = ""
    authors: re.Pattern[str] | None = None
    written: Callable[[str], str] = str
    example: str = ""
    finds: bool = False
    completes: bool = False
    together: Callable[[str], bool] | None = None

    def module(self) -> Any:
        """Load it: `Api` asks for authors and papers, `read` reads what it fetched of an author."""
        return importlib.import_module(f"syncd.services.{self.name}")

    def read(self, snapshot: Snapshot) -> Profile:
        """Read an author with all papers, or raise `ParseError`."""
        profile: Profile = self.module().read(snapshot)
        return profile


SERVICES = (
    Service("scholarfeed", "scholarfeed", SCHOLARFEED, example="scholarfeed:12345", finds=True),
    Service("orcid", "orcid", ORCID, str.upper, "orcid:0000-0002-1825-0097"),
    Service("arxiv", "arxiv", ARXIV, _arxiv_author, "arxiv:he_p_1", completes=True, together=_is_arxiv_name),
    Service("semanticscholar", "s2", S2, example="s2:1735303", completes=True, together=_anyone),
    Service(
        "openalex",
        "openalex",
        OPENALEX,
        str.upper,
        "openalex:A5023888391",
        finds=True,
        completes=True,
        together=_anyone,
    ),
    Service("crossref", completes=True),
    Service("dblp", "dblp", DBLP, example="dblp:116/8665", completes=True),
    Service("huggingface", completes=True),
)
"""All services, in the order in which they are searched and asked."""

SOURCES: Mapping[str, Service] = {service.source: service for service in SERVICES if service.source}
"""Those that list an author's papers, by their name in sources and formats."""

FOREIGN = pattern(r"https?://.*|[a-z][a-z0-9_-]+:(?!//).*", hostile="a-", flags=re.DOTALL)
"""The sources that plugins are asked about: addresses and short forms.

>>> [bool(FOREIGN.fullmatch(text)) for text in ("scopus:7004", "https://example.org/", "profiles/a.txt", "C:/a")]
[True, True, False, False]
"""


MEDIA_TYPE = pattern(
    r"application/vnd\.syncd\.(?P<name>[a-z][a-z0-9_-]+)(?:\+\w+)?",
    hostile=("application/vnd.syncd.", "a", ""),
)
"""The media type of a snapshot that an API or a plugin fetched.

>>> MEDIA_TYPE.fullmatch("application/vnd.syncd.openalex+json")["name"]
'openalex'
"""


def media_type(name: str, form: str = "") -> str:
    """Return the media type of a snapshot that an API or a plugin fetched.

    >>> media_type("openalex", "json"), media_type("scopus")
    ('application/vnd.syncd.openalex+json', 'application/vnd.syncd.scopus')
    """
    return f"application/vnd.syncd.{name}" + (f"+{form}" if form else "")


def recognise(source: str) -> Recognised | None:
    """Return which author at which API a source is, or None if it is none.

    >>> recognise("https://orcid.org/0000-0002-1694-233X").source, recognise("profiles/pengcheng-he.txt")
    ('orcid:0000-0002-1694-233X', None)
    """
    source = source.strip()
    for name, service in SOURCES.items():
        author = _found(service.authors, source)
        if author:
            return Recognised(name, service.written(author))
    return _recognised_by_plugin(source) if FOREIGN.fullmatch(source) else None


def hint(source: str) -> str:
    """Return a hint for a source that is neither an author, nor a page, nor a file.

    >>> hint("openalex:He"), hint("pages/a.txt")
    ('An author of openalex is written like this: openalex:A5023888391. To search for a name: syncd follow NAME.', '')
    """
    name = source.partition(":")[0]
    if name in SOURCES:
        example = SOURCES[name].example
        return message("author-written-like", service=name, example=example)
    if not FOREIGN.fullmatch(source):
        return ""
    return chained([error.words for error in plugins.load().failures.values()])


def _recognised_by_plugin(source: str) -> Recognised | None:
    for name, plugin in plugins.load().sources.items():
        try:
            author = plugin.recognise(source)
        except Exception as error:  # noqa: BLE001 - whatever it is, the others still work
            plugins.load().failures[name] = plugins.failure(name, error)
        else:
            if author:
                return Recognised(name, author)
    return None


def api(name: str, apis: Mapping[str, Api] | None = None) -> Api:
    """Return what fetches the authors of an API.

    Args:
        name: a key of `SOURCES`.
        apis: instances to use instead of the usual ones: with a key, or another address.
    """
    if apis and name in apis:
        return apis[name]
    return cast("Api", SOURCES[name].module().Api())


def fetch(author: Recognised, web: Web, apis: Mapping[str, Api] | None = None) -> Snapshot:
    """Fetch an author.

    Raises:
        SourceError: not all of it is to be had; a plugin's own errors are told as such.
    """
    if author.name in SOURCES:
        return api(author.name, apis).fetch(author.author, web)
    try:
        snapshot = plugins.load().sources[author.name].fetch(author.author, web)
        return dataclasses.replace(snapshot, origin=author.source, media_type=media_type(author.name))
    except SyncdError:
        raise
    except Exception as error:
        raise SourceError(
            message(
                "source-plugin-failed", source=author.source, plugin=author.name, reason=plugins.words(error)
            ),
            origin=author.source,
            hint=message("tell-plugin-author"),
        ) from error


def search(
    name: str,
    web: Web,
    *,
    apis: Mapping[str, Api] | None = None,
    failures: list[SourceError] | None = None,
) -> list[FoundAuthor]:
    """Find authors by name.

    Args:
        name: as people write it: "Pengcheng He".
        web: the session.
        apis: instances to use instead of the usual ones, by name.
        failures: gets the errors of APIs that could not be searched.

    Returns:
        Candidates, API by API, each API's most likely ones first; `source` is what to follow.

    Raises:
        SourceError: no API could be searched.
    """
    found: list[FoundAuthor] = []
    errors: list[SourceError] = []
    searched = [service.source for service in SERVICES if service.finds]
    for source in searched:
        try:
            found += cast("SearchableApi", api(source, apis)).find(name, web)
        except SourceError as error:
            errors.append(error)
    if len(errors) == len(searched):
        raise errors[0]
    if failures is not None:
        failures += errors
    return found


def shows_latest(source: str) -> bool:
    """Tell whether the latest papers of an author can be asked for: of those whom a search finds.

    >>> shows_latest("openalex:A5023888391"), shows_latest("dblp:116/8665"), shows_latest("page.txt")
    (True, False, False)
    """
    author = recognise(source)
    return author is not None and author.name in SOURCES and SOURCES[author.name].finds


def latest(source: str, web: Web, apis: Mapping[str, Api] | None = None) -> list[Paper]:
    """Ask for the papers that an author published last, as far as they tell who it is.

    Args:
        source: an author of whom `shows_latest` is true.
        web: the session.
        apis: as for `search`.

    Raises:
        SourceError: there is no answer.
    """
    author = recognise(source)
    if author is None:
        raise ValueError(source)
    return cast("SearchableApi", api(author.name, apis)).latest(author.author, web)


def format_of(media_type: str | None) -> str | None:
    """Return the format that a media type names, if it is one of an API or a plugin.

    >>> format_of("application/vnd.syncd.dblp+xml"), format_of("text/html"), format_of(None)
    ('dblp', None, None)
    """
    found = MEDIA_TYPE.fullmatch(media_type or "")
    return found["name"] if found else None


def parser(name: str) -> Callable[[Snapshot], Profile] | None:
    """Return the parser of a format of an API or a plugin; None if there is none of that name.

    Errors that a plugin's parser was not meant to raise become a `ParseError` that names it.
    """
    if name in SOURCES:
        return SOURCES[name].read
    plugin = plugins.load().sources.get(name)
    if plugin is None:
        return None

    def parse(snapshot: Snapshot) -> Profile:
        try:
            return plugin.parse(snapshot)
        except (SyncdError, MemoryError, RecursionError):
            raise  # they are told of alike, whoever parses
        except Exception as error:
            raise ParseError(
                message("plugin-failed", plugin=name, reason=plugins.words(error)),
                origin=snapshot.origin,
                hint=message("tell-plugin-author"),
            ) from error

    return parse
