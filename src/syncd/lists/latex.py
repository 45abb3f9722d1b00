r"""Plain text as LaTeX, so that every character means itself and pdfLaTeX knows it: the way back from `text.latex`.

What has no macro that LaTeX knows by itself, such as Chinese, stays as it is: LuaLaTeX and XeLaTeX set it with a font.
The macros are pylatexenc's. Its encoder is not used: it does not know how BibTeX counts braces and cuts titles to
pieces, nor which macros Zotero reads, and its macros are those of many packages.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache

from syncd.text.latex_tables import SUBSCRIPTS, SUPERSCRIPTS, TEXT_ACCENTS
from syncd.text.patterns import pattern

# ruff: noqa: RUF001 - the tables map from exactly these characters

ESCAPES: Mapping[str, str] = {
    "\\": r"{\textbackslash}",
    "$": r"\$",
    "%": r"\%",
    "#": r"\#",
    "&": r"\&",
    "_": r"\_",
    "~": r"\~{}",
    "^": r"\^{}",
    # Zotero reads these in mathematics, and knows no macros for them.
    "<": "{$<$}",
    ">": "{$>$}",
    "|": "{$|$}",
    "`": r"{\textasciigrave}",
    # An entry of BibTeX may start where a line starts with this.
    "@": "{@}",
}
"""What means something in LaTeX or BibTeX."""

BRACES: Mapping[str, str] = {"{": r"\{", "}": r"\}"}
LONE_BRACES: Mapping[str, str] = {"{": r"{$\lbrace$}", "}": r"{$\rbrace$}"}
"""Braces of which not each has its partner: BibTeX counts those behind a backslash too."""

LETTERS = "ßæÆœŒøØłŁđĐðÐþÞıŋŊ–—‘’“”…•¡¿«»×±°§©®™€£†‡"
"""Letters and signs that LaTeX takes as they are, where BibTeX does not cut them to pieces."""

SIGNS = "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ≤≥≠≈≡∼∝≪≫∞∂∇∑∏∫√∈∉⊂⊆∪∩∅∀∃∧∨⊕⊗⊥→←↔⇒⇔↑↓∘⋆ℓ÷⟨⟩⌈⌉⌊⌋∓¹²³"
"""Signs for which LaTeX and Zotero both know the macro in pylatexenc's table; most of that table needs packages."""

OTHERWISE = {"±": r"\textpm", "√": r"\ensuremath{\surd}", "∅": r"\ensuremath{\emptyset}"}
"""Of these, pylatexenc's macro means something else, or needs a package."""

ODD = pattern(r"[^A-Za-z0-9 ,.:;()+=*/!?\[\]\"'\n-]", hostile="\\")
"""A sign that may have to be written otherwise."""

RUNS = pattern(r"--+|''+", hostile="-")
"""Signs that LaTeX draws together."""

ENTITY = pattern(r"\\&(?=[A-Za-z#])", hostile="\\&")
"""What whoever reads markup in a title would take for the start of a character reference."""

WORD = pattern(r"[^\W_]+", hostile="a")
MOSTLY = 0.5
"""A title of which no more words than this part begin with a capital letter is written as a sentence is."""
LONG = 4
"""Words with fewer letters begin with a small letter in any title."""


def latex(text: str, *, ascii_only: bool) -> str:
    r"""Return a text as LaTeX.

    Args:
        text: plain Unicode.
        ascii_only: letters with accents become macros too: BibTeX takes a name's first byte for its initial.

    >>> latex("50% of {x}, Müller_2", ascii_only=True), latex("a } b", ascii_only=False)
    ('50\\% of \\{x\\}, M{\\"u}ller\\_2', 'a {$\\rbrace$} b')
    """
    return _written(text, _braces(text), ascii_only=ascii_only)


def _written(text: str, braces: Mapping[str, str], *, ascii_only: bool) -> str:
    table = _table(ascii_only=ascii_only)

    def sign(found: re.Match[str]) -> str:
        one = found[0]
        return table.get(one) or braces.get(one) or _accented(one, ascii_only=ascii_only)

    written = ODD.sub(sign, unicodedata.normalize("NFC", text))
    return ENTITY.sub(r"{\\&}", RUNS.sub(lambda run: "{}".join(run[0]), written))


def _braces(text: str) -> Mapping[str, str]:
    """Return how the braces of a text are written."""
    depth = 0
    for sign in text:
        depth += (sign == "{") - (sign == "}")
        if depth < 0:
            return LONE_BRACES
    return LONE_BRACES if depth else BRACES


@cache
def _table(*, ascii_only: bool) -> dict[str, str]:
    raised = {
        sign: f"{{$^{{{plain}}}$}}"
        for plain, sign in SUPERSCRIPTS.items()
        if not sign.isascii() and plain.isascii()
    }
    lowered = {sign: f"{{$_{{{plain}}}$}}" for plain, sign in SUBSCRIPTS.items() if plain.isascii()}
    macros = {sign: _macro(sign) for sign in (SIGNS + LETTERS if ascii_only else SIGNS)}
    return raised | lowered | macros | dict(ESCAPES)


def _macro(sign: str) -> str:
    r"""Return the macro for a sign.

    >>> _macro("ß"), _macro("≤"), _macro("√")
    ('{\\ss}', '{$\\leq$}', '{$\\surd$}')
    """
    from pylatexenc.latexencode import get_builtin_uni2latex_dict  # noqa: PLC0415 - heavy, and rarely needed

    macro: str = OTHERWISE.get(sign) or get_builtin_uni2latex_dict()[ord(sign)]
    maths = macro.removeprefix(r"\ensuremath{")
    return f"{{{macro}}}" if maths == macro else f"{{${maths[:-1]}$}}"


_ACCENTS = {mark: macro for macro, mark in TEXT_ACCENTS.items()}


@cache
def _accented(sign: str, *, ascii_only: bool) -> str:
    r"""Return a letter with one accent as a macro.

    >>> _accented("ü", ascii_only=True), _accented("ç", ascii_only=True), _accented("ü", ascii_only=False)
    ('{\\"u}', '{\\c{c}}', 'ü')
    """
    parts = unicodedata.normalize("NFD", sign)
    if not ascii_only or len(parts) != 2 or not parts[0].isascii() or parts[1] not in _ACCENTS:
        return sign
    macro = _ACCENTS[parts[1]]
    return f"{{\\{macro}{{{parts[0]}}}}}" if macro.isalpha() else f"{{\\{macro}{parts[0]}}}"


RICH = pattern(r"<(?P<tag>i|b|sub|sup)>(?P<text>[^<]*)</(?P=tag)>", hostile="<i>")
"""What Zotero lets its users write in titles."""

MACROS: Mapping[str, str] = {
    "i": "textit",
    "b": "textbf",
    "sub": "textsubscript",
    "sup": "textsuperscript",
}


def title(text: str, *, ascii_only: bool) -> str:
    r"""Return a title as LaTeX in which the styles of BibTeX keep the capital letters that mean something.

    They write titles small. Words with a capital within, such as BERT, are kept, and in a title that is written as a
    sentence is, every word with a capital but the first: it is a name.

    >>> title("DeBERTa: a study of Europe", ascii_only=True), title("Attention Is All You Need", ascii_only=True)
    ('{DeBERTa}: a study of {Europe}', 'Attention Is All You Need')
    >>> title("H<sub>2</sub>O", ascii_only=True)
    'H\\textsubscript{2}{O}'
    """
    words = [word[0] for word in WORD.finditer(text)]
    long = [word for word in words[1:] if len(word) >= LONG and word[0].isalpha()]
    as_sentence = sum(word[0].isupper() for word in long) <= MOSTLY * len(long)
    out: list[str] = []
    at, braces = 0, _braces(text)

    def part(start: int, end: int) -> str:
        return _kept(text[start:end], braces, ascii_only=ascii_only, names=as_sentence, first=not start)

    for rich in RICH.finditer(text):
        out += [part(at, rich.start()), f"\\{MACROS[rich['tag']]}{{{part(*rich.span('text'))}}}"]
        at = rich.end()
    return "".join([*out, part(at, len(text))])


def _kept(text: str, braces: Mapping[str, str], *, ascii_only: bool, names: bool, first: bool) -> str:
    """Return a part of a title; `names`: a capital at the start of a word means something too."""
    out: list[str] = []
    at = 0
    for number, word in enumerate(WORD.finditer(text), start=not first):
        inside = any(letter.isupper() for letter in word[0][1:])
        if inside or (names and number and word[0][0].isupper()):
            out += [_written(text[at : word.start()], braces, ascii_only=ascii_only)]
            out += [f"{{{_written(word[0], braces, ascii_only=ascii_only)}}}"]
            at = word.end()
    return "".join([*out, _written(text[at:], braces, ascii_only=ascii_only)])
