"""A plan made from an excerpt of library and memory is the plan of the whole, and costs what the sources list."""

from __future__ import annotations

import random
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

import everything
from builders import intake, paper
from clocks import FakeClock
from syncd.model import Link
from syncd.paths import DataFolder
from syncd.state.excerpt import excerpt
from syncd.state.standings import Standing
from syncd.state.state import State
from syncd.state.store import Store
from syncd.state.tables import decision
from syncd.sync.action import Refusal, Said
from syncd.sync.merge import fresh
from syncd.sync.paper_keys import possible_keys
from syncd.sync.plan import dump, plan
from syncd.text.titles import digest_of_text
from syncd.zotero import items
from syncd.zotero.items import draft

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from syncd.model import Paper
    from syncd.sync.action import Intake, Plan

NAMES = ("users/1", "users/0")
NOW = datetime(2026, 6, 2, tzinfo=UTC)
TITLES = (
    "Reading Long Documents with Sparse Attention",
    "Calibration for Text Generation",
    "Learning to Rank Papers",
    "Diffusion Models of Proteins",
    "GPT-4 as a Judge",
    "Lasers",
)
# How another record may word a title.
WORDED = (
    lambda title: title,
    lambda title: title,
    lambda title: title.upper(),
    lambda title: title.replace("Documents", "Document").replace("Models", "Model"),
    lambda title: " ".join(reversed(title.split())),
    lambda title: title.replace("a", "e", 1),
    lambda title: f"<i>{title}</i>",
    lambda title: f"{title}, Part II",
)
PEOPLE = ("Ann Lee", "Bo Chen", "Carla Rossi")
DOIS = (*[None] * 5, "10.1000/a", "10.1000/b")
ARXIV = (*[None] * 5, "2301.00001", "2301.00002")
ABSTRACTS = ("", "Short.", "We read long documents. " * 8, "We rank papers. " * 10)
URLS = ("https://github.com/a/b", "https://github.com/c/d")
SEEDS = range(80)


class World:
    """A library and what is remembered of it, at random: any of it may meet, as in a library of many years."""

    def __init__(self, state: State, seed: int) -> None:
        self.state = state
        self.chance = random.Random(seed)
        self.papers = [self._paper() for _ in range(14)]
        own = [key for one in self.papers for made in possible_keys(one, NAMES) for key in made[:2]]
        plain = [next(possible_keys(one, NAMES))[0] for one in self.papers]
        restored = [list(items.generations(NAMES, key))[1] for key in plain]
        self.keys = [
            *plain * 4,
            *restored,
            *self.chance.sample(own, 10),
            *(f"USER{n:04}" for n in range(2000, 2010)),
        ]

    def _paper(self) -> Paper:
        chance = self.chance
        return paper(
            chance.choice(WORDED)(chance.choice(TITLES)),
            *chance.sample(PEOPLE, chance.randint(1, 2)),
            doi=chance.choice(DOIS),
            arxiv=chance.choice(ARXIV),
            date=chance.choice((None, "2022", "2023-04-25", "2024-01-01")),
            abstract=chance.choice(ABSTRACTS),
            links=tuple(Link(url, "code", url[-3:]) for url in URLS if chance.random() < 0.4),
        )

    def fill(self) -> None:
        """Fill library and memory."""
        chance, state = self.chance, self.state
        there = {chance.choice(self.keys) for _ in range(chance.choice((2, 6, 18)))}
        collections = [items.collection_key(name, ("Profiles",)) for name in NAMES] + ["CCCC2222", "CCCC3333"]
        data = [(self._item(key, there, collections), chance.randint(1, 9)) for key in sorted(there)]
        data += [
            (self._child(parent), chance.randint(1, 9)) for parent in sorted(there) if chance.random() < 0.5
        ]
        folders = [
            ({"key": key, "name": chance.choice(("Profiles", "ann", "bo")), "parentCollection": False}, 1)
            for key in collections
            if chance.random() < 0.6
        ]
        gone = [key for key in self.keys if key not in there and chance.random() < 0.2]
        index = state.index()
        with state.writing() as connection:
            index.record(connection, items=data, collections=folders, complete=9)
            index._erase(connection, gone, [])
            for one in self.papers:
                self._remember(connection, one)
                # As its source worded it once.
                self._remember(connection, replace(one, title=chance.choice(WORDED)(one.title)))

    def _item(self, key: str, there: set[str], collections: list[str]) -> dict[str, Any]:
        chance, one = self.chance, chance_of(self)
        made = draft(one, intake().policy)
        replaces = [f"http://zotero.org/users/1/items/{old}" for old in self.keys if old not in there]
        return {
            "key": key,
            "itemType": made.item_type,
            **{name: text for name, text in made.fields.items() if chance.random() < 0.8},
            "title": one.title,
            "creators": list(made.creators),
            "tags": [],
            "collections": chance.sample(collections, chance.randint(0, 1)),
            "relations": {"dc:replaces": chance.choice(replaces)}
            if replaces and chance.random() < 0.3
            else {},
            "dateModified": "2026-01-01T00:00:00Z",
            **({"deleted": True} if chance.random() < 0.2 else {}),
        }

    def _child(self, parent: str) -> dict[str, Any]:
        url = self.chance.choice(URLS)
        key = items.child_key(self.chance.choice(NAMES), parent, url)
        other = self.chance.choice([parent, *self.keys])
        return {
            "key": key,
            "itemType": "attachment",
            "linkMode": "linked_url",
            "parentItem": other,
            "url": url,
        }

    def _remember(self, connection: sa.Connection, one: Paper) -> None:
        chance, state = self.chance, self.state
        made = [key for keys in possible_keys(one, NAMES) for key in keys]
        key = made[0] if chance.random() < 0.8 else chance.choice(made)
        said = said_of(one, {name: one.date or "" for name in ("ann", "bo", "old") if chance.random() < 0.5})
        if chance.random() < 0.5:
            state.claim(connection, key, chance.choice(self.keys), said if chance.random() < 0.8 else None)
        if chance.random() < 0.4:
            base = fresh(draft(one, intake().policy), ())
            state.remember(connection, run="r", key=chance.choice(self.keys), paper=key, base=base, version=3)
        if chance.random() < 0.2:
            state.add_tombstone(connection, chance.choice(self.keys), "2026-01-01")
        if chance.random() < 0.2:
            state.refuse(connection, key, Refusal("x", "no"))
        if chance.random() < 0.3:
            state._put(
                connection,
                decision,
                {
                    "paper": key,
                    "key": chance.choice(self.keys),
                    "verdict": chance.choice(("same", "different", "later")),
                },
            )
        if chance.random() < 0.3:
            cause = chance.choice(("review", "restored"))
            candidate = {
                "key": chance.choice(self.keys),
                "title": "T",
                "score": 0.9,
                "reasons": [],
                "record": {},
            }
            told = Standing(key, cause, None, one.title, "", {}, [candidate], said=said)
            state.standings.put(connection, [key], [told])

    def intakes(self) -> list[Intake]:
        """Return two profiles, each whole or in part."""
        listed = [
            intake(*self.chance.sample([*self.papers, self._paper()], 8), name=name) for name in ("ann", "bo")
        ]
        # A chance of its own, so that the other things meet as they did before there were parts.
        parts = random.Random(self.chance.random())
        return [replace(one, profile=replace(one.profile, whole=parts.random() < 0.6)) for one in listed]


def chance_of(world: World) -> Paper:
    """Return one of its papers, or another."""
    return world.chance.choice([*world.papers, world._paper()])


def said_of(one: Paper, listed: dict[str, str]) -> Said:
    """Return what a source said of a paper."""
    creators = tuple((creator.family, creator.given) for creator in one.creators)
    return Said(one.title, one.date or "", creators, digest_of_text(one.abstract), one.identifiers, listed)


@contextmanager
def remembered(place: DataFolder, endpoint: str = "https://example.org") -> Iterator[State]:
    """Give a state of which nothing is remembered."""
    store = Store.of(place)
    try:
        yield State(store, endpoint, NAMES[0], FakeClock())
    finally:
        store.close()


def planned(state: State, *intakes: Intake) -> Plan:
    """Return the plan that an excerpt gives; it is that of the whole."""
    of_all = plan("main", everything.view(state, NAMES), everything.memory(state), intakes, NOW)
    with excerpt(state, NAMES) as part:
        part.plan(intakes)
        made = plan("main", part.view(), part.memory(), intakes, NOW)
    assert dump(made) == dump(of_all)
    return made


@pytest.mark.parametrize("seed", SEEDS)
def test_an_excerpt_gives_the_plan_of_the_whole(tmp_path: Path, seed: int) -> None:
    """Whatever meets in a library, and whatever was written, merged, erased, refused and decided before."""
    _compare(DataFolder(tmp_path), seed)


def test_so_it_does_on_a_server(tmp_path: Path, database: str) -> None:
    """One after the other, each in a library of its own."""
    for seed in range(3):
        _compare(DataFolder(tmp_path, database), seed)


def _compare(place: DataFolder, seed: int) -> None:
    with remembered(place, f"https://{seed}.example.org") as state:
        world = World(state, seed)
        world.fill()
        intakes = world.intakes()
        planned(state, *intakes)


BRITISH = "Modelling Behaviour and Colour Organisation for Generalisation in Neural Language Understanding"
AMERICAN = "Modeling Behavior and Color Organization for Generalization in Neural Language Understanding"


def put(state: State, *data: dict[str, Any]) -> None:
    """Let the library hold items."""
    with state.writing() as connection:
        state.index().record(connection, items=[(one, 1) for one in data], complete=1)


@pytest.mark.parametrize(
    ("there", "listed", "others"),
    [
        # Each rare word of the paper has an item, and none of them is the one that is meant.
        (AMERICAN, BRITISH, [f"{word} of Something Else" for word in BRITISH.split()[:5]]),
        # One word, and written otherwise.
        (
            "\u5927\u8bed\u8a00\u6a21\u578b\u7684\u63a8\u7406\u80fd\u529b\u7814\u7a76",
            "\u5927\u8bed\u8a00\u6a21\u578b\u63a8\u7406\u80fd\u529b\u7814\u7a76",
            [],
        ),
        ("Photoluminescences", "Photoluminescence", []),
    ],
)
def test_a_title_that_is_nearly_alike_is_found_by_its_authors(
    tmp_path: Path, there: str, listed: str, others: list[str]
) -> None:
    """Also where none of its rare words is spelt as in the item, and where the authors stand in another order."""
    creators = [{"creatorType": "author", "firstName": "A", "lastName": name} for name in ("Chen", "Lee")]
    with remembered(DataFolder(tmp_path)) as state:
        mine = {
            "key": "USER2345",
            "itemType": "preprint",
            "title": there,
            "date": "2023",
            "creators": creators,
        }
        put(state, mine, *(other(number, title) for number, title in enumerate(others)))
        made = planned(state, intake(paper(listed, "Ann Lee", "Bo Chen"), name="ann"))
    assert [(action.kind, [one.key for one in action.candidates]) for action in made.actions] == [
        ("review", ["USER2345"])
    ]


def test_what_the_user_was_asked_about_stays_a_question(tmp_path: Path) -> None:
    """However many papers have its words and authors by now."""
    with remembered(DataFolder(tmp_path)) as state:
        listed = paper("Lasers of Today", "Ann Lee", "Bo Chen")
        creators = [{"creatorType": "author", "firstName": "A", "lastName": name} for name in ("Chen", "Lee")]
        mine = {"key": "USER2345", "itemType": "preprint", "title": "Laser of Today", "date": "2023"}
        put(state, mine | {"creators": creators})
        (asked,) = planned(state, intake(listed, name="ann")).actions
        assert asked.kind == "review"
        candidates = [asdict(one) for one in asked.candidates]
        with state.writing() as connection:
            told = Standing(asked.paper, "review", None, asked.title, "", {}, candidates, said=asked.said)
            state.standings.put(connection, [asked.paper], [told])
        many = (
            other(number, f"Lasers, Today and Entirely Other Things, Volume {number}")
            for number in range(400)
        )
        put(state, *(one | {"creators": creators} for one in many))
        (again,) = planned(state, intake(listed, name="ann")).actions
    assert again.kind == "review"


def test_a_paper_whose_year_moved_is_known_by_the_profile_that_listed_it(tmp_path: Path) -> None:
    """Its key was made of the year that it had, and nothing else leads to it."""
    with remembered(DataFolder(tmp_path)) as state:
        before = paper("Lasers", "Ann Lee", date="2019-01-01")
        key = list(possible_keys(before, NAMES))[2][0]
        with state.writing() as connection:
            state.claim(connection, key, "USER2345", said_of(before, {"ann": "2019-01-01"}))
        made = planned(state, intake(replace(before, date="2025-01-01"), name="ann"))
    assert [action.paper for action in made.actions] == [key]


def test_an_item_whose_title_has_markup_is_found(tmp_path: Path) -> None:
    """An earlier syncd did not read it, and so short a title is not nearly alike."""
    with remembered(DataFolder(tmp_path)) as state:
        data = {"key": "USER2345", "itemType": "preprint", "title": "<i>Lasers</i>", "date": "2023"}
        creators = [{"creatorType": "author", "firstName": "Ann", "lastName": "Lee"}]
        with state.writing() as connection:
            state.index().record(connection, items=[({**data, "creators": creators}, 1)], complete=1)
        made = planned(state, intake(paper("Lasers", "Ann Lee"), name="ann"))
    assert [(action.kind, action.key) for action in made.actions] == [("adopt", "USER2345")]


def test_what_was_answered_of_a_paper_that_waits_is_known(tmp_path: Path) -> None:
    """Another record of it, by its identifier, is the same item."""
    with remembered(DataFolder(tmp_path)) as state:
        waiting = said_of(paper("Masers", "Bo Chen", doi="10.1000/a"), {"old": ""})
        asked = Standing("ABCD2345", "review", None, "Masers", "", {}, [], said=waiting)
        with state.writing() as connection:
            state.standings.put(connection, ["ABCD2345"], [asked])
        state.standings.decide("ABCD2345", ["USER2345"], "same")
        made = planned(state, intake(paper("Lasers", "Ann Lee", doi="10.1000/a"), name="ann"))
    assert [action.key for action in made.actions] == ["USER2345"]


def work(folder: Path, others: int) -> int:
    """Return in thousands of steps what the database does for a plan of the same papers, beside so many items."""
    folder.mkdir()
    with remembered(DataFolder(folder)) as state:
        chance = random.Random(1)
        there = [
            other(number, f"{chance.random()} thing {chance.random()} of {number}")
            for number in range(others)
        ]
        listed = intake(*(paper(title, "Ann Lee") for title in TITLES), name="ann")
        with state.writing() as connection:
            state.index().record(connection, items=[(one, 1) for one in there], complete=1)
        steps = [0]

        def step() -> None:
            steps[0] += 1

        with excerpt(state, NAMES) as part:
            raw = part._connection.connection.dbapi_connection
            assert raw is not None
            raw.set_progress_handler(step, 100)
            part.plan([listed])
            raw.set_progress_handler(None, 0)
        return steps[0]


def other(number: int, title: str) -> dict[str, Any]:
    """Return another item."""
    creators = [{"creatorType": "author", "firstName": "Bo", "lastName": f"Chen{number}"}]
    return {"key": f"{number:08}", "itemType": "preprint", "title": title, "creators": creators}


def test_the_databases_work_does_not_grow_with_the_library(tmp_path: Path) -> None:
    """Twenty times the items, and the same papers."""
    small, large = work(tmp_path / "small", 200), work(tmp_path / "large", 4000)
    assert large <= 1.2 * small


def test_an_item_is_found_by_the_title_that_it_has(tmp_path: Path) -> None:
    """And no longer by one that its user corrected, nor once it was erased."""

    def words() -> int:
        with state.reading() as connection:
            return connection.scalar(sa.text("SELECT count(*) FROM title_word")) or 0

    with remembered(DataFolder(tmp_path)) as state:
        index = state.index()
        for title, number in (("Reading Long Documents", 4), ("Lasers", 2)):
            with state.writing() as connection:
                index.record(connection, items=[(other(7, title), 1)], complete=1)
            assert words() == number
        with state.writing() as connection:
            index._erase(connection, ["00000007"], [])
        assert words() == 0


def test_an_excerpt_holds_what_the_sources_touch(tmp_path: Path) -> None:
    """A thousand other items are not fetched, though each has a word in common with a paper."""
    others = [other(number, f"Learning thing number {number}") for number in range(1000)]
    with remembered(DataFolder(tmp_path)) as state:
        with state.writing() as connection:
            state.index().record(connection, items=[(one, 1) for one in others], complete=1)
        listed = intake(*(paper(title, "Ann Lee") for title in TITLES), name="ann")
        with excerpt(state, NAMES) as part:
            part.plan([listed])
            assert len(part.view().items) == 0
            part.items([str(others[7]["key"])])
            assert len(part.view().items) == 1


def asked_of(state: State, papers: list[Paper]) -> int:
    """Return how many statements an excerpt for a profile takes that lists these papers."""
    asked = [0]

    def ask(*_: object) -> None:
        asked[0] += 1

    with excerpt(state, NAMES) as part:
        sa.event.listen(state._store.engine, "before_cursor_execute", ask)
        part.plan([intake(*papers, name="ann")])
        sa.event.remove(state._store.engine, "before_cursor_execute", ask)
    return asked[0]


def test_many_papers_are_asked_about_together(tmp_path: Path) -> None:
    """A first file of thousands costs few statements, each about many; once they are known, far fewer keys."""
    papers = [paper(f"{random.Random(n).random()} Things of {n}", f"Ann Lee{n}") for n in range(600)]
    with remembered(DataFolder(tmp_path)) as state:
        new = asked_of(state, papers)
        with state.writing() as connection:
            for one in papers:
                key, base = next(possible_keys(one, NAMES))[0], fresh(draft(one, intake().policy), ())
                state.remember(connection, run="r", key=key, paper=key, base=base, version=3)
                state.claim(connection, key, key, said_of(one, {"ann": one.date or ""}))
        known = asked_of(state, papers)
    assert new < 300
    assert known < 45
