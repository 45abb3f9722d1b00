"""Tells a publication from a preprint by what a record says of it. Tables only; a preprint server is no venue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncd.parse.record import PREPRINT
from syncd.text.patterns import pattern

if TYPE_CHECKING:
    from syncd.model import Paper

FORMS = frozenset({"journalArticle", "conferencePaper", "bookSection", "book"})
"""Zotero's item types that a preprint is published as; a report of the same title is no better than a preprint."""

SERVERS = pattern(
    r"(?i)(?:the )?(?:ssrn\b.*|social science research network|research ?square\b.*|preprints(?:\.org)?"
    r"|open ?review(?:\.net)?|zenodo\b.*|figshare\b.*|osf preprints|authorea\b.*|hal\b.*|vixra\b.*"
    r"|research ?gate|openrxiv|e-?print archive|cold spring harbor laboratory|arxiv\b.*|e-?prints? arxiv\b.*"
    r"|\w*rxiv(?:\.org)?(?:\s*\([^)]*\))?)",
    hostile="rxiv",
)
"""Preprint servers and repositories, as services write them where a venue or a publisher should be.

>>> names = "SSRN Electronic Journal", "arXiv (Cornell University)", "OpenReview", "bioRxiv", "ICLR", "Halogen Studies"
>>> [bool(SERVERS.fullmatch(name)) for name in names]
[True, True, True, True, False, False]
"""

PREPRINT_DOI = pattern(
    r"10\.(?:1101/\d|64898/|21203/|2139/|20944/|26434/|3123[45]/|31219/|31222/|35542/|36227/|22541/|5281/|6084/"
    r"|13140/|48550/)\S*",
    hostile=("10.5281/", "a", " "),
)
"""A DOI that a preprint server or a repository registered.

>>> dois = "10.1101/2020.01.01.123456", "10.1101/gr.123.4", "10.2139/ssrn.288970", "10.1162/tacl_a_00123"
>>> [bool(PREPRINT_DOI.fullmatch(doi)) for doi in dois]
[True, False, True, False]
"""


def is_server(name: str | None) -> bool:
    """Tell whether a venue or publisher is a preprint server."""
    return bool(name and (SERVERS.fullmatch(name) or PREPRINT.fullmatch(name)))


def is_preprint_doi(doi: str | None) -> bool:
    """Tell whether a DOI is that of a preprint."""
    return bool(doi and PREPRINT_DOI.fullmatch(doi))


def is_publication(record: Paper) -> bool:
    """Tell whether a record is that of a published paper."""
    if record.published_as not in FORMS or is_preprint_doi(record.identifiers.doi):
        return False
    if record.published_as != "book" and not record.venue:
        return False
    return not is_server(record.venue) and not (is_server(record.publisher) and not record.venue)
