"""Lists of people: a CSV file becomes profiles, or problems, each with its line.

A list is read whole and never changed here. Whether a service knows somebody is not asked.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from syncd.config import values
from syncd.messages import message
from syncd.model import Span
from syncd.text.identifiers import is_orcid
from syncd.text.patterns import pattern

NAME, ID, FROM, TO = COLUMNS = ("name", "id", "from", "to")
# Other names of a column.
ALSO = {"orcid": ID}
# Of a name that may be a slip: among shorter ones all are alike.
LEAST_LETTERS = 3
# What stands between cells; spreadsheets write the semicolon where the comma is in numbers.
DELIMITERS = (",", ";", "\t")
ORCID = pattern(r"(?:orcid:|https?://orcid\.org/)?(?P<id>\d{4}-\d{4}-\d{4}-\d{3}[\dXx])", hostile="0000-")
DAY = pattern(r"\d{4}(?:-\d\d(?:-\d\d)?)?", hostile="1")  # "2021", "2021-05", "2021-05-01"


@dataclass(frozen=True, slots=True)
class Member:
    """A person of a list.

    Attributes:
        name: as the list has it.
        source: an author at a service; empty where the list does not say yet.
        span: the time for which papers are wanted.
        line: of the list, from 1.
        last: the line on which it ends.
    """

    name: str
    source: str
    span: Span
    line: int
    last: int


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a list: its line, and what it is in words."""

    line: int
    words: str


@dataclass(frozen=True, slots=True)
class People:
    """A list as it was read.

    Attributes:
        members: those whose row is right, in their order.
        problems: what is wrong, by line.
        columns: by our name of a column, its place.
        delimiter: what stands between cells.
    """

    members: tuple[Member, ...]
    problems: tuple[Problem, ...]
    columns: Mapping[str, int]
    delimiter: str


def read(text: str, *, whole: bool = True) -> People:
    """Read a list.

    Args:
        text: of the file.
        whole: a row without an id is a problem.
    """
    first, _, _ = text.partition("\n")
    delimiter = max(DELIMITERS, key=first.count)
    rows = _rows(text, delimiter)
    problems: list[Problem] = []
    members: list[Member] = []
    try:
        _, last, head = next(rows, (1, 1, []))
        columns = {name: place for place, cell in enumerate(head) if (name := _column(cell)) in COLUMNS}
        problems += [Problem(1, words) for words in _wrong_head(head, columns)]
        if problems:
            return People((), tuple(problems), columns, delimiter)
        above: dict[str, tuple[int, str]] = {}
        for line, last, row in rows:
            if not any(cell.strip() for cell in row):
                continue
            cells = {name: row[place].strip() if place < len(row) else "" for name, place in columns.items()}
            found = list(_wrong(cells, above, whole=whole))
            if len(row) > len(head):
                found.append(message("row-too-long"))
            problems += [Problem(line, words) for words in found]
            above.setdefault(cells[NAME], (line, cells[ID]))
            if not found:
                span = Span(cells.get(FROM, ""), cells.get(TO, ""))
                members.append(Member(cells[NAME], cells[ID], span, line, last))
    except csv.Error as error:
        problems.append(Problem(last + 1, message("not-csv", reason=error)))
    return People(tuple(members), tuple(problems), columns, delimiter)


def with_ids(text: str, people: People, ids: Mapping[int, str]) -> str:
    """Return a list with more ids, and else as it was.

    Args:
        text: of the file.
        people: what `read` made of it.
        ids: by the line of a row, its new id.
    """
    lines = text.split("\n")
    place = people.columns[ID]
    for member in reversed(people.members):
        if member.line not in ids:
            continue
        old = "\n".join(lines[member.line - 1 : member.last])
        (row,) = csv.reader(io.StringIO(old, newline=""), delimiter=people.delimiter, strict=True)
        row += [""] * (place + 1 - len(row))
        row[place] = ids[member.line]
        new = io.StringIO()
        csv.writer(new, delimiter=people.delimiter, lineterminator="\n").writerow(row)
        lines[member.line - 1 : member.last] = new.getvalue().removesuffix("\n").split("\n")
    return "\n".join(lines)


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, int, list[str]]]:
    """Yield first line, last line and cells of each row."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    for row in reader:
        yield line, reader.line_num, row
        line = reader.line_num + 1


def _column(cell: str) -> str:
    name = cell.strip().casefold()
    return ALSO.get(name, name)


def _wrong_head(head: list[str], columns: Mapping[str, int]) -> Iterator[str]:
    """Yield what is wrong with the names of the columns. Columns of the user's own are let be."""
    for name in (NAME, ID):
        if name not in columns:
            yield message("column-missing", column=name)
    named = [_column(cell) for cell in head]
    for name in COLUMNS:
        if named.count(name) > 1:
            yield message("column-twice", column=name)
    for name in named:
        meant = next((one for one in COLUMNS if one not in columns and _is_slip(name, one)), None)
        if name not in COLUMNS and meant:
            yield values.did_you_mean(message("column-unknown", column=repr(name)), meant)


def _is_slip(name: str, meant: str) -> bool:
    """Whether a name is another one, but for a letter: dates must not be ignored for a slip.

    >>> [_is_slip(name, "from") for name in ("form", "frm", "room")], _is_slip("no", "to")
    ([True, True, False], False)
    """
    from rapidfuzz.distance import OSA  # noqa: PLC0415 - few lists have columns of their own

    return len(name) >= LEAST_LETTERS and OSA.distance(name, meant) <= 1


def _wrong(cells: Mapping[str, str], above: Mapping[str, tuple[int, str]], *, whole: bool) -> Iterator[str]:
    """Yield what is wrong with a row, given the lines and ids of the names above it."""
    name = cells[NAME]
    if not name:
        yield message("member-without-name")
    elif "/" in name or not name.isprintable():
        yield message("member-name-odd", name=repr(name))
    elif name in above:
        line, same = above[name]
        is_row = bool(same) and same == cells[ID]
        twice = message("row-twice", line=line) if is_row else ""
        yield twice or message("member-twice", name=repr(name), line=line)
    if cells[ID] or whole:
        yield from _wrong_id(cells[ID])
    ends = [cells.get(column, "") for column in (FROM, TO)]
    dates = [(column, text) for column, text in zip((FROM, TO), ends, strict=True) if text]
    odd = [
        message("member-date-odd", column=column, date=repr(text))
        for column, text in dates
        if not _is_day(text)
    ]
    yield from odd
    if all(ends) and not odd and ends[0][: len(ends[1])] > ends[1][: len(ends[0])]:
        yield message("member-dates-swapped", first=ends[0], last=ends[1])


def _wrong_id(text: str) -> Iterator[str]:
    if not text:
        yield message("member-without-id")
    elif orcid := ORCID.fullmatch(text):
        if not is_orcid(orcid["id"].upper()):
            yield message("orcid-mistyped", orcid=text)
    elif not values.AUTHOR.fullmatch(text) and not values.SCHEME.match(text):
        yield message("member-id-odd", text=repr(text))


def _is_day(text: str) -> bool:
    if not DAY.fullmatch(text):
        return False
    try:
        date.fromisoformat(text + "-01-01"[len(text) - 4 :])
    except ValueError:
        return False
    return True
