"""Bytes to text for formats whose files come in any character set: UTF-8, else what is declared, else Windows.

The profile page as text is stricter (see `decode`): it is saved by the user, who can save it right. A file
that somebody else exported is read as well as it goes, and a guess is never silent.
"""

from __future__ import annotations

import codecs
import dataclasses
from typing import TYPE_CHECKING

from syncd.errors import ParseError
from syncd.model import Notice
from syncd.parse.decode import BYTE_ORDER_MARKS, decode

if TYPE_CHECKING:
    from syncd.model import Snapshot

LAST_RESORT = "cp1252"
"""What files without any declaration are in that are not UTF-8; every Latin-1 text is such a text."""

DISGUISED = ("utf-16", "utf-32", "iso2022", "hz", "utf-7")
"""Codecs whose texts may pass for UTF-8 though they are not: where one is declared, it is tried first."""

WINDOWS = {"ascii": LAST_RESORT, "iso8859-1": LAST_RESORT}
"""What browsers read a declared character set as (https://encoding.spec.whatwg.org/#names-and-labels)."""


def read_text(snapshot: Snapshot, declared: str | None = None) -> tuple[str, tuple[Notice, ...]]:
    r"""Decode a snapshot.

    Args:
        snapshot: its own `charset`, which a server stated, goes before `declared`.
        declared: the character set that the content itself names.

    Returns:
        The text without byte order mark, its line ends made "\n", and a notice where the character set is
        a guess.

    Raises:
        ParseError: the content is no text.
    """
    text, notices = _decoded(snapshot, declared)
    return text.replace("\r\n", "\n").replace("\r", "\n"), notices


def _decoded(snapshot: Snapshot, declared: str | None) -> tuple[str, tuple[Notice, ...]]:
    data = snapshot.data
    stated = [name for name in map(_codec, (snapshot.charset, declared)) if name]
    if any(data.startswith(mark) for mark, _ in BYTE_ORDER_MARKS):
        return decode(snapshot), ()
    if not any(name.startswith(DISGUISED) for name in stated):
        try:
            return decode(dataclasses.replace(snapshot, charset="utf-8")), ()
        except ParseError as error:
            if not isinstance(error.__context__, UnicodeDecodeError):
                raise
        stated = [name for name in stated if name != "utf-8"]
    for name in stated:
        try:
            return data.decode(name), ()
        except UnicodeError:
            continue
    message = "the text is not UTF-8 and was read as Windows-1252: check names with accents"
    return data.decode(LAST_RESORT, "replace"), (Notice("encoding", message),)


def _codec(name: str | None) -> str | None:
    """Python's name of a character set, or None if it is none."""
    try:
        " ".encode(name or "")  # refuses what Python's codecs offer besides character sets
        known = codecs.lookup(name or "").name
    except (LookupError, ValueError):
        return None
    return WINDOWS.get(known, known)
