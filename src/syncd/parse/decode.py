"""Bytes to text, in the character set that is declared; XML is checked, and a page is taken out of its MHTML archive.

Nothing is guessed: a wrong guess garbles names for good.
"""

from __future__ import annotations

import codecs
import dataclasses
import email
import re
from email.message import Message
from email.parser import BytesHeaderParser

from syncd.errors import ParseError
from syncd.messages import message, neither
from syncd.model import Snapshot
from syncd.sources.limits import (
    ARCHIVE_DEPTH,
    ATTRIBUTES,
    ELEMENTS,
    HEADER,
    PARTS,
    TOO_MANY_ATTRIBUTES_OF_ELEMENT,
    TOO_MANY_BYTES_OF_HEADER,
    TOO_MANY_ELEMENTS,
    TOO_MANY_PARTS,
    XML_DEPTH,
    TooMuchError,
    within,
)
from syncd.text.patterns import pattern

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it starts with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

BINARY = (
    (b"%PDF-", message("this-is-pdf")),
    (b"PK\x03\x04", message("this-is-zip")),
    (b"\x1f\x8b", message("this-is-gzip")),
    (b"\x89PNG", message("this-is-image")),
    (b"\xff\xd8\xff", message("this-is-image")),
    (b"GIF8", message("this-is-image")),
    (b"SQLite format 3\0", message("this-is-database")),
)
"""The first bytes of files that are no text, and what these files are."""

HINT = message("save-or-convert-utf8")


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
            raise ParseError(what, origin=snapshot.origin, expected=message("expected-text-page"))
    for mark, encoding in BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return _decode(data[len(mark) :], encoding, snapshot.origin, offset=len(mark))
    if b"\0" in data:
        line = data.count(b"\n", 0, data.index(b"\0")) + 1
        raise ParseError(
            message("not-a-text-page"), origin=snapshot.origin, line=line, expected=message("expected-utf8")
        )
    return _decode(data, _charset(snapshot), snapshot.origin)


def _charset(snapshot: Snapshot) -> str:
    stated = snapshot.charset or "utf-8"
    try:
        " ".encode(stated)  # refuses what Python's codecs offer besides character sets
    except (LookupError, ValueError):
        raise ParseError(
            message("character-set-unknown", name=stated),
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
            message(
                "byte-undecodable", position=error.start + offset + 1, byte=byte, encoding=encoding.upper()
            ),
            origin=origin,
            line=line,
            expected=message("expected-encoding", encoding=encoding.upper()),
            hint=HINT,
        ) from None


DISGUISED = ("utf-16", "utf-32", "iso2022", "hz", "utf-7")
"""Character sets whose bytes may be valid UTF-8 of another text. Where one of them is declared, it is tried first."""

WINDOWS = {"ascii": "cp1252", "iso8859-1": "cp1252"}
"""Character sets that browsers read as another one (https://encoding.spec.whatwg.org/#names-and-labels)."""

XML_DECLARATION = pattern(r"\A\s*<\?xml\b[^>]*\?>", hostile=("<?xml", "?", ""))
"""The declaration that an XML document starts with."""

XML_CHARSET = pattern(
    rb"\s*<\?xml\b[^>]{0,150}?\bencoding\s*=\s*[\"']([\w.:-]{2,40})",
    hostile=(b"<?xml", b" encoding", b""),
)
"""The character set that an XML declaration names.

>>> XML_CHARSET.match(b"<?xml version='1.0' encoding='koi8-r'?>")[1]
b'koi8-r'
"""

HARMLESS = pattern(
    r"<!ENTITY\s+[\w.-]+\s+(?:\"(?:&\#\w{1,8};|[^&\"%<]{0,40})\"|'(?:&\#\w{1,8};|[^&'%<]{0,40})')\s*>",
    hostile="<!ENTITY ",
)
"""The declaration of an entity that is one character or a few words.

>>> [bool(HARMLESS.match(f"<!ENTITY {text}>")) for text in ('nbsp "&#160;"', 'b "&a;&a;"', "x SYSTEM 'file'")]
[True, False, False]
"""

XML_TAG = pattern(
    r"<!--(?>.*?(?:-->|\Z))|<!\[CDATA\[(?>.*?(?:\]\]>|\Z))|<\?(?>.*?(?:\?>|\Z))"
    r"|<(?P<close>/?)(?P<name>[^\s<>/!?=\"']+)(?>(?:[^>\"']+|\"[^\"]*(?:\"|\Z)|'[^']*(?:'|\Z))*)(?:>|\Z)",
    hostile="<a b='",
    flags=re.DOTALL,
)
"""A tag, with its attributes; or a comment and the like, without a name.

>>> [found["name"] for found in XML_TAG.finditer("<a b='>'><!-- <c> --></a>")]
['a', None, 'a']
"""

XML_ATTRIBUTE = pattern(r"=\s*[\"']", hostile=("=", " ", ""))
"""Where the value of an attribute starts."""


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


def read_xml(snapshot: Snapshot) -> str:
    """Decode an XML document, and look at it before a parser does.

    Returns:
        The text without the declaration that it starts with, which names a character set that it has no more.

    Raises:
        ParseError: the content is no text.
        TooMuchError: it declares entities that could grow, or goes past a limit.
    """
    declared = XML_CHARSET.match(snapshot.data[:200])
    text = read_text(snapshot, declared[1].decode("ascii") if declared else None)
    check_xml(text)
    return XML_DECLARATION.sub("", text)


def check_xml(text: str) -> None:
    """Refuse XML that could cost more than it is long, or that has too many elements.

    Raises:
        TooMuchError: it does.
    """
    if text.count("<!ENTITY") > len(HARMLESS.findall(text)):
        raise TooMuchError(message("declares-entities"))
    elements, depth = 0, 0
    for found in XML_TAG.finditer(text):
        tag = found[0]
        if found["name"] is None:
            continue
        if found["close"]:
            depth = max(depth - 1, 0)
            continue
        elements += 1
        within(elements, ELEMENTS, TOO_MANY_ELEMENTS)
        if len(tag) > ATTRIBUTES:
            within(len(XML_ATTRIBUTE.findall(tag)), ATTRIBUTES, TOO_MANY_ATTRIBUTES_OF_ELEMENT)
        if not tag.endswith("/>"):
            depth += 1
            if depth > XML_DEPTH:
                raise TooMuchError(message("elements-too-deep", most=XML_DEPTH))


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
        message("not-as-declared", encodings=neither([name.upper() for name in stated])),
        origin=snapshot.origin,
        expected=message("expected-utf8"),
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


START = pattern(
    rb"\A(?:[\w-]+:[^\n]*\n(?:[ \t][^\n]*\n)*){0,20}?Content-Type:\s*multipart/related",
    hostile=b"a:\n ",
    flags=re.IGNORECASE,
)
"""The start of an MHTML archive (RFC 2557).

>>> bool(START.match(b"From: <Saved by Blink>\\r\\nMIME-Version: 1.0\\r\\nContent-Type: multipart/related;"))
True
"""

HTML = ("text/html", "application/xhtml+xml")


def is_archive(data: bytes) -> bool:
    """Tell whether the bytes are an MHTML archive."""
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
    parts, seen = [(archive, 0)], 0
    while parts:
        data, depth = parts.pop()
        seen += 1
        within(seen, PARTS, TOO_MANY_PARTS)
        end = data.find(b"\n\n") + 1
        within(end, HEADER, TOO_MANY_BYTES_OF_HEADER)
        header = BytesHeaderParser().parsebytes(data[:end] if data[:1] != b"\n" else b"")
        boundary = header.get_boundary()
        if header.get_content_maintype() == "multipart" and boundary:
            if depth == ARCHIVE_DEPTH:
                raise TooMuchError(message("parts-too-deep", most=ARCHIVE_DEPTH))
            mark = boundary.encode("utf-8", "replace")
            within(data.count(b"\n--" + mark), PARTS, TOO_MANY_PARTS)
            # The first one is looked at first.
            parts += [(piece, depth + 1) for piece in reversed(_pieces(data[end:], mark))]
        elif header.get_content_type() in HTML:
            return email.message_from_bytes(data)
    return None


def _pieces(body: bytes, boundary: bytes) -> list[bytes]:
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
