"""The user's consent to writing into Zotero on the desktop: every answer, none, and a Zotero that can't ask yet."""

from __future__ import annotations

from collections import deque
from threading import Event
from typing import TYPE_CHECKING

import pytest

from doubles import Fault
from plugins import knows
from syncd.errors import LibraryError
from syncd.handshake import is_key
from syncd.zotero.consent import WAIT, awaited, consent
from websites import Reply, website

if TYPE_CHECKING:
    from collections.abc import Callable

    from clocks import FakeClock
    from desktops import Program
    from doubles.plugin import Plugin


@pytest.fixture
def plugin(program: Program) -> Plugin:
    """Give the plugin, which knows nobody."""
    found = program.server.desktop.plugin
    assert found
    found.revoke()
    return found


def refused(program: Program, clock: FakeClock, patience: float = 30.0) -> LibraryError:
    """Ask in vain; return the error."""
    with pytest.raises(LibraryError) as error:
        consent(program.server.url, clock, lambda _: None, lambda _: True, patience=patience)
    assert error.value.hint
    return error.value


def test_allow_gives_a_key_that_lasts(program: Program, plugin: Plugin, clock: FakeClock) -> None:
    """The user is told where to look, and both sides show one code."""
    plugin.consent = lambda _: True
    said: list[str] = []
    compared: list[str] = []

    def is_same(code: str) -> bool:
        compared.append(code)
        return True

    key = consent(program.server.url, clock, said.append, is_same)
    assert is_key(key)
    assert knows(program.server.url, key)
    assert plugin.codes == compared
    assert "Choose Allow there" in said[-1]
    assert said[-1].endswith(compared[0])


def test_a_no_is_a_no(program: Program, plugin: Plugin, clock: FakeClock) -> None:
    """It is not asked again."""
    asked: list[str] = []

    def refuse(name: str) -> bool:
        asked.append(name)
        return False

    plugin.consent = refuse
    error = refused(program, clock)
    assert error.kind == "permission"
    assert "not to let syncd write" in str(error)
    assert len(asked) == 1


def test_a_question_that_nobody_answers_ends(program: Program, plugin: Plugin, clock: FakeClock) -> None:
    """The user is told to close it: a late answer reaches nobody."""
    answered = Event()
    plugin.consent = lambda _: answered.wait(30)
    try:
        error = refused(program, clock, 0.2)
    finally:
        answered.set()
    assert "was not answered" in str(error)
    assert error.kind == "transient"
    assert "late answer" in error.hint


def test_a_zotero_that_cannot_be_asked_says_why(program: Program, clock: FakeClock) -> None:
    """Without the plugin, and closed: both are no lasting trouble."""
    program.server.desktop.plugin = None
    error = refused(program, clock)
    assert (str(error), error.kind) == ("Zotero runs without the syncd plugin", "transient")
    program.close()
    error = refused(program, clock)
    assert (str(error), error.kind) == ("Zotero isn't running", "transient")


@pytest.mark.parametrize("reply", [Reply("", 404), Reply({"api": 1}, 403), Reply("<html>", 200)])
def test_another_program_at_that_address_is_not_asked(clock: FakeClock, reply: Reply) -> None:
    """What answers there must be Zotero; waiting does not make it so."""
    with website() as site:
        site.replies["/syncd/v1/ping"] = reply
        with pytest.raises(LibraryError, match="is not Zotero") as error:
            awaited(site.address, clock, lambda _: None)
        assert "endpoint" in error.value.hint
        assert len(site.asked) == 1


class Steps:
    """What a user does at the computer while syncd waits, one step a look."""

    def __init__(self, clock: FakeClock, *acts: Callable[[], object]) -> None:
        self._acts = deque(acts)
        self._sleep = clock.sleep
        clock.sleep = self  # type: ignore[method-assign]

    def __call__(self, seconds: float) -> None:
        """Let time pass, and do the next thing."""
        self._sleep(seconds)
        if self._acts:
            self._acts.popleft()()


def test_the_user_is_led_to_a_zotero_with_the_plugin(
    program: Program, plugin: Plugin, clock: FakeClock
) -> None:
    """What is missing is said when it changes, and once; then it goes on by itself."""

    def install() -> None:
        program.server.desktop.plugin = plugin

    def rest() -> None:
        pass

    program.server.desktop.plugin = None
    program.close()
    Steps(clock, rest, program.open, rest, rest, install)
    said: list[str] = []
    found = awaited(program.server.url, clock, lambda error: said.append(str(error)))
    assert found.version == plugin.version
    assert said == ["Zotero isn't running", "Zotero runs without the syncd plugin"]


def test_a_zotero_that_is_starting_is_not_called_one_without_the_plugin(
    program: Program, plugin: Plugin, clock: FakeClock
) -> None:
    """Its server answers before its plugins do."""

    def install() -> None:
        program.server.desktop.plugin = plugin

    program.server.desktop.plugin = None
    program.close()
    Steps(clock, program.open, install)
    said: list[str] = []
    awaited(program.server.url, clock, lambda error: said.append(str(error)))
    assert said == ["Zotero isn't running"]


def test_a_plugin_of_an_older_interface_is_waited_for_too(program: Program, clock: FakeClock) -> None:
    """Until the user has brought both together."""
    headers = {"Content-Type": "application/json"}
    program.trouble.plan("GET", Fault("answer", status=200, headers=headers, body=b'{"api": 1}'))
    said: list[str] = []
    awaited(program.server.url, clock, lambda error: said.append(str(error)))
    assert said == ["the syncd plugin in Zotero is too old for this syncd"]


def test_waiting_ends(program: Program, clock: FakeClock) -> None:
    """With what is missing."""
    program.close()
    with pytest.raises(LibraryError, match="isn't running"):
        awaited(program.server.url, clock, lambda _: None)
    assert WAIT <= sum(clock.waits) < WAIT + 10
