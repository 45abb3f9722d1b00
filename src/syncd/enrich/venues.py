"""Tells a publication from a preprint by what a record says of it; a preprint server is no venue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncd.parse.record import is_preprint_doi, is_server

if TYPE_CHECKING:
    from syncd.model import Paper

FORMS = frozenset({"journalArticle", "conferencePaper", "bookSection", "book"})
"""Zotero's item types that a preprint is published as; a report of the same title is no better than a preprint."""


def is_publication(record: Paper) -> bool:
    """Tell whether a record is that of a published paper."""
    if record.published_as not in FORMS or is_preprint_doi(record.identifiers.doi):
        return False
    if record.published_as != "book" and not record.venue:
        return False
    return not is_server(record.venue) and not (is_server(record.publisher) and not record.venue)
