"""The history of runs over years: what is news, what is forgotten when, and that neither takes long."""

from __future__ import annotations

import json
from datetime import timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from owner import memory_of, show
from pages import entry
from syncd.errors import ENDING
from syncd.messages import Message, message, told
from syncd.state.history import Note
from syncd.state.journal import Entry
from syncd.state.state import State
from syncd.state.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clocks import FakeClock
    from desk import Desk, Zotero
    from syncd.paths import DataFolder

HOUR, DAY = 3600.0, 86_400.0
KEEP = timedelta(days=364)
NEW = Note("create", "Alpha", "new in source", created=("AAAA2222",))


@pytest.fixture
def store(place: DataFolder) -> Iterator[Store]:
    """Give an empty database."""
    opened = Store.of(place)
    yield opened
    opened.close()


@pytest.fixture
def state(store: Store, clock: FakeClock) -> State:
    """Give the state of a library of which nothing is known yet."""
    return State(store, "https://example.org", "users/1", clock)


def ran(state: State, clock: FakeClock, run: str, *, days_ago: float = 0.0, note: Note | None = None) -> None:
    """Let a run have been, so long ago, that did something or nothing."""
    started = clock.now() - timedelta(days=days_ago)
    state.history.begin(run, "push", started.isoformat(timespec="seconds"), ["ann"])
    if note:
        with state.writing() as connection:
            state.history.add(connection, run, "AAAA2222", note)


def names(state: State) -> set[str]:
    """Return the runs that are known."""
    return {run.name for run in state.history.runs()}


def test_a_paper_is_news_when_it_is_recorded(desk: Desk, zotero: Zotero, clock: FakeClock) -> None:
    """Also if its run began long before the question."""
    show(desk)
    asked = clock.now() + timedelta(minutes=30)
    zotero.trouble.plan("POST", lambda _: clock.advance(HOUR))
    report = desk.run()
    with memory_of(desk) as state:
        news = state.history.created_since(asked.isoformat())
        started = state.history.runs()[0].started
    assert sorted(paper.title for paper in news) == ["Alpha", "Beta", "Gamma"]
    assert {(paper.run, *paper.profiles) for paper in news} == {(report.run, "ann")}
    assert started < asked.isoformat() < min(paper.when for paper in news)


def test_news_are_from_that_moment_on_in_whatever_time_zone(state: State, clock: FakeClock) -> None:
    """The moment itself counts; updates and what an old syncd recorded without a time do not."""
    clock.advance(0.25)
    ran(state, clock, "r", note=NEW)
    with state.writing() as connection:
        state.history.add(connection, "r", "BBBB2222", Note("update", "Beta", "other words"))
    there = clock.now().astimezone(timezone(timedelta(hours=-9)))
    assert [paper.key for paper in state.history.created_since(there.isoformat())] == ["AAAA2222"]
    assert state.history.created_since((there + timedelta(microseconds=1)).isoformat()) == []
    with state.writing() as connection:
        connection.exec_driver_sql("UPDATE action SET recorded = ''")
    assert state.history.created_since("0001-01-02T00:00:00+00:00") == []


def test_news_are_in_the_order_in_which_they_were_recorded(state: State, clock: FakeClock) -> None:
    """Whichever run began first."""
    ran(state, clock, "early")
    ran(state, clock, "late", note=NEW)
    clock.advance(1)
    with state.writing() as connection:
        state.history.add(connection, "early", "BBBB2222", NEW)
    news = state.history.created_since("2026-01-01T00:00:00+00:00")
    assert [(paper.run, paper.key) for paper in news] == [("late", "AAAA2222"), ("early", "BBBB2222")]


@pytest.mark.parametrize(
    ("days_ago", "note", "keep", "known"),
    [
        (363, NEW, KEEP, True),
        (365, NEW, KEEP, False),
        (6, None, KEEP, True),
        (8, None, KEEP, False),
        (8, NEW, KEEP, True),
        (2, None, timedelta(days=1), False),
        (2, NEW, timedelta(days=1), False),
        (2, NEW, timedelta(days=3), True),
    ],
)
def test_a_run_is_forgotten_at_its_age(
    state: State, clock: FakeClock, *, days_ago: float, note: Note | None, keep: timedelta, known: bool
) -> None:
    """One that did something is kept as long as the user says, one that did nothing a week at most."""
    ran(state, clock, "r", days_ago=days_ago, note=note)
    ran(state, clock, "newest")
    state.history.prune(clock.now(), keep)
    assert names(state) == {"newest"} | ({"r"} if known else set())
    assert len(state.history.notes("r")) == (known and note is not None)


def test_the_newest_run_and_one_of_unknown_outcome_are_never_forgotten(
    state: State, store: Store, clock: FakeClock
) -> None:
    """Nor anything of another library."""
    other = State(store, "https://example.org", "users/2", clock)
    ran(other, clock, "other", days_ago=500, note=NEW)
    for run, age in (("done", 503), ("unclear", 502), ("idle", 501), ("newest", 500)):
        ran(state, clock, run, days_ago=age, note=NEW if run in {"done", "unclear"} else None)
    number = state.journal.begin(
        "unclear", [Entry("item", {"key": "CCCC2222", "version": 0}, "CCCC2222", "p")]
    )
    state.history.prune(clock.now(), KEEP)
    assert names(state) == {"unclear", "newest"}
    assert names(other) == {"other"}
    with state.writing() as connection:
        state.journal.settle(connection, number)
    state.history.prune(clock.now(), KEEP)
    assert names(state) == {"newest"}
    assert [len(state.history.notes(run)) for run in ("done", "unclear", "other")] == [0, 0, 1]


def test_a_run_that_was_forgotten_can_not_be_undone_and_is_said_to_be(pushed: Desk) -> None:
    """With how long runs are kept, and where that is set; nothing is written."""
    with memory_of(pushed) as state:
        (first,) = names(state)
    pushed.configure('[history]\nkeep = "90d"\n')
    pushed.clock.advance(400 * DAY)
    show(pushed, entry("Delta"))
    pushed.run()
    before = pushed.zotero.version()
    done = pushed.syncd("undo", first)
    assert done.code != 0
    assert "not known any more" in done.err
    assert "90d (history.keep)" in done.err
    assert first not in {run["run"] for run in pushed.syncd("log", "--json").json}
    assert pushed.zotero.version() == before


@pytest.mark.parametrize("place", ["file"], indirect=True)  # a server says otherwise what it does
def test_neither_pruning_nor_news_read_the_whole_history(
    state: State, store: Store, clock: FakeClock
) -> None:
    """Each finds its rows by an index: a run after ten years is as fast as the first."""
    asked = list[tuple[str, Any]]()

    def listen(_c: object, _u: object, words: str, values: Any, *_: object) -> None:
        asked.append((words, values))

    sa.event.listen(store.engine, "before_cursor_execute", listen)
    state.history.prune(clock.now(), KEEP)
    state.history.created_since(clock.now().isoformat())
    state.history.runs(20)
    ran(state, clock, "r", note=NEW)
    sa.event.remove(store.engine, "before_cursor_execute", listen)
    with store.reading() as connection:
        plans = [
            row.detail
            for words, values in asked
            if not words.startswith("BEGIN")
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}", values)
        ]
    assert any("SEARCH run" in plan for plan in plans)
    assert any("SEARCH action" in plan for plan in plans)
    # Of the journal only what is under way is there.
    assert [
        plan for plan in plans if "SCAN" in plan and plan not in {"SCAN journal", "SCAN CONSTANT ROW"}
    ] == []


def test_runs_of_one_second_keep_their_order(desk: Desk) -> None:
    """Their names begin alike and end at random; the last one is the one that began last."""
    show(desk)
    names = []
    for _ in range(8):
        names.append(desk.run().run)
        desk.clock.advance(0.1)
    with memory_of(desk) as state:
        assert [run.name for run in state.history.runs()] == names[::-1]


def test_reasons_and_ends_of_runs_are_kept_with_their_codes(
    state: State, store: Store, clock: FakeClock
) -> None:
    """As is the reason that waits in the journal; what was kept as words alone comes back as words."""
    reason = message("item-known-by", by=message("by-doi"))
    note = Note("adopt", "Alpha", reason, created=[])
    ran(state, clock, "coded", note=note)
    ran(state, clock, "plain", note=NEW)
    state.history.finish("coded", clock.now().isoformat(), {}, ENDING)
    ((_, again),) = state.history.notes("coded")
    assert isinstance(again.reason, Message)
    assert (again, told(again.reason)) == (note, told(reason))
    ((_, plain),) = state.history.notes("plain")
    assert (plain.reason, type(plain.reason)) == (NEW.reason, str)
    ends = {run.name: run.error for run in state.history.runs()}
    assert ends == {"coded": ENDING, "plain": None}
    assert isinstance(ends["coded"], Message)
    entry_of_it = Entry("item", {}, "AAAA2222", "AAAA2222", note=note)
    from_journal = Entry.from_json(json.loads(json.dumps(entry_of_it.to_json()))).note
    assert from_journal is not None
    assert isinstance(from_journal.reason, Message)
    with store.reading() as connection:
        texts = {row.reason for row in connection.execute(sa.text("SELECT reason FROM action"))}
    assert texts == {json.dumps(told(reason)), NEW.reason}
