"""An author's papers at arXiv: an Atom feed like others, but for the name that a search by name has not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from syncd.parse import feed
from syncd.sources.registry import ARXIV_IDENTIFIER

if TYPE_CHECKING:
    from syncd.model import Profile, Snapshot


def parse(snapshot: Snapshot) -> Profile:
    """Read a feed.

    Raises:
        ParseError: it is no feed, or has no entry with a title.
    """
    profile = feed.parse(snapshot)
    searched = snapshot.origin.removeprefix("arxiv:")
    nameless = profile.name in {"", snapshot.origin} and not ARXIV_IDENTIFIER.fullmatch(searched)
    return replace(profile, name=searched) if nameless else profile
