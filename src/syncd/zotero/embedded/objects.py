"""Items and collections as the embedded library keeps them, their relations, and their JSON. Pure.

The JSON has the real server's shape and order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal
from urllib.parse import quote

from syncd.text.patterns import pattern
from syncd.zotero import schema
from syncd.zotero.embedded.exchange import invalid, server_error
from syncd.zotero.embedded.text import fold, note_title, parsed_date, sort_title

_PREDICATES = {
    "item": ("owl:sameAs", "dc:replaces", "dc:relation", "mendeleyDB:documentUUID"),
    "collection": ("owl:sameAs", "mendeleyDB:remoteFolderUUID"),
}
_ADDRESS = pattern(
    r"http://zotero\.org/(?:users|groups)/[0-9]+/(?:publications/)?(items|collections)/[A-Z0-9]{8}",
    hostile=("http://zotero.org/users/", "1", ""),
)
"""Such as http://zotero.org/users/1/items/ABCD2345"""


def check(value: object, kind: Literal["item", "collection"]) -> None:
    """Check the `relations` of an item or a collection.

    Raises:
        RefusalError: they are not valid.
    """
    if value == []:
        return
    if not isinstance(value, dict):
        raise invalid("'relations' property must be an object")
    for predicate, targets in value.items():
        if predicate not in _PREDICATES[kind]:
            raise invalid(f"Unsupported predicate '{predicate}'")
        for target in targets if isinstance(targets, list) else [targets]:
            if not isinstance(target, str):
                raise server_error()
            found = _ADDRESS.fullmatch(target)
            if not predicate.startswith("mendeleyDB:") and (not found or found[1] != f"{kind}s"):
                raise invalid(f"'relations' values currently must be Zotero {kind} URIs")


def kept(value: Any) -> dict[str, Any]:
    """Relations as they are kept: one target plain, several as a list, none not at all."""
    relations: dict[str, Any] = {}
    for predicate, targets in (value or {}).items():
        several = list(dict.fromkeys(targets)) if isinstance(targets, list) else [targets]
        if several:
            relations[predicate] = several[0] if len(several) == 1 else several
    return relations


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


Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Address:
    """Where a library is served.

    Attributes:
        url: the server's, without a slash at the end.
        library: such as "users/1".
    """

    url: str
    library: str

    def of(self, *path: str) -> str:
        """The address of something in the library."""
        return "/".join((self.url, self.library, *path))

    def block(self) -> Json:
        """The `library` block of an object."""
        kind, number = self.library.split("/")
        return {
            "type": kind.removesuffix("s"),
            "id": int(number),
            "name": "Embedded library",
            "links": {"alternate": {"href": f"{self.url}/", "type": "text/html"}},
        }


def _link(href: str, media_type: str = "application/json") -> Json:
    return {"href": href, "type": media_type}


def item_json(item: Item, address: Address, children: Mapping[str, int]) -> Json:
    """An item.

    Args:
        item: the item.
        address: where it is served.
        children: the number of children of items that have some.
    """
    links = {"self": _link(address.of("items", item.key)), "alternate": _link(f"{address.url}/", "text/html")}
    if item.parent:
        links["up"] = _link(address.of("items", item.parent))
    meta: Json = {}
    if summary := item.creator_summary:
        meta["creatorSummary"] = summary
    if item.parsed_date:
        meta["parsedDate"] = item.parsed_date
    if item.item_type != "attachment":
        meta["numChildren"] = children.get(item.key, 0)
    return {
        "key": item.key,
        "version": item.version,
        "library": address.block(),
        "links": links,
        "meta": meta,
        "data": _item_data(item),
    }


def _item_data(item: Item) -> Json:
    data: Json = {"key": item.key, "version": item.version}
    if item.parent:
        data["parentItem"] = item.parent
    data["itemType"] = item.item_type
    data |= _own_properties(item.item_type, item.data)
    if item.trashed:
        data["deleted"] = 1
    data["tags"] = item.data.get("tags", [])
    if not item.parent:
        data["collections"] = list(item.collections)
    data["relations"] = item.data.get("relations", {})
    data["dateAdded"] = item.date_added
    data["dateModified"] = item.date_modified
    return data


def _own_properties(item_type: str, data: Mapping[str, Any]) -> Json:
    if item_type == "note":
        return {"note": data.get("note", "")}
    own: Json = {}
    if item_type == "attachment":
        own["linkMode"] = data.get("linkMode", "linked_url")
    for name in schema.fields(item_type):
        own[name] = data.get(name, "")
        if name == "title" and item_type != "attachment":
            own["creators"] = data.get("creators", [])
    if item_type == "attachment":
        for name in ("note", "contentType", "charset"):
            own[name] = data.get(name, "")
        for name in schema.LINK_MODES[own["linkMode"]]:
            own[name] = data.get(name, None if name in {"md5", "mtime"} else "")
    return own


def item_template(item_type: str, link_mode: str = "") -> Json:
    """A new item with all its properties empty, as `/items/new` has it."""
    own = _own_properties(item_type, {"linkMode": link_mode} if link_mode else {})
    if types := schema.creator_types(item_type):
        own["creators"] = [{"creatorType": types[0], "firstName": "", "lastName": ""}]
    tail: Json = {"tags": [], "collections": [], "relations": {}}
    if item_type != "attachment":
        return {"itemType": item_type, **own, **tail}
    files = {name: own.pop(name) for name in ("contentType", "charset", *schema.LINK_MODES[link_mode])}
    return {"itemType": item_type, **own, **tail, **files}


def collection_json(
    collection: Collection, address: Address, items: Mapping[str, int], subcollections: Mapping[str, int]
) -> Json:
    """A collection.

    Args:
        collection: the collection.
        address: where it is served.
        items: the number of items of collections that have some.
        subcollections: the number of collections directly in others.
    """
    data: Json = {
        "key": collection.key,
        "version": collection.version,
        "name": collection.name,
        "parentCollection": collection.parent or False,
        "relations": collection.relations,
    }
    if collection.trashed:
        data["deleted"] = True
    links = {
        "self": _link(address.of("collections", collection.key)),
        "alternate": _link(f"{address.url}/?collection={collection.key}", "text/html"),
    }
    if collection.parent:
        links["up"] = _link(address.of("collections", collection.parent))
    return {
        "key": collection.key,
        "version": collection.version,
        "library": address.block(),
        "links": links,
        "meta": {
            "numCollections": subcollections.get(collection.key, 0),
            "numItems": items.get(collection.key, 0),
        },
        "data": data,
    }


def tag_json(tag: str, kind: int, items: int, address: Address) -> Json:
    """A tag with its type and the number of its items."""
    href = address.of("tags", quote(tag, safe=""))
    return {
        "tag": tag,
        "links": {"self": _link(href), "alternate": _link(f"{address.url}/", "text/html")},
        "meta": {"type": kind, "numItems": items},
    }
