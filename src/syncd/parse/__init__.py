"""Parsing: bytes to `Profile`, one module a format. Nothing here does I/O.

A source is either read right or refused with a `ParseError` that names the place; what was odd about it is
in the profile's warnings.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from syncd.errors import ParseError

if TYPE_CHECKING:
    from collections.abc import Callable

    from syncd.model import Profile, Snapshot


def _profile_page(snapshot: Snapshot) -> Profile:
    from syncd.parse import profile_page  # noqa: PLC0415 - a format is loaded when it is met

    return profile_page.parse(snapshot)


FORMATS: dict[str, Callable[[Snapshot], Profile]] = {"profile-page": _profile_page}
"""The parsers by the name that the configuration gives their format."""

DEFAULT_FORMAT = "profile-page"
"""What "auto" means where neither media type nor content says otherwise."""


def parse(snapshot: Snapshot, format: str = "auto") -> Profile:  # noqa: A002 - the configuration's word
    """Read a snapshot.

    Args:
        snapshot: what a fetch brought.
        format: a key of `FORMATS`, or "auto".

    Raises:
        ParseError: the content is not what the format says; nothing of it is used.
        LayoutError: the page is of this kind, and its papers were not found.
    """
    name = DEFAULT_FORMAT if format == "auto" else format
    if name not in FORMATS:
        near = difflib.get_close_matches(name, [*FORMATS, "auto"], n=1)
        raise ParseError(
            f"unknown format '{name}'",
            origin=snapshot.origin,
            expected=" or ".join(f"'{known}'" for known in ("auto", *FORMATS)),
            hint=f"Did you mean '{near[0]}'?" if near else "",
        )
    return FORMATS[name](snapshot)
