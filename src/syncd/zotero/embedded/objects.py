"""Items and collections as the embedded library keeps them, and what it derives from an item.

Frozen data; the store reads and writes it, merging makes it from what a client sends.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from syncd.zotero import schema

from .dates import parsed_date
from .text import fold, note_title, sort_title

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Item:
    """An item.

    Attributes:
        version: 0 for one that was never saved.
        parent: the key of the parent item, or None.
        data: fields and other properties that are not empty, by Zotero's names, as in the API's `data`;
            without those that have an attribute here.
        collections: keys, sorted.
    """

    key: str
    item_type: str
    version: int = 0
    parent: str | None = None
    trashed: bool = False
    date_added: str = ""
    date_modified: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    collections: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The title, of a note its first line."""
        title: str = self.data.get("title", "")
        return note_title(self.data.get("note", "")) if self.item_type == "note" else title

    @property
    def parsed_date(self) -> str:
        """The date as far as it can be read, or an empty string."""
        return parsed_date(self.data.get("date", ""))

    @property
    def creator_names(self) -> list[str]:
        """First and last name, or the whole name, of each creator."""
        return [
            c.get("name") or f"{c.get('firstName', '')} {c.get('lastName', '')}".strip()
            for c in self.data.get("creators", [])
        ]

    @property
    def creator_summary(self) -> str:
        """As in lists: "He", "He and Microsoft", "Wang et al."; empty without creators."""
        creators = self.data.get("creators", [])
        kinds = (*schema.creator_types(self.item_type)[:1], "author", "editor", "contributor")
        for kind in kinds:
            names = [c.get("name") or c.get("lastName") for c in creators if c["creatorType"] == kind]
            if names:
                return _summary(names)
        return ""

    def same_content(self, other: Item) -> bool:
        """Whether they differ at most in version and in the time of their last change."""
        return replace(self, version=0, date_modified="") == replace(other, version=0, date_modified="")

    def search_columns(self) -> tuple[str, str, str, str, str]:
        """Title, creators, creator summary, date and type, as the store sorts and searches by them."""
        date = self.data.get("date", "")
        return (
            sort_title(self.title),
            fold("\n".join(self.creator_names)),
            fold(self.creator_summary),
            f"{self.parsed_date or '0000'} {date}" if date else "",
            schema.label(self.item_type),
        )


def _summary(names: list[str]) -> str:
    if len(names) == 1:
        return names[0]
    return f"{names[0]} and {names[1]}" if len(names) == 2 else f"{names[0]} et al."


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection.

    Attributes:
        version: 0 for one that was never saved.
        parent: the key of the collection that it is in, or None.
    """

    key: str
    name: str
    version: int = 0
    parent: str | None = None
    trashed: bool = False
    relations: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """One object as a client sent it.

    Attributes:
        sent: its editable JSON.
        key: the key of the object that it is about; a new one where the client gave none.
        partial: what is not sent stays as it is, if the object exists.
        now: the time of the change.
    """

    sent: dict[str, Any]
    key: str
    partial: bool
    now: datetime
