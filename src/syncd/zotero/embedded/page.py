"""The page that shows an embedded library to people: its collections, and the papers in them.

Read-only, without scripts and without anything from elsewhere. Everything from the library is escaped, and
only addresses of the web become links. Nobody sees it without a key, or a cookie that came with an address that
works once.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from threading import Lock
from typing import Final
from urllib.parse import urlencode, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse, Response

from syncd.zotero import schema
from syncd.zotero.embedded import accounts, database, query
from syncd.zotero.embedded.exchange import Exchange, RefusalError
from syncd.zotero.embedded.objects import Collection, Item
from syncd.zotero.embedded.query import Query, Scope
from syncd.zotero.embedded.text import search_parts

PAGE_SIZE: Final = 100
_NAMES_SHOWN = 12
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
    creators: str
    kind: str
    venue: str
    date: str
    day: str
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
        return f"?{shown}" if shown else "/"


class Visitors:
    """Who may see the page: a browser that opened an address with a secret has a cookie since. In memory only."""

    def __init__(self) -> None:
        self._invitations: set[str] = set()
        # The key that a cookie was given for; for an invitation it is empty.
        self._cookies: dict[str, str] = {}
        self._lock = Lock()

    def invite(self) -> str:
        """What an address needs that lets one browser in, once."""
        invitation = secrets.token_urlsafe(24)
        with self._lock:
            self._invitations.add(invitation)
        return invitation

    def accept(self, invitation: str) -> str | None:
        """A cookie for an invitation; None where it is none, or was used."""
        with self._lock:
            if invitation not in self._invitations:
                return None
            self._invitations.remove(invitation)
        return self.give("")

    def give(self, key: str) -> str:
        """A cookie for a key."""
        cookie = secrets.token_urlsafe(24)
        with self._lock:
            self._cookies[cookie] = key
        return cookie

    def key_of(self, cookie: str) -> str | None:
        """The key that a cookie was given for; None for a cookie that nobody was given."""
        with self._lock:
            return self._cookies.get(cookie)


def show(exchange: Exchange) -> Response:
    """GET /."""
    request, visitors = exchange.request, exchange.served.visitors
    jar = f"syncd-library-{urlsplit(exchange.served.url).port}"  # browsers keep cookies of all ports together
    shown = visitors.key_of(cookie_parser(request.headers.get("Cookie", "")).get(jar, ""))
    key = accounts.sent_key(request.headers, exchange.given)
    has_key = _may_look(exchange, key)
    is_known = shown is not None and (not shown or _may_look(exchange, shown))
    if request.method == "GET" and any(name in _SECRETS for name, _ in exchange.given):
        cookie = visitors.give(key) if has_key else visitors.accept(query.first(exchange.given, "once"))
        if cookie or is_known:
            return _enter(exchange, jar, cookie)
    if not (is_known or has_key):
        raise RefusalError(
            403,
            "This page opens with the address that 'syncd library serve' shows. The address works once."
            " Start the command again for a new one.",
        )
    nonce = secrets.token_urlsafe(16)
    return Response(_render(exchange, nonce), 200, _policy(nonce), "text/html; charset=utf-8")


def icon(_: Exchange) -> Response:
    """GET /favicon.ico."""
    return Response(status_code=204, headers={"Cache-Control": "max-age=86400"})


def _may_look(exchange: Exchange, key: str) -> bool:
    grant = exchange.served.accounts.find(key)
    return grant is not None and grant.may_read(exchange.address.library)


def _enter(exchange: Exchange, jar: str, cookie: str | None) -> Response:
    """Lead to the page without the secret in the address, which would stay in the browser's history."""
    left = [(name, value) for name, value in exchange.given if name not in _SECRETS]
    response = RedirectResponse(f"/?{urlencode(left)}" if left else "/", 303, _PRIVATE)
    if cookie:
        response.set_cookie(jar, cookie, httponly=True, samesite="strict")
    return response


_SECRETS: Final = frozenset({"key", "once"})
_PRIVATE: Final = {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}


def _policy(nonce: str) -> dict[str, str]:
    return {
        "Content-Security-Policy": f"default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self';"
        " base-uri 'none'; frame-ancestors 'none'",
        **_PRIVATE,
    }


def _render(exchange: Exchange, nonce: str) -> str:
    store, view = exchange.store, _view(exchange)
    collections = {each.key: each for each in database.all_collections(store)}
    chosen = collections.get(view.collection)
    if view.collection and chosen is None:
        raise RefusalError(404, "There is no such collection.")
    scope = Scope(trash=True) if view.trash else Scope(top=True, collection=view.collection or None)
    asked = Query(
        sort="date",
        limit=PAGE_SIZE,
        start=(view.page - 1) * PAGE_SIZE,
        search=search_parts(view.search),
    )
    rows, total = query.select_items(store, asked, scope)
    keys = [key for key, _ in rows]
    children = store.children_of(keys)
    pages = max(1, -(-total // PAGE_SIZE))
    same = {"collection": view.collection, "q": view.search, "trash": int(view.trash)}
    counts = database.count_items(store)
    return _template().render(
        nonce=nonce,
        view=view,
        heading=_heading(view, chosen),
        path=_ancestors(collections, chosen, view),
        tree=_tree(collections, counts, view),
        inside=_tree(collections, counts, view, chosen.key) if chosen and not view.search else (),
        entries=[_entry(item, children.get(item.key, [])) for item in store.items(keys)],
        total=total,
        all_items=query.select_items(store, Query(limit=1), Scope(top=True))[1],
        trash_items=store.count_trash(),
        pages=pages,
        earlier=view.href(**same, page=view.page - 1) if 1 < view.page <= pages else "",
        later=view.href(**same, page=view.page + 1) if view.page < pages else "",
        library=exchange.address.library,
        version=store.version(),
    )


def _view(exchange: Exchange) -> _View:
    given = exchange.given
    return _View(
        collection=query.first(given, "collection"),
        search=query.first(given, "q")[:200].strip(),
        trash=query.first(given, "trash") == "1",
        page=min(query.number(given, "page") or 1, 10**9),
    )


def _heading(view: _View, chosen: Collection | None) -> str:
    if view.trash:
        return "Trash"
    return chosen.name if chosen else "All papers"


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
        title=item.title or "Untitled",
        href=url or web_address(doi_url),
        creators=_creators(item),
        kind=schema.label(item.item_type),
        venue=next((item.data[name] for name in _VENUES if item.data.get(name)), ""),
        date=item.parsed_date,
        day=_day(item.parsed_date) or item.data.get("date", ""),
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


def _creators(item: Item) -> str:
    names = item.creator_names
    if names and names[-1] in {"others", "et al."}:
        names = [*names[:-1], "et al."]
    if len(names) > _NAMES_SHOWN + 1:
        names = [*names[:_NAMES_SHOWN], f"and {len(names) - _NAMES_SHOWN} more"]
    return ", ".join(names)


def _day(parsed: str) -> str:
    """2023-04-25 as "25 Apr 2023", 2023-04 as "Apr 2023", 2023 as "2023"."""
    parts = [int(part) for part in parsed.split("-")] if parsed else []
    try:
        if len(parts) == 3:
            return f"{parts[2]} {date(parts[0], parts[1], parts[2]):%b} {parts[0]}"
        if len(parts) == 2:
            return f"{date(parts[0], parts[1], 1):%b} {parts[0]}"
    except ValueError:
        return parsed
    return parsed


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


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("syncd.zotero.embedded", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html")
