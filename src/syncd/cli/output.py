"""What people see: tables as wide as the terminal, what a run did and why, a bar while it works; JSON for scripts.

Where a terminal is too narrow for a table, cells stand below each other. Scripts rely on the shape of the JSON: names
may be added, none changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from shlex import quote
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table
from rich.text import Text

from syncd import services
from syncd.cli.console import escape, of_error, of_report, of_reports, say
from syncd.errors import SourceError, SyncdError

if TYPE_CHECKING:
    from syncd.engine.run import Report
    from syncd.sync.action import Action
    from syncd.sync.plan import PlannedProfile

GAP = 2
INDENT = 4


@dataclass(frozen=True, slots=True)
class Column:
    """A column.

    Attributes:
        name: its heading; may be empty.
        share: how much of the room that is left it takes, beside other columns with a share; 0: as wide as what
            stands in it, on one line.
        style: of what stands in it, in the words of rich.
    """

    name: str
    share: int = 0
    style: str = ""


def show(out: Console, columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under headings.

    Args:
        out: where to.
        columns: of each row.
        rows: cells with rich's markup, escaped where it is not meant; a cell may have several lines.
    """
    if not rows:
        return
    if not out.is_terminal:
        _lines(out, columns, rows)
    elif widths := _widths(out.width, columns, rows):
        _table(out, columns, rows, widths)
    else:
        _stacked(out, columns, rows)


def _widths(room: int, columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> list[int] | None:
    """Return how wide each column is, so that no word is broken; None where there is no room for that."""
    texts = [
        [column.name, *(Text.from_markup(row[place]).plain for row in rows)]
        for place, column in enumerate(columns)
    ]
    widest = [_longest(line for text in cells for line in text.splitlines()) for cells in texts]
    widths = [
        _longest(word for text in cells for word in text.split()) if column.share else wide
        for cells, column, wide in zip(texts, columns, widest, strict=True)
    ]
    left = room - sum(widths) - GAP * (len(columns) - 1)
    if left < 0:
        return None
    # A column takes no more than it can use; the others have the more.
    while left and (
        hungry := [p for p, column in enumerate(columns) if column.share and widths[p] < widest[p]]
    ):
        whole, taken = sum(columns[place].share for place in hungry), 0
        for place in hungry:
            more = min(
                max(left * columns[place].share // whole, 1), widest[place] - widths[place], left - taken
            )
            widths[place] += more
            taken += more
        left -= taken
    return widths


def _longest(pieces: Iterable[str]) -> int:
    return max((Text(piece).cell_len for piece in pieces), default=0)


def _table(
    out: Console, columns: Sequence[Column], rows: Sequence[Sequence[str]], widths: Sequence[int]
) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, GAP, 0, 0))
    for column, width in zip(columns, widths, strict=True):
        table.add_column(column.name, width=width, no_wrap=not column.share, style=column.style)
    for row in rows:
        table.add_row(*row)
    out.print(table)


def _stacked(out: Console, columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
    """Print a row's first cell with those that are never broken, each with its heading, and the others below it."""
    for row in rows:
        cells = [
            (Text.from_markup(cell, style=column.style), column)
            for cell, column in zip(row, columns, strict=True)
            if cell not in {"", "-"}
        ]
        (first, _), *others = cells
        beside = [Text(f"{column.name} ") + cell for cell, column in others if not column.share]
        for line in _filled(out.width, [first, *beside]):
            out.print(line)
        for cell in (cell for cell, column in others if column.share):
            out.print(Padding(cell, (0, 0, 0, INDENT)))


def _filled(room: int, cells: Sequence[Text]) -> list[Text]:
    """Return cells as lines of at most `room` columns, the first at the margin; a cell is not torn apart."""
    lines = [cells[0]]
    for cell in cells[1:]:
        if lines[-1].cell_len + GAP + cell.cell_len <= room:
            lines[-1] = Text(" " * GAP).join([lines[-1], cell])
        else:
            lines.append(Text(" " * INDENT) + cell)
    return lines


def _lines(out: Console, columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
    plain = [[" · ".join(Text.from_markup(cell).plain.splitlines()) for cell in row] for row in rows]
    every = [[column.name for column in columns], *plain]
    widths = [max(Text(row[place]).cell_len for row in every) for place in range(len(columns))]
    for row in every:
        cells = (
            f"{cell}{' ' * (width - Text(cell).cell_len)}" for cell, width in zip(row, widths, strict=True)
        )
        out.print("  ".join(cells).rstrip(), markup=False, soft_wrap=True)


# For each kind of action: the word once it is done, the word while it is only planned, the colour.
WORDS = {
    "create": ("created", "create", "green"),
    "update": ("updated", "update", "cyan"),
    "adopt": ("adopted", "adopt", "cyan"),
    "skip": ("skipped", "skip", "dim"),
    "review": ("to review", "review", "yellow"),
    "failed": ("failed", "fails", "red"),
    "unchanged": ("unchanged", "unchanged", "dim"),
}

COLUMNS = (Column("what"), Column("paper", 3), Column("why", 2), Column("key", style="dim"))
FIELDS = {
    "abstractNote": "abstract",
    "archiveID": "arXiv id",
    "conferenceName": "conference",
    "creators": "authors",
    "itemType": "type of item",
    "libraryCatalog": "library catalogue",
    "proceedingsTitle": "proceedings",
    "publicationTitle": "journal",
    "repository": "repository",
    "url": "address",
}
# Notices that are said in another way, or only once.
PARTIAL, OFFLINE = "partial-page", "enricher-offline"


def counted(counts: Mapping[str, int]) -> str:
    """Return what became of papers, as "50 created, 2 to review"; of an undo too, which has words of its own."""
    return ", ".join(
        f"{number} {WORDS[kind][0] if kind in WORDS else kind}" for kind, number in counts.items() if number
    )


def show_report(report: Report, out: Console, err: Console) -> None:
    """Print a run's report: results on `out`, warnings and errors on `err`."""
    away = _offline(report)
    if away:
        say(away)
    for failure in report.sources:
        if not (away and failure.error.unreached):
            say(failure.error)
    for profile in report.plan.profiles if report.plan else ():
        for notice in profile.notices:
            if notice.code == PARTIAL and _was_said(profile, report):
                continue
            if away and notice.code == OFFLINE:
                continue
            words = notice.message
            if notice.code == PARTIAL and profile.listed:
                words += rest_of(profile.author, profile.origin)
            err.print(f"[yellow]warning:[/] {escape(profile.origin)}: {escape(words)}", soft_wrap=True)
    show(out, COLUMNS, list(_rows(report)))
    if report.error is not None:
        say(report.error)
    out.print(_summary(report), soft_wrap=True)


def _was_said(profile: PlannedProfile, report: Report) -> bool:
    """Tell whether an earlier push said the same of a page that lists a part of its papers."""
    before = report.before.get(profile.name)
    return before is not None and (before.papers, before.listed) == (profile.papers, profile.listed)


def rest_of(author: str, origin: str) -> str:
    """Say how the papers are had that a page does not list, as the end of a sentence about that."""
    if services.recognise(origin) is not None:
        return ""
    again = "" if "://" in origin else "open the page, scroll to its end and save it again, or "
    return f". For the rest, {again}follow the author at a service: syncd follow {quote(author)}"


def _offline(report: Report) -> SyncdError | None:
    """Return one error for all that needs the network, where nothing of it was reached."""
    online = [failure for failure in report.sources if isinstance(failure.error, SourceError)]
    away = [failure for failure in online if failure.error.unreached]
    profiles = report.plan.profiles if report.plan else ()
    silent = any(notice.code == OFFLINE for profile in profiles for notice in profile.notices)
    if len(away) < len(online) or len(away) + silent < 2:
        return None
    names = ", ".join(failure.name for failure in away)
    parts = [f"{names} could not be read"] * bool(away) + ["no service could complete papers"] * silent
    return SourceError(
        f"this computer reaches no server: {', and '.join(parts)}",
        origin="",
        transient=True,
        hint="Check the network. What is in the library stays as it is.",
    )


def _rows(report: Report) -> Iterator[tuple[str, str, str, str]]:
    if report.dry_run:
        # What keeps a whole profile is said once, not once for each of its papers.
        paused = Counter(action.reason for action in report.actions if action.cause == "paused")
        for reason, papers in paused.items():
            yield _word("skip", report), f"{papers} paper{'s' * (papers != 1)}", escape(reason), ""
    for action in report.actions:
        if action.cause == "paused" or is_quiet(action, report):
            continue
        failure = report.failures.get(action.paper)
        kind = "failed" if failure else action.kind
        why = failure.message if failure else reasons(kind, action.reason, action.changes)
        if action.kept:
            why += f"; you changed {named(action.kept)}, which stays"
        if action.cause == "review" and action.kind not in {"review", "skip"}:
            why += f"; to review: {', '.join(action.candidates[0].reasons)}"
        elif kind == "unchanged" and not action.kept:
            continue
        yield _word(kind, report), escape(action.title), escape(why), action.key or ""


def reasons(kind: str, reason: str, changes: Iterable[str]) -> str:
    """Return why something was done to a paper, and to what of it."""
    changed = list(changes)
    if not changed or kind == "create":
        return reason
    if kind == "update":
        return f"the source changed {named(changed)}"
    return f"{reason}; syncd filled in {named(changed)}" if kind == "adopt" else f"{reason}: {named(changed)}"


def named(fields: Iterable[str]) -> str:
    """Return Zotero's fields as people call them.

    >>> named(["abstractNote", "creators", "volume"])
    'abstract, authors and volume'
    """
    *others, last = (FIELDS.get(name, name) for name in fields)
    return f"{', '.join(others)} and {last}" if others else last


def is_quiet(action: Action, report: Report) -> bool:
    """Tell whether an action is one of those that `syncd status` lists and that a push need not repeat each time."""
    if report.dry_run or action.paper in report.failures:
        return False
    return action.kind == "skip" or (action.kind == "unchanged" and action.cause != "review")


def _word(kind: str, report: Report) -> str:
    done, planned, colour = WORDS[kind]
    return f"[{colour}]{planned if report.dry_run else done}[/]"


def _summary(report: Report) -> str:
    counts = report.counts
    changed = [kind for kind in WORDS if kind != "unchanged" and counts[kind]]
    parts = [f"{counts[kind]} {WORDS[kind][1 if report.dry_run else 0]}" for kind in changed]
    if report.error is None and report.plan is not None and not changed:
        parts = ["nothing is new"]
    if counts["unchanged"]:
        parts.append(f"{counts['unchanged']} unchanged")
    if any(action.kind == "skip" or action.kept for action in report.actions if is_quiet(action, report)):
        parts.append("syncd status lists what is skipped and kept")
    asked = sum(a.cause == "review" and a.kind not in {"review", "skip"} for a in report.actions)
    if asked:
        parts.append(f"{asked} of them to decide with syncd review")
    requests = report.requests
    cost = f"{requests.total} request{'s' * (requests.total != 1)} ({requests.write} writing), {report.seconds:.1f} s"
    head = "dry run, nothing was written" if report.dry_run else report.run
    return f"[bold]{escape(report.library)}[/]: {', '.join(parts) or 'nothing was done'} · {cost} · {head}"


class Bar:
    """A spinner with words while syncd reads, a bar while it writes.

    Args:
        console: standard error.
        quiet: show nothing.
    """

    def __init__(self, console: Console, *, quiet: bool) -> None:
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[count]}"),
            console=console,
            transient=True,
            disable=quiet or not console.is_terminal,
        )
        self._written = self._objects = 0
        self._task = self._bar.add_task("starting", total=None, count="")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def stage(self, words: str) -> None:
        """Say what is being done."""
        self._bar.update(self._task, description=escape(words), total=None, count="")

    def total(self, objects: int) -> None:
        """Say how many objects will be written."""
        self._written, self._objects = 0, objects
        self._bar.update(self._task, description="writing", total=objects, completed=0, count="")

    def advance(self, objects: int) -> None:
        """Say how many more were."""
        self._written += objects
        self._bar.update(self._task, completed=self._written, count=f"{self._written} of {self._objects}")


def to_json(reports: list[Report], *, tell: bool) -> dict[str, Any]:
    """Return one library's report, or those of several under "runs"."""
    if len(reports) == 1:
        return _report(reports[0], tell=tell)
    runs = [_report(report, tell=tell) for report in reports]
    return {"runs": runs, "exit_code": int(of_reports(reports, tell_nothing_new=tell))}


def _report(report: Report, *, tell: bool) -> dict[str, Any]:
    profiles = report.plan.profiles if report.plan else ()
    return {
        "run": report.run,
        "library": report.library,
        "dry_run": report.dry_run,
        "profiles": [
            {
                "name": profile.author,
                "source": profile.origin,
                "collection": profile.collection,
                "papers": profile.papers,
                "listed": profile.listed,
                "warnings": [{"code": n.code, "message": n.message} for n in profile.notices],
            }
            for profile in profiles
        ],
        "unread": [
            {"name": failure.name, "source": failure.origin, **_error(failure.error)}
            for failure in report.sources
        ],
        "counts": report.counts,
        "actions": [_action(report, action) for action in report.actions if _is_news(report, action)],
        "requests": {
            "total": report.requests.total,
            "read": report.requests.read,
            "write": report.requests.write,
        },
        "seconds": round(report.seconds, 3),
        "error": _error(report.error) if report.error else None,
        "exit_code": int(of_report(report, tell_nothing_new=tell)),
    }


def _is_news(report: Report, action: Action) -> bool:
    return action.kind != "unchanged" or action.paper in report.failures or bool(action.kept or action.cause)


def _action(report: Report, action: Action) -> dict[str, Any]:
    failure = report.failures.get(action.paper)
    return {
        "action": "failed" if failure else action.kind,
        "title": action.title,
        "key": action.key,
        "reason": failure.message if failure else action.reason,
        "changes": {name: {"before": b, "after": a} for name, (b, a) in action.changes.items()},
        "kept": list(action.kept),
        "candidates": [
            {"key": c.key, "title": c.title, "score": c.score, "reasons": list(c.reasons)}
            for c in action.candidates
        ],
    }


def _error(error: SyncdError) -> dict[str, Any]:
    return {"message": str(error), "hint": error.hint, "exit_code": int(of_error(error))}
