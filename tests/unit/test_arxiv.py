"""arXiv's categories and identifiers, and DOIs."""

from __future__ import annotations

import pytest

from syncd.text.identifiers import ARCHIVES, SUBJECTS, arxiv_id, category_id, category_name, doi


@pytest.mark.parametrize(
    ("text", "category", "name"),
    [
        ("CL", "cs.CL", "Computer Science - Computation and Language"),
        ("cs.CL", "cs.CL", "Computer Science - Computation and Language"),
        ("LG", "cs.LG", "Computer Science - Machine Learning"),
        ("ML", "stat.ML", "Statistics - Machine Learning"),
        ("IV", "eess.IV", "Electrical Engineering and Systems Science - Image and Video Processing"),
        ("SY", "cs.SY", "Computer Science - Systems and Control"),
        ("CO", "stat.CO", "Statistics - Computation"),
        ("AP", "stat.AP", "Statistics - Applications"),
        ("GN", "math.GN", "Mathematics - General Topology"),
        ("SC", "cs.SC", "Computer Science - Symbolic Computation"),
        ("hep-th", "hep-th", "High Energy Physics - Theory"),
        ("math-ph", "math-ph", "Mathematical Physics"),
        ("quant-ph", "quant-ph", "Quantum Physics"),
        ("physics.optics", "physics.optics", "Physics - Optics"),
        ("astro-ph.GA", "astro-ph.GA", "Astrophysics - Astrophysics of Galaxies"),
        ("cond-mat.soft", "cond-mat.soft", "Condensed Matter - Soft Condensed Matter"),
        ("XX", "XX", None),
        ("", "", None),
    ],
)
def test_completes_and_names_a_category(text: str, category: str, name: str | None) -> None:
    """A suffix means the preferred archive; names are those that Zotero's translator tags."""
    assert category_id(text) == category
    assert category_name(text) == name


def test_knows_every_category() -> None:
    """The table has arXiv's categories, each within an archive."""
    alone = [
        archive for archive in ARCHIVES if not any(subject.startswith(f"{archive}.") for subject in SUBJECTS)
    ]
    assert len(SUBJECTS) + len(alone) == 155
    assert {subject.partition(".")[0] for subject in SUBJECTS} <= set(ARCHIVES)
    assert all(category_name(subject) for subject in SUBJECTS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("arXiv:2304.12526v2", "2304.12526"),
        ("arXiv:2304.12526 [cs.CV]", "2304.12526"),
        ("2304.12526", "2304.12526"),
        ("2304.12526v3 [cs.CL]", "2304.12526"),
        ("https://arxiv.org/abs/2304.12526", "2304.12526"),
        ("https://arxiv.org/pdf/2304.12526v1.pdf", "2304.12526"),
        ("http://arxiv.org/pdf/astro-ph/0601001v1.pdf", "astro-ph/0601001"),
        ("hep-th/9901001", "hep-th/9901001"),
        ("math.GT/0309136", "math/0309136"),
        ("cmp-lg/9404001", "cmp-lg/9404001"),
        ("10.48550/arXiv.2304.12526", "2304.12526"),
        ("https://doi.org/10.48550/arXiv.2304.12526", "2304.12526"),
        ("note: x\narXiv: 0704.0001", "0704.0001"),
        ("in 2304.12526 we show", None),
        ("10.1000/2304.12526", None),
        ("2399.12526", None),
        ("foo-bar/9901001", None),
        ("", None),
    ],
)
def test_finds_an_identifier(text: str, expected: str | None) -> None:
    """Identifiers are found where the text says that they are arXiv's, or are all of it."""
    assert arxiv_id(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10.1162/TACL_a_00123", "10.1162/tacl_a_00123"),
        ("https://doi.org/10.1162/tacl_a_00123.", "10.1162/tacl_a_00123"),
        ("http://dx.doi.org/10.1162/tacl_a_00123", "10.1162/tacl_a_00123"),
        ("doi:10.1162/tacl_a_00123)", "10.1162/tacl_a_00123"),
        ("https://doi.org/10.1162%2Ftacl_a_00123", "10.1162/tacl_a_00123"),
        ("10.1016/S0140-6736(20)30183-5", "10.1016/s0140-6736(20)30183-5"),
        ("10.48550/arXiv.2304.12526", None),
        ("version 10.2/3", None),
        ("10.1162/", None),
        ("", None),
    ],
)
def test_finds_a_doi(text: str, expected: str | None) -> None:
    """DOIs come bare and in lower case; arXiv's own are none."""
    assert doi(text) == expected
