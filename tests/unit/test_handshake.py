"""How two who were paired know each other: each request counts once, and each answer is to one request."""

from __future__ import annotations

import re

import pytest

from syncd import handshake
from syncd.handshake import PRIME, Caller, Gate, Half, is_key

KEY = f"pairing-{'ab' * 32}"
OTHER = f"pairing-{'cd' * 32}"


def test_both_sides_agree_and_show_one_code() -> None:
    """On a key that neither sent."""
    asking, asked = Half.new(), Half.new()
    ours, theirs = asking.agreed(asked.public, asked=True), asked.agreed(asking.public, asked=False)
    assert ours == theirs
    assert ours
    assert is_key(ours.key)
    assert re.fullmatch(r"\d{3} \d{3}", ours.code)
    assert ours.key not in repr(ours)
    between = Half.new().agreed(asking.public, asked=False)
    assert between
    assert between.key != ours.key


KNOWN = [f"{number:0512x}" for number in (0, 1, PRIME - 1, PRIME, PRIME + 1)]


@pytest.mark.parametrize("text", [*KNOWN, "", "2", "x" * 512, "0" * 511 + "٣", "2".zfill(513), "None"])
def test_a_half_whose_outcome_anybody_knows_is_none(text: str) -> None:
    """Nor is one that is no number, or too long a one."""
    assert Half.new().agreed(text, asked=True) is None


def test_what_an_older_syncd_had_is_no_key() -> None:
    """Its tokens were plain numbers."""
    for text in ("ab" * 32, "", "pairing-", f"{KEY}a", f"{KEY}\n", KEY.upper()):
        assert not is_key(text)


def test_a_request_counts_once_and_for_one_side() -> None:
    """Not in another session, nor by another key, nor for the daemon what was for the plugin."""
    gate, caller = Gate("plugin"), Caller(KEY, "plugin")
    early = caller.sign("GET", "/a", b"")
    found = gate.proof([OTHER, KEY], early, "GET", "/a", b"")
    assert found
    assert (found.key, found.state) == (KEY, "late")
    caller.session = gate.session
    header = caller.sign("GET", "/a", b"x", "zotero")
    asked = (header, "GET", "/a", b"x", "zotero")
    assert gate.proof([OTHER], *asked) is None
    assert Gate("daemon").proof([KEY], *asked) is None
    for other in (
        ("POST", "/a", b"x", "zotero"),
        ("GET", "/b", b"x", "zotero"),
        ("GET", "/a", b"y", "zotero"),
    ):
        assert gate.proof([KEY], header, *other) is None
    assert gate.proof([KEY], header, "GET", "/a", b"x", "another") is None
    for state in ("good", "again", "again"):
        found = gate.proof([KEY], *asked)
        assert found
        assert found.state == state


def test_an_answer_is_to_one_request_with_its_status_and_words() -> None:
    """And of the side that was asked."""
    gate, caller = Gate("plugin"), Caller(KEY, "plugin")
    caller.session = gate.session
    proof = gate.proof([KEY], caller.sign("GET", "/a", b""), "GET", "/a", b"")
    assert proof
    header = proof.answer(200, b"words")
    assert caller.knows(header, 200, b"words")
    for wrong in (
        (header, 201, b"words"),
        (header, 200, b"word"),
        (None, 200, b"words"),
        ("ä", 200, b"words"),
    ):
        assert not caller.knows(*wrong)
    assert not Caller(KEY, "daemon", _nonce=caller._nonce).knows(header, 200, b"words")
    caller.sign("GET", "/a", b"")
    assert not caller.knows(header, 200, b"words")


def test_memory_has_an_end_after_which_nothing_old_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new session begins, as at a start; only paired programs bring that about."""
    monkeypatch.setattr(handshake, "MOST_USED", 3)
    gate, caller = Gate("plugin"), Caller(KEY, "plugin")
    caller.session = first = gate.session
    stranger = Caller(OTHER, "plugin", first)
    for _ in range(9):
        assert gate.proof([KEY], stranger.sign("GET", "/a", b""), "GET", "/a", b"") is None
    headers = [caller.sign("GET", "/a", b"") for _ in range(3)]
    states = [gate.proof([KEY], header, "GET", "/a", b"") for header in headers]
    assert [found and found.state for found in states] == ["good"] * 3
    assert gate.session != first
    again = [gate.proof([KEY], header, "GET", "/a", b"") for header in headers]
    assert [found and found.state for found in again] == ["late"] * 3


@pytest.mark.parametrize("header", [None, "", "a", "a b c", "- " + "0" * 32, f"- {'0' * 32} ä", "a b c d"])
def test_a_header_that_is_none_is_nobodys(header: str | None) -> None:
    """Whatever stands there."""
    assert Gate("plugin").proof([KEY], header, "GET", "/a", b"") is None
