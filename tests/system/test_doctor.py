"""`syncd doctor` tells the truth: each thing that can be wrong is really made wrong, and found, and mended."""

from __future__ import annotations

import re
import socket
import sqlite3
import sys
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from authors import OpenAlex, identifier
from background import write
from doubles import Fault
from doubles.plugin import new_key
from forks import run
from owner import memory_of, show
from ports import free_port
from syncd import __version__
from syncd.clock import local
from syncd.config import load
from syncd.doctor.examine import examine
from syncd.doctor.finding import Scene
from syncd.engine.status import Resting
from syncd.errors import INTERRUPTED
from syncd.handshake import HEADER, Proof
from syncd.serve import Door, Server
from syncd.zotero.embedded import EmbeddedLibrary
from websites import Reply, website

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from desk import Desk, Done
    from websites import Asked

Json = dict[str, Any]
DESKTOP = """
[libraries.main]
type = "desktop"
key = {{ env = "TEST_KEY" }}
endpoint = "{url}"

[profiles.ann]
source = "page.txt"
"""
ZOTERO = {"X-Zotero-Version": "11.0"}
PLUGIN = {"syncd": __version__, "api": 2, "oldest": 2}
SYSTEMCTL = """#!/bin/sh
case "$*" in *is-active*) echo failed; exit 3 ;; esac
"""


@pytest.fixture
def well(pushed: Desk) -> Desk:
    """Give a desk on which a push went well."""
    return pushed


def checks(done: Done, *levels: str) -> list[Json]:
    """Return what was found of these levels."""
    assert done.json["exit_code"] == done.code
    return [check for check in done.json["checks"] if check["level"] in (levels or ("failure", "warning"))]


def examined(desk: Desk, *words: str, **env: str) -> list[Json]:
    """Return what is not well on a desk."""
    return checks(desk.syncd("doctor", "--json", *words, **env))


def only(found: list[Json]) -> Json:
    """Return the one thing that was found."""
    assert len(found) == 1, found
    return found[0]


def use_key_file(desk: Desk, mode: int) -> Path:
    """Let the key come from a file."""
    key = desk.folder / "main.key"
    key.write_text(desk.zotero.server.key, encoding="ascii")
    key.chmod(mode)
    config = desk.folder / "config.toml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace('env = "TEST_KEY"', 'file = "main.key"'), encoding="utf-8")
    return key


def test_all_is_well(well: Desk) -> None:
    """Where nothing is wrong, nothing is reported, nothing is written, and little is asked."""
    before = sorted(well.folder.rglob("*"))
    well.zotero.server.requests.clear()
    done = well.syncd("doctor", "--json")
    assert (done.code, checks(done)) == (0, [])
    names = {check["name"] for check in checks(done, "ok")}
    assert {"syncd", "configuration", "state", "library main", "profile ann", "daemon", "service"} <= names
    assert len(well.zotero.server.requests) == 2
    assert sorted(well.folder.rglob("*")) == before
    assert "All is well." in well.syncd("doctor").out


def test_a_new_computer_is_well_too(desk: Desk) -> None:
    """Before the first push there is no state, and doctor makes none."""
    show(desk)
    assert examined(desk) == []
    assert not desk.data.root.exists()


def test_offline_asks_nobody(well: Desk) -> None:
    """No request leaves the computer, and the rest is looked at."""
    well.zotero.server.requests.clear()
    done = well.syncd("doctor", "--offline", "--json")
    assert done.code == 0
    assert not well.zotero.server.requests
    assert "state" in {check["name"] for check in checks(done, "ok")}


def test_a_key_file_that_others_can_read(well: Desk) -> None:
    """It is a failure, for syncd does not use it; --fix makes it private."""
    key = use_key_file(well, 0o644)
    failure = only(examined(well))
    assert (failure["name"], failure["level"]) == ("library main: key", "failure")
    assert failure["mend"] == f"chmod 600 {key}"
    assert examined(well, "--fix") == []
    assert key.stat().st_mode & 0o777 == 0o600


def test_a_key_that_is_not_set(well: Desk) -> None:
    """The command that sets it stands beside it."""
    config = well.folder / "config.toml"
    config.write_text(config.read_text("utf-8").replace("TEST_KEY", "OTHER_KEY"), encoding="utf-8")
    failure = only(examined(well))
    assert "OTHER_KEY is not set" in failure["message"]
    assert failure["mend"].startswith("export OTHER_KEY=")


def test_a_key_that_the_server_does_not_know(well: Desk) -> None:
    """The way out is to sign in."""
    failure = only(examined(well, TEST_KEY="x" * 24))
    assert (failure["level"], failure["mend"]) == ("failure", "syncd login main")


def test_a_key_that_may_only_read(well: Desk, tmp_path: Path) -> None:
    """What is missing is named before a push meets it."""
    with EmbeddedLibrary(tmp_path / "other.sqlite", write=False, key=well.zotero.server.key) as server:
        point_to(well, server.url)
        found = examined(well)
    assert "may read the library, but not write to it" in found[0]["message"]
    assert "syncd login main" in found[0]["mend"]


def test_a_key_of_another_user(well: Desk) -> None:
    """Whose it is and whose it should be."""
    config = well.folder / "config.toml"
    config.write_text(config.read_text("utf-8").replace("id = 1", "id = 2"), encoding="utf-8")
    assert any("the configuration says 2" in failure["message"] for failure in examined(well))


def test_a_server_that_is_down(well: Desk) -> None:
    """It does not hide what else there is to say."""
    port = free_port()
    point_to(well, f"http://127.0.0.1:{port}")
    well.page.unlink()
    found = examined(well)
    assert [check["name"] for check in found] == ["library main", "profile ann"]
    assert "connection refused" in found[0]["message"]
    assert str(well.page) in found[1]["message"]


def point_to(desk: Desk, url: str) -> None:
    """Let the library be elsewhere."""
    config = desk.folder / "config.toml"
    text = config.read_text("utf-8").replace(desk.zotero.server.url, url)
    config.write_text(text, encoding="utf-8")


def test_a_clock_that_is_wrong(well: Desk) -> None:
    """An hour ahead of the server's is noticed."""
    (well.folder / "clock").write_text("3600", encoding="ascii")
    done = run(["doctor"], well.env, well.folder, clock=well.folder / "clock")
    assert done.returncode == 0
    assert "clock is 60 minutes ahead of the server's" in done.stdout
    assert "1 warning." in done.stdout


def test_a_page_without_papers(well: Desk) -> None:
    """A source that can be read but not understood."""
    well.page.write_text("hello\n", encoding="utf-8")
    assert only(examined(well))["name"] == "profile ann"


def test_an_address_that_is_gone(well: Desk) -> None:
    """A page on the web is asked for once, and its absence is a failure."""
    with website() as site:
        site.replies["/ann"] = Reply(well.page.read_bytes(), headers={"Content-Type": "text/plain"})
        config = well.folder / "config.toml"
        text = config.read_text("utf-8").replace('"page.txt"', f'"{site.address}/ann"')
        config.write_text(f'{text}\n[http]\nallow_private = ["127.0.0.1"]\n', encoding="utf-8")
        assert examined(well) == []
        site.replies["/ann"] = Reply(b"busy", 503)
        site.asked.clear()
        failure = only(examined(well))
        assert (failure["name"], failure["level"]) == ("profile ann", "failure")
        assert site.paths.count("/ann") == 1
        assert examined(well, "--offline") == []


def test_a_damaged_state(well: Desk) -> None:
    """--fix sets it aside, and the next push finds all papers in the library again."""
    well.data.state.write_bytes(b"no database" * 1000)
    failure = only(examined(well))
    assert (failure["name"], failure["mend"]) == ("state", "syncd doctor --fix")
    assert well.data.state.read_bytes().startswith(b"no database")
    assert examined(well, "--fix") == []
    (kept,) = well.data.root.glob("*.damaged")
    assert kept.read_bytes().startswith(b"no database")
    assert well.syncd("push").code == 0
    assert len(well.zotero.papers()) == 3


@pytest.mark.parametrize(("revision", "words"), [("9999", "newer syncd"), ("0003", "older syncd")])
def test_a_state_of_another_syncd(well: Desk, revision: str, words: str) -> None:
    """It is left as it is."""
    with closing(sqlite3.connect(well.data.state)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    assert words in only(examined(well, "--fix"))["message"]


def test_a_library_that_is_older_than_the_index(well: Desk) -> None:
    """A server restored from a backup is noticed, and the index emptied on request."""
    with closing(sqlite3.connect(well.data.state)) as connection, connection:
        connection.execute("UPDATE library SET version = 1000")
    assert "has read version 1000" in only(examined(well))["message"]
    assert examined(well, "--fix") == []
    with closing(sqlite3.connect(well.data.state)) as connection:
        assert connection.execute("SELECT version FROM library").fetchone() == (0,)


def test_a_data_folder_that_others_can_look_into(well: Desk) -> None:
    """--fix closes it."""
    well.data.root.chmod(0o755)
    assert only(examined(well))["name"] == "data folder"
    assert examined(well, "--fix") == []
    assert well.data.root.stat().st_mode & 0o777 == 0o700


def test_a_data_folder_that_others_can_change(well: Desk) -> None:
    """No command uses it; --fix closes it. A link in it is named."""
    well.data.root.chmod(0o777)
    assert "everybody on this computer can write to" in well.syncd("push").err
    assert only(examined(well))["level"] == "failure"
    assert examined(well, "--fix") == []
    (well.data.root / "extra").symlink_to(well.folder)
    assert only(examined(well))["mend"] == f"Take it away with: rm {well.data.root / 'extra'}"


def test_a_paused_profile_and_one_that_fails(well: Desk) -> None:
    """What `status` knows is not held back here."""
    assert well.syncd("pause", "ann").code == 0
    well.page.write_text("hello\n", encoding="utf-8")
    assert well.syncd("push").code != 0
    found = {check["mend"] for check in examined(well) if check["level"] == "warning"}
    assert found == {"syncd resume ann", "syncd sync-now ann"}


def test_what_mends_a_profile_is_what_its_trouble_needs(well: Desk) -> None:
    """A key that is missing is no matter of looking again; and a name with a blank can be pasted."""
    well.configure('\n[profiles."Bo Chen"]\nsource = "page.txt"\n')
    assert well.syncd("pause", "Bo Chen").code == 0
    assert well.syncd("push", "ann", TEST_KEY="").code != 0
    found = {check["mend"] for check in examined(well) if check["level"] == "warning"}
    assert found == {"syncd resume 'Bo Chen'", "Set it with: export TEST_KEY=…"}
    assert well.syncd("pause").code == 0
    assert "syncd resume" in {check["mend"] for check in examined(well)}


def test_a_library_whose_runs_fail(well: Desk) -> None:
    """With the last error, since when, and for whom; until one goes well. What was ended by hand is no failure."""
    with memory_of(well) as state:
        for minute, error in (("01", "the first"), ("02", "the library is odd"), ("03", INTERRUPTED)):
            state.history.begin(f"r{minute}", "push", f"2027-01-01T10:{minute}:00+00:00", ["ann"])
            state.history.finish(f"r{minute}", "2027-01-01T11:00:00+00:00", {"failed": 0}, error)
    found = only(examined(well))
    assert (found["name"], found["level"]) == ("library main: runs", "failure")
    began = local("2027-01-01T10:01:00+00:00")
    assert found["message"] == f"The last 2 runs for ann failed, since {began}: the library is odd"
    with memory_of(well) as state:
        state.history.begin("r04", "push", "2027-01-01T10:04:00+00:00", ["ann"])
        state.history.finish("r04", "2027-01-01T11:00:00+00:00", {"create": 1, "failed": 2}, None)
    assert "The last 3 runs for ann failed" in only(examined(well))["message"]
    assert "2 papers were not written" in only(examined(well))["message"]
    with memory_of(well) as state:
        state.history.begin("r05", "push", "2027-01-01T10:05:00+00:00", ["bo", "ann"])
        state.history.finish("r05", "2027-01-01T11:00:00+00:00", {"create": 0, "failed": 0}, None)
    assert examined(well) == []


def test_a_run_that_really_fails_is_seen(well: Desk) -> None:
    """The library answers a push with an error, and doctor with none."""
    well.zotero.trouble.plan("GET", Fault("answer", status=400, body=b"no"))
    assert well.syncd("push").code == 1
    found = examined(well, "--offline")
    assert "HTTP 400" in only([one for one in found if one["level"] == "failure"])["message"]


@contextmanager
def daemon(desk: Desk, version: str) -> Iterator[None]:
    """Let something that speaks as a daemon of that version listen."""

    async def status(_: Request) -> JSONResponse:
        return JSONResponse({"version": version, "pid": 1, "profiles": []})

    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(desk.data.control))
    listening.listen()
    app = Starlette(routes=[Route("/v1/daemon", status)])
    server = Server([Door(listening, app)], name="daemon").start()
    try:
        yield
    finally:
        server.stop()
        desk.data.control.unlink()


def test_a_daemon_of_another_version(well: Desk) -> None:
    """After an upgrade the old one still runs."""
    with daemon(well, "0.0.1"):
        warning = only(examined(well))
    assert "is syncd 0.0.1" in warning["message"]


def test_a_socket_that_nobody_listens_on(well: Desk) -> None:
    """--fix takes it away."""
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(well.data.control))
    assert only(examined(well))["name"] == "daemon"
    assert examined(well, "--fix") == []
    assert not well.data.control.exists()


def test_a_service_that_does_not_run(well: Desk) -> None:
    """What starts it again is named; one whose program has gone, too."""
    (well.folder / "bin").mkdir()
    (well.folder / "bin" / "systemctl").write_text(SYSTEMCTL, encoding="ascii")
    (well.folder / "bin" / "systemctl").chmod(0o755)
    units = well.folder / ".config" / "systemd" / "user"
    units.mkdir(parents=True)
    path = f"{well.folder / 'bin'}:{well.env['PATH']}"
    for program, words in ((sys.executable, "does not run (failed)"), ("/gone/syncd", "which is not there")):
        (units / "syncd.service").write_text(f"[Service]\nExecStart=:{program} run\n", encoding="utf-8")
        failure = only(examined(well, PATH=path))
        assert words in failure["message"]
        assert failure["mend"] == "syncd service install --user"


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply("No endpoint found", 404, ZOTERO), "runs without the syncd plugin"),
        (Reply({"syncd": __version__, "api": 1}, 200, ZOTERO), "is too old for this syncd"),
        (Reply({**PLUGIN, "paired": False}, 200, ZOTERO), "does not know this syncd"),
        (Reply({**PLUGIN, "paired": True, "server": "a"}, 200, ZOTERO), "does not know this syncd"),
        (Reply(PLUGIN, 200, {**ZOTERO, HEADER: 64 * "0"}), "is not Zotero"),
        (Reply("", 200), "is not Zotero"),
    ],
)
def test_a_zotero_on_the_desktop_that_can_not_be_used(desk: Desk, reply: Reply, words: str) -> None:
    """Whether it has the plugin, and whether that can be talked to; each with a way on."""
    show(desk)
    with website() as site:
        site.replies["/syncd/v1/ping"] = reply
        (desk.folder / "config.toml").write_text(DESKTOP.format(url=site.address), encoding="utf-8")
        key = new_key()
        failure = only(examined(desk, TEST_KEY=key))
        assert (failure["level"], words in failure["message"]) == ("failure", True)
        assert "syncd login" in failure["mend"] or "endpoint" in failure["mend"]
        told = Reply({**PLUGIN, "paired": True, "server": "a", "database": "b"})

        def sign(asked: Asked) -> Reply:
            _, nonce, _ = asked.headers[HEADER].split(" ")
            signature = Proof(key, "good", "plugin", nonce).answer(200, told.data)
            return Reply(told.data, 200, {**ZOTERO, HEADER: signature})

        site.replies["/syncd/v1/ping"] = sign
        assert examined(desk, TEST_KEY=key) == []
        site.replies["/syncd/v1/ping"] = Reply({**PLUGIN, "paired": False}, 200, ZOTERO)
        assert "older version" in only(examined(desk, TEST_KEY="ab" * 32))["message"]


def test_a_zotero_that_is_not_running(desk: Desk) -> None:
    """Nobody listens."""
    show(desk)
    port = free_port()
    (desk.folder / "config.toml").write_text(DESKTOP.format(url=f"http://127.0.0.1:{port}"), encoding="utf-8")
    assert only(examined(desk))["message"] == "Zotero isn't running"


def test_a_wrong_configuration(well: Desk) -> None:
    """All that is wrong is said, the rest is looked at, and the exit code is that of a configuration."""
    well.configure('schedul = "every 6h"\nadopt = "maybe"\n')
    done = well.syncd("doctor", "--json")
    assert done.code == 2
    failures = [check["message"] for check in checks(done, "failure")]
    assert len(failures) == 2
    assert 'did you mean "schedule"?' in failures[0]
    assert "state" in {check["name"] for check in checks(done, "ok")}


def test_a_check_that_breaks_hides_no_other(well: Desk) -> None:
    """An embedded library of another make breaks its check, which says so; the rest goes on."""
    with closing(sqlite3.connect(well.data.library)) as connection, connection:
        connection.execute("CREATE TABLE something (else_ TEXT)")
    done = well.syncd("doctor", "--json")
    assert only(checks(done))["name"] == "embedded library"
    assert "has a fault" in only(checks(done))["message"]
    assert {"library main", "service"} <= {check["name"] for check in checks(done, "ok")}


def test_what_went_wrong_with_another_library_is_no_trouble_of_this_one(well: Desk) -> None:
    """A profile that goes elsewhere by now is well there, whatever it was that kept it from going the old way."""
    config = well.folder / "config.toml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("id = 1", "id = 77"), encoding="utf-8")
    assert well.syncd("push").code == 4
    assert any("failed once since" in found["message"] for found in examined(well))
    config.write_text(text, encoding="utf-8")
    assert examined(well) == []


@pytest.mark.parametrize("what", ["a file on the way", "a link to nowhere"])
def test_a_data_folder_that_can_never_be_made(desk: Desk, what: str) -> None:
    """It is not there yet, but no command could make it: that is said before one fails."""
    show(desk)
    place = desk.folder / "place"
    if what == "a file on the way":
        place.write_text("", encoding="utf-8")
        place /= "data"
    else:
        place.symlink_to(desk.folder / "nowhere" / "at all")
    failure = only(examined(desk, SYNCD_DATA_DIR=str(place)))
    assert (failure["name"], failure["level"]) == ("data folder", "failure")
    assert "SYNCD_DATA_DIR" in failure["mend"]
    assert desk.syncd("push", SYNCD_DATA_DIR=str(place)).code == 1


def test_a_folder_where_none_can_be_made(desk: Desk) -> None:
    """A home folder that is read-only."""
    show(desk)
    home = desk.folder / "home"
    home.mkdir(mode=0o500)
    failure = only(checks(desk.as_anybody("doctor", "--json", SYNCD_DATA_DIR=str(home / "data"))))
    assert f"{home} can't be written to" in failure["message"]


def test_a_cache_that_is_no_folder(well: Desk) -> None:
    """Every command that needs the data folder refuses it."""
    cache = well.data.cache
    cache.rmdir()
    cache.write_text("", encoding="utf-8")
    failure = only(examined(well))
    assert failure["mend"] == f"rm {cache}"
    assert well.syncd("push").code == 1


@pytest.mark.parametrize("part", ["syncd.sqlite", "lock"])
def test_a_file_in_the_data_folder_that_is_not_ours_to_write(well: Desk, part: str) -> None:
    """Such as after a command that was run as root; it can be read, so a look alone would find nothing."""
    path = well.data.state if part == "syncd.sqlite" else next(well.data.root.glob("*.lock"))
    path.chmod(0o400)
    failure = only(checks(well.as_anybody("doctor", "--json")))
    assert str(path) in failure["message"]
    assert failure["mend"] == f"chmod u+rw {path}"


def test_a_terminal_shows_each_finding_on_a_line_of_its_own(well: Desk) -> None:
    """What is being looked at gives way to what was found."""
    shown = well.on_terminal("doctor", "--offline", TERM="xterm")
    assert b"looking at: " in shown
    # Words, with colours or not, that go on behind the name of a check until the line is erased.
    behind = re.findall(rb"looking at: (?:(?!\x1b\[2K|\r|\n).)*", shown)
    assert behind
    assert not [line for line in behind if re.search(rb"ok {2,}|failure|warning", line)]


def test_of_many_profiles_services_are_asked_together_and_some_pages_are_read(desk: Desk) -> None:
    """A request for a hundred authors; who is not there is named; what was not read is said; all troubles are told."""
    names = [f"q{number}" for number in range(60)]
    for name in names[1::2]:
        write(desk.folder / f"{name}.txt", f"A Study of {name * 3}", name=f"Author {name}")
    with website() as site:
        openalex = OpenAlex(site)
        authors = openalex.follow(150)
        del openalex.works[identifier(7)], site.replies[f"/authors/{identifier(7)}"]
        openalex.merge(identifier(8), identifier(500))
        pages = "".join(f'[profiles.{name}]\nsource = "{name}.txt"\n' for name in names)
        desk.configure(pages + authors + '[http]\nallow_private = ["127.0.0.1"]\n')
        desk.data.create()
        with Resting(desk.data, desk.clock) as resting:
            resting.pause(names)
        scene = Scene(
            env=desk.env,
            data=desk.data,
            clock=desk.clock,
            file=desk.folder / "config.toml",
            config=load(desk.folder / "config.toml", desk.env),
            problems=(),
            command=(),
            offline=False,
            services={"openalex": site.address},
        )
        found = list(examine(scene))
    assert dict(openalex.asked) == {"authors": 2, "author": 2}
    failures = {(one.name, one.words) for one in found if one.level == "failure"}
    assert ("profile p7", f"OpenAlex does not know the author {identifier(7)}") in failures
    assert ("authors of openalex", "OpenAlex knows 149 of 150 authors") in failures
    assert not {name for name, _ in failures if name.startswith("profile q")}
    assert sum(one.name.startswith("profile q") and one.level == "ok" for one in found) == 30
    said = [one.words for one in found if one.name == "profiles"]
    assert said == [
        "10 more profiles rest or fail",
        "31 sources of 61 were read; each stands for some that were not",
    ]
