"""BibTeX: fields, names and macros as BibTeX means them; broken entries cost nothing but themselves."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.errors import ParseError
from syncd.model import Creator, Identifiers, Paper, Profile, Snapshot
from syncd.read import parse

CAPTURED = datetime(2026, 6, 1, tzinfo=UTC)


def read(text: str | bytes, origin: str = "pubs.bib", charset: str | None = None) -> Profile:
    """Parse a BibTeX file."""
    data = text.encode() if isinstance(text, str) else text
    return parse(Snapshot(data, origin, CAPTURED, charset=charset), "bibtex")


def one(fields: str, entry: str = "article", before: str = "") -> Paper:
    """Parse one entry."""
    (paper,) = read(f"{before}\n@{entry}{{key, title = {{A Title}}, {fields}}}").papers
    return paper


def notices(profile: Profile) -> list[tuple[str, str]]:
    """The warnings."""
    return [(notice.code, notice.message) for notice in profile.warnings]


WHOLE = r"""
% An export of something
@string{tacl = "Transactions of the {ACL}"}
@article{he:2021,
  title     = {{DeBERTa}: {D}ecoding-enhanced {BERT} with \emph{Disentangled} Attention of {\"U}bersetzer},
  author    = {He, Pengcheng and Xiaodong Liu and van der Maaten, Laurens and King, Jr., Martin Luther},
  journal   = tacl # { (Online)},
  year      = 2021,
  month     = jun,
  day       = {7},
  volume    = {9},
  number    = {2},
  pages     = {100--112},
  publisher = "MIT Press",
  doi       = {https://doi.org/10.1162/TACL_a_00123},
  url       = {https://aclanthology.org/2021.tacl-1.7},
  abstract  = {We reach $\ge 90\%$ at 5{\textdegree}C -- see \url{https://github.com/microsoft/DeBERTa}.

               Second paragraph.},
  keywords  = {ignored}, file = {ignored:/home/x}, timestamp = {today}
}
"""


def test_reads_a_whole_entry() -> None:
    """Every field that has a place is there, as plain Unicode."""
    (paper,) = read(WHOLE).papers
    assert paper.title == "DeBERTa: Decoding-enhanced BERT with Disentangled Attention of Übersetzer"
    assert paper.creators == (
        Creator("Pengcheng He", "He", "Pengcheng"),
        Creator("Xiaodong Liu", "Liu", "Xiaodong"),
        Creator("Laurens van der Maaten", "van der Maaten", "Laurens"),
        Creator("Martin Luther King Jr.", "King", "Martin Luther", "Jr."),
    )
    assert (paper.venue, paper.published_as) == ("Transactions of the ACL (Online)", "journalArticle")
    assert (paper.date, paper.volume, paper.issue, paper.pages) == ("2021-06-07", "9", "2", "100-112")
    assert (paper.publisher, paper.identifiers) == ("MIT Press", Identifiers("10.1162/tacl_a_00123"))
    assert paper.url == "https://aclanthology.org/2021.tacl-1.7"
    assert paper.abstract == (
        "We reach ≥ 90% at 5°C – see https://github.com/microsoft/DeBERTa.\n\nSecond paragraph."
    )
    assert [link.name for link in paper.links] == ["microsoft/DeBERTa"]


@pytest.mark.parametrize(
    ("fields", "entry", "arxiv", "form", "venue"),
    [
        ("eprint = {2304.12526v2}, archivePrefix = {arXiv}", "misc", "2304.12526", None, None),
        ("eprint = {2304.12526}, eprinttype = {arxiv}", "online", "2304.12526", None, None),
        ("eprint = {arXiv:2304.12526}", "unpublished", "2304.12526", None, None),
        ("eprint = {2304.12526}, archivePrefix = {HAL}", "misc", None, None, None),
        ("journal = {arXiv preprint arXiv:2304.12526}", "article", "2304.12526", None, None),
        ("journal = {CoRR}, volume = {abs/2304.12526}", "article", "2304.12526", None, None),
        ("url = {https://arxiv.org/abs/2304.12526}", "article", "2304.12526", None, None),
        (r"howpublished = {\url{https://arxiv.org/abs/2304.12526}}", "misc", "2304.12526", None, None),
        ("note = {arXiv:2304.12526 [cs]}", "misc", "2304.12526", None, None),
        ("note = {Extends arXiv:2304.12526}, journal = {J. X}", "article", None, "journalArticle", "J. X"),
        ("doi = {10.48550/arXiv.2304.12526}", "misc", "2304.12526", None, None),
        (
            "eprint = {2304.12526}, archiveprefix = {arXiv}, journal = {J}",
            "article",
            "2304.12526",
            "journalArticle",
            "J",
        ),
        (
            "booktitle = {Proc. X}, eprint = {math.GT/0309136}",
            "inproceedings",
            "math/0309136",
            "conferencePaper",
            "Proc. X",
        ),
    ],
)
def test_preprints(fields: str, entry: str, arxiv: str | None, form: str | None, venue: str | None) -> None:
    """An arXiv id is found wherever an entry states its own; arXiv is no journal."""
    paper = one(fields, entry)
    assert (paper.identifiers.arxiv, paper.published_as, paper.venue) == (arxiv, form, venue)
    assert paper.identifiers.doi is None
    assert paper.volume is None


@pytest.mark.parametrize(
    ("entry", "fields", "form", "venue", "publisher"),
    [
        ("inproceedings", "booktitle = {P}, organization = {O}", "conferencePaper", "P", "O"),
        ("conference", "booktitle = {P}", "conferencePaper", "P", None),
        ("incollection", "booktitle = {B}, publisher = {X}", "bookSection", "B", "X"),
        ("InBook", "booktitle = {B}", "bookSection", "B", None),
        ("book", "publisher = {X}", "book", None, "X"),
        ("phdthesis", "school = {U}", "thesis", None, "U"),
        ("mastersthesis", "school = {U}", "thesis", None, "U"),
        ("techreport", "institution = {I}, number = {7}", "report", None, "I"),
        ("misc", "publisher = {arXiv}", None, None, None),
        ("unheardof", "", None, None, None),
    ],
)
def test_forms(entry: str, fields: str, form: str | None, venue: str | None, publisher: str | None) -> None:
    """The type of an entry becomes Zotero's; an unknown one says nothing."""
    paper = one(fields, entry)
    assert (paper.published_as, paper.venue, paper.publisher) == (form, venue, publisher)


@pytest.mark.parametrize(
    ("fields", "date"),
    [
        ("year = 2023", "2023"),
        ("year = {2023}, month = apr", "2023-04"),
        ("year = {2023}, month = April", "2023-04"),
        ("year = {2023}, month = {04}", "2023-04"),
        ('year = {2023}, month = "25~" # apr', "2023-04-25"),
        ('year = {2023}, month = apr # "~25--27"', "2023-04-25"),
        ("year = {2023}, month = {Jul/Aug}", "2023-07"),
        ("year = {2023}, month = {Spring}", "2023"),
        ("date = {2023-04-25}, year = {1999}", "2023-04-25"),
        ("date = {2023-04/2023-06}", "2023-04"),
        ("year = {2023a}", "2023"),
        ("year = {in press}", None),
        ("year = {2023}, month = {99}", "2023"),
        ("", None),
    ],
)
def test_dates(fields: str, date: str | None) -> None:
    """A date is as exact as its parts make sense."""
    assert one(fields).date == date


def test_organisations_and_brackets() -> None:
    """Braces make one name, an organisation's is one without; what is in brackets is no surname."""
    names = [
        "{Ann Lee (MIT) Fund}",
        "{\u767e\u5ea6 \u7814\u7a76\u9662}",
        "World Health Organization",
        "Ann Lee (MIT)",
        "Sand, Bo (1)",
    ]
    paper = one(f"author = {{{' and '.join(names)}}}")
    assert [(person.family, person.given) for person in paper.creators] == [
        ("Ann Lee (MIT) Fund", ""),
        ("\u767e\u5ea6 \u7814\u7a76\u9662", ""),
        ("World Health Organization", ""),
        ("Lee", "Ann"),
        ("Sand", "Bo"),
    ]


@pytest.mark.parametrize(
    ("author", "people", "cut"),
    [
        ("Lee, Ann and others", [("Lee", "Ann")], True),
        ("Ann Lee and et al.", [("Lee", "Ann")], True),
        ("{Gemini Team} and {Barnes and Noble}", [("Gemini Team", ""), ("Barnes and Noble", "")], False),
        (r"G{\"o}del, Kurt and {\'E}tienne L{\o}vborg", [("Gödel", "Kurt"), ("Løvborg", "Étienne")], False),
        (
            "Ludwig van Beethoven AND de la Cruz, Ana",
            [("van Beethoven", "Ludwig"), ("de la Cruz", "Ana")],
            False,
        ),
        ("danah boyd and Plato", [("boyd", "danah"), ("Plato", "")], False),
        ("何 鹏程 and 何鹏程", [("何", "鹏程"), ("何鹏程", "")], False),
        (
            "Ann Lee, Bo Sand, Cy Dow, Di Wang",
            [("Lee", "Ann"), ("Sand", "Bo"), ("Dow", "Cy"), ("Wang", "Di")],
            False,
        ),
        ("Lee, Ann; Sand, Bo", [("Lee", "Ann"), ("Sand", "Bo")], False),
        ("Ann\n  Lee   and\n Bo Sand", [("Lee", "Ann"), ("Sand", "Bo")], False),
        ("", [], False),
    ],
)
def test_names(author: str, people: list[tuple[str, str]], cut: bool) -> None:  # noqa: FBT001
    """Names are taken apart as BibTeX does, and as people do where they ignore BibTeX."""
    paper = one(f"author = {{{author}}}")
    assert [(person.family, person.given) for person in paper.creators] == people
    assert paper.creators_truncated is cut


def test_crossref() -> None:
    """What an entry lacks it has from its proceedings, which may come later and are no paper of their own."""
    text = (
        "@inproceedings{a, crossref = {acl}, title = {A}, author = {Ann Lee}, pages = {1--2}}\n"
        "@proceedings{ACL, title = {Proc. of X}, year = 2020, publisher = {ACL}, editor = {Ed Itor}, pages = 999}\n"
        "@inproceedings{b, crossref = {Acl}, title = {B}, author = {Bo Sand}, booktitle = {Own}, year = 2021}\n"
        "@inproceedings{c, crossref = {missing}, title = {C}, author = {Cy Dow}}\n"
    )
    papers = read(text).papers
    assert [(p.title, p.venue, p.date, p.publisher, p.pages) for p in papers] == [
        ("A", "Proc. of X", "2020", "ACL", "1-2"),
        ("B", "Own", "2021", "ACL", None),
        ("C", None, None, None, None),
    ]


BROKEN = """@article{good1, title = {Good One}, author = {Ann Lee}}
@article{noequals,
  title = {No Sign},
  author {Ann Lee},
}
@article{noend, title = {No End, author = {Ann Lee},
  year = 2020

@article{good2, title = {Good Two}, author = {Ann Lee}}
@article{early, title = {Early}, author = {Ann Lee}},
  year = {2020},
}
@article{notitle, author = {Ann Lee}}
@article(good3, title = "Good ) Three", author = "Ann Lee")
@article{cut, title = {Cut off, author = {Ann"""


def test_broken_entries_are_named_and_the_rest_is_kept() -> None:
    """Each broken entry is in the warnings with its line; half an entry is never used."""
    profile = read(BROKEN)
    assert [paper.title for paper in profile.papers] == ["Good One", "Good Two", "Early", "Good ) Three"]
    assert notices(profile) == [
        ("broken-entry", "line 4: '=' expected; the entry in line 2 was left out"),
        ("broken-entry", "the entry in line 6 has no end; it was left out"),
        ("broken-entry", "line 11 holds a field that belongs to no entry"),
        ("no-title", "the entry in line 13 has no title; it was left out"),
        ("broken-entry", "the entry in line 15 has no end; it was left out"),
    ]


def test_many_notices_are_counted() -> None:
    """Past the twentieth of a kind only their number is told."""
    profile = read("@misc{a, title = {A}}\n" + "@misc{b, title = {B} x}\n" * 100)
    assert len(profile.warnings) == 21
    assert profile.warnings[-1].message == "and 80 more of the kind 'broken-entry'"


def test_comments_and_keys() -> None:
    """Text between entries, comments, preambles and odd keys are no trouble."""
    text = (
        "Free text with me@example.org and 50% of it.\n@comment{ @article{no, title = {No}} }\n"
        '@Comment{jabref-meta: databaseType:bibtex;}\n@preamble{"\\newcommand{\\x}{y}"}\n'
        "@misc{, title = {No Key}}\n@misc{He 2021, title = {Blank Key}}\n@ MISC {a+b:c, title = {Blanks},,}\n"
        "@misc{x, title = {An @ within}, note = {a@b.c}}\n"
    )
    profile = read(text)
    assert [paper.title for paper in profile.papers] == ["No Key", "Blank Key", "Blanks", "An @ within"]
    assert not profile.warnings


def test_unknown_macros_are_named() -> None:
    """A macro that nothing defines is empty, and noticed."""
    profile = read("@article{a, title = {A}, journal = undefd, month = JAN, year = 2020}")
    assert (profile.papers[0].venue, profile.papers[0].date) == (None, "2020-01")
    assert notices(profile) == [("unknown-macro", "the entry in line 1 uses 'undefd', which nothing defines")]


NAMED = [
    ("pengcheng-he.bib", ["Lee, Ann and He, Pengcheng", "Lee, Ann"], "Pengcheng He"),
    ("lib/he_pengcheng.bib", ["Lee, Ann and He, Pengcheng"], "Pengcheng He"),
    ("pubs.bib", ["He, P. and Lee, Ann", "He, Pengcheng and Sand, Bo", "Pengcheng He"], "Pengcheng He"),
    ("pubs.bib", ["Yi Wang", "Yu Wang", "Yan Wang", "Y. Wang"], "pubs"),
    ("pubs.bib", ["A He and Lee, Ann", "A He and Lee, Ann"], "pubs"),
    ("pubs.bib", ["A He", "B Lee"], "pubs"),
    ("pubs.bib", ["A He"], "pubs"),
    ("https://a.org/x/refs.bib?dl=1", ["A He"], "refs"),
]


@pytest.mark.parametrize(("origin", "authors", "name"), NAMED)
def test_whose_profile_it_is(origin: str, authors: list[str], name: str) -> None:
    """The author whom the file is named after, else who wrote nearly all of it, else the file's name."""
    text = "\n".join(f"@misc{{k{i}, title={{T{i}}}, author={{{a}}}}}" for i, a in enumerate(authors))
    assert read(text, origin).name == name


def test_other_character_sets() -> None:
    """A file that is not UTF-8 is read as what it, or the server, says that it is."""
    text = "@misc{a, title={Café}, author={Łukasz Šmíd}}"
    stated = read(text.encode("iso-8859-2"), charset="iso-8859-2")
    assert (stated.papers[0].creators[0].name, stated.warnings) == ("Łukasz Šmíd", ())
    for name in ("windows-1250", "Cp1250", "ISO8859_2"):
        jabref = f"% Encoding: {name}\n{text}".encode("iso-8859-2" if "ISO" in name else "cp1250")
        assert read(jabref).papers[0].creators[0].name == "Łukasz Šmíd"


DIALECTS = r"""
@article{scopus, author = {Lee, Ann}, title = {Scopus}, funding_text 1 = {We {thank} "x, y = z"}, 2nd = {x},
  author_keywords = {a}, señal = 3, journal = {J}, year = {2020}}
@article{
   author = {Lee, Ann},
   title = {EndNote},
   journal = {J},
   year = {2020}
}
@article{noComma
   author = {Lee, Ann}
   title = "No Comma"
   journal = {J},
   year = 2020
}
@ARTICLE{2020MNRAS, author = {{Lee}, Ann}, title = "{ADS}", journal = {\mnras}, year = 2020}
"""


def test_dialects_of_programs() -> None:
    """What Scopus, EndNote and the ADS write otherwise costs no entry, and no journal."""
    profile = read(DIALECTS)
    mnras = "Monthly Notices of the Royal Astronomical Society"
    assert [(p.title, p.creators[0].family, p.venue, p.date) for p in profile.papers] == [
        ("Scopus", "Lee", "J", "2020"),
        ("EndNote", "Lee", "J", "2020"),
        ("No Comma", "Lee", "J", "2020"),
        ("ADS", "Lee", mnras, "2020"),
    ]
    assert profile.warnings == ()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"% nothing\n", "no paper"),
        (b"@string{a = {b}}", "no paper"),
        (b"@article{a, title = {cut", "line 1 has no end"),
    ],
)
def test_other_files_are_refused(data: bytes, message: str) -> None:
    """A file without an entry that can be read is refused, with the reason."""
    with pytest.raises(ParseError, match=message) as caught:
        read(data)
    assert caught.value.origin == "pubs.bib"


def library(count: int) -> str:
    """Write a library of entries with abstracts."""
    words = "We study how large language models learn from little data and what that means. " * 8
    return "\n".join(
        f"@article{{k{n}, title = {{Title {n} of {{BERT}}}}, \n"
        f" author = {{He, Pengcheng and Lee{chr(97 + n % 26)}, Ann}},\n"
        f" journal = {{J}}, year = {2000 + n % 25}, doi = {{10.1000/{n}}}, abstract = {{{words}}}}}\n"
        for n in range(count)
    )


def test_memory_grows_with_what_is_kept() -> None:
    """While a large file is read, little more is held than its text and its papers."""
    small, large = (library(count).encode() for count in (200, 2_000))
    read(small)
    tracemalloc.start()
    profile = read(large)
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(profile.papers) == 2_000
    assert profile.name == "Pengcheng He"
    assert peak - kept < 3 * len(large)


PIECES = (
    *(
        "@article{",
        "@misc(",
        "@string{",
        "@comment{",
        "a,",
        "title = ",
        "{T}",
        "author = ",
        '"',
        "{",
        "}",
        ")",
        ",",
    ),
    *(
        "\n",
        "@",
        "=",
        "#",
        "jan",
        "x",
        "\\",
        "%",
        "Ann and ",
        "crossref = {a}",
        "\n@article{k,\n",
        "é",
        "1",
        "\r",
        " ",
    ),
)


@settings(deadline=None, max_examples=250)
@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join) | st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text raises anything but a `ParseError`, and it never hides the good entry before it."""
    good = "@misc{ok, title = {Fine}}\n\n"
    assert read(good + text.encode("utf-8", "replace").decode().replace("\0", "")).papers[0].title == "Fine"
    try:
        read(text.encode("utf-8", "replace"))
    except ParseError as error:
        assert error.origin == "pubs.bib"  # noqa: PT017 - some texts raise nothing


@pytest.mark.parametrize("piece", ["@misc{a,", "{", "}", "@", '@misc{a, x="', "@misc{a, x={", "\n@a{b,\n"])
def test_large_nonsense_takes_no_time(piece: str) -> None:
    """Time grows with the size and not with its square."""
    with pytest.raises(ParseError):
        read(piece * 20_000)


def test_deep_braces_are_refused() -> None:
    """Braces within braces beyond any reason make the entry broken, and no more."""
    profile = read("@misc{a, title = {" + "{" * 5_000 + "x" + "}" * 5_000 + "}}\n@misc{b, title = {Good}}")
    assert [paper.title for paper in profile.papers] == ["Good"]
    assert [code for code, _ in notices(profile)] == ["broken-entry"]


@pytest.mark.parametrize(
    ("entry", "form"), [("dataset", "dataset"), ("software", "computerProgram"), ("standard", "standard")]
)
def test_data_software_and_standards_are_no_preprints(entry: str, form: str) -> None:
    """BibLaTeX has types for them, and so has Zotero."""
    assert one("publisher = {Zenodo}", entry).published_as == form


@pytest.mark.parametrize("written", ["Lee (15649), Ann", "Lee, Ann (MIT)", "Ann Lee (MIT)"])
def test_what_stands_in_brackets_behind_a_part_of_a_name_is_no_name(written: str) -> None:
    """Scopus writes its numbers behind the surname."""
    (author,) = one(f"author = {{{written}}}").creators
    assert (author.family, author.given) == ("Lee", "Ann")
