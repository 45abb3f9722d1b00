"""What is told of papers beside their items, over random histories: what changed makes up all that there is."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import everything
from clocks import FakeClock
from syncd.paths import DataFolder
from syncd.state import tables as db
from syncd.state.facts import heed
from syncd.state.papers import Papers
from syncd.state.state import State
from syncd.state.store import Store
from syncd.sync.action import Action, Fact, Plan, PlannedProfile

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# A small pool, so that things happen to the same paper again and again.
KEYS = ("AAAA2222", "BBBB3333", "CCCC4444")
STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("tell"), st.sampled_from(("ann", "bo")), st.sampled_from(KEYS), st.sampled_from((1, 2))
        ),
        st.tuples(st.sampled_from(("trash", "back", "erase", "forget")), st.sampled_from(KEYS)),
        st.tuples(st.just("edit"), st.sampled_from(KEYS), st.sampled_from(("Alpha", "Beta"))),
        st.tuples(st.sampled_from(("end", "follow", "read"))),
    ),
    max_size=30,
)


class World:
    """A library's index, what profiles tell of its papers, and two programs that follow that.

    Args:
        state: of the library.
        store: where it is.
    """

    def __init__(self, state: State, store: Store) -> None:
        self.state = state
        self.store = store
        self.index = state.index()
        self.scores: dict[tuple[str, str], float] = {}
        self.titles: dict[str, str] = {}
        self.kept: dict[str, Any] = {}
        self.since = self.state.facts.moment()

    def tell(self, profile: str, key: str, score: float) -> None:
        """Let a run learn a score; its item is there before, or comes after."""
        planned = PlannedProfile(profile, profile, "page", "digest", profile, 1, None)
        facts = (Fact(key, profile, score),)
        plan = Plan("main", "users/1", 1, (planned,), (), {}, (), facts)
        was_there = score == 1
        if was_there:
            self.back(key)
        with self.store.writing() as connection:
            done = Action("create", "T", key, key, "new")
            self.state.facts.learn(connection, plan, [done], self.state.history._clock.now())
        if not was_there:
            self.back(key)
        self.scores[profile, key] = score

    def back(self, key: str) -> None:
        """Let an item be there, out of the trash."""
        self._put(key, trashed=False)

    def edit(self, key: str, title: str) -> None:
        """Let a user call an item otherwise, and take it out of the trash with that."""
        self.titles[key] = title
        self.back(key)

    def trash(self, key: str) -> None:
        """Let an item be in the trash."""
        self._put(key, trashed=True)

    def erase(self, key: str) -> None:
        """Let an item be nowhere."""
        with self.store.writing() as connection:
            self.index._erase(connection, [key], [])

    def forget(self, key: str) -> None:
        """Let the index be read anew, without one of the items: until it was, what is there is not known."""
        told, before = self.whole(), everything.view(self.state).items
        self.index.forget()
        assert self.whole() == told
        for item in before.values():
            if item.key != key:
                self._put(item.key, trashed=item.trashed)
        with self.store.writing() as connection:
            heed(connection, self.state.number)

    def end(self) -> None:
        """End a run: all that is told is of items that are there, with what the first profile says of them."""
        with self.store.reading() as connection:
            living = sa.select(db.index_item.c.key).where(db.index_item.c.trashed.is_(False))
            there = set(connection.scalars(living))
        told = {key for _, key in self.scores}
        assert self.whole().keys() == there & told
        assert all(
            score in {s for (_, of), s in self.scores.items() if of == key}
            for key, score in self.whole().items()
        )
        for profile in ("ann", "bo"):
            self.list(profile)

    def list(self, profile: str) -> None:
        """List a profile's papers: they are found and counted by what their items say now."""
        mine = {key for name, key in self.scores if name == profile} & self.whole().keys()
        with self.store.reading() as connection:
            papers = Papers(connection, self.state.number)
            for title in ("Alpha", "Beta", "Gamma"):
                called = {key for key in mine if self.titles.get(key, "Gamma") == title}
                for search in (title.lower(), f"lee {title}"):
                    total, found = papers.page(profile, search=search)
                    assert (total, {one.key for one in found}) == (len(called), called)
                    assert {one.title for one in found} <= {title}
            counted = papers.counted(profile)
        people = Counter(f"Lee {self.titles.get(key, 'Gamma')}" for key in mine)
        assert (counted.creators, counted.scores.total()) == (people, len(mine))
        assert sum(self.state.facts.years(profile)[profile].values()) == len(mine)

    def whole(self) -> dict[str, Any]:
        """Return all that is told."""
        return {key: told.score for key, told in self.state.facts.after("", 10).items()}

    def read(self) -> None:
        """Read all of it."""
        self.since, self.kept = self.state.facts.moment(), self.whole()

    def follow(self) -> None:
        """Take over what changed: all is as if it were read anew, and what did not change is not told of."""
        facts, before = self.state.facts, dict(self.kept)
        number = facts.number_of(self.since)
        assert number is not None
        self.since = facts.moment()
        keys = facts.changed_after(number)
        there = facts.there(keys)
        self.kept = {key: score for key, score in self.kept.items() if key not in keys}
        self.kept |= {key: told.score for key, told in there.items()}
        assert self.kept == self.whole()
        assert {key for key in KEYS if before.get(key) != self.kept.get(key)} <= keys
        assert facts.changed_after(facts.number_of(self.since) or 0) == set()

    def _put(self, key: str, *, trashed: bool) -> None:
        title = self.titles.get(key, "Gamma")
        creators = [{"creatorType": "author", "firstName": "Lee", "lastName": title}]
        data = {"key": key, "itemType": "preprint", "title": title, "creators": creators, "deleted": trashed}
        data["date"] = "2020-01-02"
        with self.store.writing() as connection:
            self.index.record(connection, items=[(data, 1)], complete=1)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_what_changed_is_all_that_changed(tmp_path: Path, steps: Sequence[tuple[Any, ...]]) -> None:
    """Whatever happens to papers, and whenever somebody asks."""
    live(DataFolder(tmp_path), steps)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_so_it_is_on_a_server(tmp_path: Path, database: str, steps: Sequence[tuple[Any, ...]]) -> None:
    """A few times, to see that the words for it mean the same there."""
    live(DataFolder(tmp_path, database), steps)


def live(place: DataFolder, steps: Sequence[tuple[Any, ...]]) -> None:
    """Let things happen, and follow them."""
    store = Store.of(place)
    try:
        with store.writing() as connection:
            for table in (db.fact, db.index_item, db.figure):
                connection.execute(sa.delete(table))
        world = World(State(store, "place", "users/1", FakeClock()), store)
        for name, *words in steps:
            getattr(world, name)(*words)
        world.end()
        world.follow()
    finally:
        store.close()
