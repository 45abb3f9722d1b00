"""Finds items of a library, and records of papers, by identifiers, titles, authors and abstracts.

Ordinary tables and indexes, the same in every database. Each question costs what it finds, not what there is.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeVar

import sqlalchemy as sa

from syncd.state import tables as db
from syncd.state.store import Store, add, aside, upsert
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
# A word that more entries have, or an author of more, does not tell enough. Of a paper that syncd pushed there are two
# entries, its item and what its source said.
MOST_WITH_WORD = 500
# Two titles that are nearly alike have one of so many words in common.
ENOUGH = 3
# Of titles without rare words, those by the same first author are compared, no more than these.
MOST_BY_AUTHOR = 2000
# How many times as long as another a title can be that is nearly alike.
MOST_LONGER = (2 - MIN_TITLE) / MIN_TITLE + 0.05
# With fewer such words and authors, papers of the first author are compared as well.
FEW = 3


# The number of a title is so many times one for its letters, plus its length.
LENGTHS = 1 << 10
KINDS: tuple[Kind, ...] = ("item", "said", "asked")

# For several words at once, how many entries have each, or one more than are looked at.
_COUNTS = sa.text(
    " UNION ALL ".join(
        f"SELECT :word{place}, (SELECT count(*) FROM (SELECT 1 FROM title_word WHERE library = :library"  # noqa: S608 - numbers
        f" AND word = :word{place} LIMIT {MOST_WITH_WORD + 1}) AS some{place})"
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


def number_of_title(folded: str, words: str) -> int:
    """Return the number of a title, which hardly another has, and which tells how long it is.

    Args:
        folded: `fold_title` of it.
        words: `words_of` it.

    >>> number_of_title("bert", "bert") % LENGTHS
    4
    """
    letters = f"{folded[:MOST_LETTERS]}\n{words}".encode()
    return zlib.crc32(letters) * LENGTHS + min(len(folded), MOST_LETTERS)


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
    new, item, word = aside(db.title_word, "word", "key", "title"), db.index_item.c, db.title_word.c
    row_of = (sa.literal(library), new.c.word, sa.literal("item"), new.c.key, new.c.title)
    columns = (item.key, item.folded_title, item.words, item.authors, item.parent, item.item_type)
    query = sa.select(*columns).where(item.library == library).order_by(item.key).limit(ITEMS_AT_ONCE)
    with store.turns() as connection:
        with connection.begin():
            new.create(connection)
        items, count, last = 0, 0, ""
        while True:
            with connection.begin():
                rows = connection.execute(query.where(item.key > last)).all()
                told = [
                    (number, row.key, title)
                    for row in rows
                    if _is_paper(row)
                    for title in (number_of_title(row.folded_title, row.words),)
                    for number in numbers_of(row.words, row.authors)
                ]
                add(connection, new, told)
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
                names = ("library", "word", "kind", "key", "title")
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


def _is_as_long(title: Title, number: int) -> bool:
    """Whether the title of this number is about as long, as one that is nearly alike is."""
    long, length = min(len(title.folded), MOST_LETTERS), number % LENGTHS
    return int(long / MOST_LONGER) <= length <= int(long * MOST_LONGER) + 1


def _nearly_alike(title: Title, others: Mapping[int, tuple[str, str]]) -> set[int]:
    """Return which titles, each folded and as words, are nearly alike one."""
    from rapidfuzz import fuzz, process  # noqa: PLC0415 - only a paper that is new needs it

    found: set[int] = set()
    for place, own in enumerate((title.folded[:MOST_LETTERS], title.words)):
        texts = {number: texts[place] for number, texts in others.items()}
        least = MIN_TITLE * 100
        like = process.extract(own, texts, scorer=fuzz.ratio, score_cutoff=least, limit=None)
        found.update(number for _, _, number in like)
    return found


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
            {"library": self._library, "word": word, "kind": kind, "key": entry.key, "title": title}
            for entry in papers
            for title in (number_of_title(entry.folded_title, entry.words),)
            for word in numbers_of(entry.words, entry.authors)
        ]
        upsert(self._connection, db.title_word, rows)

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

    def alike(self, titles: Sequence[Title]) -> dict[Kind, dict[Title, set[str]]]:
        """Return by kind and title the keys of those whose titles are nearly alike, as `match.near` compares them.

        They have one of a title's rarest words in common; where that has few, an author of whom there are not too
        many papers; and where there is hardly any of these, the first author. What has none of that is not found.
        """
        numbers = {title: numbers_of(title.words, title.authors) for title in titles}
        counts = self._counted(number for each in numbers.values() for number in each)
        # By word the titles that have it, by title whose it is: what a source said is most often what the library has.
        having, whose = defaultdict[int, set[int]](set), defaultdict[int, set[tuple[Kind, str]]](set)
        told = (number for title in numbers for number in _telling(title, counts))
        for word, kind, key, number in self._with_words(told):
            having[word].add(number)
            whose[number].add((kind, key))
        near: dict[Title, set[int]] = {}
        texts: dict[int, tuple[str, str]] = {}
        for title, several in numbers.items():
            found = set[int]().union(*(having[word] for word in several if word in having))
            near[title] = {number for number in found if _is_as_long(title, number)}
            if title.authors and _tells_little(several, counts):
                for kind, key, folded, words in self._by_first_author(title):
                    number = number_of_title(folded, words)
                    near[title].add(number)
                    whose[number].add((kind, key))
                    texts[number] = folded, words
        texts |= self._texts(
            {number: min(whose[number]) for each in near.values() for number in each - texts.keys()}
        )
        like: dict[Kind, dict[Title, set[str]]] = {kind: {title: set() for title in titles} for kind in KINDS}
        for title, those in near.items():
            for number in _nearly_alike(title, {number: texts[number] for number in those}):
                for kind, key in whose[number]:
                    like[kind][title].add(key)
        return like

    def _counted(self, numbers: Iterable[int]) -> dict[int, int]:
        """Return how many entries have each word, counted no further than is looked at."""
        counts: dict[int, int] = {}
        for part in chunks(numbers, AT_ONCE):
            words = {f"word{place}": number for place, number in enumerate(part)}
            nobody = {f"word{place}": -1 for place in range(AT_ONCE)}
            which = {**nobody, **words, "library": self._library}
            counts |= {row[0]: row[1] for row in self._connection.execute(_COUNTS, which)}
        return counts

    def _with_words(self, numbers: Iterable[int]) -> Iterator[sa.Row[int, Kind, str, int]]:
        """Yield what has these words: the word, the kind and the key, the number of the title."""
        word = db.title_word.c
        query = sa.select(word.word, word.kind, word.key, word.title).where(word.library == self._library)
        for part in chunks(numbers):
            yield from self._connection.execute(query.where(word.word.in_(part))).all()

    def _texts(self, owners: Mapping[int, tuple[Kind, str]]) -> dict[int, tuple[str, str]]:
        """Return titles by their numbers, folded and as words, each of one that has it."""
        texts: dict[int, tuple[str, str]] = {}
        for kind in KINDS:
            numbers = {key: number for number, (of, key) in owners.items() if of == kind}
            query, its = self._titles_of(kind), self._table(kind).c
            for part in chunks(numbers):
                for row in self._connection.execute(query.where(its.key.in_(part))).all():
                    texts[numbers[row.key]] = row.folded_title[:MOST_LETTERS], row.words
        return texts

    def _by_first_author(self, title: Title) -> Iterator[tuple[Kind, str, str, str]]:
        """Yield what is by the same first author and about as long: kind, key, folded title, its words."""
        long, author = min(len(title.folded), MOST_LETTERS), title.authors.partition(" ")[0]
        for kind in KINDS:
            length = sa.func.length(self._table(kind).c.folded_title)
            query = self._titles_of(kind).where(
                self._table(kind).c.folded_surname == author,
                length.between(int(long / MOST_LONGER), int(long * MOST_LONGER) + 1),
            )
            for row in self._connection.execute(query.limit(MOST_BY_AUTHOR)).all():
                yield kind, row.key, row.folded_title[:MOST_LETTERS], row.words

    def _titles_of(self, kind: Kind) -> sa.Select[Any]:
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
        upsert(self._connection, db.record, [row])
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
