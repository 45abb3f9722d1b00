"""Words for answers that are not the page that was asked for, and what to do instead of following certain pages.

Tables of statuses, of websites' guards and of hosts, with the functions that look things up in them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlsplit

from syncd.errors import SourceError
from syncd.messages import message
from syncd.sources.pace import retry_after

SAVE_IT = message("save-page-yourself")

# What a status says about the page, whether later it may be another one, and what to do.
STATUSES: dict[int, tuple[str, bool, str]] = {
    401: (message("server-wants-sign-in"), False, SAVE_IT),
    403: (message("server-refuses-page"), False, SAVE_IT),
    404: (message("no-such-page"), False, message("check-address-in-browser")),
    408: (message("server-gave-up-waiting"), True, ""),
    410: (message("page-removed"), False, message("check-address-in-browser")),
    425: (message("server-asks-to-come-later"), True, ""),
    429: (message("server-gets-too-many-requests"), True, message("try-later-less-often")),
    451: (message("page-withheld-legally"), False, ""),
}

# Headers by which the guards of websites say that they want to see a person, and whose guard it is.
CHALLENGES: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("cf-mitigated", ("challenge",), "Cloudflare"),
    ("x-amzn-waf-action", ("challenge", "captcha"), message("amazons-firewall")),
    ("x-vercel-mitigated", ("challenge", "deny"), "Vercel"),
    ("x-datadome", ("protected",), "DataDome"),
)
CHALLENGED = frozenset({401, 403, 405, 429, 503})
"""Statuses with which a challenge comes; with 200 the same headers mean nothing."""


_FOLLOW = message("follow-at-openalex")

INSTEAD: Mapping[str, str] = {
    "scholar.google.": message("instead-of-google-scholar", follow=_FOLLOW),
    "openreview.net": message("instead-of-openreview", follow=_FOLLOW),
    "researchgate.net": message("instead-of-researchgate", follow=_FOLLOW),
    "semanticscholar.org": message("instead-of-semantic-scholar", follow=_FOLLOW),
    "dblp.": message("instead-of-dblp"),
    "aclanthology.org": message("instead-of-acl-anthology", follow=_FOLLOW),
}
"""What to do instead of following a page, by the start of its host's name."""


def challenge(status: int, headers: Mapping[str, str]) -> str | None:
    """Return the name of the guard that asks for proof that a person reads the page, or None.

    >>> challenge(403, {"cf-mitigated": "challenge"}), challenge(200, {"cf-mitigated": "challenge"})
    ('Cloudflare', None)
    """
    if status not in CHALLENGED:
        return None
    return next(
        (guard for name, signs, guard in CHALLENGES if any(sign in headers.get(name, "") for sign in signs)),
        None,
    )


def refusal(status: int, headers: Mapping[str, str], address: str, now: datetime) -> SourceError:
    """Word an answer that is not the page that was asked for.

    Args:
        status: of the answer.
        headers: names in any case.
        address: as it is shown to the user.
        now: the time, for a server that says when to come back.
    """
    guard = challenge(status, headers)
    words: str
    hint: str
    if guard:
        words, transient, hint = message("person-wanted", guard=guard), False, SAVE_IT
    else:
        words, transient, hint = STATUSES.get(status, _other(status))
    return SourceError(
        message("page-refused", address=address, reason=words, status=status),
        origin=address,
        transient=transient,
        retry_after=retry_after(headers.get("Retry-After"), now),
        hint=hint,
    )


def _other(status: int) -> tuple[str, bool, str]:
    if status >= 500:
        return message("server-has-problem"), True, ""
    return message("server-gave-no-page"), False, ""


def instead(address: str) -> str:
    """Return what to do where the page at an address can't be followed; empty where nothing better is known.

    >>> instead("https://scholar.google.de/citations?user=x").partition(".")[0], instead("https://a.org/")
    ("Google Scholar's profiles are for people", '')
    """
    try:
        host = (urlsplit(address).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
    return next((words for name, words in INSTEAD.items() if host.startswith(name)), "")
