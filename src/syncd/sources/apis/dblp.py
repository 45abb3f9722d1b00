"""DBLP: authors and publications of computer science, told apart by hand.

Documentation: https://dblp.org/faq/How+can+I+fetch+DBLP+data. One XML document has all of an author; it is handed
on as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from syncd.sources.apis.ask import Asking
from syncd.sources.http import snapshot

if TYPE_CHECKING:
    from syncd.model import Snapshot
    from syncd.sources.web import Web

MEDIA_TYPE = "application/vnd.syncd.dblp+xml"


@dataclass(frozen=True, slots=True)
class Dblp:
    """The API.

    Attributes:
        base: its address.
    """

    base: str = "https://dblp.org"

    def fetch(self, author: str, web: Web) -> Snapshot:
        """Fetch an author and all publications.

        Raises:
            SourceError: it is not to be had.
        """
        asking = Asking(web, "DBLP", "dblp", author)
        answer = asking.answer(f"{self.base}/pid/{author}.xml")
        return snapshot(answer, asking.origin, web.clock, MEDIA_TYPE)


API = Dblp
