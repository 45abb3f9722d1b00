"""What the daemon tells over HTTP of items, profiles and reviews: read from syncd's own records, nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from datetime import datetime
from http import HTTPStatus

from syncd.config import Config, Library
from syncd.config.model import DESKTOP, EMBEDDED, default_library
from syncd.daemon.asked import Asked, Json, RefusedError
from syncd.engine.figures import figures_of
from syncd.engine.ports import Ports
from syncd.engine.status import Row, shelf
from syncd.engine.undo import Undoing
from syncd.figures import svg
from syncd.messages import message, with_said
from syncd.read import printable
from syncd.state.facts import Told
from syncd.state.history import BRINGS, Arrival, Note
from syncd.state.libraries import remembered
from syncd.state.profiles import FollowedProfile
from syncd.state.state import State
from syncd.sync.action import profile_of
from syncd.text.institutions import institutions
from syncd.web.strings import language_of, strings

# How the plugin calls the library of Zotero's user, whatever their number.
OWN = "users/0"
# Sorts behind every time.
LATEST = "~"
MOST_KEYS = 500
# Of papers that an undo changes.
MOST_NAMED = 100
# Parts of an item that are no fields.
NO_FIELDS = frozenset({"tags", "collections", "links"})
# Of a user's number.
MOST_DIGITS = 15
PAGE = 1000
# Between the key and the moment that a page goes on from; between the moments of several ways to a library.
PAGE_MARK = "~"
WAY_MARK = "-"


def libraries_of(prefix: object, user: object, config: Config) -> list[Library]:
    """Return the libraries that Zotero calls so; several are several ways to one and the same.

    Args:
        prefix: "groups/12", "users/475425", or "users/0" for Zotero's own, on the desktop and on zotero.org.
        user: the number of the user who is signed in to Zotero, to tell its own from others on zotero.org; None where
            it is not told: nobody is signed in, or the plugin is older than that.
        config: the settings.

    Returns:
        at least one; those on the desktop come first.

    Raises:
        RefusedError: none is followed there, or it is no name at all.
    """
    if not isinstance(prefix, str) or not prefix.strip():
        raise RefusedError(HTTPStatus.BAD_REQUEST, message("library-not-named"))
    if not (user is None or (isinstance(user, int) and not isinstance(user, bool) and user > 0)):
        raise RefusedError(HTTPStatus.BAD_REQUEST, message("user-not-number"))
    outside = [library for library in config.libraries.values() if library.type != EMBEDDED]
    if prefix == OWN:
        found = [one for one in outside if one.type == DESKTOP]
        found += [one for one in outside if one.type == "user" and user in {None, one.id}]
    else:
        found = [one for one in outside if one.prefix == prefix]
    if not found:
        name = f"users/{user}" if user and prefix == OWN else prefix
        raise RefusedError(HTTPStatus.NOT_FOUND, message("library-not-kept", library=repr(name)))
    return found


def library_for(prefix: object, user: object, config: Config) -> Library:
    """Return the one library that new papers go to, of those that `libraries_of` gives: the usual one, if it is there.

    Raises:
        RefusedError: as `libraries_of`.
    """
    found = libraries_of(prefix, user, config)
    usual = default_library(config.libraries)
    return next((library for library in found if library.name == usual), found[0])


def status(config: Config, ports: Ports, live: Json) -> Json:
    """Return what `syncd status --json` tells, of all libraries; with the codes of its sentences."""
    shelves = [shelf(library, config, ports.data, ports.clock, live) for library in config.libraries.values()]
    return {
        "libraries": [_shelf(one.to_json()) for one in shelves],
        "daemon": {name: live[name] for name in ("pid", "version", "since", "paused", "http", "budgets")},
        "reviews": sum(standing.cause == "review" for one in shelves for standing in one.standings),
        "dashboard": live.get("dashboard"),
    }


def _shelf(told: Json) -> Json:
    profiles = [with_said(_troubled(profile), "paused", "running") for profile in told["profiles"]]
    papers = [with_said(paper, "detail") for paper in told["papers"]]
    return told | {"profiles": profiles, "papers": papers}


def _troubled(profile: Json) -> Json:
    trouble = profile["trouble"]
    return profile | {"trouble": trouble and with_said(trouble, "message", "hint")}


def items(asked: Asked, config: Config, ports: Ports) -> Json:
    """Return what is known of items; the unknown are left out."""
    keys = [key for key in asked.query.get("keys", "").split(",") if key]
    if len(keys) > MOST_KEYS:
        raise RefusedError(HTTPStatus.BAD_REQUEST, message("too-many-keys", most=MOST_KEYS))
    found: dict[str, Json] = {}
    for library in _libraries(asked, config):
        with remembered(library, ports.data, ports.clock) as state:
            for key, told in items_of(state, keys).items():
                found[key] = _joined(found[key], told) if key in found else told
    return {"items": found}


def items_of(state: State, keys: Sequence[str]) -> dict[str, Json]:
    """Return what is known of items in one library."""
    told = state.facts.about(keys)
    history, arrivals = state.history.of_items(told), state.history.arrivals(told)
    names = {name for one in told.values() for name in one.profiles}
    pushed = {profile.name: profile for profile in state.profiles.pushed(names)}
    kept = state.standings.kept(told)
    return {
        key: _item(one, history.get(key, []), pushed)
        | {"kept": kept.get(key, [])}
        | {"why": [way for arrival in arrivals.get(key, ()) for way in _why(one, arrival, pushed)]}
        | {"undone": _undone(history.get(key, []), arrivals.get(key, []))}
        for key, one in told.items()
    }


def _item(
    told: Told, history: Sequence[tuple[str, str, Note]], pushed: Mapping[str, FollowedProfile]
) -> Json:
    changed = [
        {"when": when, "fields": [_field(name) for name in note.changes], "run": run}
        for run, when, note in history
        if note.changes and note.kind != "create"
    ]
    came = [note.reason for _, _, note in history if note.kind in BRINGS]
    about = {
        "profiles": [
            {"name": name, "author": _author(name, pushed), "since": since or None}
            for name, since in told.profiles.items()
        ],
        "score": told.score,
        "affiliations": institutions(told.affiliations),
        "links": [{"url": url, "kind": kind} for url, kind in told.links.items()],
        "code": told.code,
        "reason": came[0] if came else None,
        "changed": changed,
    }
    return with_said(about, "reason")


def _undone(history: Sequence[tuple[str, str, Note]], arrivals: Sequence[Arrival]) -> str | None:
    """Return when an undo gave an item back to its user, as it was before syncd took it up; None where none did."""
    adopted = any(note.kind == "adopt" for *_, note in history)
    last = next((when for _, when, note in reversed(history) if note.kind == "revert"), None)
    return last if adopted and not arrivals else None


def _author(name: str, pushed: Mapping[str, FollowedProfile]) -> str:
    return pushed[name].author if name in pushed else name


def _why(told: Told, arrival: Arrival, pushed: Mapping[str, FollowedProfile]) -> Iterator[Json]:
    """Yield how an item came to be syncd's, for each of the profiles that brought it then."""
    note = arrival.note
    for name in _bringing(told, arrival):
        about = {
            "profile": name,
            "author": _author(name, pushed),
            "source": printable(pushed[name].origin) if name in pushed else None,
            "kind": note.kind,
            "when": arrival.when,
            "run": arrival.run,
            "reason": note.reason,
            "filled": [field for field in note.changes if field not in NO_FIELDS],
        }
        yield with_said(about, "reason")


def _bringing(told: Told, arrival: Arrival) -> list[str]:
    """Return which of the profiles that list an item brought it in a run; the first of all where that is not known."""
    began = datetime.fromisoformat(arrival.started).replace(microsecond=0)
    # What was known before a run, or came later, was not brought by it.
    first = min(
        (since for since in told.profiles.values() if since and _is_after(since, began)), default=None
    )
    brought = [name for name, since in told.profiles.items() if since == first]
    of_run = [name for name in told.profiles if profile_of(name, arrival.profiles) in arrival.profiles]
    return [name for name in brought if name in of_run] or of_run or brought or list(told.profiles)[:1]


def _is_after(since: str, began: datetime) -> bool:
    return datetime.fromisoformat(since) >= began


def _joined(first: Json, second: Json) -> Json:
    """Join what two ways to one library tell of an item; of what is there once, the first has the word."""
    profiles = sorted([*first["profiles"], *second["profiles"]], key=lambda one: one["since"] or LATEST)
    return {name: second[name] if value is None else value for name, value in first.items()} | {
        "profiles": _once(profiles, "name"),
        "affiliations": institutions([*first["affiliations"], *second["affiliations"]]),
        "links": _once([*first["links"], *second["links"]], "url"),
        "changed": sorted([*first["changed"], *second["changed"]], key=lambda one: one["when"]),
        "kept": list(dict.fromkeys([*first["kept"], *second["kept"]])),
        "why": sorted([*first["why"], *second["why"]], key=lambda one: one["when"]),
        "undone": None if first["why"] or second["why"] else first["undone"] or second["undone"],
    }


def _once(things: Sequence[Json], name: str) -> list[Json]:
    """Return the first of those that have the same value there."""
    return list({one[name]: one for one in reversed(things)}.values())[::-1]


def _field(name: str) -> str:
    """Return a property's name as Zotero has it: links are an item's children there."""
    return "children" if name == "links" else name


def known(asked: Asked, config: Config, ports: Ports) -> Json:
    """Return score and code of syncd's items: a page of all, or with `changed` those that changed since.

    "next" is what the following page is since; "until" is what the next question has as `changed`.
    """
    libraries = _libraries(asked, config)
    if changed := asked.query.get("changed"):
        return _changed(changed, libraries, ports)
    # What changes between two pages is in neither for sure: all of them go on from before the first.
    since, _, begun = asked.query.get("since", "").partition(PAGE_MARK)
    moments: list[str] = []
    told: list[dict[str, Told]] = []
    for library in libraries:
        with remembered(library, ports.data, ports.clock) as state:
            moments.append(state.facts.moment())
            told.append(state.facts.after(since, PAGE))
    until = begun or WAY_MARK.join(moments)
    page = sorted(set().union(*told))[:PAGE]
    return {
        "items": {key: _columns(key, told) for key in page},
        "gone": [],
        "next": f"{page[-1]}{PAGE_MARK}{until}" if len(page) == PAGE else None,
        "until": until,
    }


def _changed(token: str, libraries: Sequence[Library], ports: Ports) -> Json:
    """Return score and code of the items that changed since an answer whose "until" was this.

    Raises:
        RefusedError: the state, or the ways to the library, are others than those of that answer.
    """
    begun = token.split(WAY_MARK)
    moments: list[str] = []
    keys: set[str] = set()
    with ExitStack() as stack:
        states = [stack.enter_context(remembered(one, ports.data, ports.clock)) for one in libraries]
        numbers = [state.facts.number_of(one) for state, one in zip(states, begun, strict=False)]
        if len(begun) != len(states) or None in numbers:
            raise RefusedError(HTTPStatus.GONE, message("changes-not-known"), hint=message("ask-for-all"))
        for state, number in zip(states, numbers, strict=True):
            moments.append(state.facts.moment())
            keys |= state.facts.changed_after(number or 0)
        told = [state.facts.there(keys) for state in states]
    there = set().union(*told)
    return {
        "items": {key: _columns(key, told) for key in sorted(there)},
        "gone": sorted(keys - there),
        "next": None,
        "until": WAY_MARK.join(moments),
    }


def _columns(key: str, ways: Sequence[Mapping[str, Told]]) -> Json:
    """Return what the columns show of an item; of what several ways to its library tell, the first has the word."""
    told = [way[key] for way in ways if key in way]
    return {
        name: next((value for one in told if (value := getattr(one, name)) is not None), None)
        for name in ("score", "code")
    }


def profiles(asked: Asked, config: Config, ports: Ports, live: Json) -> list[Json]:
    """Return the profiles of a library; those that were pushed last come first.

    A profile that went another way to the same library before stands there twice, with one collection.
    """
    found = []
    for library in _libraries(asked, config):
        rows = shelf(library, config, ports.data, ports.clock, live, 0).rows
        with remembered(library, ports.data, ports.clock) as state:
            collections = state.collections(row.pushed.collection for row in rows if row.pushed)
            found += [_profile(row, collections) for row in rows]
    return sorted(found, key=lambda profile: profile["last"] or "", reverse=True)


def _profile(row: Row, collections: Mapping[str, str]) -> Json:
    told = _troubled(row.to_json())
    return {
        "name": row.name,
        "author": told["author"],
        "collection": collections.get(told["collection"] or ""),
        "last": row.last_success,
        "next": told["next"],
        "trouble": told["trouble"],
    }


def figures(asked: Asked, config: Config, ports: Ports) -> Json:
    """Return the figures of a profile, drawn, with their titles in the language that is asked for.

    Raises:
        RefusedError: it was never pushed to this library.
    """
    name = asked.query.get("profile", "")
    pushed: list[tuple[FollowedProfile, Library]] = []
    for library in _libraries(asked, config):
        with remembered(library, ports.data, ports.clock) as state:
            pushed += [(one, library) for one in state.profiles.pushed([name])]
    if not pushed:
        raise RefusedError(HTTPStatus.NOT_FOUND, message("no-profile-of-that-name", profile=repr(name)))
    profile, library = max(pushed, key=lambda one: one[0].pushed)
    titles = strings(language_of(asked.query.get("language", ""))).titles()
    with remembered(library, ports.data, ports.clock) as state:
        drawn = figures_of(state, name, profile.author, titles)
    return {"figures": [{"name": figure.name, "svg": svg(figure, small=True)} for figure in drawn]}


def reviews(config: Config, ports: Ports) -> list[Json]:
    """Return what waits for a decision in all libraries, as `syncd review --json` has it."""
    waiting = []
    for library in config.libraries.values():
        with remembered(library, ports.data, ports.clock) as state:
            waiting += [
                {
                    "paper": standing.paper,
                    "record": dict(standing.record),
                    "candidates": [with_said(dict(one), "reasons") for one in standing.candidates],
                    "library": library.name,
                }
                for standing in state.standings.of("review")
            ]
    return waiting


def _libraries(asked: Asked, config: Config) -> list[Library]:
    user = asked.query.get("user")
    number = int(user) if user and user.isascii() and user.isdecimal() and len(user) <= MOST_DIGITS else user
    return libraries_of(asked.query.get("library"), number, config)


def undoing(done: Undoing) -> Json:
    """Return what an undo did, or would do.

    Papers are counted by what becomes of them; the first of them have their titles, and what is left has the reason.
    """
    return {
        "run": done.run.name,
        "kind": done.run.kind,
        "started": done.run.started,
        "undone": len(done.notes),
        "trashed": done.trashed,
        "reverted": done.reverted,
        "papers": [{"title": note.title, "kind": note.kind} for note in done.notes[:MOST_NAMED]],
        "left": [with_said(asdict(one), "reason") for one in done.left],
        "failed": [with_said(asdict(one), "reason") for one in done.failed],
    }
