"""Text as the embedded library compares, searches and keeps it: folding, search words, notes.

Pure. Nothing here knows of items or requests.
"""

from __future__ import annotations

import html
import re
import unicodedata
from html.parser import HTMLParser

from syncd.text.patterns import pattern

_SEARCH_PART = pattern(r'"([^"]*)"|(\S+)', hostile='"a')
_LEADING = pattern(r"^[\[({\-\"'\u201c\u2018 ]+", hostile=" ")
_MARKUP = pattern(r"<[^>]*>?", hostile="<")
_BLOCK_END = pattern(
    r"</(?:p|div|h[1-6]|li|blockquote|pre)>|<br\s*/?>|\n", hostile="<br ", flags=re.IGNORECASE
)
_TITLE_LENGTH = 79
_ALLOWED = frozenset(
    {
        *("a", "b", "blockquote", "br", "code", "dd", "del", "div", "dl", "dt", "em", "h1", "h2", "h3", "h4"),
        *(
            "h5",
            "h6",
            "hr",
            "i",
            "img",
            "ins",
            "li",
            "ol",
            "p",
            "pre",
            "s",
            "span",
            "strike",
            "strong",
            "sub",
        ),
        *("sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul"),
    }
)
_DROPPED_WITH_CONTENT = frozenset({"script", "style"})
_ALLOWED_ATTRIBUTES = frozenset(
    {
        *(
            "alt",
            "class",
            "colspan",
            "dir",
            "height",
            "href",
            "rel",
            "rowspan",
            "src",
            "style",
            "title",
            "width",
        ),
        *("data-annotation", "data-attachment-key", "data-citation", "data-citation-items"),
        "data-schema-version",
    }
)
_SAFE_ADDRESS = pattern(r"(?:https?|mailto|zotero|data:image/)", hostile="http", flags=re.IGNORECASE)


def fold(text: str) -> str:
    """Text without case and accents, for comparing and sorting."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def sort_title(title: str) -> str:
    """A title as it sorts: folded, without brackets and quotation marks at its start."""
    return fold(_LEADING.sub("", title))


def search_parts(query: str) -> tuple[str, ...]:
    """The words and "quoted phrases" of a search, folded; all of them must be found."""
    parts = (quoted or word for quoted, word in _SEARCH_PART.findall(query))
    return tuple(fold(part) for part in parts if part)


def note_title(note: str) -> str:
    """The first line of a note without its markup, cut to a title's length."""
    for line in _BLOCK_END.split(note):
        # What is opened and never closed is text.
        text = _MARKUP.sub(lambda tag: "" if tag[0].endswith(">") else tag[0], line)
        plain = " ".join(html.unescape(text).split())
        if plain:
            return plain[:_TITLE_LENGTH]
    return ""


def clean_note(note: str) -> str:
    """A note's HTML without scripts, event attributes and elements that Zotero's notes don't have."""
    if "<" not in note:
        return note
    cleaner = _NoteCleaner()
    cleaner.feed(note)
    cleaner.close()
    return "".join(cleaner.kept)


class _NoteCleaner(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.kept: list[str] = []
        self._dropping = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _DROPPED_WITH_CONTENT:
            self._dropping += 1
        elif tag in _ALLOWED and not self._dropping:
            self.kept.append(self._start(tag, attrs))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _ALLOWED and not self._dropping:
            self.kept.append(self._start(tag, attrs))

    def handle_endtag(self, tag: str) -> None:
        if tag in _DROPPED_WITH_CONTENT:
            self._dropping = max(0, self._dropping - 1)
        elif tag in _ALLOWED and not self._dropping:
            self.kept.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if not self._dropping:
            self.kept.append(data.replace("<", "&lt;"))

    def handle_entityref(self, name: str) -> None:
        self.handle_data(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.handle_data(f"&#{name};")

    def _start(self, tag: str, attrs: list[tuple[str, str | None]]) -> str:
        kept = [(name, value or "") for name, value in attrs if _is_safe(name, value or "")]
        if len(kept) == len(attrs):
            return self.get_starttag_text() or f"<{tag}>"
        attributes = "".join(f' {name}="{html.escape(value)}"' for name, value in kept)
        return f"<{tag}{attributes}>"


def _is_safe(name: str, value: str) -> bool:
    if name in {"href", "src"}:
        return _SAFE_ADDRESS.match(value.strip()) is not None
    return name in _ALLOWED_ATTRIBUTES
