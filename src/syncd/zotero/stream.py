"""Answers that may be too large for the memory, read from a file piece by piece. Pure but for that.

What comes out is of the shape that it must have; see `shapes`.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from typing import IO

from syncd.text.patterns import pattern
from syncd.zotero import shapes
from syncd.zotero.shapes import ShapeError, key

# What JSON is made of: a text, a number or word, a sign.
_TOKEN = pattern(
    r'[ \t\r\n]*(?:("(?>[^"\\]+|\\.)*")|([-+.0-9A-Za-z]+)|([{}\[\]:,]))',
    hostile=('"', "\\\\a", ""),
)
_SPACE = " \t\r\n"
# Bytes that are read at once; a text that takes many times as many is none of Zotero's.
PIECE = 1 << 16
MOST_PIECES = 16


def versions(file: IO[bytes]) -> Iterator[tuple[str, int]]:
    """Yield key and version of each object of a list of versions.

    Args:
        file: JSON, such as `{"ABCD2345": 7}`.

    Raises:
        ShapeError: it is something else.
    """
    file.seek(0)
    # Keys and numbers have no commas: cut at one of them, a list becomes two.
    left, cut = "", False
    for piece in _pieces(file):
        before, comma, after = piece.rpartition(",")
        if comma:
            yield from _some(f"{left}{before}}}")
            left, cut = f"{{{after}", True
        else:
            left += piece
        if len(left) > MOST_PIECES * PIECE:
            raise ShapeError
    yield from _some(left) if cut else shapes.versions(shapes.parsed(left.encode())).items()


def _some(text: str) -> Iterable[tuple[str, int]]:
    """Return what a part of a list of versions tells; something, for there is a comma before or behind it."""
    told = shapes.versions(shapes.parsed(text.encode()))
    if not told:
        raise ShapeError
    return told.items()


def erased(file: IO[bytes]) -> Iterator[tuple[str, str]]:
    """Yield "items" or "collections" and a key, for each of a deletion log.

    Args:
        file: JSON, such as `{"items": ["ABCD2345"], "collections": [], "tags": []}`.

    Raises:
        ShapeError: it is something else.
    """
    tokens, missing = _tokens(file), {"items", "collections"}
    for name in _members(tokens):
        if name in {"items", "collections"}:
            missing.discard(name)
            for text in _texts(tokens):
                yield name, key(text)
        else:
            _skip(tokens)
    _end(tokens)
    if missing:
        raise ShapeError


def _tokens(file: IO[bytes]) -> Iterator[str]:
    file.seek(0)
    left, at, pieces = "", 0, 0
    for piece in _pieces(file):
        left, at, pieces = left[at:] + piece, 0, pieces + 1
        # What ends where the piece does may go on in the next.
        while (found := _TOKEN.match(left, at)) and found.end() < len(left):
            yield found[found.lastindex or 0]
            at, pieces = found.end(), 0
        if pieces > MOST_PIECES:
            raise ShapeError
    while found := _TOKEN.match(left, at):
        yield found[found.lastindex or 0]
        at = found.end()
    if left[at:].strip(_SPACE):
        raise ShapeError


def _pieces(file: IO[bytes]) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while piece := file.read(PIECE):
            yield decoder.decode(piece)
        yield decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise ShapeError from error


def _members(tokens: Iterator[str]) -> Iterator[str]:
    """Yield the names in an object; each time, its value comes next, for the caller to take."""
    yield from _listed(tokens, "{", "}", ":")


def _texts(tokens: Iterator[str]) -> Iterator[str]:
    yield from _listed(tokens, "[", "]", "")


def _listed(tokens: Iterator[str], opening: str, closing: str, after: str) -> Iterator[str]:
    _expect(tokens, opening)
    part = next(tokens, "")
    while part != closing:
        if not part.startswith('"'):
            raise ShapeError
        if after:
            _expect(tokens, after)
        yield part[1:-1]
        part = next(tokens, "")
        if part == ",":
            part = next(tokens, "")
            if part == closing:
                raise ShapeError
        elif part != closing:
            raise ShapeError


def _skip(tokens: Iterator[str]) -> None:
    depth = 0
    while True:
        part = next(tokens, "")
        if not part:
            raise ShapeError
        depth += (part in {"{", "["}) - (part in {"}", "]"})
        if depth <= 0:
            return


def _expect(tokens: Iterator[str], sign: str) -> None:
    if next(tokens, "") != sign:
        raise ShapeError


def _end(tokens: Iterator[str]) -> None:
    if next(tokens, ""):
        raise ShapeError
