"""A TOML text as people lay it out: where each setting stands. `tomllib` does not tell.

What is walked over here was accepted by `tomllib` before. Pure.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field

from syncd.text.patterns import pattern

Path = tuple[str | int, ...]

BLANK = pattern(r"(?>[ \t\r\n]+|#[^\n]*)*", hostile="#")
SPACE = pattern(r"[ \t]*", hostile=" ")
BARE_KEY = pattern(r"[A-Za-z0-9_-]+", hostile="-")  # source
STRING = pattern(
    r'"""(?:[^\\]|\\.)*?"{3,5}'  # """ with up to two quotes of its own before the end """
    r"|'''.*?'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    hostile=('"""', '\\\\""', ""),
    flags=re.DOTALL,
)
SCALAR = pattern(r"[^,\]}#\n]+", hostile=" ")  # 475425, true, 2026-06-01 07:00:00


@dataclass(frozen=True, slots=True)
class Statement:
    """A header, or a setting and its value; what stands on a line of its own.

    Attributes:
        path: the table of a header; of a setting, its table and its name.
        section: the table of the header that a setting stands under, and of a header its own.
        is_header: it is a header.
        start: where it begins in the text.
        value: where a setting's value begins; of a header, its end.
        end: where it ends, without the white space and the comment behind it.
    """

    path: Path
    section: Path
    is_header: bool
    start: int
    value: int
    end: int


def statements(text: str) -> list[Statement]:
    """Return all headers and settings of `text`, in order; what inline tables hold belongs to their setting.

    Args:
        text: valid TOML.
    """
    walk = _Walk(text)
    walk.run()
    return walk.statements


def locate(text: str) -> dict[Path, int]:
    """Return the line, counted from 1, on which each table, setting and array element of `text` begins.

    Args:
        text: valid TOML.
    """
    return _Walk(text).run()


def line_of(path: Path, lines: dict[Path, int]) -> int | None:
    """Return the line of `path` or of the nearest table around it; None where there is none."""
    for end in range(len(path), 0, -1):
        if path[:end] in lines:
            return lines[path[:end]]
    return None


@dataclass
class _Walk:
    text: str
    at: int = 0
    lines: dict[Path, int] = field(default_factory=dict)
    counts: dict[Path, int] = field(default_factory=dict)
    statements: list[Statement] = field(default_factory=list)

    def run(self) -> dict[Path, int]:
        table: Path = ()
        self._skip(BLANK)
        while self.at < len(self.text):
            table = self._header() if self._next("[") else self._line(table)
            self._skip(BLANK)
        return self.lines

    def _line(self, table: Path) -> Path:
        start = self.at
        path, value = self._setting(table)
        end = value + len(self.text[value : self.at].rstrip())
        self.statements.append(Statement(path, table, is_header=False, start=start, value=value, end=end))
        return table

    def _header(self) -> Path:
        many = self._next("[[")
        start = self.at
        self.at += 2 if many else 1
        path = self._inside(self._key())
        if many:
            self.counts[path] = self.counts.get(path, -1) + 1
            self._note(path, start)
            path = (*path, self.counts[path])
        self.at += 2 if many else 1
        for end in range(1, len(path) + 1):
            self._note(path[:end], start)
        self.statements.append(Statement(path, path, is_header=True, start=start, value=self.at, end=self.at))
        return path

    def _inside(self, path: Path) -> Path:
        """Add the number of the current element where `path` leads through an array of tables."""
        found: Path = ()
        for number, part in enumerate(path):
            found = (*found, part)
            if number < len(path) - 1 and found in self.counts:
                found = (*found, self.counts[found])
        return found

    def _setting(self, table: Path) -> tuple[Path, int]:
        """Walk over a setting; return its path and where its value begins."""
        start = self.at
        key = self._key()
        for end in range(1, len(key) + 1):
            self._note((*table, *key[:end]), start)
        self.at += 1  # the "="
        self._skip(SPACE)
        value = self.at
        self._value((*table, *key))
        return (*table, *key), value

    def _key(self) -> Path:
        parts: list[str] = []
        while True:
            self._skip(SPACE)
            quoted = self._next('"') or self._next("'")
            raw = self._take(STRING if quoted else BARE_KEY)
            parts.append(tomllib.loads(f"key = {raw}")["key"] if quoted else raw)
            self._skip(SPACE)
            if not self._next("."):
                return tuple(parts)
            self.at += 1

    def _value(self, path: Path) -> None:
        if self._next("["):
            self._elements(path)
        elif self._next("{"):
            self._inline_table(path)
        else:
            self._take(STRING if self._next('"') or self._next("'") else SCALAR)

    def _elements(self, path: Path) -> None:
        self.at += 1
        self._skip(BLANK)
        number = 0
        while not self._next("]"):
            self._note((*path, number), self.at)
            self._value((*path, number))
            number += 1
            self._end_of_element()
        self.at += 1

    def _inline_table(self, path: Path) -> None:
        self.at += 1
        self._skip(BLANK)
        while not self._next("}"):
            self._setting(path)
            self._end_of_element()
        self.at += 1

    def _end_of_element(self) -> None:
        self._skip(BLANK)
        if self._next(","):
            self.at += 1
        self._skip(BLANK)

    def _note(self, path: Path, offset: int) -> None:
        self.lines.setdefault(path, self.text.count("\n", 0, offset) + 1)

    def _next(self, mark: str) -> bool:
        return self.text.startswith(mark, self.at)

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.text, self.at)
        self.at = match.end() if match else self.at

    def _take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.at)
        if match is None:
            msg = f"not the TOML that was expected at offset {self.at}"
            raise ValueError(msg)
        self.at = match.end()
        return match[0]
