"""The owner of a library at the desktop client, and what tests of their decisions share.

Syncd's memory is kept, lost or of a second machine; its runs are two days apart, when no edit is recent.
"""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from desk import Desk, Zotero
from pages import entry, page
from syncd.config import load
from syncd.state.libraries import remembered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from syncd.engine.run import Report
    from syncd.state.state import State

    Memory = Callable[[Desk], Desk]

Json = dict[str, Any]
TITLES = ("Alpha", "Beta", "Gamma")
NEWS = "Alpha is told anew. Code is at https://github.com/ann/alpha."
LONG = "A Long Title About Language Models and Their Uses"
WRITERS = [
    {"creatorType": "author", "firstName": "Ann", "lastName": "Lee"},
    {"creatorType": "author", "firstName": "Bo", "lastName": "Chen"},
]
TWO_DAYS = 2 * 86400


@dataclass
class Owner:
    """The library's owner at the desktop client, which syncs at once."""

    zotero: Zotero

    def item(self, title: str) -> Json:
        """Return the data of the one item of this title that is no child, in the trash or not."""
        (found,) = [
            data for data in self.zotero.items().values() if is_paper(data) and data["title"] == title
        ]
        return found

    def change(self, key: str, of: str = "items", **changes: Any) -> None:
        """Upload a change of an object."""
        version = self.zotero.get(f"/{of}/{key}")["version"]
        self.zotero.write({"key": key, "version": version, **changes}, to=of)

    def edit(self, paper: str, **changes: Any) -> None:
        """Change a paper."""
        self.change(self.item(paper)["key"], **changes)

    def own(self, title: str, **fields: Any) -> str:
        """Add an item of one's own and return its key."""
        item = {"itemType": "preprint", "title": title, "date": "2023-04-25", "creators": WRITERS}
        return self.zotero.post(item | fields)

    def link(self, parent: str, title: str, url: str) -> str:
        """Add a link to an item and return its key."""
        link = {"itemType": "attachment", "linkMode": "linked_url", "title": title, "url": url}
        return self.zotero.post({"parentItem": parent, **link})

    def links(self, key: str) -> dict[str, str]:
        """Return address by title of the links that an item shows; no two may have one title."""
        shown = [child for child in self.children(key) if not child.get("deleted")]
        titles = {child["title"]: child["url"] for child in shown}
        assert len(titles) == len(shown)
        return titles

    def children(self, key: str) -> list[Json]:
        """Return the children of an item, trashed ones too."""
        return [data for data in self.zotero.items().values() if data.get("parentItem") == key]

    def merge(self, winner: str, loser: str) -> None:
        """Merge two items: the winner keeps its fields, the loser goes to the trash."""
        items = self.zotero.items()
        first, second = items[winner], items[loser]
        tags = {tag["tag"]: tag for tag in second["tags"]}
        for tag in first["tags"]:
            if tags.get(tag["tag"], {"type": 1}).get("type"):
                tags[tag["tag"]] = tag
        shown = self.links(winner)
        for child in self.children(loser):
            if child["title"] in shown:
                self.change(child["key"], deleted=1)
            else:
                self.change(child["key"], parentItem=winner)
        address = f"http://zotero.org/{self.zotero.server.library}/items/{loser}"
        self.change(
            winner,
            tags=list(tags.values()),
            collections=sorted({*first["collections"], *second["collections"]}),
            relations={"dc:replaces": address},
            dateAdded=min(first["dateAdded"], second["dateAdded"]),
        )
        self.change(loser, deleted=1)

    def empty_trash(self) -> None:
        """Erase all that is in the trash."""
        for data in self.zotero.items().values():
            if data.get("deleted") and not self._gone(data["key"]):
                self.zotero.erase(data["key"])
        for data in self.zotero.collections().values():
            if data.get("deleted"):
                self.zotero.erase(data["key"], of="collections")

    def _gone(self, key: str) -> bool:
        return key in self.zotero.get("/deleted?since=0")["items"]

    def delete_collection(self, name: str, *, with_items: bool = False) -> None:
        """Move a collection to the trash."""
        key = self.zotero.collections()[name]["key"]
        self.change(key, of="collections", deleted=True)
        for data in self.zotero.items().values() if with_items else ():
            if key in data.get("collections", ()):
                self.change(data["key"], deleted=1)


def is_paper(data: Json) -> bool:
    """Return whether an object is an item that stands by itself and is no note or file."""
    return "parentItem" not in data and data["itemType"] not in {"note", "attachment"}


def show(desk: Desk, *more: str, alpha: str = "", line: str = "CLApr 25, 2023") -> None:
    """Let the page list the three papers, and more."""
    papers = (entry("Alpha", abstract=alpha, line=line), entry("Beta"), entry("Gamma"), *more)
    desk.page.write_text(page(*papers), encoding="utf-8")


def pushes(desk: Desk, **task: Any) -> Report:
    """Run without any error, two days later, when no edit is recent any more."""
    desk.clock.advance(TWO_DAYS)
    report = desk.run(**task)
    assert report.error is None
    assert not report.unread
    assert not report.failures
    return report


def rests(desk: Desk) -> None:
    """Two days later nothing is written, nor in the run after that."""
    for _ in range(2):
        assert pushes(desk).requests.write == 0


def forget(desk: Desk) -> Desk:
    """Lose the state."""
    for part in desk.data.root.glob("syncd.sqlite*"):
        part.unlink()
    return desk


def another_machine(desk: Desk) -> Desk:
    """Give a second desk of the same user, with the same profile and library."""
    folder = desk.folder.parent / "second"
    folder.mkdir()
    second = Desk(folder, desk.zotero, desk.clock)
    for name in ("config.toml", "page.txt"):
        shutil.copy(desk.folder / name, folder / name)
    return second


MEMORIES: dict[str, Memory] = {
    "kept": lambda desk: desk,
    "lost": forget,
    "of a second machine": another_machine,
}
with_every_memory = pytest.mark.parametrize("memory", MEMORIES.values(), ids=MEMORIES.keys())


@contextmanager
def memory_of(desk: Desk) -> Iterator[State]:
    """Open what syncd remembers: what `syncd status` shows."""
    library = load(desk.folder / "config.toml", desk.env).library()
    with remembered(library, desk.data, desk.clock) as state:
        yield state


def standing(desk: Desk, cause: str) -> dict[str, str]:
    """Return what is known of papers for one cause: detail by title."""
    with memory_of(desk) as state:
        return {paper.title: paper.detail for paper in state.standings.of() if paper.cause == cause}


def pause_of(desk: Desk) -> str:
    """Return why the one profile is paused, if it is."""
    with memory_of(desk) as state:
        (profile,) = state.profiles.pushed()
        return profile.paused
