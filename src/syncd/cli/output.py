"""How the commands print: tables as wide as the terminal, words for what is done to papers, a bar.

Where a terminal is too narrow for a table, cells stand below each other. What a run did is told in `push`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from shlex import quote
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, Progress, SpinnerColumn, Task, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from syncd import services
from syncd.cli.console import escape
from syncd.messages import message

GAP = 2
INDENT = 4
# Names of profiles that one sentence is about.
MOST_NAMES = 10


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

# What only other runs than a push do.
OTHERS = {"reject": "rejected"}

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


def before_and_after(changes: Mapping[str, Sequence[Any]]) -> dict[str, dict[str, Any]]:
    """Return the changes of an item's properties as scripts read them."""
    return {name: {"before": before, "after": after} for name, (before, after) in changes.items()}


def uncoded(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the daemon tells without the codes of its sentences, which are English here.

    >>> uncoded({"hint": "Wait.", "hint_said": {"code": None, "params": {}, "words": "Wait."}})
    {'hint': 'Wait.'}
    """
    return {name: value for name, value in told.items() if not name.endswith("_said")}


def counted(counts: Mapping[str, int]) -> str:
    """Return what became of papers, as "50 created, 2 to review"; of an undo too, which has words of its own."""
    return ", ".join(
        f"{number} {WORDS[kind][0] if kind in WORDS else OTHERS.get(kind, kind)}"
        for kind, number in counts.items()
        if number
    )


def some(names: Sequence[str]) -> str:
    """Return the names of profiles that one sentence is about, or the first of them and how many more there are."""
    shown, more = ", ".join(names[:MOST_NAMES]), len(names) - MOST_NAMES
    return message("and-more", names=shown, count=more) if more > 0 else shown


def with_the_rest(words: str, author: str, origin: str) -> str:
    """Return a sentence about a page that lists a part of its papers, with how the others are had."""
    if services.recognise(origin) is not None:
        return words
    if "://" in origin:
        return message("for-the-rest", words=words, author=quote(author))
    return message("for-the-rest-of-page", words=words, author=quote(author))


def reasons(kind: str, reason: str, changes: Iterable[str]) -> str:
    """Return why something was done to a paper, and to what of it."""
    changed = list(changes)
    if not changed or kind == "create":
        return reason
    if kind == "update":
        return message("source-changed", fields=named(changed))
    if kind == "adopt":
        return message("reason-and-filled-in", reason=reason, fields=named(changed))
    return message("reason-with-fields", reason=reason, fields=named(changed))


def named(fields: Iterable[str]) -> str:
    """Return Zotero's fields as people call them.

    >>> named(["abstractNote", "creators", "volume"])
    'abstract, authors and volume'
    """
    *others, last = (FIELDS.get(name, name) for name in fields)
    return f"{', '.join(others)} and {last}" if others else last


class _TimeLeft(TimeRemainingColumn):
    """The time left of what takes minutes."""

    def render(self, task: Task) -> Text:
        return super().render(task) if task.fields["timed"] else Text("")


class Bar:
    """A spinner with words while syncd looks, a bar with the time left while it reads a library, or writes.

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
            _TimeLeft(),
            console=console,
            transient=True,
            disable=quiet or not console.is_terminal,
        )
        self._written = self._objects = 0
        self._task = self._bar.add_task("starting", total=None, count="", timed=False)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def stage(self, words: str) -> None:
        """Say what is being done."""
        self._bar.update(self._task, description=escape(words), total=None, count="", timed=False)

    def reading(self, items: int, total: int) -> None:
        """Say how many items of the library were read, and of how many; 0 where that is not known."""
        if not self._bar.tasks[0].fields["timed"]:
            # The time that went before says nothing of what is left.
            self._bar.reset(self._task, total=total or None, timed=True)
        count = f"{items:,} of {total:,}" if total else f"{items:,}"
        self._bar.update(self._task, total=total or None, completed=items, count=count)

    def total(self, objects: int) -> None:
        """Say how many objects will be written."""
        self._written, self._objects = 0, objects
        self._bar.update(self._task, description="writing", total=objects, completed=0, count="", timed=False)

    def advance(self, objects: int) -> None:
        """Say how many more were."""
        self._written += objects
        self._bar.update(self._task, completed=self._written, count=f"{self._written} of {self._objects}")
