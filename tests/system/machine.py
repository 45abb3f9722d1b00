"""Three papers, two profiles, a user, a second machine and a bad network: every history must keep the promise.

The machine plays sources, user and faults at random against a library over real HTTP, and an oracle knows what
the library must look like: no duplicate, no lost edit, nothing resurrected (safety), nothing missing (liveness), and a
second push that writes nothing and asks nothing new (stillness). Small pools make the interesting histories likely.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from clocks import FakeClock
from desk import Desk, Trouble, Zotero
from doubles import Fault, FaultyLibrary
from pages import entry, page
from syncd.config import load
from syncd.engine.ports import Ports, run_name
from syncd.engine.reject import reject_as_run
from syncd.engine.session import opened
from syncd.errors import SyncdError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from syncd.engine.run import Report

TITLES = ("Alpha Networks", "Beta Attention", "Gamma Diffusion")
# How a page may word the same titles.
WORDED = (TITLES, ("Alpha Network", "Attention, Beta", "Gamma Diffusions"))
YEARS = (2020, 2023, 2025)
PROFILES = {"ann": "Ann Lee", "bo": "Bo Chen"}
PROFILE_CONFIG = """
[profiles.bo]
source = "bo.txt"
captured = 2026-06-01

[digest]
note = "weekly"
"""
ABSTRACTS = tuple(f"Version {number} of what we found." for number in range(3))
EDITS = ("My own words.", "")
MERGES = ("pushed into own", "own into pushed")

FAULTS: dict[str, Fault] = {
    "drop before": Fault("drop"),
    "drop after": Fault("drop", when="after"),
    "cut": Fault("cut"),
    "500 half-way": Fault("stop", objects=2),
    "502 before": Fault("answer", status=502),
    "504 after": Fault("answer", when="after", status=504),
    "429": Fault("answer", status=429, headers={"Retry-After": "3"}),
    "503": Fault("answer", status=503),
    "late": Fault("drop", when="later", objects=1, seconds=20),
    "one failed": Fault("fail", status=500),
    "one left out": Fault("omit", when="after"),
    "twice": Fault("twice"),
    "login page": Fault("answer", status=200, headers={"Content-Type": "text/html"}, body=b"<html>"),
}

# What a user does about a paper: the method of the machine and its words.
ACTS: dict[str, tuple[str, ...]] = {
    **{
        f"{name} is {'edited' if value else 'emptied'}": ("edit_field", name, value)
        for name in ("abstractNote", "title", "extra")
        for value in EDITS
    },
    "year is corrected": ("edit_field", "date", "2019-01-01"),
    "tag added": ("add_tag",),
    "tag removed": ("remove_tag",),
    "taken out": ("take_out_of_collection",),
    "filed elsewhere": ("file_elsewhere",),
    "link removed": ("remove_link",),
    "trash": ("trash",),
    "untrash": ("take_out_of_trash",),
    "trash by mistake": ("trash_by_mistake",),
    "erase": ("empty_trash",),
    "own copy": ("own_copy",),
    "note is edited": ("edit_note",),
    "note is erased": ("touch_note",),
    **{f"rejected for {profile}": ("reject", profile) for profile in PROFILES},
    **{f"merge {way}": ("merge", way) for way in MERGES},
    "merge with a later version": ("merge", "pushed into own", "2026-02-01"),
}

# What needs something else to have happened before is tried more often.
RARE = ("link removed", "tag removed", "taken out", "trash", "trash by mistake")

# What all histories of this process have met: the test asserts that nothing was left out.
exercised: Counter[str] = Counter()

PAPER = st.sampled_from(range(len(TITLES)))
PROFILE = st.sampled_from(sorted(PROFILES))


@dataclass
class Facts:
    """What the user did to one item, and must find again."""

    fields: dict[str, str] = field(default_factory=dict)
    tags_added: set[str] = field(default_factory=set)
    tags_removed: set[str] = field(default_factory=set)
    collections_added: set[str] = field(default_factory=set)
    collections_left: set[str] = field(default_factory=set)
    links_removed: set[str] = field(default_factory=set)


class Sync(RuleBasedStateMachine):
    """One history."""

    @initialize()
    def begin(self) -> None:
        """Set up a library and a desk."""
        self.root = Path(tempfile.mkdtemp(prefix="syncd-machine-"))
        self.clock = FakeClock()
        self.trouble = Trouble()
        (self.root / "desk").mkdir()
        self.serve()
        self.desk.configure(PROFILE_CONFIG)
        self.listed: dict[str, dict[int, tuple[int, bool]]] = {name: {} for name in PROFILES}
        self.facts: dict[str, Facts] = {}
        self.homes: dict[int, set[str]] = {number: set() for number in range(len(TITLES))}
        self.trashed: dict[int, str] = {}
        self.erased: set[int] = set()
        self.rejected: set[tuple[str, int]] = set()
        self.unclear: set[int] = set()
        self.forgetful = False
        self.paused: set[str] = set()
        self.versions: dict[int, tuple[int, bool]] = {}
        self.adopted: set[int] = set()
        self.backups = 0
        self.facts_at_backup: dict[str, Facts] = {}
        self.worded = {name: [0] * len(TITLES) for name in PROFILES}
        self.years = [2023] * len(TITLES)
        self.waiting: set[str] = set()
        self.second: Desk | None = None
        # Notes as their user left them, by key; None for one that is erased.
        self.notes: dict[str, dict[str, Any] | None] = {}
        for number in range(len(TITLES)):
            self.versions[number] = (0, number == 0)
        self.listed["ann"] = {0: (0, True), 1: (0, False)}
        self.listed["bo"] = {1: (0, False)}
        self._write_pages()

    def serve(self) -> None:
        """Serve a library, and give its owner a desk."""
        server = FaultyLibrary(self.root / "zotero.sqlite", clock=self.clock.now, faults=self.trouble)
        self.zotero = Zotero(server.start())
        self.desk = Desk(self.root / "desk", self.zotero, self.clock)

    def quiet_reads(self) -> int:
        """Return how many requests tell that nothing is new."""
        return 1

    def teardown(self) -> None:
        """Take the library down."""
        if hasattr(self, "zotero"):
            self.zotero.server.stop()
            shutil.rmtree(self.root)

    # The sources

    @rule(profile=PROFILE, number=PAPER, abstract=st.sampled_from(range(3)), linked=st.booleans())
    def list_paper(self, profile: str, number: int, abstract: int, linked: bool) -> None:  # noqa: FBT001
        """A profile lists a paper, or lists it with another record; both profiles have the same record."""
        self.versions[number] = (abstract, linked or self.versions.get(number, (0, False))[1])
        self.listed[profile][number] = self.versions[number]
        for papers in self.listed.values():
            if number in papers:
                papers[number] = self.versions[number]
        self._write_pages()

    @rule(profile=PROFILE, number=PAPER)
    def reword(self, profile: str, number: int) -> None:
        """A page words a title anew, or as before."""
        exercised["reworded"] += 1
        self.worded[profile][number] = 1 - self.worded[profile][number]
        self._write_pages()

    @rule(number=PAPER, year=st.sampled_from(YEARS))
    def move_year(self, number: int, year: int) -> None:
        """The sources move a paper's date."""
        exercised["year moved"] += 1
        self.years[number] = year
        self._write_pages()

    @rule(profile=PROFILE, number=PAPER)
    def unlist_paper(self, profile: str, number: int) -> None:
        """A paper vanishes from a page."""
        self.listed[profile].pop(number, None)
        self._write_pages()

    @rule(number=PAPER, abstract=st.sampled_from([1, 2]))
    def change_on_both_sides(self, number: int, abstract: int) -> None:
        """The source gets a new abstract, and the user writes one too."""
        self.edit_field(number, "abstractNote", EDITS[0])
        for profile in [name for name, papers in self.listed.items() if number in papers]:
            self.list_paper(profile, number, abstract, linked=False)

    def _write_pages(self) -> None:
        for profile, author in PROFILES.items():
            entries = []
            for number, (abstract, linked) in sorted(self.listed[profile].items()):
                text = ABSTRACTS[abstract] + (f" https://github.com/x/{number}" if linked else "")
                line = f"CLApr 25, {self.years[number]}"
                entries.append(entry(self._title(profile, number), abstract=text, line=line))
            name = "page.txt" if profile == "ann" else "bo.txt"
            for desk in (self.desk, self.second):
                if desk:
                    (desk.folder / name).write_text(page(*entries, name=author), encoding="utf-8")

    def _title(self, profile: str, number: int) -> str:
        return WORDED[self.worded[profile][number]][number]

    # The user

    @rule(number=PAPER, act=st.sampled_from([*sorted(ACTS), *RARE, *RARE]))
    def user(self, number: int, act: str) -> None:
        """The user does something about a paper."""
        name, *words = ACTS[act]
        getattr(self, name)(number, *words)

    def _home(self, number: int) -> dict[str, Any] | None:
        """Return the living item of a paper."""
        living = self._living(number)
        return living[0] if living else None

    def _living(self, number: int, items: dict[str, dict[str, Any]] | None = None) -> list[dict[str, Any]]:
        """Return the living items of a paper, among those that the library has or that were read just now."""
        return [
            data
            for key, data in (self.zotero.items() if items is None else items).items()
            if "parentItem" not in data
            and data["itemType"] != "note"
            and not data.get("deleted")
            and (key in self.homes[number] or data["title"] in {titles[number] for titles in WORDED})
        ]

    def _of(self, data: dict[str, Any]) -> Facts:
        return self.facts.setdefault(data["key"], Facts())

    def _edit(self, data: dict[str, Any], **changes: Any) -> None:
        self.zotero.write({"key": data["key"], "version": data["version"], **changes})

    def edit_field(self, number: int, name: str, value: str) -> None:
        """The user edits a field, or empties it."""
        # An item of the user's own is recognised by its title alone, if the state is lost; and that the user
        # emptied a field of it only the state knows.
        lasting = number not in self.adopted or (value and name != "title")
        if lasting and (data := self._home(number)) and (value or name != "title"):
            exercised["edit"] += 1
            self.homes[number].add(data["key"])
            self._edit(data, **{name: value})
            self._of(data).fields[name] = value

    def add_tag(self, number: int) -> None:
        """The user adds a tag of their own."""
        if data := self._home(number):
            exercised["tag added"] += 1
            self._edit(data, tags=[*data["tags"], {"tag": "to read"}])
            self._of(data).tags_added.add("to read")
            self._of(data).tags_removed.discard("to read")

    def remove_tag(self, number: int) -> None:
        """The user removes a tag."""
        if (data := self._home(number)) and data["tags"]:
            exercised["tag removed"] += 1
            gone, *rest = data["tags"]
            self._edit(data, tags=rest)
            self._of(data).tags_removed.add(gone["tag"])
            self._of(data).tags_added.discard(gone["tag"])

    def take_out_of_collection(self, number: int) -> None:
        """The user takes the item out of one of its collections."""
        # That an item of the user's own was in a collection once, a second machine can't know.
        lasting = number not in self.adopted or self.second is None
        if lasting and (data := self._home(number)) and data["collections"]:
            exercised["taken out"] += 1
            gone, *rest = sorted(data["collections"])
            self._edit(data, collections=rest)
            self._of(data).collections_left.add(gone)
            self._of(data).collections_added.discard(gone)

    def file_elsewhere(self, number: int) -> None:
        """The user files the item in a collection of their own."""
        if data := self._home(number):
            exercised["filed elsewhere"] += 1
            mine = self.zotero.collections().get("Mine")
            if mine is None:
                self.zotero.write({"name": "Mine"}, to="collections")
                mine = self.zotero.collections()["Mine"]
            self._edit(data, collections=sorted({*data["collections"], mine["key"]}))
            self._of(data).collections_added.add(mine["key"])
            self._of(data).collections_left.discard(mine["key"])

    def remove_link(self, number: int) -> None:
        """The user deletes a link."""
        if data := self._home(number):
            for child in self.zotero.items().values():
                if child.get("parentItem") == data["key"] and not child.get("deleted"):
                    exercised["link removed"] += 1
                    self._edit(child, deleted=1)
                    self._of(data).links_removed.add(child["url"])

    def trash(self, number: int) -> None:
        """The user moves the item to the trash."""
        if data := self._home(number):
            exercised["trash"] += 1
            self.homes[number].add(data["key"])
            self._edit(data, deleted=1)
            self.trashed[number] = data["key"]

    def take_out_of_trash(self, number: int) -> None:
        """The user takes it out again."""
        key = self.trashed.pop(number, None)
        if key:
            exercised["untrash"] += 1
            self._edit(self.zotero.items()[key], deleted=0)

    def trash_by_mistake(self, number: int) -> None:
        """The user trashes the item, syncd sees it, and the user takes it out again."""
        self.trash(number)
        self._note(self._run(()))
        self.take_out_of_trash(number)

    def empty_trash(self, _: int) -> None:
        """The user empties the trash, but for items of their own: that those are papers only the state knows."""
        kept = {self.trashed[number] for number in self.adopted if number in self.trashed}
        for key, data in self.zotero.items().items():
            if data.get("deleted") and key not in kept and key in self.zotero.items():
                exercised["erase"] += 1
                self.zotero.erase(key)
        self.erased |= self.trashed.keys() - self.adopted
        self.trashed = {number: key for number, key in self.trashed.items() if number in self.adopted}

    def merge(self, number: int, way: str, date: str = "") -> None:
        """The user merges the item with one of their own, perhaps a later version, as the desktop client does it."""
        data = self._home(number)
        if data is None:
            return
        exercised["merge with a later version" if date else f"merge {way}"] += 1
        title = TITLES[number] if date else f"Own copy of {number}"
        mine = {"itemType": "preprint", "title": title, "date": date, "tags": [{"tag": "mine"}]}
        key = self.zotero.post(mine)
        own = self.zotero.items()[key]
        winner, loser = (own, data) if way == "pushed into own" else (data, own)
        self.homes[number] |= {own["key"], data["key"]}
        for child in self.zotero.items().values():
            if child.get("parentItem") == loser["key"]:
                self._edit(child, parentItem=winner["key"])
        tags = {entry["tag"]: entry for entry in (*loser["tags"], *winner["tags"])}
        earlier = winner["relations"].get("dc:replaces", [])
        replaced = [earlier] if isinstance(earlier, str) else earlier
        uri = f"http://zotero.org/{self.zotero.server.library}/items/{loser['key']}"
        self._edit(
            winner,
            tags=list(tags.values()),
            collections=sorted({*winner["collections"], *loser["collections"]}),
            relations={"dc:replaces": [*replaced, uri]},
        )
        self._edit(loser, deleted=1)
        theirs, winners = self.facts.pop(loser["key"], Facts()), self._of(winner)
        if winner is not data:
            winners.fields["title"] = winner["title"]
        if date:
            winners.fields["date"] = date
        winners.tags_added |= {"mine"} | (theirs.tags_added & tags.keys())
        winners.tags_removed = (winners.tags_removed | theirs.tags_removed) - tags.keys()
        winners.collections_added |= theirs.collections_added
        winners.collections_left = (winners.collections_left | theirs.collections_left) - {
            *winner["collections"], *loser["collections"]
        }  # fmt: skip
        winners.links_removed |= theirs.links_removed
        self.unclear.add(number)

    def own_copy(self, number: int) -> None:
        """The user saves a paper themselves before any profile brings it."""
        if self.homes[number] or self._living(number) or number in self.erased | self.trashed.keys():
            return
        exercised["own copy"] += 1
        creator = {"creatorType": "author", "firstName": "A.", "lastName": "Lee"}
        key = self.zotero.post(
            {"itemType": "journalArticle", "title": TITLES[number], "creators": [creator], "date": "2023"}
        )
        self.homes[number].add(key)
        self.adopted.add(number)
        if self.forgetful:
            # An item outside of a forgotten profile's collection may have been taken out by the user.
            self.unclear.add(number)
        self.facts[key] = Facts(fields={"title": TITLES[number], "date": "2023"})

    @rule(profile=PROFILE)
    def trash_collection(self, profile: str) -> None:
        """The user deletes a profile's collection and keeps its items."""
        data = self.zotero.collections().get(PROFILES[profile])
        if data and not data.get("deleted"):
            exercised["collection trashed"] += 1
            self.zotero.write(
                {"key": data["key"], "version": data["version"], "deleted": True}, to="collections"
            )
            self.paused.add(profile)

    def touch_note(self, _: int, **changes: Any) -> None:
        """The user changes the note of a week, or erases it: it is the user's from then on."""
        for key, data in self.zotero.items().items():
            if data["itemType"] == "note" and key not in self.notes:
                exercised["note touched"] += 1
                if changes:
                    self._edit(data, **changes)
                else:
                    self.zotero.erase(key)
                self.notes[key] = self.zotero.items().get(key)

    def edit_note(self, number: int) -> None:
        """The user changes the note of a week."""
        self.touch_note(number, note="<p>Mine</p>")

    @precondition(lambda self: self.paused)
    @rule(profile=PROFILE)
    def restore_collection(self, profile: str) -> None:
        """The user takes the collection out of the trash."""
        if profile in self.paused:
            data = self.zotero.collections()[PROFILES[profile]]
            self.zotero.write(
                {"key": data["key"], "version": data["version"], "deleted": False}, to="collections"
            )
            self.paused.discard(profile)

    def reject(self, number: int, profile: str) -> None:
        """The user says that a paper is not by a profile's person, once syncd knows that the profile lists it."""
        # That an item of the user's own was in a collection once, a second machine can't know.
        lasting = number not in self.adopted or self.second is None
        if not lasting or not self.desk.data.state.exists() or (data := self._home(number)) is None:
            return
        ports = Ports(self.desk.env, self.desk.data, self.clock)
        library = load(self.desk.folder / "config.toml", self.desk.env).library()
        with opened(library, ports, run_name(self.clock.now())) as session:
            try:
                done = reject_as_run(session, data["key"], profile)
            except SyncdError:
                return
        exercised[f"reject: {done.fate}"] += 1
        self.homes[number].add(data["key"])
        self.rejected.add((profile, number))
        after = self.zotero.items()[data["key"]]
        if after.get("deleted"):
            mine = self.facts.get(data["key"], Facts())
            assert not mine.fields
            assert not mine.tags_added | mine.collections_added
            self.trashed[number] = data["key"]
        else:
            self._of(data).collections_left |= set(data["collections"]) - set(after["collections"])
            self._of(data).collections_added &= set(after["collections"])
        self.check_promise()

    # Time and memory

    @rule()
    def days_pass(self) -> None:
        """Nothing that the user edited is fresh any more."""
        self.clock.advance(2 * 86_400)

    @precondition(lambda self: self.desk.data.state.exists())
    @rule()
    def lose_state(self) -> None:
        """The state is lost: what is in the library can't be told from the user's own words any more."""
        exercised["state lost"] += 1
        for part in self.desk.data.root.glob("syncd.sqlite*"):
            part.unlink()
        self._forget()

    @precondition(lambda self: self.desk.data.state.exists())
    @rule()
    def back_up_state(self) -> None:
        """A backup of the state is made."""
        shutil.rmtree(self.root / "backup", ignore_errors=True)
        shutil.copytree(self.desk.data.root, self.root / "backup")
        self.backups += 1
        self.facts_at_backup = deepcopy(self.facts)

    @precondition(lambda self: self.backups)
    @rule()
    def restore_state(self) -> None:
        """The backup is put back."""
        exercised["state restored"] += 1
        shutil.rmtree(self.desk.data.root)
        shutil.copytree(self.root / "backup", self.desk.data.root)
        self._forget()
        for key, facts in self.facts.items():
            # What syncd added after the backup, and the user removed after that, only the lost state knew.
            before = self.facts_at_backup.get(key, Facts())
            facts.tags_removed &= before.tags_removed
            facts.collections_left &= before.collections_left

    def _forget(self) -> None:
        """From now on syncd can't tell its own older words from the user's: completeness is not asked for."""
        self.unclear |= {number for number, keys in self.homes.items() if keys}
        self.forgetful = True

    # A second machine of the same user

    def another(self) -> Desk | None:
        """Return a second desk with the same profiles and library; None where there can't be one."""
        (self.root / "second").mkdir()
        return Desk(self.root / "second", self.zotero, self.clock)

    @rule()
    def second_push(self) -> None:
        """The second machine pushes, and the first one looks afterwards."""
        if self.second is None:
            self.second = self.another()
            if self.second is None:
                return
            self.second.configure(PROFILE_CONFIG)
            self._write_pages()
        exercised["second machine"] += 1
        for desk in (self.second, self.desk):
            report = desk.run(accept_shrunk=True)
            assert report.error is None
            self.check_promise(self._note(report))
        # What the one has written looks to the other like the user's words, once the source moves on.
        self._forget()

    # syncd

    @rule(
        names=st.sampled_from([(), ("ann",), ("bo",)]),
        fault=st.sampled_from([None, None, None, *FAULTS]),
        at=st.sampled_from([0, 1, 2]),
        method=st.sampled_from(["POST", "POST", "GET"]),
    )
    def push(self, names: tuple[str, ...], fault: str | None, at: int, method: str) -> None:
        """Push, with or without trouble; whatever happens, nothing is broken."""
        if fault:
            self.trouble.plan(method, *[lambda _: None] * at, FAULTS[fault])
        report = self._run(names)
        if fault and self.trouble.happened:
            exercised[f"fault: {fault}"] += 1
        self._calm()
        assert report.error is None or fault
        self.check_promise(self._note(report))

    @rule()
    def push_all(self) -> None:
        """Push everything, long after the last edit and without trouble: all must be as it should be."""
        self.clock.advance(2 * 86_400)
        report = self._run(())
        assert report.error is None
        assert not report.failures
        items = self._note(report)
        self.check_promise(items)
        self.check_complete(items)
        self.forgetful = False
        again = self._run(())
        assert again.requests.write == 0
        assert again.requests.read == self.quiet_reads()
        assert _asked(again) <= _asked(report)

    def _run(self, names: tuple[str, ...]) -> Report:
        return self.desk.run(names=names, accept_shrunk=True)

    def _calm(self) -> None:
        self.trouble._coming.clear()
        self.trouble.happened = 0

    def _note(self, report: Report) -> dict[str, dict[str, Any]]:
        """Remember what a push told, and which items are of which paper; return all that are there."""
        self.waiting = _asked(report)
        for action in report.actions:
            exercised[action.kind] += 1
            if action.cause:
                exercised[f"skip: {action.cause}"] += 1
            if action.kept:
                exercised["kept"] += 1
        items = self.zotero.items()
        for number in range(len(TITLES)):
            self.homes[number] |= {data["key"] for data in self._living(number, items)}
        return items

    # The oracle. It may be given what the library has, where that was read just now.

    def check_promise(self, items: dict[str, dict[str, Any]] | None = None) -> None:
        """No duplicate, no lost edit, nothing resurrected."""
        items = self.zotero.items() if items is None else items
        for number, title in enumerate(TITLES):
            living = self._living(number, items)
            gone = number in self.trashed or number in self.erased
            assert len(living) <= (0 if gone else 1), f"{title}: {[data['key'] for data in living]}"
        for key, facts in self.facts.items():
            if key in items:
                self._check_facts(items[key], facts, items)
        written = [
            data["note"]
            for data in items.values()
            if data["itemType"] == "note" and data["key"] not in self.notes
        ]
        weeks = [note.partition("</h1>")[0] for note in written]
        assert len(weeks) == len(set(weeks)), "two notes of one week"
        for key, left in self.notes.items():
            # Of a change, the plugin may tell a version later.
            there = items[key] | {"version": left["version"]} if left and key in items else items.get(key)
            assert there == left, f"the note {key} is its user's"

    def _check_facts(self, data: dict[str, Any], facts: Facts, items: dict[str, dict[str, Any]]) -> None:
        for name, value in facts.fields.items():
            assert data[name] == value, f"{name} of {data['key']} was {value!r}"
        tags = {entry["tag"] for entry in data["tags"]}
        assert facts.tags_added <= tags
        assert not facts.tags_removed & tags
        assert facts.collections_added <= set(data["collections"])
        assert not facts.collections_left & set(data["collections"])
        links = {
            c["url"] for c in items.values() if c.get("parentItem") == data["key"] and not c.get("deleted")
        }
        assert not facts.links_removed & links

    def check_complete(self, items: dict[str, dict[str, Any]] | None = None) -> None:
        """Every listed paper is there as its source says, but for what the user wanted otherwise."""
        items = self.zotero.items() if items is None else items
        collections = self.zotero.collections()
        for profile, number, (abstract, linked) in self._due():
            (data,) = self._living(number, items)
            facts = self.facts.get(data["key"], Facts())
            if number not in self.unclear:
                collection = collections[PROFILES[profile]]["key"]
                assert data["abstractNote"].startswith(facts.fields.get("abstractNote", ABSTRACTS[abstract]))
                assert collection in data["collections"] or collection in facts.collections_left
                url = f"https://github.com/x/{number}"
                links = {
                    c["url"]
                    for c in items.values()
                    if c.get("parentItem") == data["key"] and not c.get("deleted")
                }
                assert not linked or url in links | facts.links_removed

    def _due(self) -> Iterator[tuple[str, int, tuple[int, bool]]]:
        for profile, papers in self.listed.items():
            for number, record in papers.items():
                gone = number in self.trashed or number in self.erased
                if (
                    profile not in self.paused
                    and not gone
                    and (profile, number) not in self.rejected
                    and self._title(profile, number) not in self.waiting
                ):
                    yield profile, number, record


def _asked(report: Report) -> set[str]:
    """Return the titles of the papers that wait for the user's word."""
    return {action.title for action in report.actions if action.cause == "review" and action.key is None}


def all_kinds() -> set[str]:
    """Return everything that a run of the machine must have met."""
    users = {
        "edit", "tag added", "tag removed", "taken out", "filed elsewhere", "link removed", "trash", "untrash",
        "erase", "own copy", "collection trashed", *(f"merge {way}" for way in MERGES),
        "merge with a later version", "reworded", "year moved", "second machine", "reject: trashed",
        "reject: taken out", "note touched",
    }  # fmt: skip
    actions = {"create", "update", "adopt", "unchanged", "skip", "review", "kept"}
    skips = {"skip: deleted", "skip: paused", "skip: waiting"}
    return users | actions | skips | {"state lost", "state restored"} | {f"fault: {name}" for name in FAULTS}
