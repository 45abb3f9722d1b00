"""Answers that are read from a file piece by piece."""

from __future__ import annotations

import io
import json

import pytest

from large import key
from syncd.zotero import stream
from syncd.zotero.shapes import ShapeError

VERSIONS = {key(number): number for number in range(20_000)}
LOG = {
    "searches": [],
    "collections": [key(number) for number in range(5)],
    "tags": ['say "items": [', "é\\", "\u2028"],
    "items": [key(number) for number in range(10, 20_000)],
    "settings": {"tagColors": [{"name": "x", "version": 7.5}, None, True]},
}


@pytest.mark.parametrize("indent", [None, 1])
def test_a_list_is_read_whole_wherever_its_pieces_end(indent: int | None) -> None:
    """Answers come in all lengths; what stands across a border is one thing."""
    assert dict(stream.versions(io.BytesIO(json.dumps(VERSIONS, indent=indent).encode()))) == VERSIONS
    for ascii_only in (True, False):
        text = json.dumps(LOG, indent=indent, ensure_ascii=ascii_only)
        found = list(stream.erased(io.BytesIO(text.encode())))
        assert found == [(kind, one) for kind in ("collections", "items") for one in LOG[kind]]


def test_half_a_list_is_none() -> None:
    """A line that was cut must not look as if fewer items had changed."""
    for whole, read in ((VERSIONS, stream.versions), (LOG, stream.erased)):
        text = json.dumps(whole).encode()
        for length in (0, 1, 5, 11, 12, 13, len(text) // 2, len(text) - 2, len(text) - 1):
            with pytest.raises(ShapeError):
                list(read(io.BytesIO(text[:length])))


@pytest.mark.parametrize(
    "text",
    [
        '{"ABCD2345": 7,}',
        '{"ABCD2345" 7}',
        '{"ABCD2345": 7} {}',
        '{"ABCD2345": 7} ;',
        '{"ABCD2345": 7 "BBCD2345": 8}',
        "{" * 300_000,
        '"' + "a" * 9_000_000,
        '{"ABCD2345": ' + "9" * 5_000_000 + "}",
    ],
    ids=[
        "a comma",
        "no colon",
        "more",
        "a stray sign",
        "no comma",
        "depth",
        "a text without end",
        "a number without end",
    ],
)
def test_what_is_no_list_is_refused(text: str) -> None:
    """Soon, however long it is."""
    with pytest.raises(ShapeError):
        list(stream.versions(io.BytesIO(text.encode())))
