"""The user's consent to writing into Zotero on the desktop: every answer, and none."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING

import pytest

from syncd.errors import LibraryError
from syncd.zotero.consent import authorize

if TYPE_CHECKING:
    from clocks import FakeClock
    from desktops import Program
    from syncd.zotero.embedded.desktop import Consent


def ask(
    program: Program, clock: FakeClock, *answers: Consent, patience: float = 30.0
) -> tuple[str, list[str]]:
    """Ask a user who answers so; return the key and what was said."""
    said: list[str] = []
    coming = list(answers)
    program.server.desktop.consent = lambda _: coming.pop(0)
    return authorize(program.server.url, clock, said.append, patience), said


def refused(program: Program, clock: FakeClock, *answers: Consent) -> LibraryError:
    """Ask in vain; return the error."""
    with pytest.raises(LibraryError) as error:
        ask(program, clock, *answers)
    assert error.value.hint
    return error.value


def test_always_allow_gives_a_key_that_lasts(program: Program, clock: FakeClock) -> None:
    """The user is told where to look."""
    key, said = ask(program, clock, "always")
    assert [program.server.desktop.spend(key) for _ in range(2)] == [True, True]
    (words,) = said
    assert "Always Allow" in words


def test_allow_for_once_is_explained_and_asked_again(program: Program, clock: FakeClock) -> None:
    """A service needs more than one write."""
    key, said = ask(program, clock, "once", "always")
    assert [program.server.desktop.spend(key) for _ in range(2)] == [True, True]
    assert "for one write" in said[1]
    error = refused(program, clock, "once", "once")
    assert error.kind == "permission"
    assert "one write only" in str(error)


def test_a_no_is_a_no(program: Program, clock: FakeClock) -> None:
    """It is not asked again."""
    error = refused(program, clock, "deny")
    assert error.kind == "permission"
    assert "not to let syncd write" in str(error)


def test_too_many_questions_are_said(program: Program, clock: FakeClock) -> None:
    """Wait a minute."""
    for _ in range(5):
        refused(program, clock, "deny")
    error = refused(program, clock)
    assert error.kind == "transient"
    assert "Wait a minute" in error.hint


def test_a_question_that_nobody_answers_ends(program: Program, clock: FakeClock) -> None:
    """The user is told to close it: a late answer reaches nobody."""
    answered = Event()

    def think(_: str) -> Consent:
        answered.wait(30)
        return "always"

    program.server.desktop.consent = think
    try:
        with pytest.raises(LibraryError, match="was not answered") as error:
            authorize(program.server.url, clock, lambda _: None, 0.2)
    finally:
        answered.set()
    assert error.value.kind == "transient"
    assert "late answer" in error.value.hint


def test_a_zotero_that_cannot_be_asked_says_why(program: Program, clock: FakeClock) -> None:
    """Too old, switched off, closed."""
    program.server.desktop.writable = False
    assert "Zotero 7 to 9" in str(refused(program, clock))
    program.server.desktop.enabled = False
    assert "Settings > Advanced" in refused(program, clock).hint
    program.close()
    error = refused(program, clock)
    assert "isn't running" in str(error)
    assert error.kind == "transient"


def test_another_program_at_that_address_is_not_asked(program: Program, clock: FakeClock) -> None:
    """What answers there must be Zotero."""
    program.server.url += "/elsewhere"
    assert "is not Zotero" in str(refused(program, clock))
