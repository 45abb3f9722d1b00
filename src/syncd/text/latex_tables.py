"""Tables of what LaTeX's macros mean in running text.

The conversion in `latex` reads these and holds no names itself. Symbols that are not here come from
pylatexenc's table, which is loaded when the first of them is met.
"""

from __future__ import annotations

from functools import cache

# ruff: noqa: RUF001, RUF002 - the tables map to exactly these characters


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
    # BibLaTeX's
    "hyphen": "-",
    "adddot": ".",
    "addcomma": ",",
    "addcolon": ":",
    "addspace": " ",
    "addnbspace": " ",
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
    mathrel mathord operatorname operatorname* underbrace overbrace so hl textlf mathbfit
    mkbibemph mkbibitalic mkbibbold mkbibacro mkbibacronym ensuremath"""
)
"""Macros that change the looks of their argument: the argument remains."""

TEXT_FONTS = _names("text textrm mbox hbox fbox intertext")
"""Likewise, and within mathematics their argument is text."""

MATH_FONTS = frozenset({"ensuremath"})
"""Of these, macros whose argument is mathematics, wherever it stands."""

LETTERS = _names("i j o O l L ss SS ae AE oe OE aa AA dh DH th TH dj DJ ng NG ij IJ hyphen")
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

WIDE = frozenset({"widehat", "widetilde", "overline", "overrightarrow"})
"""Of these, accents over several letters: each of them gets one."""

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

CITATIONS = _names(
    """cite citep citet citeauthor citeyear citeyearpar citealp citealt citenum Cite Citep Citet Citealp
    Citealt Citeauthor parencite textcite autocite footcite smartcite supercite fullcite Parencite Textcite
    Autocite"""
)
"""Macros whose argument is the key of a reference: that key in brackets is what remains."""

REFERENCES = _names("ref eqref autoref cref Cref label pageref nameref")
"""Macros whose argument is a key within the document: kept as they are, key included."""

CHEMISTRY = frozenset({"ce", "cee", "ch"})
"""Macros whose argument is a chemical formula (mhchem, chemformula)."""

RAW = ADDRESSES | CITATIONS | REFERENCES | CHEMISTRY | {"href", "begin", "end"}
"""Macros whose first argument is taken as it is written."""

JOURNALS = {
    "aj": "The Astronomical Journal",
    "actaa": "Acta Astronomica",
    "aap": "Astronomy and Astrophysics",
    "aapr": "The Astronomy and Astrophysics Review",
    "aaps": "Astronomy and Astrophysics Supplement Series",
    "ao": "Applied Optics",
    "apj": "The Astrophysical Journal",
    "apjl": "The Astrophysical Journal Letters",
    "apjs": "The Astrophysical Journal Supplement Series",
    "aplett": "Astrophysical Letters",
    "apspr": "Astrophysics and Space Physics Research",
    "apss": "Astrophysics and Space Science",
    "araa": "Annual Review of Astronomy and Astrophysics",
    "azh": "Astronomicheskii Zhurnal",
    "baas": "Bulletin of the American Astronomical Society",
    "bac": "Bulletin of the Astronomical Institutes of Czechoslovakia",
    "bain": "Bulletin of the Astronomical Institutes of the Netherlands",
    "caa": "Chinese Astronomy and Astrophysics",
    "cjaa": "Chinese Journal of Astronomy and Astrophysics",
    "fcp": "Fundamentals of Cosmic Physics",
    "gca": "Geochimica et Cosmochimica Acta",
    "grl": "Geophysical Research Letters",
    "iaucirc": "International Astronomical Union Circulars",
    "icarus": "Icarus",
    "jcap": "Journal of Cosmology and Astroparticle Physics",
    "jcp": "The Journal of Chemical Physics",
    "jgr": "Journal of Geophysical Research",
    "jqsrt": "Journal of Quantitative Spectroscopy and Radiative Transfer",
    "jrasc": "Journal of the Royal Astronomical Society of Canada",
    "maps": "Meteoritics and Planetary Science",
    "memras": "Memoirs of the Royal Astronomical Society",
    "memsai": "Memorie della Societa Astronomica Italiana",
    "mnras": "Monthly Notices of the Royal Astronomical Society",
    "na": "New Astronomy",
    "nar": "New Astronomy Reviews",
    "nat": "Nature",
    "nphysa": "Nuclear Physics A",
    "pasa": "Publications of the Astronomical Society of Australia",
    "pasj": "Publications of the Astronomical Society of Japan",
    "pasp": "Publications of the Astronomical Society of the Pacific",
    "physrep": "Physics Reports",
    "physscr": "Physica Scripta",
    "planss": "Planetary and Space Science",
    "pra": "Physical Review A",
    "prb": "Physical Review B",
    "prc": "Physical Review C",
    "prd": "Physical Review D",
    "pre": "Physical Review E",
    "prl": "Physical Review Letters",
    "procspie": "Proceedings of SPIE",
    "psj": "The Planetary Science Journal",
    "qjras": "Quarterly Journal of the Royal Astronomical Society",
    "rmxaa": "Revista Mexicana de Astronomia y Astrofisica",
    "skytel": "Sky and Telescope",
    "solphys": "Solar Physics",
    "sovast": "Soviet Astronomy",
    "ssr": "Space Science Reviews",
    "zap": "Zeitschrift fuer Astrophysik",
}
"""Macros of the ADS for journals (https://ui.adsabs.harvard.edu/help/actions/journal-macros); only a journal's name
may be one of them."""

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
