"""Bibliographies as LaTeX takes them, with the programs themselves, where they are installed."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from syncd.lists import bibtex
from syncd.lists.reference import reference_of

if TYPE_CHECKING:
    from pathlib import Path

TITLES = (
    "50% of {x & $5 #3 ~x~ _y_ ^z \\foo{b} `a` ``q'' <i>i</i> H<sub>2</sub>O <b>",
    "Unbalanced } brace { and @article{x,",
    "α→β ≤ ∞ τ² x₂ “quotes” ‘s’ – — … × ± ½",
    "Élodie’s ñ ş ğ İ ı ß æ Ø Łódź",
    "\\",
)
FIELDS = {
    "journalArticle": {"publicationTitle": "J. of & {X", "volume": "12", "issue": "3", "pages": "100-112"},
    "conferencePaper": {"proceedingsTitle": "Proc. 50%", "conferenceName": "Conf_1"},
    "bookSection": {"bookTitle": "A Book #1", "publisher": "P & Q", "place": "Basel"},
    "book": {"publisher": "P_1"},
    "thesis": {"university": "U $ V"},
    "report": {"institution": "I", "reportNumber": "7"},
    "preprint": {"repository": "bioRxiv"},
    "dataset": {"repository": "Zenodo"},
    "computerProgram": {"company": "C", "versionNumber": "1.0"},
    "webpage": {"websiteTitle": "W"},
    "presentation": {"meetingName": "M"},
    "standard": {"organization": "ISO", "number": "9"},
    "letter": {},
}
PEOPLE = (
    {"creatorType": "author", "firstName": "Martin Luther, Jr.", "lastName": "King"},
    {"creatorType": "author", "name": "World Health & Co {Org"},
    {"creatorType": "author", "firstName": "Élodie", "lastName": "van der Måaten"},
    {"creatorType": "author", "firstName": "Ann, B", "lastName": "Smith and Sons"},
)
HOW = {
    "bibtex": (bibtex.bibtex, r"\usepackage{natbib}", r"\bibliographystyle{plainnat}\bibliography{list}"),
    "biber": (
        bibtex.biblatex,
        r"\usepackage[backend=biber]{biblatex}\addbibresource{list.bib}",
        r"\printbibliography",
    ),
}


@pytest.mark.parametrize("program", ["bibtex", "biber"])
def test_hostile_titles_compile_without_a_warning(tmp_path: Path, program: str) -> None:
    """Nothing that LaTeX, BibTeX or biber says is of syncd's making."""
    for needed in ("pdflatex", program):
        if not shutil.which(needed):
            pytest.skip(f"{needed} is not installed")
    items = [
        {
            "key": f"K{number}",
            "itemType": kind,
            "title": title,
            "creators": [PEOPLE[number % len(PEOPLE)], PEOPLE[0]],
            "date": ("2021-06-30", "2021-06", "2021")[number % 3],
            "DOI": "10.1002/(sici)1097<1::aid>3.0_x",
            "url": "https://a.org/x_y%20z?q={a&b=#c~d^e",
            "abstractNote": title,
            "extra": "arXiv:2304.12526 [cs.CV]\n50% & _x_",
            **fields,
        }
        for number, (kind, title, fields) in enumerate((k, t, f) for t in TITLES for k, f in FIELDS.items())
    ]
    write, head, end = HOW[program]
    references = [reference_of(item, f"key{number}", "urn:x") for number, item in enumerate(items)]
    (tmp_path / "list.bib").write_text("".join(write(references)), encoding="utf-8")
    document = (
        rf"\documentclass{{article}}\usepackage[T1]{{fontenc}}{head}\usepackage{{hyperref}}"
        rf"\begin{{document}}\nocite{{*}}x {end}\end{{document}}"
    )
    (tmp_path / "list.tex").write_text(document, encoding="utf-8")
    said = ""
    for command in ("pdflatex", program, "pdflatex", "pdflatex"):
        options = ["-interaction=nonstopmode"] if command == "pdflatex" else []
        done = subprocess.run(
            [command, *options, "list"],
            cwd=tmp_path,
            check=False,
            capture_output=True,
            text=True,
            errors="replace",
        )
        said = done.stdout
        if command != "pdflatex":
            assert not re.findall(r".*(?:Warning--|WARN|ERROR|error message).*", said)
    assert not re.findall(r"^!.*|.*Warning.*", said, flags=re.MULTILINE)
    log = (tmp_path / "list.log").read_text(encoding="utf-8", errors="replace")
    assert "Missing character" not in log
