"""Bytes to text for formats whose files come in any character set: UTF-8, else what is declared.

Nothing is guessed: a wrong guess garbles names, which nobody sees before they are in the library.
"""

from __future__ import annotations

import codecs
import dataclasses
import re
from typing import TYPE_CHECKING

from syncd.errors import ParseError
from syncd.parse.decode import BYTE_ORDER_MARKS, HINT, decode
from syncd.sources.limits import ATTRIBUTES, ELEMENTS, XML_DEPTH, TooMuchError, within
from syncd.text.patterns import pattern

if TYPE_CHECKING:
    from syncd.model import Snapshot

DISGUISED = ("utf-16", "utf-32", "iso2022", "hz", "utf-7")
"""Codecs whose texts may pass for UTF-8 though they are not: where one is declared, it is tried first."""

WINDOWS = {"ascii": "cp1252", "iso8859-1": "cp1252"}
"""What browsers read a declared character set as (https://encoding.spec.whatwg.org/#names-and-labels)."""

XML_DECLARATION = pattern(r"\A\s*<\?xml\b[^>]*\?>", hostile=("<?xml", "?", ""))
"""The declaration that an XML document starts with."""

XML_CHARSET = pattern(
    rb"\s*<\?xml\b[^>]{0,150}?\bencoding\s*=\s*[\"']([\w.:-]{2,40})",
    hostile=(b"<?xml", b" encoding", b""),
)
"""How it names its character set.

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
        raise TooMuchError("it declares entities of its own")
    elements, depth = 0, 0
    for found in XML_TAG.finditer(text):
        tag = found[0]
        if found["name"] is None:
            continue
        if found["close"]:
            depth = max(depth - 1, 0)
            continue
        elements += 1
        within(elements, ELEMENTS, "elements")
        if len(tag) > ATTRIBUTES:
            within(len(XML_ATTRIBUTE.findall(tag)), ATTRIBUTES, "attributes of one element")
        if not tag.endswith("/>"):
            depth += 1
            if depth > XML_DEPTH:
                raise TooMuchError(f"its elements are nested more than {XML_DEPTH} deep")


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
