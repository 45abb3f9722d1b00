"""What LaTeX's macros mean in running text, as tables.

The conversion in `latex` reads these and holds no names itself. Symbols that are not here come from
pylatexenc's table, which is loaded when the first of them is met.
"""

# ruff: noqa: RUF001, RUF002 - the tables map to exactly these characters

from __future__ import annotations

from functools import cache


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


SYMBOLS = {
    # escapes and blanks
    **{sign: sign for sign in "%$#&_{}"},
    " ": " ",
    "\n": " ",
    "\t": " ",
    "\\": " ",
    ",": " ",
    ";": " ",
    ":": " ",
    ">": " ",
    "!": "",
    "-": "",
    "/": "",
    "@": "",
    "|": "‖",
    "quad": " ",
    "qquad": " ",
    "enspace": " ",
    "thinspace": " ",
    "newline": " ",
    "linebreak": " ",
    "hfill": " ",
    "item": " • ",
    "par": "\n\n",
    # preferred over pylatexenc's
    "epsilon": "ε",
    "phi": "φ",
    "ast": "*",
    "prime": "′",
    "bullet": "•",
    # not in pylatexenc's
    "ne": "≠",
    "iff": "⇔",
    "implies": "⇒",
    "coloneqq": "≔",
    "colon": ":",
    "slash": "/",
    "lbrack": "[",
    "rbrack": "]",
    "textbar": "|",
    "textless": "<",
    "textgreater": ">",
    "textunderscore": "_",
    "checkmark": "✓",
    "cmark": "✓",
    "xmark": "✗",
    "degree": "°",
    "celsius": "℃",
    "S": "§",
    "P": "¶",
    "copyright": "©",
    "pounds": "£",
    "euro": "€",
    "texteuro": "€",
    "texttrademark": "™",
    "Re": "ℜ",
    "Im": "ℑ",
    "Box": "□",
    "hslash": "ℏ",
    "eth": "ð",
    "LaTeX": "LaTeX",
    "TeX": "TeX",
    "BibTeX": "BibTeX",
}
"""Macros without arguments, and what they stand for."""

DROPPED = _names(
    """bf it em tt sc rm sf sl cal bfseries itshape ttfamily scshape rmfamily sffamily slshape upshape
    mdseries normalfont boldmath unboldmath tiny scriptsize footnotesize small normalsize large Large
    LARGE huge Huge displaystyle textstyle scriptstyle scriptscriptstyle limits nolimits nonumber notag
    noindent centering raggedright xspace protect relax left right middle big Big bigg Bigg bigl bigr Bigl
    Bigr biggl biggr Biggl Biggr bigm Bigm allowbreak break nobreak newpage clearpage smallskip medskip
    bigskip"""
)
"""Macros that only change the looks; TeX drops the blank after them, too."""

DELIMITERS = frozenset({"left", "right", "middle"})
r"""After these a dot stands for no delimiter: `\left. x \right|`."""

FONTS = _names(
    """emph textbf textit textsc textsl texttt textsf textmd textup textnormal uline underline mathbf
    mathrm mathit mathsf mathtt mathcal mathscr mathfrak mathnormal boldsymbol bm pmb mathop mathbin
    mathrel mathord operatorname operatorname* underbrace overbrace so hl textlf mathbfit"""
)
"""Macros that change the looks of their argument: the argument remains."""

TEXT_FONTS = _names("text textrm mbox hbox fbox intertext")
"""Likewise, and within mathematics their argument is text."""

LETTERS = _names("i j o O l L ss SS ae AE oe OE aa AA dh DH th TH dj DJ ng NG ij IJ")
r"""Macros for letters: TeX drops the blank that ends them, as in `stra\ss e`."""

OPENING = frozenset("⟨⌈⌊")
"""Brackets that hold on to what follows them."""

OPERATORS = _names(
    """arccos arcsin arctan arg argmax argmin cos cosh cot coth csc deg det dim exp gcd hom inf ker lg lim
    liminf limsup ln log max min mod Pr sec sin sinh sup tan tanh bmod softmax diag tr"""
)
"""Names of functions: a blank keeps them apart from their argument."""

TEXT_ACCENTS = {
    "'": "\u0301",
    "`": "\u0300",
    '"': "\u0308",
    "^": "\u0302",
    "~": "\u0303",
    "=": "\u0304",
    ".": "\u0307",
    "c": "\u0327",
    "H": "\u030b",
    "k": "\u0328",
    "b": "\u0331",
    "d": "\u0323",
    "r": "\u030a",
    "u": "\u0306",
    "v": "\u030c",
}
"""Accents on letters, as combining marks."""

MATH_ACCENTS = {
    "hat": "\u0302",
    "widehat": "\u0302",
    "tilde": "\u0303",
    "widetilde": "\u0303",
    "bar": "\u0304",
    "overline": "\u0305",
    "vec": "\u20d7",
    "overrightarrow": "\u20d7",
    "dot": "\u0307",
    "ddot": "\u0308",
    "check": "\u030c",
    "breve": "\u0306",
    "acute": "\u0301",
    "grave": "\u0300",
    "mathring": "\u030a",
    "not": "\u0338",
}
"""Accents in mathematics, as combining marks."""

SUPERSCRIPTS = dict(
    zip(
        "0123456789+-−=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVWβγδθφχ′*†‡°",
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵝᵞᵟᶿᵠᵡ′*†‡°",
        strict=True,
    )
) | {"∘": "°", "∗": "*", "⊤": "ᵀ"}
SUBSCRIPTS = dict(
    zip(
        "0123456789+-−=()aehijklmnoprstuvxβγρφχ",
        "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ",
        strict=True,
    )
)

BLACKBOARD = dict(zip("CHNPQRZ", "ℂℍℕℙℚℝℤ", strict=True))

TEXT_ENVIRONMENTS = _names(
    """itemize enumerate description center quote quotation abstract flushleft flushright document"""
)
MATH_ENVIRONMENTS = _names(
    """math displaymath equation equation* align align* gather gather* multline multline* eqnarray
    eqnarray*"""
)

ADDRESSES = frozenset({"url", "path", "nolinkurl"})
"""Macros whose argument is an address: nothing in it is LaTeX."""

REFERENCES = _names(
    """cite citep citet citeauthor citeyear citealp citealt Cite Citep Citet parencite textcite autocite
    ref eqref autoref cref Cref label pageref nameref"""
)
"""Macros whose argument is a key: kept as they are, key included."""

RAW = ADDRESSES | REFERENCES | {"href", "begin", "end"}
"""Macros whose first argument is taken as it is written."""

_FOREIGN = ("latex-ethuebung", "nonstandard-qit", "latex-placeholders")
"""Parts of pylatexenc's table that are not LaTeX's."""


@cache
def _pylatexenc_symbols() -> dict[str, str]:
    from pylatexenc.latex2text import get_default_latex_context_db  # noqa: PLC0415 - heavy, and rarely needed

    table = get_default_latex_context_db()
    categories = [category for category in table.categories() if category not in _FOREIGN]
    symbols: dict[str, str] = {}
    for macro in table.iter_macro_specs(categories):
        meaning = macro.simplify_repl
        if isinstance(meaning, str) and meaning.strip() and "%" not in meaning:
            symbols.setdefault(macro.macroname, meaning)
    return symbols


def symbol(name: str) -> str | None:
    """What a macro without arguments stands for, or None if it is not known.

    >>> symbol("times"), symbol("alpha"), symbol("%"), symbol("foobar")
    ('×', 'α', '%', None)
    """
    known = SYMBOLS.get(name)
    return _pylatexenc_symbols().get(name) if known is None else known
