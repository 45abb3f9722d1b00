"""Whether a site lets programs read a page: its robots.txt, read as RFC 9309 says.

APIs are made for programs and are not asked. Nothing here sends a request: what does is passed in.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from protego import Protego

from syncd.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from syncd.sources.exchange import Answer

TOKEN = "syncd"  # noqa: S105 - the name that a robots.txt knows syncd by
DAY = 86_400.0
MOST_BYTES = 512_000
"""What of a robots.txt is read; RFC 9309, 2.5, asks for 500 kibibytes."""


class Robots:
    """The rules of each site, asked for once.

    Args:
        read: fetches a robots.txt, through the session and cache of the pages themselves.
    """

    def __init__(self, read: Callable[[str], Answer]) -> None:
        self._read = read
        self._rules: dict[str, Protego | None] = {}
        self._lock = threading.Lock()

    def check(self, url: str) -> float | None:
        """Return how many seconds the site wants between two requests, if it says so.

        Raises:
            SourceError: the site does not want the page to be read by programs, or could not be asked.
        """
        rules = self._rules_of(url)
        if rules is None:
            return None
        if not rules.can_fetch(url, TOKEN):
            raise SourceError(
                f"{url}: the site does not want programs to read this page (robots.txt)",
                origin=url,
                hint="Open the page in a browser, save it, and name the saved file as the source.",
            )
        return rules.crawl_delay(TOKEN)

    def _rules_of(self, url: str) -> Protego | None:
        parts = urlsplit(url)
        site = f"{parts.scheme}://{parts.netloc}"
        with self._lock:
            if site in self._rules:
                return self._rules[site]
        rules = self._fetch(site)
        with self._lock:
            return self._rules.setdefault(site, rules)

    def _fetch(self, site: str) -> Protego | None:
        """Return the rules of a site, or None where it has none.

        RFC 9309, 2.3.1: a refusal (4xx) means no rules; a server that is out of order means no visit.
        """
        address = f"{site}/robots.txt"
        try:
            answer = self._read(address)
        except SourceError as error:
            if error.transient:
                raise
            return None  # a redirect that syncd does not follow, or too much of it: no rules to go by
        if answer.status == 429 or answer.status >= 500:
            raise SourceError(
                f"{address}: the site's rules for programs can't be read now ({answer.status})",
                origin=address,
                transient=True,
            )
        return Protego.parse(answer.data.decode("utf-8", "replace")) if answer.status == 200 else None
