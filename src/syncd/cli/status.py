"""`syncd status`: whom syncd follows, how that goes, what comes next, and what waits for the user.

It reads syncd's own records, and asks the daemon where one runs. It asks no library, so that it works offline.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any

import typer

from syncd.cli.console import (
    ConfigOption,
    JsonOption,
    LibraryOption,
    configuration,
    ports,
    said_plainly,
    stdout,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rich.console import Console

    from syncd.config import Config, Library
    from syncd.session import Ports
    from syncd.state import FollowedProfile, Standing, Trouble

Json = dict[str, Any]

# What is shown of papers, in this order: the word for each cause.
HEADINGS = {
    "kept": "kept yours",
    "waiting": "waiting",
    "review": "to review",
    "failed": "failed",
    "refused": "refused by the server",
    "paused": "paused",
    "deleted": "deleted or trashed by you",
    "not adopted": "not adopted",
}
# Of these only the number is shown: nothing waits for the user there.
QUIET = frozenset({"deleted", "paused", "not adopted"})
STEPS = ((86400.0, "d"), (3600.0, "h"), (60.0, "min"))


@dataclass(frozen=True, slots=True)
class Row:
    """A profile, with all that is to be known of it.

    Attributes:
        name: in the configuration; of what was pushed without one, its collection.
        source: where its page is.
        pushed: as it was last pushed; None if it never was.
        trouble: what keeps it from being pushed.
        resting: the user let it rest.
        live: what the daemon says of it; empty without one.
    """

    name: str
    source: str
    pushed: FollowedProfile | None
    trouble: Trouble | None
    resting: bool
    live: Mapping[str, Any] = field(default_factory=dict)

    @property
    def last_success(self) -> str | None:
        """ISO time at which all of it was last done."""
        return (self.pushed and self.pushed.pushed) or None

    def to_json(self) -> Json:
        """Return what scripts rely on."""
        pushed, trouble = self.pushed, self.trouble
        return {
            "name": self.name,
            "author": pushed.author if pushed else None,
            "source": pushed.origin if pushed else self.source,
            "papers": pushed.papers if pushed else None,
            "collection": pushed.collection if pushed else None,
            "paused": (pushed.paused or None) if pushed else None,
            "paused_by_you": self.resting,
            "last_push": self.last_success,
            "last_success": self.last_success,
            "next": self.live.get("next"),
            "running": self.live.get("running"),
            "trouble": {
                "since": trouble.since,
                "last": trouble.last,
                "count": trouble.count,
                "message": trouble.message,
                "hint": trouble.hint,
                "again": self.live.get("again"),
            }
            if trouble
            else None,
        }


@dataclass(frozen=True, slots=True)
class Shelf:
    """A library with its profiles, and what is to be known of papers."""

    library: str
    rows: Sequence[Row]
    standings: Sequence[Standing]

    def to_json(self) -> Json:
        """Return what scripts rely on."""
        return {
            "library": self.library,
            "profiles": [row.to_json() for row in self.rows],
            "papers": [
                {
                    "cause": standing.cause,
                    "title": standing.title,
                    "paper": standing.paper,
                    "key": standing.key,
                    "detail": standing.detail,
                }
                for standing in self.standings
            ],
        }


def status(config: ConfigOption = None, library: LibraryOption = None, as_json: JsonOption = False) -> None:
    """Show what syncd follows, how that goes, and what waits for you."""
    with said_plainly():
        from syncd.daemon.control import ask  # noqa: PLC0415 - imported where it is used

        settings, world = configuration(config), ports()
        live = ask(world.data.control, "status")
        chosen = [settings.library(library)] if library else list(settings.libraries.values())
        shelves = [_shelf(one, settings, world, live) for one in chosen]
        if as_json:
            typer.echo(json.dumps(_to_json(shelves, live), ensure_ascii=False, indent=1))
            return
        out = stdout()
        for shelf in shelves:
            _show(shelf, out, world.clock.now())
        _show_daemon(live, out)


def _shelf(library: Library, settings: Config, world: Ports, live: Json | None) -> Shelf:
    from syncd.daemon.rest import ALL, Resting  # noqa: PLC0415 - heavy
    from syncd.session import remembered  # noqa: PLC0415

    with remembered(library, world) as state, Resting(world.data, world.clock) as resting:
        pushed = {profile.name: profile for profile in state.profiles()}
        troubles = {trouble.name: trouble for trouble in state.troubles()}
        paused, standings = resting.paused(), state.standings()
    followed = {
        name: profile.source
        for name, profile in settings.profiles.items()
        if settings.library(profile.library).name == library.name
    }
    told = {row["name"]: row for row in live["profiles"]} if live else {}
    # A folder of pages is one profile in the configuration and several here; what is pushed by hand is in none.
    names = [name for name in followed if name in pushed or not _parts(name, pushed)]
    rows = [
        Row(
            name,
            followed.get(name, ""),
            pushed.get(name),
            troubles.get(name),
            bool(paused & {name, ALL}) and name in followed,
            told.get(name, {}),
        )
        for name in [*names, *(other for other in pushed if other not in followed)]
    ]
    return Shelf(library.name, rows, standings)


def _parts(name: str, pushed: Iterable[str]) -> list[str]:
    return [other for other in pushed if other.startswith(f"{name}: ")]


def _to_json(shelves: Sequence[Shelf], live: Json | None) -> Json:
    daemon = {key: live[key] for key in ("pid", "version", "since", "paused")} if live else None
    whole = shelves[0].to_json() if len(shelves) == 1 else {"libraries": [s.to_json() for s in shelves]}
    return {**whole, "daemon": daemon}


def _show(shelf: Shelf, out: Console, now: datetime) -> None:
    from rich.markup import escape  # noqa: PLC0415 - `--help` does without
    from rich.table import Table  # noqa: PLC0415

    if not shelf.rows:
        out.print(f"[bold]{escape(shelf.library)}[/]: nothing was pushed yet. Begin with: syncd push")
        return
    exact = not out.is_terminal
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("profile", "papers", "last success", "next", "state"):
        table.add_column(name, overflow="fold", no_wrap=name in {"last success", "next"})
    for row in shelf.rows:
        papers = str(row.pushed.papers) if row.pushed else "-"
        last, following = (
            _when(row.last_success, now, exact=exact),
            _when(row.live.get("next"), now, exact=exact),
        )
        table.add_row(escape(row.name), papers, last or "never", following or "-", _state(row, now))
    out.print(f"[bold]{escape(shelf.library)}[/]")
    out.print(table)
    _show_papers(shelf.standings, out)
    for row in shelf.rows:
        if row.trouble and row.trouble.hint:
            out.print(f"\n{escape(row.name)}: {escape(row.trouble.hint)}", soft_wrap=True)
        if row.pushed and row.pushed.paused:
            words = f"To start a fresh collection: syncd resume {row.name!r} --new-collection"
            out.print(f"\n{escape(words)}", soft_wrap=True)
    if any(standing.cause == "review" for standing in shelf.standings):
        out.print("\nTo decide about possible duplicates: syncd review")
    out.print()


def _state(row: Row, now: datetime) -> str:
    """Return how a profile is, in colour and in few words."""
    from rich.markup import escape  # noqa: PLC0415 - `--help` does without

    if row.live.get("running"):
        return f"[cyan]at work: {escape(row.live['running'])}[/]"
    if row.trouble:
        since = _length(now - datetime.fromisoformat(row.trouble.since))
        again = _when(row.live.get("again"), now)
        words = f"failing for {since}: {row.trouble.message}" + (f" (again {again})" if again else "")
        return f"[red]{escape(words)}[/]"
    if row.pushed and row.pushed.paused:
        return f"[yellow]paused: {escape(row.pushed.paused)}[/]"
    if row.resting:
        return "[yellow]paused by you; syncd resume lets it go on[/]"
    return "[green]ok[/]" if row.pushed else "[dim]not pushed yet[/]"


def _show_papers(standings: Sequence[Standing], out: Console) -> None:
    from rich.markup import escape  # noqa: PLC0415 - `--help` does without

    grouped = {cause: list(group) for cause, group in groupby(standings, key=lambda s: s.cause)}
    for cause, heading in HEADINGS.items():
        if not (group := grouped.get(cause)):
            continue
        out.print(f"\n[bold]{heading}[/]: {len(group)}")
        for standing in [] if cause in QUIET else group:
            out.print(
                f"  {standing.key or standing.paper}  {escape(standing.title)}: {escape(standing.detail)}"
            )


def _show_daemon(live: Json | None, out: Console) -> None:
    if live is None:
        out.print("No daemon runs; syncd run keeps the libraries up to date by itself.", style="dim")
        return
    since = datetime.fromisoformat(live["since"]).astimezone()
    out.print(f"The daemon (process {live['pid']}) runs since {since:%Y-%m-%d %H:%M}.", style="dim")
    if "" in live["paused"]:
        out.print("Everything rests; syncd resume lets it go on.", style="yellow")


def _when(iso: str | None, now: datetime, *, exact: bool = False) -> str:
    """Return a time as people say it: "2 h ago", "in 5 min"; or exactly, in UTC."""
    if not iso:
        return ""
    moment = datetime.fromisoformat(iso)
    if exact:
        return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"
    if moment <= now:
        return f"{_length(now - moment)} ago"
    return f"in {_length(moment - now)}"


def _length(length: timedelta) -> str:
    """Return a length of time in its largest unit.

    >>> [_length(timedelta(seconds=s)) for s in (5, 300, 7200, 200000)]
    ['a moment', '5 min', '2 h', '2 d']
    """
    seconds = max(0.0, length.total_seconds())
    for size, unit in STEPS:
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return "a moment"
