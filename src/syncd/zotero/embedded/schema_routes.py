"""Routes that tell about Zotero's schema: item types, fields, creator types, templates.

They are the same for every library and need no key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncd.zotero import schema

from . import query
from .exchange import json_answer
from .refusal import invalid, unsupported
from .representation import item_template

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .exchange import Answer, Exchange


def item_types(_: Exchange) -> Answer:
    """GET /itemTypes."""
    return json_answer(_labelled("itemType", (*schema.ITEM_TYPES, *schema.CHILD_TYPES)))


def item_fields(_: Exchange) -> Answer:
    """GET /itemFields."""
    return json_answer(_labelled("field", schema.all_fields()))


def item_type_fields(exchange: Exchange) -> Answer:
    """GET /itemTypeFields?itemType=TYPE."""
    return json_answer(_labelled("field", schema.fields(_item_type(exchange))))


def item_type_creator_types(exchange: Exchange) -> Answer:
    """GET /itemTypeCreatorTypes?itemType=TYPE."""
    return json_answer(_labelled("creatorType", schema.creator_types(_item_type(exchange))))


def creator_fields(_: Exchange) -> Answer:
    """GET /creatorFields."""
    labels = {"firstName": "First", "lastName": "Last", "name": "Name"}
    return json_answer([{"field": name, "localized": label} for name, label in labels.items()])


def new_item(exchange: Exchange) -> Answer:
    """GET /items/new?itemType=TYPE."""
    item_type, link_mode = _item_type(exchange), query.first(exchange.given, "linkMode")
    if item_type == "attachment":
        if not link_mode:
            raise invalid("linkMode required for itemType=attachment")
        if link_mode == "embedded_image":
            raise unsupported("embedded images")
        if link_mode not in schema.LINK_MODES:
            raise invalid(f"Invalid linkMode '{link_mode}'")
    return json_answer(item_template(item_type, link_mode if item_type == "attachment" else ""))


def _labelled(name: str, values: Iterable[str]) -> list[dict[str, str]]:
    return [{name: value, "localized": schema.label(value)} for value in values]


def _item_type(exchange: Exchange) -> str:
    item_type = query.first(exchange.given, "itemType")
    if not item_type:
        raise invalid("'itemType' not provided")
    if not schema.is_item_type(item_type):
        raise invalid(f"Invalid item type '{item_type}'")
    return item_type
