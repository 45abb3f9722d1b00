"""`syncd status` and `syncd log`: how things stand, and what each run did and why.

They read syncd's own records, and ask the daemon where one runs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby, takewhile
from shlex import quote
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from syncd import __version__
from syncd.cli import output
from syncd.cli.console import (
    ConfigOption,
    JsonOption,
    LibraryOption,
    configuration,
    escape,
    own_data,
    said_plainly,
    show_json,
    stdout,
    tell,
)
from syncd.cli.output import Column, before_and_after, counted, named, reasons, some, uncoded, with_the_rest
from syncd.clock import SystemClock, local
from syncd.config import Config
from syncd.config.values import write_duration
from syncd.daemon.ask import ask
from syncd.engine.gather import keyless
from syncd.engine.status import Row, Shelf, shelf
from syncd.errors import ConfigError, SyncdError
from syncd.figures import recent, spark
from syncd.messages import chained, message
from syncd.paths import DataFolder
from syncd.sources.pace import Budget
from syncd.state import budgets
from syncd.state.history import History, Note, Run
from syncd.state.libraries import remembered
from syncd.state.profiles import FollowedProfile
from syncd.state.standings import Standing
from syncd.text.plain import json_of, on_one_line

Json = dict[str, Any]

# What is shown of papers, in this order: the word for each cause.
HEADINGS = {
    "failed": "failed",
    "refused": "refused by the server",
    "review": "to review",
    "kept": "kept as you changed them",
    "waiting": "waiting",
    "paused": "paused",
    "restored": "coming back with the next push",
    "deleted": "deleted or trashed by you",
    "undone": "in the trash since you undid their run or rejected them",
    "rejected": "not by whom a source says",
    "not adopted": "not adopted",
}
# Of these only the number is shown: nothing waits for the user there.
QUIET = frozenset({"paused", "not adopted"})
# So many profiles are shown, and so many papers of each cause, before the rest is summed up.
MOST_ROWS = 30
MOST_PAPERS = 30
# So many years are shown of the papers of a profile.
MOST_YEARS = 10
# Of what many share, no more names than these are shown.
MOST_NAMES = 10
# Characters of a value that are shown.
WIDTH = 60
# How much of what two values have in common is shown before they differ.
LEAD = 20
# Columns by which a line that goes on below itself is set in.
HANG = 2
MINUTE = timedelta(minutes=1)
# The rank of a profile that is well.
WELL = 9
# What is said of the rest, by rank; what it is about is said of each that is shown.
SUMS = {
    0: f"[red]{message('have-troubles')}[/]",
    1: f"[yellow]{message('are-paused')}[/]",
    2: f"[cyan]{message('are-at-work')}[/]",
    3: f"[dim]{message('not-pushed-yet')}[/]",
    4: f"[yellow]{message('paused-by-you')}[/]",
    WELL: "[green]ok[/]",
}
STEPS = ((86400.0, "d"), (3600.0, "h"), (60.0, "min"))


def status(config: ConfigOption = None, library: LibraryOption = None, as_json: JsonOption = False) -> None:
    """Show what syncd follows, how that goes, and what waits for you."""
    with said_plainly():
        settings, clock = configuration(config), SystemClock()
        data = own_data(settings)
        live = ask(data.control, "status")
        chosen = [settings.library(library)] if library else list(settings.libraries.values())
        fleet = _fleet(data)
        most = None if as_json else MOST_PAPERS
        shelves = [shelf(one, settings, data, clock, live or fleet, most) for one in chosen]
        said = budgets.known(data, clock.now())
        lists = _unwritten(settings, data)
        if as_json:
            told = [{"file": file, "message": words, "mend": mend or None} for file, words, mend in lists]
            show_json(_to_json(shelves, live, fleet, said) | {"outputs": told})
            return
        out = stdout()
        shown = () if settings.is_a_workers else zip(shelves, chosen, strict=True)
        for filled, one in shown:
            first, rest = _by_rank(filled.rows)
            with remembered(one, data, clock) as state:
                years = state.facts.years(*(row.name for row in first))
            _show(filled, (first, rest), years, out, clock.now(), followed=bool(settings.profiles))
        if number := keyless(settings):
            words = f"{message('openalex-key-wanted', count=number)}\n{message('get-openalex-key')}"
            out.print(words, style="yellow", highlight=False, markup=False, soft_wrap=True)
        _show_budgets(said, out)
        for _, words, mend in lists:
            out.print(f"[yellow]{escape(words)}[/]{escape(f'  → {mend}') if mend else ''}", soft_wrap=True)
        if fleet is not None:
            _show_fleet(fleet, out, clock.now())
        if live is not None or fleet is None:
            _show_daemon(live, out)


def _unwritten(settings: Config, data: DataFolder) -> list[tuple[str, str, str]]:
    """Return which lists of the configuration syncd can't write or does not: file, why, what mends it."""
    if not settings.outputs:
        return []
    from syncd.doctor.lists import hindrance, kept_because  # noqa: PLC0415 - few have lists
    from syncd.lists.outputs import FORCE  # noqa: PLC0415 - likewise

    found = []
    for one in settings.outputs:
        if hindered := hindrance(one, settings, data):
            found.append((one.file, *hindered))
        elif words := kept_because(one, data):
            found.append((one.file, words, FORCE))
    return found


def _fleet(data: DataFolder) -> Json | None:
    """Return what is to be known of the workers; None where there is no fleet."""
    if not data.database:
        return None
    from syncd.fleet.overview import overview  # noqa: PLC0415 - it needs what is not installed everywhere

    return overview(data)


def _to_json(shelves: Sequence[Shelf], live: Json | None, fleet: Json | None, said: Sequence[Budget]) -> Json:
    daemon: Json | None = None
    if live is not None:
        # A daemon of an older version has no http to tell of.
        http = live.get("http") and uncoded(live["http"])
        daemon = {name: live[name] for name in ("pid", "version", "since", "paused")} | {"http": http}
        daemon["budgets"] = live.get("budgets", [])
    whole = shelves[0].to_json() if len(shelves) == 1 else {"libraries": [s.to_json() for s in shelves]}
    parts = ("scheduler", "workers", "queue", "lacking")
    workers = {"fleet": {name: fleet[name] for name in parts}} if fleet else {}
    return {**whole, **workers, "budgets": [budget.to_json() for budget in said], "daemon": daemon}


def _show(
    shelf: Shelf,
    ranked: tuple[Sequence[Row], Sequence[Row]],
    years: Mapping[str, Mapping[int, int]],
    out: Console,
    now: datetime,
    *,
    followed: bool,
) -> None:
    if not shelf.rows:
        begin = "syncd push" if followed else "syncd init"
        words = message("nothing-pushed-yet", command=begin)
        out.print(f"[bold]{escape(shelf.library)}[/]: {words}", soft_wrap=True)
        return
    rows = list(_rows(ranked, years, now, exact=not out.is_terminal))
    out.print(f"[bold]{escape(shelf.library)}[/]", soft_wrap=True)
    columns = (
        Column("profile", 2),
        Column("papers"),
        Column("by year"),
        Column("last success"),
        Column("next"),
        Column("state", 3),
    )
    output.show(out, columns, rows)
    _show_papers(shelf, out)
    _show_hints(shelf.rows, out)
    for row in shelf.rows:
        if row.pushed and row.pushed.paused:
            tell("\n" + message("fresh-collection", profile=quote(row.name)))
    if any(cause == "review" for cause, _ in shelf.numbers):
        tell("\n" + message("decide-waiting"))
    out.print()


def _rows(
    ranked: tuple[Sequence[Row], Sequence[Row]],
    years: Mapping[str, Mapping[int, int]],
    now: datetime,
    *,
    exact: bool,
) -> Iterator[tuple[str, ...]]:
    """Yield what is shown of the profiles, a row each; of many, the rest that is well in one."""
    first, rest = ranked
    for row in first:
        last, following = (
            _when(row.last_success, now, exact=exact),
            None if row.resting else _when(row.live.get("next"), now, exact=exact),
        )
        course = spark([number for _, number in recent(years[row.name], MOST_YEARS)])
        about = (escape(row.name), _papers(row.pushed), course or "-")
        yield *about, last or "never", following or "-", _state(row, now)
    for rank, group in groupby(rest, key=_rank):
        alike = list(group)
        papers = sum(row.pushed.papers for row in alike if row.pushed)
        last_success = max((row.last_success for row in alike if row.last_success), default=None)
        times = [row.live["next"] for row in alike if row.live.get("next") and not row.resting]
        last, following = (_when(time, now, exact=exact) for time in (last_success, min(times, default=None)))
        well = rank == WELL
        words = message("others-are-well", count=len(alike)) if well else message("others", count=len(alike))
        about = (f"[dim]{words}[/]", str(papers), "-")
        yield *about, last or "-", following or "-", SUMS.get(rank, SUMS[WELL])


def _show_hints(rows: Sequence[Row], out: Console) -> None:
    hints: dict[str, list[str]] = {}
    for row in rows:
        if row.problem and row.problem.hint:
            hints.setdefault(row.problem.hint, []).append(row.name)
        if row.pushed and row.pushed.is_partial:
            partial = with_the_rest(message("source-lists-part"), row.pushed.author, row.pushed.origin)
            hints.setdefault(partial, []).append(row.name)
    for hint, names in hints.items():
        out.print(f"\n{escape(some(names))}: {escape(hint)}", soft_wrap=True)


def _by_rank(rows: Sequence[Row]) -> tuple[Sequence[Row], Sequence[Row]]:
    """Return the profiles to show, those with troubles first; and the rest, if there are too many."""
    ranks = {row.name: _rank(row) for row in rows}
    ranked = sorted(rows, key=lambda row: ranks[row.name])
    if len(ranked) <= MOST_ROWS:
        return ranked, ()
    worth = min(MOST_ROWS, max(MOST_ROWS // 2, sum(rank < WELL for rank in ranks.values())))
    return ranked[:worth], ranked[worth:]


def _rank(row: Row) -> int:
    """Return how much a profile matters: a smaller number matters more."""
    ranks = (
        row.problem,
        row.pushed and row.pushed.paused,
        row.live.get("running"),
        row.pushed is None and not row.resting,
        row.resting,
    )
    return next((rank for rank, matters in enumerate(ranks) if matters), WELL)


def _papers(pushed: FollowedProfile | None) -> str:
    if pushed is None:
        return "-"
    return f"{pushed.papers} of {pushed.listed}" if pushed.is_partial else str(pushed.papers)


def _state(row: Row, now: datetime) -> str:
    """Return how a profile is, in colour and in few words."""
    if row.live.get("running"):
        return f"[cyan]at work: {escape(row.live['running'])}[/]"
    if row.problem:
        length = now - datetime.fromisoformat(row.problem.since)
        words = message("failed-a-moment-ago", reason=row.problem.message)
        if length >= MINUTE:
            words = message("failing-for", length=_length(length), reason=row.problem.message)
        if again := _when(row.live.get("again"), now):
            words = message("with-next-try", words=words, when=again)
        return f"[red]{escape(words)}[/]"
    if row.pushed and row.pushed.paused:
        return f"[yellow]paused: {escape(row.pushed.paused)}[/]"
    if row.resting:
        return "[yellow]paused by you; it goes on with: syncd resume[/]"
    if row.pushed and not row.followed:
        return "[dim]ok, not followed (it is not in the configuration)[/]"
    return "[green]ok[/]" if row.pushed else "[dim]not pushed yet[/]"


def _show_papers(shelf: Shelf, out: Console) -> None:
    grouped: dict[str, list[Standing]] = {}
    for standing in shelf.standings:
        grouped.setdefault(_heading(standing.cause, standing.by), []).append(standing)
    counts: Counter[str] = Counter()
    for (cause, by), number in shelf.numbers.items():
        counts[_heading(cause, by)] += number
    for cause, heading in HEADINGS.items():
        if not (number := counts[cause]):
            continue
        group = grouped.get(cause, [])
        out.print(f"\n[bold]{heading}[/]: {number}")
        for standing in [] if cause in QUIET else group[:MOST_PAPERS]:
            detail = named(standing.values) if cause == "kept" and standing.values else standing.detail
            _line(out, f"  {standing.key or standing.paper}  {standing.title}: {detail}")
            for name, (yours, source) in standing.values.items():
                ours, theirs = _beside(yours, source)
                said = message("yours-and-sources", field=named([name]), yours=ours, source=theirs)
                _line(out, f"    {said}")
        if cause not in QUIET and number > MOST_PAPERS:
            _line(out, f"  {message('more-with-json', count=number - MOST_PAPERS)}")


def _line(out: Console, words: str) -> None:
    """Print a line that goes on below its words, not at the margin, where a terminal is too narrow for it."""
    text = on_one_line(words.lstrip())
    indent = len(words) - len(words.lstrip())
    # In a pipe the console is as wide as any line.
    for number, line in enumerate(Text(text).wrap(out, max(out.width - indent - HANG, 1))):
        line.rstrip()
        out.print(Text(" " * (indent + (HANG if number else 0))) + line, soft_wrap=True)


def _heading(cause: str, by: str) -> str:
    return "undone" if (cause, by) == ("deleted", "syncd") else cause


def _beside(yours: Any, source: Any) -> tuple[str, str]:
    """Return two values of a property on one line each and not too long, from a little before they differ.

    >>> _beside("My own words.", ""), _beside([{"firstName": "Ann", "lastName": "Lee"}], [{"name": "Bo"}])
    (('"My own words."', 'blank'), ('"Ann Lee"', '"Bo"'))
    >>> _beside("a" * 90 + " one", "a" * 90 + " two")[0].endswith('aaa one"')
    True
    """
    texts = [_plain(yours), _plain(source)]
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(*texts, strict=False)))
    start = max(0, same - LEAD) if max(map(len, texts)) > WIDTH and same > LEAD else 0
    ours, theirs = (("…" if start else "") + text[start:] if text else "" for text in texts)
    return _short(ours), _short(theirs)


def _short(text: str) -> str:
    return f'"{text if len(text) <= WIDTH else text[: WIDTH - 1] + "…"}"' if text else "blank"


def _plain(value: Any) -> str:
    """Return a property's value on one line."""
    if isinstance(value, list):
        parts = (
            [part.get(name, "") for name in ("tag", "name", "firstName", "lastName")]
            if isinstance(part, dict)
            else [str(part)]
            for part in value
        )
        value = "; ".join(" ".join(word for word in words if word) for words in parts)
    return " ".join(str(value).split())


def _show_fleet(fleet: Json, out: Console, now: datetime) -> None:
    """Show who works, what waits in the queue, and what nobody can do."""

    def show(words: str, style: str = "dim") -> None:
        out.print(words, style=style, highlight=False, markup=False, soft_wrap=True)

    queue, workers = fleet["queue"], fleet["workers"]
    words = message("queue-holds", waiting=queue["waiting"], running=queue["running"])
    if queue["oldest"]:
        words = message("queue-since", words=words, since=_when(queue["oldest"], now))
    show(words)
    if fleet["scheduler"]:
        show(message("scheduler-is", scheduler=fleet["scheduler"]))
    else:
        show(message("scheduler-away") if fleet["scheduled"] else message("no-scheduler"), "yellow")
    if not any(worker["alive"] for worker in workers):
        show(message("no-worker"), "yellow")
    for worker in workers[:MOST_ROWS]:
        since, seen = local(worker["since"]), _when(worker["seen"], now)
        words = message("worker-is", worker=worker["name"], since=since, seen=seen)
        words = message("at", place=words, words=chained(worker["doing"])) if worker["doing"] else words
        show(words, "dim" if worker["alive"] else "yellow")
    if len(workers) > MOST_ROWS:
        show(message("more-with-json", count=len(workers) - MOST_ROWS))
    for lack in fleet["lacking"]:
        what = lack["library"] or lack["queue"]
        if lack["nobody"]:
            words = message("nobody-can", what=what, reason=lack["message"])
            show(words, "yellow")
        else:
            names = ", ".join(lack["workers"][:MOST_NAMES])
            show(message("left-to-others", what=what, workers=names, reason=lack["message"]))


def _show_budgets(said: Sequence[Budget], out: Console) -> None:
    for budget in said:
        words = message("host-budget", host=budget.host, left=budget.left, limit=budget.limit)
        if budget.until:
            words = message("host-budget-until", budget=words, time=local(budget.until))
        out.print(words, style="dim", highlight=False, markup=False)


def _show_daemon(live: Json | None, out: Console) -> None:
    if live is None:
        out.print(message("no-daemon-keeps-up"), style="dim")
        return
    words = message("daemon-runs-since", process=live["pid"], since=local(live["since"]))
    out.print(words, style="dim")
    if live["version"] != __version__:
        words = message("daemon-is-other-syncd", version=live["version"], own=__version__)
        out.print(words, style="yellow", highlight=False)
    http = live.get("http")
    if http and http["trouble"]:
        words = message("programs-unanswered", reason=http["trouble"])
        out.print(f"{words}\n{http['hint']}", style="yellow", highlight=False, markup=False, soft_wrap=True)
    if "" in live["paused"]:
        out.print(message("all-paused-to-go-on"), style="yellow")


def _when(iso: str | None, now: datetime, *, exact: bool = False) -> str:
    """Return a time as people say it: "2 h ago", "in 5 min"; or exactly."""
    if not iso:
        return ""
    moment = datetime.fromisoformat(iso)
    if exact:
        return local(moment)
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


RunName = Annotated[
    str | None,
    typer.Argument(metavar="RUN", help="A run, by any part of its name in syncd log that no other has."),
]
LastOption = Annotated[bool, typer.Option("--last", help="The last run, whatever its name.")]


def log(
    run: RunName = None,
    config: ConfigOption = None,
    library: LibraryOption = None,
    item: Annotated[
        str | None, typer.Option("--item", metavar="KEY", help="Show the history of one item.")
    ] = None,
    most: Annotated[int, typer.Option("-n", metavar="N", min=1, help="How many runs to show.")] = 20,
    last: LastOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show each run, what it did and why."""
    with said_plainly():
        settings = configuration(config)
        with remembered(settings.library(library), own_data(settings), SystemClock()) as state:
            history = state.history
            if item is not None:
                notes = [(name, item, note) for name, note in history.notes_of_item(item)]
                if not notes:
                    raise SyncdError(message("item-unknown", item=item))
                _print_notes(notes, as_json=as_json)
            elif run is not None or last:
                newest = next(iter(history.runs(1)), None)
                meant = chosen(history, run, newest if last else None, settings.history.keep)
                notes = [(meant.name, key, note) for key, note in history.notes(meant.name)]
                _print_notes(notes, as_json=as_json, run=meant)
            else:
                _print_runs(history.runs(most), as_json=as_json, followed=bool(settings.profiles))


def chosen(history: History, words: str | None, last: Run | None, keep: timedelta) -> Run:
    """Return the run that is meant.

    Args:
        history: of the library.
        words: what the user called it.
        last: the run that --last means here; None without this option, or where there is none.
        keep: for how long runs are kept.

    Raises:
        SyncdError: none is meant, or it is not clear which.
    """
    if words is not None and last is not None:
        raise ConfigError([message("run-or-last-not-both")])
    found = history.named(words) if words else [last] if last else []
    if len(found) == 1:
        return found[0]
    if found:
        first = ", ".join(run.name for run in found[:5])
        raise SyncdError(
            message("run-ambiguous", text=repr(words), runs=first),
            hint=message("name-more-of-it"),
        )
    raise SyncdError(
        message("run-not-known", run=repr(words)) if words else message("no-run-yet"),
        hint=message("see-runs-known", keep=write_duration(keep)),
    )


def _print_runs(runs: Sequence[Run], *, as_json: bool, followed: bool) -> None:
    if as_json:
        names = ("kind", "profiles", "started", "finished", "counts", "error")
        show_json([{"run": run.name, **json_of(run, *names)} for run in runs])
        return

    columns = (Column("began"), Column("run"), Column("what"), Column("outcome", 1))
    rows = [(local(run.started), run.name, run.kind, escape(_outcome(run))) for run in runs]
    output.show(stdout(), columns, rows)
    if not runs:
        tell(message("begin-with", command="push" if followed else "init"))


def _outcome(run: Run) -> str:
    """Return what a run did, and how it ended where it did not end well."""
    done, end = counted(run.counts), _early_end(run)
    if run.finished is not None and not done:
        done = message("nothing-was-done")
    return chained([words for words in (done, end) if words])


def _early_end(run: Run) -> str:
    if run.finished is None:
        return message("not-finished")
    return message("ended-early", reason=run.error) if run.error else ""


def _print_notes(notes: Sequence[tuple[str, str, Note]], *, as_json: bool, run: Run | None = None) -> None:
    """Print what was done; of one run, its name stands above, not in each row."""
    if as_json:
        values = [
            {
                "run": run,
                "action": note.kind,
                "key": key,
                **json_of(note, "title", "reason"),
                "changes": before_and_after(note.changes),
            }
            for run, key, note in notes
        ]
        show_json(values)
        return
    out = stdout()
    if run is not None:
        out.print(f"[bold]{run.name}[/]: {run.kind} of {local(run.started)}", soft_wrap=True)
        if not notes:
            # That nothing was done need not be said once more.
            words = _outcome(run) if counted(run.counts) else _early_end(run) or _outcome(run)
            tell(message("changed-nothing", words=words))
    columns = (Column("run"), Column("what"), Column("key"), Column("paper", 3), Column("why", 2))
    rows = [
        (
            name,
            note.kind,
            key,
            escape(note.title),
            escape(reasons(note.kind, note.reason, note.changes)),
        )
        for name, key, note in notes
    ]
    first = 0 if run is None else 1
    output.show(out, columns[first:], [row[first:] for row in rows])
