"""Parsing: bytes to `Profile`, one module a format. Nothing here does I/O.

A source is either read right or refused with a `ParseError` that names the place; what was odd about it is
in the profile's warnings.
"""

from __future__ import annotations

import difflib
import importlib
from typing import TYPE_CHECKING

from syncd.errors import ParseError
from syncd.parse import apis
from syncd.parse.recognise import recognise
from syncd.sources.limits import TooMuchError

if TYPE_CHECKING:
    from collections.abc import Callable

    from syncd.model import Profile, Snapshot


def _by(module: str) -> Callable[[Snapshot], Profile]:
    """The parser of a module, which is loaded when its format is met."""

    def parser(snapshot: Snapshot) -> Profile:
        profile: Profile = importlib.import_module(f"syncd.parse.{module}").parse(snapshot)
        return profile

    return parser


FORMATS: dict[str, Callable[[Snapshot], Profile]] = {
    "profile-page": _by("profile_page"),
    "html": _by("profile_html"),
    "bibtex": _by("bibtex"),
    "ris": _by("ris"),
    "csl-json": _by("csl_json"),
    "feed": _by("feed"),
    "answer": _by("apis.saved"),
}
"""The parsers by the name that the configuration gives their format."""

REFUSED = "Nothing of it is used; the papers of before stay. Look at the source: it may be damaged, or made to do harm."


def parse(snapshot: Snapshot, format: str = "auto") -> Profile:  # noqa: A002 - the configuration's word
    """Read a snapshot.

    Args:
        snapshot: what a fetch brought.
        format: a key of `FORMATS` or `apis.FORMATS`, a plugin's name, or "auto".

    Raises:
        ParseError: the content is not what the format says, or goes past a limit; nothing of it is used.
        LayoutError: the page is of this kind, and its papers were not found.
    """
    name = (apis.format_of(snapshot.media_type) or recognise(snapshot)) if format == "auto" else format
    parser = FORMATS.get(name) or apis.parser(name)
    if parser is None:
        known = ("auto", *FORMATS, *apis.FORMATS)
        near = difflib.get_close_matches(name, known, n=1)
        raise ParseError(
            f"unknown format '{name}'",
            origin=snapshot.origin,
            expected=" or ".join(f"'{known_one}'" for known_one in known),
            hint=f"Did you mean '{near[0]}'?" if near else "",
        )
    try:
        return parser(snapshot)
    except TooMuchError as error:
        raise ParseError(f"the source is refused: {error}", origin=snapshot.origin, hint=REFUSED) from None
    except RecursionError:
        message = "the source is refused: it is nested too deeply"
        raise ParseError(message, origin=snapshot.origin, hint=REFUSED) from None
    except MemoryError:
        raise out_of_memory(snapshot.origin) from None


def out_of_memory(origin: str) -> ParseError:
    """Return the error of a source that takes more memory than parsing may have."""
    return ParseError(
        "parsing took more memory than it may have, and was stopped", origin=origin, hint=REFUSED
    )
