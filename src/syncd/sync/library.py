"""A library as the local index knows it, and records of papers beside it: what a paper is looked for in. Pure."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Any, Protocol

from syncd.model import Identifiers
from syncd.parse.markup import plain
from syncd.parse.record import one_line
from syncd.text.identifiers import arxiv_id, doi
from syncd.text.patterns import pattern
from syncd.text.titles import MOST_LETTERS, digest_of_text, fold_name, fold_title, words_of

# By so many authors a paper can be found.
MOST_AUTHORS = 20
NO_PAPER = frozenset({"attachment", "note", "annotation"})
# Made once: `json.dumps` would make one for each item.
_as_text = json.JSONEncoder(ensure_ascii=False).encode
MARKUP = pattern(r"[<&\\$^]", hostile="a")
"""A sign that may be left of markup in a title."""


@dataclass(frozen=True)
class IndexedItem:
    """An item of a library, as the local index holds it.

    Attributes:
        key: Zotero's key.
        version: the item's version.
        item_type: Zotero's name of the type.
        parent: the key of the item that it is a child of.
        trashed: it is in the trash.
        folded_title: `fold_title` of its title.
        folded_surname: `fold_name` of its first creator's surname.
        year: of its date, if that has one.
        identifiers: its DOI and arXiv id.
        raw: the item's data as JSON text.
        abstract: `digest_of_text` of its abstract.
        words: `words_of` its title.
        read_anew: `fold_title` of its title where that is another once markup in it is read; else empty.
        authors: `authors_of` its creators.
    """

    key: str
    version: int
    item_type: str
    parent: str | None
    trashed: bool
    folded_title: str
    folded_surname: str
    year: int | None
    identifiers: Identifiers
    raw: str = field(repr=False)
    abstract: str = ""
    words: str = ""
    read_anew: str = ""
    authors: str = ""

    @cached_property
    def data(self) -> dict[str, Any]:
        """The item's fields as Zotero has them; parsed on first use."""
        parsed: dict[str, Any] = json.loads(self.raw)
        return parsed


def indexed(data: Mapping[str, Any], version: int, parsed_date: str | None = None) -> IndexedItem:
    """Return the index entry of an item's data."""
    creators = data.get("creators") or [{}]
    first = creators[0]
    title = str(data.get("title") or "")
    year = (parsed_date or str(data.get("date", "")))[:4]
    return IndexedItem(
        key=data["key"],
        version=version,
        item_type=data.get("itemType", ""),
        parent=data.get("parentItem") or None,
        trashed=bool(data.get("deleted")),
        folded_title=fold_title(title) if title else "",
        folded_surname=fold_name(first.get("lastName") or first.get("name") or ""),
        year=int(year) if year.isdigit() and len(year) == 4 else None,
        identifiers=identifiers_of(data),
        raw=_as_text(data),
        abstract=digest_of_text(str(data.get("abstractNote", ""))),
        words=words_of(title),
        read_anew=_read_anew(title),
        authors=authors_of(str(one.get("lastName") or one.get("name") or "") for one in creators),
    )


def authors_of(surnames: Iterable[str]) -> str:
    """Return folded surnames, those of the first authors, each once and with blanks between."""
    return " ".join(
        dict.fromkeys(folded for name in islice(surnames, MOST_AUTHORS) if (folded := fold_name(name)))
    )


def _read_anew(title: str) -> str:
    """Return the folded title once markup in it is read that an earlier syncd did not know; empty if there is none."""
    if not MARKUP.search(title):
        return ""
    read = one_line(plain(title))
    return fold_title(read) if read != title else ""


def identifiers_of(data: Mapping[str, Any]) -> Identifiers:
    """Read DOI and arXiv id from wherever users and translators put them."""
    lines = str(data.get("extra", "")).splitlines()
    extra_doi = next((line.partition(":")[2] for line in lines if line.lower().startswith("doi:")), "")
    extra_arxiv = next((line for line in lines if line.lower().startswith("arxiv")), "")
    texts = (
        data.get("archiveID", ""),
        data.get("DOI", ""),
        data.get("url", "") if "arxiv.org" in str(data.get("url", "")) else "",
        extra_arxiv,
        extra_doi,
    )
    return Identifiers(
        doi=doi(str(data.get("DOI", ""))) or doi(extra_doi),
        arxiv=next((found for text in texts if text and (found := arxiv_id(str(text)))), None),
    )


def replaced_by(item: IndexedItem) -> list[str]:
    """Return the keys of the items that were merged into this one, as Zotero notes them."""
    if "dc:replaces" not in item.raw:
        return []
    uris = item.data.get("relations", {}).get("dc:replaces", [])
    return [uri.rsplit("/", 1)[-1] for uri in ([uris] if isinstance(uris, str) else uris)]


@dataclass(frozen=True, slots=True)
class IndexedCollection:
    """A collection of a library."""

    key: str
    name: str
    parent: str | None
    trashed: bool


@dataclass(frozen=True)
class LibraryView:
    """A library at one version, as the local index knows it.

    Attributes:
        prefix: "users/475425".
        version: the library's version that this is a view of.
        items: by key, children and trashed ones too.
        collections: by key.
        deleted: keys in the library's deletion log.
        others: other names of the same library, under which keys may have been made: a person's own library is
            "users/0" on a desktop that is not signed in.
    """

    prefix: str
    version: int
    items: Mapping[str, IndexedItem]
    collections: Mapping[str, IndexedCollection]
    deleted: frozenset[str]
    others: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The library's names; new keys are made under the first."""
        return (self.prefix, *self.others)

    @cached_property
    def papers(self) -> tuple[IndexedItem, ...]:
        """Items that can be a paper, trashed ones last."""
        found = [item for item in self.items.values() if not item.parent and item.item_type not in NO_PAPER]
        return tuple(sorted(found, key=lambda item: (item.trashed, item.version, item.key)))

    @cached_property
    def by_doi(self) -> Mapping[str, list[IndexedItem]]:
        """Papers by DOI."""
        return _grouped((item.identifiers.doi, item) for item in self.papers)

    @cached_property
    def by_arxiv(self) -> Mapping[str, list[IndexedItem]]:
        """Papers by arXiv id."""
        return _grouped((item.identifiers.arxiv, item) for item in self.papers)

    @cached_property
    def by_title(self) -> Mapping[str, list[IndexedItem]]:
        """Papers by folded title."""
        return _grouped((item.folded_title, item) for item in self.papers)

    @cached_property
    def by_abstract(self) -> Mapping[str, list[IndexedItem]]:
        """Papers by the digest of their abstract."""
        return _grouped((item.abstract, item) for item in self.papers)

    @cached_property
    def titles(self) -> Mapping[str, str]:
        """The folded titles of papers, by key, as far as they are compared."""
        return {item.key: item.folded_title[:MOST_LETTERS] for item in self.papers if item.folded_title}

    @cached_property
    def words(self) -> Mapping[str, str]:
        """The words of the same titles, as `words_of` gives them."""
        return {key: self.items[key].words for key in self.titles}

    @cached_property
    def children(self) -> Mapping[str, list[IndexedItem]]:
        """Children by their parent's key, trashed ones too."""
        return _grouped((item.parent, item) for item in self.items.values())

    @cached_property
    def winners(self) -> Mapping[str, str]:
        """For an item that was merged away, the key of the item that took its place."""
        found: dict[str, str] = {}
        for item in self.papers:
            found |= dict.fromkeys(replaced_by(item), item.key)
        return found

    def living(self, key: str) -> IndexedItem | None:
        """Return the item that `key` leads to, merges followed; None where it is gone for good."""
        seen: set[str] = set()
        while key not in seen:
            seen.add(key)
            item = self.items.get(key)
            if item is not None and not item.trashed:
                return item
            key = self.winners.get(key, key)
        return self.items.get(key)


class Searched(Protocol):
    """Items in which a paper is looked for: a library's, or records of papers."""

    @property
    def items(self) -> Mapping[str, IndexedItem]:
        """All, by a name of their own."""
        ...

    @property
    def by_doi(self) -> Mapping[str, list[IndexedItem]]:
        """Those with a DOI, by it."""
        ...

    @property
    def by_arxiv(self) -> Mapping[str, list[IndexedItem]]:
        """Those with an arXiv id, by it."""
        ...

    @property
    def by_title(self) -> Mapping[str, list[IndexedItem]]:
        """By folded title."""
        ...

    @property
    def by_abstract(self) -> Mapping[str, list[IndexedItem]]:
        """Those with an abstract, by its digest."""
        ...

    @property
    def titles(self) -> Mapping[str, str]:
        """The folded titles, by name."""
        ...

    @property
    def words(self) -> Mapping[str, str]:
        """The words of the same titles, as `words_of` gives them."""
        ...


class Records:
    """Papers as their sources describe them, each with the key of its item: that may look otherwise, or be gone."""

    def __init__(self) -> None:
        self.items: dict[str, IndexedItem] = {}
        self.by_doi: defaultdict[str, list[IndexedItem]] = defaultdict(list)
        self.by_arxiv: defaultdict[str, list[IndexedItem]] = defaultdict(list)
        self.by_title: defaultdict[str, list[IndexedItem]] = defaultdict(list)
        self.by_abstract: defaultdict[str, list[IndexedItem]] = defaultdict(list)
        self.titles: dict[str, str] = {}
        self.words: dict[str, str] = {}

    def add(self, paper: str, record: IndexedItem) -> None:
        """Add a paper's record by its create-once key."""
        self.items[paper] = record
        self.titles[paper] = record.folded_title[:MOST_LETTERS]
        self.words[paper] = record.words
        for group, name in (
            (self.by_doi, record.identifiers.doi),
            (self.by_arxiv, record.identifiers.arxiv),
            (self.by_title, record.folded_title),
            (self.by_abstract, record.abstract),
        ):
            if name:
                group[name].append(record)


def _grouped(pairs: Iterable[tuple[str | None, IndexedItem]]) -> Mapping[str, list[IndexedItem]]:
    groups: defaultdict[str, list[IndexedItem]] = defaultdict(list)
    for name, item in pairs:
        if name:
            groups[name].append(item)
    return groups
