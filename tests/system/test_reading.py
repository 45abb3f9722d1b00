"""How a large library is read first: in parts that stay, on four connections, whatever happens meanwhile."""

from __future__ import annotations

import json
import math
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING

import httpx2
import pytest
import sqlalchemy as sa

import everything
import large
from clocks import FakeClock
from desk import Trouble, Zotero
from doubles import Fault, FaultyLibrary
from syncd.errors import LibraryError, StateError
from syncd.messages import Message
from syncd.paths import DataFolder
from syncd.state import index, search
from syncd.state import tables as db
from syncd.state.search import number_of_title, numbers_of
from syncd.state.state import State
from syncd.state.store import Store
from syncd.zotero.client import Address, Client
from syncd.zotero.transport import PoliteTransport, Way

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from syncd.zotero.embedded.exchange import Request

Meets = Fault | Callable[["Request"], Fault | None]
# More than three transactions take.
ITEMS = 3250
PATIENCE = 30.0
# What is done with a large library once all of it is read.
NOTING, SORTING = "noting-titles", "sorting-index"


class CountingWay(Way):
    """Counts how many requests are on their way at once."""

    def __init__(self) -> None:
        super().__init__()
        self._busy, self._counts = 0, threading.Lock()
        self.most = 0

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request."""
        with self._counts:
            self._busy += 1
            self.most = max(self.most, self._busy)
        try:
            return super().handle_request(request)
        finally:
            with self._counts:
                self._busy -= 1


def code_of(words: str) -> str:
    """Return which sentence it is."""
    assert isinstance(words, Message)
    return words.code


class EndedError(Exception):
    """A reading was ended."""


class Ending:
    """Listens to a reading, and ends it when so many items were read, or when it comes so far."""

    def __init__(self, items: int = 0, stage: str | None = None) -> None:
        self._items = items
        self._stage = stage

    def reading(self, items: int, total: int) -> None:
        """End it, if it is time."""
        assert items <= total
        if self._stage is None and items >= self._items:
            raise EndedError

    def stage(self, words: str) -> None:
        """End it, if it is time."""
        if code_of(words) == self._stage:
            raise EndedError


class Reader:
    """A library, and the index of it."""

    def __init__(self, server: FaultyLibrary, trouble: Trouble, state: State, clock: FakeClock) -> None:
        self.server = server
        self.zotero = Zotero(server, trouble)
        self.state = state
        self.index = state.index()
        self.clock = clock
        self.way = CountingWay()
        self.told: list[tuple[int, int]] = []
        self.stages: list[str] = []

    def refresh(self) -> None:
        """Read, as a run does that gives up at the first error."""
        transport = PoliteTransport(self.clock, attempts=2, inner=self.way)
        address = Address("main", self.server.url, self.server.library, self.server.key)
        try:
            self.index.refresh(Client(address, transport), self)
        finally:
            transport.shutdown()

    def reading(self, items: int, total: int) -> None:
        """Note how far it is."""
        self.told.append((items, total))

    def stage(self, words: str) -> None:
        """Note what is done with what was read."""
        self.stages.append(code_of(words))

    def put_back(self, version: int) -> None:
        """Put the library back to what it was at a version."""
        with closing(sqlite3.connect(self.server.path)) as connection, connection:
            connection.execute("DELETE FROM items WHERE version > ?", (version,))
            connection.execute("UPDATE libraries SET version = ?", (version,))

    def asked(self) -> list[str]:
        """Return the requests for items by their keys since the last time this was asked."""
        found = [path for _, path in self.server.requests if "itemKey=" in path]
        self.server.requests.clear()
        return found

    def is_complete(self) -> bool:
        """Whether the index has what the library has."""
        with_versions = {key: item.version for key, item in everything.view(self.state).items.items()}
        there = self.zotero.get("/items?format=versions&includeTrashed=1")
        return with_versions == there and self.index.version() == self.zotero.version()


@pytest.fixture
def trouble() -> Trouble:
    """Give what goes wrong at the library."""
    return Trouble()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the file of a large library."""
    path = tmp_path_factory.mktemp("large") / "library.sqlite"
    large.fill(path, ITEMS)
    return path


@pytest.fixture
def reader(filled: Path, trouble: Trouble, tmp_path: Path) -> Iterator[Reader]:
    """Give a copy of it, and an empty index."""
    yield from _reader(filled, trouble, DataFolder(tmp_path))


@pytest.fixture
def reader_at_server(filled: Path, trouble: Trouble, tmp_path: Path, database: str) -> Iterator[Reader]:
    """Give the same, with the index on a server."""
    yield from _reader(filled, trouble, DataFolder(tmp_path, database))


def _reader(filled: Path, trouble: Trouble, place: DataFolder) -> Iterator[Reader]:
    path = place.root / "library.sqlite"
    path.write_bytes(filled.read_bytes())
    store, clock = Store.of(place), FakeClock()
    with FaultyLibrary(path, faults=trouble) as server:
        yield Reader(server, trouble, State(store, server.url, "users/1", clock), clock)
    store.close()


def after(requests: int, *troubles: Meets) -> list[Meets]:
    """Return troubles that come after so many requests."""
    fine: list[Meets] = [lambda _: None] * requests
    return [*fine, *troubles]


def test_a_reading_that_was_ended_goes_on_where_it_was(reader: Reader, trouble: Trouble) -> None:
    """Nothing that was kept is read again, and nothing that happened in between is missed."""
    trouble.plan("GET", *after(20, *[Fault("drop")] * 8))
    with pytest.raises(LibraryError):
        reader.refresh()
    first = reader.asked()
    kept = len(everything.view(reader.state).items)
    assert kept >= 1000
    assert reader.index.version() == 0
    trouble.forget()
    items = reader.zotero.get("/items?format=versions")
    erased, edited = next(iter(items)), list(items)[-1]
    reader.zotero.write({"key": edited, "version": items[edited], "title": "Edited"})
    reader.zotero.post({"itemType": "book", "title": "New"})
    reader.zotero.erase(erased)
    reader.server.requests.clear()
    reader.refresh()
    assert reader.is_complete()
    assert len(reader.asked()) == -(-(ITEMS - kept) // 100)
    assert len(first) < 40
    view = everything.view(reader.state)
    assert erased in view.deleted
    assert json.loads(view.items[edited].raw)["title"] == "Edited"


@pytest.mark.parametrize("requests", [3, 20])
def test_of_two_readings_at_once_none_leaves_a_gap(
    reader_at_server: Reader, trouble: Trouble, requests: int
) -> None:
    """Whose lock broke may read on while another reads: the one that ends later says so, and nothing is missing."""
    reader = reader_at_server
    other = Reader(reader.server, trouble, reader.state, reader.clock)

    def meet(_: Request) -> None:
        trouble.forget()
        item = next(iter(reader.zotero.get("/items?format=versions&limit=1&sort=dateAdded")))
        other.refresh()
        reader.zotero.erase(item)

    trouble.plan("GET", *after(requests, meet))
    with pytest.raises(StateError) as caught:
        reader.refresh()
    assert "another run read the library" in caught.value.words
    reader.refresh()
    assert reader.is_complete()


def test_a_reading_tells_how_far_it_is(reader: Reader) -> None:
    """Items so far, and of how many, for a bar with the time left."""
    reader.refresh()
    assert reader.is_complete()
    done = [items for items, _ in reader.told]
    assert done == sorted(set(done))
    assert len(done) >= 3
    assert reader.told[-1] == (ITEMS - 100, ITEMS - 100)


def test_who_ends_a_reading_loses_nothing_of_it(reader: Reader) -> None:
    """A run may end whenever it tells how far it is."""
    address = Address("main", reader.server.url, "users/1", reader.server.key)
    transport = PoliteTransport(reader.clock)
    for _ in range(3):
        with pytest.raises(EndedError):
            reader.index.refresh(Client(address, transport), Ending())
    transport.shutdown()
    reader.server.requests.clear()
    reader.refresh()
    assert len(reader.asked()) <= 3
    assert reader.is_complete()


def test_a_large_library_is_found_by_its_titles_once_it_is_read(
    reader: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Indexes and words come at its end, however often it was ended before."""
    monkeypatch.setattr(index, "LARGE", 1000)
    monkeypatch.setattr(search, "WORDS_AT_ONCE", 5000)
    address = Address("main", reader.server.url, "users/1", reader.server.key)
    transport = PoliteTransport(reader.clock)
    store = Store.at(tmp_path / "syncd.sqlite")
    every = {each.name for each in db.index_item.indexes}
    for ending in (Ending(1000), Ending(stage=NOTING), Ending(stage=NOTING), Ending(stage=SORTING)):
        with pytest.raises(EndedError):
            reader.index.refresh(Client(address, transport), ending)
        assert not every & indexes(store)
    transport.shutdown()
    assert reader.index.version() == 0
    reader.refresh()
    assert reader.stages[-1] == SORTING
    assert set(reader.stages[:-1]) == {NOTING}
    assert reader.is_complete()
    assert indexes(store) >= every
    items = everything.view(reader.state).items.values()
    with store.reading() as connection:
        words = sa.select(db.title_word.c.word, db.title_word.c.key, db.title_word.c.title)
        noted = sorted(tuple(row) for row in connection.execute(words))
    store.close()
    assert noted == sorted(
        (n, item.key, number_of_title(item.folded_title, item.words))
        for item in items
        for n in numbers_of(item.words, item.authors)
    )


def indexes(store: Store) -> set[str | None]:
    """Return the names of the indexes that items have now."""
    with store.reading() as connection:
        return {each["name"] for each in sa.inspect(connection).get_indexes("index_item")}


def test_only_the_first_reading_takes_four_connections(reader: Reader, trouble: Trouble) -> None:
    """What changes later is asked for on one."""
    four, together = threading.Barrier(4), []

    def meet(_: Request) -> None:
        four.wait(PATIENCE)
        together.append(1)

    trouble.plan("GET", *after(2), *[meet] * 4)
    reader.refresh()
    assert len(together) == reader.way.most == 4
    assert reader.is_complete()
    keys = reader.zotero.get("/items?format=versions")
    for start in range(0, 450, 50):
        some = list(keys)[start : start + 50]
        reader.zotero.write(*[{"key": key, "version": keys[key], "title": "Edited"} for key in some])
    reader.way.most = 0
    reader.asked()
    reader.refresh()
    assert len(reader.asked()) >= 4
    assert reader.way.most == 1
    assert reader.is_complete()


def test_an_edit_between_the_first_answers_is_not_missed(reader: Reader, trouble: Trouble) -> None:
    """The first page may be older than the list of versions, which says up to what all was read."""
    page = reader.zotero.get("/items?includeTrashed=1&limit=100")
    edited = page[0]

    def edit(_: Request) -> None:
        reader.zotero.write({"key": edited["key"], "version": edited["version"], "title": "Edited"})

    trouble.plan("GET", lambda _: None, edit)
    reader.refresh()
    assert trouble.happened == 2
    assert len(reader.asked()) == math.ceil((ITEMS - 99) / 100)
    assert reader.is_complete()
    assert json.loads(everything.view(reader.state).items[edited["key"]].raw)["title"] == "Edited"


def test_a_pause_that_one_is_told_is_for_all(reader: Reader, trouble: Trouble) -> None:
    """Who asks next waits too, though it was not told: four connections are as polite as one."""
    address = Address("main", reader.server.url, "users/1", reader.server.key)
    transport = PoliteTransport(reader.clock, attempts=1)
    client = Client(address, transport)
    trouble.plan("GET", Fault("answer", status=429, headers={"Retry-After": "30"}, body=b"{}"))
    with pytest.raises(LibraryError):
        client.version()
    assert client.version() == ITEMS + 1
    assert reader.clock.waits == [30]
    transport.shutdown()


def test_a_library_that_was_put_back_meanwhile_is_read_anew(reader: Reader, trouble: Trouble) -> None:
    """The rest of a list of another time is no library."""
    trouble.plan("GET", *after(20, *[Fault("drop")] * 8))
    with pytest.raises(LibraryError):
        reader.refresh()
    trouble.forget()
    reader.put_back(500)
    reader.refresh()
    assert reader.is_complete()
    assert len(everything.view(reader.state).items) == 499
