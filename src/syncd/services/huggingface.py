"""Hugging Face papers: the repository and the project page of papers whose source says that they have code.

Documentation: https://huggingface.co/docs/hub/paper-pages. A paper that is not known there may have code all the
same. Counts of stars change daily and say nothing about a paper; they are left alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import quote

from syncd.messages import message
from syncd.model import Link, Paper
from syncd.parse.record import Record, paper_of
from syncd.services import records
from syncd.services.base import Asking, Part, Records, cut
from syncd.text.links import classify
from syncd.text.loose_json import Json, dig, text

if TYPE_CHECKING:
    from syncd.sources.web import Web

FIELDS = ("id", "title", "authors", "githubRepo", "projectPage")


@dataclass(frozen=True, slots=True)
class Api:
    """Hugging Face.

    Attributes:
        base: its address.
    """

    base: str = "https://huggingface.co"

    name: ClassVar[str] = "huggingface"
    title: ClassVar[str] = "Hugging Face"
    per_lookup: ClassVar[int] = 1
    per_search: ClassVar[int] = 1
    gives: ClassVar[frozenset[Part]] = frozenset({"links"})

    def identifier(self, paper: Paper) -> str | None:
        """Return the arXiv id of a paper that has code, without a link to it."""
        linked = any(link.kind == "code" for link in paper.links)
        return paper.identifiers.arxiv if paper.has_code and not linked else None

    def searches(self, paper: Paper) -> bool:  # noqa: ARG002 - there is no search
        """Never search: the API knows arXiv ids only."""
        return False

    def lookup(self, identifiers: Sequence[str], web: Web) -> list[Records]:
        """Ask for papers by arXiv id."""
        asking = Asking(web, self.title)
        found: list[Records] = []
        for identifier in identifiers:
            answers = asking.known(f"{self.base}/api/papers/{quote(identifier)}")
            if any(not text(dig(answer, "id")) for answer in answers):
                raise asking.odd(message("one-paper"))
            found.append([cut(answer, FIELDS) for answer in answers])
        return found

    def search(self, papers: Sequence[Paper], web: Web) -> list[Records]:  # noqa: ARG002 - see `searches`
        """Find nothing."""
        return [[] for _ in papers]

    def read_paper(self, record: Json) -> Paper | None:
        """Read a paper; all that counts of it is its links."""
        paper = paper_of(
            Record(
                title=records.plain_text(record.get("title")) or "",
                creators=records.people(record.get("authors")) or (),
                arxivs=records.arxivs(record.get("id")) or (),
            )
        )
        return replace(paper, links=_links(record)) if paper else None


def _links(record: Json) -> tuple[Link, ...]:
    code = classify(text(record.get("githubRepo")) or "")
    page = classify(text(record.get("projectPage")) or "", "project page: ")
    wanted = ((code, {"code"}), (page, {"code", "project", "demo", "model", "dataset"}))
    return tuple({link.url: link for link, kinds in wanted if link and link.kind in kinds}.values())
