"""What the macros with arguments make of them, once the arguments are plain text.

One function a macro, in one table. Nothing here parses.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from syncd.text import latex_tables as tables
from syncd.text.patterns import pattern

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Mapping, Sequence

SIMPLE = pattern(r"[^\s+\-*/·×=<>,()|]*", hostile="a")  # noqa: RUF001 - the multiplication sign is meant
"""What needs no brackets as a part of a fraction or under a root.

>>> [bool(SIMPLE.fullmatch(text)) for text in ("n", "12", "a+b")]
[True, True, False]
"""


@dataclass(frozen=True, slots=True)
class Function:
    r"""A macro with arguments: how many, what becomes of them.

    Attributes:
        optional: the first one stands in brackets, and may be missing.
        braced: the others stand in braces; else a single character will do, as in `\frac12`.
    """

    arguments: int
    apply: Callable[..., str]
    optional: bool = False
    braced: bool = True


LETTER = pattern(r"[^\s\u0300-\u036f\u20d0-\u20f0][\u0300-\u036f\u20d0-\u20f0]*", hostile="a")
"""A character with its accents."""

MOST_MARKS = 40
"""Characters of one letter with its marks, at most."""

MAX_WIDE = 8
"""Letters under one wide accent: more are a text, which is easier to read as it is written."""


def _bracketed(text: str) -> str:
    return text if SIMPLE.fullmatch(text) else f"({text})"


def _script(sign: str, characters: Mapping[str, str], text: str) -> str:
    """Raise or lower a text where Unicode can, else keep the sign: `x_{i,j}`."""
    text = text.strip()
    if not text:
        return f"{sign}{{}}"
    if all(character in characters for character in text):
        return "".join(characters[character] for character in text)
    return f"{sign}{text}" if len(text) == 1 else f"{sign}{{{text}}}"


def _superscript(text: str) -> str:
    return _script("^", tables.SUPERSCRIPTS, text)


def _subscript(text: str) -> str:
    return _script("_", tables.SUBSCRIPTS, text)


def _fraction(above: str, below: str) -> str:
    return f"{_bracketed(above.strip())}/{_bracketed(below.strip())}"


def _root(degree: str, text: str) -> str:
    return f"{_superscript(degree) if degree else ''}√{_bracketed(text.strip())}"


def _note(text: str) -> str:
    return f" ({text.strip()})" if text.strip() else ""


def _link(address: str, text: str) -> str:
    text = text.strip()
    return address if text in {"", address} else f"{text} ({address})"


def _blackboard(text: str) -> str:
    return "".join(tables.BLACKBOARD.get(character, character) for character in text)


CHEMICAL = pattern(
    r"(?a)\^\{(?P<raised>[^{}]*)\}|\^(?P<up>\d*[+-]|\w)|_\{(?P<lowered>[^{}]*)\}|_(?P<low>\w)"
    r"|(?<=[A-Za-z)\]])(?P<count>\d+)|(?<=[A-Za-z\d)\]])(?P<charge>[+-])(?=$|[\s)])|(?P<arrow><=>|<->|->)|[{}$]",
    hostile="^{",
)
"""A part of a chemical formula that is not written as it stands."""

ARROWS = {"<=>": "⇌", "<->": "↔", "->": "→"}


def chemistry(text: str) -> str:
    r"""Write a chemical formula: counts are lowered, charges raised.

    >>> chemistry("H2O"), chemistry("SO4^2-"), chemistry("2 Na+ + [Ru(bpy)3]^{2+} -> x")
    ('H₂O', 'SO₄²⁻', '2 Na⁺ + [Ru(bpy)₃]²⁺ → x')
    """

    def part(found: re.Match[str]) -> str:
        raised = found["raised"] or found["up"] or found["charge"]
        lowered = found["lowered"] or found["low"] or found["count"]
        if raised or lowered:
            return _superscript(raised) if raised else _subscript(lowered)
        return ARROWS.get(found[0], "")

    return CHEMICAL.sub(part, text)


def _text_accent(name: str) -> Callable[[str], str]:
    mark = tables.TEXT_ACCENTS[name]

    def accent(text: str) -> str:
        text = text.strip()
        if not text:
            return name if not name.isalpha() else verbatim(name, [""])
        base = {"ı": "i", "ȷ": "j"}.get(text[0], text[0])  # noqa: RUF001 - dotless letters
        if name in "'\"" and len(unicodedata.normalize("NFC", base + mark)) > 1:
            return name + text  # no language has that letter: it is a quotation mark that was escaped
        return base + mark + text[1:]

    return accent


def _math_accent(name: str) -> Callable[[str], str]:
    mark = tables.MATH_ACCENTS[name]

    def accent(text: str) -> str:
        bare = text.strip()
        most = MAX_WIDE if name in tables.WIDE else 1
        letters = LETTER.findall(bare[: most * MOST_MARKS + 1])
        if "".join(letters) == bare and 1 <= len(letters) <= most:
            return "".join(letter + mark for letter in letters)
        return verbatim(name, [text])

    return accent


def verbatim(name: str, arguments: Sequence[str]) -> str:
    r"""Write a macro as it stands in the source.

    >>> verbatim("foo", ["a", "b"]), verbatim("superscript", [])
    ('\\foo{a}{b}', '^')
    """
    function = FUNCTIONS.get(name)
    head = {"superscript": "^", "subscript": "_"}.get(name, f"\\{name}")
    option = ""
    if function and function.optional and arguments:
        option = f"[{arguments[0]}]" if arguments[0] else ""
        arguments = arguments[1:]
    return head + option + "".join(f"{{{argument}}}" for argument in arguments)


FUNCTIONS: Mapping[str, Function] = {
    "superscript": Function(1, _superscript, braced=False),
    "subscript": Function(1, _subscript, braced=False),
    "textsuperscript": Function(1, _superscript),
    "mkbibsuperscript": Function(1, _superscript),
    "mkbibsubscript": Function(1, _subscript),
    "enquote": Function(2, lambda _, text: f"“{text}”", optional=True, braced=False),
    "mkbibquote": Function(1, lambda text: f"“{text}”"),
    "mkbibparens": Function(1, lambda text: f"({text})"),
    "mkbibbrackets": Function(1, lambda text: f"[{text}]"),
    "textsubscript": Function(1, _subscript),
    "frac": Function(2, _fraction, braced=False),
    "dfrac": Function(2, _fraction, braced=False),
    "tfrac": Function(2, _fraction, braced=False),
    "nicefrac": Function(2, _fraction, braced=False),
    "sfrac": Function(2, _fraction),
    "binom": Function(2, lambda above, below: f"({above} choose {below})"),
    "sqrt": Function(2, _root, optional=True, braced=False),
    "pmod": Function(1, lambda text: f" (mod {text})"),
    "footnote": Function(1, _note),
    "thanks": Function(1, _note),
    "href": Function(2, _link),
    "textcolor": Function(2, lambda _, text: text),
    "color": Function(1, lambda _: ""),
    "texorpdfstring": Function(2, lambda _, plain: plain),
    "mathbb": Function(1, _blackboard, braced=False),
    "Bbb": Function(1, _blackboard, braced=False),
    "mathbbm": Function(1, _blackboard, braced=False),
    "mathds": Function(1, _blackboard, braced=False),
    **{name: Function(1, _text_accent(name), braced=False) for name in tables.TEXT_ACCENTS},
    **{name: Function(1, _math_accent(name), braced=False) for name in tables.MATH_ACCENTS},
}
"""Every macro that takes arguments. `superscript` and `subscript` are what `^` and `_` do."""
