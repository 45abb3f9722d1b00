"""The archive of one page that Chrome and others save as MHTML (RFC 2557): the page itself is taken out."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from syncd.sources.limits import ARCHIVE_DEPTH, HEADER, PARTS, TooMuchError, within
from syncd.text.patterns import pattern

if TYPE_CHECKING:
    from email.message import Message

    from syncd.model import Snapshot

START = pattern(
    rb"\A(?:[\w-]+:[^\n]*\n(?:[ \t][^\n]*\n)*){0,20}?Content-Type:\s*multipart/related",
    hostile=b"a:\n ",
    flags=re.IGNORECASE,
)
"""How such an archive starts.

>>> bool(START.match(b"From: <Saved by Blink>\\r\\nMIME-Version: 1.0\\r\\nContent-Type: multipart/related;"))
True
"""

HTML = ("text/html", "application/xhtml+xml")


def is_archive(data: bytes) -> bool:
    """Whether the bytes are such an archive."""
    return bool(START.match(data[:8192]))


def unpacked(snapshot: Snapshot) -> tuple[Snapshot, str]:
    """Take the page out of an archive.

    Returns:
        A snapshot of the page, and the address that the archive states for it; the snapshot itself, and
        nothing, if it is no archive, or one without a page.

    Raises:
        TooMuchError: it is nested too deeply, or has too many parts.
    """
    part = _page(snapshot.data.replace(b"\r\n", b"\n")) if is_archive(snapshot.data) else None
    if part is None:
        return snapshot, ""
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return snapshot, ""
    page = dataclasses.replace(snapshot, data=data, media_type=HTML[0], charset=part.get_content_charset())
    return page, str(part.get("Content-Location", "")).strip()


def _page(archive: bytes) -> Message | None:
    """Find the part that is the page. `email` itself recurses into each part, and is left to read a single one."""
    import email  # noqa: PLC0415 - archives are rare, and every format's recognition imports this module
    from email.parser import BytesHeaderParser  # noqa: PLC0415

    parts, seen = [(archive, 0)], 0
    while parts:
        data, depth = parts.pop()
        seen += 1
        within(seen, PARTS, "parts")
        end = data.find(b"\n\n") + 1
        within(end, HEADER, "bytes in the header of a part")
        header = BytesHeaderParser().parsebytes(data[:end] if data[:1] != b"\n" else b"")
        boundary = header.get_boundary()
        if header.get_content_maintype() == "multipart" and boundary:
            if depth == ARCHIVE_DEPTH:
                raise TooMuchError(f"its parts are nested more than {ARCHIVE_DEPTH} deep")
            mark = boundary.encode("utf-8", "replace")
            within(data.count(b"\n--" + mark), PARTS, "parts")
            # The first one is looked at first.
            parts += [(piece, depth + 1) for piece in reversed(_pieces(data[end:], mark))]
        elif header.get_content_type() in HTML:
            return email.message_from_bytes(data)
    return None


def _pieces(body: bytes, boundary: bytes) -> list[bytes]:
    """Cut the body of an archive at its boundary."""
    text, mark = b"\n" + body, b"\n--" + boundary
    pieces: list[bytes] = []
    start, at = -1, text.find(mark)
    while at >= 0:
        line_end = text.find(b"\n", at + 1)
        line_end = len(text) if line_end < 0 else line_end
        rest = text[at + len(mark) : line_end].strip(b" \t")
        if rest in {b"", b"--"}:  # else it is a longer boundary's
            if start >= 0:
                pieces.append(text[start:at])
            start = line_end + 1
        if rest == b"--":
            return pieces
        at = text.find(mark, at + 1)
    return [*pieces, text[start:]] if start >= 0 else pieces
