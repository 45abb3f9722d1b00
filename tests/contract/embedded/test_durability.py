"""The file behind an embedded library: size, crashes, several processes, files that are something else."""

from __future__ import annotations

import json
import random
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

from syncd.errors import StateError
from syncd.zotero import schema
from syncd.zotero.embedded import EmbeddedLibrary, database

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_WRITER = """
import http.client, json, sys
from pathlib import Path
from syncd.zotero.embedded import EmbeddedLibrary
with EmbeddedLibrary(Path(sys.argv[1])) as library:
    connection = http.client.HTTPConnection(library.url.removeprefix("http://"))
    headers = {"Zotero-API-Key": library.key}
    for round in range(int(sys.argv[2])):
        papers = [{"itemType": "preprint", "title": sys.argv[3], "abstractNote": "x" * 2000} for _ in range(20)]
        connection.request("POST", "/users/1/items", json.dumps(papers), headers)
        report = json.loads(connection.getresponse().read())
        assert not report["failed"], report
        print(json.dumps({each["key"]: each["version"] for each in report["successful"].values()}), flush=True)
    connection.close()
"""


def _writer(path: Path, rounds: int, title: str = "A") -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _WRITER, str(path), str(rounds), title]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("acknowledged_rounds", [1, 4, 9])
def test_a_killed_process_loses_nothing_that_it_acknowledged(
    tmp_path: Path, client_of: Callable[[EmbeddedLibrary], Any], acknowledged_rounds: int
) -> None:
    """After kill -9 in the middle of a write the database is whole and versions are unique."""
    path = tmp_path / "library.sqlite"
    with _writer(path, 1000) as process:
        assert process.stdout
        lines = [process.stdout.readline() for _ in range(acknowledged_rounds)]
        process.send_signal(signal.SIGKILL)
        lines += [line for line in process.stdout if line.endswith("}\n")]
    acknowledged: dict[str, int] = {}
    for line in lines:
        acknowledged |= json.loads(line)
    assert len(acknowledged) >= 20 * acknowledged_rounds
    with EmbeddedLibrary(path) as library:
        api = client_of(library)
        versions = api.versions()
        assert acknowledged.items() <= versions.items()
        assert len(set(versions.values())) == len(versions)
        assert api("GET", "items").version == max(versions.values())
        assert api.paper() not in versions
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()


def test_everything_is_kept_between_runs(tmp_path: Path, client_of: Callable[[EmbeddedLibrary], Any]) -> None:
    """Items, collections, versions and the deletion log survive; nothing but the file is left."""
    path = tmp_path / "deep" / "library.sqlite"
    with EmbeddedLibrary(path, key="the-key") as library:
        api = client_of(library)
        collection = api.create({"name": "C"}, kind="collections")[0]
        kept, erased = api.paper(collections=[collection]), api.paper()
        api.erase(f"items/{erased}")
        before = api.get("items"), api.get("collections"), api.get("deleted?since=0")
        version = api("GET", "items").version
    assert [each.name for each in path.parent.iterdir()] == ["library.sqlite"]
    with EmbeddedLibrary(path, key="the-key") as library:
        api = client_of(library)
        assert api.versions() == {kept: 3}
        assert api("GET", "items").version == version
        after = api.get("items"), api.get("collections"), api.get("deleted?since=0")
        assert json.dumps(after).replace(library.url, "") == json.dumps(before).replace(
            before[0][0]["links"]["self"]["href"].partition("/users")[0], ""
        )


def test_two_processes_may_write_to_one_file(
    tmp_path: Path, client_of: Callable[[EmbeddedLibrary], Any]
) -> None:
    """Each object is written once, and each has a version of its own."""
    path = tmp_path / "library.sqlite"
    writers = [_writer(path, 5, title) for title in "AB"]
    keys: list[str] = []
    for writer in writers:
        output, _ = writer.communicate(timeout=60)
        assert writer.returncode == 0
        keys += [key for line in output.splitlines() for key in json.loads(line)]
    with EmbeddedLibrary(path) as library:
        versions = client_of(library).versions()
    assert sorted(versions) == sorted(keys)
    assert sorted(versions.values()) == list(range(2, 202))


def test_parallel_writes_of_the_same_keys_create_each_once(api: Any) -> None:
    """The loser is told 412, and what it sent is not written."""
    keys = [f"AAAA22{a}{b}" for a in "23456" for b in "23456"]

    def write(title: str) -> Any:
        papers = [{"key": key, "version": 0, "itemType": "preprint", "title": title} for key in keys]
        return api("POST", "items", papers).json

    with ThreadPoolExecutor(4) as pool:
        reports = list(pool.map(write, "ABCD"))
    created = [(each["key"], each["data"]["title"]) for r in reports for each in r["successful"].values()]
    assert sorted(key for key, _ in created) == keys
    assert {failure["code"] for r in reports for failure in r["failed"].values()} == {412}
    assert sum(len(r["failed"]) for r in reports) == 3 * len(keys)
    listed = api.get("items?limit=100")
    assert sorted((each["key"], each["data"]["title"]) for each in listed) == sorted(created)


def test_who_writes_first_is_written_first_and_reading_goes_on(tmp_path: Path) -> None:
    """However long one writes, all others keep their turn."""
    path = tmp_path / "library.sqlite"
    database.prepare(path, "users/1")
    workers, proceed, done = database.Workers(path), Event(), list[int]()

    def version(connection: sqlite3.Connection) -> int:
        return database.Store(connection, "users/1").version()

    def write(number: int) -> Callable[[sqlite3.Connection], None]:
        def work(connection: sqlite3.Connection) -> None:
            with database.transaction(connection):
                database.Store(connection, "users/1").next_version()
                assert number or proceed.wait(60)
                done.append(number)

        return work

    try:
        written = [workers.write(write(number)) for number in range(20)]
        assert workers.read(version).result(60) == 1
        proceed.set()
        written[-1].result(60)
        assert done == list(range(20))
        assert workers.read(version).result(60) == 21
    finally:
        proceed.set()
        workers.close()


def _fill(path: Path, count: int) -> None:
    """Write many papers past HTTP, which would take a while."""
    from syncd.zotero.embedded.objects import Item  # noqa: PLC0415 - only here

    connection = database.connect(path)
    store = database.Store(connection, "users/1")
    dice = random.Random(1)
    with database.transaction(connection):
        for number in range(count):
            key = "".join(dice.choices(schema.KEY_ALPHABET, k=8))
            tags = [{"tag": f"t{number % 7}", "type": 1}]
            data = {
                "title": f"Paper {number:05}",
                "abstractNote": "words " * 200,
                "date": "2023",
                "tags": tags,
            }
            stamp = f"2026-01-01T{number % 24:02}:00:00Z"
            store.save_item(
                Item(key, "preprint", store.next_version(), date_added=stamp, date_modified=stamp, data=data)
            )
    connection.close()


def test_ten_thousand_items_are_served(tmp_path: Path, client_of: Callable[[EmbeddedLibrary], Any]) -> None:
    """All versions in one answer, JSON in pages, and filters."""
    path = tmp_path / "library.sqlite"
    database.prepare(path, "users/1")
    _fill(path, 10_000)
    with EmbeddedLibrary(path) as library:
        api = client_of(library)
        assert sorted(api.versions().values()) == list(range(2, 10_002))
        assert len(api.versions("items?since=9901")) == 100
        assert len(api.versions("items/top?tag=t3")) == 1429
        reply = api("GET", "items?limit=100&start=9950&sort=title")
        assert (len(reply.json), reply.headers["Total-Results"]) == (50, "10000")
        assert reply.json[-1]["data"]["title"] == "Paper 09999"


def test_queries_of_large_libraries_use_their_indexes(tmp_path: Path) -> None:
    """What every push asks is answered from an index alone, or by one."""
    path = tmp_path / "library.sqlite"
    database.prepare(path, "users/1")
    connection = database.connect(path)
    plans = {
        "SELECT key, version FROM items WHERE library = 'a' AND trashed = 0 ORDER BY date_modified DESC,"
        " version DESC, key LIMIT -1": "items_by_change (library=? AND trashed=?)",
        "SELECT count(*) FROM items WHERE library = 'a' AND trashed = 0": "(library=? AND trashed=?)",
        "SELECT parent, count(*) FROM items WHERE library = 'a' AND trashed = 0 AND parent IN ('K', 'L')"
        " GROUP BY parent": "(library=? AND trashed=? AND parent=?)",
        "SELECT key, version FROM items WHERE library = 'a' AND parent IS NULL AND trashed = 0"
        " ORDER BY date DESC, version DESC, key LIMIT 50": "COVERING INDEX items_by_date",
        "SELECT key FROM items WHERE library = 'a' AND trashed = 0 AND instr(title, 'b')": "INDEX items_by_words",
        "SELECT key FROM items WHERE library = 'a' AND parent = 'K'": "(library=? AND parent=?)",
        "SELECT data FROM items WHERE library = 'a' AND key IN ('K', 'L')": "(library=? AND key=?)",
        "SELECT item, collection FROM item_collections WHERE library = 'a' AND item IN ('K')": "(library=? AND item=?)",
        "DELETE FROM item_tags WHERE library = 'a' AND item = 'K'": "(library=? AND item=?)",
        "SELECT key, version FROM items WHERE library = 'a' AND trashed = 0 AND version > 9": "version>?",
    }
    for sql, index in plans.items():
        plan = connection.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()
        assert index in str(plan), sql
    connection.close()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """In words, and left as it was."""
    path = tmp_path / "library.sqlite"
    path.write_text("This is a letter to my grandmother, not a database. " * 100)
    before = path.read_bytes()
    with pytest.raises(StateError, match="is no library that syncd can read"):
        EmbeddedLibrary(path).start()
    assert path.read_bytes() == before


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    """A database without our mark is not touched."""
    path = tmp_path / "library.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE recipes (name TEXT)")
    connection.commit()
    connection.close()
    with pytest.raises(StateError, match="not an embedded library of syncd"):
        EmbeddedLibrary(path).start()


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    """An old syncd does not write to a file that it does not understand."""
    path = tmp_path / "library.sqlite"
    with EmbeddedLibrary(path):
        pass
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StateError, match="newer version of syncd") as caught:
        EmbeddedLibrary(path).start()
    assert caught.value.hint == "Update syncd."


def test_a_library_whose_versions_began_with_0_goes_on(
    tmp_path: Path, client_of: Callable[[EmbeddedLibrary], Any]
) -> None:
    """What an older syncd wrote first had the version that only a library without anything has now."""
    path = tmp_path / "library.sqlite"
    with EmbeddedLibrary(path) as library:
        key = client_of(library).paper()
    connection = sqlite3.connect(path)
    connection.execute("UPDATE libraries SET version = version - 1")
    connection.execute("UPDATE items SET version = version - 1")
    connection.execute("PRAGMA user_version = 1")
    connection.commit()
    connection.close()
    for _ in range(2):
        with EmbeddedLibrary(path) as library:
            api = client_of(library)
            assert (api("GET", "items").version, api.versions()) == (2, {key: 1})
            assert api.versions("items?since=1") == {}


def test_a_folder_is_no_library(tmp_path: Path) -> None:
    """In words."""
    with pytest.raises(StateError, match="can't be opened"):
        EmbeddedLibrary(tmp_path).start()


def test_a_database_that_breaks_while_serving_is_reported_in_words(
    tmp_path: Path, client_of: Callable[[EmbeddedLibrary], Any]
) -> None:
    """500 with the reason; other requests are answered alike."""
    path = tmp_path / "library.sqlite"
    with EmbeddedLibrary(path) as library:
        connection = sqlite3.connect(path)
        connection.execute("DROP TABLE item_tags")
        connection.close()
        reply = client_of(library)("POST", "items", [{"itemType": "preprint", "title": "x"}])
        assert reply.status == 500
        assert reply.text == "The library's database can't be used: no such table: item_tags"
        assert client_of(library).versions() == {}
