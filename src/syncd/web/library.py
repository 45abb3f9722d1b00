"""The dashboard's page on the embedded library: its collections, and the papers in them.

It reads the library's file and writes nothing. Only addresses of the web become links.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from syncd.config.model import EMBEDDED
from syncd.daemon.asked import RefusedError
from syncd.messages import message
from syncd.web.board import Ask, Page
from syncd.zotero import schema
from syncd.zotero.embedded import database, query
from syncd.zotero.embedded.database import Store
from syncd.zotero.embedded.objects import Collection, Item
from syncd.zotero.embedded.query import Query, Scope
from syncd.zotero.embedded.text import search_parts

PAGE_SIZE: Final = 50
MOST_PAGES: Final = 10**6
_LEVELS_SHOWN = 30
_ARXIV_DOI = "10.48550/"
"""The DOI of an arXiv paper leads where its address does."""
_VENUES = (
    *("publicationTitle", "proceedingsTitle", "conferenceName", "bookTitle", "repository", "publisher"),
    *("institution", "university", "websiteTitle", "blogTitle", "meetingName"),
)


@dataclass(frozen=True, slots=True)
class Branch:
    """A collection in the tree, with those inside it."""

    key: str
    name: str
    href: str
    items: int
    current: bool
    trashed: bool
    branches: tuple[Branch, ...]


@dataclass(frozen=True, slots=True)
class Anchor:
    """A link: where it leads, and what it is called; `kind` is "Code" in "Code: owner/repo"."""

    href: str
    name: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """An item as the page shows it."""

    key: str
    title: str
    href: str
    creators: tuple[str, ...]
    kind: str
    venue: str
    date: str
    abstract: str
    tags: tuple[str, ...]
    automatic_tags: tuple[str, ...]
    addresses: tuple[Anchor, ...]
    attachments: tuple[Anchor, ...]


@dataclass(frozen=True, slots=True)
class _View:
    """What the reader asked for."""

    collection: str
    search: str
    trash: bool
    page: int

    def href(self, **changes: object) -> str:
        """An address of the page; what is not named starts afresh."""
        shown = urlencode({name: value for name, value in changes.items() if value})
        return f"/library?{shown}" if shown else "/library"


def show(ask: Ask) -> Page:
    """Show the embedded library, or say that others are looked at in Zotero."""
    title = ask.say.label("syncd-dashboard-library")
    own = next((one for one in ask.config.libraries.values() if one.type == EMBEDDED), None)
    others = [one.name for one in ask.config.libraries.values() if one.type != EMBEDDED]
    facts: dict[str, Any] = {"others": others, "library": own and own.name, "shown": None}
    file = ask.ports.data.library
    if own is None or not file.exists():
        return Page("library.html", title, facts)
    with closing(database.connect(file)) as connection, database.snapshot(connection):
        facts["shown"] = _part(ask, connection, own.whereabouts[1])
    return Page("library.html", title, facts)


def _part(ask: Ask, connection: sqlite3.Connection, library: str) -> dict[str, Any]:
    store = Store(connection, library)
    view = _View(
        collection=ask.query.get("collection", ""),
        search=ask.query.get("q", "")[:200].strip(),
        trash=ask.query.get("trash") == "1",
        page=min(ask.number("page") or 1, MOST_PAGES),
    )
    collections = {each.key: each for each in database.all_collections(store)}
    chosen = collections.get(view.collection)
    if view.collection and chosen is None:
        raise RefusedError(HTTPStatus.NOT_FOUND, message("nothing-at-address"))
    scope = Scope(trash=True) if view.trash else Scope(top=True, collection=view.collection or None)
    asked = Query(
        sort="date", limit=PAGE_SIZE, start=(view.page - 1) * PAGE_SIZE, search=search_parts(view.search)
    )
    rows, total = query.select_items(store, asked, scope)
    keys = [key for key, _ in rows]
    children = store.children_of(keys)
    pages = max(1, -(-total // PAGE_SIZE))
    same = {"collection": view.collection, "q": view.search, "trash": int(view.trash)}
    counts = database.count_items(store)
    return {
        "view": view,
        "heading": chosen.name if chosen else "",
        "path": _ancestors(collections, chosen, view),
        "tree": _tree(collections, counts, view),
        "inside": _tree(collections, counts, view, chosen.key) if chosen and not view.search else (),
        "entries": [_entry(item, children.get(item.key, [])) for item in store.items(keys)],
        "total": total,
        "all_items": query.select_items(store, Query(limit=1), Scope(top=True))[1],
        "trash_items": store.count_trash(),
        "pages": pages,
        "earlier": view.href(**same, page=view.page - 1) if 1 < view.page <= pages else "",
        "later": view.href(**same, page=view.page + 1) if view.page < pages else "",
    }


def _ancestors(collections: Mapping[str, Collection], chosen: Collection | None, view: _View) -> list[Anchor]:
    path: list[Anchor] = []
    seen: set[str] = set()
    parent = chosen.parent if chosen else None
    while parent and parent in collections and parent not in seen:
        seen.add(parent)
        path.insert(0, Anchor(view.href(collection=parent), collections[parent].name))
        parent = collections[parent].parent
    return path


def _tree(
    collections: Mapping[str, Collection],
    counts: Mapping[str, int],
    view: _View,
    parent: str | None = None,
    levels: int = _LEVELS_SHOWN,
) -> tuple[Branch, ...]:
    return tuple(
        Branch(
            key=each.key,
            name=each.name,
            href=view.href(collection=each.key),
            items=counts.get(each.key, 0),
            current=each.key == view.collection,
            trashed=each.trashed,
            branches=_tree(collections, counts, view, each.key, levels - 1),
        )
        for each in collections.values()
        if levels and each.parent == parent
    )


def _entry(item: Item, children: Sequence[Item]) -> Entry:
    tags = item.data.get("tags", [])
    doi = item.data.get("DOI", "")
    url = web_address(item.data.get("url", ""))
    doi_url = f"https://doi.org/{doi}" if doi.startswith("10.") else ""
    addresses = [Anchor(doi_url, f"doi:{doi}")] if doi_url and not (url and _ARXIV_DOI in doi) else []
    addresses += [Anchor(url, _shown(url))] if url and "doi.org/" not in url else []
    attachments = [_attachment(child) for child in children if child.item_type == "attachment"]
    return Entry(
        key=item.key,
        title=item.title,
        href=url or web_address(doi_url),
        creators=tuple(item.creator_names),
        kind=schema.label(item.item_type),
        venue=next((item.data[name] for name in _VENUES if item.data.get(name)), ""),
        date=item.parsed_date or item.data.get("date", ""),
        abstract=item.data.get("abstractNote", ""),
        tags=tuple(tag["tag"] for tag in tags if not tag.get("type")),
        automatic_tags=tuple(tag["tag"] for tag in tags if tag.get("type")),
        addresses=tuple(addresses),
        attachments=tuple(anchor for anchor in attachments if anchor.href),
    )


def _attachment(child: Item) -> Anchor:
    """A child link; its title may be "Code: owner/repo"."""
    href = web_address(child.data.get("url", ""))
    kind, colon, name = child.title.partition(": ")
    if colon and kind.isalpha():
        return Anchor(href, name, kind)
    return Anchor(href, _shown(href), child.title if child.title.isalpha() else "Link")


def web_address(text: str) -> str:
    """An address that may become a link, or an empty string: only `http` and `https`, with a host."""
    try:
        parts = urlsplit(text.strip())
        return text.strip() if parts.scheme in {"http", "https"} and parts.hostname else ""
    except ValueError:
        return ""


def _shown(href: str) -> str:
    """An address without what readers don't need: "github.com/owner/repo"."""
    return href.partition("://")[2].removeprefix("www.").rstrip("/")
