"""Markup in titles and abstracts of services and files: HTML, publishers' JATS, MathML and entities.

Text without markup passes through, whatever signs are in it. LaTeX is left
to `text.latex`, which also turns `^{2}` and `_{2}` into the characters that there are.
"""

from __future__ import annotations

import html
import re

from syncd.text.patterns import pattern

_ELEMENTS = (
    r"p|i|b|u|em|strong|sub|sup|sc|scp|span|br|div|a|ul|ol|li|sec|title|subtitle|italic|bold|h[1-6]|math|script"
    r"|img|blockquote|pre|code|table|tbody|tr|td|th|small|big|tt|font|mark|strike|center|dl|dt|dd|hr|q|cite|section"
    r"|list|list-item|label|abstract|roman|monospace|sans-serif|underline|overline|styled-content|named-content"
    r"|inf|tex|tex-math|inline-formula|disp-formula|alternatives|inline-graphic|ext-link|xref|uri|email|break"
    r"|m(?:i|o|n|row|sub|sup|subsup|text|frac|sqrt|over|under|space|style)|semantics|annotation"
)
_TAG = rf"/?(?:[a-z][\w-]{{0,15}}:[a-z][\w-]{{0,30}}|{_ELEMENTS})(?:\s+[\w:-]+\s*=[^<>]{{0,2000}}>|\s*/?>)"

TAG = pattern(rf"<{_TAG}", hostile=("<p a=", " ", ""), flags=re.IGNORECASE)
"""A tag of HTML or JATS, or one with a namespace.

>>> [bool(TAG.search(text)) for text in ("<jats:p>We", "x<sub>2</sub>", "<ns4:p>", "a <b and c> d", "List<T>")]
[True, True, True, False, False]
"""

STRAY = pattern(rf"<(?!{_TAG}|!--)", hostile="<p a=", flags=re.IGNORECASE)
"""A sign that starts no tag, in a text that has some.

>>> STRAY.sub("&lt;", "n<m in <i>G</i>")
'n&lt;m in <i>G</i>'
"""

ENTITY = pattern(r"&(?:[a-z]{2,8}\d{0,2}|#\d{1,6}|#x[0-9a-f]{1,6});", hostile="&a", flags=re.IGNORECASE)
"""A character reference.

>>> bool(ENTITY.search("R&amp;D")), bool(ENTITY.search("R&D; more"))
(True, False)
"""

NAMESPACE = pattern(r"<(/?)[a-z][\w-]{0,15}:(?=[a-z])", hostile="<a", flags=re.IGNORECASE)
"""The namespace before an element's name.

>>> NAMESPACE.sub(r"<\\1", "<ns4:p>a</ns4:p>")
'<p>a</p>'
"""

BLOCK = pattern(
    r"<(/?)(?:p|title|sec|list|list-item|disp-formula|abstract)(?=[\s/>])", hostile="<p", flags=re.IGNORECASE
)
"""Elements of JATS that are paragraphs, or hold some.

>>> BLOCK.sub(r"<\\1p", "<title>Aim</title><list-item>a</list-item>")
'<p>Aim</p><p>a</p>'
"""

SUBTITLE = pattern(r"<(?:subtitle|break)(?=[\s/>])", hostile="<subtitle", flags=re.IGNORECASE)
"""Elements that separate the words before and behind them.

>>> SUBTITLE.sub(" <span", "Title<subtitle>Sub</subtitle>")
'Title <span>Sub</subtitle>'
"""

LOWERED = pattern(r"<(/?)inf(?=[\s/>])", hostile="<inf", flags=re.IGNORECASE)
"""The element for lowered text in Scopus's markup: `H<inf>2</inf>O`."""

FORMULA = pattern(r"<math(?=[\s>])|</math>", hostile="<math", flags=re.IGNORECASE)
"""Start and end of a formula in MathML.

>>> FORMULA.split("a<math><mi>x</mi></math>b")
['a', '><mi>x</mi>', 'b']
"""

START, END = r"\documentclass", r"\begin{document}"
"""Springer writes a formula as a whole LaTeX document. What stands between these two is ignored."""


def plain(text: str) -> str:
    r"""Convert markup, if there is any.

    Returns:
        The text without tags; paragraphs apart by a blank line, raised and lowered text as LaTeX has it.

    >>> plain("<jats:title>Aim</jats:title><jats:p>H<jats:sub>2</jats:sub>O &lt; x</jats:p>"), plain("a < b")
    ('Aim\n\nH_{2}O < x', 'a < b')
    >>> plain("The <scp>R</scp> package<subtitle>In use</subtitle>"), plain("x&lt;sup&gt;2&lt;/sup&gt; &amp;amp; y")
    ('The R package In use', 'x^{2} & y')
    """
    if "<" not in text and "&" not in text:
        return text
    if not TAG.search(text):
        text = unescaped(text)  # some services escape their markup
    if TAG.search(text):
        from syncd.parse.html_blocks import plain_text  # noqa: PLC0415 - most texts have no markup

        text = plain_text(_as_html(text))
    return unescaped(text)  # others escape it twice


def unescaped(text: str) -> str:
    """Return a text with its entities read, once.

    >>> unescaped("R&amp;D"), unescaped("R&amp;amp;D"), unescaped("R&D; more")
    ('R&D', 'R&amp;D', 'R&D; more')
    """
    return ENTITY.sub(lambda found: html.unescape(found[0]), text)


def _as_html(text: str) -> str:
    """Write JATS as the HTML that comes closest."""
    text = NAMESPACE.sub(r"<\1", STRAY.sub("&lt;", text))
    if "<tex-math" in text:  # each formula is there twice: the second time as LaTeX
        text = "".join(FORMULA.split(text)[::2])
        head, *formulas = text.split(START)
        text = head + "".join(formula.partition(END)[2] for formula in formulas)
        text = text.replace(r"\end{document}", "")
    return LOWERED.sub(r"<\1sub", BLOCK.sub(r"<\1p", SUBTITLE.sub(" <span", text)))
