"""Markup in titles and abstracts that other formats hold: HTML, JATS as Crossref has it, and entities.

Text without markup passes through, whatever signs are in it. LaTeX is left to `text.latex`.
"""

from __future__ import annotations

import html

from syncd.text.patterns import pattern

TAG = pattern(
    r"(?i)</?(?:jats:)?(?:p|i|b|u|em|strong|sub|sup|sc|span|br|div|a|ul|ol|li|sec|title|italic|bold|h[1-6]|math|script"
    r"|img|blockquote|pre|code|table|tr|td)(?:\s+[\w:-]+\s*=[^<>]{0,2000}>|\s*/?>)",
    hostile=("<p a=", " ", ""),
)
"""A tag.

>>> [bool(TAG.search(text)) for text in ("<jats:p>We", "x<sub>2</sub>", "a <b and c> d", "List<T>")]
[True, True, False, False]
"""

ENTITY = pattern(r"(?i)&(?:[a-z]{2,8}|#\d{1,6}|#x[0-9a-f]{1,6});", hostile="&a")
"""A character reference.

>>> bool(ENTITY.search("R&amp;D")), bool(ENTITY.search("R&D; more"))
(True, False)
"""

JATS_BLOCK = pattern(r"(?i)<(/?)jats:(?:p|title|sec)\b", hostile="<jats:")
JATS = pattern(r"(?i)<(/?)jats:", hostile="<")

CAPTION = pattern(r"\A(?:Abstract|Summary)\s*\n\n", hostile=("Abstract", "\n ", ""))
"""What JATS calls an abstract, above it."""


def plain(text: str) -> str:
    """Convert markup, if there is any.

    >>> plain("<jats:title>Abstract</jats:title><jats:p>H<jats:sub>2</jats:sub>O &lt; x</jats:p>"), plain("a < b")
    ('H_{2}O < x', 'a < b')
    """
    if TAG.search(text):
        from syncd.parse.html_blocks import plain_text  # noqa: PLC0415 - most texts have no markup

        return CAPTION.sub("", plain_text(JATS.sub(r"<\1", JATS_BLOCK.sub(r"<\1p", text))))
    return html.unescape(text) if ENTITY.search(text) else text
