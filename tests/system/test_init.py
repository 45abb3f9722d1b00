"""`syncd init`: a conversation on a real terminal, the same by flags, a second time, and when it is broken off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from owner import show
from pages import entry, page
from syncd.config import load
from terminals import terminal

if TYPE_CHECKING:
    from desk import Desk
    from syncd.config import Config


@pytest.fixture
def newcomer(desk: Desk) -> Desk:
    """Give a desk with a page and without a configuration."""
    show(desk)
    (desk.folder / "config.toml").unlink()
    return desk


def config(desk: Desk) -> Config:
    """Read what was written."""
    return load(desk.folder / "config.toml", desk.env)


def text(desk: Desk) -> str:
    """Return what was written."""
    return (desk.folder / "config.toml").read_text(encoding="utf-8")


def test_a_conversation(newcomer: Desk) -> None:
    """Five questions; what makes no sense is asked again; it ends with a dry run and the next command."""
    (newcomer.folder / "odd.txt").write_text("hello\n", encoding="utf-8")
    with terminal(newcomer, "init") as screen:
        screen.answer("Number or word [user]:", "7")
        screen.read_until("should be one of user, group, desktop, embedded")
        screen.answer("Number or word [user]:", "4")
        screen.answer("Whom to follow", "odd.txt")
        screen.read_until("error:")
        screen.answer("Whom to follow", "page.txt")
        screen.answer("[Profiles/Ann Lee]:", "People/Ann")
        screen.answer("[every 6h]:", "now and then")
        screen.answer("[every 6h]:", "daily")
        screen.read_until("crossref         DOIs, or titles with the first author's surname")
        screen.answer("[none]:", "googlescholar")
        screen.answer("[none]:", "")
        assert screen.end() == 0
    assert "3 create" in screen.text
    assert "syncd push" in screen.text.splitlines()[-1]
    made = config(newcomer)
    assert made.library().type == "embedded"
    assert made.profile("ann-lee").collection == "People/Ann"
    assert made.profile("ann-lee").schedule == "every 1d"
    assert made.enrich.services == ()
    assert "[profiles.ann-lee]\n# The profile" in text(newcomer)
    assert 'source = "page.txt"\n# The collection that the papers are filed in' in text(newcomer)
    assert (newcomer.folder / "config.toml").stat().st_mode & 0o777 == 0o600
    assert newcomer.syncd("log", "--json").json == []


@pytest.mark.parametrize("moment", ["Number or word", "Whom to follow", "[every 6h]:"])
def test_breaking_it_off_writes_nothing(newcomer: Desk, moment: str) -> None:
    """At whichever question."""
    words = () if moment == "Number or word" else ("--library", "embedded")
    with terminal(newcomer, "init", *words) as screen:
        if moment == "[every 6h]:":
            screen.answer("Whom to follow", "page.txt")
            screen.answer("[Profiles/Ann Lee]:", "")
        assert screen.break_off(moment) == 130
        assert "Nothing was written." in screen.text
    assert not (newcomer.folder / "config.toml").exists()


def test_a_second_conversation_changes_what_is_asked(desk: Desk) -> None:
    """Enter keeps; comments, other settings and the file's mode stay."""
    show(desk)
    file = desk.folder / "config.toml"
    desk.configure('settle = "2d"  # I am slow\n')
    file.chmod(0o640)
    before = text(desk)
    with terminal(desk, "init") as screen:
        screen.read_until("main (user 1)")
        screen.answer("Number or word [user]:", "")
        screen.answer("Your number at zotero.org", "")
        screen.answer("[ann]:", "")
        screen.answer("Collection", "")
        screen.answer("[every 6h]:", "every 12h")
        screen.answer("[none]:", "")
        assert screen.end() == 0
    assert config(desk).profile("ann").schedule == "every 12h"
    assert text(desk).replace('schedule = "every 12h"\n', "") == before
    assert file.stat().st_mode & 0o777 == 0o640
    assert "3 create" in screen.text
    assert not desk.zotero.papers()
    assert desk.syncd("push").code == 0
    assert len(desk.zotero.papers()) == 3


def test_flags_ask_nothing(newcomer: Desk) -> None:
    """And the library's key may be in a variable: then the dry run asks the library itself."""
    done = newcomer.syncd(
        *("init", "--library", "user", "--id", "1", "--key-env", "TEST_KEY"),
        *("--endpoint", newcomer.zotero.server.url, "--profile", "page.txt"),
        *("--collection", "A/B", "--schedule", "0 7 * * 1-5"),
    )
    assert done.code == 0, done.err
    assert "main: 3 create" in done.out
    assert newcomer.zotero.server.requests
    assert not newcomer.zotero.items()
    made = config(newcomer)
    assert made.library().prefix == "users/1"
    assert (made.profile("ann-lee").collection, made.profile("ann-lee").schedule) == ("A/B", "0 7 * * 1-5")


def test_services_complete_papers_where_their_user_says_so(newcomer: Desk) -> None:
    """None without a yes, neither by flags nor by following; what was agreed to can be taken back."""
    words = ("init", "--library", "embedded", "--profile", "page.txt")
    assert newcomer.syncd("follow", "page.txt", "--config", "other.toml").code == 0
    assert load(newcomer.folder / "other.toml", newcomer.env).enrich.services == ()
    assert newcomer.syncd(*words).code == 0
    assert config(newcomer).enrich.services == ()
    assert newcomer.syncd(*words, "--services", "2,arxiv").code == 0
    assert config(newcomer).enrich.services == ("arxiv", "semanticscholar")
    assert "is as it was" in newcomer.syncd(*words).out
    newcomer.syncd(*words, "--services", "all")
    assert len(config(newcomer).enrich.services) == 6
    newcomer.syncd(*words, "--services", "none")
    assert config(newcomer).enrich.services == ()
    assert newcomer.syncd(*words, "--services", "google").code == 2


def test_missing_answers_are_named(newcomer: Desk) -> None:
    """All of them, where there is nobody to ask."""
    done = newcomer.syncd("init")
    assert done.code == 2
    assert "--library, --profile" in done.err
    assert "--id" in newcomer.syncd("init", "--library", "group", "--profile", "page.txt").err
    done = newcomer.syncd("init", "--library", "moon", "--profile", "page.txt")
    assert (done.code, "--library 'moon' should be one of" in done.err) == (2, True)
    assert not (newcomer.folder / "config.toml").exists()


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--library", "embedded", "--id", "3"), "--id has no meaning for the library embedded"),
        (("--library", "user", "--key-env", "TEST_KEY"), "--key-env needs the user's number"),
        (("--library", "user", "--id", "1", "--schedule", "often"), "--schedule 'often' should be like"),
    ],
)
def test_a_flag_that_makes_no_sense_is_refused(newcomer: Desk, words: tuple[str, ...], problem: str) -> None:
    """None goes by unnoticed, and nothing is written."""
    done = newcomer.syncd("init", "--profile", "page.txt", *words)
    assert (done.code, problem in done.err) == (2, True), done.err
    assert not (newcomer.folder / "config.toml").exists()


def test_without_a_key_the_page_is_shown(newcomer: Desk) -> None:
    """The way to the key is named, and nothing is asked of a library."""
    done = newcomer.syncd("init", "--yes", "--profile", "page.txt")
    assert done.code == 0
    assert "Alpha" in done.out
    assert "Next: syncd login main\n" in done.out
    assert config(newcomer).library().type == "user"
    done = newcomer.syncd("init", "--library", "group", "--id", "12", "--profile", "ann-lee")
    assert "Next: syncd login group\n" in done.out
    assert config(newcomer).library("group").prefix == "groups/12"


@pytest.mark.parametrize(
    ("kind", "command"), [("user", "syncd login main"), ("desktop", "syncd login --desktop main")]
)
def test_a_push_into_a_library_that_nobody_opened_says_which_command_does(
    newcomer: Desk, kind: str, command: str
) -> None:
    """The choice stands in the file; nothing goes anywhere, neither into syncd's own library; doctor says it too."""
    newcomer.syncd("init", "--library", kind, "--profile", "page.txt")
    assert config(newcomer).library().type == kind
    for words in (("push",), ("push", "--dry-run"), ("push", "page.txt"), ("sync-now",)):
        pushed = newcomer.syncd(*words)
        assert pushed.code == 2, pushed
        assert f"Sign in with: {command}\n" in pushed.out + pushed.err
    assert not newcomer.data.library.exists()
    assert newcomer.syncd("log", "--json").json == []
    if kind == "user":
        found = newcomer.syncd("doctor", "--offline", "--json").json["checks"]
        assert command in {check["mend"] for check in found if check["level"] == "failure"}


def test_a_library_that_was_chosen_first_keeps_its_profile(newcomer: Desk) -> None:
    """A second library does not take its place, though nobody has signed in to the first."""
    (newcomer.folder / "bo.txt").write_text(page(entry("Beta"), name="Bo Chen"), encoding="utf-8")
    newcomer.syncd("init", "--library", "user", "--profile", "page.txt")
    done = newcomer.syncd("init", "--library", "embedded", "--profile", "bo.txt")
    assert done.code == 0, done.err
    made = config(newcomer)
    assert made.library_of(made.profile("ann-lee")).type == "user"
    assert made.library_of(made.profile("bo-chen")).type == "embedded"
    assert newcomer.syncd("push", "ann-lee").code == 2
    assert newcomer.syncd("push", "bo-chen").code == 0


def test_the_same_again_changes_nothing(desk: Desk) -> None:
    """Also when the profile is named by its page."""
    show(desk)
    before = text(desk)
    done = desk.syncd("init", "--library", "user", "--profile", "page.txt")
    assert done.code == 0
    assert "is as it was" in done.out
    assert text(desk) == before


def test_another_library_takes_no_profile_away(desk: Desk) -> None:
    """Who went to the only library there was goes there still."""
    show(desk)
    (desk.folder / "bo.txt").write_text(page(entry("Beta"), name="Bo Chen"), encoding="utf-8")
    file = desk.folder / "config.toml"
    file.write_text(text(desk).replace("libraries.main", "libraries.mine"), encoding="utf-8")
    done = desk.syncd("init", "--library", "embedded", "--profile", "bo.txt")
    assert done.code == 0, done.err
    made = config(desk)
    assert made.library_of(made.profile("ann")).name == "mine"
    assert made.library_of(made.profile("bo-chen")).type == "embedded"


def test_a_second_file_is_made_whatever_the_first_says(desk: Desk) -> None:
    """A configuration that is named starts from nothing."""
    show(desk)
    usual = desk.folder / ".config" / "syncd"
    usual.mkdir(parents=True)
    (usual / "config.toml").write_text("odd", encoding="utf-8")
    done = desk.syncd("init", "--config", "new.toml", "--library", "embedded", "--profile", "page.txt")
    assert done.code == 0, done.err
    assert "[profiles.ann-lee]" in (desk.folder / "new.toml").read_text(encoding="utf-8")
