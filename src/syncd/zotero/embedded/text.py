"""Text as the embedded library compares, searches and keeps it, dates among it. Pure.

A date that can't be read is no error: Zotero keeps it as it is.
"""

from __future__ import annotations

import html
import re
import unicodedata
from datetime import UTC, date, datetime
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
    if text.isascii():
        return text.lower()
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


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_YEAR_FIRST = pattern(
    r"(?<!\d)(\d{4})[-/.](\d{1,2})(?:[-/.](\d{1,2}))?(?!\d)", hostile="1234-1-"
)  # 2023-04-25, 2023/4
_YEAR_LAST = pattern(r"(?<!\d)(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?!\d)", hostile="1-")  # 04/25/2023
_YEAR = pattern(r"(?<!\d)(\d{4})(?!\d)", hostile="1")
_MONTH = pattern(rf"\b({'|'.join(_MONTHS)})[a-z]*", hostile="jan", flags=re.IGNORECASE)
_DAY = pattern(r"(?<!\d)(\d{1,2})(?:st|nd|rd|th)?(?!\d)", hostile="1")
_SQL_DATE = pattern(r"\d{4}-\d{2}-\d{2}", hostile="1")


def parsed_date(text: str) -> str:
    """The date in a text, as `2023-04-25`, `2023-04` or `2023`; empty where there is none.

    >>> parsed_date("Apr 25, 2023"), parsed_date("2023-04"), parsed_date("Spring 2021"), parsed_date("n.d.")
    ('2023-04-25', '2023-04', '2021', '')
    """
    if found := _YEAR_FIRST.search(text):
        return _joined(found[1], found[2], found[3])
    if found := _YEAR_LAST.search(text):
        month, day = found[1], found[2]
        return _joined(found[3], day, month) if int(month) > len(_MONTHS) else _joined(found[3], month, day)
    if not (found := _YEAR.search(text)):
        return ""
    year = found[1]
    rest = text[: found.start()] + " " + text[found.end() :]
    if not (word := _MONTH.search(rest)):
        return year
    day = _DAY.search(rest)
    return _joined(year, str(_MONTHS.index(word[1].lower()) + 1), day[1] if day else None)


def _joined(year: str, month: str | None, day: str | None) -> str:
    """The longest prefix of year, month and day that is a date."""
    if month is None or not 1 <= int(month) <= len(_MONTHS):
        return year
    if day is not None:
        try:
            return date(int(year), int(month), int(day)).isoformat()
        except ValueError:
            pass
    return f"{year}-{int(month):02}"


def timestamp(moment: datetime) -> str:
    """A moment as Zotero writes it: `2026-11-24T10:00:00Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_timestamp(text: str) -> str | None:
    """`2026-11-24 10:00:00` (UTC) or ISO 8601 with a time, as Zotero writes it; None if it is neither."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if _SQL_DATE.fullmatch(text):
        return None
    try:
        return timestamp(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except OverflowError:  # before year 1 or after 9999 in UTC
        return None


def read_access_date(text: str, now: datetime) -> str | None:
    """An `accessDate` as Zotero writes it; None if it is not one."""
    if text == "CURRENT_TIMESTAMP":
        return timestamp(now)
    if not text:
        return ""
    if _SQL_DATE.fullmatch(text):
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError:
            return None
    return read_timestamp(text)
