"""Sources that are made to do harm: each format refuses them, in words that name the limit."""

from __future__ import annotations

import importlib
import time
from datetime import UTC, datetime

import pytest

from syncd.errors import ParseError, SourceError
from syncd.model import Profile, Snapshot
from syncd.parse.html_blocks import plain_text, tree_of
from syncd.read import parse
from syncd.sources.exchange import Answer
from syncd.sources.limits import ENTRIES, TooMuchError, read_json

PAGE = "Ann Lee\n\n2 Papers\n\nCLFeb 5, 2023\nA title\n\nAnn Lee, Bo Sand\n\n"
ATOM = "<feed xmlns='http://www.w3.org/2005/Atom'>"
ENTRY = "<entry><title>A title</title></entry>"
DOUBLING = "".join(f"@string{{a{n} = a{n - 1} # a{n - 1}}}\n" for n in range(1, 25))
NESTED = "".join(
    f"--b{n}\nContent-Type: multipart/related; boundary=b{n + 1}\n\n" for n in range(2000)
)  # in each other
MHTML = "Content-Type: multipart/related; boundary=b0\n\n"
BOMB = '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE x [<!ENTITY a "b"><!ENTITY c "&a;&a;">]>'


def numbered(count: int) -> str:
    """Return so many attributes."""
    return " ".join(f"a{number}='1'" for number in range(count))


ATTACKS: dict[str, tuple[str, str | bytes, str]] = {
    "html: deep": ("html", "<div>" * 3_000, "nested more than 2,000 deep"),
    "html: ended in attributes": ("html", '<div a="</div>">' * 200_000, "nested more than 2,000 deep"),
    "html: ended in comments": ("html", "<div><!--</div>-->" * 3_000, "nested more than 2,000 deep"),
    "html: ended in scripts": ("html", "<div><script></div></script>" * 3_000, "nested more than"),
    "html: ended by others": ("html", "<div></b>" * 3_000, "nested more than 2,000 deep"),
    "html: ended past a wall": ("html", "<div><object></div>" * 3_000, "nested more than 2,000 deep"),
    "html: ended in a script's comment": (
        "html",
        "<div><script><!--<script></script></div></script>" * 3_000,
        "nested more than 2,000 deep",
    ),
    "html: ended in a drawing's HTML": ("html", "<svg><desc></svg>" * 3_000, "nested more than 2,000 deep"),
    "html: past the end of a drawing": ("html", "<svg><b>" + "<x/>" * 3_000, "nested more than 2,000 deep"),
    "html: end tags in vain": (
        "html",
        "<x><object>" + "<y>" * 1_900 + "</x>" * 2_000,
        "2,000,000 elements",
    ),
    "html: attributes": ("html", f"<p {numbered(50_000)}>", "500 attributes"),
    "text: lines": ("profile-page", "\n" * 3_000_000, "2,000,000 lines"),
    "text: braces": ("profile-page", PAGE + "{}" * 500_000, "200,000 characters in one field"),
    "bibtex: macros": (
        "bibtex",
        f"@string{{a0 = {{{'x' * 70}}}}}\n{DOUBLING}@misc{{k, title = a24}}",
        "macros",
    ),
    "bibtex: references": (
        "bibtex",
        f"@book{{b, booktitle = {{{'x' * 100_000}}}}}\n" + "@misc{k, title = {T}, crossref = {b}}\n" * 500,
        "references add",
    ),
    "bibtex: abstract": (
        "bibtex",
        f"@misc{{k, title = {{T}}, abstract = {{{'{}' * 200_000}}}}}",
        "one field",
    ),
    "bibtex: authors": ("bibtex", f"@misc{{k, title = {{T}}, author = {{{'A and ' * 30_000}B}}}}", "authors"),
    "csl: empty objects": ("csl-json", "[" + "{}," * 20_000_000 + "{}]", "12,000,000 values"),
    "csl: items": ("csl-json", "[" + "{}," * ENTRIES + "{}]", "200,000 items"),
    "csl: deep": ("csl-json", '[{"title": "T", "x": ' + "[" * 900 + "]" * 900 + "}]", "nested more than 100"),
    "csl: deeper": ("csl-json", "[" * 1_000_000, "nested more than 100"),
    "csl: a long name": ("csl-json", f'[{{"title": "T", "author": ["{"{}" * 200_000}"]}}]', "one field"),
    "feed: empty elements": ("feed", f"{ATOM}<entry>{'<x/>' * 500_001}</entry></feed>", "500,000 elements"),
    "feed: deep": ("feed", f"{ATOM}<entry>{'<x>' * 5_000}", "nested more than 200"),
    "feed: attributes": ("feed", f"{ATOM}<entry {numbered(50_000)}></entry></feed>", "500 attributes"),
    "feed: attributes without an end": ("feed", f"{ATOM}<entry {numbered(50_000)}", "500 attributes"),
    "feed: entities": (
        "feed",
        f'<!DOCTYPE feed [\n<!ENTITY a "{"x" * 100_000}">\n]>{ATOM}<entry><title>{"&a;" * 3000}</title></entry>',
        "entities",
    ),
    "feed: entities in UTF-16": ("feed", f"{BOMB}{ATOM}{ENTRY}</feed>".encode("utf-16"), "entities"),
    "dblp: entities in UTF-16": ("dblp", f"{BOMB}<dblpperson name='&c;'/>".encode("utf-16"), "entities"),
    "dblp: empty elements": ("dblp", f"<dblpperson>{'<r/>' * 500_001}</dblpperson>", "500,000 elements"),
    "dblp: deep": ("dblp", "<dblpperson>" + "<r>" * 300, "nested more than 200"),
    "dblp: attributes": ("dblp", f"<dblpperson {numbered(50_000)}/>", "500 attributes"),
    "mhtml: deep": ("html", MHTML + NESTED, "nested more than 8 deep"),
    "mhtml: parts": ("html", MHTML + "--b0\nContent-Type: a/b\n\nx\n" * 20_000, "10,000 parts"),
    "mhtml: header": ("html", f'{MHTML.rstrip()}\nX: "{";" * 100_000}"\n\n', "bytes in the header"),
    **{
        f"{name}: deep": (
            name,
            f'{{"source": "{name}", "papers": [{"[" * 900}{"]" * 900}]}}',
            "nested more than 100",
        )
        for name in ("scholarfeed", "openalex", "s2", "orcid")
    },
}


def read(data: str | bytes, form: str) -> Profile:
    """Parse a source."""
    raw = data.encode() if isinstance(data, str) else data
    return parse(Snapshot(raw, "a-source", datetime(2026, 6, 1, tzinfo=UTC)), form)


@pytest.mark.parametrize("name", ATTACKS)
def test_a_source_past_a_limit_is_refused(name: str) -> None:
    """With the limit, where it is, and what was kept."""
    form, data, words = ATTACKS[name]
    with pytest.raises(ParseError) as caught:
        read(data, form)
    assert words in str(caught.value)
    assert caught.value.origin == "a-source"
    assert "the papers of before stay" in caught.value.hint


@pytest.mark.parametrize(
    ("limit", "form", "data", "words"),
    [
        ("parse.html_blocks.TAGS", "html", "<i></i>" * 600, "1,000 tags"),
        ("parse.listing.ENTRIES", "ris", "TY  - JOUR\nER  -\n" * 1_001, "1,000 entries with something wrong"),
        ("parse.listing.ENTRIES", "ris", "TY  - JOUR\nTI  - T\nER  -\n" * 1_001, "1,000 papers"),
        ("parse.listing.ENTRIES", "bibtex", "@misc{k,}\n" * 1_001, "1,000 entries with something wrong"),
        ("parse.listing.ENTRIES", "bibtex", "@misc{k,title={T}}\n" * 1_001, "1,000 papers"),
        ("parse.bibtex.ENTRIES", "bibtex", "@string{k = {a}}\n" * 2_001, "2,000 entries and macros"),
        (
            "parse.ris.CREATORS",
            "ris",
            "TY  - JOUR\nTI  - T\n" + "AU  - A, B\n" * 1_001 + "ER  -\n",
            "1,000 authors",
        ),
        (
            "parse.record.CREATORS",
            "csl-json",
            '[{"title": "T", "author": [' + '"A",' * 1_000 + '"B"]}]',
            "1,000 authors",
        ),
        ("parse.feed.ENTRIES", "feed", f"{ATOM}{ENTRY * 1_001}</feed>", "1,000 entries"),
        (
            "services.dblp.ENTRIES",
            "dblp",
            f"<dblpperson><r>{'<book/>' * 1_001}</r></dblpperson>",
            "1,000 records",
        ),
        (
            "services.records.ENTRIES",
            "s2",
            f'{{"source": "s2", "papers": [{"{}," * 1_000}{{}}]}}',
            "1,000 papers",
        ),
        ("parse.profile_page.ENTRIES", "profile-page", PAGE * 1_001, "1,000 papers"),
    ],
)
def test_a_source_with_too_many_papers_is_refused(
    limit: str, form: str, data: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under a limit of a thousand, for speed."""
    importlib.import_module(f"syncd.{limit.rpartition('.')[0]}")
    monkeypatch.setattr(f"syncd.{limit}", 1_000)
    with pytest.raises(ParseError) as caught:
        read(data, form)
    assert f"it has more than {words}" in str(caught.value)


@pytest.mark.parametrize(
    ("form", "data"),
    [
        (
            "html",
            f"<h1>Ann Lee</h1><p>1 Paper</p>{'<div>' * 900}<p>CLFeb 5, 2023</p><h3>T</h3><p>Ann Lee, Bo Sand</p>",
        ),
        (
            "html",
            "<h1>Ann Lee</h1><p>1 Paper</p>"
            + "<div><span>x</div>" * 3_000
            + "<p>CLFeb 5, 2023</p><h3>T</h3>",
        ),
        (
            "html",
            f"<script>'{'<div>' * 9_000}'</script><h1>Ann Lee</h1><p>1 Paper</p><p>CLFeb 5, 2023</p><h3>T</h3>",
        ),
        (
            "html",
            f"<svg>{'<path d=x />' * 9_000}</svg><h1>Ann Lee</h1><p>1 Paper</p><p>CLFeb 5, 2023</p><h3>T</h3>",
        ),
        ("csl-json", f'[{{"title": "T", "x": "{"[[{," * 4_000_000}"}}]'),
        ("bibtex", '@string{j = "A journal"}\n' + "@article{k, title = {T}, journal = j}\n" * 300),
        (
            "feed",
            f"{ATOM}<!-- {'<x>' * 900} --><entry><title><![CDATA[{'<b>' * 900}T]]></title></entry></feed>",
        ),
    ],
)
def test_what_only_looks_like_an_attack_is_read(form: str, data: str) -> None:
    """Deep pages, pages that forget to end elements, markup in texts."""
    assert read(data, form).papers


def test_formatting_does_not_multiply() -> None:
    """A browser starts what was not ended anew in each paragraph: 300 elements in 300 of them would be 90,000."""
    page = "<p>" + "".join(f"<b id={number}>" for number in range(300)) + "</p>" + "<p>x</p>" * 300
    assert len(tree_of(page).css("*")) < 1_000


def test_a_list_to_choose_from_takes_no_time() -> None:
    """The parser looks at all options for each one."""
    begun = time.process_time()
    assert plain_text("Text<select>" + "<option>x" * 100_000 + "</select>") == "Text"
    assert time.process_time() - begun < 10


def test_a_text_with_too_much_markup_loses_only_that() -> None:
    """An abstract is no reason to refuse a file."""
    assert plain_text("<div>" * 3_000 + "Text") == "Text"


def test_an_answer_past_a_limit_is_an_error_of_the_source() -> None:
    """Where a service's answer is read before it is a snapshot."""
    with pytest.raises(SourceError, match="nested more than 100 deep"):
        Answer(200, {}, b"[" * 500, "https://api.example.org/").json()


def test_json_is_counted_in_every_character_set() -> None:
    """Also where half of a character looks like a quotation mark."""
    text = '["∢", ' + "[" * 200 + "]" * 200 + "]"
    for charset in ("utf-8", "utf-16", "utf-32-le"):
        with pytest.raises(TooMuchError):
            read_json(text.encode(charset))
