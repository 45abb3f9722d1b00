"""Markup in titles and abstracts: the same, whatever service or file it comes from."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from syncd.model import Snapshot
from syncd.read import parse
from syncd.services.crossref import Api

if TYPE_CHECKING:
    from collections.abc import Callable

    from syncd.model import Paper

TITLE = (
    "Ni<sup>2+</sup> in TiO<sub>2</sub> &amp; La<sub>0.7</sub>: a <scp>DFT</scp> study"
    "<subtitle>of <i>n</i> &lt; m</subtitle>."
)
ABSTRACT = (
    "<jats:title>ABSTRACT</jats:title><jats:sec><jats:title>Aim</jats:title><ns4:p>We do.</ns4:p></jats:sec>"
    "<p>Then.</p>"
)


def read(text: str, form: str, media_type: str | None = None) -> Paper:
    """The only paper of a file."""
    moment = datetime(2026, 6, 1, tzinfo=UTC)
    (paper,) = parse(Snapshot(text.encode(), "pubs", moment, media_type), form).papers
    return paper


def crossref() -> Paper:
    """As Crossref answers."""
    paper = Api().read_paper({"title": [TITLE], "abstract": ABSTRACT})
    assert paper is not None
    return paper


def packed(service: str, row: dict[str, object]) -> Paper:
    """As a service's fetch packs it."""
    return read(json.dumps({"source": service, "id": "1", "author": {"name": "A"}, "papers": [row]}), service)


def escaped(text: str) -> str:
    """As text in XML."""
    return text.replace("&", "&amp;").replace("<", "&lt;")


ATOM = f"""<feed xmlns="http://www.w3.org/2005/Atom"><entry><title type="html">{escaped(TITLE)}</title>
<summary type="html">{escaped(ABSTRACT)}</summary></entry></feed>"""

FORMS: dict[str, Callable[[], Paper]] = {
    "bibtex": lambda: read(f"@article{{a, title = {{{TITLE}}}, abstract = {{{ABSTRACT}}}}}", "bibtex"),
    "ris": lambda: read(f"TY  - JOUR\nTI  - {TITLE}\nAB  - {ABSTRACT}\nER  - \n", "ris"),
    "csl-json": lambda: read(json.dumps([{"title": TITLE, "abstract": ABSTRACT}]), "csl-json"),
    "feed": lambda: read(ATOM, "feed"),
    "crossref": crossref,
    "s2": lambda: packed("s2", {"title": TITLE, "abstract": ABSTRACT}),
    "scholarfeed": lambda: packed("scholarfeed", {"title": TITLE, "abstract": ABSTRACT}),
    "orcid": lambda: packed("orcid", {"title": {"title": {"value": TITLE}}, "short-description": ABSTRACT}),
}


@pytest.mark.parametrize("form", FORMS)
def test_markup_is_the_same_everywhere(form: str) -> None:
    """What is raised or lowered becomes a character where there is one; captions and tags go, paragraphs stay."""
    paper = FORMS[form]()
    assert paper.title == "Ni²⁺ in TiO₂ & La_{0.7}: a DFT study of n < m"
    assert paper.abstract == "Aim\n\nWe do.\n\nThen."


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        (
            (
                "<mml:math><mml:msub><mml:mi>x</mml:mi><mml:mn>2</mml:mn></mml:msub><mml:mo>+</mml:mo>"
                "<mml:mfrac><mml:mi>a</mml:mi><mml:mi>b</mml:mi></mml:mfrac></mml:math> holds"
            ),
            "x₂+a/b holds",
        ),
        (
            (
                "<alternatives><math><mi>x</mi></math><tex-math>\\documentclass{minimal}\\usepackage{amsmath}"
                "\\begin{document}$$x^2$$\\end{document}</tex-math></alternatives> holds"
            ),
            "x² holds",
        ),
        ('<tex Notation="TeX">$H_2$</tex> for n<m', "H₂ for n<m"),
        ("See<sup>1,2</sup> and<sup>†</sup> CO<inf>2</inf>", "See^{1,2} and† CO₂"),
        ("List<T> of a <b and c> d", "List<T> of a <b and c> d"),
        ("Abstract: We do", "We do"),
        ("Abstract interpretation is", "Abstract interpretation is"),
    ],
)
def test_formulas_and_signs(markup: str, text: str) -> None:
    """Formulas in MathML and LaTeX are there once; signs that start no tag stay."""
    assert read(json.dumps([{"title": "T", "abstract": markup}]), "csl-json").abstract == text


def test_the_address_of_a_link_is_a_link_of_the_paper() -> None:
    """An abstract with markup loses no repository."""
    abstract = '<p>Code is <a href="https://github.com/a/b">here</a>.</p><mml:math xmlns:mml="http://www.w3.org/x">y</mml:math>'
    paper = read(json.dumps([{"title": "T", "abstract": abstract}]), "csl-json")
    assert [link.url for link in paper.links] == ["https://github.com/a/b"]
