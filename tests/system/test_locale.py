"""Names of authors can be printed wherever syncd runs: a locale without their letters stops no command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pages import entry, page

if TYPE_CHECKING:
    from desk import Desk

NAME = "Zoë Bǎo"


@pytest.fixture
def abroad(desk: Desk) -> Desk:
    """Give a desk with a name that ASCII and Latin-1 have no letters for."""
    desk.page.write_text(page(entry("Paper"), name=NAME), encoding="utf-8")
    return desk


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_what_goes_into_a_pipe_is_utf_8(abroad: Desk, encoding: str) -> None:
    """JSON above all, of which nothing may be lost; a push that was done does not end as a fault."""
    usual = abroad.syncd("parse", "page.txt", "--json")
    done = abroad.afresh("parse", "page.txt", "--json", PYTHONIOENCODING=encoding)
    assert (done.code, done.json) == (0, usual.json)
    assert done.json["profile"]["name"] == NAME
    pushed = abroad.afresh("push", PYTHONIOENCODING=encoding)
    assert pushed.code == 0, pushed.err
    assert "1 created ·" in pushed.out


def test_a_terminal_shows_what_it_can(abroad: Desk) -> None:
    """Question marks stand for the other letters."""
    shown = abroad.on_terminal("parse", "page.txt", afresh=True, PYTHONIOENCODING="latin-1")
    assert "Zoë B?o".encode("latin-1") in shown
