"""What every format promises: papers come back as they were written, and nothing that is damaged does more than that.

Each format writes the same papers. What one format has of its own is in its own tests.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import FrozenInstanceError, dataclass, replace
from datetime import UTC, date, datetime
from html import escape
from string import ascii_letters
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.cli.parse import to_json
from syncd.errors import LayoutError, ParseError
from syncd.model import Creator, Identifiers, Paper, Profile, Snapshot
from syncd.read import parse
from syncd.sources.limits import FIELD
from syncd.text.titles import fold_title

CAPTURED = datetime(2026, 6, 1, tzinfo=UTC)
ORIGIN = "a-source"


# Papers, written in each format


def bibtex(papers: Sequence[Paper]) -> str:
    """Write entries."""
    made = []
    for number, paper in enumerate(papers):
        people = [f"{person.family}, {person.given}" for person in paper.creators]
        fields = {
            "title": f"{{{paper.title}}}",
            "author": " and ".join(people + ["others"] * paper.creators_truncated),
            "abstract": paper.abstract,
            "date": paper.date,
            "doi": paper.identifiers.doi,
            "eprint": paper.identifiers.arxiv,
            "journal": paper.venue,
            "volume": paper.volume,
            "number": paper.issue,
            "pages": (paper.pages or "").replace("-", "--"),
            "publisher": paper.publisher,
        }
        body = ",\n".join(f"  {name} = {{{text}}}" for name, text in fields.items() if text)
        made.append(f"@article{{key{number},\n{body}\n}}\n")
    return "\n".join(made)


def ris(papers: Sequence[Paper]) -> str:
    """Write records."""
    made = []
    for paper in papers:
        first, last = (paper.pages or "-").split("-")
        fields = [
            ("TY", "JOUR"),
            ("TI", paper.title),
            *(("AU", f"{person.family}, {person.given}") for person in paper.creators),
            ("AU", "et al." if paper.creators_truncated else ""),
            ("AB", paper.abstract),
            ("DA", (paper.date or "").replace("-", "/")),
            ("DO", paper.identifiers.doi),
            ("AN", f"arXiv:{paper.identifiers.arxiv}" if paper.identifiers.arxiv else ""),
            ("T2", paper.venue),
            ("VL", paper.volume),
            ("IS", paper.issue),
            ("SP", first),
            ("EP", last),
            ("PB", paper.publisher),
        ]
        made.append("".join(f"{tag}  - {text}\n" for tag, text in fields if text) + "ER  - \n")
    return "\n".join(made)


def csl(papers: Sequence[Paper]) -> str:
    """Write items."""
    made = []
    for paper in papers:
        people = [{"family": person.family, "given": person.given} for person in paper.creators]
        item = {
            "type": "article-journal",
            "title": paper.title,
            "author": people + [{"literal": "others"}] * paper.creators_truncated,
            "abstract": paper.abstract,
            "issued": {"date-parts": [[int(part) for part in (paper.date or "").split("-")]]},
            "DOI": paper.identifiers.doi,
            "note": f"arXiv:{paper.identifiers.arxiv}" if paper.identifiers.arxiv else "",
            "container-title": paper.venue,
            "volume": paper.volume,
            "issue": paper.issue,
            "page": paper.pages,
            "publisher": paper.publisher,
        }
        made.append(item)
    return json.dumps(made, ensure_ascii=False, indent=1)


def atom(papers: Sequence[Paper]) -> str:
    """Write arXiv's feed."""
    start = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom"'
        ' xmlns:arxiv="http://arxiv.org/schemas/atom"><title>Ann Lee\'s papers</title>\n'
    )
    made = [start]
    for number, paper in enumerate(papers):
        known = paper.identifiers
        people = "".join(f"<author><name>{person.name}</name></author>\n" for person in paper.creators)
        doi = f"<arxiv:doi>{known.doi}</arxiv:doi>" if known.doi else ""
        page = f"http://arxiv.org/abs/{known.arxiv}v1" if known.arxiv else f"https://example.org/{number}"
        made.append(
            f"<entry><id>{page}</id><title>{escape(paper.title)}</title>\n"
            f"<published>{paper.date}T12:00:00Z</published>{people}<summary>{escape(paper.abstract)}</summary>{doi}</entry>\n"
        )
    return "".join(made) + "</feed>\n"


def first_line(paper: Paper) -> str:
    """Return the line that a paper starts with on a profile page."""
    return f"CL{date.fromisoformat(paper.date or ''):%b %-d, %Y}"


def authors(paper: Paper) -> str:
    """Return the line of authors on a profile page."""
    return ", ".join(person.name for person in paper.creators) + " et al." * paper.creators_truncated


def text_page(papers: Sequence[Paper]) -> str:
    """Write a profile page as text."""
    made = [f"Ann Lee\n\nCL\nh-index17\n\n{len(papers)} Papers\n"]
    made += [f"{first_line(p)}\n{p.title}\n\n{authors(p)}\n\n{p.abstract}\n" for p in papers]
    return "\n".join(made)


def html_page(papers: Sequence[Paper]) -> str:
    """Write a profile page as HTML."""
    made = [f"<!DOCTYPE html>\n<h1>Ann Lee</h1><p>h-index17</p>\n<h2>{len(papers)} Papers</h2><div>"]
    made += [
        f"<article><p>{first_line(p)}</p>\n<h3>{escape(p.title)}</h3><p>{escape(authors(p))}</p>\n"
        f"<p>{escape(p.abstract)}</p></article>"
        for p in papers
    ]
    return "\n".join(made) + "</div>"


def packed(name: str, record: Callable[[Paper], Any]) -> Callable[[Sequence[Paper]], str]:
    """Return what writes papers as the fetch of a service packs them."""

    def write(papers: Sequence[Paper]) -> str:
        author = {"name": "Ann Lee", "display_name": "Ann Lee"}
        if name == "orcid":
            author["name"] = {"credit-name": {"value": "Ann Lee"}}  # type: ignore[assignment]
        whole = {"source": name, "id": "1", "author": author, "papers": [record(p) for p in papers]}
        return json.dumps(whole, ensure_ascii=False, indent=1)

    return write


def scholarfeed(paper: Paper) -> Any:
    """Write a paper of Scholar Feed."""
    return {
        "title": paper.title,
        "authors": [person.name for person in paper.creators],
        "n_authors": len(paper.creators) + paper.creators_truncated,
        "abstract": paper.abstract,
        "published_date": f"{paper.date}T06:48:00Z",
        "arxiv_id": paper.identifiers.arxiv,
        "doi": paper.identifiers.doi,
    }


def openalex(paper: Paper) -> Any:
    """Write a work of OpenAlex."""
    places: dict[str, list[int]] = {}
    for place, word in enumerate(paper.abstract.split()):
        places.setdefault(word, []).append(place)
    known = paper.identifiers
    first, last = (paper.pages or "-").split("-")
    return {
        "title": paper.title,
        "type": "article",
        "authorships": [{"author": {"display_name": person.name}} for person in paper.creators],
        "is_authors_truncated": paper.creators_truncated,
        "abstract_inverted_index": places,
        "publication_date": paper.date,
        "doi": f"https://doi.org/{known.doi}" if known.doi else None,
        "locations": [{"landing_page_url": f"https://arxiv.org/abs/{known.arxiv}"}] if known.arxiv else [],
        "primary_location": {
            "source": {
                "display_name": paper.venue,
                "type": "journal",
                "host_organization_name": paper.publisher,
            }
        },
        "biblio": {"volume": paper.volume, "issue": paper.issue, "first_page": first, "last_page": last},
    }


def s2(paper: Paper) -> Any:
    """Write a paper of Semantic Scholar."""
    return {
        "paperId": "1",
        "title": paper.title,
        "authors": [{"name": person.name} for person in paper.creators],
        "abstract": paper.abstract,
        "publicationDate": paper.date,
        "externalIds": {"DOI": paper.identifiers.doi, "ArXiv": paper.identifiers.arxiv},
        "publicationVenue": {"name": paper.venue, "type": "journal"},
        "journal": {"name": paper.venue, "volume": paper.volume, "pages": paper.pages},
    }


def orcid(paper: Paper) -> Any:
    """Write a work of ORCID."""
    year, month, day = (paper.date or "").split("-")
    known = (("doi", paper.identifiers.doi), ("arxiv", paper.identifiers.arxiv))
    return {
        "title": {"title": {"value": paper.title}},
        "type": "journal-article",
        "contributors": {
            "contributor": [{"credit-name": {"value": person.name}} for person in paper.creators]
        },
        "short-description": paper.abstract,
        "publication-date": {"year": {"value": year}, "month": {"value": month}, "day": {"value": day}},
        "journal-title": {"value": paper.venue},
        "external-ids": {
            "external-id": [
                {"external-id-type": kind, "external-id-value": value, "external-id-relationship": "self"}
                for kind, value in known
                if value
            ]
        },
    }


def dblp(papers: Sequence[Paper]) -> str:
    """Write a person of DBLP."""
    made = ['<?xml version="1.0" encoding="UTF-8"?>\n<dblpperson name="Ann Lee">\n']
    for number, paper in enumerate(papers):
        known = (
            ("https://doi.org/", paper.identifiers.doi),
            ("https://arxiv.org/abs/", paper.identifiers.arxiv),
        )
        fields = [
            *(("author", person.name) for person in paper.creators),
            ("title", f"{paper.title}." if paper.title else ""),
            ("year", (paper.date or "")[:4]),
            ("journal", paper.venue),
            ("volume", paper.volume),
            ("number", paper.issue),
            ("pages", paper.pages),
            ("publisher", paper.publisher),
            *(("ee", site + name) for site, name in known if name),
        ]
        body = "".join(f"<{tag}>{escape(text or '')}</{tag}>\n" for tag, text in fields)
        made.append(f'<r><article key="journals/x/{number}">{body}</article></r>\n')
    return "".join(made) + "</dblpperson>\n"


@dataclass(frozen=True)
class Format:
    """A format.

    Attributes:
        write: writes papers.
        lacks: fields of a paper that it does not carry.
        pieces: what has a meaning in it, whole or not.
        file: somebody may have saved it in another character set, with other line ends.
        pages: it is a page, where a line without a title is no paper.
        date: how many characters of a date it carries.
    """

    write: Callable[[Sequence[Paper]], str]
    lacks: str = ""
    pieces: str = ""
    file: bool = False
    pages: bool = False
    date: int = 10


PAGE_LACKS = "identifiers venue published_as volume issue pages publisher"
XML = "<title>|</title>|<author><name>|</name></author>|&lt;|&|<|>|<!DOCTYPE x|<![CDATA[|]]>|<!--|-->|\0|<![x|<?p"
XML += "|&#xD800;"
JSON = '{|}|[|]|"|:|,|null|1e999|\\ud800|\\u0000|"title": |"type": 3,|"author": [7],|-|[[[|{"a":'

FORMATS = {
    "bibtex": Format(
        bibtex,
        pieces='@article{|@misc(|@string{|@comment{|a,|title = |{T}|author = |"|{|}|)|,|\n|@|=|#|jan|\\|%|Ann and'
        " |crossref = {a}|\n@article{k,\n|é|\r",
        file=True,
    ),
    "ris": Format(
        ris,
        pieces="TY  - JOUR\n|ER  - \n|ER  -|TI  - T|AU  - A\n|UR  - a;b|XX  - x|ZZ|\n|  more|AB  - |TY  - |TY|UK  - x"
        "|N1  - a|SP  - 1|DA  - 2023/|T2  - V|é|ID  - |\x85|\u2028",
        file=True,
    ),
    "csl-json": Format(csl, pieces=JSON, file=True),
    "feed": Format(
        atom,
        lacks=f"creators_truncated {PAGE_LACKS}".replace("identifiers ", ""),
        pieces=XML
        + "|<entry>|</entry>|<summary type='html'>|</summary>|<link href='http://['/>|<id>|</id>|</feed>"
        "|<published>2023-13-99</published>|<published>x</published>|<content type='xhtml'>"
        "|<div xmlns='http://www.w3.org/1999/xhtml'>",
        file=True,
    ),
    "profile-page": Format(
        text_page,
        lacks=PAGE_LACKS,
        pieces="\n|CLFeb 5|CVApr 25, 2023Code|65 Papers|h-index17|65papers|Ann Lee, Bo Sand et al."
        "|Load more|99.4AIMay 14Code|CL|et al.|·|\u200b",
        file=True,
        pages=True,
    ),
    "html": Format(
        html_page,
        lacks=PAGE_LACKS,
        pieces="<div>|</div>|<p>|<a href='/p/2304.12526'>|</a>|<br>|<sup>|</sup>|<h3>|</h3>|CLFeb 5, 2023|Code"
        "|65 Papers|<li>|<table><tr><td>|<math>|<script>|</script>|&nbsp;|&#xD800;|\0|<svg>|Ann Lee|h-index17",
        file=True,
        pages=True,
    ),
    "scholarfeed": Format(
        packed("scholarfeed", scholarfeed), lacks=PAGE_LACKS.replace("identifiers ", ""), pieces=JSON
    ),
    "openalex": Format(packed("openalex", openalex), pieces=JSON),
    "s2": Format(packed("s2", s2), lacks="creators_truncated issue publisher", pieces=JSON),
    "orcid": Format(
        packed("orcid", orcid), lacks="creators_truncated volume issue pages publisher", pieces=JSON
    ),
    "dblp": Format(
        dblp, lacks="creators_truncated abstract", pieces=XML + "|<r>|</r>|<year>|<www>|&a;", date=4
    ),
    "arxiv": Format(atom, lacks=f"creators_truncated {PAGE_LACKS}".replace("identifiers ", ""), pieces=XML),
}
FILES = [name for name, form in FORMATS.items() if form.file]
RECORDS = [name for name, form in FORMATS.items() if not form.pages]

FIELDS = [
    "title",
    "creators",
    "creators_truncated",
    "abstract",
    "date",
    "identifiers",
    "venue",
    "published_as",
]
FIELDS += ["volume", "issue", "pages", "publisher"]


def read(data: str | bytes, form: str, charset: str | None = None) -> Profile:
    """Parse what a source in a format is."""
    raw = data.encode() if isinstance(data, str) else data
    return parse(Snapshot(raw, ORIGIN, CAPTURED, charset=charset), form)


def carried(papers: Sequence[Paper], form: str) -> list[dict[str, Any]]:
    """Return what of papers a format carries."""
    known = FORMATS[form]
    names = [name for name in FIELDS if name not in known.lacks.split()]
    found = [{name: getattr(paper, name) for name in names} for paper in papers]
    return [fields | {"date": (fields["date"] or "")[: known.date] or None} for fields in found]


def codes(profile: Profile) -> list[str]:
    """Return the codes of the warnings."""
    return [notice.code for notice in profile.warnings]


def person(given: str, family: str) -> Creator:
    """Return an author."""
    return Creator(f"{given} {family}", family, given)


ONE = Paper(
    "First Café of BERT",
    (person("Ann", "Lee"), person("Bo", "Sandéson")),
    abstract="We do the first thing, see https://github.com/ann/first.",
    date="2023-04-25",
    identifiers=Identifiers("10.1000/x.1", "2304.10001"),
    venue="Journal X",
    published_as="journalArticle",
    volume="9",
    issue="2",
    pages="100-112",
    publisher="MIT Press",
)
TWO = replace(
    ONE,
    title="Second Title",
    creators=(person("Cy", "Dow"), person("Ann", "Lee")),
    creators_truncated=True,
    abstract="We do the second thing.",
    date="2021-12-03",
    identifiers=Identifiers("10.1000/x.2"),
)


# What was written


WORD = (
    st.text(ascii_letters, min_size=2, max_size=8)
    | st.text("éaou", min_size=2)
    | st.integers(0, 9999).map(str)
)
WORDS = st.lists(WORD, min_size=1, max_size=8).map(" ".join)
NAME = st.text("abcdefghéö", min_size=3, max_size=8).map(str.capitalize)
PAPERS = st.lists(
    st.builds(
        Paper,
        title=WORDS.map(lambda words: f"On {words}"),
        creators=st.lists(
            st.builds(lambda given, family: person(given, f"{family}son"), NAME, NAME), min_size=1, max_size=4
        ).map(tuple),
        creators_truncated=st.booleans(),
        abstract=WORDS.map(lambda words: f"We do {words}."),
        date=st.dates(date(1950, 1, 2), date(2026, 1, 1)).filter(lambda day: day.day > 1).map(date.isoformat),
        identifiers=st.builds(
            Identifiers,
            doi=st.none() | st.integers(1, 9999).map(lambda n: f"10.1000/x.{n}"),
            arxiv=st.none() | st.integers(10000, 99999).map(lambda n: f"2304.{n}"),
        ),
        venue=WORDS.map(lambda words: f"Journal {words}"),
        published_as=st.just("journalArticle"),
        volume=st.integers(1, 99).map(str),
        issue=st.integers(1, 99).map(str),
        pages=st.integers(1, 99).map(lambda first: f"{first}-{first + 9}"),
        publisher=WORDS.map(lambda words: f"Press {words}"),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda paper: fold_title(paper.title),
)


@settings(deadline=None, max_examples=40)
@given(PAPERS)
def test_reads_back_what_was_written(papers: list[Paper]) -> None:
    """All papers, in their order, with every field that the format carries; nothing is odd about them."""
    for form, known in FORMATS.items():
        profile = read(known.write(papers), form)
        assert carried(profile.papers, form) == carried(papers, form), form
        odd = {"odd-value", "odd-record", "no-title", "broken-entry", "listed-twice"}
        assert not odd & set(codes(profile)), form


@pytest.mark.parametrize("form", FORMATS)
def test_what_is_read_never_changes(form: str) -> None:
    """A profile and its papers are frozen, have a name and titles, and are the same whenever they are read."""
    text = FORMATS[form].write([ONE, TWO])
    profile = read(text, form)
    assert profile == read(text, form)
    assert profile.name
    for frozen, name in ((profile, "name"), (profile.papers[0], "title")):
        with pytest.raises(FrozenInstanceError):
            setattr(frozen, name, "another")


@pytest.mark.parametrize("form", [name for name, known in FORMATS.items() if "abstract" not in known.lacks])
def test_repositories_in_abstracts_are_links(form: str) -> None:
    """Each once; the others have none."""
    found = read(FORMATS[form].write([ONE, TWO]), form).papers
    links = [[link.url for link in paper.links if link.kind == "code"] for paper in found]
    assert links == [["https://github.com/ann/first"], []]


@pytest.mark.parametrize("form", FILES)
def test_duplicates_are_kept_and_noticed(form: str) -> None:
    """Titles are compared without case and punctuation; those by other authors are other papers."""
    again = replace(ONE, title="First café of BERT!")
    profile = read(FORMATS[form].write([ONE, TWO, again, replace(ONE, creators=TWO.creators)]), form)
    assert [paper.title for paper in profile.papers] == [ONE.title, TWO.title, again.title, ONE.title]
    assert codes(profile).count("listed-twice") == 1


@pytest.mark.parametrize("form", RECORDS)
@pytest.mark.parametrize("title", ["", "  "])
def test_records_without_a_title_are_left_out_and_noticed(form: str, title: str) -> None:
    """Before, between and behind others."""
    empty = replace(ONE, title=title)
    profile = read(FORMATS[form].write([empty, ONE, empty, TWO, empty]), form)
    assert [paper.title for paper in profile.papers] == [ONE.title, TWO.title]
    told = [notice.message for notice in profile.warnings if notice.code == "no-title"]
    assert len(told) == 3 or told == ["3 records have no title and were left out"]


@pytest.mark.parametrize("form", ["bibtex", "csl-json", "scholarfeed", "openalex", "s2", "orcid"])
def test_an_odd_record_costs_no_other(form: str) -> None:
    """A record without an end, or that is none at all, is left out, and a notice says so."""
    text = FORMATS[form].write([ONE, replace(TWO, title="Odd"), TWO])
    if form == "bibtex":
        text = text.replace("{{Odd}}", "{{Odd}")
    else:
        whole = json.loads(text)
        (whole if isinstance(whole, list) else whole["papers"])[1] = 7
        text = json.dumps(whole)
    profile = read(text, form)
    assert [paper.title for paper in profile.papers] == [ONE.title, TWO.title]
    assert {"broken-entry", "odd-record"} & set(codes(profile))


# Character sets and line ends


@pytest.mark.parametrize("form", FILES)
@pytest.mark.parametrize(
    ("encoding", "end"),
    [("utf-8", "\r\n"), ("utf-8", "\r"), ("utf-8-sig", "\n"), ("utf-16", "\n"), ("utf-16", "\r\n")],
)
def test_files_of_every_system_are_read_alike(form: str, encoding: str, end: str) -> None:
    """Whatever their line ends are, with a byte order mark or without."""
    text = FORMATS[form].write([ONE, TWO])
    assert read(text.replace("\n", end).encode(encoding), form) == read(text, form)


@pytest.mark.parametrize("form", [name for name in FILES if name != "csl-json"])
def test_a_character_set_counts_where_somebody_names_it(form: str) -> None:
    """Else the file is refused, with the place and a way to convert it: no name is ever garbled."""
    text = FORMATS[form].write([ONE, TWO]).replace(' encoding="UTF-8"', "")
    assert read(text.encode("cp1252"), form, charset="windows-1252") == read(text, form)
    with pytest.raises(ParseError, match=r"a-source:\d+: byte \d+ \(0xe9\) is not UTF-8") as caught:
        read(text.encode("cp1252"), form)
    assert "iconv -f WINDOWS-1252 -t UTF-8" in caught.value.hint


# Other documents, and damage


OTHERS = {
    "nothing": b"",
    "blanks": b" \n\n\t\n",
    "words": b"hello\nworld\n",
    "another page": b"<html><body>Not found</body></html>",
    "zeros": b"\0" * 9,
    "no text": b"a\0b",
    "a PDF document": b"%PDF-1.7\n",
    "an archive": b"PK\x03\x04...",
    "an image": b"\x89PNG",
    "other JSON": b'{"error": "not found"}',
    "a list": b"[]",
    "null": b"null",
    "brackets": b"[" * 100_000,
    "half a character": "Ann Lee".encode("utf-16")[:-1],
}


@pytest.mark.parametrize("form", FORMATS)
def test_other_documents_are_refused(form: str) -> None:
    """With the source's name; and none of them is taken for a page whose layout changed."""
    for what, data in OTHERS.items():
        with pytest.raises(ParseError) as caught:
            pytest.fail(f"{what} was read: {read(data, form)}")
        assert caught.value.origin == ORIGIN, what
        assert str(caught.value).startswith(ORIGIN), what
        assert not isinstance(caught.value, LayoutError), what


@pytest.mark.parametrize("form", FORMATS)
def test_a_field_past_the_limit_is_refused(form: str) -> None:
    """A title of 200,000 characters is no title; the error names the limit, and nothing is used."""
    with pytest.raises(ParseError, match=r"it has more than 200,000 characters in one field") as caught:
        read(FORMATS[form].write([ONE, replace(TWO, title="x" * (FIELD + 1))]), form)
    assert "the papers of before stay" in caught.value.hint


def check(data: bytes, form: str, charset: str | None = None) -> None:
    """Read what may be damaged: it gives a sound profile, or an error that names the source."""
    try:
        profile = read(data, form, charset)
    except ParseError as error:
        assert error.origin == ORIGIN  # noqa: PT017 - much is read
        return
    assert profile.name
    for paper in profile.papers:
        assert paper.title
        assert paper.date is None or paper.year
        assert all(isinstance(each, Creator) and each.name for each in paper.creators)
    assert json.dumps(to_json(profile), ensure_ascii=False).encode()  # no half characters


@pytest.mark.parametrize("form", FORMATS)
@settings(deadline=None, max_examples=60)
@given(data=st.binary(max_size=100), charset=st.sampled_from([None, "latin-1", "utf-16", "klingon"]))
def test_any_bytes_are_read_or_refused(form: str, data: bytes, charset: str | None) -> None:
    """No bytes raise anything but a `ParseError`."""
    check(data, form, charset)


@pytest.mark.parametrize("form", FORMATS)
@settings(deadline=None, max_examples=120)
@given(st.data())
def test_damaged_documents_are_read_or_refused(form: str, data: st.DataObject) -> None:
    """Cut off, with parts gone, and with others put in that have a meaning in this format, or none."""
    document = FORMATS[form].write([ONE, TWO]).encode()
    put = st.sampled_from(FORMATS[form].pieces.split("|")).map(
        lambda piece: piece.encode("utf-8", "surrogatepass")
    )
    place = st.integers(0, len(document))
    change = st.tuples(place, st.sampled_from([0, 0, 0, 1, 9, 90]), put | st.binary(max_size=4))
    for at, gone, piece in data.draw(st.lists(change, max_size=8)):
        document = document[:at] + piece + document[at + gone :]
    if data.draw(st.booleans()):
        document = document[: data.draw(place)]
    check(document, form)
