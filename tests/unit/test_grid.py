"""Tables for people: no broken words at any width of a terminal, whole lines in a pipe."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from syncd.cli import output
from syncd.cli.output import Column

COLUMNS = (Column("what"), Column("paper", 3), Column("why", 2), Column("key"))
TITLE = "Z-Code++: A Pre-trained Language Model Optimized for Abstractive Summarization"
ROWS = [
    ("[green]created[/]", TITLE, "new in source", "JFMWAQHA"),
    ("updated", "Tiny", "the source changed the title: title, date", ""),
]


def shown(width: int, *, terminal: bool = True) -> list[str]:
    """Return the lines of a table."""
    console = Console(file=io.StringIO(), width=width, force_terminal=terminal, color_system=None)
    output.show(console, COLUMNS, ROWS)
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


@pytest.mark.parametrize("width", [24, 40, 80, 120, 200])
def test_words_stay_whole(width: int) -> None:
    """At any width that is not narrower than the longest word, and no line is longer than the terminal."""
    lines = shown(width)
    words = " ".join(lines).split()
    assert set(TITLE.split()) <= set(words)
    assert max(map(len, lines)) <= width


def test_a_wide_terminal_is_used() -> None:
    """A row is a line where there is room for it; where there is not, the whole width is taken."""
    assert len(shown(200)) == 3
    assert max(map(len, shown(100))) > 96


def test_a_narrow_terminal_gets_rows_below_each_other() -> None:
    """With its heading at what would not explain itself; what is empty is left out."""
    assert shown(34) == [
        "created  key JFMWAQHA",
        "    Z-Code++: A Pre-trained",
        "    Language Model Optimized for",
        "    Abstractive Summarization",
        "    new in source",
        "updated",
        "    Tiny",
        "    the source changed the title:",
        "    title, date",
    ]


def test_what_stands_beside_a_name_is_not_torn_apart() -> None:
    """A cell that does not fit goes below, with its heading."""
    console = Console(file=io.StringIO(), width=30, force_terminal=True, color_system=None)
    columns = (Column("profile", 2), Column("papers"), Column("last success"), Column("state", 3))
    output.show(console, columns, [("pengcheng-he", "50 of 65", "a moment ago", "ok")])
    assert isinstance(console.file, io.StringIO)
    assert [line.rstrip() for line in console.file.getvalue().splitlines()] == [
        "pengcheng-he  papers 50 of 65",
        "    last success a moment ago",
        "    ok",
    ]


def test_a_pipe_gets_a_line_a_row() -> None:
    """Whoever searches for words of a title finds its row, however narrow the terminal behind it is."""
    lines = shown(20, terminal=False)
    assert len(lines) == 3
    assert lines[0].split() == ["what", "paper", "why", "key"]
    assert lines[1].split("  ")[:3] == ["created", TITLE, "new in source"]
    assert lines[1].endswith("  JFMWAQHA")
