"""ORCID: the works that researchers list themselves, or let others list for them.

Documentation: https://info.orcid.org/documentation/api-tutorials. The list of works has summaries, in groups of one
work each; the whole records, which name all authors, are asked for by the hundred.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from syncd.sources.apis.ask import Asking
from syncd.sources.apis.loose import dig, listed, number, rows

if TYPE_CHECKING:
    from syncd.model import Snapshot
    from syncd.sources.apis.loose import Json
    from syncd.sources.web import Web

PER_REQUEST = 100


@dataclass(frozen=True, slots=True)
class Orcid:
    """The API.

    Attributes:
        base: its address.
    """

    base: str = "https://pub.orcid.org/v3.0"

    def fetch(self, author: str, web: Web) -> Snapshot:
        """Fetch a researcher and all works that are public.

        Raises:
            SourceError: not all of it is to be had, or the identifier has a typing error.
        """
        asking = Asking(web, "ORCID", "orcid", author, {"Accept": "application/json"})
        if not is_orcid(author):
            raise asking.error("has no such identifier: its check digit is wrong", hint="Copy it once more.")
        person = asking.json(f"{self.base}/{author}/person")
        groups = listed(asking.json(f"{self.base}/{author}/works"), "group")
        if groups is None:
            raise asking.error("answered with something that is no list of works", transient=True)
        # A group without a summary goes along as it is, so that what can't be read is counted.
        summaries = [_preferred(group) or group for group in groups]
        whole = self._whole(asking, [code for s in summaries if (code := number(dig(s, "put-code")))])
        papers = [whole.get(number(dig(s, "put-code")) or 0, s) for s in summaries]
        return asking.snapshot({"name": dig(person, "name")}, papers)

    def _whole(self, asking: Asking, codes: list[int]) -> dict[int, Json]:
        """Return the whole records by their codes; those that can't be shown are missing."""
        found: dict[int, Json] = {}
        for start in range(0, len(codes), PER_REQUEST):
            some = ",".join(str(code) for code in codes[start : start + PER_REQUEST])
            for row in rows(asking.json(f"{self.base}/{asking.author}/works/{some}"), "bulk") or []:
                work = row.get("work")
                code = number(dig(work, "put-code"))
                if isinstance(work, dict) and code:
                    found[code] = work
        return found


def _preferred(group: Any) -> Json | None:
    """Return the summary of a work that its researcher prefers, where several sources have one."""
    summaries = rows(group, "work-summary") or []
    return max(summaries, key=lambda summary: number(summary.get("display-index")) or 0, default=None)


def is_orcid(text: str) -> bool:
    """Tell whether the check digit is right (ISO 7064, 11-2).

    >>> is_orcid("0000-0002-1825-0097"), is_orcid("0000-0002-1694-233X"), is_orcid("0000-0002-1825-0098")
    (True, True, False)
    """
    digits = text.replace("-", "")
    total = 0
    for digit in digits[:-1]:
        total = (total + int(digit)) * 2
    return digits[-1:] == "0123456789X"[(12 - total % 11) % 11]


API = Orcid
