"""arXiv: an author's papers as an Atom feed, by arXiv's own author identifier or by name.

Documentation: https://info.arxiv.org/help/author_identifiers.html and https://info.arxiv.org/help/api/user-manual.html.
An identifier means one person; a name means everybody who is called so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from syncd.sources.apis.ask import Asking
from syncd.sources.http import snapshot
from syncd.sources.registry import ARXIV_IDENTIFIER

if TYPE_CHECKING:
    from syncd.model import Snapshot
    from syncd.sources.web import Web

MEDIA_TYPE = "application/vnd.syncd.arxiv+xml"
MOST = 2000
"""What one request may bring, as the manual says; few people have written more."""


@dataclass(frozen=True, slots=True)
class Arxiv:
    """The feeds and the API.

    Attributes:
        base: address of the feeds by identifier.
        api: address of the search by name.
    """

    base: str = "https://arxiv.org"
    api: str = "https://export.arxiv.org/api/query"

    def fetch(self, author: str, web: Web) -> Snapshot:
        """Fetch an author's papers, the newest first.

        Raises:
            SourceError: they are not to be had.
        """
        asking = Asking(web, "arXiv", "arxiv", author)
        if ARXIV_IDENTIFIER.fullmatch(author):
            answer = asking.answer(f"{self.base}/a/{author}.atom2")
        else:
            answer = asking.answer(
                self.api,
                {
                    "search_query": f'au:"{author}"',
                    "sortBy": "submittedDate",
                    "sortOrder": "descending",
                    "max_results": MOST,
                },
            )
        return snapshot(answer, asking.origin, web.clock, MEDIA_TYPE)


API = Arxiv
