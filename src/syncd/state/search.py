"""Finds items of a library, and records of papers, by identifiers, titles, authors and abstracts.

Ordinary tables and indexes, the same in every database. Each question costs what it finds, not what there is.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeVar

import sqlalchemy as sa

from syncd.state import store as db
from syncd.state.store import Store
from syncd.sync.action import Said
from syncd.sync.library import NO_PAPER, IndexedItem
from syncd.sync.match import MIN_TITLE
from syncd.sync.recognise import as_item
from syncd.text.titles import MOST_LETTERS

T = TypeVar("T", str, int)
# "item" is an item of the library; the others are records: see `store.record`.
Kind = Literal["item", "said", "asked"]
# So many values go into one statement.
CHUNK = 500
# So many words are counted at once.
AT_ONCE = 50
# Words that nearly every title has are no help.
# fmt: off
COMMON = frozenset({
    "a", "an", "and", "are", "as", "at", "by", "for", "from", "how", "in", "is", "it", "of", "on", "or", "the", "to",
    "toward", "use", "via", "what", "with",
})
# fmt: on
# So many items, and so many of their words, are noted in one transaction where those of a whole library are.
ITEMS_AT_ONCE = 2_000
WORDS_AT_ONCE = 500_000
# Numbers of words are below this.
NUMBERS = 1 << 31
# What marks an author among words.
AUTHOR = "@"
# A word that more titles have, or an author of more papers, does not tell enough.
MOST_WITH_WORD = 250
# Two titles that are nearly alike have one of so many words in common.
ENOUGH = 3
# Of titles without rare words, those by the same first author are compared, no more than these.
MOST_BY_AUTHOR = 2000
# How many times as long as another a title can be that is nearly alike.
MOST_LONGER = (2 - MIN_TITLE) / MIN_TITLE + 0.05
# With fewer such words and authors, papers of the first author are compared as well.
FEW = 3


# For several words at once, how many titles have each, or one more than are looked at.
_COUNTS = sa.text(
    " UNION ALL ".join(
        f"SELECT :word{place}, (SELECT count(*) FROM (SELECT 1 FROM title_word WHERE library = :library"  # noqa: S608 - numbers
        f" AND word = :word{place} AND kind = :kind LIMIT {MOST_WITH_WORD + 1}) AS some{place})"
        for place in range(AT_ONCE)
    )
)


class Title(NamedTuple):
    """What is compared of a paper's title.

    Attributes:
        folded: `fold_title` of it.
        words: `words_of` it.
        authors: `authors_of` the paper's authors.
    """

    folded: str
    words: str
    authors: str


def chunks(values: Iterable[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    """Yield values, each once and in order, in chunks that a statement takes."""
    every = sorted(set(values))
    for start in range(0, len(every), size):
        yield every[start : start + size]


def numbers_of(words: str, authors: str) -> list[int]:
    """Return what a paper is found by, as `title_word` has it: a number a word, a number an author.

    Two of them may have one number.

    >>> len(numbers_of("bert for the model of the model", "lee chen")), numbers_of("", "")
    (4, [])
    """
    named = [word for word in words.split() if word not in COMMON]
    named += [f"{AUTHOR}{author}" for author in authors.split()]
    return sorted({zlib.crc32(name.encode()) % NUMBERS for name in named})


def _rare(numbers: Iterable[int], counts: Mapping[int, int]) -> list[int]:
    """Return the words and authors that some papers have, and not too many."""
    return [number for number in numbers if 0 < counts[number] <= MOST_WITH_WORD]


def note_words(store: Store, library: int, tell: Callable[[int], None]) -> None:
    """Let all items of a library be found by their titles, whatever of it was noted before.

    The words go into their table in order: a million items have ten million, and in the order of the items each would
    go to another place. It takes many transactions, so that nobody waits long for a turn.

    Args:
        store: the database.
        library: its number.
        tell: is told how many items were noted, and may end it.
    """
    new, item, word = db.aside(db.title_word, "word", "key"), db.index_item.c, db.title_word.c
    row_of = (sa.literal(library), new.c.word, sa.literal("item"), new.c.key)
    columns = (item.key, item.words, item.authors, item.parent, item.item_type)
    query = sa.select(*columns).where(item.library == library).order_by(item.key).limit(ITEMS_AT_ONCE)
    with store.turns() as connection:
        with connection.begin():
            new.create(connection)
        items, count, last = 0, 0, ""
        while True:
            with connection.begin():
                rows = connection.execute(query.where(item.key > last)).all()
                told = [
                    (number, row.key)
                    for row in rows
                    if _is_paper(row)
                    for number in numbers_of(row.words, row.authors)
                ]
                db.add(connection, new, told)
            if not rows:
                break
            items, count, last = items + len(rows), count + len(told), rows[-1].key
            tell(items)
        parts = count // WORDS_AT_ONCE + 1
        for part in range(parts):
            # The last end is one more than an integer of 32 bits can be.
            first, end = (sa.literal(NUMBERS * one // parts, sa.BigInteger) for one in (part, part + 1))
            old = sa.and_(word.library == library, word.word >= first, word.word < end, word.kind == "item")
            found = sa.select(*row_of).where(new.c.word >= first, new.c.word < end)
            with connection.begin():
                connection.execute(sa.delete(db.title_word).where(old))
                in_order = found.order_by(new.c.word, new.c.key)
                names = ("library", "word", "kind", "key")
                connection.execute(sa.insert(db.title_word).from_select(names, in_order))
            tell(items)


def _is_paper(item: Any) -> bool:
    return not item.parent and item.item_type not in NO_PAPER


def _telling(title: Title, counts: Mapping[int, int]) -> list[int]:
    """Return the words by which a title is looked for, the rarest; and the authors where they are too few."""
    words = sorted(_rare(numbers_of(title.words, ""), counts), key=counts.__getitem__)[:ENOUGH]
    authors = [] if len(words) == ENOUGH else _rare(numbers_of("", title.authors), counts)
    return words + authors


def _tells_little(numbers: Sequence[int], counts: Mapping[int, int]) -> bool:
    """Whether a paper has hardly a word or an author that tells it from others, and one that does not."""
    common = any(counts[number] > MOST_WITH_WORD for number in numbers)
    return common and len(_rare(numbers, counts)) < FEW


class _Titles:
    """Titles that are looked at, each once: what a source said of a paper is most often what the library has."""

    def __init__(self) -> None:
        self._places: dict[tuple[str, str], int] = {}
        self._folded: list[str] = []
        self._words: list[str] = []
        # By kind and key, the place of the title; and by the place, whose it is.
        self._of: dict[tuple[Kind, str], int] = {}
        self._whose: list[list[tuple[Kind, str]]] = []

    def add(self, kind: Kind, rows: Iterable[Any]) -> set[int]:
        """Add titles: key, folded, words; return their places."""
        return {self._add((kind, key), folded[:MOST_LETTERS], words) for key, folded, words in rows}

    def _add(self, whose: tuple[Kind, str], folded: str, words: str) -> int:
        place = self._places.setdefault((folded, words), len(self._folded))
        if place == len(self._folded):
            self._folded.append(folded)
            self._words.append(words)
            self._whose.append([])
        if whose not in self._of:
            self._of[whose] = place
            self._whose[place].append(whose)
        return place

    def place(self, kind: Kind, key: str) -> int:
        """Return the place of a title."""
        return self._of[kind, key]

    def nearly_alike(self, title: Title, places: Sequence[int]) -> Iterator[tuple[Kind, str]]:
        """Yield whose titles are nearly alike one, of those at these places; some twice."""
        from rapidfuzz import fuzz, process  # noqa: PLC0415 - only a paper that is new needs it

        for own, texts in ((title.folded[:MOST_LETTERS], self._folded), (title.words, self._words)):
            others = [texts[place] for place in places]
            least = MIN_TITLE * 100
            for _, _, at in process.extract(own, others, scorer=fuzz.ratio, score_cutoff=least, limit=None):
                yield from self._whose[places[at]]


class Search:
    """Looks for papers in one library, within a transaction.

    Args:
        connection: the transaction.
        library: the library's number.
    """

    def __init__(self, connection: sa.Connection, library: int) -> None:
        self._connection = connection
        self._library = library

    # What there is

    def put(self, kind: Kind, entries: Sequence[IndexedItem]) -> None:
        """Let entries be found by their titles; others under their keys are found no more."""
        papers = [entry for entry in entries if _is_paper(entry)]
        self.drop_words(kind, [entry.key for entry in entries])
        rows = [
            {"library": self._library, "word": word, "kind": kind, "key": entry.key}
            for entry in papers
            for word in numbers_of(entry.words, entry.authors)
        ]
        db.upsert(self._connection, db.title_word, rows)

    def drop_words(self, kind: Kind, keys: Sequence[str]) -> None:
        """Let entries be found by their titles no more; they are still in their table."""
        table = self._table(kind)
        gone = [
            {"one": word, "of": row.key}
            for part in chunks(keys)
            for row in self._connection.execute(
                sa.select(table.c.key, table.c.words, table.c.authors).where(
                    self._are(kind), table.c.key.in_(part)
                )
            )
            for word in numbers_of(row.words, row.authors)
        ]
        if gone:
            word = db.title_word.c
            which = sa.and_(
                word.library == self._library,
                word.word == sa.bindparam("one"),
                word.kind == kind,
                word.key == sa.bindparam("of"),
            )
            self._connection.execute(sa.delete(db.title_word).where(which), gone)

    # What is asked

    def by(self, kind: Kind, column: str, values: Iterable[str | None]) -> dict[str, set[str]]:
        """Return the keys of those that have one of these values in a column, by the value."""
        table, found = self._table(kind), defaultdict[str, set[str]](set)
        query = sa.select(table.c[column].label("value"), table.c.key).where(self._are(kind))
        for part in chunks(value for value in values if value):
            for row in self._connection.execute(query.where(table.c[column].in_(part))):
                found[row.value].add(row.key)
        return found

    def alike(self, kinds: Sequence[Kind], titles: Sequence[Title]) -> dict[Kind, dict[Title, set[str]]]:
        """Return by kind and title the keys of those whose titles are nearly alike, as `match.near` compares them.

        They have one of a title's rarest words in common; where that has few, an author of whom there are not too
        many papers; and where there is hardly any of these, the first author. What has none of that is not found.
        """
        numbers = {title: numbers_of(title.words, title.authors) for title in titles}
        counts = {kind: self._counted(kind, {n for each in numbers.values() for n in each}) for kind in kinds}
        there, by_word = _Titles(), defaultdict[int, set[int]](set)
        for kind in kinds:
            told = (number for title in numbers for number in _telling(title, counts[kind]))
            found = self._with_words(kind, told)
            there.add(kind, self._titles(kind, {key for _, key in found}))
            for number, key in found:
                by_word[number].add(there.place(kind, key))
        like: dict[Kind, dict[Title, set[str]]] = {kind: {} for kind in kinds}
        for title, several in numbers.items():
            near = set[int]().union(*(by_word[number] for number in several if number in by_word))
            for kind in kinds:
                if title.authors and _tells_little(several, counts[kind]):
                    near |= there.add(kind, self._by_first_author(kind, title))
                like[kind][title] = set()
            for kind, key in there.nearly_alike(title, list(near)):
                like[kind][title].add(key)
        return like

    def _counted(self, kind: Kind, numbers: Iterable[int]) -> dict[int, int]:
        """Return how many titles have each word, counted no further than is looked at."""
        counts: dict[int, int] = {}
        for part in chunks(numbers, AT_ONCE):
            words = {f"word{place}": number for place, number in enumerate(part)}
            nobody = {f"word{place}": -1 for place in range(AT_ONCE)}
            which = {**nobody, **words, "library": self._library, "kind": kind}
            counts |= {row[0]: row[1] for row in self._connection.execute(_COUNTS, which)}
        return counts

    def _with_words(self, kind: Kind, numbers: Iterable[int]) -> list[tuple[int, str]]:
        """Return which of these words each has: the word and its key."""
        word = db.title_word.c
        query = sa.select(word.word, word.key).where(word.library == self._library, word.kind == kind)
        return [
            (number, key)
            for part in chunks(numbers)
            for number, key in self._connection.execute(query.where(word.word.in_(part))).all()
        ]

    def _titles(self, kind: Kind, keys: Iterable[str]) -> list[sa.Row[Any]]:
        """Return keys, folded titles and their words."""
        query = self._title_query(kind)
        return [
            row
            for part in chunks(keys)
            for row in self._connection.execute(query.where(self._table(kind).c.key.in_(part))).all()
        ]

    def _by_first_author(self, kind: Kind, title: Title) -> Sequence[sa.Row[Any]]:
        """Return the same of titles of the same first author that are about as long."""
        table, long = self._table(kind), min(len(title.folded), MOST_LETTERS)
        length = sa.func.length(table.c.folded_title)
        query = self._title_query(kind).where(
            table.c.folded_surname == title.authors.partition(" ")[0],
            length.between(int(long / MOST_LONGER), int(long * MOST_LONGER) + 1),
        )
        return self._connection.execute(query.limit(MOST_BY_AUTHOR)).all()

    def _title_query(self, kind: Kind) -> sa.Select[Any]:
        table = self._table(kind)
        return sa.select(table.c.key, table.c.folded_title, table.c.words).where(self._are(kind))

    def _table(self, kind: Kind) -> sa.Table:
        return db.index_item if kind == "item" else db.record

    def _are(self, kind: Kind) -> sa.ColumnElement[bool]:
        table = self._table(kind)
        here = table.c.library == self._library
        return here if kind == "item" else sa.and_(here, table.c.kind == kind)


class Records:
    """What sources said of papers, as it is searched.

    Args:
        connection: the transaction.
        library: the library's number.
    """

    def __init__(self, connection: sa.Connection, library: int) -> None:
        self._connection = connection
        self._library = library

    def put(self, kind: Kind, paper: str, said: Said) -> None:
        """Let a paper be found by what is said of it now, and by the profiles that list it."""
        entry = as_item(paper, said)
        Search(self._connection, self._library).put(kind, [entry])
        row = {
            "library": self._library,
            "kind": kind,
            "key": paper,
            "folded_title": entry.folded_title,
            "folded_surname": entry.folded_surname,
            "doi": entry.identifiers.doi,
            "arxiv": entry.identifiers.arxiv,
            "abstract": entry.abstract,
            "words": entry.words,
            "read_anew": entry.read_anew,
            "authors": entry.authors,
        }
        db.upsert(self._connection, db.record, [row])
        self._forget(db.listing, kind, [paper])
        listed = [
            {"library": self._library, "kind": kind, "profile": profile, "key": paper}
            for profile in said.listed
        ]
        if listed:
            self._connection.execute(sa.insert(db.listing), listed)

    def drop(self, kind: Kind, papers: Sequence[str]) -> None:
        """Let papers be found no more."""
        Search(self._connection, self._library).drop_words(kind, papers)
        for table in (db.record, db.listing):
            self._forget(table, kind, papers)

    def _forget(self, table: sa.Table, kind: Kind, papers: Sequence[str]) -> None:
        here = sa.and_(table.c.library == self._library, table.c.kind == kind)
        for part in chunks(papers):
            self._connection.execute(sa.delete(table).where(here, table.c.key.in_(part)))
