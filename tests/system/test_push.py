"""`syncd push` as a user runs it: a process, a real page, a library over HTTP."""

from __future__ import annotations

import os
import re
import shutil
from typing import TYPE_CHECKING

import pytest

from owner import pushes, show
from pages import REAL_PAGE, entry, page
from syncd.clock import SystemClock
from syncd.lock import held
from websites import Reply, website

if TYPE_CHECKING:
    from desk import Desk, Zotero
    from owner import Owner


@pytest.fixture
def real(desk: Desk) -> Desk:
    """Put the real page on the desk."""
    shutil.copy(REAL_PAGE, desk.page)
    return desk


def test_the_real_page_arrives_whole(real: Desk, zotero: Zotero) -> None:
    """50 papers with their links, tags and abstracts, in the profile's collection."""
    done = real.syncd("push", "--json")
    assert done.code == 0
    assert done.json["counts"]["create"] == 50
    papers = zotero.papers()
    assert len(papers) == 50
    collections = zotero.collections()
    assert collections["Pengcheng He"]["parentCollection"] == collections["Profiles"]["key"]
    assert all(data["collections"] == [collections["Pengcheng He"]["key"]] for data in papers.values())
    patch = papers["Patch Diffusion: Faster and More Data-Efficient Training of Diffusion Models"]
    assert "≥ 2×" in patch["abstractNote"]
    assert patch["date"] == "2023-04-25"
    assert patch["extra"] == ""
    assert patch["creators"][-1] == {"creatorType": "author", "firstName": "", "lastName": "others"}
    assert {tag["tag"] for tag in patch["tags"]} == {"cs.CV", "apple-ml", "microsoft-research", "code"}
    assert all(tag["type"] == 1 for tag in patch["tags"])
    links = [data for data in zotero.items().values() if data["itemType"] == "attachment"]
    titles = [data["title"] for data in links]
    assert len([title for title in titles if title.startswith("Code: ")]) == 24
    assert len([title for title in titles if title.startswith("Project: ")]) == 2
    assert titles.count("Code: namisan/mt-dnn") == 5
    orchard = papers["Orchard: An Open-Source Agentic Modeling Framework"]
    assert orchard["date"] == "2026-05-14"
    assert "AI Score 90+" in {tag["tag"] for tag in orchard["tags"]}


def test_a_first_push_costs_five_requests(real: Desk) -> None:
    """What is there, what the key may do, the collections, the papers: nothing else of a library that is new."""
    requests = real.syncd("push", "--json").json["requests"]
    assert requests == {"total": 5, "read": 2, "write": 3}
    assert requests["total"] == requests["read"] + requests["write"]


def test_a_push_with_nothing_new_is_one_request_and_writes_nothing(real: Desk, zotero: Zotero) -> None:
    """The second push asks whether anything changed, and that is all."""
    real.syncd("push")
    before = zotero.version()
    done = real.syncd("push", "--json")
    assert done.json["counts"] == {
        "create": 0, "update": 0, "adopt": 0, "unchanged": 50, "skip": 0, "review": 0, "failed": 0
    }  # fmt: skip
    assert done.json["requests"] == {"total": 1, "read": 1, "write": 0}
    assert done.json["actions"] == []
    assert zotero.version() == before
    assert real.syncd("push", "--exit-code").code == 9


def test_a_push_needs_no_configuration(desk: Desk) -> None:
    """A page and nothing else: it goes into the embedded library."""
    desk.page.write_text(page(entry("Alpha")), encoding="utf-8")
    (desk.folder / "config.toml").unlink()
    env = {"SYNCD_CONFIG": ""}
    assert "1 created" in desk.syncd("push", "page.txt", **env).out
    assert "nothing is new" in desk.syncd("push", "page.txt", **env).out
    shown = desk.syncd("library", "show", **env).out
    assert "Alpha" in shown
    assert "Code: ann/alpha" in shown


def test_the_table_says_what_was_created_and_why(desk: Desk) -> None:
    """One line a paper, one line in sum, warnings apart."""
    desk.page.write_text(page(entry("Alpha"), entry("Beta")).replace("2papers", "9papers"), encoding="utf-8")
    done = desk.syncd("push")
    assert "created" in done.out
    assert "Alpha" in done.out
    assert "new in source" in done.out
    assert "2 created" in done.out
    assert "2 of 9 papers" in done.err


def test_a_dry_run_writes_nothing(desk: Desk, zotero: Zotero) -> None:
    """It shows the same plan."""
    desk.page.write_text(page(entry("Alpha")), encoding="utf-8")
    done = desk.syncd("push", "--dry-run", "--json")
    assert done.json["counts"]["create"] == 1
    assert done.json["requests"]["write"] == 0
    assert zotero.is_new()
    assert desk.syncd("push", "--json").json["counts"]["create"] == 1


def test_a_saved_plan_is_carried_out_as_it_was_shown(desk: Desk, zotero: Zotero) -> None:
    """`plan -o`, look at it, `push --plan`."""
    desk.page.write_text(page(entry("Alpha"), entry("Beta")), encoding="utf-8")
    assert desk.syncd("plan", "-o", "plan.json").code == 0
    assert zotero.is_new()
    done = desk.syncd("push", "--plan", "plan.json", "--json")
    assert done.code == 0
    assert set(zotero.papers()) == {"Alpha", "Beta"}
    assert desk.syncd("push", "--json").json["counts"]["unchanged"] == 2


def test_a_plan_takes_no_other_file_s_place(desk: Desk) -> None:
    """An older plan is exchanged; whatever else is there stays as it is."""
    desk.page.write_text(page(entry("Alpha")), encoding="utf-8")
    assert desk.syncd("plan", "-o", "plan.json").code == 0
    assert desk.syncd("plan", "-o", "plan.json").code == 0
    notes = desk.folder / "notes.md"
    notes.write_text("Mine.", encoding="utf-8")
    done = desk.syncd("plan", "-o", "notes.md")
    assert done.code == 1
    assert "notes.md is there already, and is no plan of syncd's" in done.err.replace("\n", " ")
    assert notes.read_text(encoding="utf-8") == "Mine."


def test_a_plan_of_an_older_library_is_refused(desk: Desk, zotero: Zotero) -> None:
    """Somebody wrote since: the reason is said and nothing is written."""
    desk.page.write_text(page(entry("Alpha")), encoding="utf-8")
    desk.syncd("plan", "-o", "plan.json")
    zotero.write({"itemType": "book", "title": "Mine"})
    done = desk.syncd("push", "--plan", "plan.json")
    assert done.code == 6
    assert "the library is at version 2, the plan was made at 1" in done.err
    assert set(zotero.papers()) == {"Mine"}


def test_a_plan_of_an_older_source_is_refused(desk: Desk, zotero: Zotero) -> None:
    """The page changed since: likewise."""
    desk.page.write_text(page(entry("Alpha")), encoding="utf-8")
    desk.syncd("plan", "-o", "plan.json")
    desk.page.write_text(page(entry("Beta")), encoding="utf-8")
    done = desk.syncd("push", "--plan", "plan.json")
    assert done.code == 6
    assert "page.txt changed since the plan was made" in done.err
    assert zotero.is_new()


@pytest.mark.parametrize("text", ["", "{", '{"format": 1, "plan": {}}', '{"format": 99}', "[]"])
def test_a_broken_plan_file_is_refused(desk: Desk, text: str) -> None:
    """It says what it expected."""
    (desk.folder / "plan.json").write_text(text, encoding="utf-8")
    done = desk.syncd("push", "--plan", "plan.json")
    assert done.code == 1
    assert "expected" in done.err


def test_more_papers_than_the_guard_allows_are_not_pushed(desk: Desk, zotero: Zotero) -> None:
    """A page of thousands by mistake floods no library."""
    desk.page.write_text(page(entry("Alpha"), entry("Beta")), encoding="utf-8")
    done = desk.syncd("push", "--max-create", "1")
    assert done.code == 8
    assert "--max-create 2" in done.err
    assert zotero.is_new()


def test_a_wrong_key_is_one_clear_sentence(desk: Desk) -> None:
    """Exit 4, with no more of the key than its end."""
    desk.page.write_text(page(entry("Alpha")), encoding="utf-8")
    done = desk.syncd("push", TEST_KEY="WrongKey22222222222abcd")
    assert done.code == 4
    assert "does not know the key ending in abcd" in done.err
    assert "2abcd" not in done.err + done.out


def test_a_missing_key_is_one_clear_sentence(desk: Desk) -> None:
    """The variable is named."""
    desk.page.write_text(page(entry("Alpha")), encoding="utf-8")
    config = (desk.folder / "config.toml").read_text(encoding="utf-8").replace("TEST_KEY", "NO_SUCH_KEY")
    (desk.folder / "config.toml").write_text(config, encoding="utf-8")
    done = desk.syncd("push")
    assert done.code == 2
    assert "NO_SUCH_KEY" in done.err


def test_another_users_library_is_refused(desk: Desk) -> None:
    """The key is good, the library is not its own."""
    desk.page.write_text(page(entry("Alpha")), encoding="utf-8")
    config = (desk.folder / "config.toml").read_text(encoding="utf-8").replace("id = 1", "id = 2")
    (desk.folder / "config.toml").write_text(config, encoding="utf-8")
    done = desk.syncd("push")
    assert done.code == 4
    assert "'main'" in done.err
    assert "belongs to user 1 (embedded); the configuration says 2" in done.err
    assert "syncd login main" in done.err


def test_no_network_is_a_temporary_trouble(desk: Desk) -> None:
    """Exit 5, and the host is named."""
    desk.page.write_text(page(entry("Alpha")), encoding="utf-8")
    desk.zotero.server.stop()
    done = desk.syncd("push")
    assert done.code == 5
    assert "can't reach 127.0.0.1: connection refused" in done.err


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", 1),
        (b"hello\nworld\n", 1),
        (b"\xff\xfe\x00\xd8", 1),
        (b"\x00" * 100, 1),
        ("Ünï".encode("latin-1"), 1),
    ],
)
def test_a_page_that_is_none_is_refused_by_name(desk: Desk, content: bytes, code: int) -> None:
    """The file is named, nothing is written."""
    desk.page.write_bytes(content)
    done = desk.syncd("push")
    assert done.code == code
    assert "page.txt" in done.err
    assert desk.zotero.is_new()


def test_a_missing_page_is_refused_by_name(desk: Desk) -> None:
    """As is a profile that does not exist, with what was probably meant."""
    done = desk.syncd("push")
    assert done.code == 1
    assert "page.txt" in done.err
    done = desk.syncd("push", "anm")
    assert done.code == 2
    assert '"ann"' in done.err


def test_one_bad_profile_does_not_hold_up_the_others(desk: Desk, zotero: Zotero) -> None:
    """The others are pushed; the exit code says partly."""
    desk.page.write_text(page(entry("Alpha")), encoding="utf-8")
    desk.configure('[profiles.bo]\nsource = "missing.txt"\n')
    done = desk.syncd("push", "--json")
    assert done.code == 3
    assert done.json["unread"][0]["name"] == "bo"
    assert set(zotero.papers()) == {"Alpha"}


def test_papers_that_the_library_has_are_adopted(desk: Desk, zotero: Zotero) -> None:
    """Filed and completed, not duplicated."""
    zotero.write(
        {
            "itemType": "journalArticle",
            "title": "Alpha.",
            "date": "2023",
            "creators": [{"creatorType": "author", "firstName": "A.", "lastName": "Lee"}],
        }
    )
    desk.page.write_text(page(entry("Alpha")), encoding="utf-8")
    report = desk.syncd("push", "--json").json
    assert report["counts"]["adopt"] == 1
    (mine,) = zotero.papers().values()
    assert mine["title"] == "Alpha."
    assert mine["creators"] == [{"creatorType": "author", "firstName": "A.", "lastName": "Lee"}]
    assert mine["abstractNote"].startswith("We present Alpha")
    assert mine["collections"] == [zotero.collections()["Ann Lee"]["key"]]
    assert desk.syncd("push", "--json").json["requests"]["total"] == 1


def test_a_library_of_several_pages_is_read_whole(desk: Desk, owner: Owner) -> None:
    """A paper is found on whichever page of the listing it stands."""
    owner.own("Alpha")
    for number in range(3):
        desk.zotero.write(*({"itemType": "book", "title": f"Book {number}-{n}"} for n in range(50)))
    owner.own("Beta")
    show(desk)
    counts = pushes(desk).counts
    assert (counts["adopt"], counts["create"]) == (2, 1)


def test_a_possible_duplicate_waits_for_a_person(desk: Desk, zotero: Zotero) -> None:
    """Exit 6, with the reasons; the other papers are pushed."""
    title = "A Long Title About Language Models and Their Uses"
    zotero.write({"itemType": "preprint", "title": title.replace("Their", "Thier"), "date": "2023"})
    desk.page.write_text(page(entry(title), entry("Beta")), encoding="utf-8")
    done = desk.syncd("push", "--json")
    assert done.code == 6
    (review,) = [action for action in done.json["actions"] if action["action"] == "review"]
    assert review["candidates"][0]["reasons"]
    assert set(zotero.papers()) == {title.replace("Their", "Thier"), "Beta"}


def test_the_json_report_has_the_promised_shape(desk: Desk) -> None:
    """Scripts rely on these names."""
    desk.page.write_text(page(entry("Alpha")), encoding="utf-8")
    report = desk.syncd("push", "--json").json
    assert {
        "run",
        "library",
        "dry_run",
        "profiles",
        "counts",
        "actions",
        "requests",
        "seconds",
        "exit_code",
    } <= set(report)
    assert report["profiles"][0] | {"source": ""} == {
        "name": "Ann Lee", "source": "", "collection": "Profiles/Ann Lee", "papers": 1, "listed": 1, "warnings": []
    }  # fmt: skip
    (action,) = report["actions"]
    assert {"action", "title", "key", "reason", "changes"} <= set(action)
    assert action["reason"] == "new in source"


def test_two_runs_at_once_do_not_meet(desk: Desk) -> None:
    """The second waits for its turn, says who is at work, and exits with 11."""
    desk.page.write_text(page(entry("Alpha")), encoding="utf-8")
    desk.data.create()
    with held(desk.data.lock(desk.zotero.server.url, "users/1"), clock=SystemClock(), who="a test"):
        done = desk.syncd("push", "--wait", "0")
    assert done.code == 11
    assert f"process {os.getpid()} (a test)" in done.err


def test_that_a_page_lists_a_part_is_said_once(desk: Desk) -> None:
    """With the way to the rest; then it is in `status`, until the page says something else."""
    part = page(entry("Alpha"), entry("Beta")).replace("2papers", "5papers").replace("2 Papers", "5 Papers")
    desk.page.write_text(part, encoding="utf-8")
    said = "the page lists 2 of 5 papers. For the rest, open the page, scroll to its end and save it again"
    assert said in desk.syncd("push").err
    assert desk.syncd("push").err == ""
    status = desk.syncd("status").out
    assert "2 of 5" in status
    assert "syncd follow 'Ann Lee'" in status
    assert desk.syncd("push", "--json").json["profiles"][0]["warnings"][0]["code"] == "partial-page"
    desk.page.write_text(part.replace("5papers", "6papers").replace("5 Papers", "6 Papers"), encoding="utf-8")
    assert "2 of 6 papers" in desk.syncd("push").err


def test_what_is_skipped_is_in_status_and_not_in_every_push(desk: Desk, zotero: Zotero) -> None:
    """A push says how many, and where to look; JSON has each."""
    desk.page.write_text(page(entry("Alpha"), entry("Beta")), encoding="utf-8")
    desk.syncd("push")
    zotero.erase(zotero.papers()["Alpha"]["key"])
    pushed = desk.syncd("push")
    assert "Alpha" not in pushed.out
    assert "1 skipped, 1 unchanged, syncd status lists what is skipped and kept" in pushed.out
    assert "Alpha: you deleted it in Zotero" in desk.syncd("status").out
    assert [one["title"] for one in desk.syncd("push", "--json").json["actions"]] == ["Alpha"]
    assert "Alpha" in desk.syncd("push", "--dry-run").out


def test_without_a_network_one_line_says_so(desk: Desk) -> None:
    """However many profiles there are; each of them is told apart in JSON, and what was there stays."""
    pages = [f"\n[profiles.p{n}]\nsource = 'http://127.0.0.1:9/{n}'\n" for n in range(3)]
    desk.configure("".join(pages) + "\n[http]\nallow_private = ['127.0.0.1']\n")
    desk.page.write_text(page(entry("Alpha")), encoding="utf-8")
    pushed = desk.syncd("push")
    assert pushed.code == 3
    assert pushed.err.splitlines() == [
        "error: this computer reaches no server: p0, p1, p2 could not be read",
        "Check the network. What is in the library stays as it is.",
    ]
    assert len(desk.syncd("push", "--json").json["unread"]) == 3


def test_where_another_server_was_reached_each_is_told_of_by_itself(desk: Desk) -> None:
    """The network is there, and only these two servers are not."""
    with website() as site:
        site.replies["/bo"] = Reply(page(entry("Beta"), name="Bo Chen"))
        pages = [f"[profiles.p{n}]\nsource = 'http://127.0.0.1:9/{n}'\n" for n in range(2)]
        pages.append(f"[profiles.bo]\nsource = '{site.address}/bo'\n")
        desk.configure("".join(pages) + "[http]\nallow_private = ['127.0.0.1']\n")
        desk.page.write_text(page(entry("Alpha")), encoding="utf-8")
        pushed = desk.syncd("push")
    assert pushed.code == 3
    assert "reaches no server" not in pushed.err
    assert pushed.err.count("no connection to 127.0.0.1") == 2


def test_parse_shows_identifiers_and_links(desk: Desk) -> None:
    """A row a paper in a pipe; whoever searches for an identifier finds its paper."""
    text = "@article{a, title={Alpha}, author={Lee, Ann}, year=2023, doi={10.1162/X}, eprint={2304.12526}}"
    (desk.folder / "a.bib").write_text(text, encoding="utf-8")
    (row,) = [line for line in desk.syncd("parse", "a.bib").out.splitlines() if "Alpha" in line]
    assert "doi:10.1162/x" in row
    assert "arXiv:2304.12526" in row


@pytest.mark.parametrize("width", ["40", "80", "200"])
def test_what_a_push_shows_fits_the_terminal(desk: Desk, width: str) -> None:
    """No word of a title is broken, and no row is longer than the terminal."""
    title = "Data-Efficient Pretraining for Encyclopaedic Question Answering Systems"
    desk.page.write_text(page(entry(title)), encoding="utf-8")
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", desk.on_terminal("push", COLUMNS=width).decode())
    rows = [line.rstrip() for line in shown.splitlines() if set(line.split()) & set(title.split())]
    assert set(title.split()) <= set(" ".join(rows).split())
    assert max(map(len, rows)) <= int(width)
    assert len(rows) == 1 or width != "200"
