"""The header of a profile page: name, main field and figures, in any order and any of them missing.

Lines that it can't place become notices; it never guesses a figure.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from syncd.model import Notice
from syncd.parse.profile_grammar import FIELD, FIGURES, FURNITURE, HEADING, LABEL, VALUE, count

MAX_FACT_LENGTH = 120
"""A longer line is no figure, label or heading."""


@dataclass(slots=True)
class Header:
    """What the lines before the first paper say.

    Attributes:
        name: the author's name; empty if there is none.
        field: the main field, as written.
        figures: by the profile's fields; missing ones are missing.
        listed: the number in the heading of the list.
        heading: the heading's line, counted from 1.
        notices: what was odd.
    """

    name: str = ""
    field: str | None = None
    figures: dict[str, int] = dataclasses.field(default_factory=dict)
    listed: int | None = None
    heading: int | None = None
    notices: list[Notice] = dataclasses.field(default_factory=list)

    @property
    def promised(self) -> int | None:
        """How many papers the profile has, says the header, or else the heading."""
        return self.figures.get("paper_count", self.listed)


def read_header(lines: list[str]) -> Header:
    """Read the lines before the first paper."""
    header = Header()
    unplaced: list[int] = []
    first_fact: int | None = None
    index = 0
    while index < len(lines):
        taken = _fact(header, lines, index) if lines[index] else 1
        if taken and lines[index] and first_fact is None:
            first_fact = index
        if not taken and lines[index] and not FURNITURE.fullmatch(lines[index][: MAX_FACT_LENGTH + 1]):
            unplaced.append(index)
        index += taken or 1
    named = _name_line(unplaced, first_fact)
    if named is not None:
        header.name = lines[named]
    header.notices += [
        Notice("unplaced-line", f"line {index + 1} of the header has no known meaning: '{lines[index][:80]}'")
        for index in unplaced
        if index != named
    ]
    heads = header.figures.get("paper_count"), header.listed
    if None not in heads and heads[0] != heads[1]:
        header.notices.append(
            Notice("count-mismatch", f"the header says {heads[0]} papers, the list {heads[1]}")
        )
    return header


def _name_line(unplaced: list[int], first_fact: int | None) -> int | None:
    """The name stands right above the facts, or it is the first line that says nothing else."""
    above = [index for index in unplaced if first_fact is None or index < first_fact]
    if above:
        return above[-1]
    return unplaced[0] if unplaced else None


def _fact(header: Header, lines: list[str], index: int) -> int:
    """Take the fact that starts in this line into the header; return how many lines it takes, 0 for none."""
    line = lines[index]
    if len(line) > MAX_FACT_LENGTH:
        return 0
    heading = HEADING.fullmatch(line)
    if heading and header.heading is None:
        header.listed, header.heading = count(heading["count"]), index + 1
        return 1
    if header.field is None and FIELD.fullmatch(line):
        header.field = line
        return 1
    if _figure(header, line):
        return 1
    following = lines[index + 1] if index + 1 < len(lines) else ""
    apart = (LABEL.fullmatch(line) and VALUE.fullmatch(following)) or (
        VALUE.fullmatch(line) and LABEL.fullmatch(following)
    )
    return 2 if apart and _figure(header, f"{line} {following}") else 0


def _figure(header: Header, text: str) -> bool:
    for name, form in FIGURES.items():
        found = form.fullmatch(text)
        if found and name not in header.figures:
            header.figures[name] = count(next(value for value in found.groups() if value))
            return True
    return False
