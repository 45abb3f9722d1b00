"""Items, collections and tags as JSON of the Web API, in the real server's shape and order.

Pure, but for counts that the caller brings along.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from syncd.zotero import schema

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .objects import Collection, Item

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
