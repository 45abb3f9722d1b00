"""Bytes to text. A wrong encoding is refused and never guessed: guessing mangles names for good."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

from syncd.errors import ParseError

if TYPE_CHECKING:
    from syncd.model import Snapshot

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it starts with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

BINARY = (
    (b"%PDF-", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
    (b"SQLite format 3\0", "a database"),
)
"""How files start that are no text."""

HINT = (
    "Save it as UTF-8, or convert it, with the name of its encoding after -f:"
    " iconv -f WINDOWS-1252 -t UTF-8 FILE > NEW"
)


def decode(snapshot: Snapshot) -> str:
    """Decode a snapshot: by its byte order mark, else by the character set that it states, else as UTF-8.

    Returns:
        The text, without byte order mark; line ends as they are.

    Raises:
        ParseError: the content is no text, or not in that character set; the error names line and byte.
    """
    data = snapshot.data
    for start, what in BINARY:
        if data.startswith(start):
            raise ParseError(f"this is {what}", origin=snapshot.origin, expected="a text page")
    for mark, encoding in BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return _decode(data[len(mark) :], encoding, snapshot.origin, offset=len(mark))
    if b"\0" in data:
        line = data.count(b"\n", 0, data.index(b"\0")) + 1
        raise ParseError(
            "this is not a text page", origin=snapshot.origin, line=line, expected="text in UTF-8"
        )
    return _decode(data, _charset(snapshot), snapshot.origin)


def _charset(snapshot: Snapshot) -> str:
    stated = snapshot.charset or "utf-8"
    try:
        " ".encode(stated)  # refuses what Python's codecs offer besides character sets
    except (LookupError, ValueError):
        raise ParseError(
            f"the source states an unknown character set '{stated}'",
            origin=snapshot.origin,
            expected="UTF-8",
            hint=HINT,
        ) from None
    return codecs.lookup(stated).name


def _decode(data: bytes, encoding: str, origin: str, *, offset: int = 0) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].decode(encoding, "ignore").count("\n") + 1
        byte = data[error.start : error.start + 1].hex()
        raise ParseError(
            f"byte {error.start + offset + 1} (0x{byte}) is not {encoding.upper()}",
            origin=origin,
            line=line,
            expected=f"text in {encoding.upper()}",
            hint=HINT,
        ) from None
