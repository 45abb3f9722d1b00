"""What each page of the dashboard shows, gathered from syncd's own records. Nothing is written.

Whatever may be long is counted and paged by the database.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlencode

from syncd import services
from syncd.config import Library
from syncd.config.model import EMBEDDED
from syncd.daemon.asked import Asked, RefusedError
from syncd.daemon.views import items_of
from syncd.digest import NewOfProfile
from syncd.engine.digest import new_in
from syncd.engine.figures import figures_of
from syncd.engine.status import ALL, Resting, Row, rows_of, zotero_address
from syncd.errors import SyncdError
from syncd.figures import sheet, svg, table
from syncd.messages import message
from syncd.services.base import FoundAuthor
from syncd.state.facts import named
from syncd.state.libraries import remembered
from syncd.state.papers import Papers, Sort
from syncd.state.standings import NOT_WRITTEN, Standing
from syncd.state.state import State
from syncd.sync.belongs import MARK
from syncd.web.board import Ask, Download, Note, Page
from syncd.web.difference import Part, difference
from syncd.zotero import schema
from syncd.zotero.items import OTHERS

Json = dict[str, Any]
# Papers of so many days are new.
NEW_DAYS: Final = 7
# So many days of runs are a strip.
STRIP_DAYS: Final = 28
MOST_PROFILES: Final = 12
EACH: Final = 5
PAPERS: Final = 50
RUNS: Final = 30
LINES: Final = 100
ROWS: Final = 100
TROUBLES: Final = 20
DECIDED: Final = 20
SORTS: Final[tuple[Sort, ...]] = ("date", "score", "title", "since")
# Fields of an item that a reader compares, in the order of the page; others follow.
FIELDS: Final = ("title", "creators", "date", "itemType", "abstractNote", "DOI", "url")
# What an item has that says nothing of its paper.
NO_FIELDS: Final = frozenset(
    {"key", "version", "parentItem", "dateAdded", "dateModified", "deleted", "relations", "collections"}
)


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a long list.

    Attributes:
        total: how many there are.
        first: the place of the first one shown, from 1.
        last: that of the last one.
        earlier: the address of the part before; empty where there is none.
        later: likewise.
    """

    total: int
    first: int
    last: int
    earlier: str
    later: str


def slice_of(ask: Ask, path: str, total: int, size: int) -> tuple[int, Slice]:
    """Return from where a list is shown, and what leads through it; the other words of the address stay."""
    pages = max(1, -(-total // size))
    at = min(max(ask.number("page"), 1), pages)
    kept = {name: value for name, value in ask.query.items() if name not in {"page", "note"}}

    def to(page: int) -> str:
        return f"{path}?{urlencode({**kept, 'page': page})}" if 1 <= page <= pages else ""

    start = (at - 1) * size
    return start, Slice(total, min(start + 1, total), min(start + size, total), to(at - 1), to(at + 1))


@contextmanager
def _state(ask: Ask, library: Library) -> Iterator[State]:
    with remembered(library, ask.ports.data, ask.ports.clock) as state:
        yield state


def library_of(ask: Ask, name: str | None) -> Library:
    """Return the library of that name; the usual one where none is named.

    Raises:
        RefusedError: there is none.
    """
    libraries = ask.config.libraries
    if not name:
        return next(iter(libraries.values()))
    if name not in libraries:
        raise RefusedError(HTTPStatus.NOT_FOUND, message("nothing-at-address"))
    return libraries[name]


# Today


def today(ask: Ask) -> Page:
    """Show what is new, what waits, how runs went, and what is wrong."""
    now, live = ask.ports.clock.now(), ask.api.live()
    since = now - timedelta(days=NEW_DAYS)
    first_day = (now - timedelta(days=STRIP_DAYS - 1)).date()
    waiting: Counter[str] = Counter()
    runs: dict[str, tuple[int, int]] = {}
    new: list[NewOfProfile] = []
    rows: list[tuple[Library, Row]] = []
    with Resting(ask.ports.data, ask.ports.clock) as resting:
        paused = resting.paused()
    more = 0
    for library in ask.config.libraries.values():
        with _state(ask, library) as state:
            waiting["review"] += state.standings.reviews(answered=False, start=0, most=0)[0]
            for (cause, _), number in state.standings.numbers().items():
                waiting["failed"] += number if cause in NOT_WRITTEN else 0
            rows += [(library, row) for row in rows_of(library, ask.config, state, paused, live)]
            for day, (number, bad) in state.history.days(first_day.isoformat()).items():
                before = runs.get(day, (0, 0))
                runs[day] = (before[0] + number, before[1] + bad)
            total, groups = new_in(state, library, since, profiles=MOST_PROFILES, each=EACH)
            more += total - len(groups)
            new += groups
    all_paused = ALL in paused
    troubled = [
        (library.name, row)
        for library, row in rows
        if _is_troubled(row) and not (all_paused and not row.problem)
    ]
    facts = {
        "new": new,
        "more": more,
        "reviews": waiting["review"],
        "failed": waiting["failed"],
        "strip": [_day(day, runs) for day in _days(first_day, now.date())],
        "troubled": troubled[:TROUBLES],
        "more_troubled": max(0, len(troubled) - TROUBLES),
        "profiles": len(rows),
        "followed": len(ask.config.profiles),
        "all_paused": all_paused,
        "by_itself": ask.live or bool(live.get("workers")),
        "running": [row for row in live["profiles"] if row.get("running")][:TROUBLES],
    }
    return Page("today.html", ask.say.label("syncd-dashboard-today"), facts)


def _author(row: Row) -> str:
    return row.pushed.author if row.pushed else row.name


def _is_troubled(row: Row) -> bool:
    return bool(row.problem or row.resting or (row.pushed and row.pushed.paused))


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += timedelta(days=1)


def _day(day: date, runs: Mapping[str, tuple[int, int]]) -> Json:
    number, bad = runs.get(day.isoformat(), (0, 0))
    how = "none" if not number else "failed" if bad == number else "partly" if bad else "well"
    return {"day": day, "runs": number, "bad": bad, "how": how}


# Reviews


@dataclass(frozen=True, slots=True)
class Compared:
    """A property of two records.

    Attributes:
        name: of the property.
        new: of the new paper, in pieces that say where it differs.
        there: of the item in the library.
    """

    name: str
    new: Sequence[Part]
    there: Sequence[Part]


def reviews(ask: Ask) -> Page:
    """Show one paper that waits for a decision beside the item that it may be, and what was decided since."""
    counted: list[tuple[Library, int]] = []
    decided: list[tuple[str, Standing]] = []
    for library in ask.config.libraries.values():
        with _state(ask, library) as state:
            counted.append((library, state.standings.reviews(answered=False, start=0, most=0)[0]))
            if len(decided) < DECIDED:
                answered = state.standings.reviews(answered=True, start=0, most=DECIDED - len(decided))[1]
                decided += [(library.name, standing) for standing in answered]
    total = sum(number for _, number in counted)
    at = min(max(ask.number("at"), 1), max(total, 1))
    facts: Json = {"total": total, "at": at, "decided": decided, "review": None}
    left = at - 1
    for library, number in counted:
        if left < number:
            with _state(ask, library) as state:
                (standing,) = state.standings.reviews(answered=False, start=left, most=1)[1]
            facts["review"] = _review(ask, library, standing)
            break
        left -= number
    return Page("reviews.html", ask.say.label("syncd-dashboard-reviews"), facts)


def _review(ask: Ask, library: Library, standing: Standing) -> Json:
    candidates = list(standing.candidates)
    chosen = next((one for one in candidates if one["key"] == ask.query.get("item")), candidates[0])
    undated = str(chosen["key"]).startswith(MARK)
    there = {} if undated else chosen["record"]
    names = dict.fromkeys((*standing.record, *there))
    fields = [
        Compared(name, *difference(_worded(name, standing.record), _worded(name, there))) for name in names
    ]
    return {
        "library": library.name,
        "standing": standing,
        "chosen": chosen,
        "percent": round(chosen["score"] * 100),
        "candidates": candidates,
        "undated": undated,
        "fields": fields,
        "select": None if undated else zotero_address(library, str(chosen["key"])),
    }


def _worded(name: str, record: Mapping[str, Any]) -> str:
    value = str(record.get(name, ""))
    return schema.label(value) if name == "type" and value else value


# Runs


def runs(ask: Ask) -> Page:
    """Show the runs of a library, newest first."""
    library = library_of(ask, ask.query.get("library"))
    with _state(ask, library) as state:
        start, part = slice_of(ask, "/runs", state.history.count(), RUNS)
        shown = state.history.runs(RUNS, start=start)
    facts = {"runs": shown, "part": part, "library": library.name, "libraries": list(ask.config.libraries)}
    return Page("runs.html", ask.say.label("syncd-dashboard-runs"), facts)


def run(ask: Ask) -> Page:
    """Show what a run did, and why."""
    library, name = library_of(ask, ask.path["library"]), ask.path["run"]
    with _state(ask, library) as state:
        found = state.history.run(name)
        if found is None:
            raise RefusedError(HTTPStatus.NOT_FOUND, message("no-such-run", run=repr(name)))
        total = state.history.count_notes(name)
        start, part = slice_of(ask, f"/runs/{library.name}/{name}", total, LINES)
        lines = state.history.notes(name, start, LINES)
        undone = state.history.undone_by(name)
        has_rest = found.undoes is not None and state.history.undone_by(found.undoes) is None
    facts = {
        "plain": plain,
        "run": found,
        "lines": lines,
        "part": part,
        "library": library.name,
        "undone": undone,
        "has_rest": has_rest,
    }
    return Page("run.html", ask.say.label("syncd-dashboard-run-of", time=ask.say.time(found.started)), facts)


def undoing(ask: Ask) -> Page:
    """Show what it would do to undo a run."""
    library, name = library_of(ask, ask.path["library"]), ask.path["run"]
    preview = ask.api.undo(Asked({}, {"run": name, "dry_run": True}))
    facts = {"preview": preview, "library": library.name, "run": name}
    return Page(
        "undo.html", ask.say.label("syncd-dashboard-undo-of", time=ask.say.time(preview["started"])), facts
    )


# Profiles


def profiles(ask: Ask) -> Page:
    """Show who is followed, and how that goes."""
    live, words = ask.api.live(), ask.query.get("q", "").strip().casefold()
    with Resting(ask.ports.data, ask.ports.clock) as resting:
        paused = resting.paused()
    rows = []
    for library in ask.config.libraries.values():
        with _state(ask, library) as state:
            rows += [(library.name, row) for row in rows_of(library, ask.config, state, paused, live)]
    if words:
        rows = [one for one in rows if words in f"{one[1].name} {_author(one[1])}".casefold()]
    rows.sort(key=lambda one: (not _is_troubled(one[1]), _author(one[1]).casefold(), one[1].name))
    start, part = slice_of(ask, "/profiles", len(rows), ROWS)
    facts = {"rows": rows[start : start + ROWS], "part": part, "search": ask.query.get("q", "")}
    facts["several"] = len(ask.config.libraries) > 1
    return Page("profiles.html", ask.say.label("syncd-dashboard-profiles"), facts)


def profile(ask: Ask) -> Page | Download:
    """Show a profile: how it goes, its figures, its papers."""
    library, name = library_of(ask, ask.path["library"]), ask.path["profile"]
    live = ask.api.live()
    with _state(ask, library) as state, Resting(ask.ports.data, ask.ports.clock) as resting:
        paused = resting.paused()
        row = next(
            (one for one in rows_of(library, ask.config, state, paused, live) if one.name == name), None
        )
        if row is None:
            raise RefusedError(HTTPStatus.NOT_FOUND, message("no-profile-of-that-name", profile=repr(name)))
        figures = figures_of(state, name, _author(row), ask.say.titles())
        if (kind := ask.query.get("as")) in {"svg", "csv"}:
            return _file(name, kind, table(figures) if kind == "csv" else sheet(figures, _author(row)))
        search, sort = ask.query.get("q", "").strip(), _sort(ask.query.get("sort"))
        with state.reading() as connection:
            papers = Papers(connection, state.number)
            at = (max(ask.number("page"), 1) - 1) * PAPERS
            total, found = papers.page(name, search=search, sort=sort, start=at, most=PAPERS)
    _, part = slice_of(ask, ask_path("profiles", library.name, name), total, PAPERS)
    facts = {
        "row": row,
        "author": _author(row),
        "library": library.name,
        "figures": [svg(figure) for figure in figures],
        "papers": found,
        "part": part,
        "search": search,
        "sort": sort,
        "sorts": SORTS,
        "all_paused": ALL in paused,
    }
    return Page("profile.html", _author(row), facts)


def _sort(text: str | None) -> Sort:
    return next((sort for sort in SORTS if sort == text), SORTS[0])


def _file(name: str, kind: str, text: str) -> Download:
    return Download(f"{name}.{kind}", "text/csv" if kind == "csv" else "image/svg+xml", text)


def ask_path(*parts: str) -> str:
    """Return an address of these parts."""
    return "/" + "/".join(quote(part, safe="") for part in parts)


# A paper


@dataclass(frozen=True, slots=True)
class Field:
    """A property of an item.

    Attributes:
        name: Zotero's name of it.
        yours: as it stands in the library.
        source: as the source says it, empty where it says nothing; None where it says the same.
        kept: the user's own, which stays.
    """

    name: str
    yours: str
    source: str | None
    kept: bool


def paper(ask: Ask) -> Page:
    """Show a paper: what Zotero has beside what its sources say, why it is there, and what happened to it."""
    library, key = library_of(ask, ask.path["library"]), ask.path["key"]
    with _state(ask, library) as state:
        with state.reading() as connection:
            data, base = Papers(connection, state.number).item(key), state.base(connection, key)
        known = items_of(state, [key]).get(key)
        if data is None and known is None:
            raise RefusedError(HTTPStatus.NOT_FOUND, message("item-unknown", item=key))
        standings = state.standings.of_item(key)
        lines = state.history.of_items([key]).get(key, [])
    data = data or {}
    kept = {name: values for one in standings if one.cause == "kept" for name, values in one.values.items()}
    sources: Json = {"itemType": base.item_type, **base.fields} if base else {}
    if base and base.creators is not None:
        sources["creators"] = base.creators
    facts = {
        "key": key,
        "library": library.name,
        "fields": list(_fields(data, sources, kept)),
        "known": known,
        "lines": lines[::-1],
        "select": zotero_address(library, key),
        "embedded": library.type == EMBEDDED,
        "gone": not data or bool(data.get("deleted")),
        "tags": [tag["tag"] for tag in data.get("tags", ())],
        "standings": [one for one in standings if one.cause != "kept"],
    }
    return Page("paper.html", str(data.get("title") or sources.get("title") or key), facts)


def _fields(data: Json, sources: Mapping[str, Any], kept: Mapping[str, Sequence[Any]]) -> Iterator[Field]:
    names = dict.fromkeys((*FIELDS, *sources, *data, *kept))
    for name in names:
        if name in NO_FIELDS or name == "tags":
            continue
        yours = plain(name, data.get(name))
        source = plain(name, kept[name][1] if name in kept else sources.get(name))
        if yours or source:
            is_edited = name in kept or (name in sources and source != yours)
            yield Field(name, yours, None if source == yours else source, is_edited)


def plain(name: str, value: Any) -> str:
    """Return a property's value in words."""
    if name == "itemType":
        return schema.label(str(value)) if value else ""
    if isinstance(value, (list, tuple)):
        return ", ".join(_part(one) for one in value)
    return str(value or "")


def _part(one: Any) -> str:
    if not isinstance(one, dict):
        return str(one)
    if one.get("lastName") == OTHERS["lastName"]:
        return "…"
    return str(one["tag"]) if "tag" in one else named(one)


# Whom to follow


def follow(ask: Ask) -> Page:
    """Search the services for an author. Who has an address, or an identifier at a service, need not search."""
    name = ask.query.get("name", "").strip()
    found: list[FoundAuthor] = []
    failures: Sequence[SyncdError] = ()
    if name.startswith(("http://", "https://")) or services.recognise(name):
        found = [FoundAuthor(name, name, "")]
    elif name:
        found, failures = _searched(ask, name)
    facts = {
        "name": name,
        "people": people(found),
        "followed": {profile.source for profile in ask.config.profiles.values()},
        "shows_latest": services.shows_latest,
        "libraries": list(ask.config.libraries),
        "nobody": bool(name) and not found and not failures,
        "failures": [Note(error.words, error.hint, failed=True) for error in failures],
    }
    return Page("follow.html", ask.say.label("syncd-dashboard-follow"), facts)


def latest(ask: Ask) -> Page:
    """Show the papers that an author published last, so that a reader sees who it is."""
    source = ask.query.get("source", "").strip()
    author = ask.query.get("name", "").strip() or source
    facts = {
        "source": source,
        "author": author,
        "papers": [(found, [creator.name for creator in found.creators]) for found in ask.api.latest(source)],
        "is_followed": source in {profile.source for profile in ask.config.profiles.values()},
        "libraries": list(ask.config.libraries),
    }
    return Page("latest.html", ask.say.label("syncd-dashboard-latest-of", author=author), facts)


def _searched(ask: Ask, name: str) -> tuple[list[FoundAuthor], Sequence[SyncdError]]:
    """Return who was found, and what kept services from being searched; the page stays, to search again."""
    try:
        return ask.api.authors(name)
    except SyncdError as error:
        return [], [error]


def people(found: Sequence[FoundAuthor]) -> list[list[FoundAuthor]]:
    """Put together who has one name, those of whom a service knows most first."""
    groups: dict[str, list[FoundAuthor]] = {}
    for one in found:
        groups.setdefault(" ".join(one.name.casefold().split()), []).append(one)
    for group in groups.values():
        group.sort(key=lambda one: -(one.papers or 0))
    return list(groups.values())
