"""Zotero's schema: item types, their fields and creator types, labels and limits.

The server of the embedded library checks what it is sent against these, and the client checks what it is
about to send. Facts only; nothing here reads or writes a library.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Final

from syncd.text.patterns import pattern

MAX_FIELD_BYTES: Final = 65_535
"""Longest value of a field, in bytes of UTF-8."""
MAX_NOTE_LENGTH: Final = 250_000
"""Longest note, in characters."""
MAX_TAG_LENGTH: Final = 255
"""Longest tag, in characters."""
MAX_NAME_LENGTH: Final = 255
"""Longest name of a collection, or part of a creator's name, in characters."""
MAX_OBJECTS: Final = 50
"""Most objects in one write."""
MAX_KEYS: Final = 100
"""Most keys in one `itemKey=` or `collectionKey=`, and most objects on a JSON page."""
KEY_ALPHABET: Final = "23456789ABCDEFGHIJKLMNPQRSTUVWXYZ"
KEY_LENGTH: Final = 8

ITEM_TYPES: Final = (
    "preprint",
    "journalArticle",
    "conferencePaper",
    "book",
    "bookSection",
    "thesis",
    "report",
    "manuscript",
    "webpage",
    "blogPost",
    "presentation",
    "computerProgram",
    "dataset",
    "document",
    "magazineArticle",
    "standard",
)
"""The types that a paper can become. Notes and attachments are in CHILD_TYPES."""
CHILD_TYPES: Final = ("attachment", "note")
ATTACHMENT_FIELDS: Final = ("title", "accessDate", "url")
"""Fields of an attachment that other types have too, in Zotero's order."""
LINK_MODES: Final = {
    "linked_url": (),
    "linked_file": ("path",),
    "imported_url": ("filename", "md5", "mtime"),
    "imported_file": ("filename", "md5", "mtime"),
}
"""Each link mode of an attachment, with the properties that it has besides `contentType` and `charset`."""

_KEY = pattern(f"[{KEY_ALPHABET}]{{{KEY_LENGTH}}}", hostile="A")
_WORD_BORDER = pattern(r"(?<=[a-z])(?=[A-Z])", hostile="aA")
_LABELS: Final = {
    "abstractNote": "Abstract",
    "accessDate": "Accessed",
    "archiveLocation": "Loc. in Archive",
    "computerProgram": "Software",
    "journalAbbreviation": "Journal Abbr",
    "manuscriptType": "Type",
    "numPages": "# of Pages",
    "numberOfVolumes": "# of Volumes",
    "presentationType": "Type",
    "programmingLanguage": "Prog. Language",
    "publicationTitle": "Publication",
    "repositoryLocation": "Repo. Location",
    "rights": "License",
    "thesisType": "Type",
    "url": "URL",
    "versionNumber": "Version",
    "webpage": "Web Page",
}
"""English labels that are not the name's own words."""

_BASE_FIELDS: Final = {
    "title": ("caseName", "nameOfAct", "subject"),
    "date": ("dateDecided", "dateEnacted", "issueDate"),
    "publisher": (
        *("repository", "university", "institution", "company"),
        *("distributor", "label", "network", "studio"),
    ),
    "publicationTitle": (
        *("proceedingsTitle", "bookTitle", "websiteTitle", "blogTitle"),
        *("dictionaryTitle", "encyclopediaTitle", "forumTitle", "programTitle"),
    ),
    "type": (
        *("genre", "thesisType", "reportType", "manuscriptType", "websiteType", "presentationType"),
        *("letterType", "mapType", "postType"),
    ),
    "number": (
        *("archiveID", "reportNumber", "identifier"),
        *("billNumber", "docketNumber", "documentNumber", "episodeNumber", "patentNumber", "publicLawNumber"),
    ),
    "volume": ("codeVolume", "reporterVolume"),
    "pages": ("codePages", "firstPage"),
    "place": ("repositoryLocation",),
}
"""Fields that are one and the same in Zotero, under another name in some types."""


@cache
def _types() -> dict[str, dict[str, tuple[str, ...]]]:
    text = resources.files("syncd.zotero").joinpath("item-fields.json").read_text(encoding="utf-8")
    return {
        name: {part: tuple(names) for part, names in facts.items()}
        for name, facts in json.loads(text).items()
    }


@cache
def _all_fields() -> frozenset[str]:
    return frozenset(name for facts in _types().values() for name in facts["fields"])


@cache
def _all_creator_types() -> frozenset[str]:
    return frozenset(name for facts in _types().values() for name in facts["creatorTypes"])


def fields(item_type: str) -> tuple[str, ...]:
    """The fields of an item type, in Zotero's order.

    Raises:
        KeyError: there is no such type.
    """
    if item_type in CHILD_TYPES:
        return ATTACHMENT_FIELDS if item_type == "attachment" else ()
    return _types()[item_type]["fields"]


def creator_types(item_type: str) -> tuple[str, ...]:
    """The creator types of an item type, the primary one first; none for notes and attachments.

    Raises:
        KeyError: there is no such type.
    """
    return () if item_type in CHILD_TYPES else _types()[item_type]["creatorTypes"]


def is_item_type(name: str) -> bool:
    """Whether there is such an item type, notes and attachments included."""
    return name in ITEM_TYPES or name in CHILD_TYPES


def is_field(name: str) -> bool:
    """Whether any item type has such a field."""
    return name in _all_fields()


def is_creator_type(name: str) -> bool:
    """Whether any item type has such creators."""
    return name in _all_creator_types()


def all_fields() -> tuple[str, ...]:
    """The fields of all types, sorted."""
    return tuple(sorted(_all_fields()))


def label(name: str) -> str:
    """The English label of a field, an item type or a creator type: "abstractNote" is "Abstract"."""
    if name in _LABELS:
        return _LABELS[name]
    words = _WORD_BORDER.sub(" ", name)
    return words[:1].upper() + words[1:]


def counterpart(field: str, item_type: str) -> str | None:
    """The field that takes over `field` when an item becomes an `item_type`.

    `repository` of a preprint is `publisher` of a conference paper; `archiveID` has no counterpart there.
    """
    names = fields(item_type)
    if field in names:
        return field
    for base, variants in _BASE_FIELDS.items():
        family = (base, *variants)
        if field in family:
            return next((name for name in family if name in names), None)
    return None


@cache
def _bases() -> dict[str, str]:
    return {name: base for base, names in _BASE_FIELDS.items() for name in names}


def base(field: str) -> str:
    """The name that a field has where it is not another one's variant: "university" is a "publisher"."""
    return _bases().get(field, field)


def is_key(text: object) -> bool:
    """Whether this is a well-formed key of an item or a collection."""
    return isinstance(text, str) and _KEY.fullmatch(text) is not None
