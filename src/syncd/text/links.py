"""Web addresses in running text: found, mended, made uniform and told apart by what they lead to.

An address within a text never identifies the paper that the text belongs to. Nothing here opens an address.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from syncd.model import Link
from syncd.text.arxiv import arxiv_id
from syncd.text.doi import doi
from syncd.text.hosts import HOSTS, KNOWN_DOMAINS, Site
from syncd.text.patterns import pattern
from syncd.text.urls import ADDRESS, may_hold_address, mend, trim

if TYPE_CHECKING:
    from collections.abc import Iterator

BARE_HOST = pattern(
    r"(?<![\w@./-])(?:github\.com|gitlab\.com|huggingface\.co)(?![\w/-]|\.\w)",
    hostile="github.com.",
    flags=re.IGNORECASE,
)
"""A well-known host that stands alone, without a path.

>>> [bool(BARE_HOST.search(text)) for text in ("is on github.com.", "github.com/a/b", "a@github.com")]
[True, False, False]
"""

SSH = pattern(r"\bgit@(?P<host>[\w.-]{3,60}):(?P<path>[\w.-]{1,99}/[\w.-]{1,99})", hostile="git@a.b:a")
"""A repository as git's SSH addresses write it.

>>> SSH.search("git clone git@github.com:a/b.git")["path"]
'a/b.git'
"""

PROJECT_WORDS = pattern(
    r"\b(?:project\s*(?:web\s*)?(?:page|site|website)|web\s?site|web\s?page|home\s?page)\b[^.!?]{0,40}$",
    hostile=("project", " ", ""),
    flags=re.IGNORECASE,
)
"""Words before an address that make it the project's page.

>>> [bool(PROJECT_WORDS.search(text)) for text in ("Project page: ", "our website is at ", "the leaderboard at ")]
[True, True, False]
"""

CONTEXT = 80
"""How many characters before an address are read for `PROJECT_WORDS`."""

DEEPEST = 1 + max(domain.count(".") for domain in KNOWN_DOMAINS)
"""How many labels the longest known domain has."""

HOST = pattern(r"(?=.{4,253}$)(?:\w[\w-]{0,62}\.){1,9}[^\W\d_]{2,24}", hostile="a.")
"""A host name.

>>> [bool(HOST.fullmatch(text)) for text in ("gluebenchmark.com", "e.g", "10.1.1", "localhost")]
[True, False, False, False]
"""


def find_links(text: str) -> tuple[Link, ...]:
    r"""Find the web addresses in a text.

    Args:
        text: raw, LaTeX included, or converted.

    Returns:
        A link for each address, in the text's order, each once: a repository that is named twice, or by a
        folder in it, is one link to the repository.

    >>> find_links(r"Code: \url{http://www.github.com/a/b\_c.git}, and https://github.com/A/b_c/tree/main/x.")
    (Link(url='https://github.com/a/b_c', kind='code', name='a/b_c'),)
    >>> [link.kind for link in find_links("See arxiv.org/abs/2304.12526 and CNN/DailyMail, e.g. Node.js.")]
    ['paper']
    """
    links: dict[str, Link] = {}
    if not may_hold_address(text):
        return ()
    for start, address in _addresses(text):
        link = classify(address, text[max(start - CONTEXT, 0) : start])
        if link:
            key = link.url.partition("://")[2].rstrip("/")
            links.setdefault(key.lower() if link.kind == "code" else key, link)
    return tuple(links.values())


def _addresses(text: str) -> Iterator[tuple[int, str]]:
    """Every address in the text, mended and trimmed, and where it starts."""
    found = [(match.start(), match[0]) for match in ADDRESS.finditer(text)]
    found += [(match.start(), match[0]) for match in BARE_HOST.finditer(text)]
    found += [(match.start(), f"https://{match['host']}/{match['path']}") for match in SSH.finditer(text)]
    for start, address in sorted(found):
        whole = trim(mend(address))
        if _has_scheme(whole):
            yield start, whole
        elif _known(whole.partition("/")[0]) or whole.lower().startswith("www."):
            yield start, f"https://{whole}"


def _has_scheme(address: str) -> bool:
    return address.lower().startswith(("http://", "https://", "ftp://"))


def _known(host: str) -> bool:
    return _site(host.lower().removeprefix("www.")) is not None


def _site(host: str) -> Site | None:
    """What is known of a host, or of the domain that it belongs to."""
    if host in HOSTS:
        return HOSTS[host]
    labels = host.split(".")
    return next(
        (
            KNOWN_DOMAINS[domain]
            for i in range(max(1, len(labels) - DEEPEST), len(labels))
            if (domain := ".".join(labels[i:])) in KNOWN_DOMAINS
        ),
        None,
    )


def classify(address: str, before: str = "") -> Link | None:
    """Make a link of one address.

    Args:
        address: with its scheme.
        before: the text before it, which may call it the project's page.

    Returns:
        The link, or None if it is no address after all.

    >>> classify("https://maszhongming.github.io/ParaKnowTransfer")
    Link(url='https://maszhongming.github.io/ParaKnowTransfer', kind='project', name='ParaKnowTransfer')
    >>> classify("https://gluebenchmark.com/leaderboard").kind
    'other'
    """
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return None
    if not HOST.fullmatch(host):
        return None
    bare = host.removeprefix("www.")
    site = _site(bare)
    if site is None:
        url = f"{parts.scheme.lower()}://{parts.netloc.lower()}{_rest(parts)}"
        kind = "project" if PROJECT_WORDS.search(before) else "other"
        return Link(url, kind, _name(parts, host))  # type: ignore[arg-type]  # one of two literals
    host = site.host or bare
    target = site.target(parts.path)
    if target is None:
        url = _ended(f"https://{host}{_rest(parts)}")
        return Link(
            url, "project" if PROJECT_WORDS.search(before) and parts.path.strip("/") else "other", url[8:]
        )
    query = f"?{parts.query}" if target.keeps_query and parts.query else ""
    url = _ended(f"https://{target.host or host}/{target.path}{query}")
    return Link(url, target.kind, target.name or _paper_name(url) or url[8:])


def _ended(url: str) -> str:
    """Without a slash at the end, and without what stands before that slash and is no part of a name."""
    return trim(url, "/")


def _rest(parts: SplitResult) -> str:
    query = f"?{parts.query}" if parts.query else ""
    fragment = f"#{parts.fragment}" if parts.fragment else ""
    return f"{parts.path}{query}{fragment}" if query or fragment or parts.path != "/" else ""


def _name(parts: SplitResult, host: str) -> str:
    return f"{host.removeprefix('www.')}{parts.path}".rstrip("/")


def _paper_name(url: str) -> str | None:
    number = arxiv_id(url)
    return f"arXiv:{number}" if number else doi(url)
