"""Which sources are authors at an API: short forms such as "openalex:A5023888391", and addresses from the browser.

One table of patterns, and the plugins of third parties. An API's module is loaded when it is asked; what is none of
these is left to whoever reads files and pages.
"""

from __future__ import annotations

import dataclasses
import importlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, cast
from urllib.parse import unquote_plus

from syncd.errors import SourceError, SyncdError
from syncd.text.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from syncd.model import Snapshot
    from syncd.sources.apis.found import FoundAuthor
    from syncd.sources.web import Web


class Api(Protocol):
    """What fetches an author."""

    def fetch(self, author: str, web: Web) -> Snapshot:
        """Fetch an author and all papers, or raise `SourceError`."""
        ...


class SearchableApi(Api, Protocol):
    """An API that finds authors by name as well."""

    def search(self, name: str, web: Web) -> list[FoundAuthor]:
        """Find authors by name, or raise `SourceError`."""
        ...


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
"""An author of DBLP: two parts or three with slashes, and a number where several have one name.

>>> [_found(DBLP, text) for text in ("dblp:h/PengchengHe", "https://dblp.org/pid/116/8665.html")]
['h/PengchengHe', '116/8665']
>>> _found(DBLP, "https://dblp.uni-trier.de/pid/61/3234-34.html?view=by-year")
'61/3234-34'
"""

ORCID = pattern(
    rf"(?:orcid:)?(?P<id>{_ORCID})|{_SITE}(?:pub\.)?orcid\.org/(?:v\d\.\d/)?(?P<page>{_ORCID})(?:/\w+)?{_END}",
    hostile="0000-",
)
"""A researcher of ORCID: four times four digits, alone too.

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
"""An author's identifier at arXiv, or an ORCID iD, which arXiv takes as well; all else is a name.

>>> [bool(ARXIV_IDENTIFIER.fullmatch(text)) for text in ("he_p_1", "0000-0002-1825-0097", "Pengcheng He")]
[True, True, False]
"""


def _found(form: re.Pattern[str], source: str) -> str | None:
    match = form.fullmatch(source)
    return next(filter(None, match.groups()), None) if match else None


def _arxiv_author(text: str) -> str:
    """Return an identifier as it is, and a name with its given names first.

    >>> _arxiv_author("He,+Pengcheng"), _arxiv_author("he_p_1")
    ('Pengcheng He', 'he_p_1')
    """
    family, _, given = unquote_plus(text).replace('"', " ").partition(",")
    return " ".join(f"{given} {family}".split())


SOURCES: Mapping[str, tuple[re.Pattern[str], Callable[[str], str]]] = {
    "scholarfeed": (SCHOLARFEED, str),
    "openalex": (OPENALEX, str.upper),
    "s2": (S2, str),
    "dblp": (DBLP, str),
    "orcid": (ORCID, str.upper),
    "arxiv": (ARXIV, _arxiv_author),
}
"""By name of the API, what its authors look like, and how their identifier is written. Modules have the same names."""

EXAMPLES: Mapping[str, str] = {
    "scholarfeed": "scholarfeed:12345",
    "openalex": "openalex:A5023888391",
    "s2": "s2:1735303",
    "dblp": "dblp:116/8665",
    "orcid": "orcid:0000-0002-1825-0097",
    "arxiv": "arxiv:he_p_1",
}
"""A short form of each API, for those who mistype one."""

FOREIGN = pattern(r"https?://.*|[a-z][a-z0-9_-]+:(?!//).*", hostile="a-", flags=re.DOTALL)
"""What plugins are asked about: addresses, and short forms.

>>> [bool(FOREIGN.fullmatch(text)) for text in ("scopus:7004", "https://example.org/", "profiles/a.txt", "C:/a")]
[True, True, False, False]
"""


def recognise(source: str) -> Recognised | None:
    """Return which author at which API a source is, or None if it is none.

    >>> recognise("https://orcid.org/0000-0002-1694-233X").source, recognise("profiles/pengcheng-he.txt")
    ('orcid:0000-0002-1694-233X', None)
    """
    source = source.strip()
    for name, (form, written) in SOURCES.items():
        author = _found(form, source)
        if author:
            return Recognised(name, written(author))
    return _recognised_by_plugin(source) if FOREIGN.fullmatch(source) else None


def hint(source: str) -> str:
    """Return what may help with a source that is neither an author, nor a page, nor a file.

    >>> hint("openalex:He"), hint("pages/a.txt")
    ('An author of openalex is written like this: openalex:A5023888391. To search for a name: syncd follow NAME.', '')
    """
    name = source.partition(":")[0]
    if name in EXAMPLES:
        return f"An author of {name} is written like this: {EXAMPLES[name]}. To search for a name: syncd follow NAME."
    if not FOREIGN.fullmatch(source):
        return ""
    from syncd.sources import plugins  # noqa: PLC0415 - as below

    return " ".join(str(error) for error in plugins.load().failures.values())


def _recognised_by_plugin(source: str) -> Recognised | None:
    from syncd.sources import plugins  # noqa: PLC0415 - looks through everything that is installed

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
    return cast("Api", importlib.import_module(f"syncd.sources.apis.{name}").API())


def searchable(name: str, apis: Mapping[str, Api] | None = None) -> SearchableApi:
    """Return what finds authors by name; see `api`."""
    return cast("SearchableApi", api(name, apis))


def fetch(author: Recognised, web: Web, apis: Mapping[str, Api] | None = None) -> Snapshot:
    """Fetch an author.

    Raises:
        SourceError: not all of it is to be had; a plugin's own errors are told as such.
    """
    if author.name in SOURCES:
        return api(author.name, apis).fetch(author.author, web)
    from syncd.sources import plugins  # noqa: PLC0415 - as above

    try:
        snapshot = plugins.load().sources[author.name].fetch(author.author, web)
        media_type = f"application/vnd.syncd.{author.name}"
        return dataclasses.replace(snapshot, origin=author.source, media_type=media_type)
    except SyncdError:
        raise
    except Exception as error:
        raise SourceError(
            f"{author.source}: the plugin '{author.name}' failed: {plugins.words(error)}",
            origin=author.source,
            hint="Tell its author; syncd itself is not at fault.",
        ) from error
