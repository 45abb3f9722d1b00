"""Create-once keys: the Zotero keys of what syncd creates, derived from what every source knows at first sight.

A key never depends on an identifier, which may appear later, nor on this machine. So a second machine or a
lost state derives the same key, and the server refuses to create it twice (design.md, decision 3). A change
here would make every library's papers strangers: the values are pinned by tests.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Zotero's own alphabet: without 0, 1 and O.
ALPHABET = "23456789ABCDEFGHIJKLMNPQRSTUVWXYZ"
LENGTH = 8
# How often one paper can be erased and restored.
MOST_RESTORED = 10


def item_key(library: str, folded_title: str, folded_surname: str, *distinctions: str) -> str:
    """Return the key of a paper's item.

    Args:
        library: the library as Zotero's API addresses it, such as "users/475425".
        folded_title: `text.titles.fold_title` of the paper's title.
        folded_surname: `text.titles.fold_name` of the first author's surname; may be empty.
        distinctions: year and counter, where identifiers say that another paper has the plain key.
    """
    return _derive("item", library, folded_title, folded_surname, *distinctions)


def generations(names: Sequence[str], key: str) -> Iterator[str]:
    """Yield the keys that a paper's item may have: its own, and one for each time that it was restored.

    A key that was erased stays dead: bringing it back would surprise every client that has erased it.

    Args:
        names: the library's names, the one that new keys are made under first.
        key: the paper's own.
    """
    yield key
    for count in range(1, MOST_RESTORED):
        for name in names:
            yield _derive("item", name, key, "restored", str(count))


def child_key(library: str, parent: str, url: str) -> str:
    """Return the key of the attachment that links an item with the key `parent` to `url`."""
    return _derive("child", library, parent, url)


def collection_key(library: str, path: tuple[str, ...], *distinctions: str) -> str:
    """Return the key of the collection at `path`, names from the root downwards."""
    return _derive("collection", library, *path, *distinctions)


def _derive(*parts: str) -> str:
    number = int.from_bytes(hashlib.sha256("\0".join(parts).encode()).digest())
    letters = []
    for _ in range(LENGTH):
        number, remainder = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[remainder])
    return "".join(letters)
