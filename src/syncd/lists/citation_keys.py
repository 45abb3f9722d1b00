"""What papers are cited by: as their owner says in Zotero, else by first author, year and first word of the title.

A derived key is remembered. It stays when a title is mended, a preprint is published or another paper comes that would
have the same, so that documents go on to find it. The key of that other paper gets a part of its Zotero key.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from syncd.lists.reference import FIRST, own_citation_key
from syncd.text.dates import YEAR
from syncd.text.names import PARTICLES
from syncd.text.patterns import pattern
from syncd.text.titles import fold_name, fold_title

FORBIDDEN = pattern(r"[^\w+:./-]+", hostile="é")
"""What neither BibTeX, LaTeX nor BibLaTeX's biber lets a key have."""

WORD = pattern(r"[^\W_]+", hostile="a")
ASCII = pattern(r"[a-z0-9]+", hostile="a")
# fmt: off
SMALL_WORDS = frozenset({
    "a", "an", "and", "are", "as", "at", "by", "can", "for", "from", "in", "is", "of", "on", "or", "the", "to", "with",
    "das", "de", "del", "der", "des", "die", "do", "ein", "eine", "el", "gli", "il", "la", "las", "le", "les", "lo",
    "los", "un", "una", "une", "zum", "zur", "über",
})
# fmt: on
"""Words at the start of a title that say nothing of it."""

# So many letters of the Zotero key stand behind a key that is taken.
SHORTEST, LONGEST = 2, 8


def given(data: Mapping[str, Any]) -> str:
    """Return the key that somebody gave an item in Zotero, without what LaTeX does not take; empty where nobody did."""
    return FORBIDDEN.sub("-", own_citation_key(data)).strip("-")


def derived(data: Mapping[str, Any]) -> str:
    """Return the key that an item is cited by where nobody gave it one.

    >>> he = {"creatorType": "author", "firstName": "Pengcheng", "lastName": "He"}
    >>> derived({"title": "The DeBERTa model", "date": "2021-06", "creators": [he]})
    'he2021deberta'
    >>> derived({"key": "ABCD2345", "title": "你好"})
    'abcd2345'
    """
    people = [one for one in data.get("creators") or () if isinstance(one, dict)]
    first = next((one for one in people if one.get("creatorType") in FIRST), people[0] if people else {})
    names = str(first.get("lastName") or first.get("name") or "").split()
    while len(names) > 1 and names[0] in PARTICLES:
        names = names[1:]
    year = YEAR.search(str(data.get("date") or ""))
    title = (word[0] for word in WORD.finditer(str(data.get("title") or "")))
    words = (_ascii(fold_title(word)) for word in title if word.casefold() not in SMALL_WORDS)
    said = _ascii(fold_name(" ".join(names))) + (year[0] if year else "") + next(filter(None, words), "")
    return said or str(data.get("key", "")).lower()


def _ascii(folded: str) -> str:
    return "".join(ASCII.findall(folded))


def apart(name: str, key: str, used: Collection[str]) -> str:
    """Return a name that nobody has: this one, or it with as much of the Zotero key behind it as is needed.

    Args:
        name: the one that is wished for.
        key: the Zotero key.
        used: the names that are taken, in small letters: to BibTeX two that differ in capitals are one.

    >>> apart("He2021deberta", "ABCD2345", {"he2021deberta"})
    'He2021deberta-ab'
    """
    tail = key.lower()
    longer = (f"{name}-{tail[:length]}" for length in range(SHORTEST, LONGEST + 1))
    return next((one for one in (name, *longer) if one.lower() not in used), f"{name}-{tail}")


def assigned(wishes: Iterable[tuple[str, str]], used: Collection[str]) -> dict[str, str]:
    """Return by Zotero key what papers are cited by that have no key yet.

    Args:
        wishes: the Zotero key of each, and the name that it would have; who comes first gets it.
        used: the names that are taken.
    """
    names, taken = {}, set(used)
    for key, wish in wishes:
        names[key] = apart(wish, key, taken)
        taken.add(names[key])
    return names
