"""The create-once key of each paper, distinct from that of every other paper. Pure.

The plain key comes from title and first surname. Where identifiers or years say that the item under that key is
another paper, year and a counter are added; an order of the page can't change which paper has which key, once
one of them is in the library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncd.match import contradictions
from syncd.text.titles import fold_name, fold_title
from syncd.zotero import keys

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from syncd.match import IndexedItem, LibraryView
    from syncd.merge import Base
    from syncd.model import Paper

# How many papers of one title and surname are told apart.
MOST_NAMESAKES = 20


class PaperKeys:
    """Gives keys to the papers of one plan.

    Args:
        view: the library.
        claims: by a paper's key, the key of its item.
        written: what syncd wrote, by the item's key.
    """

    def __init__(self, view: LibraryView, claims: Mapping[str, str], written: Mapping[str, Base]) -> None:
        self._view = view
        self._claims = claims
        self._written = written
        self._given: dict[str, Paper] = {}

    def key(self, paper: Paper) -> str:
        """Return the paper's key; a second record of one paper gets the same."""
        for candidate in self._candidates(paper):
            other = self._given.get(candidate)
            if other is not None:
                if one_paper(paper, other):
                    return candidate
                continue
            item = self._view.items.get(self._claims.get(candidate, candidate))
            if item is None or _could_be(paper, item, self._written.get(item.key)):
                self._given[candidate] = paper
                return candidate
        raise ValueError(f"more than {MOST_NAMESAKES} papers are called {paper.title!r}")

    def _candidates(self, paper: Paper) -> Iterator[str]:
        name = (self._view.prefix, fold_title(paper.title), fold_name(paper.surname))
        yield keys.item_key(*name)
        for count in range(1, MOST_NAMESAKES):
            yield keys.item_key(*name, str(paper.year), str(count))


def one_paper(first: Paper, second: Paper) -> bool:
    """Whether two records of one title and surname are one paper: identifiers decide, else the year."""
    for ours, theirs in (
        (first.identifiers.arxiv, second.identifiers.arxiv),
        (first.identifiers.doi, second.identifiers.doi),
    ):
        if ours and theirs:
            return ours == theirs
    return first.year is None or second.year is None or abs(first.year - second.year) <= 1


def _could_be(paper: Paper, item: IndexedItem, base: Base | None) -> bool:
    """Whether the item under a paper's key can be that paper, judged by what was written before any edit."""
    if contradictions(paper, item):
        return False
    year = base.fields.get("date", "")[:4] if base else ""
    known = int(year) if year.isdigit() else item.year
    return paper.year is None or known is None or paper.date_inferred or abs(paper.year - known) <= 1
