"""Folding of titles and surnames: golden, because it decides Zotero keys for good."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.text.titles import fold_name, fold_title

GOLDEN_TITLES = [
    ("DeBERTaV3: Improving DeBERTa using ELECTRA-Style", "debertav3improvingdebertausingelectrastyle"),
    ("Z-Code++: A Pre-trained Language Model", "zcode++apretrainedlanguagemodel"),
    ("C#", "c#"),
    ("C++", "c++"),
    ("C", "c"),
    ("Caf\u00e9 Cafe\u0301", "cafecafe"),
    ("Ёлка и йод", "елкаииод"),
    ("Ἀθῆναι Ὀδυσσεύς", "αθηναιοδυσσευσ"),
    ("τ²-Bench", "τ2bench"),
    ("ﬁne Straße İstanbul", "finestrasseistanbul"),
    ("何鹏程 研究", "何鹏程研究"),
    ("がか", "か\u3099か"),
    ("हिन्दी", "हिन\u094dदी"),
    ("Ｆｕｌｌ　ｗｉｄｔｈ", "fullwidth"),
    ("?!", "?!"),
    ("  — ", "—"),
    ("", ""),
]


@pytest.mark.parametrize(("title", "folded"), GOLDEN_TITLES)
def test_folds_titles_as_ever(title: str, folded: str) -> None:
    """These results are on record in libraries: they must never change."""
    assert fold_title(title) == folded


@pytest.mark.parametrize(
    ("surname", "folded"),
    [
        ("He", "he"),
        ("van der Maaten", "vandermaaten"),
        ("Müller", "muller"),
        ("Groß", "gross"),
        ("Sørensen", "sorensen"),
        ("Łukasiewicz", "lukasiewicz"),
        ("Đặng", "dang"),
        ("Æsir", "aesir"),
        ("Œuvre", "oeuvre"),
        ("Þórsson", "thorsson"),
        ("Işık", "isik"),
        ("O'Neil", "oneil"),
        ("何鹏程", "何鹏程"),
        ("Гагарин", "гагарин"),
        ("-", "-"),
    ],
)
def test_folds_surnames_as_ever(surname: str, folded: str) -> None:
    """Surnames fold to what people without such letters write; on record as well."""
    assert fold_name(surname) == folded


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=40))
def test_folding_is_stable(title: str) -> None:
    """Folding ignores the normal form, is idempotent, and keeps something of every title."""
    folded = fold_title(title)
    assert fold_title(folded) == folded or not any(map(str.isalnum, title))
    assert fold_title(unicodedata.normalize("NFD", title)) == fold_title(unicodedata.normalize("NFC", title))
    assert bool(folded) == bool(title.strip())


@settings(deadline=None, max_examples=100)
@given(st.lists(st.from_regex(r"[a-z0-9]{1,6}", fullmatch=True), min_size=1, max_size=6))
def test_case_blanks_and_punctuation_do_not_matter(words: list[str]) -> None:
    """Two spellings of one title fold alike."""
    assert fold_title(": ".join(words).upper() + ".") == fold_title(" ".join(words)) == "".join(words)
