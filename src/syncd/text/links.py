"""Links in running text: the web addresses in it, and what each leads to.

An address within a text never identifies the paper that has the text. What an address on each host leads to is a table;
a rule reads nothing but the path.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from syncd.model import Link, LinkKind
from syncd.text.identifiers import arxiv_id, doi
from syncd.text.patterns import pattern
from syncd.text.urls import ADDRESS, may_hold_address, mend, trim

SEGMENT = pattern(r"[\w.~+-]+", hostile="a.")
"""The part of a path's segment that can be a name. Words that a missing blank glued to it are cut off.

>>> SEGMENT.match("mt-dnn),which")[0]
'mt-dnn'
"""


@dataclass(frozen=True, slots=True)
class Target:
    """What an address leads to: its kind, its uniform path, what a reader calls it."""

    kind: LinkKind
    path: str
    name: str = ""
    host: str = ""
    keeps_query: bool = False


@dataclass(frozen=True, slots=True)
class Site:
    """A known host: the rule for its paths, and the host that its addresses are written with."""

    target: Callable[[str], Target | None]
    host: str = ""


def _segments(path: str) -> list[str]:
    """Return the names in a path, up to the first that is none.

    >>> _segments("/a/b.git/tree/main")
    ['a', 'b', 'tree', 'main']
    """
    names: list[str] = []
    for segment in filter(None, path.split("/")):
        found = SEGMENT.match(segment)
        if not found:
            break
        names.append(found[0].removesuffix(".git").rstrip("."))
        if found.end() < len(segment):
            break
    return [name for name in names if name]


NO_OWNERS = frozenset(
    [
        *(
            "about",
            "apps",
            "blog",
            "collections",
            "contact",
            "docs",
            "enterprise",
            "explore",
            "features",
            "issues",
        ),
        *("join", "login", "marketplace", "models", "notifications", "orgs", "pricing", "pulls", "search"),
        *("settings", "site", "sponsors", "tasks", "topics", "trending", "users", "new", "papers", "-"),
    ]
)
"""First segments of paths that name no owner of repositories."""


def _repository(path: str) -> Target | None:
    """Owner and name: `/namisan/mt-dnn/tree/master`."""
    names = _segments(path)
    if len(names) < 2 or names[0].lower() in NO_OWNERS:
        return None
    repository = "/".join(names[:2])
    return Target("code", repository, repository)


GITLAB_PAGES = pattern(r"/(?:-|tree|blob|raw|commits?|issues|merge_requests|wikis)(?:/|$)", hostile="/-")
"""Where the path of a GitLab repository ends and its pages start.

>>> GITLAB_PAGES.split("/group/sub/repo/-/tree/main")[0]
'/group/sub/repo'
"""


def _gitlab(path: str) -> Target | None:
    names = _segments(GITLAB_PAGES.split(path)[0])
    if len(names) < 2 or names[0].lower() in NO_OWNERS:
        return None
    repository = "/".join(names)
    return Target("code", repository, repository)


def _raw_github(path: str) -> Target | None:
    target = _repository(path)
    return target and Target("code", target.path, target.name, host="github.com")


def _gist(path: str) -> Target | None:
    names = _segments(path)
    return Target("code", "/".join(names[:2]), "/".join(names[:2])) if names else None


def _anonymous(path: str) -> Target | None:
    """Repositories under review: `/r/NAME`, `/repository/ID`, `/r/NAME/README.md`."""
    names = _segments(path)
    if len(names) < 2 or names[0] not in {"r", "repository", "anonymize"}:
        return None
    return Target("code", "/".join(names[:2]), names[1])


def _sourceforge(path: str) -> Target | None:
    names = _segments(path)
    if len(names) < 2 or names[0] not in {"projects", "p"}:
        return None
    return Target("code", f"projects/{names[1]}", names[1])


def _sourcehut(path: str) -> Target | None:
    names = _segments(path)
    return Target("code", "/".join(names[:2]), "/".join(names[:2])) if len(names) > 1 else None


def _hugging_face(path: str) -> Target | None:
    names = _segments(path)
    first = names[0].lower() if names else ""
    kinds: dict[str, LinkKind] = {"datasets": "dataset", "spaces": "demo"}
    if first == "papers" and len(names) > 1:
        return Target("paper", f"papers/{names[1]}", f"arXiv:{names[1]}")
    if first in kinds and len(names) > 1:
        known = "/".join(
            names[1:3] if len(names) == 2 or names[2] not in {"tree", "blob", "viewer"} else names[1:2]
        )
        return Target(kinds[first], f"{first}/{known}", known)
    if len(names) < 2 or first in NO_OWNERS or first in kinds or first == "learn":
        return None
    return Target("model", "/".join(names[:2]), "/".join(names[:2]))


def _kind(kind: LinkKind, *, query: bool = False) -> Callable[[str], Target | None]:
    def target(path: str) -> Target | None:
        return Target(kind, path.strip("/"), keeps_query=query) if path.strip("/") or query else None

    return target


def _pages(path: str) -> Target:
    """A site made from a repository: its last segment says what it is about."""
    names = [
        name for name in path.strip("/").split("/") if name and name not in {"index.html", "view", "home"}
    ]
    return Target("project", path.strip("/"), names[-1] if names else "")


HOSTS = {
    "github.com": Site(_repository),
    "raw.githubusercontent.com": Site(_raw_github),
    "gist.github.com": Site(_gist),
    "gitlab.com": Site(_gitlab),
    "bitbucket.org": Site(_repository),
    "codeberg.org": Site(_repository),
    "gitee.com": Site(_repository),
    "anonymous.4open.science": Site(_anonymous),
    "sourceforge.net": Site(_sourceforge),
    "sr.ht": Site(_sourcehut),
    "git.sr.ht": Site(_sourcehut),
    "hg.sr.ht": Site(_sourcehut),
    "huggingface.co": Site(_hugging_face),
    "hf.co": Site(_hugging_face, "huggingface.co"),
    "sites.google.com": Site(_pages),
    "youtube.com": Site(_kind("video", query=True)),
    "m.youtube.com": Site(_kind("video", query=True), "youtube.com"),
    "youtu.be": Site(_kind("video")),
    "vimeo.com": Site(_kind("video")),
    "doi.org": Site(_kind("paper")),
    "dx.doi.org": Site(_kind("paper"), "doi.org"),
    "arxiv.org": Site(_kind("paper")),
    "export.arxiv.org": Site(_kind("paper"), "arxiv.org"),
    "aclanthology.org": Site(_kind("paper")),
    "aclweb.org": Site(_kind("paper")),
    "openreview.net": Site(_kind("paper", query=True)),
    "proceedings.mlr.press": Site(_kind("paper")),
    "proceedings.neurips.cc": Site(_kind("paper")),
    "papers.nips.cc": Site(_kind("paper")),
    "openaccess.thecvf.com": Site(_kind("paper")),
    "semanticscholar.org": Site(_kind("paper")),
    "dl.acm.org": Site(_kind("paper")),
}
"""Hosts by name, without `www.`."""

KNOWN_DOMAINS = {
    "github.io": Site(_pages),
    "gitlab.io": Site(_pages),
    "hf.space": Site(lambda path: Target("demo", path.strip("/"))),
}
"""Domains of which every host is such a site."""

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
    if not may_hold_address(text):
        return ()
    found = (classify(address, text[max(start - CONTEXT, 0) : start]) for start, address in _addresses(text))
    return merged(filter(None, found))


def bare_address(link: Link) -> str:
    """Return what is equal for two links to one place, whatever their scheme and a repository's case.

    >>> [bare_address(Link(url, "code", "A/b")) for url in ("http://github.com/A/b/", "https://github.com/a/B")]
    ['github.com/a/b', 'github.com/a/b']
    """
    bare = link.url.partition("://")[2].rstrip("/")
    return bare.lower() if link.kind == "code" else bare


def merged(*groups: Iterable[Link]) -> tuple[Link, ...]:
    """Join links, each place once.

    >>> [link.url for link in merged([Link("https://a.org/", "other", "a")], [Link("http://a.org", "other", "a")])]
    ['https://a.org/']
    """
    links: dict[str, Link] = {}
    for group in groups:
        for link in group:
            links.setdefault(bare_address(link), link)
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
    """Take off the slash at the end, and the punctuation before it."""
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
