"""What users do in Zotero, played as the real client leaves it: each decision is read as one, and kept.

The cases are the rows of `user-actions.md`. Every one is played with syncd's memory kept, with it lost, and with
a second machine in its place, wherever that could make a difference.
"""

from __future__ import annotations

import json
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from desk import Desk, Zotero
from pages import entry, page
from syncd import parse
from syncd.cli.exit_codes import of_report
from syncd.config import load
from syncd.model import Creator, Identifiers, Paper, Profile
from syncd.session import Ports, remembered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from syncd.model import Snapshot
    from syncd.pipeline import Report
    from syncd.state import State
    from syncd.zotero.embedded import Fault, Request

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
BO = '[profiles.bo]\nsource = "bo.txt"\ncaptured = 2026-06-01\n'


@dataclass
class Owner:
    """The library's owner at the desktop client, which syncs at once."""

    zotero: Zotero

    def item(self, title: str) -> Json:
        """Return the data of the one item of this title that is no child, in the trash or not."""
        (found,) = [
            data for data in self.zotero.items().values() if _is_paper(data) and data["title"] == title
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


def _is_paper(data: Json) -> bool:
    return "parentItem" not in data and data["itemType"] not in {"note", "attachment"}


@pytest.fixture
def owner(zotero: Zotero) -> Owner:
    """Give the library's owner."""
    return Owner(zotero)


@pytest.fixture
def pushed(desk: Desk) -> Desk:
    """Give a desk whose three papers, with a link each, were pushed."""
    show(desk)
    assert desk.run().counts["create"] == 3
    return desk


def show(desk: Desk, *more: str, alpha: str = "", line: str = "CLApr 25, 2023") -> None:
    """Let the page list the three papers, and more."""
    papers = (entry("Alpha", abstract=alpha, line=line), entry("Beta"), entry("Gamma"), *more)
    desk.page.write_text(page(*papers), encoding="utf-8")


def pushes(desk: Desk, **task: Any) -> Report:
    """Run without any error, two days later, when no edit is recent any more."""
    desk.clock.advance(TWO_DAYS)
    report = desk.run(**task)
    assert report.error is None
    assert not report.sources
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
    with remembered(library, Ports(desk.env, desk.data, desk.clock)) as state:
        yield state


def standing(desk: Desk, cause: str) -> dict[str, str]:
    """Return what is known of papers for one cause: detail by title."""
    with memory_of(desk) as state:
        return {paper.title: paper.detail for paper in state.standings() if paper.cause == cause}


def pause_of(desk: Desk) -> str:
    """Return why the one profile is paused, if it is."""
    with memory_of(desk) as state:
        (profile,) = state.profiles()
        return profile.paused


# Merging


@with_every_memory
def test_a_pushed_item_that_was_merged_into_an_own_one_stays_merged(
    pushed: Desk, owner: Owner, memory: Memory
) -> None:
    """The winner is the paper from now on: new links go there, own words stay, with the trash emptied too."""
    loser = owner.item("Beta")["key"]
    mine = owner.own("Beta", abstractNote="My own words.", tags=[{"tag": "mine"}])
    owner.merge(mine, loser)
    desk = memory(pushed)
    rests(desk)
    expected = {"Code: ann/beta"}
    for emptied in (False, True):
        if emptied:
            owner.empty_trash()
        expected.add(f"Code: ann/beta-{len(expected)}")
        addresses = " ".join(f"https://github.com/{title.removeprefix('Code: ')}" for title in expected)
        beta = entry("Beta", abstract=f"Code is at {addresses}")
        desk.page.write_text(page(entry("Alpha"), beta, entry("Gamma")), encoding="utf-8")
        assert pushes(desk).requests.write == 1
        rests(desk)
        winner = owner.zotero.papers()["Beta"]
        assert winner["key"] == mine
        assert winner["abstractNote"] == "My own words."
        assert {tag["tag"] for tag in winner["tags"]} == {"mine", "cs.CL", "microsoft-research", "code"}
        assert winner["collections"] == [owner.zotero.collections()["Ann Lee"]["key"]]
        assert set(owner.links(mine)) == expected
    assert sorted(owner.zotero.papers()) == ["Alpha", "Beta", "Gamma"]


@with_every_memory
def test_an_own_item_that_was_merged_into_a_pushed_one_changes_nothing(
    pushed: Desk, owner: Owner, memory: Memory
) -> None:
    """The pushed item keeps following its source, with the trash emptied too."""
    winner = owner.item("Alpha")["key"]
    mine = owner.own("Alpha", tags=[{"tag": "mine"}, {"tag": "cs.CL"}])
    owner.link(mine, "Slides", "https://example.org/slides")
    owner.merge(winner, mine)
    desk = memory(pushed)
    rests(desk)
    owner.empty_trash()
    rests(desk)
    show(desk, alpha=NEWS)
    assert pushes(desk).counts["update"] == 1
    alpha = owner.item("Alpha")
    assert alpha["key"] == winner
    assert alpha["abstractNote"] == NEWS
    assert {"tag": "mine"} in alpha["tags"]
    assert {"tag": "cs.CL"} in alpha["tags"]
    assert set(owner.links(winner)) == {"Code: ann/alpha", "Slides"}
    rests(desk)


@with_every_memory
@pytest.mark.parametrize("emptied", [False, True], ids=["trash kept", "trash emptied"])
def test_a_link_that_was_merged_with_one_of_equal_title_does_not_come_back(
    pushed: Desk, owner: Owner, memory: Memory, *, emptied: bool
) -> None:
    """Zotero keeps the winner's address, whatever the loser's was."""
    loser = owner.item("Alpha")["key"]
    mine = owner.own("Alpha")
    owner.link(mine, "Code: ann/alpha", "https://example.org/mirror")
    owner.merge(mine, loser)
    if emptied:
        owner.empty_trash()
    desk = memory(pushed)
    pushes(desk)
    rests(desk)
    assert owner.links(mine) == {"Code: ann/alpha": "https://example.org/mirror"}


@with_every_memory
def test_a_merge_whose_winner_was_deleted_brings_nothing_back(
    pushed: Desk, owner: Owner, memory: Memory
) -> None:
    """Trashed or erased, the paper is not wanted."""
    mine = owner.own("Alpha")
    (loser,) = [d["key"] for d in owner.zotero.items().values() if d["title"] == "Alpha" and d["key"] != mine]
    owner.merge(mine, loser)
    owner.change(mine, deleted=1)
    desk = memory(pushed)
    rests(desk)
    owner.empty_trash()
    rests(desk)
    assert set(owner.zotero.papers()) == {"Beta", "Gamma"}


# The trash


@with_every_memory
def test_a_trashed_paper_stays_in_the_trash_and_an_erased_one_away(
    pushed: Desk, owner: Owner, memory: Memory
) -> None:
    """Whatever its source says of it meanwhile."""
    owner.edit("Alpha", deleted=1)
    desk = memory(pushed)
    rests(desk)
    show(desk, alpha=NEWS)
    rests(desk)
    assert owner.item("Alpha")["abstractNote"] != NEWS
    assert list(standing(desk, "deleted")) == ["Alpha"]
    owner.empty_trash()
    rests(desk)
    assert set(owner.zotero.papers()) == {"Beta", "Gamma"}
    assert list(standing(desk, "deleted")) == ["Alpha"]


@with_every_memory
@pytest.mark.parametrize("seen", [False, True], ids=["unseen", "seen in the trash"])
def test_a_paper_that_was_taken_out_of_the_trash_follows_its_source_again(
    pushed: Desk, owner: Owner, memory: Memory, *, seen: bool
) -> None:
    """A tombstone ends when its item is alive."""
    owner.edit("Alpha", deleted=1)
    if seen:
        pushes(pushed)
    desk = memory(pushed)
    owner.edit("Alpha", deleted=0)
    rests(desk)
    show(desk, alpha=NEWS)
    assert pushes(desk).counts["update"] == 1
    assert owner.item("Alpha")["abstractNote"] == NEWS
    assert standing(desk, "deleted") == {}


@with_every_memory
def test_an_erased_paper_is_not_created_again(pushed: Desk, owner: Owner, memory: Memory) -> None:
    """Creating its key again would bring it back silently: the deletion log is read first."""
    owner.zotero.erase(owner.item("Alpha")["key"])
    desk = memory(pushed)
    rests(desk)
    show(desk, alpha=NEWS)
    rests(desk)
    assert set(owner.zotero.papers()) == {"Beta", "Gamma"}


# Collections


@with_every_memory
def test_a_paper_that_was_taken_out_of_its_collection_stays_out_and_is_kept_current(
    pushed: Desk, owner: Owner, memory: Memory
) -> None:
    """It is filed where the user filed it."""
    owner.zotero.write({"name": "Reading"}, to="collections")
    reading = owner.zotero.collections()["Reading"]["key"]
    owner.edit("Alpha", collections=[reading])
    owner.edit("Beta", collections=[])
    desk = memory(pushed)
    rests(desk)
    show(desk, alpha=NEWS)
    assert pushes(desk).counts["update"] == 1
    papers = owner.zotero.papers()
    assert papers["Alpha"]["abstractNote"] == NEWS
    assert papers["Alpha"]["collections"] == [reading]
    assert papers["Beta"]["collections"] == []
    rests(desk)


@with_every_memory
@pytest.mark.parametrize("what", ["renamed", "moved to the top", "parent renamed", "moved elsewhere"])
def test_a_collection_that_was_renamed_or_moved_is_followed_by_its_key(
    pushed: Desk, owner: Owner, memory: Memory, what: str
) -> None:
    """New papers go into it; no second one is made under the old name."""
    key = owner.zotero.collections()["Ann Lee"]["key"]
    if what == "renamed":
        owner.change(key, of="collections", name="Ann")
    elif what == "moved to the top":
        owner.change(key, of="collections", parentCollection=False)
    elif what == "parent renamed":
        owner.change(owner.zotero.collections()["Profiles"]["key"], of="collections", name="People")
    else:
        owner.zotero.write({"name": "Mine"}, to="collections")
        mine = owner.zotero.collections()["Mine"]["key"]
        owner.change(key, of="collections", parentCollection=mine)
    before = owner.zotero.collections()
    desk = memory(pushed)
    show(desk, entry("Delta"))
    assert pushes(desk).counts["create"] == 1
    assert owner.item("Delta")["collections"] == [key]
    assert owner.zotero.collections() == before
    rests(desk)


DELETIONS: dict[str, Callable[[Owner], None]] = {
    "keeping the items": lambda owner: owner.delete_collection("Ann Lee"),
    "with its items": lambda owner: owner.delete_collection("Ann Lee", with_items=True),
    "by its parent": lambda owner: owner.delete_collection("Profiles"),
    "for good": lambda owner: owner.zotero.erase(
        owner.zotero.collections()["Ann Lee"]["key"], of="collections"
    ),
    "for good with its parent": lambda owner: owner.zotero.erase(
        owner.zotero.collections()["Profiles"]["key"], of="collections"
    ),
}


@with_every_memory
@pytest.mark.parametrize("delete", DELETIONS.values(), ids=DELETIONS.keys())
def test_a_profile_whose_collection_was_deleted_pauses(
    pushed: Desk, owner: Owner, memory: Memory, delete: Callable[[Owner], None]
) -> None:
    """No paper is added, filed or changed any more, and `status` says so."""
    delete(owner)
    before, collections = owner.zotero.items(), owner.zotero.collections()
    desk = memory(pushed)
    show(desk, entry("Delta"), alpha=NEWS)
    rests(desk)
    assert owner.zotero.items() == before
    assert owner.zotero.collections() == collections
    assert "'Profiles/Ann Lee'" in pause_of(desk)


@with_every_memory
def test_a_collection_that_was_taken_out_of_the_trash_is_used_again(
    pushed: Desk, owner: Owner, memory: Memory
) -> None:
    """The pause ends by itself."""
    key = owner.zotero.collections()["Profiles"]["key"]
    owner.delete_collection("Profiles")
    desk = memory(pushed)
    show(desk, entry("Delta"))
    rests(desk)
    owner.change(key, of="collections", deleted=False)
    assert pushes(desk).counts["create"] == 1
    assert owner.item("Delta")["collections"] == [owner.zotero.collections()["Ann Lee"]["key"]]
    assert pause_of(desk) == ""


@pytest.mark.parametrize("state", ["kept", "lost"])
@pytest.mark.parametrize("delete", DELETIONS.values(), ids=DELETIONS.keys())
def test_resume_starts_a_fresh_collection_and_drags_nothing_back(
    pushed: Desk, owner: Owner, delete: Callable[[Owner], None], state: str
) -> None:
    """Old papers stay where they are, and go on being kept current; new ones are filed in the new collection."""
    old = owner.zotero.collections()["Ann Lee"]["key"]
    delete(owner)
    filed = {data["key"]: data["collections"] for data in owner.zotero.items().values() if _is_paper(data)}
    pushes(pushed)
    resumed = pushed.syncd("resume", "ann", "--new-collection")
    assert resumed.code == 0
    assert "fresh collection 'Profiles/Ann Lee'" in resumed.out
    rests(pushed)
    show(pushed, entry("Delta"))
    assert pushes(pushed).counts["create"] == 1
    if state == "lost":
        forget(pushed)
    rests(pushed)
    (fresh,) = owner.item("Delta")["collections"]
    assert fresh != old
    made = owner.zotero.get(f"/collections/{fresh}")["data"]
    parent = owner.zotero.get(f"/collections/{made['parentCollection']}")["data"]
    assert (made["name"], parent["name"]) == ("Ann Lee", "Profiles")
    assert not parent.get("deleted")
    now = owner.zotero.items()
    assert {key: now[key]["collections"] for key in filed} == filed


# Edits


@with_every_memory
def test_what_the_user_wrote_stays_and_all_else_follows_the_source(
    pushed: Desk, owner: Owner, memory: Memory
) -> None:
    """Title, authors, abstract, date: each is the user's once the user changed it; `status` says what was kept."""
    theirs: dict[str, Json] = {
        "Alpha": {"abstractNote": "My own words.", "date": "2024"},
        "Beta": {"creators": WRITERS[:1]},
        "Gamma": {"title": "Gamma, as I call it"},
    }
    for paper, changes in theirs.items():
        owner.edit(paper, **changes)
    desk = memory(pushed)
    rests(desk)
    more = {"authors": "Ann Lee, Bo Chen, Cy Diaz", "line": "CLMay 1, 2023"}
    new = [
        entry(
            title, abstract=f"New words on {title}. Code: https://github.com/ann/{title.lower()}-two", **more
        )
        for title in TITLES
    ]
    desk.page.write_text(page(*new), encoding="utf-8")
    pushes(desk)
    rests(desk)
    items = {data["key"]: data for data in owner.zotero.papers().values()}
    assert len(items) == 3
    for number, (paper, changes) in enumerate(theirs.items()):
        shown = owner.item(changes.get("title", paper))
        expected = {
            "title": paper,
            "abstractNote": f"New words on {paper}. Code: https://github.com/ann/{paper.lower()}-two",
            "date": "2023-05-01",
            **changes,
        }
        assert {name: shown[name] for name in expected} == expected
        assert len(shown["creators"]) == (3, 1, 3)[number]
        assert len(owner.links(shown["key"])) == 2
    if memory is MEMORIES["kept"]:
        kept = standing(desk, "kept")
        assert set(kept["Alpha"].split(", ")) == {"abstractNote", "date"}
        assert kept["Beta"] == "creators"


@with_every_memory
def test_a_tag_that_was_removed_stays_removed_and_an_added_one_stays(
    pushed: Desk, owner: Owner, memory: Memory
) -> None:
    """Also when the source brings another."""
    tags = [tag for tag in owner.item("Alpha")["tags"] if tag["tag"] != "microsoft-research"]
    owner.edit("Alpha", tags=[*tags, {"tag": "mine"}])
    desk = memory(pushed)
    rests(desk)
    show(desk, line="CVApr 25, 2023")
    pushes(desk)
    rests(desk)
    assert {tag["tag"] for tag in owner.item("Alpha")["tags"]} == {"mine", "cs.CV", "code"}


@with_every_memory
def test_deleting_all_automatic_tags_is_a_decision(pushed: Desk, owner: Owner, memory: Memory) -> None:
    """`dateModified` does not tell of it; what the source brings later is new and comes."""
    for title in TITLES:
        data = owner.item(title)
        owner.edit(title, tags=[{"tag": "mine"}], dateModified=data["dateModified"])
    desk = memory(pushed)
    rests(desk)
    assert all(owner.item(title)["tags"] == [{"tag": "mine"}] for title in TITLES)
    show(desk, line="CVApr 25, 2023", alpha=NEWS)
    assert pushes(desk).counts["update"] == 1
    assert {tag["tag"] for tag in owner.item("Alpha")["tags"]} == {"mine", "cs.CV"}
    rests(desk)


@with_every_memory
@pytest.mark.parametrize("emptied", [False, True], ids=["trashed", "erased"])
def test_a_link_that_was_deleted_stays_away(
    pushed: Desk, owner: Owner, memory: Memory, *, emptied: bool
) -> None:
    """Its paper goes on, and gets the next link."""
    alpha = owner.item("Alpha")["key"]
    (link,) = owner.children(alpha)
    owner.change(link["key"], deleted=1)
    if emptied:
        owner.empty_trash()
    desk = memory(pushed)
    rests(desk)
    assert owner.links(alpha) == {}
    show(desk, alpha=f"{NEWS} And https://github.com/ann/alpha-two")
    pushes(desk)
    rests(desk)
    assert list(owner.links(alpha)) == ["Code: ann/alpha-two"]


@with_every_memory
@pytest.mark.parametrize("name", ["abstractNote", "date", "title"])
def test_a_field_that_was_emptied_stays_empty(pushed: Desk, owner: Owner, memory: Memory, name: str) -> None:
    """Whatever the source says later."""
    key = owner.item("Alpha")["key"]
    owner.change(key, **{name: ""})
    desk = memory(pushed)
    rests(desk)
    show(desk, alpha=NEWS, line="CLMay 1, 2023")
    pushes(desk)
    rests(desk)
    assert owner.zotero.items()[key][name] == ""
    assert len(owner.zotero.papers()) == 3


def test_an_item_is_left_alone_for_a_day_after_an_edit(pushed: Desk, owner: Owner) -> None:
    """The change waits, which `status` says, and arrives afterwards; other papers' changes do not wait."""
    pushed.clock.advance(TWO_DAYS)
    owner.edit("Alpha", tags=[*owner.item("Alpha")["tags"], {"tag": "mine"}])
    show(pushed, entry("Delta"), alpha=f"{NEWS} And https://github.com/ann/alpha-two")
    before = owner.item("Alpha")
    assert pushed.run().counts == {
        "create": 1, "update": 0, "adopt": 0, "unchanged": 2, "skip": 1, "review": 0, "failed": 0
    }  # fmt: skip
    assert owner.item("Alpha") == before
    assert len(owner.links(before["key"])) == 1
    assert standing(pushed, "waiting") == {
        "Alpha": "you edited it; the change waits until 2026-06-05 12:00 UTC"
    }
    assert pushed.run().requests.total == 1
    pushed.clock.advance(TWO_DAYS)
    assert pushed.run().counts["update"] == 1
    assert owner.item("Alpha")["abstractNote"].startswith(NEWS)
    assert {"tag": "mine"} in owner.item("Alpha")["tags"]
    assert len(owner.links(before["key"])) == 2
    assert standing(pushed, "waiting") == {}


# Both sides at once


def during_the_next_write(zotero: Zotero, act: Callable[[], None]) -> None:
    """Let the owner act when syncd has read the library and is about to write."""

    def happens(_: Request) -> Fault | None:
        act()
        return None

    zotero.trouble.plan("POST", happens)


@pytest.mark.parametrize("what", ["edits it", "trashes it", "erases it", "tags it"])
def test_the_user_acts_on_a_paper_while_syncd_writes_to_it(pushed: Desk, owner: Owner, what: str) -> None:
    """The write is refused, and decided again: the user is never overwritten, and nothing comes back."""
    key = owner.item("Alpha")["key"]
    acts: dict[str, Callable[[], None]] = {
        "edits it": lambda: owner.change(key, abstractNote="My own words."),
        "trashes it": lambda: owner.change(key, deleted=1),
        "erases it": lambda: owner.zotero.erase(key),
        "tags it": lambda: owner.change(key, tags=[{"tag": "mine"}]),
    }
    show(pushed, alpha=f"{NEWS} And https://github.com/ann/alpha-two")
    during_the_next_write(owner.zotero, acts[what])
    pushes(pushed)
    pushes(pushed)
    rests(pushed)
    if what == "edits it":
        assert owner.item("Alpha")["abstractNote"] == "My own words."
    elif what == "tags it":
        assert owner.item("Alpha")["abstractNote"].startswith(NEWS)
        assert owner.item("Alpha")["tags"] == [{"tag": "mine"}]
    else:
        assert set(owner.zotero.papers()) == {"Beta", "Gamma"}
    assert len([data for data in owner.zotero.items().values() if data.get("parentItem") == key]) == {
        "edits it": 2, "tags it": 2, "trashes it": 1, "erases it": 0
    }[what]  # fmt: skip


def test_only_what_changed_is_written_and_nothing_for_a_score(desk: Desk, owner: Owner) -> None:
    """A moved score alone touches no item; a new abstract touches one, and no other property of it."""
    show(desk, line="91.0CLApr 25, 2023")
    desk.run()
    show(desk, line="78.5CLApr 25, 2023")
    rests(desk)
    assert {"tag": "AI Score 90+", "type": 1} in owner.item("Alpha")["tags"]
    sent: list[Json] = []
    show(desk, line="78.5CLApr 25, 2023", alpha=NEWS)

    def look(request: Request) -> Fault | None:
        sent.extend(json.loads(request.body))
        return None

    owner.zotero.trouble.plan("POST", look)
    pushes(desk)
    (patch,) = sent
    assert set(patch) == {"key", "version", "abstractNote"}


# What only a source with identifiers shows


RECORDS = 'format = "records"\n'


def records(*papers: Paper) -> str:
    """Return what `read_records` reads."""
    values = [
        {
            "title": paper.title,
            "abstract": paper.abstract,
            "doi": paper.identifiers.doi,
            "arxiv": paper.identifiers.arxiv,
        }
        for paper in papers
    ]
    return json.dumps(values)


def read_records(snapshot: Snapshot) -> Profile:
    """Read papers that have identifiers, as a source other than the page gives them."""
    authors = (Creator("Ann Lee", "Lee", "Ann"), Creator("Bo Chen", "Chen", "Bo"))
    papers = [
        Paper(
            value["title"],
            authors,
            abstract=value["abstract"],
            date="2023-04-25",
            category="cs.CL",
            identifiers=Identifiers(value["doi"], value["arxiv"]),
        )
        for value in json.loads(snapshot.data)
    ]
    return Profile(name="Ann Lee", papers=tuple(papers))


ARXIV = Paper("Alpha", abstract="Words.", identifiers=Identifiers(arxiv="2304.12526"))
PLAIN = replace(ARXIV, identifiers=Identifiers())


@pytest.fixture
def recorded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Give a desk whose source knows identifiers; one paper of arXiv was pushed."""
    monkeypatch.setitem(parse.FORMATS, "records", read_records)
    desk.configure(RECORDS)
    desk.page.write_text(records(ARXIV), encoding="utf-8")
    assert desk.run().counts["create"] == 1
    return desk


@with_every_memory
def test_a_preprint_that_was_made_a_conference_paper_stays_one(
    recorded: Desk, owner: Owner, memory: Memory
) -> None:
    """Fields that its type has not are never written; other changes still arrive."""
    before = owner.item("Alpha")
    assert (before["archiveID"], before["repository"]) == ("arXiv:2304.12526", "arXiv")
    owner.edit("Alpha", itemType="conferencePaper")
    assert "archiveID" not in owner.item("Alpha")
    desk = memory(recorded)
    rests(desk)
    news = replace(ARXIV, abstract="Other words.", identifiers=Identifiers("10.1000/alpha", "2304.99999"))
    desk.page.write_text(records(news), encoding="utf-8")
    pushes(desk)
    rests(desk)
    after = owner.item("Alpha")
    assert (after["key"], after["itemType"], after["abstractNote"]) == (
        before["key"], "conferencePaper", "Other words."
    )  # fmt: skip
    assert "archiveID" not in after
    owner.edit("Alpha", itemType="preprint")
    rests(desk)
    assert owner.item("Alpha")["archiveID"] == ""


@with_every_memory
def test_an_arxiv_id_that_appears_later_goes_only_where_the_changed_type_has_a_field_for_it(
    recorded: Desk, owner: Owner, memory: Memory
) -> None:
    """The server would refuse the whole object for one field too many."""
    plain = replace(PLAIN, title="Beta")
    recorded.page.write_text(records(ARXIV, plain), encoding="utf-8")
    recorded.run()
    owner.edit("Beta", itemType="conferencePaper")
    desk = memory(recorded)
    rests(desk)
    late = replace(plain, identifiers=Identifiers(arxiv="2305.00001"))
    desk.page.write_text(records(ARXIV, late), encoding="utf-8")
    assert pushes(desk).counts["update"] == 1
    rests(desk)
    beta = owner.item("Beta")
    assert (beta["itemType"], beta["DOI"]) == ("conferencePaper", "10.48550/arXiv.2305.00001")
    assert "archiveID" not in beta


@pytest.mark.parametrize("identifiers", [Identifiers(arxiv="2304.12526"), Identifiers("10.1000/alpha")])
@with_every_memory
def test_an_identifier_that_appears_later_makes_no_second_item(
    recorded: Desk, owner: Owner, memory: Memory, identifiers: Identifiers
) -> None:
    """The item keeps its key and gets the identifier."""
    plain = replace(PLAIN, title="Beta")
    recorded.page.write_text(records(ARXIV, plain), encoding="utf-8")
    recorded.run()
    key = owner.item("Beta")["key"]
    desk = memory(recorded)
    late = replace(plain, identifiers=replace(identifiers, arxiv=identifiers.arxiv and "2305.00001"))
    desk.page.write_text(records(ARXIV, late), encoding="utf-8")
    pushes(desk)
    rests(desk)
    beta = owner.item("Beta")
    assert beta["key"] == key
    if memory is MEMORIES["kept"]:
        assert beta["DOI"] == (identifiers.doi or "10.48550/arXiv.2305.00001")
    assert len(owner.zotero.papers()) == 2


@with_every_memory
def test_a_title_that_the_source_corrected_changes_the_same_item(
    pushed: Desk, owner: Owner, memory: Memory
) -> None:
    """Same date, same authors, same abstract: it is that paper, not a new one."""
    text = "What we found on long titles. Code: https://github.com/ann/long"
    show(pushed, entry(LONG, abstract=text))
    pushes(pushed)
    key = owner.item(LONG)["key"]
    desk = memory(pushed)
    rests(desk)
    corrected = LONG.replace("Long", "Lengthy")
    for _ in range(2):
        show(desk, entry(corrected, abstract=text))
        pushes(desk)
        rests(desk)
        assert owner.item(corrected)["key"] == key
        assert len(owner.zotero.papers()) == 4
        desk = forget(desk)


def test_a_title_that_the_user_changed_stays_when_the_source_corrects_it(pushed: Desk, owner: Owner) -> None:
    """The user wins, and there is no second item."""
    show(pushed, entry(LONG))
    pushes(pushed)
    owner.edit(LONG, title="My title for it")
    show(pushed, entry(LONG.replace("Long", "Lengthy")))
    pushes(pushed)
    rests(pushed)
    assert set(owner.zotero.papers()) == {*TITLES, "My title for it"}


# State and library of another time


def keep_files(folder: Path, pattern: str, kept: Path) -> None:
    """Copy files away."""
    kept.mkdir()
    for part in folder.glob(pattern):
        shutil.copy2(part, kept / part.name)


def put_back(folder: Path, pattern: str, kept: Path) -> None:
    """Put what was copied away in the place of what is there now."""
    for part in folder.glob(pattern):
        part.unlink()
    for part in kept.iterdir():
        shutil.copy2(part, folder / part.name)


def while_stopped(zotero: Zotero, act: Callable[[], None]) -> None:
    """Act while nobody serves the library; afterwards it is at the same address."""
    zotero.server.port = int(zotero.server.url.rpartition(":")[2])
    zotero.server.stop()
    act()
    zotero.server.start()


def test_an_older_backup_of_the_state_brings_nothing_back(pushed: Desk, owner: Owner, tmp_path: Path) -> None:
    """All that happened since is read from the library: creations, deletions, merges, edits."""
    keep_files(pushed.data.root, "syncd.sqlite*", tmp_path / "kept")
    show(pushed, entry("Delta"), entry("Epsilon"), entry("Zeta"))
    pushes(pushed)
    beta, delta, epsilon = (owner.item(title)["key"] for title in ("Beta", "Delta", "Epsilon"))
    owner.edit("Alpha", deleted=1)
    owner.merge(owner.own("Beta"), beta)
    owner.zotero.erase(delta)
    owner.empty_trash()
    (link,) = owner.children(epsilon)
    owner.change(link["key"], deleted=1)
    owner.change(epsilon, tags=[], abstractNote="")
    owner.edit("Gamma", tags=[{"tag": "mine"}])
    pushes(pushed)
    before = owner.zotero.items()
    put_back(pushed.data.root, "syncd.sqlite*", tmp_path / "kept")
    rests(pushed)
    assert owner.zotero.items() == before
    show(pushed, entry("Delta"), entry("Epsilon"), entry("Zeta"), alpha=NEWS)
    rests(pushed)


def test_two_machines_in_turn_keep_a_paper_out_of_the_collection(pushed: Desk, owner: Owner) -> None:
    """The first has never seen the paper that the second pushed and the user took out; nor has a backup."""
    second = another_machine(pushed)
    pushes(second)
    show(second, entry("Delta"))
    pushes(second)
    owner.edit("Delta", collections=[])
    show(pushed, entry("Delta"))
    pushes(pushed)
    assert owner.item("Delta")["collections"] == []


def test_a_library_of_an_older_version_gets_what_it_lacks_but_nothing_deleted(
    desk: Desk, owner: Owner, tmp_path: Path
) -> None:
    """Papers that are missing without a deletion come again under their keys; what the user had erased does not."""
    folder = owner.zotero.server.path.parent
    desk.page.write_text(page(entry("Alpha")), encoding="utf-8")
    desk.run()
    while_stopped(owner.zotero, lambda: keep_files(folder, "zotero.sqlite*", tmp_path / "kept"))
    show(desk)
    pushes(desk)
    beta = owner.item("Beta")["key"]
    owner.zotero.erase(owner.item("Gamma")["key"])
    pushes(desk)
    while_stopped(owner.zotero, lambda: put_back(folder, "zotero.sqlite*", tmp_path / "kept"))
    assert set(owner.zotero.papers()) == {"Alpha"}
    assert pushes(desk).counts["create"] == 1
    assert set(owner.zotero.papers()) == {"Alpha", "Beta"}
    assert owner.item("Beta")["key"] == beta
    assert owner.links(beta) == {"Code: ann/beta": "https://github.com/ann/beta"}
    assert owner.item("Beta")["collections"] == [owner.zotero.collections()["Ann Lee"]["key"]]
    rests(desk)


@pytest.mark.parametrize("rest", [(), ("Mine",)], ids=["empty", "of other items"])
def test_a_library_that_lost_all_that_syncd_knows_stops_the_run(
    desk: Desk, owner: Owner, tmp_path: Path, rest: tuple[str, ...]
) -> None:
    """Exit 8 and nothing written, until the user says that it is meant so."""
    folder = owner.zotero.server.path.parent
    for title in rest:
        owner.own(title)
    while_stopped(owner.zotero, lambda: keep_files(folder, "zotero.sqlite*", tmp_path / "kept"))
    show(desk)
    desk.run()
    while_stopped(owner.zotero, lambda: put_back(folder, "zotero.sqlite*", tmp_path / "kept"))
    for _ in range(2):
        report = desk.run()
        assert of_report(report) == 8
        assert "none of the 3 papers" in str(report.error)
        assert set(owner.zotero.papers()) == set(rest)
    assert pushes(desk, accept_empty=True).counts["create"] == 3
    assert set(owner.zotero.papers()) == {*TITLES, *rest}
    rests(desk)


def test_a_user_who_erased_every_paper_stops_no_run(pushed: Desk, owner: Owner) -> None:
    """There the deletions explain why nothing is left."""
    for title in TITLES:
        owner.zotero.erase(owner.item(title)["key"])
    rests(pushed)
    show(pushed, entry("Delta"))
    assert pushes(pushed).counts["create"] == 1


def test_a_page_that_shrinks_by_more_than_half_is_a_layout_alarm(desk: Desk, owner: Owner) -> None:
    """Exit 7 and nothing written; papers that vanish from a page stay in the library either way."""
    titles = ("Alpha", "Beta", "Gamma", "Delta", "Epsilon")
    desk.page.write_text(page(*map(entry, titles)), encoding="utf-8")
    desk.run()
    desk.page.write_text(page(entry("Alpha", abstract=NEWS), entry("Zeta")), encoding="utf-8")
    before = owner.zotero.items()
    for _ in range(2):
        assert of_report(desk.run()) == 7
        assert owner.zotero.items() == before
    report = pushes(desk, accept_shrunk=True)
    assert (report.counts["create"], report.counts["update"]) == (1, 1)
    assert set(owner.zotero.papers()) == {*titles, "Zeta"}
    rests(desk)


def test_a_page_of_half_the_papers_is_believed(desk: Desk, owner: Owner) -> None:
    """The alarm is for more than half."""
    desk.page.write_text(page(*map(entry, ("Alpha", "Beta", "Gamma", "Delta"))), encoding="utf-8")
    desk.run()
    desk.page.write_text(page(entry("Alpha"), entry("Beta")), encoding="utf-8")
    rests(desk)
    assert len(owner.zotero.papers()) == 4


# What syncd tells


def test_status_tells_what_was_kept_what_waits_and_what_is_paused(pushed: Desk, owner: Owner) -> None:
    """For people in sections, for scripts as JSON; the words name the paper and the reason."""
    owner.edit("Alpha", abstractNote="My own words.")
    owner.edit("Gamma", deleted=1)
    pushed.clock.advance(TWO_DAYS)
    owner.edit("Beta", tags=[])
    new = [entry(title, abstract=f"New words on {title}.") for title in TITLES]
    pushed.page.write_text(page(*new), encoding="utf-8")
    pushed.run()
    shown = pushed.syncd("status")
    assert shown.code == 0
    words = " ".join(shown.out.split())
    assert "kept yours: 1" in words
    assert "Alpha: abstractNote" in words
    assert "waiting: 1" in words
    assert "Beta: you edited it; the change waits until" in words
    assert "deleted or trashed by you: 1" in words
    told = pushed.syncd("status", "--json").json
    assert {paper["title"]: paper["cause"] for paper in told["papers"]} == {
        "Alpha": "kept", "Beta": "waiting", "Gamma": "deleted"
    }  # fmt: skip
    (profile,) = told["profiles"]
    assert (profile["name"], profile["papers"], profile["paused"]) == ("ann", 3, None)
    owner.delete_collection("Profiles")
    pushed.run()
    words = " ".join(pushed.syncd("status").out.split())
    assert "paused: the collection 'Profiles/Ann Lee' is in Zotero's trash" in words
    assert "syncd resume 'ann' --new-collection" in words
    assert "take the collection out" in pushed.syncd("resume", "ann").err.lower()


def test_log_tells_each_run_each_action_and_one_items_history(pushed: Desk, owner: Owner) -> None:
    """What was done, to what, and why."""
    show(pushed, alpha=NEWS)
    second = pushes(pushed).run
    key = owner.item("Alpha")["key"]
    runs = pushed.syncd("log").out
    assert second in runs
    assert "1 update" in runs
    assert "3 create" in runs
    one = pushed.syncd("log", second, "--json").json
    assert one == [
        {
            "run": second,
            "action": "update",
            "key": key,
            "title": "Alpha",
            "reason": "syncd pushed it",
            "changes": {
                "abstractNote": {
                    "before": "We present Alpha. Code is at https://github.com/ann/alpha.",
                    "after": NEWS,
                }
            },
        }
    ]
    history = pushed.syncd("log", "--item", key).out
    assert "new in source" in history
    assert "syncd pushed it: abstractNote" in history
    assert pushed.syncd("log", "no-such-run").code == 1


# What the user says after the fact


def test_undo_puts_back_what_a_run_did_and_leaves_what_was_touched(pushed: Desk, owner: Owner) -> None:
    """Created items and links go to the trash, fields get their old values, and the next push keeps it so."""
    before = {title: owner.item(title) for title in TITLES}
    changed = [
        entry(title, abstract=f"New words. https://github.com/ann/{title.lower()}-two") for title in TITLES
    ]
    pushed.page.write_text(page(*changed, entry("Delta"), entry("Epsilon")), encoding="utf-8")
    run = pushes(pushed).run
    owner.edit("Beta", abstractNote="My own words.")
    owner.edit("Delta", tags=[{"tag": "mine"}])
    shown = pushed.syncd("undo", run, "--dry-run")
    assert "4 would be undone, nothing was written, 2 left" in " ".join(shown.out.split())
    assert owner.item("Alpha")["abstractNote"].startswith("New words.")
    done = pushed.syncd("undo", run)
    assert done.code == 0
    assert "left  Beta: changed since: abstractNote" in done.out
    assert "left  Delta: you changed it since" in done.out
    for _ in range(2):
        papers = owner.zotero.papers()
        assert set(papers) == {*TITLES, "Delta"}
        for title in ("Alpha", "Gamma"):
            assert papers[title]["abstractNote"] == before[title]["abstractNote"]
            assert papers[title]["tags"] == before[title]["tags"]
        assert papers["Beta"]["abstractNote"] == "My own words."
        assert all(len(owner.links(before[title]["key"])) == 1 for title in TITLES)
        rests(pushed)
        forget(pushed)


def test_an_undo_of_a_first_push_is_not_undone_by_the_next_push(pushed: Desk, owner: Owner) -> None:
    """Undone papers are in the trash, and stay there until they are restored."""
    run = pushed.syncd("log", "--json").json[0]["run"]
    assert pushed.syncd("undo", run).code == 0
    rests(pushed)
    assert owner.zotero.papers() == {}
    assert "already" in pushed.syncd("undo", run).out
    forget(pushed)
    rests(pushed)
    assert owner.zotero.papers() == {}
    assert pushed.syncd("restore", "Alpha").code == 0
    rests(pushed)
    assert set(owner.zotero.papers()) == {"Alpha"}
    assert set(owner.links(owner.item("Alpha")["key"])) == {"Code: ann/alpha"}


def test_an_undone_adoption_is_not_done_again(desk: Desk, owner: Owner) -> None:
    """Filled fields are blank again, and the item is filed no more."""
    owner.own("Alpha")
    before = owner.item("Alpha")
    desk.page.write_text(page(entry("Alpha")), encoding="utf-8")
    run = pushes(desk)
    assert run.counts["adopt"] == 1
    assert len(owner.links(before["key"])) == 1
    assert desk.syncd("undo", run.run).code == 0
    rests(desk)
    after = owner.item("Alpha")
    assert {name: after[name] for name in ("abstractNote", "tags", "collections")} == {
        name: before[name] for name in ("abstractNote", "tags", "collections")
    }
    assert owner.links(before["key"]) == {}


@pytest.mark.parametrize("by", ["title", "key"])
def test_restore_takes_a_trashed_paper_out_of_the_trash_at_once(pushed: Desk, owner: Owner, by: str) -> None:
    """It follows its source again."""
    key = owner.item("Alpha")["key"]
    owner.change(key, deleted=1)
    pushes(pushed)
    done = pushed.syncd("restore", {"title": "alpha", "key": key}[by])
    assert done.code == 0
    assert "'Alpha' is back" in done.out
    assert owner.zotero.papers()["Alpha"]["key"] == key
    rests(pushed)
    show(pushed, alpha=NEWS)
    assert pushes(pushed).counts["update"] == 1
    assert pushed.syncd("restore", "Alpha").code == 1


@pytest.mark.parametrize("by", ["title", "key"])
def test_restore_brings_an_erased_paper_back_under_a_new_key(pushed: Desk, owner: Owner, by: str) -> None:
    """With the next push, once, whole; the old key stays dead; erased again it stays away again."""
    key = owner.item("Alpha")["key"]
    owner.zotero.erase(key)
    pushes(pushed)
    done = pushed.syncd("restore", {"title": "Alpha", "key": key}[by])
    assert done.code == 0
    assert "comes back with the next push" in done.out
    assert pushes(pushed).counts["create"] == 1
    alpha = owner.item("Alpha")
    assert alpha["key"] != key
    assert alpha["collections"] == [owner.zotero.collections()["Ann Lee"]["key"]]
    assert set(owner.links(alpha["key"])) == {"Code: ann/alpha"}
    rests(pushed)
    show(pushed, alpha=NEWS)
    assert pushes(pushed).counts["update"] == 1
    rests(another_machine(pushed))
    rests(forget(pushed))
    assert owner.item("Alpha")["key"] == alpha["key"]
    owner.zotero.erase(alpha["key"])
    rests(pushed)
    assert set(owner.zotero.papers()) == {"Beta", "Gamma"}


def test_what_cannot_be_restored_or_resumed_is_said(pushed: Desk) -> None:
    """A paper that nobody deleted, a profile that is not paused or not known."""
    assert "known to be deleted" in pushed.syncd("restore", "Alpha").err
    assert "nothing keeps the profile from it" in pushed.syncd("resume", "ann", "--new-collection").err
    assert "known are: ann" in pushed.syncd("resume", "bob", "--new-collection").err


# Possible duplicates


@pytest.fixture
def doubtful(desk: Desk, owner: Owner) -> Desk:
    """Give a desk with one paper to review: the library has an item of nearly its title."""
    owner.own(LONG.replace("Their", "Thier"))
    desk.page.write_text(page(entry(LONG), entry("Beta")), encoding="utf-8")
    assert of_report(pushes(desk)) == 6
    return desk


def test_review_shows_both_records_side_by_side(doubtful: Desk) -> None:
    """With the reasons, for people and for scripts."""
    shown = doubtful.syncd("review")
    assert shown.code == 6
    assert "alike" in shown.out
    assert "authors shared" in " ".join(shown.out.split())
    (waiting,) = doubtful.syncd("review", "--json").json
    assert waiting["record"]["title"] == LONG
    (candidate,) = waiting["candidates"]
    assert candidate["record"]["title"] == LONG.replace("Their", "Thier")


@pytest.mark.parametrize("by", ["title", "key"])
def test_a_paper_judged_the_same_is_filed_and_no_second_item_made(
    doubtful: Desk, owner: Owner, by: str
) -> None:
    """The owner's title stays."""
    mine = owner.item(LONG.replace("Their", "Thier"))["key"]
    (waiting,) = doubtful.syncd("review", "--json").json
    assert doubtful.syncd("review", {"title": LONG, "key": waiting["paper"]}[by], "--same").code == 0
    assert pushes(doubtful).counts["adopt"] == 1
    papers = owner.zotero.papers()
    assert set(papers) == {LONG.replace("Their", "Thier"), "Beta"}
    assert papers[LONG.replace("Their", "Thier")]["key"] == mine
    assert len(papers[LONG.replace("Their", "Thier")]["collections"]) == 1
    rests(doubtful)
    assert "Nothing waits" in doubtful.syncd("review").out


def test_a_paper_judged_different_is_added(doubtful: Desk, owner: Owner) -> None:
    """And stays apart from then on, also when the state is lost."""
    assert doubtful.syncd("review", LONG, "--different").code == 0
    assert pushes(doubtful).counts["create"] == 1
    rests(doubtful)
    forget(doubtful)
    rests(doubtful)
    assert set(owner.zotero.papers()) == {LONG, LONG.replace("Their", "Thier"), "Beta"}
    assert owner.item(LONG.replace("Their", "Thier"))["collections"] == []


def test_a_paper_judged_later_waits_without_a_fuss(doubtful: Desk, owner: Owner) -> None:
    """It is still listed, but ends no run with exit code 6; another answer can follow."""
    assert doubtful.syncd("review", LONG, "--later").code == 0
    assert of_report(pushes(doubtful)) == 0
    assert set(owner.zotero.papers()) == {LONG.replace("Their", "Thier"), "Beta"}
    assert len(doubtful.syncd("review", "--json").json) == 1
    assert doubtful.syncd("review", LONG, "--different").code == 0
    assert pushes(doubtful).counts["create"] == 1


# Two profiles that share a paper


@pytest.fixture
def shared(desk: Desk) -> Desk:
    """Give a desk with two profiles; both list Beta, with another category and another abstract."""
    desk.configure(BO)
    show(desk)
    bo = page(entry("Beta", line="CVApr 25, 2023", abstract="Bo's words."), entry("Delta"), name="Bo Chen")
    (desk.folder / "bo.txt").write_text(bo, encoding="utf-8")
    return desk


@pytest.mark.parametrize("first", ["ann", "bo"])
def test_profiles_pushed_in_turn_do_not_overwrite_each_other(shared: Desk, owner: Owner, first: str) -> None:
    """One item, the first one's record, the tags, links and collections of both; then nothing moves."""
    turns = sorted(("ann", "bo"), reverse=first == "bo")
    for name in turns:
        pushes(shared, names=(name,))
    beta = owner.item("Beta")
    own = {"ann": "We present Beta. Code is at https://github.com/ann/beta.", "bo": "Bo's words."}
    assert beta["abstractNote"] == own[first]
    assert {tag["tag"] for tag in beta["tags"]} == {"cs.CL", "cs.CV", "microsoft-research", "code"}
    homes = {owner.zotero.collections()[name]["key"] for name in ("Ann Lee", "Bo Chen")}
    assert set(beta["collections"]) == homes
    assert set(owner.links(beta["key"])) == {"Code: ann/beta"}
    for names in (*((name,) for name in turns * 2), ()):
        assert pushes(shared, names=names).requests.write == 0
    forget(shared)
    for names in (*((name,) for name in turns[::-1] * 2), ()):
        assert pushes(shared, names=names).requests.write == 0
    assert owner.item("Beta") == beta


def test_a_profile_pushed_alone_takes_away_no_tag_of_the_other(shared: Desk, owner: Owner) -> None:
    """Only what no profile gives any more goes, and only when all were read."""
    pushes(shared)
    shown = page(entry("Alpha"), entry("Beta", line="LGApr 25, 2023"), entry("Gamma"))
    shared.page.write_text(shown, encoding="utf-8")
    pushes(shared, names=("bo",))
    pushes(shared, names=("ann",))
    tags = {tag["tag"] for tag in owner.item("Beta")["tags"]}
    assert {"cs.CV", "cs.LG"} <= tags
    pushes(shared)
    assert {tag["tag"] for tag in owner.item("Beta")["tags"]} == tags - {"cs.CL"}
    for names in (("ann",), ("bo",), ()):
        assert pushes(shared, names=names).requests.write == 0


@pytest.mark.parametrize("state", ["kept", "lost"])
def test_what_the_user_took_from_a_shared_paper_stays_away_whoever_is_pushed(
    shared: Desk, owner: Owner, state: str
) -> None:
    """A tag, a link and a collection of the one are not put back after a push of the other."""
    pushes(shared)
    beta = owner.item("Beta")
    bo = owner.zotero.collections()["Bo Chen"]["key"]
    tags = [tag for tag in beta["tags"] if tag["tag"] not in {"cs.CL", "code"}]
    owner.change(beta["key"], tags=tags, collections=[bo])
    (link,) = owner.children(beta["key"])
    owner.change(link["key"], deleted=1)
    if state == "lost":
        forget(shared)
    for names in (("bo",), ("ann",), ("bo",), ()):
        assert pushes(shared, names=names).requests.write == 0
    after = owner.item("Beta")
    assert after["collections"] == [bo]
    assert owner.links(beta["key"]) == {}
