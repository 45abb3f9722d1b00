"""The hosts that papers link to, and what an address on each of them leads to, as a table.

A rule reads nothing but the path. A host that is not here is not judged here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from syncd.text.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Callable

    from syncd.model import LinkKind

SEGMENT = pattern(r"[\w.~+-]+", hostile="a.")
"""The part of a path's segment that can be a name: what a missing blank glued to it falls off.

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
    """The names in a path; an odd one ends it.

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
