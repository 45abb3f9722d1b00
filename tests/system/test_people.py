"""A list of people, from the command line and in the daemon; and a person who is forgotten."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from background import Background, looks, titles, until
from owner import memory_of, pushes, rests, show, standing
from pages import entry, page
from syncd.cli.people import looked
from syncd.config import load, members
from syncd.config.edit import write_list
from syncd.errors import ConfigError
from syncd.services.base import FoundAuthor
from websites import Reply, website

if TYPE_CHECKING:
    from pathlib import Path

    from desk import Desk
    from owner import Owner

ANN, BO = "0000-0002-1825-0097", "openalex:A5023888391"
# Whoever asks a service asks here first, and gets nowhere.
NOWHERE = {"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}


def people(desk: Desk, *rows: str) -> Path:
    """Write a list of people, as an editor does."""
    path = desk.folder / "people.csv"
    part = path.with_suffix(".part")
    part.write_text("\n".join(("name,id,from,to", *rows, "")), encoding="utf-8")
    part.replace(path)
    return path


def followed(desk: Desk) -> list[str]:
    """Return the names of the profiles that syncd follows."""
    return sorted(load(desk.folder / "config.toml", desk.env).profiles)


# On the command line


def test_a_list_is_followed(desk: Desk) -> None:
    """Once all have an id no service is asked, and a second time nothing changes."""
    people(desk, f"Ann Lee,{ANN},2021-05-01,", f"Bo Chen,{BO},,")
    done = desk.syncd("follow", "--list", "people.csv", "--collection", "Lab/{name}", **NOWHERE)
    assert done.code == 0, done
    assert "2 people of people.csv are followed as 'people'" in done.out
    text = (desk.folder / "config.toml").read_text(encoding="utf-8")
    assert '[groups.people]\nmembers = "people.csv"\ncollection = "Lab/{name}"\n' in text
    assert followed(desk) == ["Ann Lee", "Bo Chen", "ann"]
    assert desk.syncd("follow", "--list", "people.csv").code == 0
    assert (desk.folder / "config.toml").read_text(encoding="utf-8") == text
    rows = desk.syncd("status", "--json").json["profiles"]
    assert {row["name"] for row in rows} == {"Ann Lee", "Bo Chen", "ann"}


def test_nobody_is_guessed(desk: Desk) -> None:
    """Without an id, a service must be asked; what is wrong else is said before that. Nothing is written."""
    before = (desk.folder / "config.toml").read_bytes()
    path = people(desk, "Ann Lee,,,", f"Bo Chen,{BO},2021,2020")
    done = desk.syncd("follow", "--list", "people.csv", **NOWHERE)
    assert (done.code, "people.csv:3: from is later than to" in done.err) == (2, True)
    people(desk, "Ann Lee,,,", f"Bo Chen,{BO},,")
    kept = path.read_bytes()
    assert desk.syncd("follow", "--list", "people.csv", **NOWHERE).code == 5
    assert desk.syncd("follow").code == 2
    assert desk.syncd("follow", "page.txt", "--list", "people.csv").code == 2
    assert (path.read_bytes(), (desk.folder / "config.toml").read_bytes()) == (kept, before)


def author(name: str, number: int) -> FoundAuthor:
    """Return an author that a search found."""
    return FoundAuthor(f"openalex:A{number}", name, "OpenAlex")


def test_only_a_sole_one_of_the_very_name_is_offered_as_such() -> None:
    """Namesakes and similar names have to be chosen among."""
    (member,) = members.read("name,id\nJosé García,\n", whole=False).members
    sole = looked(member, [author("Jose Garcia", 1), author("J. Garcia", 2)])
    assert (sole.is_sole, [one.source for one in sole.found]) == (True, ["openalex:A1"])
    assert not looked(member, [author("Jose Garcia", 1), author("José García", 2)]).is_sole
    assert not looked(member, [author("J. Garcia", 1)]).is_sole
    assert not looked(member, []).is_sole


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_ids_are_written_into_the_list_and_nothing_else(tmp_path: Path, mark: bytes) -> None:
    """Other columns, quotes, ends of lines and the mark of a spreadsheet stay."""
    path = tmp_path / "people.csv"
    before = mark + b'name;room;id\r\n"Lee; Ann";"1\r\n2";\r\nBo  ;;xy:1\r\nCleo\r\n'
    path.write_bytes(before)
    text = before.removeprefix(mark).decode().replace("\r\n", "\n")
    read = members.read(text, whole=False)
    lines = {one.name: one.line for one in read.members}
    write_list(path, text, members.with_ids(text, read, {lines["Lee; Ann"]: ANN, lines["Cleo"]: BO}))
    after = mark + b'name;room;id\r\n"Lee; Ann";"1\r\n2";%s\r\nBo  ;;xy:1\r\nCleo;;%s\r\n'
    assert path.read_bytes() == after % (ANN.encode(), BO.encode())
    with pytest.raises(ConfigError, match="changed meanwhile"):
        write_list(path, text, text)


# The time of each

BIB = """@article{a, title={Early Work}, author={Lee, Ann}, year={2019}}
@article{b, title={Work of These Days}, author={Lee, Ann}, year={2021}}
@article{c, title={Work of No Date}, author={Lee, Ann}}
@article{d, title={Late Work}, author={Lee, Ann}, date={2023-02-01}}
"""


@pytest.mark.parametrize(("word", "filed"), [("--same", 2), ("--different", 1), ("--later", 1)])
def test_papers_of_the_time_are_filed_and_one_without_a_date_waits(
    desk: Desk, owner: Owner, word: str, filed: int
) -> None:
    """It is asked about once; then all rests, and a longer time brings more."""
    desk.configure(
        '[groups.lab]\nmembers = "people.csv"\ncollection = "Lab/{name}"\n[http]\nallow_private = ["127.0.0.1"]\n'
    )
    show(desk)
    with website() as site:
        site.replies["/ann.bib"] = Reply(BIB)
        people(desk, f"Ann Lee,{site.address}/ann.bib,2020-06-01,2023-01-31")
        pushes(desk, names=("Ann Lee",))
        assert set(owner.zotero.papers()) == {"Work of These Days"}
        assert owner.zotero.papers()["Work of These Days"]["collections"] == [
            owner.zotero.collections()["Ann Lee"]["key"]
        ]
        waiting = desk.syncd("review")
        assert (waiting.code, "Is it of that time?" in waiting.out) == (6, True)
        done = desk.syncd("review", "Work of No Date", word)
        assert done.code == 0, done
        pushes(desk, names=("Ann Lee",))
        assert len(owner.zotero.papers()) == filed
        assert len(standing(desk, "review")) == (word == "--later")
        assert pushes(desk, names=("Ann Lee",)).requests.write == 0
        people(desk, f"Ann Lee,{site.address}/ann.bib,2020-06-01,2023-02-01")
        pushes(desk, names=("Ann Lee",))
        assert "Late Work" in owner.zotero.papers()
        people(desk, f"Ann Lee,{site.address}/ann.bib,2023,")
        assert pushes(desk, names=("Ann Lee",)).requests.write == 0
        assert len(owner.zotero.papers()) == filed + 1


# In the daemon


def test_the_daemon_follows_who_is_added_and_no_longer_who_is_removed(desk: Desk) -> None:
    """The list is watched; with a mistake in it all stays as it was."""
    desk.configure('\n[groups.lab]\nmembers = "people.csv"\n')
    show(desk)
    (desk.folder / "bo.txt").write_text(page(entry("Delta"), name="Bo Chen"), encoding="utf-8")
    people(desk)
    source = "http://127.0.0.1:9/{}"
    with Background(desk) as daemon:
        daemon.until(lambda: looks(daemon))

        def names() -> list[str]:
            return sorted(row["name"] for row in daemon.ask("status")["profiles"])

        people(desk, f"Bo Chen,{source.format('bo')},,")
        until(lambda: names() == ["Bo Chen", "ann"])
        people(desk, f"Bo Chen,{source.format('bo')},,", "Cleo,,,")
        daemon.until_logged("people.csv:3: the id is missing")
        assert names() == ["Bo Chen", "ann"]
        people(desk, f"Cleo,{source.format('cleo')},,")
        until(lambda: names() == ["Cleo", "ann"])
        assert daemon.end() == 0
    assert titles(desk.zotero) == ["Alpha", "Beta", "Gamma"]


# Who is forgotten


def kept(desk: Desk, name: str) -> list[str]:
    """Return the tables, but those of the history, that hold a name."""
    with closing(sqlite3.connect(desk.data.state)) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = {table: connection.execute(f"SELECT * FROM {table}").fetchall() for table in tables}  # noqa: S608
    history = {"run", "action"}
    return sorted(
        table
        for table, found in rows.items()
        if table not in history and f'"{name}"' in json.dumps(found).replace('\\"', '"')
    )


def test_who_is_forgotten_leaves_nothing_but_items(desk: Desk, owner: Owner) -> None:
    """Other profiles' papers and facts stay, and the next push of these finds everything as it should be."""
    desk.configure('[profiles.bo]\nsource = "bo.txt"\ncaptured = 2026-06-01\n')
    show(desk)
    (desk.folder / "bo.txt").write_text(page(entry("Beta"), entry("Delta"), name="Bo Chen"), encoding="utf-8")
    pushes(desk)
    assert desk.syncd("reject", "Delta", "--profile", "bo").code == 0
    assert {"profile", "listing", "fact", "figure", "written", "claim", "rejection"} <= set(kept(desk, "bo"))
    before = owner.zotero.papers()
    done = desk.syncd("unfollow", "bo", "--forget")
    assert (done.code, "forgotten" in done.out) == (0, True), done
    assert kept(desk, "bo") == []
    assert owner.zotero.papers() == before
    assert {"profile", "listing", "fact", "figure"} <= set(kept(desk, "ann"))
    rests(desk)
    assert owner.zotero.papers() == before
    with memory_of(desk) as state:
        assert set(state.facts.about([before["Beta"]["key"]])[before["Beta"]["key"]].profiles) == {"ann"}
    assert desk.syncd("unfollow", "bo", "--forget").code == 1, "nothing is kept any more"


def test_who_was_given_up_before_can_still_be_forgotten(desk: Desk) -> None:
    """As can a person whose row was taken out of a list; but nobody who is followed."""
    show(desk)
    pushes(desk)
    people(desk, f"Ann Lee,{ANN},,")
    assert desk.syncd("follow", "--list", "people.csv").code == 0
    refused = desk.syncd("unfollow", "Ann Lee", "--forget")
    assert (refused.code, "people.csv" in refused.err) == (2, True)
    assert desk.syncd("unfollow", "ann").code == 0
    assert kept(desk, "ann") != []
    assert desk.syncd("unfollow", "ann", "--forget").code == 0
    assert kept(desk, "ann") == []
