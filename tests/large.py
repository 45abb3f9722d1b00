"""Libraries of any size, made in the database of an embedded one; titles as papers have them."""

from __future__ import annotations

import json
import random
import sqlite3
from contextlib import closing
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

from syncd.zotero.embedded import database
from syncd.zotero.embedded.objects import Item

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

LETTERS = "23456789ABCDEFGHIJKLMNPQRSTUVWXYZ"
BATCH = 10_000
# KB of the database in memory while it is filled: indexes are not in the order of the keys.
CACHE = 400_000
# fmt: off
SYLLABLES = (
    "a", "al", "an", "ar", "ba", "be", "cal", "ce", "co", "con", "de", "di", "do", "el", "en", "er", "fa", "fi", "ga",
    "ge", "gra", "ha", "he", "hy", "i", "in", "ko", "la", "le", "li", "lo", "ma", "me", "mi", "mo", "na", "ne", "no",
    "o", "pa", "per", "pho", "po", "pro", "ra", "re", "ri", "ro", "sa", "se", "si", "so", "sta", "syn", "ta", "te",
    "the", "ti", "to", "tra", "tri", "u", "ul", "va", "ve", "vi", "xe", "zo",
)
KNOWN = (
    "learning", "model", "network", "deep", "language", "neural", "data", "analysis", "graph", "efficient", "large",
    "training", "robust", "adaptive", "multi", "diffusion", "transformer", "attention", "representation", "quantum",
    "optimization", "prediction", "detection", "estimation", "generative", "reinforcement", "semantic", "image",
)
# fmt: on
LINKS = ("for", "of", "with", "in", "and", "via", "on", "from", "the", "a")


def key(number: int) -> str:
    """Return the key of the item with this number: of Zotero's alphabet, in no order."""
    left, letters = (number * 1_000_003 + 12_345) % len(LETTERS) ** 8, ""
    for _ in range(8):
        left, at = divmod(left, len(LETTERS))
        letters += LETTERS[at]
    return letters


@cache
def vocabulary() -> tuple[list[str], list[float]]:
    """Return words and how often each is there, added up: few are frequent, most are rare, as Zipf found."""
    chance = random.Random(1)
    words = list(KNOWN)
    seen = set(words)
    while len(words) < 60_000:
        word = "".join(chance.choices(SYLLABLES, k=chance.choice((2, 3, 3, 4, 4, 5))))
        if word not in seen:
            seen.add(word)
            words.append(word)
    total, sums = 0.0, []
    for rank in range(len(words)):
        total += 1 / (rank + 3)
        sums.append(total)
    return words, sums


def title(chance: random.Random) -> str:
    """Return a title of four to fourteen words."""
    words, sums = vocabulary()
    picked = chance.choices(words, cum_weights=sums, k=chance.randint(4, 11))
    for at in range(2, len(picked), 4):
        picked[at] = f"{picked[at]} {chance.choice(LINKS)}"
    made = " ".join(picked)
    return made[0].upper() + made[1:]


def items(count: int, first: int = 0) -> Iterator[Item]:
    """Yield papers, the same each time."""
    return _papers(range(first, first + count))


def _papers(numbers: Iterable[int]) -> Iterator[Item]:
    words, _ = vocabulary()
    abstract = " ".join(words)
    for number in numbers:
        chance = random.Random(number)
        people = [
            {"creatorType": "author", "firstName": "Ann B.", "lastName": chance.choice(words).title()}
            for _ in range(3)
        ]
        start = chance.randrange(len(abstract) - 700)
        year = 1990 + number % 35
        yield Item(
            key(number),
            "preprint",
            number + 2,
            date_added=f"{year}-01-01T00:00:00Z",
            date_modified=f"{year}-01-01T00:00:00Z",
            data={
                "title": title(chance),
                "creators": people,
                "abstractNote": f"{number}. {abstract[start : start + 700]}",
                "date": f"{year}-{number % 12 + 1:02}-01",
                "DOI": f"10.5555/{number}",
                "url": f"https://example.org/{number}",
                "tags": [{"tag": chance.choice(KNOWN)}],
            },
        )


def fill(path: Path, count: int, library: str = "users/1") -> None:
    """Make an embedded library of so many papers, each of a version of its own.

    Args:
        path: its file, which is made.
        count: how many.
        library: its name.
    """
    database.prepare(path, library)
    rows = _papers(sorted(range(count), key=key))
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute(f"PRAGMA cache_size = -{CACHE}")
        connection.execute("BEGIN")
        while batch := list(islice(rows, BATCH)):
            connection.executemany(
                "INSERT INTO items (library, key, item_type, version, parent, trashed, date_added, date_modified,"
                " data, title, creators, creator, date, type_label) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                [
                    (
                        *(library, item.key, item.item_type, item.version, None, False),
                        *(item.date_added, item.date_modified, json.dumps(item.data)),
                        *item.search_columns(),
                    )
                    for item in batch
                ],
            )
        connection.execute("UPDATE libraries SET version = ? WHERE name = ?", (count + 1, library))
        connection.execute("COMMIT")


# What state remembers of papers, as if each item of the library were one that syncd pushed.
REMEMBER = """
INSERT INTO written (library, key, base, version, run)
    SELECT library, key, '{"item_type": "preprint", "fields": {}, "creators": null, "tags": [], "links": [],
        "collections": [], "adopted": false, "source": "", "sources": []}', version, 'bench'
    FROM index_item ORDER BY key;
INSERT INTO claim (library, paper, key) SELECT library, key, key FROM index_item ORDER BY key;
INSERT INTO record
    (library, kind, key, folded_title, folded_surname, doi, arxiv, abstract, words, read_anew, authors)
    SELECT library, 'said', key, folded_title, folded_surname, doi, arxiv, abstract, words, read_anew, authors
    FROM index_item ORDER BY key;
INSERT INTO title_word (library, word, kind, key, title)
    SELECT library, word, 'said', key, title FROM title_word WHERE kind = 'item' ORDER BY library, word, key;
INSERT INTO listing (library, kind, profile, key)
    SELECT library, 'said', 'other', key FROM index_item ORDER BY key;
"""


def remember_all(state: Path) -> None:
    """Let state know each item of the library as a paper that syncd pushed."""
    with closing(sqlite3.connect(state)) as connection:
        settings = f"PRAGMA synchronous = OFF; PRAGMA cache_size = -{CACHE}"
        connection.executescript(f"{settings}; BEGIN; {REMEMBER} COMMIT;")
