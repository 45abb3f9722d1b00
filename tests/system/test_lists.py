"""Publication lists as a lab has them: right after every run, never over what somebody else wrote."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from background import Background
from pages import entry, page

if TYPE_CHECKING:
    from desk import Desk

OUTPUTS = """
[[outputs]]
file = "out/publications.bib"
format = "bibtex"
profiles = ["ann"]

[[outputs]]
file = "out/publications.html"
format = "html"
collection = "Profiles/Ann Lee"

[[outputs]]
file = "out/all.xml"
format = "atom"
library = "main"
"""
ALPHA = entry("Alpha of Things", line="CLApr 25, 2021", authors="Ann Lee, Bo Chen")
BETA = entry("Beta of Things", line="CVApr 25, 2023", authors="Ann Lee, Bo Chen")
GAMMA = entry("Alpha of Others", line="CLMay 2, 2021", authors="Ann Lee")
WAITING, PARTLY, USAGE = 6, 3, 2


@pytest.fixture
def lab(desk: Desk) -> Desk:
    """Give a desk with lists and two papers, not pushed yet."""
    (desk.folder / "out").mkdir()
    desk.configure(OUTPUTS)
    desk.page.write_text(page(ALPHA, BETA), encoding="utf-8")
    return desk


def files(desk: Desk) -> dict[str, tuple[bytes, int]]:
    """Return what stands in the lists, and when each was written."""
    out = desk.folder / "out"
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in out.iterdir()}


def mend(desk: Desk, paper: str, **changes: str) -> None:
    """Change a paper as its owner does in Zotero."""
    data = desk.zotero.papers()[paper]
    desk.zotero.write({"key": data["key"], "version": data["version"], **changes})


def bib(desk: Desk) -> str:
    """Return the bibliography."""
    return (desk.folder / "out/publications.bib").read_text(encoding="utf-8")


def test_lists_follow_what_was_pushed_edited_and_trashed(lab: Desk) -> None:
    """They are there after the first push, still after a second one, and say what their owner says in Zotero."""
    assert lab.syncd("push").code == 0
    before = files(lab)
    assert set(before) == {"publications.bib", "publications.html", "all.xml"}
    assert re.findall(r"@\w+\{(.*),", bib(lab)) == ["lee2023beta", "lee2021alpha"]
    again = lab.syncd("push", "--json")
    assert files(lab) == before
    assert [one["outcome"] for one in json.loads(again.out)["outputs"]] == ["unchanged"] * 3
    lab.zotero.post({"itemType": "book", "title": "Somebody else's"})
    assert lab.syncd("push").code == 0
    assert {name for name, file in files(lab).items() if file != before[name]} == {"all.xml"}
    mend(lab, "Alpha of Things", title="Alpha, mended & more", date="2022")
    assert lab.syncd("push").code == 0
    assert r"title = {Alpha, mended \& more}" in bib(lab)
    assert "lee2021alpha" in bib(lab), "its key stays, for documents cite it"
    assert b"Alpha, mended &amp; more" in files(lab)["publications.html"][0]
    lab.zotero.edit("Beta of Things", deleted=1)
    lab.syncd("push")
    assert "Beta" not in bib(lab)
    assert b"Beta" not in files(lab)["all.xml"][0]


def test_a_new_paper_changes_no_key(lab: Desk) -> None:
    """The one that comes second gets a part of its own key; what Zotero says comes first."""
    lab.syncd("push")
    lab.page.write_text(page(ALPHA, BETA, GAMMA), encoding="utf-8")
    lab.syncd("push")
    keys = re.findall(r"@\w+\{(.*),", bib(lab))
    assert keys[:1] + keys[2:] == ["lee2023beta", "lee2021alpha"]
    assert re.fullmatch(r"lee2021alpha-[a-z0-9]{2}", keys[1])
    lab.zotero.edit("Beta of Things", extra="Citation Key: Mine,{2023}")
    lab.syncd("push")
    assert re.findall(r"@\w+\{(.*),", bib(lab)) == ["Mine-2023", *keys[1:]]
    lab.zotero.edit("Beta of Things", extra="Citation Key: Lee2021alpha")
    lab.syncd("push")
    names = re.findall(r"@\w+\{(.*),", bib(lab))
    assert names[0] == "Lee2021alpha"
    assert len({name.lower() for name in names}) == len(names), "BibTeX would leave one out"


def test_what_is_not_syncds_is_kept(lab: Desk) -> None:
    """A file of somebody else's and one that was changed stay, the exit code says so, and --force writes them."""
    theirs = lab.folder / "out/publications.html"
    theirs.write_text("my page", encoding="utf-8")
    done = lab.syncd("push")
    assert done.code == WAITING
    assert "publications.html was not written by syncd" in done.err
    for command in ("doctor", "status"):
        assert "publications.html was not written by syncd" in lab.syncd(command).out
    assert "syncd export --outputs --force" in done.err
    assert theirs.read_text(encoding="utf-8") == "my page"
    assert "lee2021alpha" in bib(lab), "the others are written"
    mine = lab.folder / "out/publications.bib"
    mine.write_text(bib(lab) + "% a line of mine\n", encoding="utf-8")
    before = mine.read_bytes()
    lab.page.write_text(page(ALPHA, BETA, GAMMA), encoding="utf-8")
    done = lab.syncd("push", "--json")
    assert (done.code, json.loads(done.out)["exit_code"]) == (WAITING, WAITING)
    assert [one["outcome"] for one in json.loads(done.out)["outputs"]] == ["kept", "kept", "written"]
    assert mine.read_bytes() == before
    assert lab.syncd("export", "--outputs", "--force").code == 0
    assert "lee2021alpha-" in bib(lab)
    assert "my page" not in theirs.read_text(encoding="utf-8")
    assert lab.syncd("push").code == 0
    theirs.write_text("my page", encoding="utf-8")
    mend(lab, "Alpha of Things", title="Alpha, mended")
    assert lab.syncd("push").code == WAITING
    assert theirs.read_text(encoding="utf-8") == "my page", "what --force wrote over was brought back"


def test_what_syncd_lives_on_never_becomes_a_list(lab: Desk) -> None:
    """Not even by force: the configuration, pages, folders of pages, and what is in the data folder."""
    (lab.folder / "pages").mkdir()
    (lab.folder / "pages/ann.txt").write_text(page(ALPHA), encoding="utf-8")
    more = '[profiles.folder]\nsource = "pages"\n[profiles.pattern]\nsource = "p*/*.txt"\n'
    lab.configure(f'{OUTPUTS}\n[[outputs]]\nfile = "pages/all.bib"\nformat = "bibtex"\n\n{more}')
    assert "pages/all.bib" in lab.syncd("config", "check").err
    assert lab.syncd("push").code == PARTLY
    data = lab.data.root
    for path in (
        lab.folder / "config.toml",
        lab.page,
        lab.folder / "pages/ann.txt",
        lab.folder / "pages/new.ris",
        lab.folder / "pages/new.txt",
        data / "syncd.sqlite",
        data / "library.sqlite",
    ):
        before = path.read_bytes() if path.exists() else None
        done = lab.syncd("export", "--format", "bibtex", "-o", str(path), "--force")
        assert (done.code, "Name another file" in done.err) == (1, True), (path, done.err)
        assert (path.read_bytes() if path.exists() else None) == before
    assert not (lab.folder / "pages/all.bib").exists()
    assert set(files(lab)) == {"publications.bib", "publications.html", "all.xml"}


def test_a_reader_that_leaves_and_a_full_disk(lab: Desk) -> None:
    """A list on standard output says nothing of the database where its reader is what fails."""
    lab.syncd("push")
    words = [sys.executable, "-m", "syncd", "export"]
    with open("/dev/full", "w", encoding="utf-8") as full:  # noqa: PTH123 - a device
        done = subprocess.run(
            words, env=lab.env, cwd=lab.folder, check=False, stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == 1
    assert "No space left on device" in done.stderr
    reader, writer = os.pipe()
    os.close(reader)
    left = subprocess.run(
        words, env=lab.env, cwd=lab.folder, check=False, stdout=writer, stderr=subprocess.PIPE, text=True
    )
    os.close(writer)
    assert left.stderr == ""
    assert "database" not in done.stderr


def test_an_emptied_library_empties_no_list(lab: Desk) -> None:
    """A list that has papers is not replaced by one that has none."""
    lab.syncd("push")
    before = files(lab)
    for data in list(lab.zotero.papers().values()):
        lab.zotero.erase(data["key"])
    done = lab.syncd("export", "--outputs")
    assert done.code == WAITING
    assert "of the 2 papers in" in done.err
    assert files(lab) == before


def test_one_that_cannot_be_written_stops_no_other(lab: Desk) -> None:
    """A folder that is gone, one that is closed, and a folder in the file's place: said, and doctor says it first."""
    (lab.folder / "closed").mkdir(mode=0o500)
    (lab.folder / "sealed").mkdir(mode=0)
    outputs = OUTPUTS + "".join(
        f'\n[[outputs]]\nfile = "{path}"\nformat = "csv"\n'
        for path in ("gone/a.csv", "closed/a.csv", "sealed/in/a.csv", "out")
    )
    lab.configure(outputs)
    warned = lab.as_anybody("config", "check")
    assert warned.err.count("warning:") == 4, warned.err
    done = lab.as_anybody("push")
    assert done.code == PARTLY
    for words in (
        "there is no folder",
        "mkdir -p",
        "closed/a.csv can't be written: Permission denied",
        "out is a folder",
    ):
        assert words in done.err
    assert set(files(lab)) == {"publications.bib", "publications.html", "all.xml"}
    assert not list((lab.folder / "closed").iterdir())


def test_links_lead_to_one_file_only(lab: Desk) -> None:
    """A symbolic link stays one, and two names of a file are noticed, in the configuration or behind a link."""
    real = lab.folder / "real.bib"
    (lab.folder / "link.bib").symlink_to(real)
    lab.configure(
        OUTPUTS.replace("out/publications.bib", "link.bib").replace("out/publications.html", "real.bib")
    )
    done = lab.syncd("push")
    assert done.code == PARTLY
    assert "leads to a file that another output is written to" in done.err
    assert (lab.folder / "link.bib").is_symlink()
    assert "@misc{lee2023beta" in real.read_text(encoding="utf-8")
    lab.configure(OUTPUTS.replace("out/publications.html", "./out/publications.bib"))
    wrong = lab.syncd("push")
    assert wrong.code == USAGE
    assert "another output is written to ./out/publications.bib already" in wrong.err


def test_a_library_of_other_people(desk: Desk) -> None:
    """Without any profile a list is of what the library holds, of a collection, in the order that is asked for."""
    config = desk.folder / "config.toml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text[: text.index("[profiles")], encoding="utf-8")
    lab = {"key": "CCCC2222", "version": 0, "name": "Lab"}
    desk.zotero.write(
        lab,
        {"key": "DDDD2222", "version": 0, "name": "Ann", "parentCollection": "CCCC2222"},
        to="collections",
    )
    for title, place in (("Zeta", ["CCCC2222"]), ("Eta", ["DDDD2222"]), ("Theta", [])):
        desk.zotero.post({"itemType": "book", "title": title, "collections": place})
    done = desk.syncd("export", "--format", "csv", "--collection", "Lab", "--sort", "title")
    assert done.code == 0, done.err
    assert re.findall(r"book,(\w+),", done.out) == ["Eta", "Zeta"]
    assert len(re.findall(r"@book", desk.syncd("export").out)) == 3
    wrong = desk.syncd("export", "--collection", "Lob")
    assert wrong.code == 1
    assert "has no collection 'Lob'" in wrong.err


def test_what_was_read_last_is_taken_where_the_library_is_away(lab: Desk) -> None:
    """It is said; and of a library that was never read there is no list."""
    never = lab.syncd("export", TEST_KEY="x" * 24)
    assert (never.code, never.out) == (4, "")
    lab.syncd("push")
    later = lab.syncd("export", TEST_KEY="x" * 24)
    assert later.code == 0
    assert "@misc{lee2023beta" in later.out
    assert "the list is of the library as it was read last" in later.err


# Dies as if the computer did, at a point of the writing of the bibliography.
KILLED = """
import os, pathlib, signal, sys
point, really, synced = sys.argv.pop(1), pathlib.Path.replace, os.fsync
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
def replace(path, target):
    if "publications.bib" not in str(target):
        return really(path, target)
    if point == "after":
        really(path, target)
    die()
pathlib.Path.replace = replace
if point == "filled":
    os.fsync = die
from syncd.cli.main import main
main()
"""


def test_a_writing_that_is_killed_leaves_the_file_whole(lab: Desk) -> None:
    """It is as it was, or as it was to be; syncd knows it in either case, and clears away what it left beside it."""
    lab.syncd("push")
    title = "Alpha of Things"
    for point in ("filled", "before", "after"):
        before = bib(lab)
        mend(lab, title, title=f"Alpha, {point}")
        title = f"Alpha, {point}"
        words = [sys.executable, "-c", KILLED, point, "export", "--outputs"]
        killed = subprocess.run(words, env=lab.env, cwd=lab.folder, check=False, capture_output=True)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        assert (bib(lab) == before) == (point != "after")
        assert "@misc{lee2023beta" in bib(lab)
    assert lab.syncd("export", "--outputs").code == 0
    assert "Alpha, after" in bib(lab)
    assert set(files(lab)) == {"publications.bib", "publications.html", "all.xml"}


def test_lists_of_a_state_on_a_server(at_server: Desk) -> None:
    """PostgreSQL sorts, names and remembers as a file does."""
    (at_server.folder / "out").mkdir()
    at_server.configure(OUTPUTS)
    at_server.page.write_text(page(ALPHA, BETA, GAMMA), encoding="utf-8")
    assert at_server.syncd("push").code == 0
    before = files(at_server)
    assert re.fullmatch(
        r"lee2023beta lee2021alpha(-..)? lee2021alpha(-..)?",
        " ".join(re.findall(r"@\w+\{(.*),", bib(at_server))),
    )
    assert b"Alpha of Others" in before["publications.html"][0]
    assert at_server.syncd("push").code == 0
    assert files(at_server) == before


def test_an_undo_and_a_daemon_bring_lists_up_to_date(lab: Desk) -> None:
    """What a run brought leaves the lists with it, and the daemon writes them as a push does."""
    lab.syncd("push")
    lab.page.write_text(page(ALPHA, BETA, GAMMA), encoding="utf-8")
    lab.syncd("push")
    assert bib(lab).count("@misc") == 3
    lab.syncd("undo", "--last", "--yes")
    assert bib(lab).count("@misc") == 2
    mend(lab, "Beta of Things", title="Beta, mended")
    mine = lab.folder / "out/publications.html"
    mine.write_text("mine", encoding="utf-8")
    with Background(lab) as daemon:
        # It writes once when it begins, and once more after its first look.
        daemon.until(lambda: "Beta, mended" in bib(lab))
        daemon.until_logged("publications.bib: 2 papers")
        daemon.until_logged("publications.html was changed since syncd wrote it")
        assert daemon.end() == 0
    assert "Beta, mended" in bib(lab)
    assert mine.read_text(encoding="utf-8") == "mine"
