"""What the daemon tells over HTTP of items, profiles and reviews: read from syncd's own records, nothing else."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from syncd.daemon.overview import shelf
from syncd.session import DESKTOP, EMBEDDED, remembered

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from syncd.config import Config, Library
    from syncd.daemon.overview import Row
    from syncd.facts import Told
    from syncd.history import Note
    from syncd.session import Ports
    from syncd.state import State
    from syncd.undo import Undoing

Json = dict[str, Any]
# How Zotero itself calls the library of its user, whatever their number.
OWN = "users/0"
MOST_KEYS = 500
PAGE = 1000


class RefusedError(Exception):
    """A request that is not answered.

    Attributes:
        status: of the answer.
        hint: what to do; may be empty.
        headers: that the answer needs.
    """

    def __init__(
        self, status: HTTPStatus, message: str, *, hint: str = "", headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.hint = hint
        self.headers = headers or {}


@dataclass(frozen=True, slots=True)
class Asked:
    """What belongs to a request.

    Attributes:
        query: of its address.
        body: what was sent.
    """

    query: Mapping[str, str]
    body: Mapping[str, Any]


def library_of(prefix: str, config: Config) -> Library:
    """Return the library that Zotero calls so.

    Args:
        prefix: such as "groups/12"; "users/0" is the user's own, on the desktop or on zotero.org.
        config: the settings.

    Raises:
        RefusedError: none is followed there.
    """
    outside = [library for library in config.libraries.values() if library.type != EMBEDDED]
    found = [library for library in outside if library.prefix == prefix]
    if not found and prefix == OWN:
        found = [library for library in outside if library.type in {DESKTOP, "user"}]
    if not found:
        raise RefusedError(HTTPStatus.NOT_FOUND, f"syncd keeps no library {prefix!r}")
    # The desktop's comes first: its keys are those that Zotero asks about.
    return min(found, key=lambda library: library.type != DESKTOP)


def status(config: Config, ports: Ports, live: Json) -> Json:
    """Return what `syncd status --json` tells, of all libraries."""
    shelves = [shelf(library, config, ports, live) for library in config.libraries.values()]
    return {
        "libraries": [one.to_json() for one in shelves],
        "daemon": {name: live[name] for name in ("pid", "version", "since", "paused")},
        "reviews": sum(standing.cause == "review" for one in shelves for standing in one.standings),
        "dashboard": None,
    }


def items(asked: Asked, config: Config, ports: Ports) -> Json:
    """Return what is known of items; the unknown are left out."""
    keys = [key for key in asked.query.get("keys", "").split(",") if key]
    if len(keys) > MOST_KEYS:
        raise RefusedError(HTTPStatus.BAD_REQUEST, f"more than {MOST_KEYS} keys")
    with remembered(_library(asked, config), ports) as state:
        told = state.facts.about(keys)
        history = state.history.of_items(told)
        authors = {profile.name: profile.author for profile in state.profiles()}
        kept = {s.key: s.detail.split(", ") for s in state.standings() if s.cause == "kept" and s.key in told}
    return {
        "items": {
            key: _item(one, history.get(key, []), authors) | {"kept": kept.get(key, [])}
            for key, one in told.items()
        }
    }


def _item(told: Told, history: Sequence[tuple[str, str, Note]], authors: Mapping[str, str]) -> Json:
    changed = [
        {"when": when, "fields": [_field(name) for name in note.changes], "run": run}
        for run, when, note in history
        if note.changes and note.kind != "create"
    ]
    came = [note.reason for _, _, note in history if note.kind in {"create", "adopt"}]
    return {
        "profiles": [
            {"name": name, "author": authors.get(name, name), "since": since or None}
            for name, since in told.profiles.items()
        ],
        "score": told.score,
        "affiliations": list(told.affiliations),
        "links": [{"url": url, "kind": kind} for url, kind in told.links.items()],
        "code": told.code,
        "reason": came[0] if came else None,
        "changed": changed,
    }


def _field(name: str) -> str:
    """Return a property's name as Zotero has it: links are an item's children there."""
    return "children" if name == "links" else name


def known(asked: Asked, config: Config, ports: Ports) -> Json:
    """Return score and code of syncd's items, a page of them; "next" is what the following page is since."""
    with remembered(_library(asked, config), ports) as state:
        told = state.facts.after(asked.query.get("since", ""), PAGE)
    return {
        "items": {key: {"score": one.score, "code": one.code} for key, one in told.items()},
        "next": max(told) if len(told) == PAGE else None,
        "until": ports.clock.now().isoformat(timespec="seconds"),
    }


def profiles(asked: Asked, config: Config, ports: Ports, live: Json) -> list[Json]:
    """Return the profiles of a library with their figures."""
    library = _library(asked, config)
    rows = shelf(library, config, ports, live).rows
    with remembered(library, ports) as state:
        collections = state.collections()
        return [_profile(row, state, collections) for row in rows]


def _profile(row: Row, state: State, collections: Mapping[str, str]) -> Json:
    told = row.to_json()
    return {
        "name": row.name,
        "author": told["author"],
        "collection": collections.get(told["collection"] or ""),
        "figures": state.facts.figures(row.name),
        "years": {str(year): number for year, number in state.facts.years(row.name).items()},
        "last": row.last_success,
        "next": told["next"],
        "trouble": told["trouble"],
    }


def reviews(config: Config, ports: Ports) -> list[Json]:
    """Return what waits for a decision in all libraries, as `syncd review --json` has it."""
    waiting = []
    for library in config.libraries.values():
        with remembered(library, ports) as state:
            waiting += [
                {
                    "paper": standing.paper,
                    "record": dict(standing.record),
                    "candidates": list(standing.candidates),
                    "library": library.name,
                }
                for standing in state.standings()
                if standing.cause == "review"
            ]
    return waiting


def undoing(done: Undoing) -> Json:
    """Return what an undo did, or would do: papers by what becomes of them, and what it leaves with the reason."""
    return {
        "run": done.run.name,
        "kind": done.run.kind,
        "started": done.run.started,
        "undone": len(done.notes),
        "trashed": done.trashed,
        "reverted": done.reverted,
        "left": [asdict(one) for one in done.left],
        "failed": [asdict(one) for one in done.failed],
    }


def _library(asked: Asked, config: Config) -> Library:
    prefix = asked.query.get("library")
    if prefix is None:
        raise RefusedError(HTTPStatus.BAD_REQUEST, "the library is not named")
    return library_of(prefix, config)
