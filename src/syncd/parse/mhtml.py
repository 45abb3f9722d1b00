"""The archive of one page that Chrome and others save as MHTML (RFC 2557): the page itself is taken out."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from syncd.text.patterns import pattern

if TYPE_CHECKING:
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
    """
    if is_archive(snapshot.data):
        import email  # noqa: PLC0415 - archives are rare, and every format's recognition imports this module

        for part in email.message_from_bytes(snapshot.data).walk():
            data = part.get_payload(decode=True) if part.get_content_type() in HTML else None
            if isinstance(data, bytes):
                page = dataclasses.replace(
                    snapshot, data=data, media_type=HTML[0], charset=part.get_content_charset()
                )
                return page, str(part.get("Content-Location", "")).strip()
    return snapshot, ""
