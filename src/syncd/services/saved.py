"""An answer of a service that somebody saved to a file. It is packed as syncd's own fetch packs one, and read as that.

The services are OpenAlex, Semantic Scholar, ORCID and DBLP. The form of the records shows whose answer it is. Answers
of arXiv are feeds, and those of Crossref are CSL-JSON.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any
from xml.etree import ElementTree as ET

from syncd import services
from syncd.errors import ParseError
from syncd.messages import message
from syncd.model import Profile, Snapshot
from syncd.parse.listing import profile_name
from syncd.services.records import pack
from syncd.sources.limits import read_json
from syncd.text.loose_json import Json, dig, many, number, rows, text

EXPECTED = message("expected-saved-answer")

MARKS: Mapping[str, Callable[[Json], bool]] = {
    "openalex": lambda row: "openalex.org/W" in (text(row.get("id")) or ""),
    "s2": lambda row: "paperId" in row,
    "orcid": lambda row: "put-code" in row or "external-ids" in row,
    "dblp": lambda row: "info" in row and "@id" in row,
}
"""How to recognise a service's record of a paper."""

LISTS = ("results", "data", "papers", "bulk", "group", "activities-summary.works.group", "result.hits.hit")
"""Where answers have their records."""

DBLP_KINDS = {
    "Journal Articles": "article",
    "Conference and Workshop Papers": "inproceedings",
    "Parts in Books or Collections": "incollection",
    "Books and Theses": "book",
    "Informal and Other Publications": "article",
    "Data and Artifacts": "data",
}
"""The element of DBLP's XML for each type that DBLP's search names."""

INFORMAL = "Informal and Other Publications"

DBLP_FIELDS = ("title", "year", "volume", "number", "pages", "publisher")


def parse(snapshot: Snapshot) -> Profile:
    """Read a saved answer.

    Raises:
        ParseError: it is none of a known service, or has no paper in it.
        TooMuchError: it goes past a limit.
    """
    if b"<dblpperson" in snapshot.data[:10_000]:
        return services.SOURCES["dblp"].read(snapshot)
    try:
        whole = read_json(snapshot.data)
    except ValueError:
        whole = None
    name = text(dig(whole, "source"))
    if name is not None and name in services.SOURCES and isinstance(dig(whole, "papers"), list):
        return services.SOURCES[name].read(snapshot)  # syncd's own form
    papers = _records(whole)
    name = next((name for name, marked in MARKS.items() if papers and marked(papers[0])), None)
    if name is None:
        raise ParseError(message("answer-without-papers"), origin=snapshot.origin, expected=EXPECTED)
    data = _dblp(papers) if name == "dblp" else _packed(name, whole, papers)
    profile = services.SOURCES[name].read(dataclasses.replace(snapshot, data=data))
    if profile.name != snapshot.origin:
        return profile
    owner = profile_name(list(profile.papers), snapshot.origin)
    notices = tuple(notice for notice in profile.warnings if notice.code != "no-name")
    return dataclasses.replace(profile, name=owner, warnings=notices)


def _records(whole: Any) -> list[Json]:
    """Return the records of papers in an answer: those of a list, or the only one."""
    hit = dig(whole, "result.hits.hit")
    listed = rows(whole, *LISTS) or [row for row in (hit, whole) if isinstance(row, dict)]
    return [row for row in map(_unwrapped, listed) if any(marked(row) for marked in MARKS.values())]


def _unwrapped(row: Json) -> Json:
    """Return a record of ORCID's, which has one around it."""
    work = dig(row, "work") or dig(row, "work-summary.0")
    return work if isinstance(work, dict) else row


def _packed(name: str, whole: Any, papers: list[Json]) -> bytes:
    about = whole if isinstance(whole, dict) else {}
    person = (
        {"name": dig(about, "person.name")} if name == "orcid" else about if "authorId" in about else None
    )
    promised = number(dig(about, "meta.count"))
    complete = (promised is None or promised <= len(papers)) and number(dig(about, "next")) is None
    return pack(name, person, papers, complete=complete)


def _dblp(papers: list[Json]) -> bytes:
    """Write what DBLP's search found as its XML of a person has it."""
    root = ET.Element("dblpperson")
    for paper in papers:
        info = dig(paper, "info")
        kind = text(dig(info, "type")) or ""
        entry = ET.SubElement(ET.SubElement(root, "r"), DBLP_KINDS.get(kind, "article"))
        entry.set("key", text(dig(info, "key")) or "")
        if kind == INFORMAL:
            entry.set("publtype", "informal")
        venue = "journal" if entry.tag == "article" else "booktitle"
        listed = [(name, dig(info, name)) for name in DBLP_FIELDS]
        listed += [(venue, dig(info, "venue")), ("ee", dig(info, "ee")), ("ee", dig(info, "doi"))]
        listed += [("author", dig(one, "text")) for one in many(dig(info, "authors.author"))]
        for name, value in listed:
            for part in many(value):
                if text(part):
                    ET.SubElement(entry, name).text = text(part)
    return ET.tostring(root)
