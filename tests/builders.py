"""Small papers, items and libraries for tests: each test says only what matters to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from syncd.model import Creator, Identifiers, Paper, Profile
from syncd.sync.action import Intake
from syncd.sync.library import IndexedCollection, IndexedItem, LibraryView, indexed
from syncd.zotero.items import Policy

if TYPE_CHECKING:
    from collections.abc import Iterable

PREFIX = "users/1"


def person(name: str) -> Creator:
    """Return a creator of one given name and one surname."""
    given, _, family = name.rpartition(" ")
    return Creator(name, family, given)


def paper(title: str = "Patch Diffusion", *authors: str, arxiv: str | None = None, **facts: Any) -> Paper:
    """Return a paper; an author is "Given Family"."""
    facts.setdefault("date", "2023-04-25")
    creators = tuple(person(name) for name in authors or ("Zhendong Wang", "Pengcheng He"))
    doi = facts.pop("doi", None)
    return Paper(title=title, creators=creators, identifiers=Identifiers(doi, arxiv), **facts)


def item(
    key: str, title: str = "Patch Diffusion", *authors: str, version: int = 1, **data: Any
) -> IndexedItem:
    """Return a preprint as the library has it."""
    creators = [
        {"creatorType": "author", "firstName": person(name).given, "lastName": person(name).family}
        for name in authors or ("Zhendong Wang",)
    ]
    full = {
        "key": key,
        "itemType": "preprint",
        "title": title,
        "creators": creators,
        "date": "2023-04-25",
        "tags": [],
        "collections": [],
        "relations": {},
    }
    return indexed(full | data, version)


def view(
    *items: IndexedItem,
    collections: Iterable[IndexedCollection] = (),
    deleted: Iterable[str] = (),
    version: int = 9,
) -> LibraryView:
    """Return a library that holds these."""
    return LibraryView(
        PREFIX,
        version,
        {entry.key: entry for entry in items},
        {entry.key: entry for entry in collections},
        frozenset(deleted),
    )


def intake(*papers: Paper, name: str = "Pengcheng He", **settings: Any) -> Intake:
    """Return a profile that lists these papers."""
    return Intake(
        name=name,
        profile=Profile(name=name, papers=papers),
        origin="page.txt",
        digest="0",
        collection=("Profiles", name),
        policy=Policy(profile=name),
        **settings,
    )
