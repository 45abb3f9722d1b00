"""One record of an API, read by the parser that reads that API's authors: a mapping exists once. Pure."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from syncd.errors import ParseError
from syncd.model import Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable

    from syncd.enrich.enricher import Json
    from syncd.model import Paper, Profile


def read(record: Json, api: str, parse: Callable[[Snapshot], Profile]) -> Paper | None:
    """Read a record.

    Args:
        record: as the API gave it.
        api: the API's name in sources.
        parse: reads a snapshot of that API.

    Returns:
        The paper, or None for what is none.

    Raises:
        ParseError: it has a form that can't be read.
    """
    document = {"source": api, "id": "", "author": None, "papers": [record], "complete": True}
    snapshot = Snapshot(json.dumps(document).encode(), f"{api}:", datetime.min.replace(tzinfo=UTC))
    profile = parse(snapshot)
    codes = {notice.code for notice in profile.warnings}
    if "odd-record" in codes:
        raise ParseError("this record can't be read", origin=snapshot.origin)
    if not profile.papers:
        return None
    retracted = "retracted" in codes
    paper = profile.papers[0]
    return replace(paper, retracted=True) if retracted else paper
