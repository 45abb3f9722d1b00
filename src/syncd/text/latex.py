"""LaTeX in running text, as arXiv's titles and abstracts have it, becomes plain Unicode.

The text is cut into tokens, braces and dollar signs find their partners, and one pass with an explicit stack converts:
no recursion, no backtracking, time that grows with the length. What macros mean stands in `latex_tables`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, cast

from syncd.text import latex_tables as tables
from syncd.text.patterns import pattern
from syncd.text.plain import clean
from syncd.text.urls import ADDRESS, may_hold_address, mend

Kind = Literal[
    "text", "address", "paragraph", "fence", "macro", "open", "close", "script", "tilde", "dash", "quote"
]

TOKEN = pattern(r"\n\n|\$\$?|\\(?:[A-Za-z]+|.|$)|\{|\}|\^|_|~|--+|``|''", hostile="-", flags=re.DOTALL)
r"""Signs with a meaning in LaTeX. All else is text, or an address.

Each alternative starts with a character of its own: `re` then skips what starts with none of them.

>>> TOKEN.findall(r"``a'' \emph{{b}}, $x^2$ -- c")
['``', "''", '\\emph', '{', '{', '}', '}', '$', '^', '$', '--']
"""

KINDS: dict[str, Kind] = {
    "\n": "paragraph",
    "$": "fence",
    "\\": "macro",
    "{": "open",
    "}": "close",
    "^": "script",
    "_": "script",
    "~": "tilde",
    "-": "dash",
    "`": "quote",
    "'": "quote",
}
"""The kind of a token, by its first character."""

FENCES = frozenset({r"\(", r"\)", r"\[", r"\]"})
"""Macros that stand around mathematics."""

MATH_SIGN = pattern(r"[\\^_{}]", hostile="a")
"""A sign that the text between two dollar signs is mathematics."""

PRICE = pattern(r"\d.*?(?:\s[a-z]{2,}\s|[\s(~/–-]$)", hostile=("1", " aa", ""), flags=re.DOTALL)  # noqa: RUF001 - an en dash joins prices, too
"""The text between the dollar signs of two prices.

>>> [bool(PRICE.match(text)) for text in ("5 to ", "5-", "5 and twice as much (", "64 \\\\times 64")]
[True, True, True, False]
"""


class Token(NamedTuple):
    """A piece of the source: what it is, how it is written, where it starts."""

    kind: Kind
    text: str
    start: int


def tokens(source: str) -> list[Token]:
    r"""Cut a text into tokens; their texts together are the source.

    >>> [token.kind for token in tokens(r"\(x\) http://c.d/e_f~g")]
    ['fence', 'text', 'fence', 'text', 'address']
    """
    cut: list[Token] = []
    end = 0
    single = -1  # where the last dollar sign stands that may open mathematics
    sign = TOKEN.search(source)
    address = ADDRESS.search(source) if may_hold_address(source) else None
    kind: Kind
    while sign or address:
        if address and (sign is None or address.start() <= sign.start()):
            found, kind = address, "address"
        else:
            found = cast("re.Match[str]", sign)
            kind = "fence" if found[0] in FENCES else KINDS[found[0][0]]
        if found.start() > end:
            cut.append(Token("text", source[end : found.start()], end))
        text, (start, end) = found[0], found.span()
        closes = text in {"$", "$$"} and single >= 0 and _is_math(source, single, start)
        if closes and text == "$$":
            cut.append(Token(kind, "$", start))  # one formula ends, and the next one starts
            start, text, closes = start + 1, "$", False
        cut.append(Token(kind, text, start))
        if closes or kind == "paragraph":
            single = -1
        elif text == "$":
            single = start
        if sign and sign.start() < end:
            sign = TOKEN.search(source, end)
        if address and address.start() < end:
            address = ADDRESS.search(source, end)
    if end < len(source):
        cut.append(Token("text", source[end:], end))
    return cut


def pairs(source: str, cut: list[Token]) -> dict[int, int]:
    """Pair braces, and the signs around mathematics.

    Returns:
        For each token of a pair the index of its partner; unpaired ones are missing.
    """
    partner: dict[int, int] = {}
    braces: list[int] = []
    fences: dict[str, int] = {}
    for index, token in enumerate(cut):
        if token.kind == "open":
            braces.append(index)
        elif token.kind == "close" and braces:
            _join(partner, braces.pop(), index)
        elif token.kind == "fence":
            _fence(source, cut, index, fences, partner)
        elif token.kind == "paragraph":
            fences.clear()
    return partner


def _join(partner: dict[int, int], opening: int, closing: int) -> None:
    partner[opening] = closing
    partner[closing] = opening


def _fence(
    source: str, cut: list[Token], index: int, fences: dict[str, int], partner: dict[int, int]
) -> None:
    r"""Join a dollar sign, or `\)` or `\]`, with the one before it; or note it as one that may open."""
    sign = {r"\)": r"\(", r"\]": r"\["}.get(cut[index].text, cut[index].text)
    before = fences.pop(sign, None)
    if before is not None and (sign != "$" or _is_math(source, cut[before].start, cut[index].start)):
        _join(partner, before, index)
    elif cut[index].text == sign:
        fences[sign] = index


def _is_math(source: str, opening: int, closing: int) -> bool:
    content = source[opening + 1 : closing]
    price_follows = source[closing + 1 : closing + 2].isdigit() and content[-1:] in tuple(" (~/–-")  # noqa: RUF001
    if content[:1].isdigit() and (price_follows or PRICE.match(content)):
        return False
    if MATH_SIGN.search(content):
        return True
    flush = bool(content) and not content[0].isspace() and not content[-1].isspace()
    return flush and not source[closing + 1 : closing + 2].isdigit()


SIMPLE = pattern(r"[^\s+\-*/·×=<>,()|]*", hostile="a")  # noqa: RUF001 - the multiplication sign is meant
"""A part of a fraction, or a text under a root, that needs no brackets.

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
"""The most characters of one letter with its marks."""

MAX_WIDE = 8
"""The most letters under one wide accent. More letters are a text, which is easier to read without it."""


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

LATEX = pattern(r"[\\${}~`]|--|''", hostile="-")
"""A sign that a text may hold LaTeX; without one it is plain.

>>> [bool(LATEX.search(text)) for text in ("50% of C# & snake_case", "et al.~(2019)", "a -- b")]
[False, True, True]
"""

OPTION = pattern(r"(?:^|\s)--+(?=[A-Za-z])", hostile="-")
"""Dashes that start an option of a command line, not a clause.

>>> [bool(OPTION.search(text)) for text in ("run --verbose", "framework -- HERON", "(MT)--such as")]
[True, False, False]
"""

WORD_TILDE = pattern(r"(?:^|[\s(\[/])~", hostile=" ")
"""A tilde that starts a word: "about", or a home directory; any other joins two words.

>>> [bool(WORD_TILDE.search(text)) for text in ("took ~5 days", "(~50%)", "Fig.~3")]
[True, True, False]
"""

SINGLE_QUOTES = pattern(r"(?<![\w`])`([^`'\n]{1,80})'(?!\w)", hostile="`a")
r"""LaTeX's single quotes around a few words.

>>> SINGLE_QUOTES.sub(r"<\1>", "the `quick' fox, don't")
"the <quick> fox, don't"
"""

BRACKETS = pattern(r"\*?(?:\[[^\[\]]*\])?", hostile=("[", "a", ""))
"""A star and an argument in brackets, which may come before a macro's braces."""

CITATION_OPTIONS = pattern(r"\*?(?:\[[^\[\]]*\]){0,2}", hostile="[")
"""Notes before the key of a reference: `[see][p. 3]`."""

MAX_DEPTH = 40
"""Arguments that are nested more deeply are kept as they are written, so that the work stays linear."""


@dataclass(slots=True)
class _Group:
    """An open brace: where its content starts in the output, what closes it, the mode to go back to."""

    start: int
    close: str
    math: bool


@dataclass(slots=True)
class _Call:
    """A macro that still waits for arguments."""

    name: str
    arguments: list[str] = field(default_factory=list)


class _Conversion:
    """The state of one conversion: tokens in, pieces of text out."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.tokens = tokens(source)
        self.partner = pairs(source, self.tokens)
        self.at = 0  # the next token
        self.out: list[str] = []
        self.stack: list[_Group | _Call] = []
        self.depth = 0  # calls on the stack
        self.math = False
        self.verbatim_at = -1  # the brace here belongs to a macro that is kept
        self.text_at = -1  # the brace here holds text even within mathematics
        self.math_at = -1  # the brace here holds mathematics even within text

    def run(self) -> str:
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            self.at += 1
            _BY_KIND[token.kind](self, token)
        self._abandon()
        return "".join(self.out)

    # Output: to the text, or to the macro that waits for an argument

    def _waits(self) -> bool:
        return bool(self.stack) and isinstance(self.stack[-1], _Call)

    def _put(self, piece: str) -> None:
        while self.stack and isinstance(call := self.stack[-1], _Call):
            call.arguments.append(piece)
            function = FUNCTIONS[call.name]
            if len(call.arguments) < function.arguments:
                return
            self.stack.pop()
            self.depth -= 1
            piece = function.apply(*call.arguments)
        self.out.append(piece)

    def _await(self, name: str, *arguments: str) -> None:
        self.stack.append(_Call(name, list(arguments)))
        self.depth += 1

    def _abandon(self) -> None:
        """Write the macros that never got their arguments as they stand in the source."""
        calls: list[_Call] = []
        while self.stack and isinstance(call := self.stack[-1], _Call):
            calls.append(call)
            self.stack.pop()
        self.depth -= len(calls)
        self.out.extend(verbatim(call.name, call.arguments) for call in reversed(calls))

    def _edit_next(self, edit: Callable[[str], str]) -> None:
        if self.at < len(self.tokens) and self.tokens[self.at].kind == "text":
            token = self.tokens[self.at]
            self.tokens[self.at] = token._replace(text=edit(token.text))

    def _after(self, token: Token) -> str:
        end = token.start + len(token.text)
        return self.source[end : end + 1]

    def _group_at(self, index: int) -> bool:
        return index in self.partner and self.tokens[index].kind == "open"

    # Tokens

    def text(self, token: Token) -> None:
        text = token.text
        while self._waits():
            text = text.lstrip()
            if not text:
                return
            self._put(text[0])
            text = text[1:]
        if self.math:
            text = text.replace("'", tables.SYMBOLS["prime"])
        elif "`" in text:
            text = SINGLE_QUOTES.sub(r"‘\1’", text)  # noqa: RUF001 - quotation marks are meant
        self.out.append(text)

    def address(self, token: Token) -> None:
        self._put(mend(token.text))

    def paragraph(self, token: Token) -> None:
        self._abandon()
        self.out.append(token.text)

    def open(self, token: Token) -> None:
        at = self.at - 1
        if at not in self.partner:
            self._put(token.text)
            return
        kept = at == self.verbatim_at
        if kept:
            self.out.append("{")
        self.stack.append(_Group(len(self.out), "}" if kept else "", self.math))
        self.math = at == self.math_at or (self.math and at != self.text_at)

    def close(self, token: Token) -> None:
        if self.at - 1 not in self.partner:
            self._put(token.text)
            return
        self._abandon()
        group = self.stack.pop()
        assert isinstance(group, _Group)  # noqa: S101 - braces are paired; this tells the type checker
        self.math = group.math
        if self._waits():
            content = "".join(self.out[group.start :])
            del self.out[group.start :]
            self._put(content)
        elif group.close:
            self.out.append(group.close)
            self.verbatim_at = self.at

    def fence(self, token: Token) -> None:
        partner = self.partner.get(self.at - 1)
        if partner is None:
            self._put(token.text)
            return
        self._abandon()
        self.math = partner >= self.at

    def script(self, token: Token) -> None:
        if self.depth < MAX_DEPTH and (self.math or self._group_at(self.at)):
            self._await("superscript" if token.text == "^" else "subscript")
        else:
            self._put(token.text)

    def tilde(self, token: Token) -> None:
        around = self.source[max(token.start - 1, 0) : token.start + 1]
        self._put("~" if WORD_TILDE.match(around) else " ")

    def dash(self, token: Token) -> None:
        around = self.source[max(token.start - 1, 0) : token.start + len(token.text) + 1]
        dash = {"--": "–", "---": "—"}.get(token.text, token.text)  # noqa: RUF001 - dashes are meant
        self._put(token.text if self.math or OPTION.match(around) else dash)

    def quote(self, token: Token) -> None:
        text, math = {"``": ("“", "“"), "''": ("”", "″")}[token.text]
        self._put(math if self.math else text)

    def macro(self, token: Token) -> None:
        name = token.text[1:]
        if name in tables.DROPPED:
            self._edit_next(str.lstrip)
            if name in tables.DELIMITERS:
                self._edit_next(lambda text: text.removeprefix("."))
        elif name in tables.FONTS or name in tables.TEXT_FONTS:
            self.text_at = self.at if name in tables.TEXT_FONTS else self.text_at
            self.math_at = self.at if name in tables.MATH_FONTS else self.math_at
            self._edit_next(lambda text: text.lstrip().removeprefix("*"))
        elif name in tables.OPERATORS:
            self._operator(token, name.replace("bmod", "mod"))
        elif name in tables.RAW:
            self._raw(token, name)
        elif name in FUNCTIONS and self.depth < MAX_DEPTH:
            self._function(token, name)
        elif (meaning := tables.symbol(name)) is not None:
            self._symbol(token, name, meaning)
        else:
            self._unknown(token)

    # Macros

    def _operator(self, token: Token, name: str) -> None:
        """Put the name of a function, apart from the letters around it."""
        if self._waits():
            self._put(name)
            return
        before = self.source[token.start - 1 : token.start]
        after = self._after(token)
        blank_before = " " if before.isalnum() or before in {")", "}"} else ""
        blank_after = " " if after.isalnum() or after in {"\\", "{"} else ""
        self.out.append(f"{blank_before}{name}{blank_after}")

    def _symbol(self, token: Token, name: str, meaning: str) -> None:
        """Put a symbol. TeX drops the blank behind it; here so do letters, and signs that stand close."""
        before = self.source[max(token.start - 1, 0) : token.start]
        sign = self.math and len(meaning) == 1 and not meaning.isalpha() and name.isalpha()
        if name in tables.LETTERS or (sign and before and before not in " {$(") or meaning in tables.OPENING:
            self._edit_next(lambda text: text.removeprefix(" "))
        self._put(meaning)

    def _function(self, token: Token, name: str) -> None:
        follows = self._after(token)
        if not name.isalpha() and (not follows or follows.isspace()):
            self._put(name)  # an accent on nothing: a sign that was escaped
            return
        if FUNCTIONS[name].braced and not self._group_at(self.at):
            self._unknown(token)
            return
        if not FUNCTIONS[name].optional:
            self._await(name)
            return
        option = BRACKETS.match(self.tokens[self.at].text) if self.at < len(self.tokens) else None
        self._edit_next(lambda text: text[option.end() :] if option else text)
        self._await(name, option[0].strip("*[]") if option else "")

    def _raw(self, token: Token, name: str) -> None:
        """Put a macro whose argument is no LaTeX: an address, a key, the name of an environment."""
        at = self._behind_options() if name in tables.CITATIONS else self.at
        if self._group_at(at):
            self.at = at
        if not self._group_at(self.at):
            self._unknown(token)
            return
        closing = self.partner[self.at]
        raw = self.source[self.tokens[self.at].start + 1 : self.tokens[closing].start]
        self.at = closing + 1
        if name in tables.ADDRESSES:
            self._put(mend(raw).strip())
        elif name in tables.CITATIONS:
            self._put(f"[{', '.join(key.strip() for key in raw.split(','))}]")
        elif name in tables.CHEMISTRY and "\\" not in raw:
            self._put(chemistry(raw))
        elif name == "href" and self.depth < MAX_DEPTH:
            self._await(name, mend(raw).strip())
        elif name in {"begin", "end"} and raw in tables.TEXT_ENVIRONMENTS:
            self._put(" ")
        elif name in {"begin", "end"} and raw in tables.MATH_ENVIRONMENTS:
            self._abandon()
            self.out.append(" ")
            self.math = name == "begin"
        else:
            self._put(verbatim(name, [raw]))

    def _behind_options(self) -> int:
        """The first token that is not part of arguments in brackets."""
        at = self.at
        if at < len(self.tokens):
            options = CITATION_OPTIONS.match(self.source, self.tokens[at].start)
            while options and at < len(self.tokens) and self.tokens[at].start < options.end():
                at += 1
        return at

    def _unknown(self, token: Token) -> None:
        """Keep a macro, its arguments in brackets and the braces of the others."""
        self._put(token.text)
        at = self.at
        if at < len(self.tokens) and BRACKETS.fullmatch(self.tokens[at].text):
            at += 1
        if self._group_at(at):
            self.verbatim_at = at


_BY_KIND: dict[str, Callable[[_Conversion, Token], None]] = {
    "text": _Conversion.text,
    "address": _Conversion.address,
    "paragraph": _Conversion.paragraph,
    "fence": _Conversion.fence,
    "macro": _Conversion.macro,
    "open": _Conversion.open,
    "close": _Conversion.close,
    "script": _Conversion.script,
    "tilde": _Conversion.tilde,
    "dash": _Conversion.dash,
    "quote": _Conversion.quote,
}


def to_unicode(source: str) -> str:
    r"""Convert LaTeX in running text to plain Unicode.

    Args:
        source: a title or an abstract; plain text passes through.

    Returns:
        The text in NFC, one space between words, paragraphs separated by one blank line. Macros that are
        not known, and braces and dollar signs without a partner, stay as they are written.

    >>> to_unicode(r"$\ge 2\%$ faster on {\bf Mo}mentum, as on $\tau^2$-Bench")
    '≥ 2% faster on Momentum, as on τ²-Bench'
    >>> to_unicode(r"from $5 to $10, \foobar{x}, see \url{https://github.com/a/b_c}")
    'from $5 to $10, \\foobar{x}, see https://github.com/a/b_c'
    """
    text = clean(source)
    return clean(_Conversion(text).run()) if LATEX.search(text) else text
