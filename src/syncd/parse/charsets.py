"""Bytes to text for formats whose files come in any character set: UTF-8, else what is declared.

Nothing is guessed: a wrong guess garbles names, which nobody sees before they are in the library.
"""

from __future__ import annotations

import codecs
import dataclasses
from typing import TYPE_CHECKING

from syncd.errors import ParseError
from syncd.parse.decode import BYTE_ORDER_MARKS, HINT, decode

if TYPE_CHECKING:
    from syncd.model import Snapshot

DISGUISED = ("utf-16", "utf-32", "iso2022", "hz", "utf-7")
"""Codecs whose texts may pass for UTF-8 though they are not: where one is declared, it is tried first."""

WINDOWS = {"ascii": "cp1252", "iso8859-1": "cp1252"}
"""What browsers read a declared character set as (https://encoding.spec.whatwg.org/#names-and-labels)."""


def read_text(snapshot: Snapshot, declared: str | None = None) -> str:
    r"""Decode a snapshot.

    Args:
        snapshot: its own `charset`, which a server stated, goes before `declared`.
        declared: the character set that the content itself names.

    Returns:
        The text without byte order mark, its line ends made "\n".

    Raises:
        ParseError: the content is no text, or nothing names the character set that it is in.
    """
    return _decoded(snapshot, declared).replace("\r\n", "\n").replace("\r", "\n")


def _decoded(snapshot: Snapshot, declared: str | None) -> str:
    data = snapshot.data
    stated = [name for name in map(_codec, (snapshot.charset, declared)) if name]
    if any(data.startswith(mark) for mark, _ in BYTE_ORDER_MARKS):
        return decode(snapshot)
    fault: ParseError | None = None
    if not any(name.startswith(DISGUISED) for name in stated):
        try:
            return decode(dataclasses.replace(snapshot, charset="utf-8"))
        except ParseError as error:
            if not isinstance(error.__context__, UnicodeDecodeError):
                raise
            fault = error
        stated = [name for name in stated if name != "utf-8"]
    for name in stated:
        try:
            return data.decode(name)
        except UnicodeError:
            continue
    raise fault or ParseError(
        f"this is not {' nor '.join(name.upper() for name in stated)}, as which it is declared",
        origin=snapshot.origin,
        expected="text in UTF-8",
        hint=HINT,
    )


def _codec(name: str | None) -> str | None:
    """Python's name of a character set, or None if it is none."""
    try:
        " ".encode(name or "")  # refuses what Python's codecs offer besides character sets
        known = codecs.lookup(name or "").name
    except (LookupError, ValueError):
        return None
    return WINDOWS.get(known, known)
