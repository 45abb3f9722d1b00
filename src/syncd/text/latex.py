"""LaTeX in running text, as arXiv's titles and abstracts have it, becomes plain Unicode.

One pass over the tokens with an explicit stack: no recursion, linear time, no exception whatever the text.
What can't be converted stays as it is written; no word is dropped, and no comment exists (`50% off`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from syncd.text import latex_tables as tables
from syncd.text.latex_macros import FUNCTIONS, verbatim
from syncd.text.latex_tokens import Token, pairs, tokens
from syncd.text.patterns import pattern
from syncd.text.plain import clean
from syncd.text.urls import mend

if TYPE_CHECKING:
    from collections.abc import Callable

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

MAX_DEPTH = 40
"""Arguments within arguments beyond this depth are kept as they are written: keeps the work linear."""


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
        self.math = self.math and at != self.text_at

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
        if not self._group_at(self.at):
            self._unknown(token)
            return
        closing = self.partner[self.at]
        raw = self.source[self.tokens[self.at].start + 1 : self.tokens[closing].start]
        self.at = closing + 1
        if name in tables.ADDRESSES:
            self._put(mend(raw).strip())
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
