"""Web addresses as they stand in running text: where one ends, and what LaTeX did to it.

The conversion of LaTeX must leave addresses alone, so that it and the search for links share this module. `links` tells
what an address leads to. Nothing here opens one.
"""

from __future__ import annotations

import re

from syncd.text.patterns import pattern

_ESCAPED = r"\\[_%\#&~]|\{\\?[_%\#&~]\}|\\textasciitilde\b(?:\{\})?|\\string~|\\(?=/)"
"""A character of an address as LaTeX escapes it."""

_PLAIN = r"[^\s<>\"“”`{}\\^|$\u00a0]"
"""A character of an address in running text."""

_END = r"''|[,;)\]]{1,3}https?://"
"""An end of an address, though the next character might belong to it."""

ADDRESS = pattern(
    rf"""(?xi:
    (?: \b(?:https?|ftp):// | (?<![\w@./-])www\.(?=[\w-]+\.) )      # https://a.org, www.a.org
    (?: (?!{_END})(?:{_PLAIN}|(?:{_ESCAPED})(?:\{{\}})?) )+
    | (?<![\w@./\\-]) (?:[\w-]{{1,63}}\.){{1,5}}[a-z]{{2,12}}/      # github.com/a/b
    (?: (?!{_END})(?:{_PLAIN}|(?:{_ESCAPED})(?:\{{\}})?) )*
    )""",
    hostile="www.a",
)
r"""A web address with or without its scheme, LaTeX escapes included, and the punctuation that clings to it.

>>> [m[0] for m in ADDRESS.finditer(r"\url{https://x.edu/\~{}u/a\_b}, github.com/a/b. CNN/DailyMail")]
['https://x.edu/\\~{}u/a\\_b', 'github.com/a/b.']
"""

DOMAIN = pattern(r"\.[^\W\d_]{2}", hostile=".")
"""Where the last part of a host's name may start.

>>> [bool(DOMAIN.search(text)) for text in ("see github.com/a", "by 0.95 points, e.g. here. Thus")]
[True, False]
"""


def may_hold_address(text: str) -> bool:
    """Tell whether a text may hold an address. This is much faster than a search, and most abstracts hold none.

    >>> [may_hold_address(text) for text in ("a.org/b", "git@host:a/b", "an abstract. With 0.5 points")]
    [True, True, False]
    """
    return "://" in text or "git@" in text or bool(DOMAIN.search(text))


_UNESCAPE = pattern(
    r"\\textasciitilde\b(?:\{\})?|\\string~|\{\\?([_%#&~])\}|\\([_%#&~])(?:\{\})?|\\(?=/)", hostile="\\{"
)


def mend(address: str) -> str:
    r"""Undo what LaTeX did to an address.

    >>> mend(r"https://x.edu/\~{}u/a\_b\%20c\#d")
    'https://x.edu/~u/a_b%20c#d'
    """

    def character(found: re.Match[str]) -> str:
        kept = found[1] or found[2]
        return kept or ("" if found[0] == "\\" else "~")

    return _UNESCAPE.sub(character, address) if "\\" in address or "{" in address else address


_TAIL = ".,;:!?'\"*_~\\’‘”“»…。，；：！？、)]}>）】」』|"  # noqa: RUF001 - punctuation of other scripts
_PAIRS = {")": "(", "]": "[", "}": "{", ">": "<"}


def trim(address: str, besides: str = "") -> str:
    """Take off the punctuation that belongs to the sentence and not to the address, and other signs besides.

    A closing bracket stays if the address opened it.

    >>> trim("https://github.com/a/b)."), trim("https://en.wikipedia.org/wiki/C_(language)")
    ('https://github.com/a/b', 'https://en.wikipedia.org/wiki/C_(language)')
    """
    tail = _TAIL + besides
    if address[-1:] not in tail:
        return address
    surplus = {close: address.count(close) - address.count(open_) for close, open_ in _PAIRS.items()}
    end = len(address)
    while end and address[end - 1] in tail:
        last = address[end - 1]
        if last in surplus:
            if surplus[last] <= 0:
                break
            surplus[last] -= 1
        end -= 1
    return address[:end]
