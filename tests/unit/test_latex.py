"""LaTeX in running text becomes plain Unicode, and nothing is lost on the way."""

from __future__ import annotations

import re
import time
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from syncd.text.latex import to_unicode

CASES = [
    (r"achieve $\mathbf{\ge 2\times}$ faster", "achieve ≥ 2× faster"),
    (r"({\bf Mo}mentum {\bf Ca}libration)", "(Momentum Calibration)"),
    (r"to 83.7\% (1.5\% absolute)", "to 83.7% (1.5% absolute)"),
    (r"\emph{distill} and \textit{this} and \textbf{that}", "distill and this and that"),
    (r"at \url{https://github.com/a/chatgpt_editing_summ}", "at https://github.com/a/chatgpt_editing_summ"),
    (r"improvement\footnote{ Based on x.}).", "improvement (Based on x.))."),
    (r"\href{https://a.org/b_c}{the code}", "the code (https://a.org/b_c)"),
    (r"as \cite{smith_2020-a} say", "as [smith_2020-a] say"),
    (r"\citet{a} and \citep[see~][p.~3]{b,c}, \ref{d_e}", r"[a] and [b, c], \ref{d_e}"),
    (r"\ce{H2}O \ce{SO4^2-} \ce{[Ru(bpy)3]^{2+} -> Na+}", "H₂O SO₄²⁻ [Ru(bpy)₃]²⁺ → Na⁺"),
    (r"$\Sigma$$\Delta$, $a$$b$ and $$x^2$$", "ΣΔ, ab and x²"),
    (r"$\widehat{sl}$ $\overline{MS}$ $\Bbb R$ \Bbb{Z}", "\u015dl\u0302 M\u0305S\u0305 ℝ ℤ"),
    (r"\ensuremath{\alpha_2} \mkbibemph{w} \mkbibquote{x} \enquote*{y} a\hyphen b", "α₂ w “x” “y” a-b"),
    (r"caf\'e M\"{o}bius {\'\i} \v{s} \c c \~n \aa ngstr\o m", "café Möbius í š ç ñ ångstrøm"),
    (r"on $\tau^2$-Bench and $τ^2$ Bench", "on τ²-Bench and τ² Bench"),
    (r"$x_{ij}$ $x_{i,j}$ $x_q$ x_{i} 10$^{-3}$ $90^\circ$", "xᵢⱼ x_{i,j} x_q xᵢ 10⁻³ 90°"),
    (r"$e.g.$, as few", "e.g., as few"),
    (r"CelebA-64$\times$64", "CelebA-64×64"),
    (r"\mathcal{O}(n \log n) and $O(n\log n)$", "O(n log n) and O(n log n)"),
    (r"$\frac{a}{b}$ $\frac12$ $\frac{a+b}{c}$ $\sqrt{x}$ $\sqrt[3]{x+1}$", "a/b 1/2 (a+b)/c √x ³√(x+1)"),
    ("framework -- HERON, (MT)--such as, a---b", "framework – HERON, (MT)–such as, a—b"),
    ("run --verbose on -----", "run --verbose on -----"),
    ("``quotes'' and `single' don't", "“quotes” and ‘single’ don't"),
    ("Fig.~3 took ~5 days", "Fig. 3 took ~5 days"),
    ("https://x.edu/~user/a--b_c#d%20 and", "https://x.edu/~user/a--b_c#d%20 and"),
    (r"https://x.edu/\~{}user/a\_b", "https://x.edu/~user/a_b"),
    (r"one\\two\\ three", "one two three"),
    ("from $5 to $10, or $5-$10", "from $5 to $10, or $5-$10"),
    ("$100 for $x$ and $y$", "$100 for x and y"),
    ("a lone $ sign", "a lone $ sign"),
    ("two $ signs $ here", "two $ signs $ here"),
    (r"$5 (10\% of $50)", "$5 (10% of $50)"),
    (r"ends in \hat", r"ends in \hat"),
    (r"$\text{it's} f'$", "it's f′"),
    ("50% off # & snake_case a^2", "50% off # & snake_case a^2"),
    (r"\|y\|_2 and $\|y\|_2$", "‖y‖_2 and ‖y‖₂"),
    (r"\foobar{x} \foobar[1]{$\alpha$}{b} \foo", r"\foobar{x} \foobar[1]{α}{b} \foo"),
    (r"$\hat{y}$ $\hat\mathbf{x}$ $\hat{xy}$ $\not\in$", "ŷ x\u0302 \\hat{xy} ∉"),
    (r"$\mathbb{R}^d$, $A^\top$, $x_\text{max}$, $\mathrm{ReLU}(x)$", "ℝᵈ, Aᵀ, xₘₐₓ, ReLU(x)"),
    (r"\begin{itemize}\item a \item b\end{itemize}", "• a • b"),
    (r"\begin{foo} x \end{foo}", r"\begin{foo} x \end{foo}"),
    (r"stra\ss e, \LaTeX\ and C\#, 10\,000", "straße, LaTeX and C#, 10 000"),
    (r"a \footnote and \textcolor{red}{b}", r"a \footnote and b"),
    (r"say \"quoted\" words", 'say "quoted" words'),
    (r"$\left. x \right|$ \(x^2\)", "x | x²"),
    ("unbalanced { brace } } and {", "unbalanced  brace  } and {".replace("  ", " ")),
    ("so\u00adft\u200b  non\u00a0breaking\u2009thin\x07", "soft non breaking thin"),
    ("one\n\n \ntwo\nthree", "one\n\ntwo three"),
    ("e\u0301", "é"),
]


@pytest.mark.parametrize(("source", "expected"), CASES)
def test_converts(source: str, expected: str) -> None:
    """Each construct that arXiv's abstracts use becomes what a reader would write."""
    assert to_unicode(source) == expected


@pytest.mark.parametrize("text", [expected for _, expected in CASES if not re.search(r"[\\${}]", expected)])
def test_leaves_its_own_output_alone(text: str) -> None:
    """Converting twice changes nothing, where no backslash, dollar or brace is left."""
    assert to_unicode(text) == text


def test_plain_text_passes_untouched() -> None:
    """Text without LaTeX comes back as it is."""
    text = "Z-Code++: 50% of C# & snake_case at https://a.org/b_c?d=e#f, 何鹏程 — “x”"
    assert to_unicode(text) == text


MACROS = [
    "emph",
    "textbf",
    "bf",
    "foobar",
    "alpha",
    "times",
    "footnote",
    "frac",
    "sqrt",
    "cite",
    "url",
    "hat",
    "mathbb",
]
WORDS = st.text("abcXYZ019", min_size=1, max_size=6)
PIECES = st.one_of(
    WORDS,
    WORDS.map(lambda word: f" {word} "),
    st.sampled_from([name for name in MACROS if name != "frac"]).map(
        lambda name: f"\\{name} "
    ),  # it splits words
    st.sampled_from(MACROS).map(lambda name: f"\\{name}{{"),
    st.sampled_from(
        [
            "{",
            "}",
            "$",
            "$$",
            "%",
            "^",
            "_",
            "~",
            "--",
            "''",
            "``",
            "#",
            "&",
            "\\",
            "\\\\",
            "\\%",
            "\n\n",
            " ",
        ]
    ),
    st.text(max_size=3),
)


def plain(text: str) -> str:
    """Letters and digits with everything that script or accent adds taken off."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


@settings(deadline=None, max_examples=300)
@given(st.lists(PIECES, max_size=25).map("".join))
@example("\\\x1bb0")
def test_loses_no_word(source: str) -> None:
    """Every run of letters and digits of the source is in the output, but for the names of known macros."""
    result = plain(to_unicode(source))
    known = "|".join(
        [*sorted(MACROS, key=len, reverse=True), "b", "c"]
    )  # two accents that words may start with
    # A control character is no sign, so that a macro may have one in it.
    shown = "".join(c for c in source if c.isspace() or unicodedata.category(c) != "Cc")
    rest = re.sub(rf"\\(?:{known})(?![A-Za-z])", " ", shown)
    squeezed = re.sub(r"[\W_]", "", result)  # an argument of one character may be set apart from its word
    for word in re.findall(r"[abcXYZ019]+", rest):
        assert word in squeezed
    for character in "abcXYZ019":
        assert result.count(character) >= rest.count(character)


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=60))
def test_never_raises(source: str) -> None:
    """Whatever the text, the result is NFC, on uniform blanks."""
    result = to_unicode(source)
    assert unicodedata.is_normalized("NFC", result)
    assert not re.search(r"  |\n\n\n|^\s|\s$", result)


@pytest.mark.parametrize(
    "piece",
    [
        "{",
        "}",
        "$ ",
        "\\",
        "~",
        "`",
        "^{",
        r"\frac",
        r"\'",
        r"\foo{",
        r"\hat{",
        r"\sqrt[",
        "a\u0301\u0316",
        " ",
        "www.",
        "-",
    ],
)
def test_time_grows_with_length_only(piece: str) -> None:
    """60,000 characters of anything convert in a second: no recursion, nothing quadratic."""
    start = time.process_time()
    to_unicode("$" + piece * (60_000 // len(piece)))
    assert time.process_time() - start < 1.5


def test_deep_nesting_keeps_its_content() -> None:
    """10,000 braces within each other are no problem, and what is inside them remains."""
    assert to_unicode("{" * 10_000 + "x" + "}" * 10_000) == "x"
    assert to_unicode(r"\hat{" * 10_000 + "core" + "}" * 10_000).count("core") == 1


def test_deep_nesting_of_long_content_takes_no_time() -> None:
    """Content is not copied once a level."""
    start = time.process_time()
    to_unicode(r"\hat{" * 50_000 + "x" * 1_000_000 + "}" * 50_000)
    assert time.process_time() - start < 5
