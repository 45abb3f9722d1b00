"""Three-way merge of one item: what syncd wrote, what the library has now, what the source says now.

Pure. The source changed and the library still has what syncd wrote: update. The library differs: the user
edited it, and the user wins, for good. What was taken away is never put back.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from syncd.text.patterns import pattern
from syncd.zotero import schema
from syncd.zotero.items import PREPRINT, SCORE_TAG, Draft, creators_of

Json = dict[str, Any]
AUTOMATIC = 1
SCHEMA = pattern(r' data-schema-version="\d+"', hostile=' data-schema-version="')
"""The version of Zotero's editor of notes: it writes its own, without anybody's doing, where a sync changes a note that
is open there."""
# Made once: `json.dumps` would make one for each value.
_as_text = json.JSONEncoder(sort_keys=True).encode
# Properties of an item that say nothing about what is in it.
NO_CONTENT = frozenset({"key", "version", "dateAdded", "dateModified", "deleted", "parentItem"})


@dataclass(frozen=True, slots=True)
class Base:
    """What syncd wrote into an item, to be compared with what is there later.

    Attributes:
        item_type: Zotero's name of the type.
        fields: text by field name. A field that is missing here is the user's own from the start.
        creators: as written; None where they are the user's own.
        tags: names of the tags that syncd added.
        collections: keys of the collections that syncd filed it into.
        links: addresses for which syncd added a child, or found one.
        adopted: the item was in the library before syncd.
        source: the profile whose record was written.
        sources: all profiles that contributed tags.
        paper: the create-once key of the paper whose record was written, where several are this item.
    """

    item_type: str
    fields: Mapping[str, str] = field(default_factory=dict)
    creators: tuple[Json, ...] | None = None
    tags: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    adopted: bool = False
    source: str = ""
    sources: tuple[str, ...] = ()
    paper: str = ""

    def to_json(self) -> Json:
        """Return it as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Json) -> Base:
        """Read what `to_json` gave."""
        creators = value["creators"]
        return cls(
            item_type=value["item_type"],
            fields=value["fields"],
            creators=None if creators is None else tuple(creators),
            tags=tuple(value["tags"]),
            collections=tuple(value["collections"]),
            links=tuple(value["links"]),
            adopted=value["adopted"],
            source=value["source"],
            sources=tuple(value["sources"]),
            paper=value.get("paper", ""),
        )


@dataclass(frozen=True, slots=True)
class Merged:
    """The outcome of a merge.

    Attributes:
        patch: the properties to write, as the API takes them; empty where nothing is to be written.
        changes: before and after of each changed property, for people.
        kept: names of properties where the user's edit stands against a newer source.
        base: what will have been written once `patch` is.
    """

    patch: Json
    changes: Mapping[str, tuple[Any, Any]]
    kept: tuple[str, ...]
    base: Base


def contents(data: Json) -> dict[str, str]:
    """Return a digest of each property of an item that is not blank, to tell later which of them somebody changed."""
    return {
        name: hashlib.sha256(canonical(name, value).encode()).hexdigest()[:8]
        for name, value in data.items()
        if value and name not in NO_CONTENT
    }


def contents_after(before: Mapping[str, str], sent: Json) -> dict[str, str]:
    """Return what `contents` would tell of an item after a write of some of its properties."""
    kept = {name: digest for name, digest in before.items() if name not in sent}
    return kept | contents(sent)


def canonical(name: str, value: Any) -> str:
    """Return a value as text, without the order of what has none."""
    if name == "tags":
        value = sorted((tag["tag"], tag.get("type", 0)) for tag in value)
    elif name == "collections":
        value = sorted(value)
    elif name == "note":
        value = SCHEMA.sub("", value)
    return _as_text(value)


def changed(before: Mapping[str, str], data: Json) -> tuple[str, ...]:
    """Return the properties of an item that are not as `contents` had them."""
    now = contents(data)
    return tuple(name for name in sorted(before.keys() | now.keys()) if before.get(name) != now.get(name))


def says(name: str, data: Json, base: Base, draft: Draft, collections: Iterable[str]) -> bool:
    """Whether a property of an item that syncd did not write last is as the source says.

    Args:
        name: of the property.
        data: what the library has.
        base: what syncd wrote.
        draft: what the source says.
        collections: keys of the collections that the item belongs into.
    """
    there = data.get(name)
    if name == "creators":
        return _plain(there or ()) == _plain(draft.creators)
    if name == "tags":
        tags = {entry["tag"] for entry in there or ()}
        return set(base.tags) & set(draft.tags) <= tags <= {*base.tags, *draft.tags}
    if name == "collections":
        return set(base.collections) <= set(there or ()) <= {*base.collections, *collections}
    if name == "itemType":
        return there == draft.item_type
    return name in draft.fields and (there or "") == draft.fields[name]


def fresh(draft: Draft, collections: Iterable[str]) -> Base:
    """Return the base of an item that is created from `draft`."""
    return Base(
        item_type=draft.item_type,
        fields=dict(draft.fields),
        creators=draft.creators,
        tags=draft.tags,
        collections=tuple(collections),
    )


def recovered(draft: Draft, collections: Iterable[str], data: Json) -> Base:
    """Return the base of an item that syncd created and has forgotten, from what can be told without memory.

    What equals the source was written by syncd. All else is taken for the user's, tags and collections that are
    missing for removed: better an update too few than an edit lost.
    """
    same = {name: text for name, text in draft.fields.items() if data.get(name, "") == text}
    creators = draft.creators if _plain(data.get("creators", ())) == _plain(draft.creators) else None
    return Base(
        item_type=str(data["itemType"]),
        fields=same,
        creators=creators,
        tags=draft.tags,
        collections=tuple(collections),
    )


def adopted(data: Json) -> Base:
    """Return the base of an item that the library had before: its blank fields may be filled, no more."""
    item_type = str(data["itemType"])
    fields = dict.fromkeys((name for name in schema.fields(item_type) if not data.get(name)), "")
    return Base(
        item_type=item_type, fields=fields, creators=None if data.get("creators") else (), adopted=True
    )


def merged_away(base: Base, data: Json) -> Base:
    """Return the base for an item of the user's own that the user merged syncd's item into.

    What the item has in its fields was there before the merge, or was chosen in it: it is the user's, also where
    syncd had written the same.
    """
    blank = {name: text for name, text in base.fields.items() if not data.get(name)}
    return replace(base, fields=blank, creators=None if data.get("creators") else base.creators)


def merge(base: Base, data: Json, draft: Draft, collections: Iterable[str]) -> Merged:
    """Merge a newer draft into an item.

    Args:
        base: what syncd wrote last.
        data: what the library has.
        draft: what the source says.
        collections: keys of the collections that the item belongs into.
    """
    merging = _Merging(base, data, draft)
    after = replace(
        base,
        item_type=merging.item_type(),
        fields=merging.fields(),
        creators=merging.creators(),
        tags=merging.tags(),
        collections=merging.collections(collections),
    )
    return Merged(merging.patch, merging.changes, tuple(merging.kept), after)


def beside(kept: Iterable[str], data: Json, draft: Draft) -> dict[str, tuple[Any, Any]]:
    """Return for each property that the user keeps the library's value and the source's."""
    source = {**draft.fields, "creators": list(draft.creators), "itemType": draft.item_type}
    return {name: (data.get(name, ""), source.get(name, "")) for name in kept}


@dataclass(slots=True)
class _Merging:
    """One merge on its way: each step returns its part of the new base and adds to what is to be written."""

    base: Base
    data: Json
    draft: Draft
    patch: Json = field(default_factory=dict)
    changes: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)

    def _write(self, name: str, before: Any, after: Any) -> None:
        self.patch[name] = after
        self.changes[name] = (before, after)

    def item_type(self) -> str:
        """Make a preprint what it was published as, unless the user changed the type or had it before."""
        base = self.base
        if self.draft.item_type == base.item_type or base.item_type != PREPRINT or base.adopted:
            return base.item_type
        if self.data["itemType"] != base.item_type:
            self.kept.append("itemType")
            return base.item_type
        self._write("itemType", base.item_type, self.draft.item_type)
        return self.draft.item_type

    def _written(self, valid: set[str]) -> dict[str, str]:
        """Return what syncd wrote into the fields of the type that the item will have: new ones are blank."""
        if "itemType" not in self.patch:
            return dict(self.base.fields)
        before = set(schema.fields(self.base.item_type))
        kept = {name: text for name, text in self.base.fields.items() if name in valid}
        return dict.fromkeys(valid - before, "") | kept

    def fields(self) -> dict[str, str]:
        """Write fields that the source changed and the user did not."""
        valid = set(schema.fields(str(self.patch.get("itemType", self.data["itemType"]))))
        base = self._written(valid)
        for name, wanted in self.draft.fields.items():
            written, there = base.get(name), str(self.data.get(name, ""))
            if written is None:
                # The user's own from the start, or forgotten and so taken for theirs.
                if not self.base.adopted and name in valid and there != wanted:
                    self.kept.append(name)
                continue
            if written == wanted:
                continue
            after = _extra(written, there, wanted) if name == "extra" else wanted
            theirs = after is None if name == "extra" else there != written
            if name not in valid or (theirs and there != wanted):
                self.kept.append(name)
                continue
            base[name] = wanted
            if there not in {wanted, after}:
                self._write(name, there, after)
        if "publisher" in valid and self.data.get("repository") and "itemType" in self.patch:
            # The server would make a publisher of the repository.
            self.patch.setdefault("publisher", "")
        return base

    def creators(self) -> tuple[Json, ...] | None:
        """Write the authors, as one field."""
        item_type = str(self.patch.get("itemType", self.data["itemType"]))
        written, there = self.base.creators, self.data.get("creators", ())
        wanted = creators_of(item_type, self.draft.creators)
        if "itemType" in self.patch and (written is None or _plain(there) != _plain(written)):
            # The server would make mere contributors of the user's own, where the new type has no authors.
            theirs = creators_of(item_type, there)
            if _plain(theirs) != _plain(there):
                self._write("creators", list(there), list(theirs))
        if written is None or _plain(wanted) == _plain(written):
            return written
        if _plain(there) == _plain(wanted):
            return wanted
        if _plain(there) != _plain(written):
            self.kept.append("creators")
            return written
        self._write("creators", list(there), list(wanted))
        return wanted

    def tags(self) -> tuple[str, ...]:
        """Add tags that the source has newly, take away automatic ones that it has no longer.

        A score's tag is set once: nothing is written because a score moved. An adopted item's tags are the
        user's.
        """
        if self.base.adopted:
            return self.base.tags
        written = [tag for tag in self.base.tags if not tag.startswith(SCORE_TAG)]
        wanted = [tag for tag in self.draft.tags if not tag.startswith(SCORE_TAG)]
        added = [tag for tag in wanted if tag not in written]
        gone = {tag for tag in written if tag not in wanted}
        there: list[Json] = self.data.get("tags", [])
        names = {entry["tag"] for entry in there}
        after = [entry for entry in there if entry["tag"] not in gone or entry.get("type") != AUTOMATIC]
        after += [{"tag": tag, "type": AUTOMATIC} for tag in added if tag not in names]
        if after != there:
            self._write("tags", there, after)
        return tuple(tag for tag in (*self.base.tags, *added) if tag not in gone)

    def collections(self, wanted: Iterable[str]) -> tuple[str, ...]:
        """File the item where it never was filed; where the user took it out, it stays out."""
        there: list[str] = self.data.get("collections", [])
        new = [key for key in wanted if key not in self.base.collections]
        missing = [key for key in new if key not in there]
        if missing:
            self._write("collections", there, [*there, *missing])
        return (*self.base.collections, *new)


def _extra(written: str, there: str, wanted: str) -> str | None:
    """Exchange syncd's own line of `extra` and leave all others; None where the user took that line away."""
    lines = there.splitlines()
    if not written:
        return there if wanted in lines else "\n".join([*lines, wanted])
    if written not in lines:
        return None
    return "\n".join(line for line in (wanted if line == written else line for line in lines) if line)


def _plain(creators: Iterable[Json]) -> list[Json]:
    """Return creators in one form, whatever order their properties have."""
    return [dict(sorted(creator.items())) for creator in creators]
