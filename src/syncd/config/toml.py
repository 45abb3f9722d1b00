"""A TOML text as people lay it out: where each setting stands, which `tomllib` does not tell, and how one is changed.

What is not changed keeps its layout. What is walked over here was accepted by `tomllib` before. Pure.
"""

from __future__ import annotations

import copy
import itertools
import re
import tomllib
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

import tomlkit

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


# A comment alone on its line, and the end of that line.
COMMENT = pattern(r"[ \t]*#[^\n]*(?:\n|\Z)", hostile=" ")
EMPTY = pattern(r"[ \t]*\r?\n", hostile=" ")


class UneditableError(Exception):
    """The text is laid out so that it can't be changed here."""


def with_settings(text: str, table: tuple[str, ...], settings: Mapping[str, Any], mark: str = "") -> str:
    """Return the text with these settings in a table, which is added if it is not there.

    Args:
        text: valid TOML.
        table: such as `("profiles", "ann")`.
        settings: each is added, or takes the place of the old one; a mapping is written on one line.
        mark: a comment that the table goes behind if it is the first of its kind.

    Raises:
        UneditableError: it can't be done here.
    """
    wanted = tomllib.loads(text)
    is_new = table[-1] not in _inside(wanted, table[:-1])
    _inside(wanted, table).update(copy.deepcopy(dict(settings)))
    if is_new:
        return _checked(_with_table(text, table, settings, mark), wanted)
    for name, value in settings.items():
        text = _with_setting(text, table, name, value)
    return _checked(text, wanted)


def without(text: str, table: tuple[str, str]) -> str:
    """Return the text without a table that is there, and without the comments inside of it.

    Raises:
        UneditableError: it can't be done here.
    """
    wanted = tomllib.loads(text)
    outer, name = table
    _inside(wanted, (outer,)).pop(name)
    if holder := _holder(text, (outer,)):
        return _checked(_in_line(text, holder, (outer,), lambda inside: inside.pop(name)), wanted)
    # Without its last table, the outer one may be gone as well, which says the same.
    less = wanted if wanted[outer] else {key: kept for key, kept in wanted.items() if key != outer}
    return _checked(_cut(text, table), wanted, less)


def written(value: Any) -> str:
    """Return a value as it stands behind the equals sign, on one line where it is a table."""
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_dotted((name,))} = {written(part)}" for name, part in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    return str(tomlkit.item(value).as_string())


def _checked(text: str, *allowed: dict[str, Any]) -> str:
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise UneditableError from None
    if found not in allowed:
        raise UneditableError
    return text


def _inside(tables: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    """Return the table at a path, made where it is not there."""
    for name in path:
        tables = tables.setdefault(name, {})
        if not isinstance(tables, dict):
            raise UneditableError
    return tables


def _holder(text: str, table: Path) -> Statement | None:
    """Return the setting that has a table in its value, on one line, or would have it there if it were new."""
    settings = (found for found in statements(text) if not found.is_header)
    return next((found for found in settings if found.path == table[: len(found.path)]), None)


def _in_line(
    text: str, holder: Statement, table: Path, change: Callable[[MutableMapping[str, Any]], object]
) -> str:
    """Change a table that stands on one line, with others or alone."""
    document = tomlkit.parse(f"x = {text[holder.value : holder.end]}")
    inside: Any = document["x"]
    for name in table[len(holder.path) :]:
        inside = inside[name]
    change(inside)
    value = document.as_string().partition("=")[2].strip()
    return text[: holder.value] + value + text[holder.end :]


def _with_setting(text: str, table: Path, name: str, value: Any) -> str:
    path = (*table, name)
    if holder := _holder(text, table):
        return _in_line(text, holder, table, lambda inside: inside.update({name: _item(value)}))
    same = next((found for found in statements(text) if found.path == path and not found.is_header), None)
    if same is not None:
        return text[: same.value] + written(value) + text[same.end :]
    if any(found.path[: len(path)] == path for found in statements(text)):
        # What was a table of its own, or dotted keys, becomes one line.
        text = _cut(text, path)
    # The header itself, or settings right in the table, also by dotted keys that begin with its name.
    before = [f for f in statements(text) if (f.path if f.is_header else f.path[:-1]) == table]
    if not before:
        raise UneditableError
    last = before[-1]
    indent = text[_line_start(text, last.start) : last.start]
    key = _dotted((*table[len(last.section) :], name))
    end, newline = _line_end(text, last.end), _newline(text)
    head = text[:end] if text[:end].endswith("\n") else text[:end] + newline
    return f"{head}{indent}{key} = {written(value)}{newline}{text[end:]}"


def _item(value: Any) -> Any:
    return tomlkit.value(written(value))


def _with_table(text: str, table: tuple[str, ...], settings: Mapping[str, Any], mark: str) -> str:
    if holder := _holder(text, table):
        *outer, name = table
        return _in_line(text, holder, tuple(outer), lambda inside: inside.update({name: _item(settings)}))
    newline = _newline(text)
    place = _place(text, table[0], mark)
    lines = [f"[{_dotted(table)}]", *(f"{name} = {written(value)}" for name, value in settings.items())]
    before, after = text[:place], text[place:]
    if before and not before.endswith("\n"):
        before += newline
    gap = newline if before.strip() and not before.endswith(f"\n{newline}") else ""
    rest = newline if after.strip() and not EMPTY.match(after) else ""
    return before + gap + newline.join(lines) + newline + rest + after


def _place(text: str, outer: str, mark: str) -> int:
    """Return where a further table goes: behind the last one of its kind, else behind the mark, else at the end."""
    every = statements(text)
    kin = [number for number, found in enumerate(every) if found.path[:1] == (outer,)]
    if kin:
        # A header must not take what follows away from the table that it belongs to.
        last = kin[-1]
        while last + 1 < len(every) and not every[last + 1].is_header:
            last += 1
        return _after_comments(text, _line_end(text, every[last].end), last=True)
    if mark and mark in text:
        return _line_end(text, text.index(mark) + len(mark))
    return len(text)


def _cut(text: str, path: Path) -> str:
    """Take all statements out that begin with a path, with the comments between them."""
    parts = itertools.groupby(statements(text), key=lambda found: found.path[: len(path)] == path)
    runs = [list(run) for belongs, run in parts if belongs]
    if not runs:
        raise UneditableError
    for run in reversed(runs):
        start, end = _line_start(text, run[0].start), _line_end(text, run[-1].end)
        if run[0].is_header:
            end = _after_comments(text, end, last=False)
            if not text[:start].strip() or EMPTY.fullmatch(text[_line_start(text, start - 1) : start]):
                while empty := EMPTY.match(text, end):
                    end = empty.end()
        text = text[:start] + text[end:]
    return text


def _after_comments(text: str, end: int, *, last: bool) -> int:
    """Return where the comments end that hang on to a table's last line, such as settings that are switched off.

    Comments that what follows hangs on to are about that; those at the end of the file count as the table's if `last`.
    """
    place = end
    while comment := COMMENT.match(text, place):
        place = comment.end()
    return place if (last if place == len(text) else EMPTY.match(text, place)) else end


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, max(at, 0)) + 1


def _line_end(text: str, at: int) -> int:
    found = text.find("\n", at)
    return len(text) if found < 0 else found + 1


def _newline(text: str) -> str:
    return "\r\n" if text.count("\r\n") * 2 > text.count("\n") else "\n"


def _dotted(path: Path) -> str:
    return ".".join(tomlkit.key(str(part)).as_string() for part in path)
