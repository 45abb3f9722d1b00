"""The part of a library, and of what is remembered of it, that a plan can touch.

Fetched by keys, identifiers, titles, authors and abstracts: it costs what the sources list, and not what there is. The
plan made from an excerpt is that of the whole, and tests hold the two against each other; but for a title that is only
nearly alike and has neither a word nor an author of its own, as `search` tells.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import sqlalchemy as sa

from syncd.messages import recalled
from syncd.model import Paper
from syncd.state import tables as db
from syncd.state.index import item_of
from syncd.state.rejections import Rejections
from syncd.state.search import CHUNK, KINDS, Search, Title, chunks
from syncd.state.standings import question_of, said_of_text
from syncd.state.state import State
from syncd.sync.action import Intake, Memory, Question, Refusal, Said, Verdict
from syncd.sync.belongs import MARK
from syncd.sync.library import IndexedCollection, IndexedItem, LibraryView, authors_of
from syncd.sync.match import MIN_ABSTRACT
from syncd.sync.merge import Base
from syncd.sync.paper_keys import PaperKey, paper_keys, possible_keys
from syncd.text.titles import digest_of_text, fold_title, words_of
from syncd.zotero import items

# As many values as a small push asks for at a time: of all that a `CHUNK` has room for, each would be filled in.
FEW = 20
# How statements name their values.
NAMES = tuple(f"value{place}" for place in range(CHUNK))


@cache
def _among(table: sa.Table, column: str, number: int) -> sa.TextualSelect:
    """Return what selects the rows of a library that have one of so many values in a column.

    As a text it is taken apart once; SQLAlchemy's own takes longer for that each time than the database for an answer.
    """
    values = ", ".join(f":{name}" for name in NAMES[:number])
    columns = ", ".join(f'"{one.name}"' for one in table.c)
    query = f'SELECT {columns} FROM "{table.name}" WHERE library = :library AND "{column}" IN ({values})'  # noqa: S608 - names of ours
    return sa.text(query).columns(*table.c)


# All that a key can be: a paper's own, its item's, that of an item above another or merged into another.
_KEYED = (
    *((table, "paper") for table in (db.claim, db.decision, db.standing, db.refusal)),
    *((table, "key") for table in (db.index_item, db.index_deletion, db.written, db.tombstone)),
    (db.index_item, "parent"),
    (db.replaced, "old"),
)


@cache
def _known(number: int, dialect: sa.Dialect) -> tuple[str, Sequence[str] | None]:
    """Return what selects those of so many keys of which anything is known; and its values, where they go by order.

    A paper that is new has a hundred keys that it might have had: asking once for each of them is cheaper than asking
    each table.
    """
    values = ", ".join(f"(:{name})" for name in NAMES[:number])
    there = " OR ".join(
        f'EXISTS (SELECT 1 FROM "{table.name}" WHERE library = :library AND "{column}" = asked.one)'  # noqa: S608 - names of ours
        for table, column in _KEYED
    )
    query = f"WITH asked (one) AS (VALUES {values}) SELECT one FROM asked WHERE {there}"  # noqa: S608 - names of ours
    compiled = sa.text(query).compile(dialect=dialect)
    return str(compiled), compiled.positiontup


@contextmanager
def excerpt(state: State, names: Sequence[str]) -> Iterator[Excerpt]:
    """Give an excerpt of a library, all of it as of one moment; empty yet.

    Args:
        state: what is remembered of the library, with its index.
        names: the library's names, the one that new keys are made under first.
    """
    # A plan is made of it meanwhile.
    with state.reading(at_length=True) as connection:
        yield Excerpt(connection, state.number, names)


class Excerpt:
    """What was fetched of one library, within a transaction for reading. It grows by what is asked for.

    Args:
        connection: the transaction.
        library: the library's number.
        names: the library's names, the one that new keys are made under first.
    """

    def __init__(self, connection: sa.Connection, library: int, names: Sequence[str]) -> None:
        self._connection = connection
        self._library = library
        self._names = tuple(names)
        self._search = Search(connection, library)
        # The keys that were looked for, and those of them of which anything is known.
        self._looked: set[str] = set()
        self._there: set[str] = set()
        # What was asked for already, by what was asked.
        self._asked: defaultdict[str, set[str]] = defaultdict(set)
        self._items: dict[str, IndexedItem] = {}
        self._written: dict[str, Base] = {}
        self._versions: dict[str, int] = {}
        self._seen: dict[str, Mapping[str, str]] = {}
        self._tombstones: set[str] = set()
        self._deleted: set[str] = set()
        self._collections: dict[str, IndexedCollection] = {}
        self._claims: dict[str, str] = {}
        self._said: dict[str, Said] = {}
        self._decisions: dict[str, dict[str, Verdict]] = {}
        self._dated: dict[str, dict[str, Verdict]] = {}
        self._rejected: dict[str, Mapping[str, Said | None]] = {}
        self._questions: dict[str, Question] = {}
        self._refusals: dict[str, Refusal] = {}
        self._restored: set[str] = set()
        self._places: dict[str, str] = {}

    # What comes of it

    def view(self) -> LibraryView:
        """Return what was fetched of the library."""
        version = self._connection.scalar(
            sa.select(db.library.c.version).where(db.library.c.id == self._library)
        )
        first, *others = self._names
        return LibraryView(
            first, int(version or 0), self._items, self._collections, frozenset(self._deleted), tuple(others)
        )

    def memory(self) -> Memory:
        """Return what is remembered of the items and papers that were asked for."""
        return Memory(
            written=self._written,
            versions=self._versions,
            seen=self._seen,
            claims=self._claims,
            said=self._said,
            questions=self._questions,
            collections=self._places,
            tombstones=frozenset(self._tombstones),
            decisions=self._decisions,
            dated=self._dated,
            rejected=self._rejected,
            refusals=self._refusals,
            restored=frozenset(self._restored),
        )

    # What it is of

    def plan(self, intakes: Sequence[Intake]) -> None:
        """Fetch what a plan of these profiles can touch."""
        self.file({intake.collection for intake in intakes})
        # What a part does not list is not missing, and is no matter.
        self.papers(self._listed({intake.name for intake in intakes if intake.profile.whole}))
        self._rejected |= Rejections(self._connection, self._library).by_profile(i.name for i in intakes)
        self.papers(paper for papers in self._rejected.values() for paper in papers)
        named = self._named(intakes)
        own = {one: self._own_keys(one) for one in named.values()}
        self.items(key for keys in own.values() for key in keys)
        gone = self._deleted | self._tombstones
        unknown = [paper for (_, paper), one in named.items() if not self._is_known(one, own[one], gone)]
        found = self._like(unknown)
        self._children(named, own, found)

    def _named(self, intakes: Sequence[Intake]) -> dict[tuple[str, Paper], PaperKey]:
        """Return the key of each paper; of the others that it may have, those are fetched that this depends on.

        Most papers were listed before, and have the first. To make all the others of each would take longer than all
        the rest of a plan of them.
        """
        listed = dict.fromkeys(paper for intake in intakes for paper in intake.papers)
        first = {paper: next(possible_keys(paper, self._names)) for paper in listed}
        self.papers(key for keys in first.values() for key in keys)
        every = cache(lambda paper: tuple(possible_keys(paper, self._names)))
        fetched: set[Paper] = set()
        wanted = {paper for paper, keys in first.items() if self._there.isdisjoint(keys)}

        def possible(paper: Paper, _: Sequence[str]) -> Iterator[tuple[str, ...]]:
            yield first[paper]
            wanted.add(paper)
            yield from every(paper)[1:]

        while True:
            self.papers(key for paper in wanted - fetched for keys in every(paper) for key in keys)
            fetched |= wanted
            named = paper_keys(self.view(), self.memory(), intakes, possible)
            if wanted <= fetched:
                return named

    def papers(self, papers: Iterable[str]) -> None:
        """Fetch what is remembered of papers, by their create-once keys, and the items that they are."""
        wanted = self._new("paper", papers)
        for row in self._rows(db.claim, "paper", wanted):
            self._claims[row.paper] = row.key
            if said := said_of_text(row.said):
                self._said[row.paper] = said
        for row in self._rows(db.decision, "paper", wanted):
            words = self._dated if row.key.startswith(MARK) else self._decisions
            words.setdefault(row.paper, {})[row.key] = row.verdict
        for row in self._rows(db.refusal, "paper", wanted):
            self._refusals[row.paper] = Refusal(row.digest, recalled(row.message))
        asked = set()
        for row in self._rows(db.standing, "paper", wanted):
            if row.cause == "review":
                # What may be an item that is there must not turn into a new one, however it was found then.
                asked |= {str(candidate["key"]) for candidate in json.loads(row.comparison)[1]}
            elif row.cause == "restored":
                self._restored.add(row.paper)
        claimed = {self._claims[paper] for paper in wanted if paper in self._claims}
        decided = {key for paper in wanted for key in self._decisions.get(paper, ())}
        self.items({*wanted, *claimed, *decided, *asked})

    def items(self, keys: Iterable[str]) -> None:
        """Fetch items by their keys, with what took their place in a merge, and with what hangs on them."""
        wanted = self._new("item", keys)
        while wanted:
            found = {row.key: item_of(row) for row in self._rows(db.index_item, "key", wanted)}
            self._items |= found
            self._deleted.update(row.key for row in self._rows(db.index_deletion, "key", wanted))
            hanging = {row.key: item_of(row) for row in self._rows(db.index_item, "parent", wanted)}
            self._items |= hanging
            self._asked["item"] |= hanging.keys()
            self._take_written(wanted | hanging.keys())
            wanted = self._new("item", {row.key for row in self._rows(db.replaced, "old", wanted)})

    def _take_written(self, keys: Iterable[str]) -> None:
        """Fetch what syncd wrote into items, and which of them are gone for good."""
        every = set(keys)
        for row in self._rows(db.written, "key", every):
            self._written[row.key] = Base.from_json(json.loads(row.base))
            self._versions[row.key] = row.version
            if row.seen:
                self._seen[row.key] = json.loads(row.seen)
        self._tombstones.update(row.key for row in self._rows(db.tombstone, "key", every))

    def file(self, paths: Iterable[tuple[str, ...]]) -> None:
        """Fetch the collections that paths of the settings may mean, and those above them."""
        parts = {path[:depth] for path in paths for depth in range(1, len(path) + 1)}
        for row in self._rows(db.collection, "path", {"/".join(part) for part in parts}):
            self._places[row.path] = row.key
        made = {items.collection_key(name, part) for part in parts for name in self._names}
        named = {part[-1] for part in parts}
        self._take_collections(self._rows(db.index_collection, "name", named))
        self.collections({*made, *self._places.values()})

    def collections(self, keys: Iterable[str]) -> None:
        """Fetch collections by their keys, and those above them."""
        wanted = set(keys) - self._asked["collection"]
        self._asked["collection"] |= wanted
        self._deleted.update(row.key for row in self._rows(db.index_deletion, "key", wanted))
        self._take_collections(self._rows(db.index_collection, "key", wanted))

    def _take_collections(self, rows: Iterable[sa.Row[Any]]) -> None:
        found = {row.key: IndexedCollection(row.key, row.name, row.parent, row.trashed) for row in rows}
        self._collections |= found
        if above := {
            one.parent for one in found.values() if one.parent and one.parent not in self._collections
        }:
            self.collections(above)

    def _listed(self, profiles: Iterable[str]) -> set[str]:
        """Return the papers that profiles listed before."""
        table = db.listing.c
        query = sa.select(table.key).where(table.library == self._library, table.kind == "said")
        return {
            key
            for part in chunks(profiles)
            for key in self._connection.scalars(query.where(table.profile.in_(part)))
        }

    def _own_keys(self, one: PaperKey) -> frozenset[str]:
        """Return the keys that a paper's item may have; none where that is known, with what syncd wrote into it."""
        if self._claims.get(one.key) in self._written:
            return frozenset()
        own = (one.key, *one.aliases)
        return frozenset(key for each in own for key in items.generations(self._names, each))

    def _is_known(self, one: PaperKey, own: frozenset[str], gone: set[str]) -> bool:
        """Whether anything tells already which item a paper is: one of its own keys is there, or gone, among it."""
        papers = {one.key, *one.aliases}
        decided = any("same" in self._decisions.get(paper, {}).values() for paper in papers)
        claimed = any(paper in self._claims for paper in papers)
        return decided or claimed or not (own.isdisjoint(self._items) and own.isdisjoint(gone))

    def _like(self, papers: Sequence[Paper]) -> dict[Paper, set[str]]:
        """Fetch what new papers may be, by all that tells papers; return the items by paper."""
        papers = list(dict.fromkeys(papers))
        found, said, asked = self._matches(papers)
        self.papers(one for several in said.values() for one in several)
        self._ask({one for several in asked.values() for one in several})
        for paper in papers:
            found[paper].update(self._claims.get(one, one) for one in said[paper])
            found[paper].update(key for one in asked[paper] for key in self._decisions.get(one, ()))
        self.items(key for keys in found.values() for key in keys)
        return found

    def _matches(self, papers: Sequence[Paper]) -> tuple[dict[Paper, set[str]], ...]:
        """Return by paper the keys of those that it may be: of items, of papers as they were said to be, and asked."""
        titles = {
            paper: Title(
                fold_title(paper.title),
                words_of(paper.title),
                authors_of(creator.family for creator in paper.creators),
            )
            for paper in papers
        }
        alike = self._search.alike(list(dict.fromkeys(titles.values())))
        told: Mapping[str, Callable[[Paper], str | None]] = {
            "folded_title": lambda paper: titles[paper].folded,
            "read_anew": lambda paper: titles[paper].folded,
            "doi": lambda paper: paper.identifiers.doi,
            "arxiv": lambda paper: paper.identifiers.arxiv,
            "abstract": lambda paper: (
                digest_of_text(paper.abstract) if len(paper.abstract) >= MIN_ABSTRACT else None
            ),
        }
        values = {column: {paper: value_of(paper) for paper in papers} for column, value_of in told.items()}
        found = []
        for kind in KINDS:
            like = {paper: set(alike[kind][title]) for paper, title in titles.items()}
            for column, of_papers in values.items():
                there = self._search.by(kind, column, of_papers.values())
                for paper, value in of_papers.items() if there else ():
                    like[paper] |= there.get(value or "", set())
            found.append(like)
        return tuple(found)

    def _ask(self, papers: Iterable[str]) -> None:
        """Fetch what the user is asked about papers that wait."""
        wanted = set(papers)
        self.papers(wanted)
        for row in self._rows(db.standing, "paper", wanted):
            if row.cause == "review" and (question := question_of(row)):
                self._questions[row.paper] = question

    def _children(
        self,
        named: Mapping[tuple[str, Paper], PaperKey],
        own: Mapping[PaperKey, frozenset[str]],
        like: Mapping[Paper, set[str]],
    ) -> None:
        """Fetch the links that papers bring, wherever they are now."""
        view = self.view()
        links: defaultdict[str, set[str]] = defaultdict(set)
        for (_, paper), one in named.items():
            if not paper.links:
                continue
            keys = {one.key, *one.aliases, *own[one], *like.get(paper, ())}
            for key in (one.key, *one.aliases):
                keys |= {self._claims.get(key, key), *self._decisions.get(key, ())}
            there = {item.key for key in keys if (item := view.living(key))}
            for parent in {one.key, *one.aliases, *there}:
                links[parent] |= {link.url for link in paper.links}
        self.items(
            items.child_key(name, parent, url)
            for parent, urls in links.items()
            for url in urls
            for name in self._names
        )

    # Asking

    def _new(self, what: str, keys: Iterable[str]) -> set[str]:
        """Return those of which anything is known and that were not asked for before."""
        wanted = set(keys)
        self._look_for(wanted - self._looked)
        new = (wanted & self._there) - self._asked[what]
        self._asked[what] |= new
        return new

    def _look_for(self, keys: set[str]) -> None:
        """Find out of which of these keys anything is known."""
        self._looked |= keys
        for part in chunks(keys):
            # No key is empty: what stands for those that are too few finds nothing.
            names = NAMES[: _room_for(part)]
            which = {
                "library": self._library,
                **dict.fromkeys(names, ""),
                **dict(zip(names, part, strict=False)),
            }
            # Looking at each of so many values would take longer than the database does.
            text, in_order = _known(len(names), self._connection.dialect)
            values = tuple(map(which.__getitem__, in_order)) if in_order else which
            self._there.update(self._connection.exec_driver_sql(text, values).scalars())

    def _rows(self, table: sa.Table, column: str, values: Iterable[str]) -> Iterator[sa.Row[Any]]:
        """Yield the rows that have one of these values in a column."""
        for part in chunks(values):
            # The last ones stand for all that are too few.
            names = NAMES[: _room_for(part)]
            which = {**dict.fromkeys(names, part[-1]), **dict(zip(names, part, strict=False))}
            query = _among(table, column, len(names))
            yield from self._connection.execute(query, {**which, "library": self._library}).all()


def _room_for(part: Sequence[str]) -> int:
    """Return how many values a statement has that is asked about these."""
    return FEW if len(part) <= FEW else CHUNK
