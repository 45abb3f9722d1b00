"""syncd's own memory: its database, the embedded library's file, and what they know of profiles that do not get on.

Both are opened for reading alone. A database that is damaged is set aside on request, never thrown away.
"""

from __future__ import annotations

import json
import shlex
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa

from syncd.clock import local
from syncd.config import Library
from syncd.doctor.computer import FIX
from syncd.doctor.finding import Check, Finding, Scene
from syncd.errors import ENDING, INTERRUPTED, StateError
from syncd.lock import held
from syncd.messages import message, recalled
from syncd.paths import DataFolder
from syncd.state.store import HEAD, OLDEST, Store
from syncd.sync.library import NO_PAPER

Row = dict[str, Any]
STATE = "state"
KEPT = "embedded library"
SECONDS = 5.0
DAMAGED = message("damaged")
# The rows of a library, on the desktop in whichever Zotero.
HERE = "library IN (SELECT id FROM library WHERE endpoint = :endpoint AND prefix = :prefix)"
# What keeps profiles waiting, with the library that it is about.
FAILING = """
    SELECT trouble.name, message, hint, since, times, endpoint, prefix
    FROM trouble JOIN library ON library.id = trouble.library ORDER BY trouble.name
"""
RESTING = """
    SELECT profile.name, paused, endpoint, prefix
    FROM profile JOIN library ON library.id = profile.library WHERE paused != '' ORDER BY profile.name
"""
# How many runs are looked at.
MOST_RUNS = 500
# What ends a run without anything being wrong: Ctrl-C, and the end of the daemon.
ENDED_BY_HAND = frozenset({"KeyboardInterrupt", INTERRUPTED, ENDING})


def checks(scene: Scene) -> Iterator[Check]:
    """Yield the checks of syncd's memory."""
    yield Check(STATE, lambda: _state(scene), online=bool(scene.data.database))
    if scene.data.library.exists():
        yield Check(KEPT, lambda: _embedded(scene.data.library))


def opened(path: Path) -> sqlite3.Connection:
    """Open a database for reading alone."""
    # Where nobody has it open, SQLite would leave files beside it, even for a reader.
    is_open = path.with_name(f"{path.name}-wal").exists()
    mode = "mode=ro" if is_open else "immutable=1"
    connection = sqlite3.connect(f"file:{quote(str(path))}?{mode}", uri=True, timeout=SECONDS)
    connection.row_factory = sqlite3.Row
    return connection


@cache
def _answers(database: str) -> bool:
    """Whether a server answers; one that does not is waited for once."""
    try:
        Store(database).close()
    except StateError:
        return False
    return True


def rows(data: DataFolder, query: str, **values: object) -> list[Row]:
    """Ask the state, wherever it is; nothing comes where it can't be asked, which its own check says."""
    try:
        if data.database:
            if not _answers(data.database):
                return []
            with closing(Store.of(data)) as store, store.reading() as connection:
                return [dict(row) for row in connection.execute(sa.text(query), values).mappings()]
        if not data.state.exists():
            return []
        with closing(opened(data.state)) as file:
            return [dict(row) for row in file.execute(query, values)]
    except (sqlite3.Error, StateError):
        return []


def index_version(scene: Scene, library: Library) -> int | None:
    """Return the version up to which the index of a library is complete; None where nothing is known of it."""
    query = "SELECT version FROM library WHERE endpoint = :endpoint AND prefix = :prefix"
    found = rows(scene.data, query, endpoint=library.root, prefix=library.prefix)
    return int(found[0]["version"]) if found else None


@dataclass(frozen=True, slots=True)
class Hindrance:
    """What is known to keep a profile from being pushed to its library.

    Attributes:
        words: a sentence without its full stop.
        mend: the command that mends it, or a sentence that says what to do.
    """

    words: str
    mend: str


def troubles(scene: Scene) -> dict[str, list[Hindrance]]:
    """Return what is known to keep profiles from being pushed to their libraries, by profile; those that fail first."""
    if scene.config is None:
        return {}
    places = {name: scene.config.library_of(one).whereabouts for name, one in scene.config.profiles.items()}
    found: defaultdict[str, list[Hindrance]] = defaultdict(list)
    for row in rows(scene.data, FAILING):
        if places.get(name := row["name"]) == (row["endpoint"], row["prefix"]):
            reason, since = recalled(row["message"]), local(row["since"])
            words = message("failed-since", count=row["times"], since=since, reason=reason)
            found[name].append(Hindrance(words, recalled(row["hint"]) or _command("sync-now", name)))
    for row in rows(scene.data, RESTING):
        if places.get(name := row["name"]) == (row["endpoint"], row["prefix"]):
            words = message("rests-because", reason=recalled(row["paused"]))
            found[name].append(Hindrance(words, _command("resume", name)))
    paused = {row["name"] for row in rows(scene.data, "SELECT name FROM pause")}
    for name in places:
        # Where all profiles rest, letting one go on is not enough.
        if "" in paused:
            found[name].append(Hindrance(message("rests-as-all-paused"), "syncd resume"))
        if name in paused:
            found[name].append(Hindrance(message("rests-as-paused"), _command("resume", name)))
    return dict(found)


def _command(do: str, profile: str) -> str:
    return shlex.join(["syncd", do, profile])


@dataclass(frozen=True, slots=True)
class Failing:
    """What has ended the runs on a library since one that went well.

    Attributes:
        message: of the last one.
        since: ISO time at which the first of them began.
        times: how many there were.
        profiles: those whose runs end so.
    """

    message: str
    since: str
    times: int
    profiles: tuple[str, ...]


def failing(scene: Scene, library: Library) -> list[Failing]:
    """Return what the last runs on a library ended with, as far as they did not go well; one for each message."""
    if scene.config is None:
        return []
    config = scene.config
    followed = [name for name, one in config.profiles.items() if config.library_of(one).name == library.name]
    endpoint, prefix = library.whereabouts
    runs = rows(
        scene.data,
        "SELECT started, counts, error, profiles FROM run WHERE kind = 'push' AND finished IS NOT NULL"  # noqa: S608 - no input
        f" AND {HERE} ORDER BY started DESC, id DESC LIMIT :most",
        endpoint=endpoint,
        prefix=prefix,
        most=MOST_RUNS,
    )
    found: dict[str, Failing] = {}
    runs_of: defaultdict[str, list[Row]] = defaultdict(list)
    for run in runs:
        for name in json.loads(run["profiles"]):
            runs_of[name].append(run)
    for name in followed:
        if one := _streak(name, runs_of.get(name, ())):
            known = found.get(one.message, one)
            profiles = tuple(dict.fromkeys((*known.profiles, name)))
            since, times = min(known.since, one.since), max(known.times, one.times)
            found[one.message] = Failing(one.message, since, times, profiles)
    return list(found.values())


def _streak(profile: str, runs: Sequence[Row]) -> Failing | None:
    """Return how many of a profile's runs failed in a row, the newest first; None where the newest went well."""
    bad: list[tuple[str, str]] = []
    for run in runs:
        error = recalled(run["error"] or "")
        if error in ENDED_BY_HAND:
            continue
        failed = json.loads(run["counts"]).get("failed", 0)
        words = error or (message("papers-not-written", count=failed) if failed else "")
        if not words:
            break
        bad.append((words, run["started"]))
    return Failing(bad[0][0], bad[-1][1], len(bad), (profile,)) if bad else None


def _state(scene: Scene) -> Iterator[Finding]:
    if scene.data.database:
        # What is wrong with it is an error with words, and hints.
        Store.of(scene.data).close()
        yield Finding(STATE, "ok", message("database-answers"))
        return
    path = scene.data.state
    if not path.exists():
        yield Finding(STATE, "ok", message("database-not-made-yet"))
        return
    problem, revision = _sound(path)
    if problem == DAMAGED:
        words = message("database-damaged", path=path)
        yield Finding(STATE, "failure", words, FIX, lambda: _set_aside(scene))
    elif problem:
        mend = f"chmod u+rw {path}" if path.is_file() else f"mv {path} {path}.old"
        yield Finding(STATE, "failure", message("file-unreadable", path=path, reason=problem), mend)
    elif revision is None:
        yield Finding(STATE, "ok", message("database-empty", path=path))
    elif OLDEST <= revision < HEAD:
        yield Finding(STATE, "ok", message("database-to-be-migrated", path=path, revision=revision))
    elif revision < OLDEST:
        words = message("database-older", path=path, revision=revision)
        yield Finding(STATE, "failure", words, f"mv {path} {path}.old")
    elif revision > HEAD:
        words = message("database-newer", path=path, revision=revision)
        yield Finding(STATE, "failure", words, "pip install --upgrade syncd")
    else:
        yield Finding(STATE, "ok", message("file-sound", path=path))


def _sound(path: Path) -> tuple[str, str | None]:
    """Return what is wrong with a database, and its revision."""
    try:
        with closing(opened(path)) as connection:
            (words,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if words != "ok":
                return DAMAGED, None
            tables = connection.execute("SELECT name FROM sqlite_master WHERE name = 'alembic_version'")
            if tables.fetchone() is None:
                return "", None
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            return "", row["version_num"] if row else None
    except sqlite3.OperationalError as error:
        return str(error), None
    except sqlite3.DatabaseError:
        return DAMAGED, None


def _set_aside(scene: Scene) -> str:
    """Move the database away and make a new one; the next run fills it from the library."""
    path = scene.data.state
    aside = path.with_name(f"{path.name}.{scene.clock.now():%Y%m%dT%H%M%SZ}.damaged")
    # A daemon at work has it open.
    with held(scene.data.daemon_lock, scene.clock, who="syncd doctor"):
        for ending in ("", "-wal", "-shm"):
            part = path.with_name(path.name + ending)
            if part.exists():
                part.rename(aside.with_name(aside.name + ending))
        Store.at(path).close()
    return message("database-set-aside", path=aside)


def _embedded(path: Path) -> Iterator[Finding]:
    problem, _ = _sound(path)
    if problem:
        words = message("file-unreadable", path=path, reason=problem)
        yield Finding(KEPT, "failure", words, message("restore-from-backup"))
        return
    with closing(opened(path)) as connection:
        query = (
            "SELECT item_type, count(*) FROM items WHERE parent IS NULL AND NOT trashed GROUP BY item_type"
        )
        count = sum(number for kind, number in connection.execute(query) if kind not in NO_PAPER)
    yield Finding(KEPT, "ok", message("library-sound", path=path, count=count))
