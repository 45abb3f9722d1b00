"""New papers in words: a subject and a plain text, short enough for every channel. Pure."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from syncd.text.plain import on_one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MOST_TITLES = 50
MOST_PROFILES = 3
LONGEST = 300


@dataclass(frozen=True, slots=True)
class NewPaper:
    """A paper that syncd created in a library.

    Attributes:
        library: the library's name in the configuration.
        profile: whose paper it is, as people know them.
        title: the paper's.
        key: its item's key.
        link: where its item can be opened, if that is known.
    """

    library: str
    profile: str
    title: str
    key: str
    link: str | None = None

    @property
    def identity(self) -> str:
        """What tells it from every other one."""
        return f"{self.library}/{self.key}"


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent.

    Attributes:
        subject: one line.
        body: several.
    """

    subject: str
    body: str


def digest(papers: Sequence[NewPaper]) -> Message:
    r"""Return what is to be said of new papers, the profile with most of them first.

    >>> digest([NewPaper("main", "Jane Doe", "A", "K1"), NewPaper("main", "Jane Doe", "B", "K2")])
    Message(subject='2 new papers: Jane Doe', body='Jane Doe\n- A\n- B\n')
    """
    several = len({paper.library for paper in papers}) > 1
    groups: dict[str, list[NewPaper]] = {}
    for paper in papers:
        name = _one_line(paper.profile) or "(no name)"
        groups.setdefault(f"{name} in {_one_line(paper.library)}" if several else name, []).append(paper)
    ordered = sorted(groups.items(), key=lambda group: -len(group[1]))
    return Message(_subject(len(papers), [(name, len(group)) for name, group in ordered]), _body(ordered))


def _subject(number: int, profiles: Sequence[tuple[str, int]]) -> str:
    start = "1 new paper" if number == 1 else f"{number} new papers"
    if len(profiles) == 1:
        return f"{start}: {profiles[0][0]}"
    names = ", ".join(f"{name} ({count})" for name, count in profiles[:MOST_PROFILES])
    rest = len(profiles) - MOST_PROFILES
    return f"{start}: {names}" + (f" and {rest} more" if rest > 0 else "")


def _body(groups: Iterable[tuple[str, Sequence[NewPaper]]]) -> str:
    parts: list[str] = []
    room = MOST_TITLES
    left_out = 0
    for name, papers in groups:
        if shown := papers[:room]:
            parts.append("\n".join([name, *map(_entry, shown)]))
        room -= len(shown)
        left_out += len(papers) - len(shown)
    if left_out:
        parts.append(f"and {left_out} more")
    return "\n\n".join(parts) + "\n"


def _entry(paper: NewPaper) -> str:
    return f"- {_one_line(paper.title)}" + (f"\n  {paper.link}" if paper.link else "")


def _one_line(text: str) -> str:
    """Return the text in one line, cut, without what environments and mail can't carry."""
    line = "".join(c for c in " ".join(on_one_line(text).split()) if unicodedata.category(c) != "Cs")
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
